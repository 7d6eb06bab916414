"""Bars of a timeline by lane: the clips of one video as sorted arrays, quick to cut to what is visible."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from actiondiff_gui.gui.session.clip_table import ClipRow
from actiondiff_gui.gui.timeline.state.time_axis import TimeAxis

LABEL, PREDICTION, DENIED, CLIP = range(4)
"""Kinds of bars: label, prediction, denied label, unlabelled clip."""
KINDS = 4
UNSURE = 0.5
"""Strength of a prediction without a probability."""


@dataclass(frozen=True, eq=False, slots=True)
class Bars:
    """N bars, by lane and kind, in each of these by start.

    Attributes
    ----------
    lane, kind, row : ndarray of int
        ``[N]``: the lane, one of the kinds, and the index of the clip among the video's rows.
    start, end : ndarray of int
        ``[N]`` frames, end exclusive.
    strength : ndarray of float
        ``[N]``: 1, or the probability of a prediction.
    """

    lane: np.ndarray
    kind: np.ndarray
    row: np.ndarray
    start: np.ndarray
    end: np.ndarray
    strength: np.ndarray
    _first: np.ndarray
    _reach: np.ndarray

    @classmethod
    def sorted(cls, columns: Sequence[np.ndarray], lanes: int) -> "Bars":
        """Sort bars, given as lane, kind, row, start, end and strength ``[N]``, into ``lanes`` lanes."""
        lane, kind, row, start, end, strength = columns
        group = lane * KINDS + kind
        # Nearly in order already where one clip changed, which a stable sort makes good use of.
        order = np.argsort((group << 40) + start, kind="stable")
        group, end = group[order], end[order]
        first = np.searchsorted(group, np.arange(lanes * KINDS + 1))
        reach = end.copy()
        for low, high in pairwise(first.tolist()):
            np.maximum.accumulate(end[low:high], out=reach[low:high])
        return cls(lane[order], kind[order], row[order], start[order], end, strength[order], first, reach)

    def __len__(self) -> int:
        return len(self.lane)

    @property
    def columns(self) -> tuple[np.ndarray, ...]:
        """Lane, kind, row, start, end and strength."""
        return self.lane, self.kind, self.row, self.start, self.end, self.strength

    def has(self, kind: int) -> bool:
        """Return whether there is a bar of a kind."""
        return bool((self._first[kind + 1 :: KINDS] > self._first[kind:-1:KINDS]).any())

    def between(self, lane: int, kind: int, begin: float, end: float) -> slice:
        """Return the bars of one lane and kind that may touch the positions from ``begin`` to ``end``, in two searches."""
        low, high = self._first[lane * KINDS + kind : lane * KINDS + kind + 2]
        from_ = low + np.searchsorted(self._reach[low:high], begin, "right")
        to = low + np.searchsorted(self.start[low:high], end, "left")
        return slice(int(from_), int(max(from_, to)))


@dataclass(frozen=True, eq=False, slots=True)
class Lanes:
    """The clips of one video, laid out: a lane for each action, or for each subject's, and a last one for unlabelled clips.

    Attributes
    ----------
    names : tuple of str
        Actions of the lanes; the last lane has none. "" is the heading of a subject, without bars.
    subjects : tuple of (str or None)
        Whose bouts each of these lanes shows; None: those of all subjects.
    rows : list of ClipRow
        Clips of the video.
    index_of : dict of str to int
        Index in ``rows`` by the clip's id.
    bars : Bars
    """

    names: tuple[str, ...]
    rows: list[ClipRow]
    index_of: dict[str, int]
    bars: Bars
    subjects: tuple[str | None, ...]

    @classmethod
    def of(
        cls, rows: Iterable[ClipRow], actions: Iterable[str], subjects: Iterable[str | None] = ()
    ) -> "Lanes":
        """Lay out clips of one video under actions, each for all subjects or for that of the same place in ``subjects``."""
        rows, names = list(rows), tuple(actions)
        whose = tuple(subjects) or (None,) * len(names)
        columns = _columns(range(len(rows)), rows, names, whose)
        index_of = {row.id: n for n, row in enumerate(rows)}
        return cls(names, rows, index_of, Bars.sorted(columns, len(names) + 1), whose)

    def __len__(self) -> int:
        return len(self.names) + 1

    @property
    def clips_lane(self) -> int:
        """The lane of unlabelled clips."""
        return len(self.names)

    def is_heading(self, lane: int) -> bool:
        """Return whether a lane only names the subject of those below it."""
        return lane < self.clips_lane and not self.names[lane]

    def lane_of(self, action: str, subject: str) -> int | None:
        """Return the lane of a subject's bouts of an action; None where there is none."""
        found = zip(self.names, self.subjects, strict=True)
        return next(
            (n for n, (name, who) in enumerate(found) if name == action and who in (None, subject)), None
        )

    def hold(self, said: Iterable[tuple[str, str]]) -> bool:
        """Return whether each of these pairs of action and subject has a lane."""
        lanes = set(zip(self.names, self.subjects, strict=True))
        return all(lanes & {(action, None), (action, subject)} for action, subject in said)

    def updated(self, rows: Iterable[ClipRow]) -> "Lanes":
        """Return the lanes with these clips read again; faster than laying out all again."""
        fresh = [row for row in rows if row.id in self.index_of]
        indices = [self.index_of[row.id] for row in fresh]
        all_rows = list(self.rows)
        for index, row in zip(indices, fresh, strict=True):
            all_rows[index] = row
        gone = np.zeros(len(all_rows), bool)
        gone[indices] = True
        kept = ~gone[self.bars.row]
        new = _columns(indices, fresh, self.names, self.subjects)
        columns = [
            np.concatenate([old[kept], added]) for old, added in zip(self.bars.columns, new, strict=True)
        ]
        return Lanes(self.names, all_rows, self.index_of, Bars.sorted(columns, len(self)), self.subjects)

    def with_rows(self, rows: Iterable[ClipRow]) -> tuple["Lanes", list[ClipRow]]:
        """Return the lanes of other rows of the video, and those of them that are new.

        Many are the same objects as before, which is faster than to lay out all again.
        """
        rows = list(rows)
        # All but a few lie as they did, before and behind those.
        head = _alike(self.rows, rows)
        tail = min(_alike(reversed(self.rows), reversed(rows)), len(self.rows) - head, len(rows) - head)
        end = len(self.rows) - tail
        place = {id(row): head + n for n, row in enumerate(self.rows[head:end])}
        between = [place.get(id(row), -1) for row in rows[head : len(rows) - tail]]
        before = np.concatenate([np.arange(head), between, np.arange(end, len(self.rows))]).astype(np.int64)
        now = np.full(len(self.rows), -1, np.int64)
        now[before[before >= 0]] = np.flatnonzero(before >= 0)
        fresh = np.flatnonzero(before < 0).tolist()
        lane, kind, row, start, end, strength = self.bars.columns
        kept = now[row] >= 0
        old = (lane[kept], kind[kept], now[row[kept]], start[kept], end[kept], strength[kept])
        added = _columns(fresh, [rows[n] for n in fresh], self.names, self.subjects)
        columns = [np.concatenate(pair) for pair in zip(old, added, strict=True)]
        index_of = {row.id: n for n, row in enumerate(rows)}
        bars = Bars.sorted(columns, len(self))
        return Lanes(self.names, rows, index_of, bars, self.subjects), [rows[n] for n in fresh]

    def empty(self) -> set[tuple[str, str | None]]:
        """Return action and subject of the lanes without bars; headings have none and do not count."""
        pairs = list(zip(self.names, self.subjects, strict=True))
        full = set(np.unique(self.bars.lane).tolist())
        return {pair for lane, pair in enumerate(pairs) if pair[0] and lane not in full}

    def moved(self, index: int, start: int, end: int) -> "Lanes":
        """Return the lanes with other edges of one clip, to show a drag; the row itself is unchanged."""
        lane, kind, row, starts, ends, strength = self.bars.columns
        mine = row == index
        starts, ends = np.where(mine, start, starts), np.where(mine, end, ends)
        bars = Bars.sorted((lane, kind, row, starts, ends, strength), len(self))
        return Lanes(self.names, self.rows, self.index_of, bars, self.subjects)


def _alike(one: Iterable[ClipRow], other: Iterable[ClipRow]) -> int:
    """Return how many rows at the start of both are the same objects."""
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine is not theirs:
            break
        count += 1
    return count


def said_in(rows: Iterable[ClipRow]) -> set[tuple[str, str]]:
    """Return actions that some of the clips are labelled, predicted or denied with, each with the clip's subject."""
    found: set[tuple[str, str]] = set()
    for row in rows:
        found.update((action, row.subject) for action in (*row.labels, *row.denied))
        if row.prediction:
            found.add((row.prediction, row.subject))
    return found


def grouped(
    actions: Sequence[str], subjects: Iterable[str], said: Container[tuple[str, str]] | None = None
) -> tuple[list[str], list[str]]:
    """Return actions and subjects of lanes that are grouped by subject, each group below a heading.

    With ``said``, only pairs of action and subject that it contains have a lane, and only their subjects a heading.
    """
    names: list[str] = []
    whose: list[str] = []
    for subject in subjects:
        mine = [action for action in actions if said is None or (action, subject) in said]
        if mine:
            names += ["", *mine]
            whose += [subject] * (1 + len(mine))
    return names, whose


def _columns(
    indices: Iterable[int], rows: Sequence[ClipRow], names: Sequence[str], subjects: Sequence[str | None]
) -> list[np.ndarray]:
    lane_of = {pair: lane for lane, pair in enumerate(zip(names, subjects, strict=True))}
    by_subject = any(subject is not None for subject in subjects)
    row_of, group, strength = [], [], []
    spans = []
    for index, row in zip(indices, rows, strict=True):
        spans.append((row.start, row.end))
        said = [(action, LABEL, 1.0) for action in row.labels]
        if row.denied:
            said += [(action, DENIED, 1.0) for action in row.denied]
        if row.prediction:
            said.append((row.prediction, PREDICTION, UNSURE if row.confidence is None else row.confidence))
        for action, kind, sure in said:
            lane = lane_of.get((action, row.subject if by_subject else None))
            if lane is not None:
                row_of.append((index, len(spans) - 1))
                group.append(lane * KINDS + kind)
                strength.append(sure)
        if not row.labels:
            row_of.append((index, len(spans) - 1))
            group.append(len(names) * KINDS + CLIP)
            strength.append(1.0)
    lanes, kinds = np.divmod(np.array(group, np.int64), KINDS)
    indices, local = np.array(row_of, np.int64).reshape(-1, 2).T
    starts, ends = np.array(spans, np.int64).reshape(-1, 2)[local].T
    return [lanes, kinds, indices, starts, ends, np.array(strength, np.float64)]


def coverage(start: np.ndarray, end: np.ndarray, strength: np.ndarray, axis: TimeAxis) -> np.ndarray:
    """Return the coverage of each pixel by bars too thin to be told apart.

    Parameters
    ----------
    start, end, strength : ndarray
        ``[N]`` frames, end exclusive, and weights.
    axis : TimeAxis

    Returns
    -------
    ndarray
        ``[width]`` float: share of each pixel's time that bars cover, by their strength, at most 1.
    """
    width = axis.width
    x = (np.concatenate([start, end]) - axis.begin) * axis.scale
    np.minimum(np.maximum(x, 0.0, out=x), width, out=x)
    pixel = x.astype(np.int64)
    # An edge changes what its own pixel has by the part behind it, and all pixels after it in full.
    step = np.concatenate([strength, -strength])
    own = np.bincount(pixel, step * (pixel + 1 - x), width + 1)
    full = np.cumsum(np.bincount(pixel + 1, step, width + 2))
    covered: np.ndarray = np.minimum(np.maximum((own + full[: width + 1])[:width], 0.0), 1.0)
    return covered


@dataclass(frozen=True, slots=True)
class Hit:
    """A bar under the pointer: index of its clip among the rows, its kind, and which part of it."""

    row: int
    kind: int
    part: Literal["start", "end", "body"]


def hit(
    lanes: Lanes,
    lane: int,
    x: float,
    axis: TimeAxis,
    chosen: np.ndarray | None = None,
    kinds: Sequence[int] = range(KINDS),
    grip: float = 5.0,
) -> Hit | None:
    """Return the bar at a pixel.

    Parameters
    ----------
    lanes : Lanes
    lane : int
    x : float
        Pixels from the left border.
    axis : TimeAxis
    chosen : ndarray of bool, optional
        ``[rows]``: selected clips, which come first and can be gripped however thin they are.
    kinds : sequence of int
        The kinds to look for, preferred ones first.
    grip : float
        Pixels from an edge within which it is meant.

    Returns
    -------
    Hit or None
        Of several bars a selected one, then one that the pixel lies in, then the shortest.
    """
    bars, near = lanes.bars, grip / axis.scale
    at = axis.position(x)
    best, found = None, None
    for rank, kind in enumerate(kinds):
        cut = bars.between(lane, kind, at - near, at + near)
        for row, start, end in zip(
            bars.row[cut].tolist(), bars.start[cut].tolist(), bars.end[cut].tolist(), strict=True
        ):
            left, right = axis.x(start), axis.x(end)
            mine = chosen is not None and bool(chosen[row])
            inside = left <= x < max(right, left + 1)
            inner = min(grip, (right - left) / 3)
            gripped = mine or right - left >= 2 * grip
            part = "body"
            if gripped and -grip <= x - left <= inner:
                part = "start"
            elif gripped and -grip <= right - x <= inner:
                part = "end"
            elif not inside:
                continue
            order = (not mine, not inside, rank, end - start)
            if best is None or order < best:
                best, found = order, Hit(row, kind, part)
    return found
