"""Confidence intervals of shares and means of clips that are grouped by source and domain."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A value, its interval, and the number of clips behind it. All NaN where it cannot be known."""

    value: float
    low: float
    high: float
    n: int


UNKNOWN = Estimate(float("nan"), float("nan"), float("nan"), 0)


def wilson(share: float, n: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Wilson's score interval of a share (0 to 1) seen in ``n`` independent trials (Wilson 1927)."""
    if not n > 0:
        return 0.0, 1.0
    from scipy.stats import norm

    z = norm.ppf(0.5 + confidence / 2)
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return float(min(max(centre - half, 0.0), share)), float(max(min(centre + half, 1.0), share))


def balanced_share(
    correct: np.ndarray, strata: np.ndarray, groups: np.ndarray, confidence: float = CONFIDENCE
) -> Estimate:
    """Mean over strata of the share of correct clips, with an interval that knows of groups.

    Each stratum (a domain) counts alike however many clips it has. The interval is Wilson's with an
    effective number of clips: the number of independent ones that would vary as much as this mean
    does, from the between-group variance within strata (Korn and Graubard 1998; Dean and Pagano 2015
    compare such intervals). It is never larger than for independent clips, and where all clips agree
    every group counts once. It speaks of other clips of these strata, not of other strata.

    Of S repetitions with other seeds the mean is taken; what their means differ by is added to the variance,
    so that the interval speaks of other seeds too.

    Parameters
    ----------
    correct : ndarray
        ``[N]`` bool, or ``[S, N]`` of S repetitions.
    strata, groups : ndarray
        ``[N]``: the stratum of each clip, and its source group.
    """
    repeated = np.atleast_2d(np.asarray(correct, float))
    if not repeated.size:
        return UNKNOWN
    correct = repeated.mean(axis=0)
    shares, variances, clips, sources = [], [], [], []
    by_seed = np.zeros(len(repeated))
    parts = _by(strata)
    for _, inside in parts:
        by_seed += repeated[:, inside].mean(axis=1) / len(parts)
        right, size = _group_sums(correct[inside], groups[inside])
        share = right.sum() / size.sum()
        if len(size) > 1:
            spread = ((right - share * size) ** 2).sum() / size.sum() ** 2
            variance = spread * len(size) / (len(size) - 1)
        else:
            variance = share * (1 - share)
        shares.append(share)
        variances.append(variance)
        clips.append(size.sum())
        sources.append(len(size))
    weight = 1 / len(shares)
    value = float(np.mean(shares))
    variance = weight**2 * float(np.sum(variances))
    if len(by_seed) > 1:
        variance += float(np.var(by_seed, ddof=1)) / len(by_seed)
    if variance > 0:
        independent = 1 / (weight**2 * np.sum(1 / np.array(clips)))
        effective = min(value * (1 - value) / variance, independent)
    else:
        effective = 1 / (weight**2 * np.sum(1 / np.array(sources)))
    return Estimate(value, *wilson(value, effective, confidence), n=len(correct))


def jackknife(
    statistic: Callable[[np.ndarray], float],
    groups: np.ndarray,
    blocks: int = 10,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Return a statistic of clips with a t interval from leaving out blocks of source groups in turn.

    For statistics whose terms depend on each other, as silhouettes do through their distances (Quenouille
    1956, Tukey 1958; with blocks as in Shao and Tu 1995, section 2.3).

    Parameters
    ----------
    statistic : callable
        Takes indices of clips, gives a number, or NaN where it cannot.
    groups : ndarray
        ``[N]``: the source group of each clip. Groups are dealt out to at most ``blocks`` blocks. With a
        single group, or where a block cannot be left out, the interval is unknown (NaN).
    """
    _, group = np.unique(groups, return_inverse=True)
    value = statistic(np.arange(len(group)))
    count = min(blocks, group.max() + 1)
    left = np.array([statistic(np.flatnonzero(group % count != block)) for block in range(count)])
    if count < 2 or not np.isfinite(left).all():
        return Estimate(value, float("nan"), float("nan"), len(group))
    from scipy.stats import t

    error = np.sqrt((count - 1) / count * ((left - left.mean()) ** 2).sum())
    half = float(t.ppf(0.5 + confidence / 2, count - 1) * error)
    return Estimate(value, value - half, value + half, len(group))


def difference(first: Estimate, second: Estimate) -> Estimate:
    """``first - second`` with the interval of Newcombe (1998, method 10) for two shares.

    It takes the two as independent, which for shares of the same clips makes it wider than needed.
    """
    value = first.value - second.value
    low = value - np.hypot(first.value - first.low, second.high - second.value)
    high = value + np.hypot(first.high - first.value, second.value - second.low)
    return Estimate(float(value), float(low), float(high), min(first.n, second.n))


def paired_difference(
    first: np.ndarray,
    second: np.ndarray,
    strata: np.ndarray,
    groups: np.ndarray,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """By how much one method is right more often than another on the same clips; strata count alike.

    Differences are taken clip by clip, so that a clip that is hard for both widens nothing. The interval is Student's
    with the between-group variance within strata and as many degrees of freedom as there are groups less strata
    (Cochran 1977, section 5.4); what the means of repetitions differ by is added to the variance. Unknown (NaN) where
    no stratum has two groups.

    Parameters
    ----------
    first, second : ndarray
        ``[S, N]`` and ``[R, N]``: how right each repetition was on each clip, 0 to 1.
    strata, groups : ndarray
        ``[N]``.
    """
    first, second = np.atleast_2d(np.asarray(first, float)), np.atleast_2d(np.asarray(second, float))
    if not first.size:
        return UNKNOWN
    apart = first.mean(axis=0) - second.mean(axis=0)
    parts = _by(strata)
    means, variance, freedom = [], 0.0, 0
    for _, inside in parts:
        gained, size = _group_sums(apart[inside], groups[inside])
        mean = gained.sum() / size.sum()
        means.append(mean)
        if len(size) > 1:
            spread = ((gained - mean * size) ** 2).sum() / size.sum() ** 2
            variance += spread * len(size) / (len(size) - 1) / len(parts) ** 2
            freedom += len(size) - 1
    value = float(np.mean(means))
    if not freedom:
        return Estimate(value, float("nan"), float("nan"), len(apart))
    for repeated in (first, second):
        if len(repeated) > 1:
            each = np.mean([repeated[:, inside].mean(axis=1) for _, inside in parts], axis=0)
            variance += float(np.var(each, ddof=1)) / len(each)
    from scipy.stats import t

    half = float(t.ppf(0.5 + confidence / 2, freedom) * np.sqrt(variance))
    return Estimate(value, value - half, value + half, len(apart))


def _by(names: np.ndarray) -> list[tuple[object, np.ndarray]]:
    return [(name, np.flatnonzero(names == name)) for name in np.unique(names)]


def _group_sums(values: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    _, inverse = np.unique(groups, return_inverse=True)
    return np.bincount(inverse, values), np.bincount(inverse).astype(float)
