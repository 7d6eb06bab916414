"""Splits of clips into training, validation and test parts, so that no source group is in two of them.

Every protocol is a function that returns folds of clip numbers. What was left out, and why, is part of the fold; a fold
that cannot be made at all is named in the notes of the first that can.
"""

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from actiondiff_gui.errors import ClassifierError
from actiondiff_gui.evaluation.labels import is_single_label, labelled
from actiondiff_gui.evaluation.sources import source_names, validation_part
from actiondiff_gui.features.tokens import TokenSet


@dataclass(frozen=True)
class Split:
    """Indices of the clips to train on and of those to test on; no source group is in both."""

    train: np.ndarray
    test: np.ndarray


@dataclass(frozen=True)
class Fold:
    """One division of the clips.

    Attributes
    ----------
    name : str
        What it holds out, for people.
    train, validation, test : ndarray
        Clip numbers, rising.
    dropped : dict of int to str
        Clips in none of the parts that belonged in one, each with the reason.
    notes : tuple of str
        What a reader of the result must know.
    """

    name: str
    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    dropped: dict[int, str]
    notes: tuple[str, ...]


def without_domains(domains: np.ndarray, groups: np.ndarray, held_out: list[str]) -> Split:
    """Test the clips of the ``held_out`` domains; train on those of others that share no group with them."""
    tested = np.isin(domains, held_out)
    shared = np.isin(groups, groups[tested])
    return Split(np.flatnonzero(~shared), np.flatnonzero(tested))


def group_folds(
    strata: np.ndarray, groups: np.ndarray, folds: int, seed: int, among: np.ndarray | None = None
) -> list[Split]:
    """Deal whole source groups out to folds with the ``strata`` ``[N]`` spread evenly.

    There are fewer folds where there are fewer groups, and none with a single group. ``among`` limits
    the split to these indices.
    """
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    index = np.arange(len(groups)) if among is None else np.asarray(among)
    count = len(np.unique(groups[index]))
    folds = min(folds, count)
    if folds < 2:
        return []
    _, codes, sizes = np.unique(strata[index], return_inverse=True, return_counts=True)
    if sizes.max() < folds:
        # scikit-learn refuses to deal strata that are all smaller than the number of folds.
        codes = np.zeros_like(codes)
    # Dealing groups takes a second for every thousand of them; where each is one clip there is no need to.
    dealer = StratifiedKFold if count == len(index) else StratifiedGroupKFold
    dealt = dealer(n_splits=folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        pairs = dealt.split(index, codes, groups[index])
        return [Split(index[train], index[test]) for train, test in pairs if len(train) and len(test)]


def leave_one_domain_out(tokens: TokenSet, validation: float = 0.2, seed: int = 0) -> list[Fold]:
    """One fold for each domain: train on all the others, test on it.

    Parameters
    ----------
    tokens : TokenSet
        The clips.
    validation : float
        Share of the training domains' clips that choose the epoch, 0 for none.
    seed : int
        Of the choice of validation sources.

    Raises
    ------
    ClassifierError
        Fewer than two domains, or fewer than two actions.
    """
    use, dropped = _usable(tokens)
    domains = _domains(tokens, use)
    if len(domains) < 2:
        found = f"only '{domains[0]}'" if domains else "none"
        raise ClassifierError(
            f"Leaving one domain out needs labelled clips of at least two domains; there is {found}: choose "
            "another facet as the domain, or label clips elsewhere."
        )

    def hold_out(domain: str) -> Callable[[], list[Fold]]:
        others = [d for d in domains if d != domain]
        name = f"held out: {domain}"
        return lambda: [_across(tokens, use, dropped, others, [domain], name, validation, seed)]

    return _possible([hold_out(domain) for domain in domains])


def train_on_test_on(
    tokens: TokenSet,
    train_domains: Sequence[str],
    test_domains: Sequence[str],
    validation: float = 0.2,
    seed: int = 0,
) -> list[Fold]:
    """One fold: train on some domains, test on others. Parameters as for :func:`leave_one_domain_out`.

    Raises
    ------
    ClassifierError
        A domain is unknown, named on both sides or not at all, or has no usable clip.
    """
    use, dropped = _usable(tokens)
    domains = _domains(tokens, use)
    for side, names in (("train", train_domains), ("test", test_domains)):
        if not names:
            raise ClassifierError(f"No domain to {side} on was chosen: choose at least one.")
        for name in names:
            if name not in domains:
                raise ClassifierError(
                    f"There is no labelled clip of a domain '{name}' to {side} on; there are clips of: "
                    f"{', '.join(domains) or 'no domain'}."
                )
    both = sorted(set(train_domains) & set(test_domains))
    if both:
        raise ClassifierError(
            f"The domain '{both[0]}' is chosen both to train and to test on: choose it on one side, or "
            "evaluate within domains."
        )
    name = f"{' + '.join(train_domains)} -> {' + '.join(test_domains)}"
    return [_across(tokens, use, dropped, train_domains, test_domains, name, validation, seed)]


def train_on_all(tokens: TokenSet, validation: float = 0.2, seed: int = 0) -> Fold:
    """One fold that trains on every usable clip and tests on none.

    Raises
    ------
    ClassifierError
        As for :func:`leave_one_domain_out`.
    """
    use, dropped = _usable(tokens, need_domain=False)
    learn, held, notes = validation_part(tokens, use, validation, seed)
    return Fold("all clips", learn, held, np.array([], dtype=int), dropped, tuple(notes))


def k_fold(
    tokens: TokenSet,
    folds: int = 5,
    domain: str | None = None,
    validation: float = 0.2,
    seed: int = 0,
) -> list[Fold]:
    """K folds over all clips, whatever their domain, or over those of one domain.

    Parameters
    ----------
    tokens : TokenSet
        The clips.
    folds : int
        How many; where there are fewer sources than this, one for each source.
    domain : str, optional
        The domain to stay within.
    validation, seed
        As for :func:`leave_one_domain_out`.

    Raises
    ------
    ClassifierError
        The domain is unknown, there is only one source, or fewer than two folds are asked for.
    """
    if folds < 2:
        raise ClassifierError(f"{folds} folds were asked for: choose at least two.")
    if domain is not None and domain not in tokens.domains:
        raise ClassifierError(
            f"There is no clip of a domain '{domain}'; there are clips of: {', '.join(_domains(tokens))}."
        )
    within = [i for i in range(len(tokens)) if domain is None or tokens.domains[i] == domain]
    use, dropped = _usable(tokens, within, need_domain=domain is not None)
    where = f" within {domain}" if domain is not None else ""
    sources = source_names(tokens)
    count = len(np.unique(sources[use]))
    notes = []
    if count < 2:
        raise ClassifierError(
            f"Folds{where} need labelled clips of at least two sources, and there is one: add clips of "
            "another recording."
        )
    if count < folds:
        notes.append(f"There are only {count} sources{where}, so {count} folds were made instead of {folds}.")
    parts = group_folds(_strata(tokens, domain is None), sources, folds, seed, use)

    def fold(number: int) -> Callable[[], list[Fold]]:
        rest, test = parts[number - 1].train, parts[number - 1].test
        name = f"fold {number} of {len(parts)}{where}"
        return lambda: [_finish(tokens, name, rest, test, dict(dropped), notes, validation, seed)]

    return _possible([fold(number) for number in range(1, len(parts) + 1)])


def within_domains(tokens: TokenSet, folds: int = 5, validation: float = 0.2, seed: int = 0) -> list[Fold]:
    """K folds inside every domain; parameters as for :func:`k_fold`.

    Raises
    ------
    ClassifierError
        No domain allows it; the sentence says why for the first of them.
    """
    domains = _domains(tokens)
    if not domains:
        raise ClassifierError("No clip has a domain: choose a facet as the domain.")

    def inside(domain: str) -> Callable[[], list[Fold]]:
        return lambda: k_fold(tokens, folds, domain, validation, seed)

    return _possible([inside(domain) for domain in domains])


def _possible(makers: Sequence[Callable[[], list[Fold]]]) -> list[Fold]:
    """Return the folds that can be made; why others cannot is noted in the first."""
    out, refused = [], []
    for make in makers:
        try:
            out += make()
        except ClassifierError as error:
            refused.append(str(error))
    if not out:
        raise ClassifierError(refused[0])
    out[0] = replace(out[0], notes=out[0].notes + tuple(f"Left out: {reason}" for reason in refused))
    return out


def _domains(tokens: TokenSet, indices: Iterable[int] | None = None) -> list[str]:
    pick = range(len(tokens)) if indices is None else indices
    return sorted({tokens.domains[i] for i in pick} - {""})


def _usable(
    tokens: TokenSet, within: Iterable[int] | None = None, need_domain: bool = True
) -> tuple[np.ndarray, dict[int, str]]:
    """Clips that can be used, in their own order, and why others cannot."""
    order = tokens.order
    pick = sorted(range(len(tokens)) if within is None else within, key=lambda i: order[i])
    has_label = labelled(tokens.labels)
    single = is_single_label(tokens.labels)
    use, dropped = [], {}
    for i in pick:
        if not has_label[i]:
            dropped[i] = "it has no label"
        elif single and not (tokens.labels[i] == 1).any():
            dropped[i] = "it has negative labels only"
        elif need_domain and not tokens.domains[i]:
            dropped[i] = "its domain is not known"
        else:
            use.append(i)
    if not use:
        raise ClassifierError("No clip can be used: clips need a label and a known domain.")
    shown = (tokens.labels[use] == 1).any(axis=0)
    if single and shown.sum() < 2:
        raise ClassifierError(
            f"All usable clips show '{tokens.classes[int(shown.argmax())]}': label clips of another action."
        )
    return np.array(use, dtype=int), dropped


def _strata(tokens: TokenSet, with_domain: bool) -> np.ndarray:
    """Return what is spread evenly over folds: the action of each clip, the rarest of several, and its domain if asked."""
    shown = tokens.labels == 1
    rarity = np.where(shown, shown.sum(axis=0), np.iinfo(int).max)
    names = np.array([*tokens.classes, ""])
    actions: np.ndarray = names[np.where(shown.any(axis=1), rarity.argmin(axis=1), shown.shape[1])]
    if not with_domain:
        return actions
    return np.char.add(np.char.add(np.array(tokens.domains, dtype=str), "\0"), actions)


def _across(
    tokens: TokenSet,
    use: np.ndarray,
    dropped: dict[int, str],
    train_domains: Sequence[str],
    test_domains: Sequence[str],
    name: str,
    validation: float,
    seed: int,
) -> Fold:
    dropped = dict(dropped)
    domains = np.array(tokens.domains, dtype=object)
    sources = source_names(tokens)
    test = use[np.isin(domains[use], list(test_domains))]
    train = use[np.isin(domains[use], list(train_domains))]
    shared = np.isin(sources[train], sources[test])
    for i in train[shared]:
        dropped[int(i)] = f"its source '{tokens.groups[i]}' also has clips in the held-out part"
    train = train[~shared]
    notes = []
    if shared.any():
        notes.append(
            f"{shared.sum()} clips were not trained on because their source also has held-out clips."
        )
    if not len(train):
        raise ClassifierError(
            f"No training clips are left for '{name}': every source of the training domains also has "
            "clips in the held-out part. Check the source groups."
        )
    return _finish(tokens, name, train, test, dropped, notes, validation, seed)


def _finish(
    tokens: TokenSet,
    name: str,
    train: np.ndarray,
    test: np.ndarray,
    dropped: dict[int, str],
    notes: list[str],
    validation: float,
    seed: int,
) -> Fold:
    """Say which actions one side lacks, drop test clips that nothing could name, and set validation aside."""
    notes = list(notes)
    in_train, in_test = ((tokens.labels[i] == 1).any(axis=0) for i in (train, test))
    for k in np.flatnonzero(in_train & ~in_test):
        notes.append(f"The action '{tokens.classes[k]}' has no held-out clip, so it is not tested.")
    unknown = in_test & ~in_train
    for k in np.flatnonzero(unknown):
        notes.append(
            f"The action '{tokens.classes[k]}' has no training clip, so its held-out clips cannot be predicted."
        )
    alone = [tokens.classes[k] for k in np.flatnonzero((tokens.labels[train] == 1).sum(axis=0) == 1)]
    if alone:
        notes.append(f"Only one training clip shows {', '.join(alone)}: label more.")
    if is_single_label(tokens.labels):
        lost = unknown[tokens.labels[test].argmax(axis=1)]
        for i in test[lost]:
            dropped[int(i)] = "its action has no training clip"
        test = test[~lost]
    if not len(test):
        raise ClassifierError(
            f"No test clips are left for '{name}': none of its actions has clips in the training part."
        )
    learn, held, more = validation_part(tokens, train, validation, seed)
    unknown_source = sum(1 for i in np.concatenate([train, test]) if not tokens.groups[i])
    if unknown_source:
        more += (f"{unknown_source} clips have no known source and were treated as unrelated to all others.",)
    return Fold(name, learn, held, np.sort(test), dropped, tuple(notes) + more)
