"""Review queue: the model in use, its probabilities from stored features, and the order of the clips."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from actiondiff_gui.backbones.waking import wake_job
from actiondiff_gui.classifier import review_order as orders
from actiondiff_gui.classifier.models.library import load_model
from actiondiff_gui.classifier.models.trained import TrainedClassifier
from actiondiff_gui.errors import ClassifierError, FeatureStoreError
from actiondiff_gui.evaluation.metrics import decisions
from actiondiff_gui.features.clips import ClipSource
from actiondiff_gui.features.dataset import clip_sources
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.features.tokens import TokenSet
from actiondiff_gui.inference.origin import store_of
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.facets import is_excluded
from actiondiff_gui.project.project import Project

NEIGHBOURS = 5
"""Number of labelled clips shown beside the question."""
_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Question:
    """A clip to ask about.

    Attributes
    ----------
    clip_id : str
    predicted : tuple of str
        What the model holds for true: one action, or any number where several can be shown.
    confidence : float
        Its probability of that; of several the least.
    probabilities : tuple of float
        Of all actions of the model.
    reason : str
        Why it is asked, to follow a dash: "unsure between walk and run".
    neighbours : tuple of str
        The labelled clips that are nearest in the features, nearest first; () far down the queue.
    """

    clip_id: str
    predicted: tuple[str, ...]
    confidence: float
    probabilities: tuple[float, ...]
    reason: str
    neighbours: tuple[str, ...] = ()


@dataclass(frozen=True)
class Queue:
    """Clips in the order in which they are asked.

    Attributes
    ----------
    model : str
        Name of the model.
    classes : tuple of str
        Its actions.
    single_label : bool
    order : str
        One of :data:`actiondiff_gui.classifier.review_order.ORDERS`.
    questions : tuple of Question
    without_features : int
        Clips that have no features at the model's address, and so cannot be asked.
    labelled : int
        Clips with features that are labelled already.
    """

    model: str
    classes: tuple[str, ...]
    single_label: bool
    order: str
    questions: tuple[Question, ...]
    without_features: int
    labelled: int

    def __len__(self) -> int:
        return len(self.questions)


@dataclass(frozen=True)
class Judged:
    """A model's predictions for a project's clips.

    ``tokens`` holds for each of the N clips the mean of its tokens ``[1, C]``, and the labels of the model's actions;
    ``probabilities`` is ``[N, K]``, ``labelled`` ``[N]`` whether anybody said anything, ``shown`` whether somebody said what
    it shows, ``missing`` the number of clips without features.
    """

    tokens: TokenSet
    probabilities: np.ndarray
    labelled: np.ndarray
    shown: np.ndarray
    missing: int


def queue_job(project: Project, model: str, order: str, seed: int = 0) -> Job[Queue]:
    """Predict all clips with features by the model called ``model``, and order those to ask about.

    Parameters
    ----------
    order : str
        One of :data:`actiondiff_gui.classifier.review_order.ORDERS`. "doubt" asks labelled clips, all others clips that nobody
        said an action of; "random" only those of which nobody said anything.
    seed : int
        Of the random order.

    Raises
    ------
    ActionDiffError
        There is no such model, a file is damaged, or other heads cannot be fitted to compare with.
    """
    yield from wake_job(networks=False)
    yield Progress(0, 0, f"reading {model}")
    classifier = load_model(project, model)
    judged = yield from judge_job(project, classifier)
    yield Progress(0, 0, "ordering clips")
    return ordered(model, classifier, judged, order, seed)


def judge_job(project: Project, classifier: TrainedClassifier) -> Job[Judged]:
    """Return the predictions of ``classifier`` for every clip of a project that has features and was not excluded."""
    store, address = store_of(project, classifier), classifier.address
    clips = {clip.id: clip for clip in project.clips() if not is_excluded(clip.facets)}
    sources = clip_sources(project, clips)
    ids, keys, means, answers = [], [], [], []
    missing = 0
    for first in range(0, len(sources), _AT_ONCE):
        yield Progress(first, len(sources), "reading features")
        part = _tokens(store, sources[first : first + _AT_ONCE], address)
        missing += len(sources[first : first + _AT_ONCE]) - len(part)
        if len(part):
            answers.append(classifier.predict_proba(part))
            ids += part.clip_ids
            keys += part.keys
            means += list(part.pooled()[:, None])
    chances = np.concatenate(answers) if answers else np.zeros((0, len(classifier.classes)), np.float32)
    names, everything = project.label_matrix(ids)
    _, labels = project.label_matrix(ids, classifier.classes)
    groups = tuple(clips[i].source_group for i in ids)
    tokens = TokenSet(
        *(tuple(ids), tuple(means), classifier.classes, labels, ("",) * len(ids), groups, address),
        keys=tuple(keys),
    )
    if not names:
        everything = np.zeros((len(ids), 1), np.int8)
    return Judged(tokens, chances, (everything != 0).any(axis=1), (everything == 1).any(axis=1), missing)


def ordered(model: str, classifier: TrainedClassifier, judged: Judged, order: str, seed: int = 0) -> Queue:
    """Return the queue of the predicted clips; arguments as for :func:`queue_job`."""
    if order not in orders.ORDERS:
        raise ClassifierError(f"There is no order {order!r:.60}: choose one of {', '.join(orders.ORDERS)}.")
    tokens, single = judged.tokens, classifier.single_label
    pool = {orders.DOUBT: judged.labelled, orders.RANDOM: ~judged.labelled}.get(order, ~judged.shown)
    pool = np.flatnonzero(pool)
    # Where labels themselves are doubted, what somebody denied may be what the clip shows.
    doubted = order == orders.DOUBT
    chances = (
        judged.probabilities if doubted else _without_denied(judged.probabilities, tokens.labels, single)
    )
    features = tokens.pooled() if len(tokens) else np.zeros((0, 1), np.float32)
    heads = (
        _heads(tokens, classifier, judged.probabilities) if order == orders.DISAGREEMENT and len(pool) else {}
    )
    if order == orders.RANDOM:
        scores = np.zeros(len(tokens))
    elif order == orders.UNCERTAINTY:
        scores = orders.uncertainty(chances, single)
    elif order == orders.DISAGREEMENT:
        scores = orders.disagreement(list(heads.values()), single) if heads else np.zeros(len(tokens))
    elif order == orders.NOVELTY:
        scores = orders.novelty(features, judged.shown)
    else:
        scores = orders.doubt(judged.probabilities, tokens.labels)
    keys, groups = [tokens.order[i] for i in pool], [tokens.groups[i] for i in pool]
    if order == orders.RANDOM:
        # By what clips show alone: ids are drawn at import.
        indices = orders.random_order([tokens.keys[i] for i in pool], seed)
    elif order == orders.DOUBT:
        indices = orders.by_score(scores[pool], keys)
    else:
        indices = orders.varied(scores[pool], features[pool], groups, keys)
    wanted = pool[indices]
    chosen = decisions(chances, single)
    first = wanted[: orders.FIRST]
    among = np.flatnonzero(judged.shown)
    near = [()] * len(wanted)
    if len(among) and len(first):
        found = orders.nearest(features, first, among, NEIGHBOURS + 1)
        near[: len(first)] = [
            tuple(tokens.clip_ids[n] for n in row if n != i)[:NEIGHBOURS]
            for i, row in zip(first, found, strict=True)
        ]
    questions = [
        Question(
            tokens.clip_ids[i],
            tuple(classifier.classes[k] for k in np.flatnonzero(chosen[i])),
            _confidence(chances[i], chosen[i]),
            tuple(float(p) for p in chances[i]),
            _reason(order, i, classifier.classes, single, chances[i], scores[i], heads, tokens.labels[i]),
            neighbours,
        )
        for i, neighbours in zip(wanted, near, strict=True)
    ]
    return Queue(
        *(model, classifier.classes, single, order, tuple(questions), judged.missing), int(judged.shown.sum())
    )


def _tokens(store: TokenStore, sources: Sequence[ClipSource], address) -> TokenSet:
    found, keys = {}, []
    for source in sources:
        # A damaged file counts as missing; computing it again is offered.
        with contextlib.suppress(FeatureStoreError):
            if (read := store.find_at(source.key, address.reading)) is not None:
                found[source.id], _ = read
                keys.append(source.key)
    nothing = ("",) * len(found)
    labels = np.zeros((len(found), 0), np.int8)
    return TokenSet(
        tuple(found), tuple(found.values()), (), labels, nothing, nothing, address, keys=tuple(keys)
    )


def _without_denied(probabilities: np.ndarray, labels: np.ndarray, single_label: bool) -> np.ndarray:
    """Return probabilities given the labels: a denied action has none, and the others share it."""
    left = np.where(labels == -1, 0.0, probabilities)
    if not single_label:
        return left
    total = left.sum(axis=1, keepdims=True)
    return np.where(total > 0, left / np.where(total > 0, total, 1), probabilities)


def _heads(tokens: TokenSet, classifier: TrainedClassifier, own: np.ndarray) -> dict[str, np.ndarray]:
    """Return probabilities of the model and of the simple heads that it is not, fitted on the present labels."""
    from actiondiff_gui.classifier.models.heads import PROBES
    from actiondiff_gui.classifier.training.fitting import fit_head

    known = np.flatnonzero((tokens.labels != 0).any(axis=1))
    found = {classifier.kind: own}
    for kind in PROBES:
        if kind != classifier.kind:
            found[kind] = fit_head(kind, tokens, known, single_source=True).predict_proba(tokens)
    return found


def _confidence(chances: np.ndarray, chosen: np.ndarray) -> float:
    found = chances[chosen].min() if chosen.any() else 1 - chances.max(initial=0)
    return float(np.clip(found, 0, 1))


def _reason(order, i, classes, single, chances, score, heads, labels) -> str:
    names = np.array(classes, dtype=object)
    if order == orders.RANDOM:
        return "drawn at random"
    if order == orders.NOVELTY:
        return f"{score:.1f} times as far from labelled clips as these are from each other"
    if order == orders.DOUBT:
        said = [f"not {names[k]}" if labels[k] < 0 else names[k] for k in np.flatnonzero(labels)]
        return f"labelled {' + '.join(said) or 'otherwise'}, which the model gives {1 - score:.0%}"
    if order == orders.DISAGREEMENT:
        said: dict[str, list[str]] = {}
        for kind, answers in heads.items():
            picked = decisions(answers[i : i + 1], single)[0]
            said.setdefault(" + ".join(names[picked]) or "nothing", []).append(kind)
        if len(said) == 1:
            return f"all heads predict {next(iter(said))}, with different confidence"
        return ", ".join(f"{_heads_say(kinds)} {name}" for name, kinds in said.items())
    if not single:
        nearest = int(np.abs(chances - orders.THRESHOLD).argmin())
        return f"{names[nearest]} is at {chances[nearest]:.0%}, near the threshold of {orders.THRESHOLD:.0%}"
    two = np.argsort(-chances, kind="stable")[:2]
    if len(two) < 2:
        return "the only action"
    return (
        f"unsure between {names[two[0]]} and {names[two[1]]}"
        if score > 0.5
        else f"fairly sure of {names[two[0]]}"
    )


_HEADS = {"transformer": "the transformer", "linear": "the linear head", "knn": "the nearest clips"}


def _heads_say(kinds: Sequence[str]) -> str:
    """Return a subject and verb: "the linear head says", "the transformer and the nearest clips say"."""
    several = len(kinds) > 1 or kinds[0] == "knn"
    return f"{' and '.join(_HEADS.get(kind, kind) for kind in kinds)} {'predict' if several else 'predicts'}"
