"""What do simpler heads on the same tokens answer?

A transformer is worth its trouble where it beats these. All of them, the transformer too, are fitted by
:func:`fit_head` and answer as a :class:`~actiondiff_gui.classifier.trained.TrainedClassifier`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from actiondiff_gui.classifier.batches import Normalisation
from actiondiff_gui.classifier.trained import Head, TrainedClassifier
from actiondiff_gui.classifier.training_part import TrainingPart, training_part
from actiondiff_gui.errors import ClassifierError
from actiondiff_gui.features.tokens import TokenSet
from actiondiff_gui.progress import Job, Progress, run

ABSENT = -1e4
"""Logit of an action without a training clip: its probability is 0 in float32."""


def pooled(tokens: Sequence[np.ndarray], spread: bool = False) -> np.ndarray:
    """Mean of each clip's tokens over time ``[N, C]`` float32; ``spread`` adds the deviation, [N, 2C]."""
    mean = np.stack([t.mean(axis=0, dtype=np.float32) for t in tokens])
    if not spread:
        return mean
    return np.concatenate([mean, np.stack([t.astype(np.float32).std(axis=0) for t in tokens])], axis=1)


@dataclass(frozen=True)
class MajorityHead:
    """Always answers with the frequencies ``[K]`` of the actions in training: what a blind guess reaches."""

    channels: int
    frequencies: np.ndarray
    kind = "majority"

    def proba(self, tokens: Sequence[np.ndarray]) -> np.ndarray:
        """``[N, K]`` float32, every row the same."""
        return np.tile(self.frequencies.astype(np.float32), (len(tokens), 1))


@dataclass(frozen=True)
class LinearHead:
    """Logistic regression on standardised pooled tokens.

    Attributes
    ----------
    channels : int
        Channels C of the tokens.
    normalisation : Normalisation
        Of the D pooled features: C of them, or 2C with ``spread``.
    weights, bias : ndarray
        ``[K, D]`` and ``[K]``.
    softmax, spread : bool
        Softmax over the actions or a sigmoid for each; whether the deviation over time is a feature.
    """

    channels: int
    normalisation: Normalisation
    weights: np.ndarray
    bias: np.ndarray
    softmax: bool
    spread: bool = False
    kind = "linear"

    def proba(self, tokens: Sequence[np.ndarray]) -> np.ndarray:
        """Probabilities ``[N, K]`` float32."""
        from scipy.special import expit, softmax

        features = self.normalisation(pooled(tokens, self.spread))
        logits = features.astype(np.float64) @ self.weights.T.astype(np.float64) + self.bias
        return (softmax(logits, axis=1) if self.softmax else expit(logits)).astype(np.float32)


@dataclass(frozen=True)
class NeighboursHead:
    """Vote of the nearest training clips in standardised pooled tokens (Euclidean distance).

    Attributes
    ----------
    channels : int
        Channels C of the tokens.
    normalisation : Normalisation
        Of the C pooled features.
    clips : ndarray
        ``[M, C]`` float32, the training clips.
    truth, known : ndarray
        ``[M, K]`` bool.
    neighbours : int
        How many vote; those whose answer for an action is not known do not vote on it.
    """

    channels: int
    normalisation: Normalisation
    clips: np.ndarray
    truth: np.ndarray
    known: np.ndarray
    neighbours: int
    kind = "neighbours"

    def proba(self, tokens: Sequence[np.ndarray]) -> np.ndarray:
        """Share of the votes ``[N, K]`` float32; 0 where no neighbour knows."""
        from sklearn.neighbors import NearestNeighbors

        search = NearestNeighbors(n_neighbors=min(self.neighbours, len(self.clips))).fit(self.clips)
        nearest = search.kneighbors(self.normalisation(pooled(tokens)), return_distance=False)
        known = self.known[nearest]
        votes = (self.truth[nearest] & known).sum(axis=1)
        return (votes / np.maximum(known.sum(axis=1), 1)).astype(np.float32)


def fit_majority(part: TrainingPart) -> MajorityHead:
    """Frequencies of the actions among the clips where they are known."""
    known = part.known.sum(axis=0)
    frequencies = (part.truth & part.known).sum(axis=0) / np.maximum(known, 1)
    return MajorityHead(part.tokens.tokens[0].shape[1], frequencies.astype(np.float32))


def fit_linear(part: TrainingPart, strength: float = 1.0, spread: bool = False) -> LinearHead:
    """scikit-learn's logistic regression.

    Multinomial where every clip shows exactly one action, otherwise one regression for each action.

    Parameters
    ----------
    part : TrainingPart
        The clips.
    strength : float
        Inverse strength of the L2 penalty (scikit-learn's C).
    spread : bool
        Also use the deviation of the tokens over time.
    """
    from sklearn.linear_model import LogisticRegression

    raw = pooled(part.tokens.tokens, spread)
    normalisation = Normalisation.of([raw])
    features = normalisation(raw).astype(np.float64)
    count = part.truth.shape[1]
    weights, bias = np.zeros((count, raw.shape[1])), np.full(count, ABSENT)
    softmax = part.single_label
    if softmax:
        answer = part.truth.argmax(axis=1)
        model = LogisticRegression(C=strength, max_iter=2000).fit(features, answer)
        if len(model.classes_) == 2:  # scikit-learn keeps one row for two classes
            weights[model.classes_[1]], bias[model.classes_] = model.coef_[0], (0, model.intercept_[0])
        else:
            weights[model.classes_], bias[model.classes_] = model.coef_, model.intercept_
    else:
        for k in range(count):
            rows = part.known[:, k]
            answer = part.truth[rows, k]
            if answer.all() or not answer.any():
                bias[k] = -ABSENT if len(answer) and answer.all() else ABSENT
                continue
            model = LogisticRegression(C=strength, max_iter=2000).fit(features[rows], answer)
            weights[k], bias[k] = model.coef_[0], model.intercept_[0]
    channels = part.tokens.tokens[0].shape[1]
    weights, bias = weights.astype(np.float32), bias.astype(np.float32)
    return LinearHead(channels, normalisation, weights, bias, softmax, spread)


def fit_neighbours(part: TrainingPart, neighbours: int = 5) -> NeighboursHead:
    """Keep the training clips to vote."""
    raw = pooled(part.tokens.tokens)
    normalisation = Normalisation.of([raw])
    return NeighboursHead(raw.shape[1], normalisation, normalisation(raw), part.truth, part.known, neighbours)


HEADS = {"linear": fit_linear, "neighbours": fit_neighbours, "majority": fit_majority}
"""Heads that are fitted at once; "transformer" is trained epoch by epoch."""

HEAD_KINDS = ("transformer", *HEADS)


def fit_job(
    kind: str,
    tokens: TokenSet,
    train: Sequence[int],
    validation: Sequence[int] | None = None,
    settings: Any = None,
    device: str = "cpu",
    *,
    extraction: dict[str, Any] | None = None,
    single_source: bool = False,
    **options: Any,
) -> Job[TrainedClassifier]:
    """Fit a head of any kind.

    Only the transformer chooses something on the validation clips; the other heads learn from them too.

    Parameters
    ----------
    kind : {"transformer", "linear", "neighbours", "majority"}
        Which head.
    tokens, train, validation, settings, device, extraction, single_source
        As for :func:`actiondiff_gui.classifier.training.train_job`. The simpler heads take from
        ``settings`` only what unlabelled means.
    **options
        ``strength`` and ``spread`` of :func:`fit_linear`, ``neighbours`` of :func:`fit_neighbours`.

    Raises
    ------
    ClassifierError
        The kind is unknown, or the clips cannot train it.
    """
    if kind == "transformer":
        from actiondiff_gui.classifier.training import train_job

        more = {"extraction": extraction, "single_source": single_source, **options}
        return (yield from train_job(tokens, train, validation, settings, device, **more))
    if kind not in HEADS:
        raise ClassifierError(f"There is no head {kind!r}: choose one of {', '.join(HEAD_KINDS)}.")
    both = [*map(int, train), *map(int, [] if validation is None else validation)]
    negative = True if settings is None else settings.unlabelled_as_negative
    part = training_part(tokens, both, negative, single_source=single_source)
    yield Progress(0, 1, f"fitting the {kind} head on {len(part)} clips", part.passed_over)
    head: Head = HEADS[kind](part, **options)
    yield Progress(1, 1, f"fitted the {kind} head", part.passed_over)
    return TrainedClassifier(
        head=head,
        classes=tokens.classes,
        address=tokens.address,
        single_label=part.single_label,
        training_clips=len(part),
        settings={"unlabelled_as_negative": negative, **options},
        extraction=dict(extraction or {}),
    )


def fit_head(
    kind: str,
    tokens: TokenSet,
    train: Sequence[int],
    validation: Sequence[int] | None = None,
    settings: Any = None,
    device: str = "cpu",
    **options: Any,
) -> TrainedClassifier:
    """:func:`fit_job`, run to its end."""
    return run(fit_job(kind, tokens, train, validation, settings, device, **options))
