"""Overlay as an array with an entry for every video frame, without storing a map twice."""

from typing import Any

import numpy as np
import numpy.typing as npt

from actiondiff_gui.overlays.overlay import Overlay
from actiondiff_gui.video.array import LazyVideo


class OverlayStack:
    """Values ``[frames, h, w]`` or ``[frames, h, w, 3]``, each frame with the nearest values of an overlay.

    Supports what a viewer needs: ``dtype``, ``shape``, ``ndim``, ``size`` and indexing with a frame first.

    Parameters
    ----------
    overlay : Overlay
    start, end : int
        First frame of the video, and the frame after the last one, for which there are entries.
    """

    dtype = np.dtype(np.float32)

    def __init__(self, overlay: Overlay, start: int, end: int) -> None:
        self.start = start
        self.shape: tuple[int, ...] = (end - start, *overlay.values.shape[1:])
        self.show(overlay)

    def show(self, overlay: Overlay) -> None:
        """Give out the values of another overlay with maps of the same shape from now on."""
        self.overlay = overlay
        frames = np.arange(self.start, self.start + self.shape[0])
        self._nearest = np.abs(overlay.frames[None, :] - frames[:, None]).argmin(axis=1)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of values."""
        return int(np.prod(self.shape))

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> np.ndarray:
        """Values at ``key``, whose first part chooses frames."""
        parts = key if isinstance(key, tuple) else (key,)
        if parts and parts[0] is Ellipsis:
            parts = (*(slice(None),) * (self.ndim - len(parts) + 1), *parts[1:])
        numbers = self._nearest[parts[0]]
        chosen = self.overlay.values[numbers].astype(np.float32)
        rest = parts[1:]
        found: np.ndarray = chosen[rest] if np.ndim(numbers) == 0 else chosen[(slice(None), *rest)]
        return found

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> np.ndarray:
        """All entries."""
        return np.asarray(self[:], dtype=dtype)


class VideoStretch:
    """The frames ``start`` up to ``end`` of a lazy video, so that a clip within a recording begins at 0.

    Parameters
    ----------
    video : LazyVideo
    start, end : int
    """

    dtype, ndim = np.dtype(np.uint8), 4

    def __init__(self, video: LazyVideo, start: int, end: int) -> None:
        self.video, self.start = video, start
        self.shape = (end - start, *video.shape[1:])

    @property
    def size(self) -> int:
        """Number of values."""
        return int(np.prod(self.shape))

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> np.ndarray:
        """Frames and parts of them, as of a :class:`LazyVideo`."""
        parts = key if isinstance(key, tuple) else (key,)
        if parts and parts[0] is Ellipsis:
            parts = (*(slice(None),) * (self.ndim - len(parts) + 1), *parts[1:])
        frames = np.arange(self.start, self.start + len(self))[parts[0]]
        return self.video[(int(frames) if frames.ndim == 0 else frames, *parts[1:])]

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> np.ndarray:
        """All frames: for short clips only."""
        return np.asarray(self[:], dtype=dtype)
