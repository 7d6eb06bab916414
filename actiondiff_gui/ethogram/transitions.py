"""Transitions between actions: counts and shares of consecutive bouts."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from actiondiff_gui.ethogram.bouts import Bouts


@dataclass(frozen=True, eq=False)
class Transitions:
    """How often one action's bout is followed by another's.

    Attributes
    ----------
    actions : tuple of str
    counts : ndarray of int
        ``[K, K]``: pairs of a bout of the row's action and the next bout, of the column's action.
    pairs : ndarray of int
        ``[P, 2]`` indices of the two bouts of every counted pair.
    overlapping : int
        Pairs whose second bout begins before the first has ended.
    own : int
        Pairs of one action with itself, counted or not.
    with_own : bool
        Whether these are counted.
    too_far : int
        Pairs left out since more than the longest gap lies between them.
    """

    actions: tuple[str, ...]
    counts: npt.NDArray[np.int64]
    pairs: npt.NDArray[np.int64]
    overlapping: int
    own: int
    with_own: bool
    too_far: int = 0

    @property
    def shares(self) -> npt.NDArray[np.float64]:
        """``[K, K]``: of the transitions out of a row's action the share that leads to the column's; NaN for none."""
        sums: npt.NDArray[np.float64] = self.counts.sum(axis=1, keepdims=True).astype(float)
        shares = np.full(self.counts.shape, np.nan)
        np.divide(self.counts, sums, out=shares, where=sums > 0)
        return shares


def transitions(bouts: Bouts, with_own: bool = False, longest_gap: float = np.inf) -> Transitions:
    """Count transitions within each recording and subject, in the order in which bouts begin.

    Parameters
    ----------
    bouts : Bouts
        Of those that begin together the one that ends first comes first.
    with_own : bool
        Count a bout that is followed by one of the same action. Left out, the pair is skipped, and the
        shares are those of changes.
    longest_gap : float
        Seconds between the end of one and the start of the next beyond which they are no pair.
    """
    number = len(bouts.actions)
    order = np.lexsort((bouts.action, bouts.end, bouts.start, bouts.subject, bouts.recording))
    first, second = order[:-1], order[1:]
    same = (bouts.recording[first] == bouts.recording[second]) & (
        bouts.subject[first] == bouts.subject[second]
    )
    gap = (bouts.start[second] - bouts.end[first]) / (bouts.fps[first] if len(first) else 1.0)
    near = gap <= longest_gap
    own = bouts.action[first] == bouts.action[second]
    kept = same & near & (with_own | ~own)
    pairs = np.column_stack([first[kept], second[kept]])
    cells = bouts.action[pairs[:, 0]] * number + bouts.action[pairs[:, 1]]
    counts = np.bincount(cells, minlength=number * number).reshape(number, number)
    return Transitions(
        bouts.actions,
        counts,
        pairs,
        int((kept & (gap < 0)).sum()),
        int((same & near & own).sum()),
        with_own,
        int((same & ~near).sum()),
    )
