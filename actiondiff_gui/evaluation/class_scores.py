"""Precision, recall and F1 of one action as functions of clip weights, for the bootstrap."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from actiondiff_gui.evaluation.bootstrap import Statistic, bootstrap
from actiondiff_gui.evaluation.metrics import decisions

SCORES = ("precision", "recall", "f1")


def class_statistics(decided: np.ndarray, truth: np.ndarray, known: np.ndarray) -> dict[str, Statistic]:
    """Precision, recall and F1 of one action; ``decided``, ``truth`` and ``known`` are [N] bool."""
    said, shown = (decided & known).astype(float), (truth & known).astype(float)
    both = said * shown

    def share(above: np.ndarray, below: np.ndarray) -> Statistic:
        def value(weights: np.ndarray) -> np.ndarray:
            under = weights @ below
            found: np.ndarray = np.full(len(weights), np.nan)
            np.divide(weights @ above, under, out=found, where=under > 0)
            return found

        return value

    return {
        "precision": share(both, said),
        "recall": share(both, shown),
        "f1": share(2 * both, said + shown),
    }


def class_intervals(
    probabilities: np.ndarray,
    truth: np.ndarray,
    known: np.ndarray,
    classes: Sequence[str],
    sources: np.ndarray,
    single_label: bool,
    resamples: int = 1000,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """Scores of each action with bootstrap intervals over sources.

    Parameters
    ----------
    probabilities, truth, known : ndarray
        ``[N, K]``.
    sources : ndarray
        ``[N]``.

    Returns
    -------
    list of dict
        For each action its ``name``, ``clips`` that show it, and for each of precision, recall and f1 an
        :class:`~actiondiff_gui.evaluation.bootstrap.Interval`.
    """
    decided = decisions(probabilities, single_label)
    out = []
    for k, name in enumerate(classes):
        statistics = class_statistics(decided[:, k], truth[:, k], known[:, k])
        rows: dict[str, Any] = {"name": name, "clips": int((truth[:, k] & known[:, k]).sum())}
        for score, statistic in statistics.items():
            rows[score] = bootstrap([statistic], sources, resamples, seed=seed)
        out.append(rows)
    return out
