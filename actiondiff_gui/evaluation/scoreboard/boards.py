"""Boards of a scoreboard: which clips train, test, and select the address."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from actiondiff_gui.evaluation.classifiers import ProbeSettings, predict
from actiondiff_gui.evaluation.splits import Split, group_folds

OTHERS = "all others"
"""Name of the row of a board that trains on every domain but the tested one."""
MOST_VALIDATED = 8
"""Training on more domains than this, they are validated in so many blocks."""


@dataclass(frozen=True)
class Contest:
    """One cell of a board: what is trained on, and what is tested.

    Attributes
    ----------
    train : str
        A domain, or :data:`OTHERS`.
    test : str
        A domain.
    splits : tuple of Split
        One; of a domain against itself, folds over its source groups.
    """

    train: str
    test: str
    splits: tuple[Split, ...]

    @property
    def kind(self) -> str:
        """``"within"``, ``"leave-one-out"`` or ``"pairs"``."""
        return "within" if self.train == self.test else "leave-one-out" if self.train == OTHERS else "pairs"


def contests(
    actions: np.ndarray, domains: np.ndarray, groups: np.ndarray, folds: int = 3, seed: int = 0
) -> tuple[tuple[Contest, ...], tuple[str, ...]]:
    """All cells of a board that can be played, and sentences on those that cannot.

    A clip that shares a source group with a tested one is never trained on, and one whose action nobody trained on
    is not tested.

    Parameters
    ----------
    actions, domains, groups : ndarray
        ``[N]`` str, each clip with a group.
    folds : int
        Folds of a domain against itself.
    """
    found, notes = [], []
    names = [str(name) for name in np.unique(domains)]
    for test in names:
        tested = domains == test
        shared = np.isin(groups, groups[tested])
        for train in (*names, OTHERS):
            if train == test:
                parts = group_folds(actions, groups, folds, seed, np.flatnonzero(tested))
            else:
                learn = ~shared & (domains == train if train != OTHERS else True)
                parts = [Split(np.flatnonzero(learn), np.flatnonzero(tested))]
            splits = tuple(
                Split(part.train, kept)
                for part in parts
                if len(known := np.unique(actions[part.train])) > 1
                and len(kept := part.test[np.isin(actions[part.test], known)])
            )
            if splits:
                found.append(Contest(train, test, splits))
                lost = int(tested.sum()) - sum(len(split.test) for split in splits)
                if lost:
                    notes.append(
                        f"From {train} to {test}, {lost} clips were not tested: no clip trained on shows their action."
                    )
            else:
                why = (
                    "its clips have one source"
                    if train == test
                    else "fewer than two actions are left to train on"
                )
                notes.append(f"From {train} to {test} nothing could be tested: {why}.")
    return tuple(found), tuple(notes)


def validation_splits(
    train: np.ndarray,
    actions: np.ndarray,
    domains: np.ndarray,
    groups: np.ndarray,
    folds: int = 3,
    seed: int = 0,
) -> list[Split]:
    """Return splits inside the clips ``train``, by which an address is chosen for any purpose they are trained for.

    Each of their domains is held out in turn; a single domain is validated in folds over its source groups.
    """
    names = np.unique(domains[train])
    if len(names) < 2:
        return group_folds(actions, groups, folds, seed, train)
    count = min(len(names), MOST_VALIDATED)
    splits = []
    for block in range(count):
        held = train[np.isin(domains[train], names[block::count])]
        learn = np.setdiff1d(train, held)
        splits.append(Split(learn[~np.isin(groups[learn], groups[held])], held))
    return splits


def validated(
    features: np.ndarray,
    actions: np.ndarray,
    domains: np.ndarray,
    splits: Sequence[Split],
    settings: ProbeSettings,
    probe: str,
) -> float:
    """Share of right answers of a probe over ``splits``; domains count alike. NaN where nothing can be tested."""
    right, where = [], []
    for split in splits:
        known = np.unique(actions[split.train])
        test = split.test[np.isin(actions[split.test], known)]
        if len(known) < 2 or not len(test):
            continue
        said = predict(features, actions, Split(split.train, test), settings, (probe,))[probe]
        right.append(said == actions[test])
        where.append(domains[test])
    if not right:
        return float("nan")
    hits, tested = np.concatenate(right), np.concatenate(where)
    return float(np.mean([hits[tested == domain].mean() for domain in np.unique(tested)]))


def name_of(train: np.ndarray) -> str:
    """Return a short name of a set of clips, by which equal ones are validated once."""
    return hashlib.sha256(np.sort(np.asarray(train, np.int64)).tobytes()).hexdigest()[:12]
