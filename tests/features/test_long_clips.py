"""Finished windows of a long clip survive the end of the process."""

import multiprocessing
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from actiondiff_gui.features.clips import ClipSource
from actiondiff_gui.features.extraction import extract_job, plan
from actiondiff_gui.features.settings import Provenance
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.progress import run
from actiondiff_gui.video.fingerprint import fingerprint
from tests.conftest import write_video
from tests.features.other_process import WHOLE, extract_long

WINDOW_FRAMES = 4 * 2
"""Frames of the video from one window to the next."""


def long_clip(folder: Path, windows: int) -> ClipSource:
    """Return a clip of noise that moves, so that every window differs."""
    still = np.random.default_rng(0).integers(0, 255, (32, 32, 3), dtype=np.uint8)
    frames = np.stack([np.roll(still, t, axis=(0, 1)) for t in range(windows * WINDOW_FRAMES - 3)])
    path = write_video(folder / "long.mp4", frames)
    return ClipSource("long", path, fingerprint(path), 0, len(frames), 24.0)


def store_in(folder: Path, backbone) -> TokenStore:
    return TokenStore(folder, Provenance.of(backbone, WHOLE))


def kept_frames(store: TokenStore, clip: ClipSource) -> set[int]:
    """Frames of windows that are kept of the clip under way, or of the whole clip."""
    if store.has(clip.key, "t20", [9]):
        return set(store.read(clip.key, "t20", [9])[1].tolist())
    return {frame for _, frames in store.parts(clip.key, "t20") for frame in frames.tolist()}


def stopped_after(windows: int, store, clip, backbone, layers=(9,)) -> None:
    """Extract until so many windows are done, then close the job, as Stop does."""
    job = extract_job(plan([clip], backbone, store, ["t20"], layers), backbone, WHOLE, store, batch_size=1)
    for progress in job:
        if progress.done >= windows:
            break
    job.close()


def test_a_run_that_was_stopped_goes_on_at_its_last_window(backbone, tmp_path):
    clip = long_clip(tmp_path, 12)
    undisturbed, store = store_in(tmp_path / "one", backbone), store_in(tmp_path / "two", backbone)
    for each in (undisturbed, store):
        if each is store:
            stopped_after(7, store, clip, backbone)
            assert len(kept_frames(store, clip)) == 7 * 4
        job = extract_job(plan([clip], backbone, each, ["t20"], [9]), backbone, WHOLE, each, batch_size=1)
        done = []
        report = run(job, lambda progress, done=done: done.append(progress.done))
        assert report.computed == ("long",)
        if each is store:
            assert done[1] == 7
        assert done[-1] == 12
    files = [each.file(clip.key, "t20") for each in (undisturbed, store)]
    assert files[0].read_bytes() == files[1].read_bytes()
    assert [file.name for file in files[1].parent.iterdir()] == ["t20.safetensors"]


def test_windows_with_fewer_layers_or_damaged_ones_are_computed_again(backbone, tmp_path):
    clip, store = long_clip(tmp_path, 8), store_in(tmp_path / "store", backbone)
    stopped_after(3, store, clip, backbone, layers=(4, 9))
    stopped_after(5, store, clip, backbone, layers=(9,))
    parts = sorted(store.file(clip.key, "t20").parent.glob("*.partial"))
    assert len(parts) == 2
    # Of one part a bit is flipped.
    data = bytearray(parts[0].read_bytes())
    data[-9] ^= 4
    parts[0].write_bytes(bytes(data))
    run(extract_job(plan([clip], backbone, store, ["t20"], [4, 9]), backbone, WHOLE, store, batch_size=1))
    undisturbed = store_in(tmp_path / "other", backbone)
    run(
        extract_job(
            plan([clip], backbone, undisturbed, ["t20"], [4, 9]), backbone, WHOLE, undisturbed, batch_size=1
        )
    )
    files = [each.file(clip.key, "t20") for each in (undisturbed, store)]
    assert files[0].read_bytes() == files[1].read_bytes()
    assert [file.name for file in files[1].parent.iterdir()] == ["t20.safetensors"]


def test_parts_of_another_layer_outlive_the_end_of_this_one(backbone, tmp_path):
    clip, store = long_clip(tmp_path, 6), store_in(tmp_path / "store", backbone)
    stopped_after(4, store, clip, backbone, layers=(4,))
    run(extract_job(plan([clip], backbone, store, ["t20"], [9]), backbone, WHOLE, store, batch_size=1))
    assert len(list(store.file(clip.key, "t20").parent.glob("*.partial"))) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL and no fork server on Windows")
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kills", [5, pytest.param(60, marks=pytest.mark.slow)])
def test_killed_at_random_a_long_clip_never_starts_anew(backbone, svd_folder, tmp_path, kills, capsys):
    windows = 20 + 10 * kills
    clip = long_clip(tmp_path, windows)
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(
        [
            "tests.features.other_process",
            "actiondiff_gui.backbones.svd.backbone",
            "diffusers.models",
            "transformers.models.clip",
        ]
    )
    dice = random.Random(kills)
    store = store_in(tmp_path / "killed", backbone)

    def started(root: Path):
        ready = processes.Event()
        process = processes.Process(target=extract_long, args=(str(svd_folder), root, clip, 0.05, ready))
        process.start()
        assert ready.wait(240)
        return process

    kept = [0]
    while len(kept) <= kills:
        process = started(tmp_path / "killed")
        # Every second one is killed at any time, the others when they got on.
        while len(kept) % 2 and process.is_alive() and len(kept_frames(store, clip)) <= kept[-1]:
            time.sleep(0.01)
        time.sleep(dice.uniform(0, 0.1))
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL, "the clip is too short for so many kills"
        kept.append(len(kept_frames(store, clip)))
    assert kept == sorted(kept)
    assert kept[1] > 0
    for folder in ("killed", "undisturbed"):
        process = started(tmp_path / folder)
        process.join()
        assert process.exitcode == 0
    files = [each.file(clip.key, "t20") for each in (store_in(tmp_path / "undisturbed", backbone), store)]
    assert files[0].read_bytes() == files[1].read_bytes()
    assert [file.name for file in files[1].parent.iterdir()] == ["t20.safetensors"]
    with capsys.disabled():
        told = ", ".join(str(n // 4) for n in kept[:: max(1, kills // 10)])
        print(f"\n{kills} kills in {windows} windows; kept: {told}; the end is that of an undisturbed run")
