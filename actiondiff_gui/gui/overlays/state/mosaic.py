"""Where clips lie that are shown side by side: tiles in the pixels of the first one's video."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

GAP = 0.03
"""Between two tiles, as a share of a tile's longer side."""


@dataclass(frozen=True)
class Tile:
    """One clip's place.

    Attributes
    ----------
    top, left : float
        Its corner, in pixels of the first clip's video.
    scale : float
        Pixels of that video for each pixel of the clip's own.
    height, width : float
        Size, in pixels of the first clip's video; of the tile alone it does not matter.
    """

    top: float = 0.0
    left: float = 0.0
    scale: float = 1.0
    height: float = 0.0
    width: float = 0.0

    def place(self, row: float, column: float) -> tuple[float, float]:
        """Return where a pixel of the clip's own video lies; pixels reach half a pixel beyond their centres."""
        return self.top + self.scale * (row + 0.5) - 0.5, self.left + self.scale * (column + 0.5) - 0.5


@dataclass(frozen=True)
class Mosaic:
    """Tiles row by row, and the number of columns."""

    tiles: tuple[Tile, ...]
    columns: int

    @classmethod
    def of(cls, sizes: Sequence[tuple[int, int]], room: tuple[float, float]) -> "Mosaic":
        """Lay out clips as large as they fit.

        Parameters
        ----------
        sizes : sequence
            Height and width of each clip's video, in pixels. The first sets the size of all tiles; others are scaled to fit.
        room : tuple
            Height and width of the canvas.
        """
        height, width = sizes[0]
        count, gap = len(sizes), GAP * max(height, width)

        def zoom(columns: int) -> float:
            rows = ceil(count / columns)
            return min(room[0] / (rows * (height + gap)), room[1] / (columns * (width + gap)))

        columns = max(range(1, count + 1), key=zoom)
        tiles = []
        for number, (high, wide) in enumerate(sizes):
            row, column = divmod(number, columns)
            scale = min(height / high, width / wide)
            top, left = row * (height + gap), column * (width + gap)
            tiles.append(Tile(top, left, scale, scale * high, scale * wide))
        return cls(tuple(tiles), columns)

    def tile_at(self, row: float, column: float) -> tuple[int, float, float] | None:
        """Return the number of the tile at a pixel of the first clip's video, and the pixel in the tile's own; None beside all."""
        row, column = row + 0.5, column + 0.5
        for number, tile in enumerate(self.tiles):
            down, right = row - tile.top, column - tile.left
            if 0 <= down < tile.height and 0 <= right < tile.width:
                return number, down / tile.scale - 0.5, right / tile.scale - 0.5
        return None
