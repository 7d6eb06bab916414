"""The committed sample videos match their code and tables."""

import csv
from collections import Counter
from pathlib import Path

import av
import numpy as np
import pytest

from sample_data import make_clips
from sample_data.world import (
    ACTIONS,
    SAMPLE_SEEDS,
    Bout,
    ClipSpec,
    bout_frames,
    render_batch,
    render_recording,
)

FOLDER = Path(make_clips.__file__).parent
CLIPS = dict(make_clips.sample_clips())


def frames_of(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def blocks(frames: np.ndarray) -> np.ndarray:
    """Mean colours of blocks of 8 x 8 pixels, in which the codec's noise averages out."""
    t, height, width, _ = frames.shape
    return frames.reshape(t, height // 8, 8, width // 8, 8, 3).mean((2, 4))


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("path", list(CLIPS)[17::41])
def test_committed_clips_show_what_the_code_draws(path):
    shown = frames_of(FOLDER / "clips" / path)
    assert shown.shape == (make_clips.FRAMES, make_clips.SIZE, make_clips.SIZE, 3)
    drawn = render_batch([CLIPS[path]], 8, make_clips.SIZE, fps=make_clips.FPS, stride=9, start=0.0)[
        0
    ].numpy()
    # another frame's picture is 3.2 and more away, another action's 4.8 and more
    assert np.abs(blocks(shown[::9]) - blocks(drawn)).mean() < 3.0


def test_every_committed_clip_is_listed_with_its_cell():
    rows = table(FOLDER / "clips" / "clips.csv")
    assert [row["video"] for row in rows] == list(CLIPS)
    for row in rows:
        spec = CLIPS[row["video"]]
        assert (row["label"], row["species"], row["viewpoint"], row["context"]) == (
            spec.action,
            spec.species,
            spec.viewpoint,
            spec.context,
        )
        assert row["start"] == row["end"] == ""
        assert (FOLDER / "clips" / row["video"]).is_file()
        assert spec.seed in SAMPLE_SEEDS
    cells = Counter((row["label"], row["species"], row["viewpoint"], row["context"]) for row in rows)
    assert len(cells) == 72
    assert set(cells.values()) == {make_clips.TAKES}
    assert len({row["source_group"] for row in rows}) == len(CLIPS) >= 144


def test_the_sample_data_stay_small():
    videos = [*(FOLDER / "clips").rglob("*.mp4"), FOLDER / "recording" / "arena.mp4"]
    assert sum(path.stat().st_size for path in videos) < 12_000_000


def test_bouts_tile_the_recording_without_gaps():
    rows = table(FOLDER / "recording" / "bouts.csv")
    with av.open(str(FOLDER / "recording" / "arena.mp4")) as container:
        count = sum(1 for _ in container.demux(video=0)) - 1
    assert int(rows[0]["start_frame"]) == 0
    assert [row["end_frame"] for row in rows[:-1]] == [row["start_frame"] for row in rows[1:]]
    assert int(rows[-1]["end_frame"]) == count >= 60 * make_clips.FPS
    assert {row["label"] for row in rows} == set(ACTIONS)


def test_a_recording_rendered_in_other_chunks_is_the_same():
    spec = ClipSpec("still", "spider", "raised", "field", 4)
    bouts = [Bout("walk", 0.5), Bout("eat", 0.5)]
    whole = np.concatenate([np.asarray(part) for part in render_recording(spec, bouts, (32, 40))])
    bits = np.concatenate([np.asarray(p) for p in render_recording(spec, bouts, (32, 40), frames_at_once=7)])
    assert len(whole) == bout_frames(bouts)[-1][1] == 24
    assert np.abs(whole.astype(int) - bits).mean() < 0.05


def test_writing_twice_gives_the_same_bytes(tmp_path):
    frames = render_batch([ClipSpec("wave", "biped", "side", "night", 8)], 6, 64)[0].numpy()
    make_clips.write_video(tmp_path / "a.mp4", [frames])
    make_clips.write_video(tmp_path / "b.mp4", [frames[:2], frames[2:]])
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    assert frames_of(tmp_path / "a.mp4").shape == frames.shape
