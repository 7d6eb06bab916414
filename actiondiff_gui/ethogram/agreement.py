"""Agreement of two sources: Cohen's kappa and F1 on frames, and F1 on bouts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from actiondiff_gui.classifier.bout_metrics import bout_agreement
from actiondiff_gui.classifier.bouts import Bout
from actiondiff_gui.errors import AnalysisError
from actiondiff_gui.ethogram.bouts import Bouts, union
from actiondiff_gui.ethogram.counted import counted_before
from actiondiff_gui.ethogram.settings import ALL, FIRST, EthogramSettings
from actiondiff_gui.progress import Job, Progress

NONE = "no action"


@dataclass(frozen=True, slots=True)
class ActionAgreement:
    """How well two agree on one action. Values that do not exist are NaN.

    Attributes
    ----------
    action : str
    kappa : float
        Cohen's kappa of "shown or not" over the counted frames.
    precision, recall, frame_f1 : float
        Of the second against the first, in frames.
    first_frames, second_frames, both_frames : int
        Counted frames with the action.
    bout_f1 : float
        Of bouts paired by their overlap.
    first_bouts, second_bouts, paired : int
    """

    action: str
    kappa: float
    precision: float
    recall: float
    frame_f1: float
    first_frames: int
    second_frames: int
    both_frames: int
    bout_f1: float
    first_bouts: int
    second_bouts: int
    paired: int


@dataclass(frozen=True, eq=False)
class Agreement:
    """How well two sources agree.

    Attributes
    ----------
    kappa : float
        Cohen's kappa over the counted frames. The category of a frame is the set of actions shown in it, so two
        at once are a category of their own, and none is one too. NaN where chance alone explains all.
    same : float
        Share of the counted frames in which both say the same.
    macro_frame_f1, macro_bout_f1 : float
        Means over the actions that either has.
    actions : tuple of ActionAgreement
    categories : tuple of str
        ``[C]``: sets of actions as text.
    table : ndarray of int
        ``[C, C]`` counted frames, first by second.
    frames : int
        How many frames count.
    seconds : float
    recordings : int
        Recordings in which frames count.
    without_subjects : int
        Recordings in which the two name other subjects, so that subjects were not told apart.
    overlap : float
        Least intersection over union of paired bouts.
    """

    kappa: float
    same: float
    macro_frame_f1: float
    macro_bout_f1: float
    actions: tuple[ActionAgreement, ...]
    categories: tuple[str, ...]
    table: np.ndarray
    frames: int
    seconds: float
    recordings: int
    without_subjects: int
    overlap: float


def kappa_of(table: np.ndarray) -> float:
    """Cohen's kappa (1960) of a table of counts ``[C, C]``; NaN where expected agreement is whole or nothing counts."""
    total = table.sum()
    if not total:
        return math.nan
    observed = np.trace(table) / total
    expected = float((table.sum(axis=0) / total) @ (table.sum(axis=1) / total))
    return math.nan if expected >= 1 else float((observed - expected) / (1 - expected))


def agreement_job(first: Bouts, second: Bouts, settings: EthogramSettings | None = None) -> Job[Agreement]:
    """Compare two sources on the same recordings and actions.

    Parameters
    ----------
    first, second : Bouts
        Of the same recordings and actions, in the same order. The first is taken for the truth where precision
        and recall are told apart.
    settings : EthogramSettings, optional
        Which frames count, and the least intersection over union of bouts that are paired.

    Raises
    ------
    AnalysisError
        The two cannot be compared.
    """
    settings = settings or EthogramSettings()
    frames, least_overlap = settings.frames, settings.overlap
    if first.actions != second.actions or [r.id for r in first.recordings] != [
        r.id for r in second.recordings
    ]:
        raise AnalysisError("The two are not of the same recordings and actions. Choose both anew.")
    number = len(first.actions)
    sums = np.zeros((number, 3), np.int64)
    bout_sums = np.zeros((number, 3), np.int64)
    cells: dict[tuple[bytes, bytes], int] = {}
    counted, seconds, recordings, mixed = 0, 0.0, 0, 0
    for index, recording in enumerate(first.recordings):
        yield Progress(index, len(first.recordings), f"comparing {recording.name}")
        pair = [_Side.of(bouts, index) for bouts in (first, second)]
        span = _span(pair, frames, recording.frames)
        length = int((span[:, 1] - span[:, 0]).sum())
        if not length:
            continue
        names = [set(side.subjects) for side in pair]
        subjects: list[_Subject] = [None]
        if names[0] == names[1]:
            subjects = [[name] for name in sorted(names[0], key=lambda n: n or "")]
        else:
            mixed += 1
        recordings += 1
        for subject in subjects:
            counted += length
            seconds += length / recording.fps
            cuts = np.unique(
                np.concatenate([span.ravel(), *(edges for s in pair for edges in (s.start, s.end))])
            )
            one, two = (side.shown(subject, cuts, number) for side in pair)
            weights = np.diff(counted_before(span, cuts))
            sums += np.column_stack([weights @ shown for shown in (one, two, one & two)])
            _count(cells, one, two, weights)
            bout_sums += _bouts(pair, subject, span, first.actions, least_overlap)
    yield Progress(len(first.recordings), len(first.recordings), "compared")
    return _result(first.actions, sums, bout_sums, cells, counted, seconds, recordings, mixed, least_overlap)


_Subject = list[str | None] | None
"""Whose bouts are compared: those of one subject (in a list, as it may be None), or of all."""


@dataclass(frozen=True, eq=False)
class _Side:
    """One source in one recording."""

    subjects: tuple[str | None, ...]
    subject: list[str | None]
    action: np.ndarray
    start: np.ndarray
    end: np.ndarray
    looked: np.ndarray

    @classmethod
    def of(cls, bouts: Bouts, index: int) -> "_Side":
        low, high = np.searchsorted(bouts.recording, [index, index + 1])
        looked = bouts.looked_at[bouts.looked_at[:, 0] == index]
        names = [bouts.subjects[s] for s in bouts.subject[low:high].tolist()]
        watched = tuple(dict.fromkeys(bouts.subjects[s] for s in looked[:, 1].tolist()))
        return cls(
            watched, names, bouts.action[low:high], bouts.start[low:high], bouts.end[low:high], looked[:, 2:]
        )

    def mine(self, subject: _Subject) -> np.ndarray:
        """Return indices of a subject's bouts; None: of all."""
        return np.array([i for i, name in enumerate(self.subject) if subject is None or name in subject], int)

    def shown(self, subject: _Subject, cuts: np.ndarray, number: int) -> npt.NDArray[np.bool_]:
        """``[len(cuts) - 1, number]`` bool: what is shown from each cut to the next; every edge is a cut."""
        mine = self.mine(subject)
        steps = np.zeros((len(cuts), number), np.int64)
        np.add.at(steps, (np.searchsorted(cuts, self.start[mine]), self.action[mine]), 1)
        np.add.at(steps, (np.searchsorted(cuts, self.end[mine]), self.action[mine]), -1)
        return np.cumsum(steps, axis=0)[:-1] > 0


def _span(pair: Sequence[_Side], frames: str, count: int) -> np.ndarray:
    """``[M, 2]`` the counted frames of a recording."""
    first, second = (union(side.looked) for side in pair)
    if frames == FIRST:
        return first
    if not len(first) or not len(second):
        return np.zeros((0, 2), np.int64)
    if frames == ALL:
        return np.array([[0, count]])
    cuts = np.unique(np.concatenate([first.ravel(), second.ravel()]))
    shared = (np.diff(counted_before(first, cuts)) > 0) & (np.diff(counted_before(second, cuts)) > 0)
    return union(np.column_stack([cuts[:-1][shared], cuts[1:][shared]]))


def _count(
    cells: dict[tuple[bytes, bytes], int], one: np.ndarray, two: np.ndarray, weights: np.ndarray
) -> None:
    """Count the frames of each pair of sets of actions; ``weights`` are those of each row."""
    packed = np.packbits(np.concatenate([one, two], axis=1), axis=1)
    kinds, which = np.unique(packed, axis=0, return_inverse=True)
    counts = np.bincount(which.ravel(), weights, len(kinds)).astype(np.int64)
    number = one.shape[1]
    for kind, count in zip(kinds, counts.tolist(), strict=True):
        if count:
            bits = np.unpackbits(kind)[: 2 * number]
            key = (bits[:number].tobytes(), bits[number:].tobytes())
            cells[key] = cells.get(key, 0) + count


def _bouts(
    pair: Sequence[_Side], subject: _Subject, span: np.ndarray, actions: Sequence[str], overlap: float
) -> np.ndarray:
    """``[K, 3]`` bouts of the first, of the second, and paired; of those that touch counted frames."""
    sides = []
    for side in pair:
        mine = side.mine(subject)
        touching = np.searchsorted(span[:, 1], side.start[mine], "right") < np.searchsorted(
            span[:, 0], side.end[mine], "left"
        )
        sides.append(
            [
                Bout(actions[side.action[i]], int(side.start[i]), int(side.end[i]))
                for i in mine[touching].tolist()
            ]
        )
    found = bout_agreement(sides[1], sides[0], actions, overlap)
    return np.array([(a.true, a.found, a.agreed) for a in found], np.int64).reshape(-1, 3)


def _result(
    actions: Sequence[str],
    sums: np.ndarray,
    bout_sums: np.ndarray,
    cells: dict[tuple[bytes, bytes], int],
    counted: int,
    seconds: float,
    recordings: int,
    mixed: int,
    overlap: float,
) -> Agreement:
    rows = []
    for name, (one, two, both), (first, second, paired) in zip(
        actions, sums.tolist(), bout_sums.tolist(), strict=True
    ):
        table = np.array([[both, one - both], [two - both, counted - one - two + both]])
        rows.append(
            ActionAgreement(
                name,
                kappa_of(table),
                both / two if two else math.nan,
                both / one if one else math.nan,
                2 * both / (one + two) if one + two else math.nan,
                one,
                two,
                both,
                2 * paired / (first + second) if first + second else math.nan,
                first,
                second,
                paired,
            )
        )
    kinds = sorted({key for pair in cells for key in pair}, key=lambda bits: (sum(bits), [-b for b in bits]))
    index = {key: n for n, key in enumerate(kinds)}
    table = np.zeros((len(kinds), len(kinds)), np.int64)
    for (one, two), count in cells.items():
        table[index[one], index[two]] += count
    return Agreement(
        kappa_of(table),
        float(np.trace(table) / counted) if counted else math.nan,
        _mean([row.frame_f1 for row in rows]),
        _mean([row.bout_f1 for row in rows]),
        tuple(rows),
        tuple(" + ".join(a for a, bit in zip(actions, bits, strict=True) if bit) or NONE for bits in kinds),
        table,
        counted,
        seconds,
        recordings,
        mixed,
        overlap,
    )


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return float(np.mean(known)) if known else math.nan
