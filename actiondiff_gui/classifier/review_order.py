"""Active learning: scores of clips and the order in which they are reviewed; pure functions of arrays.

A higher score means that a clip is asked sooner. Ties are broken by the clips' content, never by their ids, so that
the same videos are asked in the same order in every project.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from actiondiff_gui.errors import ClassifierError
from actiondiff_gui.settings import Setting, check

RANDOM, UNCERTAINTY, DISAGREEMENT, NOVELTY, DOUBT = (
    "random",
    "uncertainty",
    "disagreement",
    "novelty",
    "doubt",
)
ORDERS = {
    UNCERTAINTY: "the least certain first",
    DISAGREEMENT: "where models disagree",
    NOVELTY: "unlike anything labelled",
    DOUBT: "labels in doubt",
    RANDOM: "at random, for an estimate",
}
"""All orders, in words for people."""
GOOD_FOR = {
    UNCERTAINTY: "The model is uncertain between actions here, so an answer is most informative.",
    DISAGREEMENT: "The model and simpler ones, trained on the same labels, disagree here.",
    NOVELTY: "These clips lie far from all labelled ones: a behaviour, an animal or a setting that was not seen yet.",
    DOUBT: "Labelled clips whose label the model contradicts: labelling errors, or behaviour it has not learned.",
    RANDOM: "Only randomly chosen clips give an unbiased estimate of the accuracy. The model is not retrained meanwhile.",
}
"""What each order is good for."""

THRESHOLD = 0.5
"""Probability from which an action counts as shown where several can be."""

FIRST = 200
"""So many clips at the front are chosen one by one for variety; nobody answers more before the next training."""


@dataclass(frozen=True)
class ReviewSettings:
    """How a review asks, and when it learns.

    Raises
    ------
    ClassifierError
        A value makes no sense.
    """

    order: Annotated[
        Literal["uncertainty", "disagreement", "novelty", "doubt", "random"],
        Setting("ask", "Which clips are asked first", words=ORDERS, tips=GOOD_FOR, flag="order"),
    ] = "uncertainty"
    every: Annotated[
        int | None,
        Setting(
            "train after",
            "After so many answers the model is trained again, on the features that are there",
            1,
            1000,
            none="never",
            flag="train-after",
        ),
    ] = 10

    def __post_init__(self) -> None:
        check(self, ClassifierError)


def entropy(probabilities: np.ndarray) -> np.ndarray:
    """Entropy of each row of ``[N, K]`` that sums to 1, as a share of the largest possible: 0 sure, 1 even."""
    p = np.asarray(probabilities, np.float64)
    if p.shape[1] < 2:
        return np.zeros(len(p))
    share: np.ndarray = _entropy(p) / np.log(p.shape[1])
    return share


def margin(probabilities: np.ndarray) -> np.ndarray:
    """1 minus the lead of the most likely action over the second, ``[N]``: 0 sure, 1 a tie."""
    p = np.asarray(probabilities, np.float64)
    if p.shape[1] < 2:
        return np.zeros(len(p))
    two = np.sort(p, axis=1)[:, -2:]
    return 1 - (two[:, 1] - two[:, 0])


def threshold_nearness(probabilities: np.ndarray, threshold: float = THRESHOLD) -> np.ndarray:
    """Return how near the nearest action of each clip is to the threshold, ``[N]``: 1 on it, 0 where all are sure."""
    p = np.asarray(probabilities, np.float64)
    if not p.shape[1]:
        return np.zeros(len(p))
    room = np.where(p >= threshold, 1 - threshold, threshold)
    nearness: np.ndarray = 1 - (np.abs(p - threshold) / room).min(axis=1)
    return nearness


def uncertainty(probabilities: np.ndarray, single_label: bool, measure: str = "margin") -> np.ndarray:
    """Return how uncertain a model is of each clip, ``[N]`` between 0 and 1.

    Parameters
    ----------
    probabilities : ndarray
        ``[N, K]``, calibrated if they are to be compared between models.
    single_label : bool
        Whether each clip shows one of the actions; then ``measure`` counts, else nearness to the threshold.
    measure : {"margin", "entropy"}
    """
    if not single_label:
        return threshold_nearness(probabilities)
    return {"margin": margin, "entropy": entropy}[measure](probabilities)


def disagreement(answers: Sequence[np.ndarray], single_label: bool) -> np.ndarray:
    """Return how much M heads disagree on each clip, ``[N]``: 0 the same, 1 each sure of something else.

    Jensen-Shannon divergence of their probabilities ``[N, K]`` (Lin 1991), divided by log M; where several
    actions can be shown, that of the action on which they are furthest apart.
    """
    p = np.stack([np.asarray(a, np.float64) for a in answers])
    if len(p) < 2:
        return np.zeros(p.shape[1])
    if single_label:
        apart = _entropy(p.mean(axis=0)) - _entropy(p).mean(axis=0)
    else:
        both = np.stack([p, 1 - p], axis=-1)
        apart = (_entropy(both.mean(axis=0)) - _entropy(both).mean(axis=0)).max(axis=1, initial=0)
    found: np.ndarray = np.clip(apart / np.log(len(p)), 0, 1)
    return found


def doubt(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return how much a model doubts the labels, ``[N]``: 1 minus the probability of the least likely of them.

    ``labels`` is ``[N, K]`` of 1, 0, -1; a clip without a label scores 0.
    """
    p = np.asarray(probabilities, np.float64)
    against = np.where(labels == 1, 1 - p, np.where(labels == -1, p, 0.0))
    most: np.ndarray = against.max(axis=1, initial=0)
    return most


def novelty(features: np.ndarray, labelled: np.ndarray, neighbours: int = 3) -> np.ndarray:
    """Return how far each clip is from any labelled clip, ``[N]``.

    The distance to the k-th nearest labelled clip, in features of mean 0 and deviation 1 over all clips, divided
    by the median of the same distance among the labelled ones: 1 is as far as labelled clips are from each other.

    Parameters
    ----------
    features : ndarray
        ``[N, C]``, one row for each clip.
    labelled : ndarray
        ``[N]`` bool.
    neighbours : int
        k; fewer where there are fewer labelled clips.

    Returns
    -------
    ndarray
        1 for all clips where nothing is labelled.
    """
    labelled = np.asarray(labelled, bool)
    if not labelled.any():
        return np.ones(len(features))
    z = standardised(features)
    count = int(labelled.sum())
    among = _kth_distance(
        z[labelled], z[labelled], min(neighbours + 1, count)
    )  # the nearest is the clip itself
    usual = float(np.median(among))
    away = _kth_distance(z, z[labelled], min(neighbours, count))
    away[labelled] = among
    return away / usual if usual > 0 else away


def nearest(features: np.ndarray, chosen: np.ndarray, among: np.ndarray, count: int) -> np.ndarray:
    """For each of the clips ``chosen`` the ``count`` nearest of the clips ``among``, nearest first, ``[n, count]``."""
    from sklearn.neighbors import NearestNeighbors

    chosen, among = np.asarray(chosen, int), np.asarray(among, int)
    count = min(count, len(among))
    if not count or not len(chosen):
        return np.zeros((len(chosen), count), int)
    z = standardised(features)
    found = NearestNeighbors(n_neighbors=count).fit(z[among]).kneighbors(z[chosen], return_distance=False)
    near: np.ndarray = among[found]
    return near


def standardised(features: np.ndarray) -> np.ndarray:
    """``features`` ``[N, C]`` with mean 0 and deviation 1 in each channel that varies, float64."""
    values = np.asarray(features, np.float64)
    spread = values.std(axis=0)
    varies = spread > 1e-9 * max(1.0, spread.max(initial=0))
    scaled: np.ndarray = (values - values.mean(axis=0)) / np.where(varies, spread, 1.0)
    return scaled


def random_order(keys: Sequence[str], seed: int = 0) -> np.ndarray:
    """Return indices of the clips in a random order that depends on ``seed`` alone, ``[N]``.

    It follows from what each clip shows: where clips are answered or added, the others keep their order, so that
    any beginning of it is a fair draw.
    """
    drawn = [hashlib.sha256(f"{seed}/{key}".encode()).digest() for key in keys]
    return np.array(sorted(range(len(drawn)), key=lambda i: (drawn[i], keys[i])), int)


def by_score(scores: np.ndarray, keys: Sequence[str]) -> np.ndarray:
    """Return indices of the clips, highest score first, ``[N]``; equal scores in the order of ``keys``."""
    rounded = np.round(np.asarray(scores, np.float64), 6)  # rounding of sums must not part equal clips
    return np.array(sorted(range(len(rounded)), key=lambda i: (-rounded[i], keys[i])), int)


def varied(
    scores: np.ndarray, features: np.ndarray, groups: Sequence[str], keys: Sequence[str], first: int = FIRST
) -> np.ndarray:
    """Return indices of the clips by score, without similar clips in a row, ``[N]``.

    The clip with the highest score comes first. It then counts against all clips of its source: each loses a
    share ``exp(-(d / s)^2)`` of its score, with d its distance in the standardised features and s the median distance
    of a clip to its nearest neighbour, copies apart. So a near copy (d of 0) goes to the end of the queue, and a clip of the
    same source that shows something else loses little.

    Parameters
    ----------
    scores : ndarray
        ``[N]``, not negative.
    features : ndarray
        ``[N, C]``.
    groups : sequence of str
        Source of each clip; clips without one ("") are never alike.
    keys : sequence of str
        What decides between equal scores.
    first : int
        Clips to be chosen in this way; the rest follow by what is left of their scores.
    """
    if not len(scores):
        return np.zeros(0, int)
    # In the order of the keys a first maximum is the tie's winner.
    order = np.array(sorted(range(len(scores)), key=keys.__getitem__), int)
    left = np.asarray(scores, np.float64)[order].copy()
    z = standardised(features)[order]
    members: dict[str, list[int]] = {}
    for index, i in enumerate(order):
        members.setdefault(groups[i], []).append(index)
    alike = {name: np.array(indices) for name, indices in members.items() if name and len(indices) > 1}
    usual = _usual_distance(z) if alike else 1.0
    taken = np.zeros(len(order), bool)
    front = []
    for _ in range(min(first, len(order))):
        best = int(np.where(taken, -1.0, np.round(left, 6)).argmax())
        taken[best] = True
        front.append(best)
        same = alike.get(groups[order[best]])
        if same is not None:
            left[same] *= 1 - np.exp(-(((z[same] - z[best]) / usual) ** 2).sum(axis=1))
    rest = np.flatnonzero(~taken)
    rest = rest[np.argsort(-np.round(left[rest], 6), kind="stable")]
    varied: np.ndarray = order[np.concatenate([np.array(front, int), rest])]
    return varied


def _usual_distance(z: np.ndarray) -> float:
    # Some hundred clips tell the median well enough; they are evenly spaced over an order by content.
    some = z[np.unique(np.linspace(0, len(z) - 1, min(len(z), 500)).round().astype(int))]
    distances = _kth_distance(some, z, min(2, len(z)))
    apart = distances[distances > 0]
    return float(np.median(apart)) if len(apart) else 1.0


def _kth_distance(points: np.ndarray, others: np.ndarray, k: int) -> np.ndarray:
    from sklearn.neighbors import NearestNeighbors

    return NearestNeighbors(n_neighbors=k).fit(others).kneighbors(points)[0][:, -1]


def _entropy(p: np.ndarray) -> np.ndarray:
    entropy: np.ndarray = -(p * np.log(np.where(p > 0, p, 1.0))).sum(axis=-1)
    return entropy
