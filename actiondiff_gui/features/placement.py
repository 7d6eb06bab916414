"""Position of a feature map's cells in the pixels of the video.

The backbone crops a clip to its region of interest, resizes it with aligned corners (the centres of the outer
pixels stay where they are) and shrinks it by a whole factor. Followed backwards, this is one straight line along
each axis.
"""

from dataclasses import dataclass

import numpy as np

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Placement:
    """Where the cells of a map lie in the video's upright frame.

    Attributes
    ----------
    origin : tuple of float
        Row and column, in pixels, of the centre of cell (0, 0); pixel centres lie at whole numbers.
    step : tuple of float
        Pixels from one cell to the next, down and to the right.
    grid : tuple of int
        Height h and width w of the map.
    """

    origin: tuple[float, float]
    step: tuple[float, float]
    grid: tuple[int, int]

    def pixel(self, row: float, column: float) -> tuple[float, float]:
        """Row and column in the video of the centre of a cell."""
        return self.origin[0] + self.step[0] * row, self.origin[1] + self.step[1] * column

    def cell(self, row: float, column: float) -> tuple[int, int] | None:
        """Cell that the pixel at ``row``, ``column`` belongs to; None outside what the backbone saw."""
        found = []
        for value, start, step, count in zip((row, column), self.origin, self.step, self.grid, strict=True):
            cell = (value - start) / step
            # The outer cells begin half a step before their centre; a pixel is half as wide again.
            if not -0.5 - 0.5 / step <= cell <= count - 0.5 + 0.5 / step:
                return None
            found.append(int(np.clip(np.floor(cell + 0.5), 0, count - 1)))
        return found[0], found[1]


def placement(
    picture: tuple[int, int], roi: Box | None, resolution: tuple[int, int], reduction: int
) -> Placement:
    """Placement of a map of a layer.

    Parameters
    ----------
    picture : tuple of int
        Height and width of the video's upright frame in pixels.
    roi : tuple of int, optional
        Region of interest x, y, width, height; what of it lies outside the picture was not seen.
    resolution : tuple of int
        Height and width to which the backbone resized what it saw.
    reduction : int
        Pixels of the resized frame per cell along each side.
    """
    height, width = picture
    x, y, w, h = roi or (0, 0, width, height)
    left, top = max(0, x), max(0, y)
    seen = (min(height, y + h) - top, min(width, x + w) - left)
    scale = tuple((s - 1) / (r - 1) if r > 1 else 0.0 for s, r in zip(seen, resolution, strict=True))
    middle = (reduction - 1) / 2
    return Placement(
        origin=(top + middle * scale[0], left + middle * scale[1]),
        step=(reduction * scale[0], reduction * scale[1]),
        grid=(-(-resolution[0] // reduction), -(-resolution[1] // reduction)),
    )
