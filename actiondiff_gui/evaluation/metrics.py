"""Classification metrics.

Every score takes probabilities ``[N, K]``, the truth ``[N, K]`` bool and what of it is known ``[N, K]``
bool (see :func:`actiondiff_gui.evaluation.labels.targets`), and is NaN where nothing can be scored.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


def top1(probabilities: np.ndarray, truth: np.ndarray, known: np.ndarray | None = None) -> float:
    """Share of the clips whose most probable action is a true one; clips without one do not count."""
    scored = truth.any(axis=1)
    return float(hits_of(probabilities, truth)[scored].mean()) if scored.any() else math.nan


def balanced_accuracy(probabilities: np.ndarray, truth: np.ndarray, known: np.ndarray | None = None) -> float:
    """Top-1 of each action's clips, averaged over the actions that occur."""
    hits = hits_of(probabilities, truth)
    found = [hits[truth[:, k]].mean() for k in range(truth.shape[1]) if truth[:, k].any()]
    return float(np.mean(found)) if found else math.nan


def average_precisions(probabilities: np.ndarray, truth: np.ndarray, known: np.ndarray) -> np.ndarray:
    """scikit-learn's average precision of each action ``[K]``; NaN where no clip shows it."""
    from sklearn.metrics import average_precision_score

    out = np.full(truth.shape[1], np.nan)
    for k in range(truth.shape[1]):
        rows = known[:, k]
        if truth[rows, k].any():
            out[k] = average_precision_score(truth[rows, k], probabilities[rows, k])
    return out


def mean_average_precision(
    probabilities: np.ndarray, truth: np.ndarray, known: np.ndarray, micro: bool = False
) -> float:
    """mAP: mean over the actions that occur, or ``micro`` over all pairs of clip and action at once."""
    from sklearn.metrics import average_precision_score

    if not (truth & known).any():
        return math.nan
    if micro:
        return float(average_precision_score(truth[known], probabilities[known]))
    return float(np.nanmean(average_precisions(probabilities, truth, known)))


def decisions(probabilities: np.ndarray, single_label: bool, threshold: float = 0.5) -> np.ndarray:
    """``[N, K]`` bool: the most probable action, or all that reach ``threshold``."""
    if not single_label:
        return probabilities >= threshold
    out = np.zeros(probabilities.shape, bool)
    out[np.arange(len(out)), probabilities.argmax(axis=1)] = True
    return out


@dataclass(frozen=True)
class ClassScores:
    """Precision, recall and F1 of one action, and how many clips show it (``support``)."""

    name: str
    precision: float
    recall: float
    f1: float
    support: int
    average_precision: float


def per_class(
    probabilities: np.ndarray,
    truth: np.ndarray,
    known: np.ndarray,
    classes: Sequence[str],
    single_label: bool,
    threshold: float = 0.5,
) -> list[ClassScores]:
    """Scores of each action; precision, recall and F1 are NaN where nothing decides them."""
    from sklearn.metrics import precision_recall_fscore_support

    decided = decisions(probabilities, single_label, threshold)
    precision = average_precisions(probabilities, truth, known)
    out = []
    for k, name in enumerate(classes):
        rows = known[:, k]
        values: Any = (math.nan, math.nan, math.nan)
        if rows.any():
            nothing: Any = np.nan  # the stubs know only numbers
            values = precision_recall_fscore_support(
                truth[rows, k], decided[rows, k], average="binary", zero_division=nothing
            )
        support = int((truth[:, k] & rows).sum())
        of_class = (float(values[0]), float(values[1]), float(values[2]))
        out.append(ClassScores(name, *of_class, support, float(precision[k])))
    return out


def confusion(probabilities: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Confusion matrix ``[K, K]`` of counts: rows the true action, columns the most probable one.

    Of clips that show exactly one action; others are left out.
    """
    from sklearn.metrics import confusion_matrix

    rows = truth.sum(axis=1) == 1
    count = truth.shape[1]
    if not rows.any():
        return np.zeros((count, count), int)
    return confusion_matrix(
        truth[rows].argmax(axis=1), probabilities[rows].argmax(axis=1), labels=np.arange(count)
    )


def expected_calibration_error(probabilities: np.ndarray, truth: np.ndarray, bins: int = 15) -> float:
    """Mean distance between confidence and top-1, over equal bins of confidence (Guo et al. 2017)."""
    scored = truth.any(axis=1)
    if not scored.any():
        return math.nan
    hits = hits_of(probabilities, truth)[scored]
    confidence = probabilities.max(axis=1)[scored].astype(float)
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    total = np.bincount(bin_of, minlength=bins)
    gap = np.bincount(bin_of, hits, bins) - np.bincount(bin_of, confidence, bins)
    return float(np.abs(gap).sum() / total.sum())


def hits_of(probabilities: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """``[N]`` float: 1 where the most probable action is a true one."""
    hits: np.ndarray = truth[np.arange(len(truth)), probabilities.argmax(axis=1)]
    return hits.astype(float)
