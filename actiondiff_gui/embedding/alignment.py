"""Alignment of several maps of the same clips by Procrustes analysis.

Position, orientation and scale of a map have no meaning. So each map is translated, rotated, reflected and scaled onto
the one before (orthogonal Procrustes; Schönemann 1966, Gower 1975), and the remaining movement is due to the features.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from actiondiff_gui.errors import AnalysisError


@dataclass(frozen=True)
class Fit:
    """What takes one set of points to another: ``scale * (points - centre) @ turn + target``.

    Attributes
    ----------
    turn : ndarray
        ``[D, D]`` orthogonal: a rotation, with a reflection where that fits better.
    scale : float
    centre, target : ndarray
        ``[D]``, the means of the points and of what they are taken to.
    """

    turn: npt.NDArray[np.float64]
    scale: float
    centre: npt.NDArray[np.float64]
    target: npt.NDArray[np.float64]

    def __call__(self, points: np.ndarray) -> npt.NDArray[np.float64]:
        """Take points ``[N, D]`` along."""
        return self.scale * ((np.asarray(points, np.float64) - self.centre) @ self.turn) + self.target


def procrustes(points: np.ndarray, target: np.ndarray, scaling: bool = True) -> Fit:
    """Return the similarity transform that brings ``points`` nearest to ``target`` in the sum of squared distances.

    Parameters
    ----------
    points, target : ndarray
        ``[N, D]``, the same things in the same order.
    scaling : bool
        Whether the size may change too. Points that all coincide keep theirs.

    Raises
    ------
    AnalysisError
        If the shapes differ, there are no points, or a value is not finite.
    """
    points, target = np.asarray(points, np.float64), np.asarray(target, np.float64)
    if points.shape != target.shape or points.ndim != 2 or not len(points):
        raise AnalysisError(
            f"Maps of the shapes {list(points.shape)} and {list(target.shape)} cannot be aligned: they need"
            " the same clips, at least one."
        )
    if not (np.isfinite(points).all() and np.isfinite(target).all()):
        raise AnalysisError(
            "Maps with coordinates that are not finite cannot be aligned. Compute them again."
        )
    centre, goal = points.mean(axis=0), target.mean(axis=0)
    here, there = points - centre, target - goal
    left, values, right = np.linalg.svd(here.T @ there)
    size = float((here**2).sum())
    scale = float(values.sum()) / size if scaling and size > 0 and values.sum() > 0 else 1.0
    return Fit(left @ right, scale, centre, goal)


def aligned(
    maps: Sequence[np.ndarray], clip_ids: Sequence[Sequence[str]], scaling: bool = True
) -> list[np.ndarray]:
    """Lay each map onto the one before it, by the clips that both have.

    Parameters
    ----------
    maps : sequence of ndarray
        ``[N_i, D]``, in the order in which they are compared. The first stays as it is.
    clip_ids : sequence of sequence of str
        For each map the N_i clips on it.
    scaling : bool
        As for :func:`procrustes`.

    Returns
    -------
    list of ndarray
        ``[N_i, D]`` float64. A map that shares fewer than D clips with the one before is laid onto the latest
        earlier one that shares enough, or stays as it is.
    """
    found: list[np.ndarray] = []
    for number, (points, ids) in enumerate(zip(maps, clip_ids, strict=True)):
        points = np.asarray(points, np.float64)
        for earlier in range(number - 1, -1, -1):
            here, there = shared(ids, clip_ids[earlier])
            if len(here) >= points.shape[1]:
                points = procrustes(points[here], found[earlier][there], scaling)(points)
                break
        found.append(points)
    return found


def shared(ids: Sequence[str], other: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return indices of the clips that both have, in the first and in the second."""
    index = {clip: n for n, clip in enumerate(other)}
    pairs = [(n, index[clip]) for n, clip in enumerate(ids) if clip in index]
    both = np.array(pairs, np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def between(maps: Sequence[np.ndarray], at: float) -> np.ndarray:
    """Return coordinates ``[N, D]`` on the straight path from map to map: ``at`` 0 is the first, 1.5 half-way from the second on.

    All maps are of the same clips in the same order.
    """
    at = min(max(float(at), 0.0), len(maps) - 1.0)
    first = min(int(at), max(len(maps) - 2, 0))
    share = at - first
    if not share:
        return np.asarray(maps[first], np.float64)
    return (1 - share) * np.asarray(maps[first], np.float64) + share * np.asarray(maps[first + 1], np.float64)


def movement(before: np.ndarray, after: np.ndarray) -> npt.NDArray[np.float64]:
    """Return how far each point moved, ``[N]``, in units of the spread of both maps (root mean square distance from centre)."""
    before, after = np.asarray(before, np.float64), np.asarray(after, np.float64)
    spread = np.sqrt(
        np.mean([((each - each.mean(axis=0)) ** 2).sum(axis=1).mean() for each in (before, after)])
    )
    far: npt.NDArray[np.float64] = np.linalg.norm(after - before, axis=1)
    return far / spread if spread > 0 else far
