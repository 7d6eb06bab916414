"""Files from other sources play exactly or are refused; needs the videos beside the repo."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from actiondiff_gui.video.reader import VideoReader
from tests.video.made_videos import SHARED_VIDEOS
from tests.video.test_video_damage import PEAK_MIB, read_within_limits

SUFFIXES = {".mp4", ".avi", ".mov", ".mkv", ".webm", ".gif"}
REFUSED = {
    "empty.mp4",
    "trunc_R6llTwEh07w.mp4",
    "audio_aac_440hz-10ms.wav",
    "video_h264_mov-3elist-encrypted.mp4",
    "multipage_rgb.tif",
    "nasa_13013.mp4.audio.mp3",
}
needs_videos = pytest.mark.skipif(
    not SHARED_VIDEOS.is_dir(), reason="the folder shared/videos does not lie beside the repo"
)


def _odd_folders():
    return sorted(p for p in (SHARED_VIDEOS / "odd").glob("*") if p.is_dir())


@needs_videos
@pytest.mark.parametrize("folder", _odd_folders(), ids=lambda p: p.name)
def test_odd_files_play_exactly_or_are_refused_in_words(folder):
    paths = sorted(p for p in folder.iterdir() if p.is_file())
    for result in read_within_limits(paths):
        name = Path(result["path"]).name
        assert result["peak_mib"] < PEAK_MIB, name
        assert ("refused" in result) == (name in REFUSED), result
        if "refused" in result:
            assert name in result["refused"]
            continue
        assert result["wrong"] == [], name
        assert result["times_ascend"], name
        # After an error a straight decode stops; the reader still gives what the decoder had ready.
        more = result["frames"] - result["straight_frames"]
        assert more == 0 or (0 < more <= 4 and result["warnings"]), result


@needs_videos
@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not installed")
@pytest.mark.parametrize("folder", _odd_folders(), ids=lambda p: p.name)
def test_odd_files_have_the_times_that_another_player_gives_them(folder):
    """Where ffprobe's times rise. It takes the first times of a file that has only decoding times one step early."""
    for path in sorted(p for p in folder.iterdir() if p.is_file() and p.name not in REFUSED):
        told = _ffprobe(path)
        with VideoReader(path) as reader:
            index, times = reader.index, reader.timestamps
        if len(told) != len(times) or (index.warnings and not index.counted) or not (np.diff(told) > 0).all():
            continue
        step = 1 / index.nominal_fps if index.counted else 0.0
        np.testing.assert_allclose(times, told - told[0], atol=step + 0.002, err_msg=path.name)


@needs_videos
def test_a_file_of_decoding_times_is_numbered_in_the_order_of_another_player():
    """VC-1 in ASF: 120 pictures, whose order and steps ffprobe 5.1 gives alike."""
    path = SHARED_VIDEOS / "odd" / "fate" / "video_vc1_vc1-wmapro.mp4"
    with VideoReader(path) as reader:
        assert reader.frame_count == 120
        assert reader.index.counted
        assert reader.fps == pytest.approx(24, abs=0.01)
        assert reader.index.ordinals is None
    (result,) = read_within_limits([path])
    assert result["wrong"] == []


def _ffprobe(path: Path) -> np.ndarray:
    command = ["ffprobe", "-v", "quiet", "-select_streams", "v:0", "-show_entries"]
    command += ["frame=best_effort_timestamp_time", "-of", "csv=p=0", str(path)]
    lines = subprocess.run(command, capture_output=True, text=True, timeout=120).stdout.split()
    times = [line.strip(",") for line in lines]
    return np.array([float(time) for time in times]) if "N/A" not in times and times else np.zeros(0)


@needs_videos
@pytest.mark.slow
@pytest.mark.parametrize("folder", ["animal", "sv4d", "ucf101", "utd_mhad"])
def test_plain_files_play_exactly(folder):
    paths = sorted(p for p in (SHARED_VIDEOS / folder).rglob("*") if p.suffix in SUFFIXES)
    for result in read_within_limits(paths, timeout=600):
        assert "refused" not in result
        assert result["wrong"] == []
        assert result["frames"] == result["straight_frames"]
        assert result["warnings"] == []
