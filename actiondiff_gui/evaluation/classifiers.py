"""Simple classifiers on one vector per clip: logistic regression, nearest neighbours, and the most frequent action.

Grids, scoreboards, training and reports all fit them here, so that the same clips at the same address get the same answers.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated

import numpy as np
from threadpoolctl import ThreadpoolController

from actiondiff_gui.errors import AnalysisError
from actiondiff_gui.evaluation.normalisation import Normalisation
from actiondiff_gui.evaluation.splits import Split
from actiondiff_gui.settings import Setting, check

PROBES = ("linear", "knn")
"""Simple classifiers that learn from features."""

ABSENT = -1e4
"""Logit of an action without a training clip: its probability is 0 in float32."""
TIE = 1e-6
"""Largest part of a neighbours' vote that only decides between actions with equally many votes."""


@dataclass(frozen=True)
class ProbeSettings:
    """How simple classifiers are trained and tested.

    The regularisation is C of scikit-learn's logistic regression, on features standardised and divided by the square root
    of their number of channels, so that it means the same in a narrow and a wide layer.

    Raises
    ------
    AnalysisError
        A value makes no sense.
    """

    neighbours: Annotated[
        int,
        Setting(
            "neighbours", "Clips that vote in k-nearest neighbours; fewer where there are fewer", 1, 10_000
        ),
    ] = 5
    inverse_regularisation: Annotated[
        float, Setting("inverse regularisation", "C of the linear classifier: larger fits closer", 1e-9, 1e9)
    ] = 10.0
    folds: Annotated[int, Setting("folds", "Folds of cross-validation over source groups", 2, 1000)] = 5
    seed: Annotated[
        int, Setting("seed", "Of the shuffle that deals source groups out to folds", 0, 2**32 - 1)
    ] = 0

    def __post_init__(self) -> None:
        check(self, AnalysisError)


@dataclass(frozen=True)
class Majority:
    """Answers every clip with the frequencies ``[K]`` of the actions in training."""

    frequencies: np.ndarray
    kind = "majority"

    def proba(self, features: np.ndarray) -> np.ndarray:
        """``[N, K]`` float32, every row the same."""
        return np.tile(self.frequencies.astype(np.float32), (len(features), 1))


@dataclass(frozen=True)
class Linear:
    """Logistic regression on standardised features.

    Attributes
    ----------
    normalisation : Normalisation
        Of the D features.
    weights, bias : ndarray
        ``[K, D]`` and ``[K]`` float32.
    softmax : bool
        Softmax over the actions, or a sigmoid for each.
    """

    normalisation: Normalisation
    weights: np.ndarray
    bias: np.ndarray
    softmax: bool
    kind = "linear"

    def proba(self, features: np.ndarray) -> np.ndarray:
        """Probabilities ``[N, K]`` float32 of features ``[N, D]``."""
        from scipy.special import expit, softmax

        known = self.normalisation(features).astype(np.float64)
        logits = known @ self.weights.T.astype(np.float64) + self.bias
        chances: np.ndarray = softmax(logits, axis=1) if self.softmax else expit(logits)
        return chances.astype(np.float32)


@dataclass(frozen=True)
class Neighbours:
    """Vote of the nearest training clips (Euclidean distance between standardised features).

    Attributes
    ----------
    normalisation : Normalisation
        Of the D features.
    clips : ndarray
        ``[M, D]`` float32, the training clips, standardised.
    truth, known : ndarray
        ``[M, K]`` bool.
    neighbours : int
        How many vote; those whose answer for an action is not known do not vote on it.
    """

    normalisation: Normalisation
    clips: np.ndarray
    truth: np.ndarray
    known: np.ndarray
    neighbours: int
    kind = "knn"

    def proba(self, features: np.ndarray) -> np.ndarray:
        """Share of the votes ``[N, K]`` float32; 0 where no neighbour knows.

        Of actions with equally many votes the one with the nearest voter is ahead, by less than a millionth.
        """
        from sklearn.neighbors import NearestNeighbors

        count = min(self.neighbours, len(self.clips))
        search = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(self.clips)
        nearest = search.kneighbors(self.normalisation(features), return_distance=False)
        known = self.known[nearest]
        votes = self.truth[nearest] & known
        share = votes.sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        nearness = 0.5 ** np.arange(count)[:, None]
        ahead = TIE * (votes * nearness / nearness.sum()).sum(axis=1)
        return np.where(share > 0, share * (1 - TIE) + ahead, 0).astype(np.float32)


Simple = Majority | Linear | Neighbours


def fit_simple(
    kind: str,
    features: np.ndarray,
    truth: np.ndarray,
    known: np.ndarray,
    single_label: bool,
    settings: ProbeSettings | None = None,
    *,
    names: Sequence[str] | None = None,
    balanced: bool = False,
) -> Simple:
    """Fit a simple classifier.

    Parameters
    ----------
    kind : {"linear", "knn", "majority"}
    features : ndarray
        ``[N, D]``.
    truth, known : ndarray
        ``[N, K]`` bool, see :func:`~actiondiff_gui.evaluation.labels.targets`.
    single_label : bool
        Whether every clip shows exactly one action; then the regression is multinomial, else one for each action.
    names : sequence of str, optional
        Of the K actions. They are fitted in the order of their names, so that the order of the columns changes nothing.
    balanced : bool
        Whether the regression weighs actions inversely to their number of clips.

    Raises
    ------
    AnalysisError
        There is no such kind.
    """
    settings = settings or ProbeSettings()
    if kind == "majority":
        frequencies = (truth & known).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        return Majority(frequencies.astype(np.float32))
    if kind not in PROBES:
        raise AnalysisError(f"There is no simple classifier {kind!r}: choose one of {', '.join(PROBES)}.")
    features = np.asarray(features, np.float32)
    normalisation = Normalisation.of([features])
    standardised = normalisation(features)
    if kind == "knn":
        return Neighbours(normalisation, standardised, truth, known, settings.neighbours)
    return _fit_linear(normalisation, standardised, truth, known, single_label, settings, names, balanced)


@cache
def _pools() -> ThreadpoolController:
    """Return the libraries of this process that have threads of their own; looking for them takes longer than a small fit."""
    return ThreadpoolController()


def _fit_linear(
    normalisation: Normalisation,
    standardised: np.ndarray,
    truth: np.ndarray,
    known: np.ndarray,
    single_label: bool,
    settings: ProbeSettings,
    names: Sequence[str] | None,
    balanced: bool,
) -> Linear:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    count, size = truth.shape[1], standardised.shape[1]
    weights, bias = np.zeros((count, size)), np.full(count, ABSENT)
    turned, basis = _within_span(standardised.astype(np.float64) / np.sqrt(size))

    def fitted(rows: np.ndarray, answer: np.ndarray) -> LogisticRegression:
        weight = "balanced" if balanced else None
        model = LogisticRegression(
            C=settings.inverse_regularisation, class_weight=weight, max_iter=200, tol=1e-3
        )
        # Its many products with a single vector or a few take several times as long with two threads as with one, which
        # besides wait for each other on the processors that the window needs.
        with warnings.catch_warnings(), _pools().limit(limits=1, user_api="blas"):
            warnings.simplefilter("ignore", ConvergenceWarning)
            return model.fit(turned[rows], answer)

    everything = np.ones(len(truth), bool)
    if single_label:
        column = (
            np.arange(count) if names is None else np.argsort(np.asarray(names, dtype=str), kind="stable")
        )
        inverse = np.empty(count, int)
        inverse[column] = np.arange(count)
        answer = inverse[truth.argmax(axis=1)]
        present = np.unique(answer)
        if len(present) == 1:
            bias[column[present]] = 0.0
        else:
            model = fitted(everything, answer)
            back = column[model.classes_]
            if len(present) == 2:  # scikit-learn keeps one row for two classes
                weights[back[1]], bias[back] = basis @ model.coef_[0], (0, model.intercept_[0])
            else:
                weights[back], bias[back] = model.coef_ @ basis.T, model.intercept_
    else:
        for k in range(count):
            rows, answer = known[:, k], truth[known[:, k], k]
            if answer.all() or not answer.any():
                bias[k] = -ABSENT if len(answer) and answer.all() else ABSENT
                continue
            model = fitted(rows, answer)
            weights[k], bias[k] = basis @ model.coef_[0], model.intercept_[0]
    weights /= np.sqrt(size)
    return Linear(normalisation, weights.astype(np.float32), bias.astype(np.float32), single_label)


def _within_span(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates ``[N, R]`` of clips in the subspace that they span, and its orthonormal basis ``[D, R]``.

    An L2-penalised linear model leaves its weights in the span of the training clips, and with few clips of many
    channels it is much faster to fit there.
    """
    if len(features) >= features.shape[1]:
        return features, np.eye(features.shape[1])
    values, vectors = np.linalg.eigh(features @ features.T)
    keep = values > max(values[-1], 1e-300) * 1e-12
    if not keep.any():
        return np.zeros((len(features), 1)), np.zeros((features.shape[1], 1))
    length = np.sqrt(values[keep])
    return vectors[:, keep] * length, features.T @ (vectors[:, keep] / length)


def predict(
    features: np.ndarray,
    names: np.ndarray,
    split: Split,
    settings: ProbeSettings,
    probes: tuple[str, ...] = PROBES,
    balanced: bool = False,
) -> dict[str, np.ndarray]:
    """Train each probe on the training part and name the clips of the test part.

    Parameters
    ----------
    features : ndarray
        ``[N, D]``.
    names : ndarray
        ``[N]``, what to predict; only those of the training part are looked at.
    balanced : bool
        Whether the linear probe weighs classes inversely to their size.

    Returns
    -------
    dict
        For each probe the predicted names, one for each clip of ``split.test``.
    """
    known, answer = np.unique(names[split.train], return_inverse=True)
    if len(known) < 2:
        return {probe: np.repeat(known[:1], len(split.test)) for probe in probes}
    truth = answer[:, None] == np.arange(len(known))
    everything = np.ones_like(truth)
    found = {}
    for probe in probes:
        model = fit_simple(probe, features[split.train], truth, everything, True, settings, balanced=balanced)
        found[probe] = known[model.proba(features[split.test]).argmax(axis=1)]
    return found
