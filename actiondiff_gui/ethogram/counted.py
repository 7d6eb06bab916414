"""Observed frames: units of observation and the intervals that shares and rates refer to."""

from dataclasses import dataclass

import numpy as np

from actiondiff_gui.ethogram.bouts import Bouts, union
from actiondiff_gui.ethogram.settings import SPANNED, WHOLE


@dataclass(frozen=True, eq=False)
class Units:
    """Units of observation: a subject in a recording. A recording without a subject is one unit.

    Attributes
    ----------
    recording, subject : ndarray of int
        ``[U]`` indices in the bouts' recordings and subjects; subject -1 where a recording has no bout.
    spans : tuple of ndarray
        ``[U]`` of ``[M, 2]`` counted frames, sorted and apart.
    """

    recording: np.ndarray
    subject: np.ndarray
    spans: tuple[np.ndarray, ...]

    def __len__(self) -> int:
        return len(self.recording)

    def frames(self) -> np.ndarray:
        """``[U]`` how many frames count."""
        return np.array([int((span[:, 1] - span[:, 0]).sum()) for span in self.spans], np.int64)


def units_of(bouts: Bouts, counted: str = WHOLE) -> Units:
    """Return the units of all recordings; what counts is WHOLE, LABELLED or SPANNED.

    For the last two, clips of any subject count for all subjects of a recording: who watched one watched
    the others.
    """
    recordings, subjects, spans = [], [], []
    order = np.argsort(bouts.looked_at[:, 0], kind="stable")
    looked = bouts.looked_at[order]
    edges = np.searchsorted(looked[:, 0], np.arange(len(bouts.recordings) + 1))
    for index, recording in enumerate(bouts.recordings):
        mine = looked[edges[index] : edges[index + 1]]
        if counted == WHOLE:
            span = np.array([[0, recording.frames]])
        elif not len(mine):
            span = np.zeros((0, 2), np.int64)
        elif counted == SPANNED:
            span = np.array([[mine[:, 2].min(), mine[:, 3].max()]])
        else:
            span = union(mine[:, 2:])
        for subject in np.unique(mine[:, 1]).tolist() or [-1]:
            recordings.append(index)
            subjects.append(subject)
            spans.append(span)
    return Units(np.array(recordings, np.int64), np.array(subjects, np.int64), tuple(spans))


def watched_frames(bouts: Bouts, counted: str) -> dict[str, tuple[tuple[int, int], ...]]:
    """For each recording, by its id, the stretches of frames that count."""
    units = units_of(bouts, counted)
    return {
        bouts.recordings[index].id: tuple((int(a), int(b)) for a, b in span)
        for index, span in zip(units.recording.tolist(), units.spans, strict=True)
    }


def counted_before(span: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """``[N]`` how many of the counted frames lie before each frame number, for differences of them."""
    if not len(span):
        return np.zeros(len(frames), np.int64)
    before = np.concatenate([[0], np.cumsum(span[:, 1] - span[:, 0])])
    index = np.searchsorted(span[:, 0], frames, "right") - 1
    within = np.minimum(frames, span[np.maximum(index, 0), 1]) - span[np.maximum(index, 0), 0]
    return np.where(index >= 0, before[np.maximum(index, 0)] + np.maximum(within, 0), 0)
