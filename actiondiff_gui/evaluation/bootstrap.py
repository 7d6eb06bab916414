"""Bootstrap intervals of scores.

A score is written here as a function of weights of the clips, so that a thousand bootstrap draws are one
matrix product; with all weights 1 it equals the score in :mod:`actiondiff_gui.evaluation.metrics`.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from actiondiff_gui.evaluation.metrics import hits_of

Statistic = Callable[[np.ndarray], np.ndarray]
"""Takes weights of the clips ``[R, N]`` and returns one value for each of the R rows."""


@dataclass(frozen=True)
class Interval:
    """A value with its bootstrap interval of the given level (0.95)."""

    value: float
    low: float
    high: float
    level: float = 0.95


def bootstrap(
    statistics: Sequence[Statistic],
    groups: Sequence[str] | np.ndarray,
    resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Mean of the statistics with its percentile bootstrap interval.

    Whole groups are drawn with replacement, since clips of one source are alike: drawing single clips
    would make the interval too narrow.

    Parameters
    ----------
    statistics : sequence of callable
        One for each repetition (seed); all see the same draws.
    groups : sequence
        The source group of each of the N clips.
    resamples : int
        Draws.
    level : float
        Share of the draws inside the interval.
    seed : int
        Of the draws.
    """
    names, member = np.unique(np.asarray(groups), return_inverse=True)
    rng = np.random.default_rng(seed)
    value = float(np.mean([s(np.ones((1, len(member))))[0] for s in statistics]))
    if len(names) < 2:
        return Interval(value, math.nan, math.nan, level)
    counts = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=resamples)
    draws = []
    chunk = max(1, 2_000_000 // len(member))
    for start in range(0, resamples, chunk):
        weights = counts[start : start + chunk][:, member].astype(float)
        draws.append(np.mean([s(weights) for s in statistics], axis=0))
    known = np.concatenate(draws)
    known = known[~np.isnan(known)]
    if not len(known):
        return Interval(value, math.nan, math.nan, level)
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high), level)


def top1_statistic(probabilities: np.ndarray, truth: np.ndarray) -> Statistic:
    """:func:`top1` as a function of weights."""
    scored = truth.any(axis=1).astype(float)
    hits = hits_of(probabilities, truth) * scored
    return lambda weights: _divide(weights @ hits, weights @ scored)


def balanced_statistic(probabilities: np.ndarray, truth: np.ndarray) -> Statistic:
    """:func:`balanced_accuracy` as a function of weights."""
    hits = hits_of(probabilities, truth)[:, None] * truth

    def value(weights: np.ndarray) -> np.ndarray:
        return _mean_known(_divide(weights @ hits, weights @ truth.astype(float)))

    return value


def mean_average_precision_statistic(
    probabilities: np.ndarray, truth: np.ndarray, known: np.ndarray, micro: bool = False
) -> Statistic:
    """:func:`mean_average_precision` as a function of weights."""
    if micro:
        clip, action = np.nonzero(known)

        def value(weights: np.ndarray) -> np.ndarray:
            return weighted_average_precision(
                probabilities[clip, action], truth[clip, action], weights[:, clip]
            )

        return value

    def mean(weights: np.ndarray) -> np.ndarray:
        columns = [
            weighted_average_precision(probabilities[rows, k], truth[rows, k], weights[:, rows])
            for k, rows in enumerate(known.T)
        ]
        return _mean_known(np.stack(columns, axis=1))

    return mean


def weighted_average_precision(scores: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Average precision under many weightings at once; equals scikit-learn's with ``sample_weight``.

    Parameters
    ----------
    scores, truth : ndarray
        ``[M]``.
    weights : ndarray
        ``[R, M]``.

    Returns
    -------
    ndarray
        ``[R]``; NaN where no positive has weight.
    """
    if not len(scores):
        return np.full(len(weights), np.nan)
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.diff(scores[order]) != 0, True)  # equal scores share one threshold
    ordered = weights[:, order].astype(float)
    positives = np.cumsum(ordered * truth[order], axis=1)[:, last]
    everything = np.cumsum(ordered, axis=1)[:, last]
    precision = np.divide(positives, everything, out=np.zeros_like(positives), where=everything > 0)
    gained = np.diff(positives, axis=1, prepend=0)
    return _divide((gained * precision).sum(axis=1), positives[:, -1])


def _divide(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    share: np.ndarray = np.full(np.shape(above), np.nan)
    np.divide(above, below, out=share, where=below > 0)
    return share


def _mean_known(columns: np.ndarray) -> np.ndarray:
    known = ~np.isnan(columns)
    return _divide(np.where(known, columns, 0).sum(axis=1), known.sum(axis=1))
