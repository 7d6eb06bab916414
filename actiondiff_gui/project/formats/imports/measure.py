"""Probing of videos on import, and conversion of seconds to frames."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from actiondiff_gui.errors import VideoError

_log = logging.getLogger("actiondiff_gui.video")
_log.addHandler(logging.NullHandler())  # without it Python prints warnings where nobody asked for a log

# fmt: off
VIDEO_SUFFIXES = frozenset({
    ".264", ".265", ".3g2", ".3gp", ".asf", ".avi", ".divx", ".dv", ".f4v", ".flv", ".gif", ".h264", ".h265",
    ".hevc", ".ivf", ".m1v", ".m2t", ".m2ts", ".m2v", ".m4v", ".mjpeg", ".mjpg", ".mkv", ".mod", ".mov", ".mp4",
    ".mpe", ".mpeg", ".mpg", ".mts", ".mxf", ".nut", ".ogm", ".ogv", ".rm", ".rmvb", ".tod", ".ts", ".vob",
    ".webm", ".wmv", ".y4m",
})
# fmt: on
"""Endings, in small letters, of files that a folder import takes for videos."""

_NAMED = 5

TOLERANCE_S = 0.0005
"""Times are told apart to half a millisecond: tables round them, files count in their own ticks."""


@dataclass(frozen=True, slots=True)
class MeasuredVideo:
    """What an import needs to know of a video file.

    Attributes
    ----------
    frame_count : int
    fps : float
        Mean frames per second.
    width, height : int
        Pixels of an upright frame.
    fingerprint : str
        Fingerprint of the content.
    timestamps : ndarray
        ``[frame_count]`` presentation times in seconds, the first at 0.
    warnings : tuple of str
        What is wrong with a file that can be read all the same.
    """

    frame_count: int
    fps: float
    width: int
    height: int
    fingerprint: str
    timestamps: np.ndarray
    warnings: tuple[str, ...] = ()


def measure_video(path: Path) -> MeasuredVideo:
    """Open the video at ``path`` and measure it; raises VideoError where it cannot be read.

    What is wrong with a file that can be read goes to the log too, under ``actiondiff_gui.video``.
    """
    from actiondiff_gui.video.fingerprint import fingerprint
    from actiondiff_gui.video.reader import VideoReader, kept_index

    with VideoReader(path, kept_index(path)) as video:
        if video.frame_count < 1:
            raise VideoError(f"{path} holds no frame. Leave it out, or record it again.")
        for warning in video.warnings:
            _log.warning("%s", warning)
        return MeasuredVideo(
            video.frame_count,
            video.fps,
            video.width,
            video.height,
            fingerprint(path),
            np.asarray(video.timestamps, dtype=np.float64),
            video.warnings,
        )


def passed_over(files: Iterable[Path]) -> str | None:
    """Return a sentence that names the files of a folder whose endings are not those of videos, None without any."""
    names = sorted(
        p.name for p in files if p.suffix.lower() not in VIDEO_SUFFIXES and not p.name.startswith(".")
    )
    if not names:
        return None
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"skipped, as their endings are not those of videos: {', '.join(names[:_NAMED])}{more}."


def first_frame_at(timestamps: np.ndarray, seconds: float) -> int:
    """Return the number of the first frame shown at ``seconds`` or later; ``len(timestamps)`` where there is none.

    ``timestamps`` are the presentation times ``[T]`` in seconds, ascending, so this holds for a variable
    frame rate too.
    """
    return int(np.searchsorted(timestamps, seconds - TOLERANCE_S, side="left"))
