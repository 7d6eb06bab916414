"""Overlay layers in the viewer that follow the frame, over one clip or over several side by side."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from actiondiff_gui.gui.player.video_axes import ShownVideo, placement
from actiondiff_gui.gui.session.clip_table import ClipRow
from actiondiff_gui.overlays.overlay import COLOUR_MAPS, Overlay
from actiondiff_gui.overlays.stack import OverlayStack, VideoStretch
from actiondiff_gui.video.reader import VideoReader

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from actiondiff_gui.gui.host import Host

POINT = "clicked point"
POINTED = ("attention", "similarity")
"""Kinds of overlays that start from a point."""


class OverlayLayers:
    """Layers that overlays add to a viewer; the current video's own layer stays where it is.

    Attributes
    ----------
    overlays : list
        Layers of the overlays, in the order in which they were shown.
    """

    def __init__(self, host: "Host") -> None:
        self.host = host
        self.overlays: list = []
        self._rows: list[ClipRow] = []
        self._cells: list[list] = []
        self._added: list = []
        self._readers: dict[str, VideoReader] = {}
        self._mark = None

    @property
    def viewer(self) -> "Viewer":
        """The viewer that holds the layers."""
        return self.host.viewer

    @property
    def beside(self) -> bool:
        """Whether several overlays are side by side."""
        return bool(self._cells)

    def show(self, shown: Sequence[tuple[ClipRow, Overlay]], opacity: float) -> None:
        """Show overlays over their clips: one over the player's layer, several side by side.

        Frames are linked at the clips' beginnings. All layers of one kind share one colour scale.
        """
        if self._update(shown):
            return
        self.clear()
        if len(shown) == 1:
            (row, overlay) = shown[0]
            self.overlays, self._rows = [self._add_overlay(row, overlay, 0, opacity)], [row]
            self._bring_up(self._marks())
        else:
            self.forget_point()
            self._show_beside(shown, opacity)
        player = self.host.player.layer
        if player is not None:
            self.viewer.layers.selection.active = player

    def _show_beside(self, shown: Sequence[tuple[ClipRow, Overlay]], opacity: float) -> None:
        session, player = self.host.session, self.host.player.layer
        current = session.current_row
        begin = current.start if current is not None else 0
        free = player
        for row, overlay in shown:
            shift = begin - row.start
            if free is not None and row.video_id == session.video and not shift:
                video, free = free, None
            else:
                video = self._add_video(row, begin)
                self._added.append(video)
            cell = [video, self._add_overlay(row, overlay, shift, opacity)]
            self.overlays.append(cell[1])
            if overlay.kind in POINTED:
                cell.append(self._add_mark([]))
                self._added.append(cell[2])
            self._rows.append(row)
            self._cells.append(cell)
        # The grid takes layers in their order; what others put into the viewer comes after ours.
        # Each move draws the whole grid anew.
        for index, layer in enumerate([layer for cell in self._cells for layer in cell]):
            if (here := self.viewer.layers.index(layer)) != index:
                self.viewer.layers.move(here, index)
        if session.frame < begin:
            session.seek(begin)
        grid = grid_of(self.viewer)
        grid.stride = len(self._cells[0])
        grid.shape = (-1, -1)
        grid.enabled = True
        self.viewer.reset_view()

    def follow_video(self) -> None:
        """Align with the video again, after its layer was moved or scaled in the viewer."""
        for layer in [*self.overlays, *self._added, *self._marks()]:
            layer.affine = self._affine(layer.ndim)

    def _affine(self, ndim: int) -> np.ndarray:
        return placement(self.host.player.layer, ndim)

    def set_opacity(self, opacity: float) -> None:
        """Set the opacity of the overlays over the video."""
        for layer in self.overlays:
            layer.opacity = opacity

    def cell_at(self, viewbox: Any) -> int:
        """Return the number of the overlay in a grid cell, as napari's mouse events name it; 0 where there is no grid."""
        if not self.beside or viewbox is None:
            return 0
        return next((n for n, cell in enumerate(self.grid_cells()) if tuple(viewbox) == cell), 0)

    def grid_cells(self) -> list[tuple[int, int]]:
        """Return row and column of the grid cell of each overlay."""
        grid, layers = grid_of(self.viewer), self.viewer.layers
        # One that the user deleted has no cell.
        return [
            tuple(grid.position(layers.index(cell[1]), layers)) if cell[1] in layers else (-1, -1)
            for cell in self._cells
        ]

    def row_at(self, number: int) -> ClipRow | None:
        """Return the clip under an overlay."""
        return self._rows[number] if number < len(self._rows) else None

    def show_point(self, row: float, column: float, number: int = 0) -> None:
        """Mark the clicked point in all frames, in the cell of the overlay ``number``."""
        if self.beside:
            for n, cell in enumerate(self._cells):
                for mark in cell[2:]:
                    _put(mark, [[row, column]] if n == number else [])
            return
        marks = self._marks()
        if marks:
            _put(marks[0], [[row, column]])
            return
        self._mark = self._add_mark([[row, column]], POINT)
        if self.host.player.layer is not None:
            self.viewer.layers.selection.active = self.host.player.layer

    def clear(self) -> None:
        """Remove the added layers."""
        beside = self.beside
        if beside:
            # First, or every layer that goes would be a grid of another shape.
            grid_of(self.viewer).enabled = False
        with _quick_removal():
            for layer in [*self.overlays, *self._added]:
                if layer in self.viewer.layers:
                    self.viewer.layers.remove(layer)
        for reader in self._readers.values():
            reader.close()
        player = self.host.player.layer
        if beside and player in self.viewer.layers:
            self.viewer.layers.move(self.viewer.layers.index(player), 0)
            self.viewer.reset_view()
        self.overlays, self._rows, self._cells, self._added, self._readers = [], [], [], [], {}

    def forget_point(self) -> None:
        """Remove the mark of the clicked point."""
        for layer in self._marks():
            self.viewer.layers.remove(layer)

    def _marks(self) -> list:
        return [self._mark] if self._mark is not None and self._mark in self.viewer.layers else []

    def _update(self, shown: Sequence[tuple[ClipRow, Overlay]]) -> bool:
        """Give existing overlays new values, which is much quicker than new layers."""
        if len(shown) != len(self.overlays):
            return False
        for layer, (row, overlay) in zip(self.overlays, shown, strict=True):
            if layer not in self.viewer.layers or layer.metadata != _identity(row, overlay):
                return False
            start, end = overlay.span(row.start, row.end)
            same = layer.data.overlay.placement == overlay.placement
            if not same or (layer.data.start, len(layer.data)) != (start, end - start):
                return False
        for layer, (row, overlay) in zip(self.overlays, shown, strict=True):
            layer.data.show(overlay)
            layer.refresh(extent=False, thumbnail=False, highlight=False)
            if overlay.kind != "colours" and tuple(layer.contrast_limits) != overlay.limits:
                low, high = overlay.limits
                widest = layer.contrast_limits_range
                if low < widest[0] or high > widest[1]:
                    layer.contrast_limits_range = (min(low, widest[0]), max(high, widest[1]))
                layer.contrast_limits = overlay.limits
            if layer.name != _name(row, overlay):
                layer.name = _name(row, overlay)
        return True

    def _add_video(self, row: ClipRow, begin: int) -> Any:
        session, player = self.host.session, self.host.player.layer
        if row.video_id == session.video and player is not None:
            data = player.data
        else:
            if row.video_id not in self._readers:
                self._readers[row.video_id] = VideoReader(session.videos[row.video_id].path)
            data = ShownVideo(self._readers[row.video_id])
        name = f"{row.video_name} [{row.start}, {row.end})"
        # Only the clip: frames before it would lie before frame 0, from which napari counts its steps.
        clip = VideoStretch(data, row.start, row.end)
        return self.viewer.add_image(
            clip, name=name, rgb=True, translate=(begin, 0, 0), affine=self._affine(3)
        )

    def _add_overlay(self, row: ClipRow, overlay: Overlay, shift: int, opacity: float) -> Any:
        where = overlay.placement
        start, end = overlay.span(row.start, row.end)
        options = {
            "name": _name(row, overlay),
            "scale": (1, *where.step),
            "translate": (start + shift, *where.origin),
            "affine": self._affine(3),
            "opacity": opacity,
            "interpolation2d": "linear",
            "metadata": _identity(row, overlay),
        }
        stack = OverlayStack(overlay, start, end)
        if overlay.kind == "colours":
            return self.viewer.add_image(stack, rgb=True, **options)
        colours, limits = COLOUR_MAPS[overlay.kind], overlay.limits
        return self.viewer.add_image(stack, rgb=False, colormap=colours, contrast_limits=limits, **options)

    def _add_mark(self, points: list, name: str = "") -> Any:
        layer = self.viewer.add_points(
            np.array(points, float).reshape(-1, 2),
            ndim=2,
            name=name or f"{POINT} {len(self._cells) + 1}",
            size=8,
            symbol="cross",
            face_color="white",
            border_color="black",
            affine=self._affine(2),
        )
        layer.editable = False
        return layer

    def _bring_up(self, marks: list) -> None:
        for layer in marks:
            self.viewer.layers.move(self.viewer.layers.index(layer), len(self.viewer.layers))


@contextmanager
def _quick_removal() -> Iterator[None]:
    """Keep napari from collecting all garbage for each removed layer: older objects are left out of that."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def grid_of(viewer: "Viewer") -> Any:
    """Return napari's grid, which moved in version 0.9."""
    canvas = getattr(viewer, "canvas", None)
    return viewer.grid if canvas is None else canvas.grid


def _put(layer: Any, points: list) -> None:
    """Set the points of a layer, in place where their number is unchanged."""
    if len(layer.data) == len(points):
        if len(points) and layer.data.tolist() != points:
            layer.data[:] = points
            layer.refresh(extent=False, thumbnail=False)
    else:
        layer.data = np.array(points, float).reshape(-1, 2)


def _identity(row: ClipRow, overlay: Overlay) -> dict:
    return {"actiondiff_overlay": overlay.kind, "actiondiff_clip": row.id}


def _name(row: ClipRow, overlay: Overlay) -> str:
    return f"{overlay.whole_title}, {row.video_name}"
