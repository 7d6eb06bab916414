"""Do files that others made play exactly, or are they refused in words? Needs the videos beside the repo."""

from pathlib import Path

import pytest
from made_videos import SHARED_VIDEOS
from test_video_damage import PEAK_MIB, read_within_limits

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
@pytest.mark.slow
@pytest.mark.parametrize("folder", ["animal", "sv4d", "ucf101", "utd_mhad"])
def test_plain_files_play_exactly(folder):
    paths = sorted(p for p in (SHARED_VIDEOS / folder).rglob("*") if p.suffix in SUFFIXES)
    for result in read_within_limits(paths, timeout=600):
        assert "refused" not in result
        assert result["wrong"] == []
        assert result["frames"] == result["straight_frames"]
        assert result["warnings"] == []
