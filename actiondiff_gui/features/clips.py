"""Frames of a clip and their division into windows."""

import hashlib
import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from actiondiff_gui.backbones.protocol import Timestep
from actiondiff_gui.errors import FeatureStoreError


@dataclass(frozen=True)
class ClipSource:
    """A stretch of a video file, as features see it.

    Attributes
    ----------
    id : str
        The clip's id in its project, for reports.
    path : Path
        The video file.
    fingerprint : str
        Digest of the file's content.
    start, end : int
        First frame, and frame after the last.
    fps : float
        Mean frame rate of the video, frames per second.
    roi : tuple of int or None
        Region of interest x, y, width, height in pixels of the upright frame.
    """

    id: str
    path: Path
    fingerprint: str
    start: int
    end: int
    fps: float
    roi: tuple[int, int, int, int] | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise FeatureStoreError(
                f"The clip {self.id} of {self.path} runs from frame {self.start} to {self.end} and holds no frame. "
                "Correct its start and end."
            )

    @property
    def key(self) -> str:
        """Digest of what the clip shows: the same in every project, whatever its labels."""
        return hashlib.sha256(f"{self.fingerprint}|{self.start}|{self.end}|{self.roi}".encode()).hexdigest()[
            :24
        ]


@dataclass(frozen=True)
class Unit:
    """One clip and the timesteps and layers that are still to be computed for it.

    ``damaged`` says that there were tokens of it which have to be computed again.
    """

    clip: ClipSource
    timesteps: tuple[Timestep, ...]
    layers: tuple[int, ...]
    damaged: bool = False


@dataclass(frozen=True)
class Window:
    """Frames that a backbone sees together.

    Attributes
    ----------
    number : int
        Index of the window in its clip, from 0.
    frames : tuple of int
        Frames of the video, at most the backbone's window length; black frames fill up the rest.
    """

    number: int
    frames: tuple[int, ...]


def frames_used(clip: ClipSource, stride: int, max_seconds: float | None) -> range:
    """Frames of the video that a clip's windows hold: every ``stride``-th of its first ``max_seconds``."""
    end = clip.end
    if max_seconds is not None:
        end = min(end, clip.start + max(1, math.floor(max_seconds * clip.fps)))
    return range(clip.start, end, stride)


def clip_windows(clip: ClipSource, stride: int, length: int, max_seconds: float | None) -> list[Window]:
    """Cut a clip into windows of ``length`` frames, every ``stride``-th frame, without overlap.

    Only the first ``max_seconds`` are used. No frame outside the clip is ever in a window.
    """
    frames = frames_used(clip, stride, max_seconds)
    return [Window(n, tuple(frames[at : at + length])) for n, at in enumerate(range(0, len(frames), length))]


def pieces(recording: ClipSource, stride: int, length: int, seconds: float) -> list[ClipSource]:
    """Cut a long recording into clips of about ``seconds`` that hold whole windows, end to end.

    Each piece is computed, kept and found again by itself, so that an hour of video is not lost with the
    process that was at its end.
    """
    whole = stride * length
    step = max(whole, math.floor(seconds * recording.fps / whole) * whole)
    return [
        replace(recording, start=at, end=min(at + step, recording.end))
        for at in range(recording.start, recording.end, step)
    ]


def window_seed(clip: ClipSource, window: Window) -> int:
    """Seed of all randomness in a window's features: from what it shows, not from the order of a run."""
    return int.from_bytes(hashlib.sha256(f"{clip.key}|{window.number}".encode()).digest()[:8], "big")


def padded(frames: np.ndarray, length: int) -> np.ndarray:
    """Fill frames ``[T, H, W, 3]`` up to ``length`` with black ones."""
    if len(frames) == length:
        return frames
    out = np.zeros((length, *frames.shape[1:]), dtype=frames.dtype)
    out[: len(frames)] = frames
    return out


def fitted_resolution(height: int, width: int, like: tuple[int, int], multiple: int) -> tuple[int, int]:
    """Resolution with the aspect of ``height`` x ``width`` and about as many pixels as ``like``.

    Both sides are multiples of ``multiple``, at least one of it.
    """
    scale = math.sqrt(like[0] * like[1] / (height * width))

    def fitted(side: int) -> int:
        return max(1, round(side * scale / multiple)) * multiple

    return fitted(height), fitted(width)
