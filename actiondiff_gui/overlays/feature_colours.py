"""Overlays from a layer's maps: similarity to a point, and principal components as colours."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from actiondiff_gui.errors import AnalysisError

MOST_CELLS = 20_000
"""Cells on which feature colours are fitted; evenly spaced ones of all where there are more."""


def centre_of(maps: Sequence[np.ndarray]) -> npt.NDArray[np.float32]:
    """Mean feature ``[C]`` over all cells of maps ``[T, C, h, w]``.

    What all positions share says nothing about one of them, so likeness is measured from here.
    """
    total: npt.NDArray[np.float64] = sum(each.sum(axis=(0, 2, 3), dtype=np.float64) for each in maps)
    count = sum(each.shape[0] * each.shape[2] * each.shape[3] for each in maps)
    centre: npt.NDArray[np.float32] = (total / count).astype(np.float32)
    return centre


def similarity(
    map_: np.ndarray, vector: np.ndarray, centre: np.ndarray | None = None
) -> npt.NDArray[np.float32]:
    """Return the similarity of every cell to one feature.

    Parameters
    ----------
    map_ : ndarray
        ``[T, C, h, w]``, of the same clip or of another at the same address.
    vector : ndarray
        ``[C]``, the feature at the clicked cell.
    centre : ndarray, optional
        ``[C]``, subtracted from both; see :func:`centre_of`.

    Returns
    -------
    ndarray
        ``[T, h, w]`` float32, the cosine, from -1 to 1; 0 where a feature is zero.

    Raises
    ------
    AnalysisError
        If the channels differ: the clips were not computed at one address.
    """
    if map_.ndim != 4 or map_.shape[1] != len(vector):
        raise AnalysisError(
            f"A feature of {len(vector)} channels cannot be compared with a map of the shape {list(map_.shape)}. "
            "Compute both at the same backbone and layer."
        )
    cells, vector = map_.astype(np.float32), vector.astype(np.float32)
    if centre is not None:
        cells, vector = cells - centre[None, :, None, None], vector - centre
    dots: npt.NDArray[np.float32] = np.einsum("tchw,c->thw", cells, vector)
    norms = np.linalg.norm(cells, axis=1) * np.linalg.norm(vector)
    cosine = np.zeros_like(dots)
    np.divide(dots, norms, out=cosine, where=norms > 0)
    return cosine


@dataclass(frozen=True)
class FeatureColours:
    """Colours that mean the same in every map they are applied to.

    Attributes
    ----------
    mean : ndarray
        ``[C]``.
    axes : ndarray
        ``[3, C]``, the first three principal components; zero where there are fewer.
    low, high : ndarray
        ``[3]``, what becomes 0 and 1: the 1st and 99th percentile along each axis.
    """

    mean: npt.NDArray[np.float32]
    axes: npt.NDArray[np.float32]
    low: npt.NDArray[np.float32]
    high: npt.NDArray[np.float32]

    @classmethod
    def fit(cls, maps: Sequence[np.ndarray]) -> "FeatureColours":
        """Fit to maps ``[T, C, h, w]`` of all clips that are shown together.

        Raises
        ------
        AnalysisError
            If there are no maps, their channels differ, or a value is not finite.
        """
        if not maps or len({each.shape[1] for each in maps}) != 1:
            raise AnalysisError("Feature colours need maps of at least one clip, all at the same layer.")
        cells = np.concatenate([np.moveaxis(each, 1, -1).reshape(-1, each.shape[1]) for each in maps])
        if not np.isfinite(cells).all():
            raise AnalysisError(
                "The features hold values that are not numbers. Compute them in float32 or bfloat16."
            )
        if len(cells) > MOST_CELLS:
            cells = cells[np.linspace(0, len(cells) - 1, MOST_CELLS).astype(int)]
        cells = cells.astype(np.float64)
        mean = cells.mean(axis=0)
        _, _, components = np.linalg.svd(cells - mean, full_matrices=False)
        axes = np.zeros((3, cells.shape[1]))
        axes[: min(3, len(components))] = components[:3]
        # The sign of a component is arbitrary: its largest weight is made positive.
        signs = np.sign(axes[np.arange(3), np.abs(axes).argmax(axis=1)])
        axes *= np.where(signs == 0, 1, signs)[:, None]
        along = (cells - mean) @ axes.T
        low, high = np.percentile(along, (1, 99), axis=0)
        return cls(
            mean.astype(np.float32), axes.astype(np.float32), low.astype(np.float32), high.astype(np.float32)
        )

    def __call__(self, map_: np.ndarray) -> npt.NDArray[np.float32]:
        """Colours ``[T, h, w, 3]`` float32 from 0 to 1 of a map ``[T, C, h, w]``."""
        along: npt.NDArray[np.float32] = np.einsum(
            "tchw,kc->thwk", map_.astype(np.float32) - self.mean[None, :, None, None], self.axes
        )
        spread = self.high - self.low
        scaled = np.full_like(along, 0.5)
        np.divide(along - self.low, spread, out=scaled, where=spread > 0)
        return np.clip(scaled, 0, 1)
