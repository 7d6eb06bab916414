"""Bouts as arrays, with the recordings that they are in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Recording:
    """A video as an ethogram sees it.

    Attributes
    ----------
    id, name : str
        Id of the video, and the name of its file.
    frames : int
    fps : float
    facets : dict of str to str
        What holds for the video or for all of its clips alike.
    """

    id: str
    name: str
    frames: int
    fps: float
    facets: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.frames / self.fps


@dataclass(frozen=True, eq=False)
class Bouts:
    """N bouts by recording, subject and start; bouts of one subject and action never overlap.

    Attributes
    ----------
    recordings : tuple of Recording
    actions : tuple of str
    subjects : tuple of (str or None)
    recording, subject, action : ndarray of int
        ``[N]`` indices in the tuples above.
    start, end : ndarray of int
        ``[N]`` frames, end exclusive.
    predicted : ndarray of bool
        ``[N]``: whether a model said it.
    confidence : ndarray of float
        ``[N]``: probability of a prediction, 1 for labels, NaN where none was given.
    clip : ndarray of int
        ``[N]``: index in ``clip_ids`` of the clip it comes from, the first of several that were joined.
    clip_ids : tuple of str
    said_by : tuple of str
        ``[N]`` who said it.
    looked_at : ndarray
        ``[L, 4]`` recording, subject, start and end of every clip that somebody said anything of, which
        tells "nothing happens" from "nobody looked".
    joined : int
        How many bouts were joined to another of the same action that they overlap.
    trimmed : int
        How many predictions were shortened or dropped, as a label lies over them.
    """

    recordings: tuple[Recording, ...]
    actions: tuple[str, ...]
    subjects: tuple[str | None, ...]
    recording: npt.NDArray[np.int64]
    subject: npt.NDArray[np.int64]
    action: npt.NDArray[np.int64]
    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    predicted: npt.NDArray[np.bool_]
    confidence: npt.NDArray[np.float64]
    clip: npt.NDArray[np.int64]
    clip_ids: tuple[str, ...]
    said_by: tuple[str, ...]
    looked_at: npt.NDArray[np.int64]
    joined: int = 0
    trimmed: int = 0

    def __len__(self) -> int:
        return len(self.start)

    @property
    def fps(self) -> npt.NDArray[np.float64]:
        """``[N]`` frame rate of each bout's recording."""
        rates = np.array([recording.fps for recording in self.recordings] or [1.0])
        return rates[self.recording]

    @property
    def seconds(self) -> npt.NDArray[np.float64]:
        """``[N]`` lengths in seconds."""
        return (self.end - self.start) / self.fps

    def taken(self, indices: np.ndarray) -> "Bouts":
        """Only the bouts at these indices, in this order."""
        indices = np.asarray(indices)
        if indices.dtype == bool:
            indices = np.flatnonzero(indices)
        columns = {name: getattr(self, name)[indices] for name in _COLUMNS}
        return replace(self, **columns, said_by=tuple(self.said_by[i] for i in indices.tolist()))


_COLUMNS = ("recording", "subject", "action", "start", "end", "predicted", "confidence", "clip")


@dataclass(frozen=True)
class Said:
    """One thing said of one clip, as read from a project; ``value`` -1 denies the action."""

    recording: int
    subject: str | None
    start: int
    end: int
    action: str
    value: int
    predicted: bool
    confidence: float | None
    clip: str
    by: str


def bouts_of(
    said: Sequence[Said],
    recordings: Sequence[Recording],
    actions: Sequence[str],
    labels_first: bool = False,
) -> Bouts:
    """Lay out what was said as bouts.

    Parameters
    ----------
    said : sequence of Said
    recordings, actions : sequence
        ``Said.recording`` counts ``recordings``; actions not among ``actions`` are left out.
    labels_first : bool
        Cut predictions where a label of the same subject lies, or where either has no subject: the frames of
        a clip that is labelled with anything, and for its action those of a clip that was denied it.
    """
    index = {name: k for k, name in enumerate(actions)}
    said = [s for s in said if s.action in index]
    subjects = tuple(sorted({s.subject for s in said}, key=lambda s: (s is not None, s or "")))
    subject_of = {name: n for n, name in enumerate(subjects)}
    clip_ids = tuple(dict.fromkeys(s.clip for s in said))
    clip_of = {name: n for n, name in enumerate(clip_ids)}
    trimmed, spans = 0, [(s, s.start, s.end) for s in said if s.value == 1]
    if labels_first:
        spans, trimmed = _without_labelled(said)
    number = len(spans)
    recording, subject, action, start, past = (
        np.fromiter(column, np.int64, number)
        for column in (
            (s.recording for s, _, _ in spans),
            (subject_of[s.subject] for s, _, _ in spans),
            (index[s.action] for s, _, _ in spans),
            (first for _, first, _ in spans),
            (last for _, _, last in spans),
        )
    )
    predicted = np.fromiter((s.predicted for s, _, _ in spans), bool, number)
    # numpy's functions leave other threads their turn while they sort, which Python's sorting of tuples does not.
    order = np.lexsort((past, start, action, subject, recording))
    first, end, place = _joined(recording, subject, action, start, past, order)
    # What a person said outweighs a prediction of the same.
    predicted = np.logical_and.reduceat(predicted[order], place) if number else predicted
    shown = [spans[i][0] for i in first.tolist()]
    recording, subject, action, start = (column[first] for column in (recording, subject, action, start))
    rows = np.lexsort((action, end, start, subject, recording))
    looked = np.fromiter(
        (each for s in said for each in (s.recording, subject_of[s.subject], s.start, s.end)),
        np.int64,
        4 * len(said),
    ).reshape(-1, 4)
    return Bouts(
        tuple(recordings),
        tuple(actions),
        subjects,
        recording[rows],
        subject[rows],
        action[rows],
        start[rows],
        end[rows],
        predicted[rows],
        np.array([_sure(s) for s in shown], np.float64)[rows],
        np.array([clip_of[s.clip] for s in shown], np.int64)[rows],
        clip_ids,
        tuple([shown[i].by for i in rows.tolist()]),
        _different(looked),
        number - len(first),
        trimmed,
    )


def _sure(said: Said) -> float:
    if not said.predicted:
        return 1.0
    return np.nan if said.confidence is None else said.confidence


def _joined(
    recording: np.ndarray,
    subject: np.ndarray,
    action: np.ndarray,
    start: np.ndarray,
    past: np.ndarray,
    order: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Join spans ``[N]`` of one action that overlap, sorted by ``order``.

    Returns
    -------
    first : ndarray
        ``[M]`` the earliest span of each bout.
    end : ndarray
        ``[M]`` frame after the last of each bout.
    place : ndarray
        ``[M]`` place of each bout's first span in ``order``; the others follow.
    """
    if not len(order):
        return order, past, order
    keys = np.column_stack([recording, subject, action])[order]
    begins = np.concatenate([[True], (keys[1:] != keys[:-1]).any(axis=1)])
    # Frames of the one after the other, so that one running maximum serves all.
    apart = (np.cumsum(begins) - 1) * (int(past.max()) + 1)
    reach = np.maximum.accumulate(past[order] + apart)
    begins[1:] |= start[order][1:] + apart[1:] >= reach[:-1]
    place = np.flatnonzero(begins)
    last = np.append(place[1:], len(order)) - 1
    return order[place], (reach - apart)[last], place


def _different(rows: np.ndarray) -> np.ndarray:
    """Return the different rows of ``[N, K]``, sorted."""
    rows = rows[np.lexsort(rows.T[::-1])]
    return rows[np.concatenate([[True], (rows[1:] != rows[:-1]).any(axis=1)])] if len(rows) else rows


def _without_labelled(said: Sequence[Said]) -> tuple[list[tuple[Said, int, int]], int]:
    """Labels as they are, and what is left of predictions beside them."""
    covers: dict[tuple[int, str | None, str | None], list[tuple[int, int]]] = {}
    for s in said:
        if not s.predicted:
            action = None if s.value == 1 else s.action
            covers.setdefault((s.recording, s.subject, action), []).append((s.start, s.end))
    merged = {key: union(np.array(spans)) for key, spans in covers.items()}
    subjects: dict[int, set[str | None]] = {}
    for recording, subject, _ in merged:
        subjects.setdefault(recording, set()).add(subject)
    spans, trimmed = [], 0
    for s in said:
        if s.value != 1:
            continue
        if not s.predicted:
            spans.append((s, s.start, s.end))
            continue
        names = subjects.get(s.recording, set())
        same = names if s.subject is None else names & {s.subject, None}
        cuts = [
            merged[key]
            for subject in same
            for key in ((s.recording, subject, None), (s.recording, subject, s.action))
            if key in merged
        ]
        left = without(s.start, s.end, cuts)
        trimmed += left != [(s.start, s.end)]
        spans += [(s, a, b) for a, b in left]
    return spans, trimmed


def union(spans: np.ndarray) -> np.ndarray:
    """Intervals ``[M, 2]`` sorted and without overlaps, that cover what ``spans`` ``[N, 2]`` cover."""
    if not len(spans):
        return np.zeros((0, 2), np.int64)
    spans = spans[np.argsort(spans[:, 0], kind="stable")]
    reach = np.maximum.accumulate(spans[:, 1])
    first = np.flatnonzero(np.concatenate([[True], spans[1:, 0] > reach[:-1]]))
    last = np.append(first[1:], len(spans)) - 1
    return np.column_stack([spans[first, 0], reach[last]])


def without(start: int, end: int, cuts: Sequence[np.ndarray]) -> list[tuple[int, int]]:
    """Return the rest of ``[start, end)`` outside the intervals of ``cuts``, each ``[M, 2]`` sorted."""
    inside = []
    for cut in cuts:
        first = int(np.searchsorted(cut[:, 1], start, "right"))
        last = int(np.searchsorted(cut[:, 0], end, "left"))
        inside += cut[first:last].tolist()
    left, at = [], start
    for a, b in sorted(inside):
        if a > at:
            left.append((at, min(a, end)))
        at = max(at, b)
        if at >= end:
            break
    if at < end:
        left.append((at, end))
    return left
