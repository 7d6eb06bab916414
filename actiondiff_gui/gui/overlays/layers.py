"""Overlay layers in the viewer that follow the frame, over one clip or over several side by side."""

import gc
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.compat import isalive
from qtpy.QtCore import QTimer

from actiondiff_gui.backbones.waking import leave_in_peace
from actiondiff_gui.gui.common.garbage import quick_removal
from actiondiff_gui.gui.overlays.state.mosaic import Mosaic, Tile
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
TURN_SECONDS = 0.03
"""Layers are added and removed for about this long, or one of them, before the event loop has its turn."""
PAUSE_MS = 10
"""From the end of one such turn to the next, so that events which waited for it come in between."""
MARGIN = 0.05
"""Share of the canvas that napari leaves free."""
AT_ONCE = 3
"""So few layers are removed at once."""


class OverlayLayers:
    """Layers that overlays add to a viewer; the current video's own layer stays where it is.

    Side by side, each clip has a tile beside or below that layer. As napari takes long for each layer, they are added and
    removed a few in each turn of the event loop.

    Attributes
    ----------
    overlays : list
        Layers of the overlays, in the order in which they were shown.
    mosaic : Mosaic or None
        Where the tiles of several overlays lie.
    """

    def __init__(self, host: "Host") -> None:
        self.host = host
        self.overlays: list = []
        self.mosaic: Mosaic | None = None
        self._rows: list[ClipRow] = []
        self._videos: list = []
        self._readers: dict[str, VideoReader] = {}
        self._mark = None
        self._leaving: list = []
        self._unread: list[VideoReader] = []
        self._look_anew = False
        self._work: Iterator[None] | None = None
        self._in_turns = False
        # Without a parent: when Qt takes the window apart, it is still there to be stopped.
        self._turns = QTimer()
        self._turns.setInterval(PAUSE_MS)
        self._turns.setSingleShot(True)
        self._turns.timeout.connect(host.guarded(self._turn))

    @property
    def viewer(self) -> "Viewer":
        """The viewer that holds the layers."""
        return self.host.viewer

    @property
    def beside(self) -> bool:
        """Whether several overlays are side by side."""
        return self.mosaic is not None

    @property
    def busy(self) -> bool:
        """Whether layers are still being added or removed."""
        return self._work is not None

    def show(self, shown: Sequence[tuple[ClipRow, Overlay]], opacity: float) -> None:
        """Show overlays over their clips: one over the player's layer, several side by side.

        Frames are linked at the clips' beginnings. All layers of one kind share one colour scale.
        """
        if self._update(shown):
            return
        rows = [row for row, _ in shown]
        if not (self.beside and [row.id for row in rows] == [row.id for row in self._rows] and not self.busy):
            self.clear()
        self._leaving += self.overlays
        self.overlays, self._rows = [], rows
        if len(shown) > 1 and self.mosaic is None:
            if shown[0][1].kind not in POINTED:
                self.forget_point()
            self.mosaic = Mosaic.of([self._size(row) for row in rows], self._room())
        self._begin(self._over(shown, opacity))

    def _over(self, shown: Sequence[tuple[ClipRow, Overlay]], opacity: float) -> Iterator[None]:
        """Add the layers, one at each step."""
        session, player = self.host.session, self.host.player.layer
        yield from self._leave()
        current = session.current_row
        begin = current.start if self.beside and current is not None else 0
        have = len(self._videos)
        if self.mosaic is not None and not have:
            # From the beginning, so that each layer is drawn for the first time in its own turn, not all in the last.
            self._look_at(self.mosaic)
        for number, (row, overlay) in enumerate(shown):
            if self.mosaic is None:
                self.overlays.append(self._add_overlay(row, overlay, Tile(), 0, opacity))
                continue
            tile = self.mosaic.tiles[number]
            own = number == 0 and row.video_id == session.video and row.start == begin and player is not None
            if number >= have:
                self._videos.append(None if own else self._add_video(row, tile, begin))
                yield
            self.overlays.append(self._add_overlay(row, overlay, tile, begin - row.start, opacity))
            yield
        for layer in self._marks():
            self.viewer.layers.move(self.viewer.layers.index(layer), len(self.viewer.layers))
            yield
        if self.beside:
            if session.frame < begin:
                session.seek(begin)
                yield
            if not have:
                self.viewer.reset_view()
        if player is not None and player in self.viewer.layers:
            self.viewer.layers.selection.active = player

    def _begin(self, work: Iterator[None], at_once: bool = False) -> None:
        """Work off ``work`` in place of what was left of earlier work; what is to be removed is kept."""
        self._work = work
        if at_once or (not self.beside and len(self._leaving) <= AT_ONCE):
            for _ in work:
                pass
            self._end_turns()
        else:
            self._turns.start()

    def _end_turns(self) -> None:
        self._work = None
        # Where Python ends with the window open, Qt may have deleted the timer by now.
        if isalive(self._turns):
            self._turns.stop()
        if self._in_turns:
            self._in_turns = False
            leave_in_peace()
            gc.enable()

    def _turn(self) -> None:
        # A layer makes tens of thousands of objects, and collecting all garbage for them stops the window for a second.
        self._in_turns = True
        gc.disable()
        end = time.perf_counter() + TURN_SECONDS
        while self._work is not None and time.perf_counter() < end:
            try:
                next(self._work)
            except StopIteration:
                self._end_turns()
            except Exception:
                self._end_turns()
                raise
        if self._work is not None:
            self._turns.start()

    def _leave(self) -> Iterator[None]:
        """Remove the layers that are to go, one at each step."""
        while self._leaving:
            layer = self._leaving.pop()
            if layer in self.viewer.layers:
                with quick_removal():
                    self.viewer.layers.remove(layer)
                yield
        while self._unread:
            self._unread.pop().close()
        if self._look_anew and self.host.player.layer in self.viewer.layers:
            self.viewer.reset_view()
        self._look_anew = False

    def _look_at(self, mosaic: Mosaic) -> None:
        """Let the camera show all tiles, about as napari will when their layers are there."""
        bottom = max(tile.top + tile.height for tile in mosaic.tiles) - 0.5
        right = max(tile.left + tile.width for tile in mosaic.tiles) - 0.5
        corners = np.array([(row, column, 1) for row in (-0.5, bottom) for column in (-0.5, right)])
        placed = (corners @ self._affine(2).T)[:, :2]
        low, high = placed.min(axis=0), placed.max(axis=0)
        camera = self.viewer.camera
        camera.center = (camera.center[0], *(low + high) / 2)
        camera.zoom = (1 - MARGIN) * float(np.min(np.array(self._room()) / (high - low)))

    def _room(self) -> tuple[float, float]:
        canvas = self.viewer.window._qt_viewer.canvas.native
        return float(max(canvas.height(), 1)), float(max(canvas.width(), 1))

    def _size(self, row: ClipRow) -> tuple[int, int]:
        """Return height and width of a clip's video, in pixels."""
        session, player = self.host.session, self.host.player.layer
        if row.video_id == session.video and player is not None:
            return tuple(player.data.shape[1:3])
        if row.video_id not in self._readers:
            self._readers[row.video_id] = VideoReader(session.videos[row.video_id].path)
        return tuple(ShownVideo(self._readers[row.video_id]).shape[1:3])

    def follow_video(self) -> None:
        """Align with the video again, after its layer was moved or scaled in the viewer."""
        added = [layer for layer in self._videos if layer is not None]
        for layer in [*self.overlays, *added, *self._marks()]:
            layer.affine = self._affine(layer.ndim)

    def _affine(self, ndim: int) -> np.ndarray:
        return placement(self.host.player.layer, ndim)

    def set_opacity(self, opacity: float) -> None:
        """Set the opacity of the overlays over the video."""
        for layer in self.overlays:
            layer.opacity = opacity

    def tile_at(self, row: float, column: float) -> tuple[int, float, float] | None:
        """Return the number of the overlay at a pixel of the video's own layer, and the pixel in that overlay's clip.

        None beside all tiles.
        """
        return (0, row, column) if self.mosaic is None else self.mosaic.tile_at(row, column)

    def row_at(self, number: int) -> ClipRow | None:
        """Return the clip under an overlay."""
        return self._rows[number] if number < len(self._rows) else None

    def show_point(self, row: float, column: float, number: int = 0) -> None:
        """Mark the clicked point in all frames, in the tile of the overlay ``number``."""
        tile = Tile() if self.mosaic is None else self.mosaic.tiles[number]
        point = [list(tile.place(row, column))]
        marks = self._marks()
        if marks:
            _put(marks[0], point)
            return
        self._mark = self._add_mark(point)
        if self.host.player.layer is not None:
            self.viewer.layers.selection.active = self.host.player.layer

    def clear(self, at_once: bool = False) -> None:
        """Remove the added layers; many of them over several turns of the event loop, unless ``at_once``."""
        self._leaving += [*self.overlays, *(layer for layer in self._videos if layer is not None)]
        self._unread += self._readers.values()
        if self.beside:
            # The mark lies in a tile.
            self._leaving += self._marks()
            self._mark, self._look_anew = None, True
        self.overlays, self._rows, self._videos, self._readers, self.mosaic = [], [], [], {}, None
        self._begin(self._leave(), at_once)

    def forget_point(self) -> None:
        """Remove the mark of the clicked point."""
        with quick_removal():
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

    def _add_video(self, row: ClipRow, tile: Tile, begin: int) -> Any:
        session, player = self.host.session, self.host.player.layer
        if row.video_id == session.video and player is not None:
            data = player.data
        else:
            data = ShownVideo(self._readers[row.video_id])
        # Only the clip: frames before it would lie before frame 0, from which napari counts its steps.
        return self.viewer.add_image(
            VideoStretch(data, row.start, row.end),
            name=f"{row.video_name} [{row.start}, {row.end})",
            rgb=True,
            scale=(1, tile.scale, tile.scale),
            translate=(begin, *tile.place(0, 0)),
            affine=self._affine(3),
        )

    def _add_overlay(self, row: ClipRow, overlay: Overlay, tile: Tile, shift: int, opacity: float) -> Any:
        where = overlay.placement
        start, end = overlay.span(row.start, row.end)
        options = {
            "name": _name(row, overlay),
            "scale": (1, *(tile.scale * step for step in where.step)),
            "translate": (start + shift, *tile.place(*where.origin)),
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

    def _add_mark(self, points: list) -> Any:
        layer = self.viewer.add_points(
            np.array(points, float).reshape(-1, 2),
            ndim=2,
            name=POINT,
            size=8,
            symbol="cross",
            face_color="white",
            border_color="black",
            affine=self._affine(2),
        )
        layer.editable = False
        return layer


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
