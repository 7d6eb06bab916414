"""All splits by which addresses are scored, planned once for the labelled clips of a study."""

from dataclasses import dataclass

import numpy as np

from actiondiff_gui.errors import AnalysisError
from actiondiff_gui.evaluation.splits import Split, group_folds, without_domains


@dataclass(frozen=True)
class Plan:
    """All splits by which addresses are scored; made once, the same for every address.

    Attributes
    ----------
    actions, domains, groups : ndarray
        ``[N]`` str, of each clip. Clips without a known group have one of their own.
    across : tuple of Split
        One for each domain that can be held out: test its clips, train on other domains.
    within : tuple of Split
        Folds over source groups; a tested clip's domain and action also occur in training.
    telling_domain : tuple of Split
        Folds over source groups for predicting the domain.
    warnings : tuple of str
        Sentences on what was left out.
    """

    actions: np.ndarray
    domains: np.ndarray
    groups: np.ndarray
    across: tuple[Split, ...]
    within: tuple[Split, ...]
    telling_domain: tuple[Split, ...]
    warnings: tuple[str, ...]


def plan_splits(
    actions: np.ndarray,
    domains: np.ndarray,
    groups: np.ndarray,
    folds: int = 5,
    seed: int = 0,
    across: bool = True,
) -> Plan:
    """Plan how clips with these actions, domains and source groups are scored.

    Parameters
    ----------
    actions, domains, groups : array of str
        ``[N]``. A group of "" is unknown: such a clip is taken as a source of its own.
    folds : int
        Folds of the k-fold splits; fewer where there are fewer source groups.
    seed : int
        Of the shuffle that deals groups out to folds.
    across : bool
        Whether domains have to be held out; without it a single domain will do, and there are no splits across or
        notes on them.

    Raises
    ------
    AnalysisError
        If one action only occurs or, with ``across``, one domain only, or if none can be held out.
    """
    actions, domains, groups = (np.asarray(names, dtype=str) for names in (actions, domains, groups))
    if not actions.shape == domains.shape == groups.shape or actions.ndim != 1:
        raise AnalysisError(
            f"Scores need one action, domain and group for each clip, but there are {actions.size} actions, "
            f"{domains.size} domains and {groups.size} groups."
        )
    for names, what, instead in (
        (actions, "action", ""),
        (domains, "domain", ", or choose the silhouette by action, which needs no other domain"),
    ):
        found = np.unique(names)
        if len(found) < 2 and (across or what == "action"):
            only = f"only '{found[0]}' occurs" if len(found) else "there are no clips"
            raise AnalysisError(
                f"Scores need clips of at least two {what}s, but {only}. Label or import more{instead}."
            )
    notes: list[str] = []
    if (unknown := int((groups == "").sum())) > 0:
        notes.append(f"{unknown} clips have no source group; each is taken as a source of its own.")
        groups = np.array([group or f"\0clip {i}" for i, group in enumerate(groups)])
    if not across:
        return Plan(actions, domains, groups, (), (), (), tuple(notes))
    held_out = _across(actions, domains, groups, notes)
    if not held_out:
        raise AnalysisError(
            "No held-out domain can be scored. "
            + " ".join(notes)
            + " Label the same actions in more domains."
        )
    return Plan(
        actions,
        domains,
        groups,
        held_out,
        _within(actions, domains, groups, folds, seed, notes),
        _telling_domain(domains, groups, folds, seed, notes),
        tuple(notes),
    )


def _across(
    actions: np.ndarray, domains: np.ndarray, groups: np.ndarray, notes: list[str]
) -> tuple[Split, ...]:
    splits = []
    for domain in np.unique(domains):
        split = without_domains(domains, groups, [domain])
        shared = len(domains) - len(split.test) - len(split.train)
        if shared:
            notes.append(
                f"With {domain} held out, {shared} clips of other domains were not trained on: they share a "
                f"source group with clips of {domain}."
            )
        trained = np.unique(actions[split.train])
        if len(trained) < 2:
            notes.append(f"{domain} was not scored as held-out: fewer than two actions are left to train on.")
            continue
        known = np.isin(actions[split.test], trained)
        if not known.all():
            absent = ", ".join(np.setdiff1d(actions[split.test], trained))
            notes.append(
                f"With {domain} held out, {(~known).sum()} of its clips were not scored: no clip trained on "
                f"shows {absent}."
            )
        if known.any():
            splits.append(Split(split.train, split.test[known]))
    return tuple(splits)


def _within(
    actions: np.ndarray, domains: np.ndarray, groups: np.ndarray, folds: int, seed: int, notes: list[str]
) -> tuple[Split, ...]:
    splits = []
    strata = np.char.add(np.char.add(domains, "\0"), actions)
    for split in group_folds(strata, groups, folds, seed):
        seen = np.isin(domains[split.test], domains[split.train])
        seen &= np.isin(actions[split.test], actions[split.train])
        if seen.any() and len(np.unique(actions[split.train])) > 1:
            splits.append(Split(split.train, split.test[seen]))
    tested = np.concatenate([split.test for split in splits]) if splits else np.array([], int)
    missing = np.setdiff1d(domains, domains[tested])
    if len(missing):
        notes.append(
            f"No accuracy within {', '.join(missing)}: it takes clips of at least two source groups in a "
            "domain."
        )
    return tuple(splits)


def _telling_domain(
    domains: np.ndarray, groups: np.ndarray, folds: int, seed: int, notes: list[str]
) -> tuple[Split, ...]:
    sources = {domain: len(np.unique(groups[domains == domain])) for domain in np.unique(domains)}
    usable = [domain for domain, count in sources.items() if count > 1]
    if len(usable) < len(sources):
        single = ", ".join(domain for domain, count in sources.items() if count < 2)
        notes.append(
            f"Domain classification leaves out {single}: it takes clips of at least two source "
            "groups in a domain."
        )
    if len(usable) < 2:
        return ()
    splits = []
    for split in group_folds(domains, groups, folds, seed, np.flatnonzero(np.isin(domains, usable))):
        seen = np.isin(domains[split.test], domains[split.train])
        if seen.any() and len(np.unique(domains[split.train])) > 1:
            splits.append(Split(split.train, split.test[seen]))
    return tuple(splits)
