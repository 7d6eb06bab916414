"""Extraction: features are independent of other clips, and runs survive interruption."""

import multiprocessing
import random
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from actiondiff_gui.errors import FeatureWriteError
from actiondiff_gui.features.clips import padded
from actiondiff_gui.features.cost import estimate
from actiondiff_gui.features.cropping import crop
from actiondiff_gui.features.extraction import extract_job, plan, window_count
from actiondiff_gui.features.settings import ExtractionSettings, Provenance
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.progress import run
from actiondiff_gui.video.fingerprint import fingerprint
from actiondiff_gui.video.reader import VideoReader
from tests.features.killed_run import extract

SETTINGS = ExtractionSettings(stride=2)
STEPS, LAYERS = (5, 20), (4, 9)


def extracted(folder: Path, clips, backbone, settings=SETTINGS, batch_size=None, steps=STEPS, layers=LAYERS):
    store = TokenStore(folder, Provenance.of(backbone, settings))
    units = plan(clips, backbone, store, steps, layers)
    report = run(extract_job(units, backbone, settings, store, batch_size))
    return store, report


def all_tokens(store, clips) -> dict:
    return {(c.key, s): store.read(c.key, f"t{s}", LAYERS) for c in clips for s in STEPS}


def assert_equal_to_rounding(one: dict, other: dict) -> None:
    assert one.keys() == other.keys()
    for key, (tokens, frames) in one.items():
        again, same = other[key]
        assert np.array_equal(frames, same)
        for layer in LAYERS:
            # One unit in the last place of float16, and the rounding of sums that cancel.
            assert np.allclose(tokens[layer].astype(float), again[layer].astype(float), rtol=2e-3, atol=1e-4)


@pytest.fixture(scope="module")
def reference(backbone, tmp_path_factory):
    return tmp_path_factory.mktemp("reference")


def test_tokens_are_the_spatial_mean_of_each_real_frame(clip_sources, backbone, reference):
    store, report = extracted(reference, clip_sources, backbone)
    assert sorted(report.computed) == sorted(c.id for c in clip_sources)
    assert report.failed == {}
    clip = clip_sources[0]
    tokens, frames = store.read(clip.key, "t20", [9])
    assert frames.tolist() == list(range(0, 23, 2))
    assert tokens[9].shape == (12, 64)
    with VideoReader(clip.path) as reader:
        last = padded(crop(reader.read_many(frames[8:]), clip), 4)
    from actiondiff_gui.features.clips import clip_windows, window_seed

    window = clip_windows(clip, 2, 4, None)[2]
    encoded = backbone.encode(
        last[None], [window_seed(clip, window)], SETTINGS.encode_settings(backbone, 48, 64)
    )
    by_hand = backbone.features(encoded, backbone.schedule[20], [9])[9].mean(dim=(-2, -1))[0, :4]
    assert np.allclose(by_hand.numpy(), tokens[9][8:].astype(np.float32), rtol=2e-3, atol=1e-4)


@pytest.mark.parametrize("batch_size", [1, 3])
def test_order_and_batch_size_change_nothing(clip_sources, backbone, reference, tmp_path, batch_size):
    store, _ = extracted(reference, clip_sources, backbone)
    other, _ = extracted(tmp_path, clip_sources[::-1], backbone, batch_size=batch_size)
    assert_equal_to_rounding(all_tokens(store, clip_sources), all_tokens(other, clip_sources))


def test_a_video_that_was_replaced_is_refused(clip_sources, videos, backbone, tmp_path):
    replaced = replace(clip_sources[0], path=videos[1])
    store, report = extracted(tmp_path, [replaced, clip_sources[2]], backbone)
    assert report.computed == ("clip_2",)
    assert "content has changed" in report.failed["clip_0"]
    assert not store.layers(replaced.key, "t20")


def test_a_clip_never_sees_frames_outside_its_bounds(clip_sources, videos, backbone, tmp_path, monkeypatch):
    import actiondiff_gui.video.fingerprint
    from tests.conftest import write_video

    # Both files pass for the same one, so that the same noise is drawn.
    monkeypatch.setattr(
        actiondiff_gui.video.fingerprint, "fingerprint", lambda _: clip_sources[1].fingerprint
    )

    with VideoReader(videos[1]) as reader:
        frames = reader.read_many(range(40))
    changed = frames.copy()
    changed[:10] = 255 - changed[:10]
    changed[30:] = 0
    other = write_video(tmp_path / "changed.mp4", changed)
    inner = replace(clip_sources[1], start=10, end=30)
    store, _ = extracted(tmp_path / "one", [inner], backbone)
    twin, _ = extracted(tmp_path / "two", [replace(inner, path=other)], backbone)
    for step in STEPS:
        one, two = (s.read(inner.key, f"t{step}", LAYERS)[0] for s in (store, twin))
        assert all(np.array_equal(one[layer], two[layer]) for layer in LAYERS)


def test_what_is_there_is_not_computed_again(clip_sources, backbone, reference):
    store, _ = extracted(reference, clip_sources, backbone)
    assert plan(clip_sources, backbone, store, STEPS, LAYERS) == []
    more = plan(clip_sources, backbone, store, (5, 20, 25), LAYERS)
    assert all([t.index for t in unit.timesteps] == [25] for unit in more)
    assert len(plan(clip_sources, backbone, store, STEPS, (1, 9))) == 3


def test_a_broken_video_is_reported_and_the_others_go_on(clip_sources, backbone, tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video at all" * 100)
    clips = [
        clip_sources[0],
        replace(clip_sources[1], id="bad", path=broken, fingerprint=fingerprint(broken)),
        clip_sources[2],
    ]
    clips.append(replace(clip_sources[2], id="too long", end=500))
    _, report = extracted(tmp_path / "store", clips, backbone)
    assert sorted(report.computed) == ["clip_0", "clip_2"]
    assert str(broken) in report.failed["bad"]
    assert "clip_2.mp4" in report.failed["too long"]


def test_closing_the_job_keeps_finished_clips_and_ends_the_decoder(clip_sources, backbone, tmp_path):
    store = TokenStore(tmp_path, Provenance.of(backbone, SETTINGS))
    units = plan(clip_sources, backbone, store, STEPS, LAYERS)
    job = extract_job(units, backbone, SETTINGS, store, batch_size=1)
    for progress in job:
        if progress.message.startswith("1 of"):
            break
    job.close()
    assert not [t for t in threading.enumerate() if t.name == "decoder"]
    assert len(plan(clip_sources, backbone, store, STEPS, LAYERS)) == 2


def test_several_decoders_change_nothing_but_the_time(clip_sources, backbone, tmp_path):
    parts = [
        replace(clip, id=f"{clip.id} {start}", start=start, end=start + 4)
        for clip in clip_sources
        for start in range(0, clip.end - 4, 2)
    ]
    stores, reports = [], []
    for count in (1, 3):
        store = TokenStore(tmp_path / str(count), Provenance.of(backbone, SETTINGS))
        units = plan(parts, backbone, store, STEPS[:1], LAYERS[:1])
        reports.append(run(extract_job(units, backbone, SETTINGS, store, 2, decoders=count)))
        stores.append(store)
    assert reports[0] == reports[1]
    assert len(reports[0].computed) == len(parts)
    files = [
        {f.relative_to(s.folder): f.read_bytes() for f in s.folder.rglob("*.safetensors")} for s in stores
    ]
    assert files[0] == files[1]
    assert not [t for t in threading.enumerate() if t.name == "decoder"]


def test_a_store_that_cannot_be_written_ends_the_job(clip_sources, backbone, tmp_path):
    (tmp_path / "store").write_text("in the way")
    with pytest.raises(FeatureWriteError):
        extracted(tmp_path / "store", clip_sources, backbone)
    assert not [t for t in threading.enumerate() if t.name == "decoder"]


def test_the_cost_is_estimated_before_the_run(clip_sources, backbone, tmp_path):
    store = TokenStore(tmp_path, Provenance.of(backbone, SETTINGS))
    units = plan(clip_sources, backbone, store, STEPS, LAYERS)
    cost = estimate(units, backbone, SETTINGS)
    assert cost.windows == window_count(units, backbone, SETTINGS) == 3 + 5 + 2
    assert cost.seconds > 0
    run(extract_job(units, backbone, SETTINGS, store))
    written = sum(f.stat().st_size for f in store.folder.rglob("*.safetensors"))
    assert 0.5 < cost.disk_bytes / written < 2
    assert estimate([], backbone, SETTINGS).windows == 0


def test_stretching_and_keeping_the_aspect_are_different_addresses(clip_sources, backbone, tmp_path):
    kept = ExtractionSettings(stride=2, resolution="keep-aspect")
    assert Provenance.of(backbone, kept).digest != Provenance.of(backbone, SETTINGS).digest
    _, report = extracted(tmp_path, clip_sources[:1], backbone, settings=kept)
    assert report.computed == ("clip_0",)
    given = ExtractionSettings(stride=2, resolution=backbone.resolution)
    assert Provenance.of(backbone, given).digest == Provenance.of(backbone, SETTINGS).digest


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL and no fork server on Windows")
@pytest.mark.slow
def test_killed_ten_times_at_random_a_run_ends_like_an_undisturbed_one(
    clip_sources, backbone, svd_folder, reference, tmp_path
):
    clips = [replace(clip_sources[1], id=f"c{n}", start=n, end=n + 17) for n in range(20)]
    undisturbed, _ = extracted(reference / "kill", clips, backbone, batch_size=1)
    store = TokenStore(tmp_path, Provenance.of(backbone, SETTINGS))
    # Every run is a new process; the server it comes from has done the slow imports once.
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(
        [
            "tests.features.killed_run",
            "actiondiff_gui.backbones.svd.backbone",
            "diffusers.models",
            "transformers.models.clip",
        ]
    )
    dice, killed, kept = random.Random(0), 0, []

    def start():
        ready = processes.Event()
        process = processes.Process(target=extract, args=(str(svd_folder), tmp_path, clips, ready))
        process.start()
        assert ready.wait(240)
        return process

    for _ in range(10):
        process = start()
        time.sleep(dice.uniform(0.05, 0.4))
        process.kill()
        process.join()
        killed += process.exitcode == -signal.SIGKILL
        for file in tmp_path.rglob("*.safetensors"):
            store.read(file.parent.name, file.stem, LAYERS)
        kept.append(len(list(tmp_path.rglob("*.safetensors"))))
    assert killed >= 5
    assert kept == sorted(kept)
    process = start()
    process.join()
    assert process.exitcode == 0
    assert_equal_to_rounding(all_tokens(undisturbed, clips), all_tokens(store, clips))
