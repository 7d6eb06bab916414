"""A video as an array that napari slices, decoding only the frames that are requested."""

from typing import Any, SupportsInt

import numpy as np

from actiondiff_gui.video.reader import VideoReader


class LazyVideo:
    """The frames of a video as a read-only array [T, H, W, 3] of which nothing is kept in memory.

    Supports what a viewer needs: ``dtype``, ``shape``, ``ndim``, ``size``, ``len`` and indexing with
    integers, slices, ``...`` and one sequence of frame numbers. ``video[i]`` is a frame [H, W, 3];
    a slice of times is decoded at once, so keep it short. Single frames are read-only. Negative numbers count from the end.

    Parameters
    ----------
    reader : VideoReader
        Stays the caller's: closing it ends the array. Use it from one thread.
    """

    dtype = np.dtype(np.uint8)
    ndim = 4

    def __init__(self, reader: VideoReader):
        self._reader = reader
        self.shape = (reader.frame_count, reader.height, reader.width, 3)

    @property
    def size(self) -> int:
        """Number of values in all frames."""
        frames, height, width, channels = self.shape
        return frames * height * width * channels

    @property
    def nbytes(self) -> int:
        """Bytes that all frames would take."""
        return self.size

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> np.ndarray:
        """Decode the frames that ``key`` asks for and slice them.

        Raises
        ------
        IndexError
            If ``key`` has more than four parts or a number is out of range.
        VideoError
            If a frame cannot be decoded.
        """
        time, rest = self._split(key)
        if isinstance(time, slice):
            frames = self._reader.read_many(range(*time.indices(len(self))))
            return frames[(slice(None), *rest)]
        numbers = np.asarray(time)
        if numbers.ndim == 0:
            frame: np.ndarray = self._reader.view(self._positive(time))[rest]
            return frame
        if numbers.dtype == bool:
            if numbers.shape != (len(self),):
                raise IndexError(f"a mask over time has to have {len(self)} values")
            numbers = np.flatnonzero(numbers)
        picked = self._reader.read_many([self._positive(n) for n in numbers.ravel()])
        return picked.reshape(*numbers.shape, *self.shape[1:])[(*(slice(None),) * numbers.ndim, *rest)]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """All frames: for short videos only."""
        return np.asarray(self[:], dtype=dtype)

    def _split(self, key: Any) -> tuple[Any, tuple[Any, ...]]:
        """Return the part of ``key`` for time, and the part for one frame [H, W, 3]."""
        parts = key if isinstance(key, tuple) else (key,)
        dots = [i for i, part in enumerate(parts) if part is Ellipsis]
        if len(dots) > 1 or len(parts) - len(dots) > self.ndim:
            raise IndexError(f"too many indices for a video of {self.ndim} dimensions")
        if dots:
            fill = (slice(None),) * (self.ndim - len(parts) + 1)
            parts = (*parts[: dots[0]], *fill, *parts[dots[0] + 1 :])
        return (parts[0], parts[1:]) if parts else (slice(None), ())

    def _positive(self, number: SupportsInt) -> int:
        position = int(number)
        if not -len(self) <= position < len(self):
            raise IndexError(f"frame {position} is out of range for a video of {len(self)} frames")
        return position % len(self)
