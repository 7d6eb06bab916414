"""Raster of the bouts of many recordings as an image, and the bout at a point of it, as plain arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from actiondiff_gui.ethogram.bouts import Bouts
from actiondiff_gui.gui.timeline.state.time_axis import TimeAxis

TICKS = 1000
"""Recordings have different frame rates, so positions on the common axis are milliseconds."""
FAINTEST = 0.35
"""Minimum opacity of a single thin bout, which would be lost in a long recording otherwise."""
LIGHTER = 0.45
"""Opacity of predicted bouts beside labelled ones."""


@dataclass(frozen=True, eq=False)
class Raster:
    """Bouts in rows: one for each recording that has any, the longest first, or for each action of one recording.

    Attributes
    ----------
    names : tuple of str
        ``[R]``.
    videos : tuple of str
        ``[R]`` ids of the videos.
    fps, length : ndarray
        ``[R]`` frame rates, and lengths in milliseconds.
    row, action, bout : ndarray of int
        ``[N]`` row and action of each bout, by row and start, and its index in the bouts it was made of.
    start, end : ndarray
        ``[N]`` milliseconds.
    predicted : ndarray of bool
        ``[N]``.
    """

    names: tuple[str, ...]
    videos: tuple[str, ...]
    fps: np.ndarray
    length: np.ndarray
    row: np.ndarray
    action: np.ndarray
    bout: np.ndarray
    start: np.ndarray
    end: np.ndarray
    predicted: np.ndarray

    @classmethod
    def of(cls, bouts: Bouts, video: str | None = None) -> "Raster":
        """Return a row for each recording with a bout, longest first; with ``video`` one for each of its actions."""
        milliseconds = TICKS / bouts.fps
        if video is None:
            indices = np.unique(bouts.recording)
            lengths = np.array([bouts.recordings[n].seconds for n in indices.tolist()])
            indices = indices[np.argsort(-lengths, kind="stable")]
            row_of = np.zeros(len(bouts.recordings), np.int64)
            row_of[indices] = np.arange(len(indices))
            rows = row_of[bouts.recording]
            chosen = np.arange(len(bouts))
            of = [bouts.recordings[n] for n in indices.tolist()]
            names = tuple(recording.name for recording in of)
        else:
            number = next((n for n, r in enumerate(bouts.recordings) if r.id == video), -1)
            chosen = np.flatnonzero(bouts.recording == number)
            rows = bouts.action[chosen]
            names = bouts.actions if number >= 0 else ()
            of = [bouts.recordings[number]] * len(names)
        order = np.lexsort((bouts.start[chosen], rows))
        bout = chosen[order]
        return cls(
            names,
            tuple(recording.id for recording in of),
            np.array([recording.fps for recording in of]),
            np.array([recording.seconds * TICKS for recording in of]),
            rows[order].astype(np.int64),
            bouts.action[bout],
            bout,
            bouts.start[bout] * milliseconds[bout],
            bouts.end[bout] * milliseconds[bout],
            bouts.predicted[bout],
        )

    def __len__(self) -> int:
        return len(self.names)

    def axis(self, width: int) -> TimeAxis:
        """Return an axis over the longest row."""
        return TimeAxis.whole(int(np.ceil(self.length.max(initial=1.0))), width)

    def of_rows(self, first: int, last: int) -> slice:
        """Return the bouts of rows ``first`` up to ``last``."""
        low, high = np.searchsorted(self.row, [first, last])
        return slice(int(low), int(high))

    def under(self, row: int, at: float, reach: float = 0.0) -> int | None:
        """Return the index, among the bouts this was made of, of the shortest bout of a row at a position, or None."""
        if not 0 <= row < len(self):
            return None
        cut = self.of_rows(row, row + 1)
        there = (self.start[cut] - reach <= at) & (at < self.end[cut] + reach)
        found = np.flatnonzero(there)
        if not len(found):
            return None
        lengths = (self.end[cut] - self.start[cut])[found]
        return int(self.bout[cut][found[np.argmin(lengths)]])

    def frame(self, row: int, at: float) -> int:
        """Return the frame of a row's video at a position, within the video."""
        frame = int(np.floor(at / TICKS * self.fps[row] + 1e-6))
        return max(0, min(frame, round(float(self.length[row] / TICKS * self.fps[row])) - 1))


def picture(raster: Raster, first: int, last: int, axis: TimeAxis, colours: np.ndarray) -> np.ndarray:
    """Return the pixels of the rows ``first`` up to ``last``, one pixel high each.

    A pixel has the mean colour of the actions in its time, by how much of it each fills; predictions are
    lighter, and labels lie over them.

    Parameters
    ----------
    raster : Raster
    first, last : int
    axis : TimeAxis
        In milliseconds.
    colours : ndarray
        ``[K, 3]`` red, green and blue of the actions, 0 to 255.

    Returns
    -------
    ndarray
        ``[last - first, width, 4]`` uint8: premultiplied blue, green, red, alpha.
    """
    rows, number = max(last - first, 0), max(len(colours), 1)
    out = np.zeros((rows, axis.width, 4))
    cut = raster.of_rows(first, last)
    seen = (raster.end[cut] > axis.begin) & (raster.start[cut] < axis.end)
    cell = (raster.row[cut][seen] - first) * number + raster.action[cut][seen]
    start, end, predicted = raster.start[cut][seen], raster.end[cut][seen], raster.predicted[cut][seen]
    for kind, strength in ((True, LIGHTER), (False, 1.0)):
        mine = predicted == kind
        if not mine.any():
            continue
        full = _coverage(cell[mine], start[mine], end[mine], rows * number, axis).reshape(rows, number, -1)
        total = full.sum(axis=1)
        mean = np.einsum("rkw,kc->rwc", full, colours) / np.maximum(total, 1e-9)[..., None]
        alpha = np.where(total > 1e-6, (FAINTEST + (1 - FAINTEST) * np.minimum(total, 1.0)) * strength, 0.0)
        layer = np.concatenate([mean[..., ::-1] * alpha[..., None], 255 * alpha[..., None]], axis=-1)
        out = layer + out * (1 - alpha[..., None])
    return np.rint(np.clip(out, 0, 255)).astype(np.uint8)


def _coverage(cell: np.ndarray, start: np.ndarray, end: np.ndarray, cells: int, axis: TimeAxis) -> np.ndarray:
    """Return ``[cells, width]``: the share of each pixel's time that the bouts of each cell fill, at most 1."""
    width = axis.width
    x = (np.concatenate([start, end]) - axis.begin) * axis.scale
    x = np.clip(x, 0.0, width)
    pixel = x.astype(np.int64)
    step = np.concatenate([np.ones(len(start)), -np.ones(len(end))])
    base = np.concatenate([cell, cell]) * (width + 2) + pixel
    size = cells * (width + 2)
    # An edge changes what its own pixel has by the part behind it, and all pixels after it in full.
    own = np.bincount(base, step * (pixel + 1 - x), size + 1)[:size].reshape(cells, -1)
    full = np.cumsum(np.bincount(base + 1, step, size + 2)[:size].reshape(cells, -1), axis=1)
    covered: np.ndarray = np.clip((own + full)[:, :width], 0.0, 1.0)
    return covered


def rgb(colours: Sequence[str]) -> np.ndarray:
    """Return ``[K, 3]`` 0 to 255 of colours ``"#RRGGBB"``."""
    return np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in colours], float).reshape(-1, 3)
