"""Scores of the features at one address: separation of actions and of domains."""

from dataclasses import dataclass

import numpy as np

from actiondiff_gui.errors import AnalysisError
from actiondiff_gui.evaluation.classifiers import ProbeSettings, predict
from actiondiff_gui.evaluation.intervals import Estimate, balanced_share, difference
from actiondiff_gui.evaluation.labels import answered
from actiondiff_gui.evaluation.measures import ALL_MEASURES, FAMILIES
from actiondiff_gui.evaluation.silhouettes import silhouette
from actiondiff_gui.evaluation.splits import Split
from actiondiff_gui.evaluation.study.plans import Plan, plan_splits
from actiondiff_gui.features.tokens import TokenSet

MEASURES = {m.key: m.meaning for m in ALL_MEASURES.values() if m.family != "transformer"}
"""What each measure of :func:`score_address` says."""


@dataclass(frozen=True)
class Score:
    """One measure of one address.

    Attributes
    ----------
    measure : str
        A key of :data:`MEASURES`.
    domain : str
        The (held-out) domain it is of; "" for the mean in which every domain counts alike.
    value, low, high : float
        Accuracies from 0 to 1, gaps and silhouettes from -1 to 1, with their 95 % interval. NaN where
        the measure cannot be computed.
    chance : float
        What to expect of features that say nothing. For actions the better of two blind guesses: any of
        the actions trained on, or the most frequent of them. For the domain 1/D. For gaps 0. For
        silhouettes the mean over shuffled names.
    n : int
        Clips scored.
    """

    measure: str
    domain: str
    value: float
    low: float
    high: float
    chance: float
    n: int


@dataclass(frozen=True)
class AddressScores:
    """All scores of one address.

    Attributes
    ----------
    scores : tuple of Score
        Means over domains in the order of :data:`MEASURES`, then each domain's own.
    predicted : dict of str to ndarray
        For each probe the action ``[N]`` predicted for a clip when its domain was held out; ``None``
        where the clip could not be scored.
    warnings : tuple of str
        Sentences on what was left out.
    """

    scores: tuple[Score, ...]
    predicted: dict[str, np.ndarray]
    warnings: tuple[str, ...]

    def of(self, measure: str, domain: str = "") -> Score:
        """Return the score of ``measure`` in ``domain``, "" for the mean over domains."""
        return next(s for s in self.scores if (s.measure, s.domain) == (measure, domain))


def scored_clips(tokens: TokenSet) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Return the clips that can be scored: exactly one action is labelled, and the domain is known.

    Returns
    -------
    indices : ndarray
        ``[M]``, in the clips' own order, so that scores do not depend on the order of clips.
    actions : ndarray
        ``[M]`` str, the action of each.
    warnings : tuple of str
        Sentences on what was left out.
    """
    shown = np.asarray(tokens.labels) == 1
    one = shown.sum(axis=1) == 1 if shown.size else np.zeros(len(tokens), bool)
    known = np.array([bool(domain) for domain in tokens.domains], bool)
    order = tokens.order
    indices = np.array(sorted(np.flatnonzero(one & known), key=lambda i: order[i]), dtype=int)
    if not len(indices):
        raise AnalysisError(
            "No clip can be scored: label some clips with one action each, and choose a facet whose value is "
            "known as the domain."
        )
    notes = []
    for left_out, why in (
        (~one, "they do not show exactly one action"),
        (one & ~known, "their domain is not known"),
    ):
        if left_out.any():
            notes.append(f"{left_out.sum()} of {len(tokens)} clips were left out: {why}.")
    actions = np.array([tokens.classes[k] for k in shown[indices].argmax(axis=1)])
    return indices, actions, tuple(notes)


def score_address(
    features: np.ndarray,
    actions: np.ndarray,
    domains: np.ndarray,
    groups: np.ndarray,
    settings: ProbeSettings | None = None,
) -> AddressScores:
    """Plan the splits and score one address; see :func:`score_features`.

    Parameters
    ----------
    features : ndarray
        ``[N, C]``, one vector per clip.
    actions, domains, groups : array of str
        ``[N]``. A group of "" is unknown: such a clip is taken as a source of its own.
    """
    settings = settings or ProbeSettings()
    return score_features(
        features, plan_splits(actions, domains, groups, settings.folds, settings.seed), settings
    )


def score_features(features: np.ndarray, plan: Plan, settings: ProbeSettings | None = None) -> AddressScores:
    """Score one address by every measure of :data:`MEASURES`.

    *Across*: each domain in turn is held out, the probe is trained on all others. *Within*: k-fold over
    source groups, trained on clips of all domains. Both are averaged so that every domain counts alike;
    the gap is taken over the domains that have both. No source group is ever on both sides of a split.

    Parameters
    ----------
    features : ndarray
        ``[N, C]``, in the order of the plan's clips.
    plan : Plan
        The splits, from :func:`~actiondiff_gui.evaluation.study.plans.plan_splits`.

    Raises
    ------
    AnalysisError
        If features do not fit the plan or are not finite.
    """
    settings = settings or ProbeSettings()
    scores: list[Score] = []
    predicted: dict[str, np.ndarray] = {}
    for family in FAMILIES:
        if family != "transformer":
            found, said = _family(family, _checked(features, plan), plan, settings)
            scores += found
            predicted |= said
    order = list(MEASURES)
    scores.sort(key=lambda score: (bool(score.domain), order.index(score.measure)))
    return AddressScores(tuple(scores), predicted, plan.warnings)


def score_family(
    family: str, features: np.ndarray, plan: Plan, settings: ProbeSettings | None = None
) -> tuple[Score, ...]:
    """Return the scores of one family of measures, as :func:`score_features` gives them; means over domains first.

    Parameters
    ----------
    family : str
        One of :data:`~actiondiff_gui.evaluation.measures.FAMILIES` but ``"transformer"``, whose answers
        :func:`score_answers` takes.

    Raises
    ------
    AnalysisError
        If there is no such family, or features do not fit the plan or are not finite.
    """
    if family not in FAMILIES or family == "transformer":
        raise AnalysisError(f"There is no family of measures {family!r} that probes compute.")
    return tuple(_family(family, _checked(features, plan), plan, settings or ProbeSettings())[0])


def score_answers(who: str, across: np.ndarray, within: np.ndarray, plan: Plan) -> tuple[Score, ...]:
    """Accuracy across and within domains, and the gap, of anything that named the clips of a plan.

    Parameters
    ----------
    who : str
        ``"linear"``, ``"knn"`` or ``"transformer"``: the end of the measures' keys.
    across, within : ndarray
        ``[N]`` or, of S repetitions, ``[S, N]``: the action named for each clip when it was tested by
        ``plan.across`` and ``plan.within``, ``None`` where it was not.
    """
    means, details = [], []
    for name, splits, answers in (("across", plan.across, across), ("within", plan.within, within)):
        mean, each = _accuracies(
            f"{name}_{who}", answers == plan.actions, blind_guesses(plan.actions, splits), plan
        )
        means.append(mean)
        details += each
    return (*means, _gap(who, within, across, plan), *details)


def _checked(features: np.ndarray, plan: Plan) -> np.ndarray:
    features = np.asarray(features, np.float64)
    if features.ndim != 2 or len(features) != len(plan.actions) or not features.shape[1]:
        raise AnalysisError(
            f"Scores need one feature vector for each of {len(plan.actions)} clips, but the features have "
            f"the shape {list(features.shape)}."
        )
    if not np.isfinite(features).all():
        raise AnalysisError(
            "Some features are not finite. Extract the clips again in bfloat16 or float32, or leave them out."
        )
    return features


def _family(
    family: str, features: np.ndarray, plan: Plan, settings: ProbeSettings
) -> tuple[list[Score], dict[str, np.ndarray]]:
    """Scores, and for a probe that names actions what it said of held-out domains."""
    if family == "silhouettes":
        found = []
        for what, names in (("action", plan.actions), ("domain", plan.domains)):
            estimate, shuffled = silhouette(features, names, plan.groups, settings.seed)
            found.append(_score(f"silhouette_{what}", "", estimate, shuffled))
        return found, {}
    if family == "domain":
        splits = plan.telling_domain
        told = _predict_all(features, plan.domains, splits, settings, "linear", balanced=True)
        even = _even_guess(plan.domains, splits)
        mean, each = _accuracies("domain_linear", told == plan.domains, even, plan)
        return [mean, *each], {}
    across, within = (
        _predict_all(features, plan.actions, splits, settings, family)
        for splits in (plan.across, plan.within)
    )
    return list(score_answers(family, across, within, plan)), {family: across}


def _predict_all(
    features: np.ndarray,
    names: np.ndarray,
    splits: tuple[Split, ...],
    settings: ProbeSettings,
    probe: str,
    balanced: bool = False,
) -> np.ndarray:
    predicted = np.full(len(names), None, object)
    for split in splits:
        predicted[split.test] = predict(features, names, split, settings, (probe,), balanced)[probe]
    return predicted


def blind_guesses(names: np.ndarray, splits: tuple[Split, ...]) -> np.ndarray:
    """``[N, 2]``: how often two blind guesses are right for each clip, NaN where it is not tested.

    The guesses are any name of the training part, and its most frequent one (any of those, if several).
    """
    right = np.full((len(names), 2), np.nan)
    for split in splits:
        trained, counts = np.unique(names[split.train], return_counts=True)
        frequent = trained[counts == counts.max()]
        right[split.test, 0] = 1 / len(trained)
        right[split.test, 1] = np.isin(names[split.test], frequent) / len(frequent)
    return right


def _even_guess(names: np.ndarray, splits: tuple[Split, ...]) -> np.ndarray:
    right = np.full((len(names), 1), np.nan)
    for split in splits:
        right[split.test] = 1 / len(np.unique(names[split.train]))
    return right


def _accuracies(
    measure: str, correct: np.ndarray, blind: np.ndarray, plan: Plan
) -> tuple[Score, list[Score]]:
    """Return the mean over domains, and each domain's own; ``blind`` as from :func:`blind_guesses`."""
    scored = np.isfinite(blind).all(axis=1)
    each, guesses = [], []
    for domain in np.unique(plan.domains[scored]):
        here = scored & (plan.domains == domain)
        guesses.append(blind[here].mean(axis=0))
        estimate = balanced_share(correct[..., here], plan.domains[here], plan.groups[here])
        each.append(_score(measure, str(domain), estimate, guesses[-1].max()))
    estimate = balanced_share(correct[..., scored], plan.domains[scored], plan.groups[scored])
    chance = np.mean(guesses, axis=0).max() if guesses else np.nan
    return _score(measure, "", estimate, chance), each


def _gap(who: str, within: np.ndarray, across: np.ndarray, plan: Plan) -> Score:
    tested = [answered(np.atleast_2d(answers)).all(axis=0) for answers in (within, across)]
    both = np.intersect1d(plan.domains[tested[0]], plan.domains[tested[1]])
    estimates = []
    for answers, known in zip((within, across), tested, strict=True):
        here = known & np.isin(plan.domains, both)
        estimates.append(
            balanced_share((answers == plan.actions)[..., here], plan.domains[here], plan.groups[here])
        )
    return _score(f"gap_{who}", "", difference(*estimates), 0.0)


def _score(measure: str, domain: str, estimate: Estimate, chance: float) -> Score:
    return Score(measure, domain, estimate.value, estimate.low, estimate.high, float(chance), estimate.n)
