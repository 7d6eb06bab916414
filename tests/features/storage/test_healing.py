"""Damaged files of tokens are found, set aside and computed again, and no others."""

import multiprocessing
import random
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from actiondiff_gui.errors import DamagedFeaturesError, FeatureStoreError
from actiondiff_gui.features import extraction
from actiondiff_gui.features.coverage import Inventory, coverage_job
from actiondiff_gui.features.dataset import ProjectTokens
from actiondiff_gui.features.extraction import extract_job, plan
from actiondiff_gui.features.settings import ExtractionSettings, Provenance
from actiondiff_gui.features.storage.healing import set_aside, verify_store
from actiondiff_gui.features.storage.token_file import as_arrays, encode, read_header, whole_arrays
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project
from tests.features.other_process import PLAIN, tokens_of, write_layer

SETTINGS = ExtractionSettings(stride=2)
STEPS, LAYERS = ("t5", "t20"), (4, 9)
FRAMES = np.arange(0, 20, 4)


@pytest.fixture(scope="module")
def original(videos, backbone, tmp_path_factory) -> Path:
    """Features of three clips at two timesteps and two layers."""
    from actiondiff_gui.features.clips import ClipSource
    from actiondiff_gui.video.fingerprint import fingerprint

    folder = tmp_path_factory.mktemp("original")
    clips = [
        ClipSource(path.stem, path, fingerprint(path), 0, length, 24.0)
        for path, length in zip(videos, (23, 40, 9), strict=True)
    ]
    extract(TokenStore(folder, Provenance.of(backbone, SETTINGS)), clips, backbone)
    return folder


@pytest.fixture
def store(original, backbone, tmp_path) -> TokenStore:
    shutil.copytree(original, tmp_path / "features")
    return TokenStore(tmp_path / "features", Provenance.of(backbone, SETTINGS))


@pytest.fixture(params=["small store", "large store"])
def planning(request, monkeypatch) -> str:
    """Planning reads the data of a small store, and the headers only of a large one."""
    if request.param == "large store":
        monkeypatch.setattr(extraction, "MOST_READ", 0)
    return request.param


def extract(store, clips, backbone) -> int:
    """Extract what lacks, clip by clip so that sums do not depend on what else lacks; says how many clips did."""
    units = plan(clips, backbone, store, STEPS, LAYERS, "mean+change")
    report = run(extract_job(units, backbone, SETTINGS, store, batch_size=1))
    assert not report.failed
    return len(report.computed)


def content(folder: Path) -> dict[str, bytes]:
    """All files but locks and the index, which is a log."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and file.name != ".lock" and file.parent.name != "index"
    }


def rewrite(file: Path, **changed: np.ndarray) -> None:
    """Write a file anew with other arrays, and checksums that fit them."""
    with file.open("rb") as stream:
        about = read_header(stream, file).about
    names = {name.replace("_", "."): array for name, array in changed.items()}
    file.write_bytes(encode(whole_arrays(file) | names, about))


def flip(file: Path, place: int, bit: int = 2) -> None:
    data = bytearray(file.read_bytes())
    data[place] ^= 1 << bit
    file.write_bytes(bytes(data))


def not_numbers(file: Path) -> None:
    array = whole_arrays(file)["layer.9"].copy()
    array[0, 0] = np.inf
    rewrite(file, layer_9=array)


DAMAGES = {
    "nothing in it": lambda file: file.write_bytes(b""),
    "cut in the header": lambda file: file.write_bytes(file.read_bytes()[:60]),
    "cut in the data": lambda file: file.write_bytes(file.read_bytes()[:-3]),
    "too long": lambda file: file.write_bytes(file.read_bytes() + b"\0"),
    "a bit of the length": lambda file: flip(file, 1),
    "a bit of the header": lambda file: flip(file, 20),
    "a bit of the version": lambda file: flip(file, file.read_bytes().index(b'"version":"') + 11),
    "a bit of the mean": lambda file: flip(file, end_of(file, "layer.9") - 9),
    "a bit of the change": lambda file: flip(file, end_of(file, "layer.9.change") - 9),
    "values that are no numbers": not_numbers,
    "a layer of another length": lambda file: rewrite(file, layer_9=np.zeros((1, 64), np.float16)),
    "a layer too few": lambda file: file.write_bytes(
        encode({k: v for k, v in whole_arrays(file).items() if k != "layer.9"}, about_of(file))
    ),
    "tokens of another clip": lambda file: shutil.copy(other_clip(file), file),
    "tokens of another timestep": lambda file: shutil.copy(file.with_name("t5.safetensors"), file),
}
BY_DATA = ("a bit of the mean", "a bit of the change", "values that are no numbers")
"""Found by reading the data, which planning does of a small store only."""


def end_of(file: Path, name: str) -> int:
    with file.open("rb") as stream:
        return read_header(stream, file).arrays[name].end


def about_of(file: Path) -> dict[str, str]:
    with file.open("rb") as stream:
        return read_header(stream, file).about


def other_clip(file: Path) -> Path:
    return next(f for f in sorted(file.parents[2].rglob("t20.safetensors")) if f != file)


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_is_computed_again_and_nothing_else(
    store, clip_sources, backbone, original, planning, damage
):
    file = store.file(clip_sources[2].key, "t20")
    DAMAGES[damage](file)
    if planning == "large store" and damage in BY_DATA:
        assert extract(store, clip_sources, backbone) == 0
        with pytest.raises(DamagedFeaturesError, match=r"t20\.safetensors are damaged.*set aside"):
            store.read(clip_sources[2].key, "t20", LAYERS, "mean+change")
        assert file.with_suffix(".damaged").exists()
    assert extract(store, clip_sources, backbone) == 1
    assert content(store.folder.parent) == content(original)


def test_layers_that_are_whole_stay_when_another_is_set_aside(store, clip_sources):
    key = clip_sources[0].key
    before = store.read(key, "t20", [4])[0][4]
    flip(store.file(key, "t20"), end_of(store.file(key, "t20"), "layer.9") - 9)
    with pytest.raises(DamagedFeaturesError, match=r"layer\.9"):
        store.read(key, "t20", [9])
    assert store.layers(key, "t20") == {4}
    assert np.array_equal(store.read(key, "t20", [4])[0][4], before)
    assert store.damaged(key, "t20")


def test_the_whole_store_can_be_checked_and_what_is_whole_is_not_set_aside(store, clip_sources):
    assert list(verify_store(store.folder)) == []
    broken, fine = (store.file(clip_sources[n].key, "t5") for n in (0, 1))
    flip(broken, -9)
    assert list(verify_store(store.folder)) == [(broken, "layer.9.change does not match its checksum")]
    assert set_aside(fine) is None
    assert set_aside(broken) == broken.with_suffix(".damaged")
    assert list(verify_store(store.folder)) == []


def test_it_is_said_how_many_are_computed_because_of_damage(store, clip_sources, backbone):
    flip(store.file(clip_sources[0].key, "t20"), 20)
    store.file(clip_sources[1].key, "t20").unlink()
    look = coverage_job(clip_sources, backbone, Inventory(store), STEPS, LAYERS)
    assert {u.clip.id: u.damaged for u in run(look).units} == {"clip_0": True, "clip_1": False}
    units = plan(clip_sources, backbone, store, STEPS, LAYERS)
    assert {u.clip.id: u.damaged for u in units} == {"clip_0": True, "clip_1": False}
    inventory = Inventory(store)
    assert run(coverage_job(clip_sources, backbone, inventory, STEPS, LAYERS)).units[0].damaged
    extract(store, clip_sources, backbone)
    run(coverage_job(clip_sources, backbone, inventory, STEPS, LAYERS))
    assert not inventory.damaged(clip_sources[0].key)


def test_files_written_before_headers_had_a_checksum_are_read(store, clip_sources):
    from safetensors.numpy import save_file

    file = store.file(clip_sources[0].key, "t20")
    about, arrays = about_of(file), whole_arrays(file)
    del about["seal"]
    save_file(arrays, file, metadata=about)
    assert np.array_equal(store.read(clip_sources[0].key, "t20", [9])[0][9], arrays["layer.9"])
    save_file(arrays, file, metadata={name.replace("clip", "clap"): v for name, v in about.items()})
    assert not store.has(clip_sources[0].key, "t20", [9])


@pytest.fixture
def project(videos, tmp_path):
    with Project.create(tmp_path / "pets.actiondiff") as opened:
        run(import_videos(opened, videos))
        yield opened


def test_reading_for_training_names_all_that_is_damaged_at_once(project, tmp_path):
    store = TokenStore(tmp_path / "made up", PLAIN)
    from actiondiff_gui.features.dataset import clip_sources

    sources = clip_sources(project)
    for source in sources:
        store.write(source.key, "t20", {9: tokens_of(9)}, FRAMES)
    flip(store.file(sources[0].key, "t20"), -9)
    flip(store.file(sources[1].key, "t20"), 20)
    load = ProjectTokens(project, store, [9], labelled=False)
    with pytest.raises(DamagedFeaturesError, match="features of 2 clips are damaged at t20"):
        load("t20", 9)
    assert load("t20", 9).clip_ids == (sources[2].id,)
    assert len(load.missing) == 2


def test_a_clip_with_another_number_of_channels_is_damaged(project, tmp_path):
    store = TokenStore(tmp_path / "made up", PLAIN)
    from actiondiff_gui.features.dataset import clip_sources

    sources = clip_sources(project)
    for n, source in enumerate(sources):
        store.write(source.key, "t20", {9: tokens_of(9)[:, : 6 if n == 1 else 8]}, FRAMES)
    load = ProjectTokens(project, store, [9], labelled=False)
    with pytest.raises(DamagedFeaturesError, match="6 channels, and 8 in other clips"):
        load("t20", 9)
    assert len(load("t20", 9)) == 2
    assert load.missing == [sources[1].id]
    assert store.damaged(sources[1].key, "t20")


def test_a_disk_that_is_away_is_no_damage(store, clip_sources, monkeypatch):
    file = store.file(clip_sources[0].key, "t20")

    def away(*_arguments, **_options):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("actiondiff_gui.features.store.read_header", away)
    with pytest.raises(FeatureStoreError, match="cannot be read"):
        store.read(clip_sources[0].key, "t20", [9])
    assert file.exists()


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("count", [15, pytest.param(200, marks=pytest.mark.slow)])
def test_flipped_bits_are_all_healed(store, clip_sources, backbone, original, planning, count, capsys):
    dice, files = random.Random(count), sorted(store.folder.rglob("*.safetensors"))
    at_plan = at_reading = 0
    for _ in range(count):
        file = dice.choice(files)
        # Headers are short beside the data of real features; here one flip in three is to hit one.
        header = 8 + int.from_bytes(file.read_bytes()[:8], "little")
        size = header if dice.random() < 1 / 3 else file.stat().st_size
        flip(file, dice.randrange(size), dice.randrange(8))
        at_plan += extract(store, clip_sources, backbone)
        for clip in clip_sources:
            for step in STEPS:
                try:
                    store.read(clip.key, step, LAYERS, "mean+change")
                except DamagedFeaturesError:
                    at_reading += 1
        extract(store, clip_sources, backbone)
        assert file.read_bytes() == (original / file.relative_to(store.folder.parent)).read_bytes()
    assert content(store.folder.parent) == content(original)
    assert at_plan + at_reading == count
    with capsys.disabled():
        print(
            f"\n{planning}: {count} bits flipped, {at_plan} found in planning, {at_reading} at reading, all healed"
        )


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork server on Windows")
def test_two_processes_that_write_different_layers_of_a_clip_keep_both(tmp_path):
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["tests.features.other_process"])
    clips, together = [f"{n:02d}abcd" for n in range(50)], processes.Barrier(2)
    writers = [processes.Process(target=write_layer, args=(tmp_path, n, clips, together)) for n in (4, 9)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(240)
        assert writer.exitcode == 0
    store = TokenStore(tmp_path, PLAIN)
    kept = [store.layers(clip, "t20") for clip in clips]
    assert kept.count({4, 9}) == 50
    assert all(np.array_equal(store.read(clip, "t20", [4])[0][4], tokens_of(4)) for clip in clips)
    assert list(verify_store(store.folder)) == []


def test_what_is_to_be_kept_and_what_is_read_back_are_the_same(tmp_path):
    arrays = as_arrays("abcd", {9: tokens_of(9), 13: np.zeros((5, 0))}, FRAMES)
    store = TokenStore(tmp_path, PLAIN)
    file = store.write("abcd", "t20", {9: tokens_of(9), 13: np.zeros((5, 0))}, FRAMES)
    assert all(np.array_equal(array, arrays[name]) for name, array in whole_arrays(file).items())
