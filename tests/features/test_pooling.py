"""Pooling: mean and change, whatever they are computed together with."""

import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from actiondiff_gui.backbones.reading import Reading
from actiondiff_gui.backbones.registry import load_backbone
from actiondiff_gui.errors import BackboneError, FeatureStoreError
from actiondiff_gui.features.clips import ClipSource, clip_windows, padded, window_seed
from actiondiff_gui.features.coverage import Inventory, coverage_job
from actiondiff_gui.features.dataset import ProjectTokens
from actiondiff_gui.features.extraction import extract_job, plan
from actiondiff_gui.features.maps import MapMemory
from actiondiff_gui.features.pooling import cell_tokens, pooled_windows
from actiondiff_gui.features.settings import ExtractionSettings, Provenance
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.progress import run
from actiondiff_gui.video.fingerprint import fingerprint
from actiondiff_gui.video.reader import VideoReader

BEFORE = Path(__file__).parent / "before"
"""A clip, and the stores of it that version 0.9 wrote, which knew the mean alone."""
FILM = BEFORE / "clip.mp4"
CLIP = ClipSource("before", FILM, fingerprint(FILM), 0, 21, 24.0)


def extracted(folder, backbone, settings, steps, layers, clips=(CLIP,), pooling="mean+change", batch_size=1):
    store = TokenStore(folder, Provenance.of(backbone, settings))
    units = plan(clips, backbone, store, steps, layers, pooling)
    assert not run(extract_job(units, backbone, settings, store, batch_size)).failed
    return store


def maps_by_hand(backbone, clip, settings, step, layer, window):
    """Return the maps ``[n, C, h, w]`` of the real frames of one window."""
    with VideoReader(clip.path) as reader:
        frames = reader.read_many(window.frames)
    encode = settings.encode_settings(backbone, *frames.shape[1:3])
    encoded = backbone.encode(padded(frames, backbone.window)[None], [window_seed(clip, window)], encode)
    return backbone.features(encoded, step, [layer])[layer][0, : len(frames)].float()


def change_by_hand(maps):
    """``[n, C]`` by the definition, frame by frame."""
    steps = [(after - before).abs().mean(dim=(-2, -1)) for before, after in pairwise(maps)]
    rows = [*steps, steps[-1]] if steps else [torch.zeros(maps.shape[1])]
    return torch.stack(rows).numpy()


@pytest.mark.parametrize(("name", "layers"), [("pixels", (1,)), ("motion", (1, 2))])
def test_a_store_made_before_goes_on_as_mean_and_gets_its_change_when_asked(name, layers, tmp_path):
    folder = shutil.copytree(BEFORE / "features", tmp_path / "features")
    backbone, settings = load_backbone(name, "cpu", "float32"), ExtractionSettings(stride=1)
    store = TokenStore(folder, Provenance.of(backbone, settings))
    before, frames = store.read(CLIP.key, "-", layers)
    assert len(frames) == 21
    assert plan([CLIP], backbone, store, ["-"], layers) == []
    assert not store.has(CLIP.key, "-", layers, "mean+change")
    with pytest.raises(FeatureStoreError, match=r"lack layer 1.* with its change"):
        store.read(CLIP.key, "-", layers, "mean+change")
    inventory = Inventory(store)
    for pooling, complete in (("mean", 1), ("mean+change", 0)):
        found = run(coverage_job([CLIP], backbone, inventory, ["-"], layers, pooling=pooling))
        assert (found.complete, len(found.units)) == (complete, 1 - complete)

    extracted(folder, backbone, settings, ["-"], layers)

    both, _ = store.read(CLIP.key, "-", layers, "mean+change")
    for layer in layers:
        channels = before[layer].shape[1]
        assert np.array_equal(both[layer][:, :channels], before[layer])
        assert both[layer].shape[1] == 2 * channels
        assert both[layer][:, channels:].any()
    # Computed in an empty store, the mean has the bits that the earlier version kept.
    anew, _ = extracted(tmp_path / "anew", backbone, settings, ["-"], layers).read(CLIP.key, "-", layers)
    assert all(np.array_equal(anew[layer], before[layer]) for layer in layers)


def test_the_mean_of_a_network_is_what_it_was(svd_folder, tmp_path):
    folder = shutil.copytree(svd_folder, tmp_path / "small-svd")
    (folder / "actiondiff.json").write_text('{"norms": "diffusers", "noise": "numpy"}')
    backbone, settings = load_backbone(str(folder), "cpu", "float32"), ExtractionSettings(stride=2)
    store = extracted(tmp_path / "features", backbone, settings, (5, 20), (4, 9))
    for step in (5, 20):
        kept = load_file(next(BEFORE.glob(f"features/small-svd-*/*/*/t{step}.safetensors")))
        found, frames = store.read(CLIP.key, f"t{step}", (4, 9))
        assert np.array_equal(frames, kept["frames"])
        for layer in (4, 9):
            # Another processor sums in another order: one unit in the last place of float16.
            assert np.allclose(found[layer].astype(float), kept[f"layer.{layer}"].astype(float), 2e-3, 1e-4)
        for window in clip_windows(CLIP, 2, 4, None):
            maps = maps_by_hand(backbone, CLIP, settings, backbone.schedule[step], 9, window)
            rows = np.isin(frames, window.frames)
            assert np.array_equal(found[9][rows], maps.mean(dim=(-2, -1)).numpy().astype(np.float16))


def test_the_change_follows_its_definition_in_every_window(backbone, tmp_path):
    settings = ExtractionSettings(stride=2)
    # 11 frames in windows of 4, 4 and 3; 9 frames leave a single one to the last window.
    for clip in (CLIP, replace(CLIP, end=17), replace(CLIP, end=1)):
        store = extracted(tmp_path, backbone, settings, [20], [9], [clip])
        tokens, frames = store.read(clip.key, "t20", [9], "mean+change")
        for window in clip_windows(clip, 2, 4, None):
            maps = maps_by_hand(backbone, clip, settings, backbone.schedule[20], 9, window)
            change = tokens[9][np.isin(frames, window.frames), maps.shape[1] :].astype(np.float32)
            assert np.allclose(change, change_by_hand(maps), rtol=2e-3, atol=1e-4)
            if len(window.frames) > 1:
                assert change.any()
                assert np.array_equal(change[-1], change[-2])
            else:
                assert not change.any()


def test_change_is_a_function_of_clip_and_settings_whatever_shares_its_batch(
    clip_sources, backbone, tmp_path
):
    settings = ExtractionSettings(stride=2)
    clips = [*clip_sources, CLIP]
    alone = extracted(tmp_path / "one", backbone, settings, [20], (4, 9), clips)
    mixed = extracted(tmp_path / "many", backbone, settings, (5, 20), (4, 9), clips[::-1], batch_size=3)
    for clip in clips:
        one, frames = alone.read(clip.key, "t20", (4, 9), "mean+change")
        other, same = mixed.read(clip.key, "t20", (4, 9), "mean+change")
        assert np.array_equal(frames, same)
        for layer in (4, 9):
            assert np.allclose(one[layer].astype(float), other[layer].astype(float), rtol=2e-3, atol=1e-4)


def test_frames_that_fill_up_a_window_never_enter():
    random = torch.Generator().manual_seed(0)
    maps = torch.rand(2, 5, 3, 4, 6, generator=random)
    filled = maps.clone()
    filled[0, 3:] = 1e6
    short, whole = pooled_windows(filled, [3, 5])
    assert (short.shape, whole.shape) == ((3, 6), (5, 6))
    assert np.allclose(short[:, 3:], change_by_hand(maps[0, :3]), rtol=1e-5)
    assert np.allclose(whole[:, 3:], change_by_hand(maps[1]), rtol=1e-5)
    # Vectors instead of maps: the absolute difference of vectors.
    (vectors,) = pooled_windows(maps[:1, :, :, :1, :1], [5])
    assert np.array_equal(vectors[:-1, 3:], np.abs(np.diff(vectors[:, :3], axis=0)))


def test_layers_stand_side_by_side_each_with_its_change(backbone, tmp_path):
    settings = ExtractionSettings(stride=2)
    store = extracted(tmp_path, backbone, settings, [20], (4, 6, 9))
    each, _ = store.read(CLIP.key, "t20", (4, 9), "mean+change")
    tokens, frames = store.read_at(CLIP.key, Reading.at("t20", [9, 4], "mean+change"))
    assert np.array_equal(tokens, np.concatenate([each[4], each[9]], axis=1))
    assert len(tokens) == len(frames) == 11
    means, _ = store.read(CLIP.key, "t20", (4, 9))
    assert np.array_equal(
        store.read_at(CLIP.key, Reading("t20", (4, 9)))[0], np.concatenate([means[4], means[9]], axis=1)
    )


def test_cells_are_what_tokens_are_the_mean_of(backbone, tmp_path):
    settings = ExtractionSettings(stride=2)
    store = extracted(tmp_path, backbone, settings, [20], (3, 9))
    memory = MapMemory(backbone, settings)
    for layers, pooling in (((9,), "mean"), ((9,), "mean+change"), ((3, 9), "mean+change")):
        found = run(memory.cells_job(CLIP, backbone.schedule[20], layers, pooling))
        tokens, frames = store.read_at(CLIP.key, Reading("t20", layers, pooling))
        assert np.array_equal(found.frames, frames)
        assert found.values.shape == (*tokens.shape, *found.placement.grid)
        assert np.allclose(
            found.values.astype(float).mean(axis=(2, 3)), tokens.astype(float), rtol=5e-3, atol=2e-3
        )


def test_a_finer_grid_is_averaged_onto_the_coarser_one():
    fine = np.arange(16, dtype=np.float16).reshape(1, 1, 4, 4)
    cells = cell_tokens([fine, np.ones((1, 2, 2, 2), np.float16)], (2, 2), [1], "mean")
    assert cells[0, 0].tolist() == [[2.5, 4.5], [10.5, 12.5]]
    assert (cells[0, 1:] == 1).all()


def test_damage_of_a_change_leaves_the_mean_and_heals(backbone, tmp_path):
    settings = ExtractionSettings(stride=2)
    store = extracted(tmp_path, backbone, settings, [20], [9])
    before, _ = store.read(CLIP.key, "t20", [9], "mean+change")
    file = store.file(CLIP.key, "t20")
    data = bytearray(file.read_bytes())
    data[-1] ^= 0x40  # the last array is the change
    file.write_bytes(bytes(data))
    assert np.array_equal(store.read(CLIP.key, "t20", [9])[0][9], before[9][:, :64])
    with pytest.raises(FeatureStoreError, match=r"layer\.9\.change does not match its checksum"):
        store.read(CLIP.key, "t20", [9], "mean+change")
    assert store.has(CLIP.key, "t20", [9])
    assert not store.has(CLIP.key, "t20", [9], "mean+change")
    assert len(plan([CLIP], backbone, store, [20], [9], "mean+change")) == 1
    extracted(tmp_path, backbone, settings, [20], [9])
    after, _ = store.read(CLIP.key, "t20", [9], "mean+change")
    assert np.array_equal(before[9], after[9])
    assert not file.with_suffix(".damaged").exists()


def test_a_reading_names_itself():
    one, three = Reading.at("t20", 9), Reading.at("t20", [9, 3, 6, 3], "mean+change")
    assert (one.key, one.name, str(one)) == ("t20/9", "t20 layer 9", "t20, layer 9")
    assert three.layers == (3, 6, 9)
    assert (three.key, three.name) == ("t20/3+6+9_change", "t20 layers 3+6+9 change")
    assert str(three) == "t20, layers 3, 6, 9, mean + change"
    assert str(Reading.at("-", 2)) == "layer 2"
    with pytest.raises(BackboneError, match=r"no pooling 'max'.*mean\+change"):
        Reading.at("t20", 9, "max")


def test_tokens_of_a_project_at_several_layers_and_with_the_change(zoo_file):
    from actiondiff_gui.features.dataset import clip_sources, features_folder
    from actiondiff_gui.features.stored_sets import stored_features
    from actiondiff_gui.project.project import Project

    with Project.open(zoo_file) as project:
        (stored,) = stored_features(features_folder(project))
        store = TokenStore(features_folder(project), stored.provenance)
        load = ProjectTokens(project, store, [9])
        means = load("t20", 9)
        with pytest.raises(FeatureStoreError, match=r"t20, layer 9, mean \+ change"):
            load("t20", 9, "mean+change")
        for source in clip_sources(project)[:-1]:
            tokens, frames = store.read(source.key, "t20", [9])
            store.write(
                source.key, "t20", {9: np.tile(tokens[9], 2), 4: np.tile(tokens[9], 2)}, frames, "mean+change"
            )
        both = load("t20", [4, 9], "mean+change")
        assert len(load.missing) == 1
        assert both.address.reading == Reading("t20", (4, 9), "mean+change")
        assert both.tokens[0].shape[1] == 4 * means.tokens[0].shape[1]
        assert load("t20", 9).address.pooling == "mean"
        assert len(load("t20", 9)) == len(means)
