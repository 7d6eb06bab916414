"""Source groups: clips cut from one recording, which are never divided between training and test."""

from collections.abc import Iterable, Sequence

import numpy as np

from actiondiff_gui.errors import ClassifierError
from actiondiff_gui.features.tokens import TokenSet


def source_names(tokens: TokenSet) -> np.ndarray:
    """Return the name of each clip's source, ``[N]`` str: its source group, or the clip itself where the group is not known ("")."""
    order = tokens.order
    return np.array([group or f"\0clip {order[i]}" for i, group in enumerate(tokens.groups)], dtype=str)


def check_no_shared_source(
    tokens: TokenSet, train: Sequence[int] | np.ndarray, other: Sequence[int] | np.ndarray
) -> None:
    """Refuse two parts that share a clip or a source group.

    Raises
    ------
    ClassifierError
        Naming the first shared source.
    """
    names = source_names(tokens)
    shared = set(names[list(map(int, train))].tolist()) & set(names[list(map(int, other))].tolist())
    if shared:
        name = min(shared)
        what = f"group '{name}'" if name[0] != "\0" else f"clip '{name.removeprefix(chr(0) + 'clip ')}'"
        raise ClassifierError(
            f"The {what} is in the training and in the validation part, so the validation would "
            "look better than it is: make the split again."
        )


def validation_part(
    tokens: TokenSet, indices: Iterable[int], share: float, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Set aside whole sources, so that every action gives about ``share`` of its clips to validation.

    The rarest action chooses first. An action never loses its last training source, so one that has a
    single source stays out of the validation part, and is named in the notes.

    Parameters
    ----------
    tokens : TokenSet
        All clips.
    indices : iterable of int
        Those to divide.
    share : float
        At least 0, below 1.
    seed : int
        Of the choice.

    Returns
    -------
    train, validation : ndarray
        Clip numbers, rising.
    notes : tuple of str
        Actions without a validation clip.

    Raises
    ------
    ClassifierError
        ``share`` does not lie in [0, 1).
    """
    if not 0 <= share < 1:
        raise ClassifierError(f"The validation share is {share}; it must be at least 0 and below 1.")
    pick = np.unique(np.asarray(list(indices), dtype=int))
    if share == 0 or not len(pick):
        return pick, pick[:0], ()
    shown = (tokens.labels[pick] == 1).astype(int)
    _, member = np.unique(source_names(tokens)[pick], return_inverse=True)
    per_source = np.zeros((member.max() + 1, shown.shape[1]), int)
    np.add.at(per_source, member, shown)
    total = per_source.sum(axis=0)
    order = np.random.default_rng(seed).permutation(len(per_source))
    taken = np.zeros(len(per_source), bool)
    for k in np.argsort(total, kind="stable"):
        wanted = max(share * total[k], 1)
        for source in order:
            adds, have = per_source[source], per_source[taken].sum(axis=0)
            if have[k] >= round(wanted):
                break
            leaves_some = ((total - have - adds > 0) | (adds == 0)).all()
            comes_closer = have[k] == 0 or have[k] + adds[k] - wanted < wanted - have[k]
            if adds[k] and not taken[source] and leaves_some and comes_closer:
                taken[source] = True
    chosen = taken[member]
    missing = np.flatnonzero((total > 0) & (per_source[taken].sum(axis=0) == 0))
    notes = tuple(
        f"The validation part has no clip of '{tokens.classes[k]}': its training clips have too few sources."
        for k in missing
    )
    return pick[~chosen], pick[chosen], notes
