"""An overlay, and its blending with a frame."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from actiondiff_gui.errors import AnalysisError
from actiondiff_gui.features.placement import Placement
from actiondiff_gui.settings import Setting, check

COLOUR_MAPS = {"attention": "magma", "similarity": "RdBu_r", "evidence": "viridis"}

NO_CROSS_ATTENTION = (
    "Cross-attention is not offered: Stable Video Diffusion gives it one image embedding per frame, so there is a "
    "single key, its weight is 1 everywhere, and a map of it would be blank."
)


@dataclass(frozen=True)
class OverlaySettings:
    """How an overlay is painted over a video.

    Raises
    ------
    AnalysisError
        A value makes no sense.
    """

    opacity: Annotated[
        float,
        Setting("opacity", "Opacity of the overlay over the video", 0, 1, slider=True),
    ] = 0.6

    def __post_init__(self) -> None:
        check(self, AnalysisError)


@dataclass(frozen=True)
class Overlay:
    """Values per position for some frames of one clip.

    Attributes
    ----------
    kind : {"attention", "similarity", "evidence", "colours"}
    title : str
        What it shows, for a legend.
    address : str
        Timestep and layer it comes from.
    frames : ndarray
        ``[N]`` int64, ascending frames of the video.
    values : ndarray
        float32 ``[N, h, w]``, or ``[N, h, w, 3]`` from 0 to 1 for colours.
    limits : tuple of float
        Values that get the first and the last colour; shared by overlays that are compared.
    placement : Placement
    """

    kind: str
    title: str
    frames: np.ndarray
    values: np.ndarray
    limits: tuple[float, float]
    placement: Placement
    address: str = ""

    @property
    def whole_title(self) -> str:
        """Title and address."""
        return f"{self.title}, {self.address}" if self.address else self.title

    def nearest(self, frame: int) -> int:
        """Return the index of the values that are nearest to a frame of the video."""
        return int(np.abs(self.frames - frame).argmin())

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Frames of the clip from ``start`` up to ``end`` that the values stand for: of attention one window alone."""
        if self.kind != "attention":
            return start, end
        step = int(np.diff(self.frames).min()) if len(self.frames) > 1 else 1
        return max(start, int(self.frames[0])), min(end, int(self.frames[-1]) + step)


def limits_of(values: np.ndarray, symmetric: bool = False) -> tuple[float, float]:
    """Sensible limits of a colour scale: the smallest and the 99.5th percentile, or symmetric around 0."""
    if symmetric:
        top = float(np.percentile(np.abs(values), 99.5)) or 1.0
        return -top, top
    low, high = float(values.min()), float(np.percentile(values, 99.5))
    return (low, high) if high > low else (low, low + 1e-6)


def colours(values: np.ndarray, kind: str, limits: tuple[float, float]) -> np.ndarray:
    """Colours ``[..., 3]`` float32 from 0 to 1 of values ``[...]``; colours stay as they are."""
    if kind == "colours":
        return values.astype(np.float32)
    from matplotlib import colormaps

    low, high = limits
    scaled = np.clip((values - low) / (high - low), 0, 1)
    return colormaps[COLOUR_MAPS[kind]](scaled)[..., :3].astype(np.float32)


def spread(
    values: np.ndarray, placement: Placement, picture: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Bring the values of one frame to the video's pixels, linearly between the centres of cells.

    Parameters
    ----------
    values : ndarray
        ``[h, w]`` or ``[h, w, k]``.
    placement : Placement
    picture : tuple of int
        Height and width of the video's frame.

    Returns
    -------
    values : ndarray
        ``[H, W]`` or ``[H, W, k]`` float32.
    seen : ndarray
        ``[H, W]`` bool, what the backbone saw.
    """
    from scipy.ndimage import map_coordinates

    cells = [
        (np.arange(length) - start) / step
        for length, start, step in zip(picture, placement.origin, placement.step, strict=True)
    ]
    inside = [
        (c >= -0.5 - 0.5 / s) & (c <= n - 0.5 + 0.5 / s)
        for c, n, s in zip(cells, placement.grid, placement.step, strict=True)
    ]
    at = np.meshgrid(*cells, indexing="ij")
    planes = values.astype(np.float32).reshape(*values.shape[:2], -1)
    out = np.stack(
        [map_coordinates(planes[..., k], at, order=1, mode="nearest") for k in range(planes.shape[-1])],
        axis=-1,
    )
    return out.reshape(*picture, *values.shape[2:]), np.logical_and.outer(*inside)


def painted(
    frame: np.ndarray, overlay: Overlay, number: int, opacity: float = OverlaySettings.opacity
) -> np.ndarray:
    """Return a frame ``[H, W, 3]`` uint8 with the overlay's values at index ``number`` blended over it."""
    values, seen = spread(overlay.values[number], overlay.placement, frame.shape[:2])
    paint = colours(values, overlay.kind, overlay.limits) * 255
    share = (opacity * seen)[..., None]
    return np.round(frame * (1 - share) + paint * share).astype(np.uint8)
