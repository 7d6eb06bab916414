"""Silhouette of clips by action or domain."""

import numpy as np

from actiondiff_gui.evaluation.intervals import UNKNOWN, Estimate, jackknife

MOST_CLIPS = 1000
SHUFFLES = 5


def silhouette(
    features: np.ndarray, names: np.ndarray, groups: np.ndarray, seed: int = 0
) -> tuple[Estimate, float]:
    """Mean silhouette (Rousseeuw 1987) of clips by name, and what it is of shuffled names.

    Distances are Euclidean between standardised features. In many dimensions even clear groups score
    low, and meaningless ones a little below 0: compare it with the second number, not with 0. The
    interval is a jackknife over source groups. Of more than 1000 clips, 1000 are drawn.

    Parameters
    ----------
    features : ndarray
        ``[N, C]``.
    names, groups : ndarray
        ``[N]`` str: what to score by, and the source groups.
    seed : int
        Of the shuffles, and of the draw.

    Returns
    -------
    (Estimate, float)
        Unknown (NaN) where there is one name only or every clip has its own.
    """
    from sklearn.metrics import pairwise_distances, silhouette_score
    from sklearn.preprocessing import StandardScaler

    random = np.random.default_rng(seed)
    if len(features) > MOST_CLIPS:
        drawn = np.sort(random.choice(len(features), MOST_CLIPS, replace=False))
        features, names, groups = features[drawn], names[drawn], groups[drawn]
    _, codes = np.unique(names, return_inverse=True)
    if not _can_be_scored(codes):
        return UNKNOWN, float("nan")
    distances = pairwise_distances(StandardScaler().fit_transform(features))
    np.fill_diagonal(distances, 0)

    def score(kept: np.ndarray) -> float:
        if not _can_be_scored(codes[kept]):
            return float("nan")
        return float(silhouette_score(distances[np.ix_(kept, kept)], codes[kept], metric="precomputed"))

    shuffled = [
        float(silhouette_score(distances, random.permutation(codes), metric="precomputed"))
        for _ in range(SHUFFLES)
    ]
    return jackknife(score, groups), float(np.mean(shuffled))


def _can_be_scored(codes: np.ndarray) -> bool:
    return 1 < len(np.unique(codes)) < len(codes)
