"""Accuracy at the chosen address on domains that did not take part in the choice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from actiondiff_gui.evaluation.classifiers import ProbeSettings, predict
from actiondiff_gui.evaluation.intervals import Estimate
from actiondiff_gui.evaluation.scores import Score
from actiondiff_gui.evaluation.splits import Split, group_folds, without_domains
from actiondiff_gui.evaluation.study.plans import Plan

MOST_PAIRS = 36
BLOCKS = 5


@dataclass(frozen=True)
class DomainChoice:
    """An address chosen without a test domain, and its accuracy there.

    Attributes
    ----------
    domain : str
        The test domain.
    timestep, layer
        The address with the best accuracy in validation.
    validation : float
        That accuracy, 0 to 1, averaged over the validation domains.
    value, low, high, chance, n
        Accuracy in the test domain with its 95 % interval, chance level and number of clips.
    """

    domain: str
    timestep: str
    layer: int
    validation: float
    value: float
    low: float
    high: float
    chance: float
    n: int


@dataclass(frozen=True)
class HonestChoice:
    """Choices for each test domain, and their mean.

    Attributes
    ----------
    domains : tuple of DomainChoice
        Empty where no choice was possible.
    value, low, high, chance : float
        Means over the test domains; NaN where there is none. The interval takes the domains as
        independent: their own half-widths are added in squares.
    note : str
        One sentence on how the choices were made.
    """

    domains: tuple[DomainChoice, ...]
    value: float
    low: float
    high: float
    chance: float
    note: str


Validation = dict[str, float]
"""For each test domain the accuracy in validation of one address, which never saw that domain."""


def validation_table(features: np.ndarray, plan: Plan, settings: ProbeSettings, probe: str) -> Validation:
    """Accuracy of one address on validation domains, for each domain that may be tested later.

    For a test domain, each of the other domains in turn is the validation domain and the probe is
    trained on the rest; validation domains count alike. With more than 36 pairs of domains, the others
    are dealt out to 5 blocks that are validated together. With two domains in all, the one that is left
    is its own validation: k-fold over its source groups.

    Parameters
    ----------
    features : ndarray
        ``[N, C]``, in the order of the plan's clips.
    """
    features = np.asarray(features, np.float64)
    domains = [str(name) for name in np.unique(plan.domains)]
    shares: dict[str, list[float]] = {domain: [] for domain in domains}
    if len(domains) == 2:
        for test, other in (domains, domains[::-1]):
            among = np.flatnonzero((plan.domains == other) & ~_shares_group(plan, test))
            if among.size:
                splits = group_folds(plan.actions, plan.groups, settings.folds, settings.seed, among)
                shares[test] = _shares(features, plan, splits, settings, probe)
    elif len(domains) * (len(domains) - 1) // 2 <= MOST_PAIRS:
        for pair in combinations(domains, 2):
            train = without_domains(plan.domains, plan.groups, list(pair)).train
            for test, validated in (pair, pair[::-1]):
                part = np.flatnonzero((plan.domains == validated) & ~_shares_group(plan, test))
                shares[test] += _shares(features, plan, [Split(train, part)], settings, probe)
    else:
        for test in domains:
            others = [domain for domain in domains if domain != test]
            for block in range(BLOCKS):
                several = others[block::BLOCKS]
                train = without_domains(plan.domains, plan.groups, [test, *several]).train
                part = np.flatnonzero(np.isin(plan.domains, several) & ~_shares_group(plan, test))
                shares[test] += _shares(features, plan, [Split(train, part)], settings, probe)
    return {test: float(np.mean(values)) for test, values in shares.items() if values}


def choose_by_validation(
    validated: Mapping[tuple[str, int], Validation], tested: Mapping[tuple[str, int], Mapping[str, Score]]
) -> HonestChoice:
    """For each test domain take the address that was best in validation, and look up its score there.

    Parameters
    ----------
    validated : mapping
        For each (timestep, layer) its :func:`validation_table`. Of equally good addresses the first is taken.
    tested : mapping
        For each (timestep, layer) its score in each held-out domain.
    """
    domains = sorted({domain for scores in tested.values() for domain in scores})
    choices = []
    for test in domains:
        candidates = {
            address: table[test]
            for address, table in validated.items()
            if test in table and test in tested[address]
        }
        if not candidates:
            continue
        address = max(candidates, key=lambda cell: candidates[cell])
        score = tested[address][test]
        choices.append(
            DomainChoice(
                domain=test,
                timestep=address[0],
                layer=address[1],
                validation=candidates[address],
                value=score.value,
                low=score.low,
                high=score.high,
                chance=score.chance,
                n=score.n,
            )
        )
    if not choices:
        note = (
            "No address could be chosen without using the test domain: this requires at least two actions "
            "and, besides the test domain, clips of several source groups or of two more domains."
        )
        unknown = float("nan")
        return HonestChoice((), unknown, unknown, unknown, unknown, note)
    how = (
        "by k-fold over the source groups of the other domain, for there are only two"
        if len(domains) < 3
        else "by holding out each of the other domains in turn"
    )
    note = (
        f"For each test domain the address was chosen without any clip of it, {how}; the score is that of "
        "the chosen address in the test domain."
    )
    joint = joint_estimate(choices)
    chance = float(np.mean([c.chance for c in choices]))
    return HonestChoice(tuple(choices), joint.value, joint.low, joint.high, chance, note)


def joint_estimate(parts: Sequence[DomainChoice] | Sequence[Score]) -> Estimate:
    """Return the mean of scores of different domains; the interval adds their own half-widths in squares, as of independent clips."""
    value = float(np.mean([part.value for part in parts]))
    low = value - float(np.linalg.norm([part.value - part.low for part in parts])) / len(parts)
    high = value + float(np.linalg.norm([part.high - part.value for part in parts])) / len(parts)
    return Estimate(value, low, high, sum(part.n for part in parts))


def _shares_group(plan: Plan, domain: str) -> np.ndarray:
    return np.isin(plan.groups, plan.groups[plan.domains == domain])


def _shares(
    features: np.ndarray, plan: Plan, splits: list[Split], settings: ProbeSettings, probe: str
) -> list[float]:
    """Return the share of correct predictions in each validated domain, over all ``splits`` together."""
    right, where = [], []
    for split in splits:
        trained = np.unique(plan.actions[split.train])
        test = split.test[np.isin(plan.actions[split.test], trained)]
        if len(trained) < 2 or not len(test):
            continue
        predicted = predict(features, plan.actions, Split(split.train, test), settings, (probe,))[probe]
        right.append(predicted == plan.actions[test])
        where.append(plan.domains[test])
    if not right:
        return []
    hits, tested = np.concatenate(right), np.concatenate(where)
    return [float(hits[tested == domain].mean()) for domain in np.unique(tested)]
