"""Scores of held-out answers, with intervals: the same for training results, reports and scoreboards."""

import math
from typing import Any

import numpy as np

from actiondiff_gui.evaluation.bootstrap import (
    Interval,
    Statistic,
    balanced_statistic,
    bootstrap,
    mean_average_precision_statistic,
    top1_statistic,
)
from actiondiff_gui.evaluation.intervals import balanced_share, paired_difference
from actiondiff_gui.evaluation.metrics import confusion, expected_calibration_error, hits_of, per_class


def measures(
    probabilities: np.ndarray, truth: np.ndarray, known: np.ndarray, single_label: bool
) -> dict[str, Statistic]:
    """Return the scores of answers ``[N, K]`` by name, the most telling first."""
    ranking = {
        "mAP": mean_average_precision_statistic(probabilities, truth, known),
        "mAP (micro)": mean_average_precision_statistic(probabilities, truth, known, micro=True),
    }
    if not single_label:
        return ranking
    return {
        "top-1": top1_statistic(probabilities, truth),
        "balanced accuracy": balanced_statistic(probabilities, truth),
        **ranking,
    }


ACCURACY = "accuracy"
"""Share of clips whose most probable action is right, every domain counting alike: the score of grids and scoreboards."""


def held_out_scores(
    probabilities: np.ndarray,
    truth: np.ndarray,
    known: np.ndarray,
    domains: np.ndarray,
    sources: np.ndarray,
    single_label: bool,
    resamples: int,
    seed: int,
) -> dict[str, Interval]:
    """Scores of S repetitions ``[S, M, K]`` by name with their intervals, the most telling first.

    The accuracy and its interval are those of :func:`~actiondiff_gui.evaluation.intervals.balanced_share`; the other
    scores have bootstrap intervals over sources.

    Parameters
    ----------
    truth, known : ndarray
        ``[M, K]``.
    domains, sources : ndarray
        ``[M]``, of the held-out clips.
    """
    repetitions = [measures(p, truth, known, single_label) for p in probabilities]
    found = {
        name: bootstrap([each[name] for each in repetitions], sources, resamples, seed=seed)
        for name in repetitions[0]
    }
    if not single_label:
        return found
    right = np.stack([hits_of(p, truth) for p in probabilities])
    share = balanced_share(right, np.asarray(domains, dtype=str), sources)
    return {ACCURACY: Interval(share.value, share.low, share.high), **found}


def score_head(
    probabilities: np.ndarray,
    truth: np.ndarray,
    known: np.ndarray,
    classes: tuple[str, ...],
    domains: np.ndarray,
    folds: np.ndarray,
    sources: np.ndarray,
    single_label: bool,
    resamples: int,
    seed: int,
) -> dict[str, Any]:
    """Scores of one head, with intervals.

    Parameters
    ----------
    probabilities : ndarray
        ``[S, M, K]``, of S repetitions.
    truth, known : ndarray
        ``[M, K]``.
    classes : tuple of str
        Names of the K actions.
    domains, folds, sources : ndarray
        ``[M]``, of the held-out clips.
    single_label : bool
        Whether each clip shows exactly one action.
    resamples, seed : int
        Of the bootstrap over sources.

    Returns
    -------
    dict
        ``overall`` and ``domains``: intervals of the mean over the repetitions; ``mean_over_folds``: each
        fold counts the same, which is what is usually reported for held-out domains, and the only fair mAP
        since probabilities of different folds come from different classifiers; ``by_seed``; ``per_class``
        and ``confusion`` over all repetitions together; ``calibration_error``.
    """

    def intervals(rows: np.ndarray) -> dict[str, Any]:
        return held_out_scores(
            probabilities[:, rows],
            truth[rows],
            known[rows],
            domains[rows],
            sources[rows],
            single_label,
            resamples,
            seed,
        )

    def values(chances: np.ndarray, rows: np.ndarray) -> dict[str, float]:
        ones = np.ones((1, int(rows.sum())))
        named = measures(chances[rows], truth[rows], known[rows], single_label)
        found = {name: float(statistic(ones)[0]) for name, statistic in named.items()}
        if single_label:
            right = hits_of(chances[rows], truth[rows])
            share = balanced_share(right, np.asarray(domains[rows], dtype=str), sources[rows])
            found = {ACCURACY: share.value, **found}
        return found

    everything = np.ones(len(truth), bool)
    per_fold = [[values(p, folds == fold) for fold in np.unique(folds)] for p in probabilities]
    names = list(per_fold[0][0])
    means = [{name: _mean([fold[name] for fold in one]) for name in names} for one in per_fold]
    repeated = len(probabilities)
    stacked = probabilities.reshape(-1, probabilities.shape[-1])
    truths, knowns = np.tile(truth, (repeated, 1)), np.tile(known, (repeated, 1))
    return {
        "clips": len(truth),
        "overall": intervals(everything),
        "mean_over_folds": {name: _mean([one[name] for one in means]) for name in names},
        "domains": {d: intervals(domains == d) for d in sorted(set(domains.tolist()))},
        "by_seed": {name: [one[name] for one in means] for name in names},
        "per_class": per_class(stacked, truths, knowns, classes, single_label),
        "confusion": confusion(stacked, truths),
        "calibration_error": expected_calibration_error(stacked, truths) if single_label else None,
    }


def difference(
    one: np.ndarray,
    other: np.ndarray,
    truth: np.ndarray,
    known: np.ndarray,
    domains: np.ndarray,
    sources: np.ndarray,
    single_label: bool,
    resamples: int,
    seed: int,
) -> dict[str, Any]:
    """Intervals of the scores of ``one`` [S, M, K] less those of ``other`` [R, M, K] on the same clips."""

    def mean_of(repetitions: np.ndarray, name: str) -> Statistic:
        named = [measures(p, truth, known, single_label)[name] for p in repetitions]
        return lambda weights: np.mean([statistic(weights) for statistic in named], axis=0)

    def less(ours: Statistic, theirs: Statistic) -> Statistic:
        return lambda weights: ours(weights) - theirs(weights)

    out = {}
    if single_label:
        ours, theirs = (np.stack([hits_of(p, truth) for p in many]) for many in (one, other))
        apart = paired_difference(ours, theirs, np.asarray(domains, dtype=str), sources)
        out[ACCURACY] = Interval(apart.value, apart.low, apart.high)
    for name in measures(one[0], truth, known, single_label):
        apart_by = less(mean_of(one, name), mean_of(other, name))
        out[name] = bootstrap([apart_by], sources, resamples, seed=seed)
    return out


def _mean(values: list[float]) -> float:
    known = [v for v in values if not math.isnan(v)]
    return float(np.mean(known)) if known else math.nan
