"""Agreement of detected bouts with annotated ones."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from actiondiff_gui.classifier.bouts import Bout


@dataclass(frozen=True)
class Agreement:
    """Precision, recall and F1 of one action; NaN where neither side has it.

    ``agreed``, ``found`` and ``true`` count bouts or frames: on both sides, found, and by the person.
    """

    label: str
    precision: float
    recall: float
    f1: float
    agreed: int
    found: int
    true: int


def frame_agreement(
    found: Sequence[Bout], true: Sequence[Bout], classes: Sequence[str], first: int, end: int
) -> list[Agreement]:
    """Agreement of every action, counted in frames of ``[first, end)``."""
    out = []
    for label in classes:
        ours, theirs = (_frames(bouts, label, first, end) for bouts in (found, true))
        out.append(_agreement(label, int((ours & theirs).sum()), int(ours.sum()), int(theirs.sum())))
    return out


def bout_agreement(
    found: Sequence[Bout], true: Sequence[Bout], classes: Sequence[str], least_overlap: float = 0.5
) -> list[Agreement]:
    """Agreement of every action, counted in bouts.

    A found and a true bout agree where their intersection over union is at least ``least_overlap``; each
    is used once, and as many as possible are paired.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_bipartite_matching

    out = []
    for label in classes:
        ours = np.array([(b.start, b.end) for b in found if b.label == label]).reshape(-1, 2)
        theirs = np.array([(b.start, b.end) for b in true if b.label == label]).reshape(-1, 2)
        pairs = [
            (i, int(j))
            for i, bout in enumerate(ours)
            for j in np.flatnonzero(overlap(bout, theirs) >= least_overlap)
        ]
        agreed = 0
        if pairs:
            rows, columns = np.array(pairs).T
            possible = csr_array((np.ones(len(pairs)), (rows, columns)), shape=(len(ours), len(theirs)))
            agreed = int((maximum_bipartite_matching(possible, perm_type="column") >= 0).sum())
        out.append(_agreement(label, agreed, len(ours), len(theirs)))
    return out


def overlap(bout: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Intersection over union of ``bout`` (start, end) with each of ``others`` [M, 2], ``[M]``."""
    common = np.minimum(bout[1], others[:, 1]) - np.maximum(bout[0], others[:, 0])
    common = np.maximum(common, 0)
    union = (bout[1] - bout[0]) + (others[:, 1] - others[:, 0]) - common
    share: np.ndarray = common / np.maximum(union, 1)
    return share


def mean_f1(agreements: Sequence[Agreement]) -> float:
    """Mean F1 over the actions that either side has; NaN where there is none."""
    values = [a.f1 for a in agreements if not math.isnan(a.f1)]
    return float(np.mean(values)) if values else math.nan


def _frames(bouts: Sequence[Bout], label: str, first: int, end: int) -> np.ndarray:
    out = np.zeros(max(end - first, 0), bool)
    for bout in bouts:
        if bout.label == label:
            out[max(bout.start - first, 0) : max(bout.end - first, 0)] = True
    return out


def _agreement(label: str, agreed: int, found: int, true: int) -> Agreement:
    precision = agreed / found if found else math.nan
    recall = agreed / true if true else math.nan
    f1 = 2 * agreed / (found + true) if found + true else math.nan
    return Agreement(label, precision, recall, f1, agreed, found, true)
