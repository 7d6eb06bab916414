"""How good are the features of one address: do they tell the action, and do they tell the domain?"""

from dataclasses import dataclass

import numpy as np

from actiondiff_gui.analysis.intervals import Estimate, balanced_share, difference
from actiondiff_gui.analysis.probes import PROBES, ProbeSettings, predict
from actiondiff_gui.analysis.silhouettes import silhouette
from actiondiff_gui.analysis.splits import Plan, Split, plan_splits
from actiondiff_gui.errors import AnalysisError
from actiondiff_gui.features.tokens import TokenSet

MEASURES = {
    "across_linear": "Action in a held-out domain, linear probe trained on the other domains",
    "across_knn": "Action in a held-out domain, nearest neighbours in the other domains",
    "within_linear": "Action in a domain that was trained on, linear probe, other source groups",
    "within_knn": "Action in a domain that was trained on, nearest neighbours, other source groups",
    "gap_linear": "What an unseen domain costs: within minus across, linear probe",
    "gap_knn": "What an unseen domain costs: within minus across, nearest neighbours",
    "domain_linear": "Domain, linear probe, other source groups (balanced accuracy)",
    "silhouette_action": "How tightly clips of one action lie together (-1 to 1)",
    "silhouette_domain": "How tightly clips of one domain lie together (-1 to 1)",
}
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
        """The score of ``measure`` in ``domain``, "" for the mean over domains."""
        return next(s for s in self.scores if (s.measure, s.domain) == (measure, domain))


def scored_clips(tokens: TokenSet) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """The clips that can be scored: exactly one action is labelled, and the domain is known.

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
        The splits, from :func:`~actiondiff_gui.analysis.splits.plan_splits`.

    Raises
    ------
    AnalysisError
        If features do not fit the plan or are not finite.
    """
    settings = settings or ProbeSettings()
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
    means, details = [], []
    predicted = {}
    for name, splits in (("across", plan.across), ("within", plan.within)):
        predicted[name] = _predict_all(features, plan.actions, splits, settings, PROBES)
        chance = _blind_guesses(plan.actions, splits)
        for probe in PROBES:
            correct = predicted[name][probe] == plan.actions
            mean, each = _accuracies(f"{name}_{probe}", correct, chance, plan)
            means.append(mean)
            details += each
    means += [_gap(probe, predicted["within"][probe], predicted["across"][probe], plan) for probe in PROBES]
    told = _predict_all(features, plan.domains, plan.telling_domain, settings, ("linear",), balanced=True)
    mean, each = _accuracies(
        "domain_linear", told["linear"] == plan.domains, _even_guess(plan.domains, plan.telling_domain), plan
    )
    means.append(mean)
    details += each
    for what, names in (("action", plan.actions), ("domain", plan.domains)):
        estimate, shuffled = silhouette(features, names, plan.groups, settings.seed)
        means.append(_score(f"silhouette_{what}", "", estimate, shuffled))
    order = list(MEASURES)
    means.sort(key=lambda score: order.index(score.measure))
    return AddressScores(tuple(means + details), predicted["across"], plan.warnings)


def _predict_all(
    features, names, splits: tuple[Split, ...], settings, probes, balanced=False
) -> dict[str, np.ndarray]:
    predicted = {probe: np.full(len(names), None, object) for probe in probes}
    for split in splits:
        for probe, guess in predict(features, names, split, settings, probes, balanced).items():
            predicted[probe][split.test] = guess
    return predicted


def _blind_guesses(names: np.ndarray, splits: tuple[Split, ...]) -> np.ndarray:
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
    """The mean over domains, and each domain's own; ``blind`` as from :func:`_blind_guesses`."""
    scored = np.isfinite(blind).all(axis=1)
    each, guesses = [], []
    for domain in np.unique(plan.domains[scored]):
        here = scored & (plan.domains == domain)
        guesses.append(blind[here].mean(axis=0))
        estimate = balanced_share(correct[here], plan.domains[here], plan.groups[here])
        each.append(_score(measure, str(domain), estimate, guesses[-1].max()))
    estimate = balanced_share(correct[scored], plan.domains[scored], plan.groups[scored])
    chance = np.mean(guesses, axis=0).max() if guesses else np.nan
    return _score(measure, "", estimate, chance), each


def _gap(probe: str, within: np.ndarray, across: np.ndarray, plan: Plan) -> Score:
    scored = [np.not_equal(predicted, None) for predicted in (within, across)]
    both = np.intersect1d(plan.domains[scored[0]], plan.domains[scored[1]])
    estimates = []
    for predicted, known in zip((within, across), scored, strict=True):
        here = known & np.isin(plan.domains, both)
        estimates.append(
            balanced_share((predicted == plan.actions)[here], plan.domains[here], plan.groups[here])
        )
    return _score(f"gap_{probe}", "", difference(*estimates), 0.0)


def _score(measure: str, domain: str, estimate: Estimate, chance: float) -> Score:
    return Score(measure, domain, estimate.value, estimate.low, estimate.high, float(chance), estimate.n)
