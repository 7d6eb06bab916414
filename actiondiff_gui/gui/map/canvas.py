"""Canvas of a map: points that can be panned, zoomed, picked and circled; knows nothing of clips."""

from collections.abc import Sequence

import numpy as np
from qtpy.QtCore import QObject, Qt, Signal
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QWidget
from vispy.scene import PanZoomCamera, SceneCanvas

from actiondiff_gui.embedding.lasso import inside, nearest
from actiondiff_gui.gui.map.points import MapPoints
from actiondiff_gui.gui.map.rings import MapOverlay

_REACH = 5
"""Pixels around the pointer within which a point is found, beyond the point's own radius."""

_STILL = 4
"""Pixels the pointer may move between press and release of a click."""

_LASSO_STEP = 3
_MARGIN = 0.06


class _Camera(PanZoomCamera):
    """Camera that pans by dragging, except while the lasso is drawn, and reports the visible range."""

    drawing = False
    moved = None

    def view_changed(self) -> None:
        super().view_changed()
        if self.moved is not None:
            seen = self._real_rect
            self.moved((seen.left, seen.bottom, seen.right, seen.top))

    def viewbox_mouse_event(self, event) -> None:
        if not self.drawing or event.type == "mouse_wheel":
            super().viewbox_mouse_event(event)


class _Surface(SceneCanvas):
    """Surface that draws only in the window it was made for: OpenGL knows in another one nothing of what was loaded."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(keys=None, parent=parent, show=False)
        self.unfreeze()
        # Its number: the window itself would be kept alive for as long as vispy knows this surface.
        self.home = int(parent.window().winId())
        self.freeze()

    @property
    def lost(self) -> bool:
        """Whether it was moved to another window."""
        return int(self.native.window().winId()) != self.home

    def on_draw(self, event) -> None:
        if not self.lost:
            super().on_draw(event)


class MapCanvas(QObject):
    """Points that can be panned, zoomed, hovered, clicked and circled.

    Signals: ``clicked(index, with_ctrl)``, index -1 beside all points; ``hovered(index)``, -1 for none;
    ``circled(indices, with_ctrl)`` with an array; ``lasso_changed(bool)``.

    Attributes
    ----------
    widget : QWidget
        What to put into a layout.
    lasso : bool
        Whether the next drag draws a line instead of panning; Shift does so for one drag.
    """

    clicked = Signal(int, bool)
    hovered = Signal(int)
    circled = Signal(object, bool)
    lasso_changed = Signal(bool)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.canvas = _Surface(parent)
        self.widget: QWidget = self.canvas.native
        self.widget.setMinimumHeight(120)
        self.widget.setMouseTracking(True)
        self.widget.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.view = self.canvas.central_widget.add_view()
        self.view.camera = self.camera = _Camera(aspect=1)
        self.points = MapPoints(self, self.view.scene, self.widget.repaint)
        self.overlay = self._new_overlay()
        self.points.share_changed.connect(self._say_share)
        self.camera.moved = self._view_moved
        self.lasso = False
        self._hovered = -1
        self._current = -1
        self._path: np.ndarray = np.empty(0, np.int64)
        self._names: list[tuple[str, float, float]] = []
        self._pressed: tuple[int, int] | None = None
        self._drawn: list[tuple[float, float]] = []
        events = self.canvas.events
        events.mouse_press.connect(self._press)
        events.mouse_move.connect(self._move)
        events.mouse_release.connect(self._release)
        events.mouse_double_click.connect(self._double_click)

    def _say_share(self) -> None:
        every = self.points.every
        self.overlay.show_note(f"1 in {every} points drawn; zoom in for more" if every > 1 else "")

    def _new_overlay(self) -> MapOverlay:
        return MapOverlay(self.widget)

    @property
    def lost(self) -> bool:
        """Whether it was moved to another window, where it draws nothing more."""
        return self.canvas.lost

    def close(self) -> None:
        """Release the drawing surface."""
        self.canvas.close()

    def discard(self) -> None:
        """Take the canvas away for good."""
        self.widget.hide()
        self.close()
        self.widget.deleteLater()
        self.deleteLater()

    # What is shown

    @property
    def positions(self) -> np.ndarray:
        """``[N, 2]`` positions of the points."""
        return self.points.positions

    def show_points(
        self, positions: np.ndarray, colours: np.ndarray, shapes: np.ndarray, order: np.ndarray
    ) -> None:
        """Show points.

        Parameters
        ----------
        positions : ndarray
            ``[N, 2]``.
        colours : ndarray
            ``[N, 4]`` RGBA, 0 to 1.
        shapes : ndarray
            ``[N]`` str, names of vispy's markers.
        order : ndarray
            ``[N]`` indices in the order of drawing.
        """
        self.points.show(positions, colours, shapes, order, self.overlay.ink.getRgbF()[:3])
        self._show_rings()

    def set_theme(self, background: QColor, ink: QColor) -> None:
        """Set the colours of the background, and of rings and the lasso."""
        self.canvas.bgcolor = background.name()
        self.overlay.ink = ink
        self.overlay.update()

    def set_current(self, index: int) -> None:
        """Draw a ring around one point, -1 for none."""
        self._current = index
        self._show_rings()

    def show_path(self, indices: np.ndarray) -> None:
        """Draw a line from point to point; none for fewer than two."""
        self._path = indices
        self._show_rings()

    def show_names(self, names: Sequence[tuple[str, float, float]]) -> None:
        """Write names, each at a position among the points."""
        self._names = list(names)
        self._show_rings()

    def reset_view(self) -> None:
        """Show all points."""
        if not len(self.positions):
            return
        low, high = self.positions.min(axis=0), self.positions.max(axis=0)
        size = np.maximum(high - low, 1e-3)
        low, size = low - _MARGIN * size, size * (1 + 2 * _MARGIN)
        self.camera.rect = (*map(float, low), *map(float, size))

    def set_lasso(self, on: bool) -> None:
        """Set whether the next drag draws the lasso."""
        if on != self.lasso:
            self.lasso = on
            self.widget.setCursor(Qt.CursorShape.CrossCursor if on else Qt.CursorShape.ArrowCursor)
            self.lasso_changed.emit(on)

    def position_in_widget(self, index: int) -> tuple[float, float]:
        """Return the position of a point, in pixels of the widget."""
        x, y = self._to_pixels().map(self.positions[index])[:2]
        return float(x), float(y)

    def point_at(self, x: float, y: float) -> int:
        """Return the point at a pixel of the widget, or -1."""
        to_pixels = self._to_pixels()
        here = to_pixels.imap((x, y))
        beside = to_pixels.imap((x + self.points.size / 2 + _REACH, y))
        return nearest((here[0], here[1]), self.positions, abs(float(beside[0] - here[0])))

    def _to_pixels(self):
        return self.view.scene.node_transform(self.canvas.scene)

    def _view_moved(self, sight: tuple[float, float, float, float]) -> None:
        self.points.moved(sight)
        self._show_rings()

    def _show_rings(self) -> None:
        self.overlay.resize(self.widget.size())
        indices = [p for p in dict.fromkeys((self._current, self._hovered)) if 0 <= p < len(self.positions)]
        self.overlay.show_rings([self.position_in_widget(p) for p in indices], self.points.size / 2 + 4)
        path = self._path[self._path < len(self.positions)]
        self.overlay.show_path(self._in_pixels(self.positions[path]))
        where = self._in_pixels(np.array([(x, y) for _, x, y in self._names]).reshape(-1, 2))
        self.overlay.show_names(
            [(name, x, y) for (name, *_), (x, y) in zip(self._names, where.tolist(), strict=True)]
        )

    def _in_pixels(self, positions: np.ndarray) -> np.ndarray:
        if not len(positions):
            return np.empty((0, 2))
        found: np.ndarray = np.asarray(self._to_pixels().map(positions))[:, :2]
        return found

    # The pointer

    def _press(self, event) -> None:
        if event.button != 1:
            return
        self._pressed = tuple(event.pos)
        if self.lasso or "Shift" in event.modifiers:
            self.camera.drawing = True
            self._drawn = [tuple(event.pos)]
            self._hover(-1)

    def _move(self, event) -> None:
        x, y = event.pos
        if self.camera.drawing:
            last = self._drawn[-1]
            if abs(last[0] - x) + abs(last[1] - y) >= _LASSO_STEP:
                self._drawn.append((x, y))
                self.overlay.show_line(self._drawn)
        elif not event.is_dragging:
            self._hover(self.point_at(x, y))

    def _release(self, event) -> None:
        if event.button != 1 or self._pressed is None:
            return
        x, y = event.pos
        still = abs(x - self._pressed[0]) + abs(y - self._pressed[1]) <= _STILL
        self._pressed = None
        with_ctrl = "Control" in event.modifiers
        if self.camera.drawing:
            self.camera.drawing = False
            self.overlay.show_line(())
            drawn, self._drawn = self._drawn, []
            if len(drawn) > 2:
                corners = np.asarray(self._to_pixels().imap(np.array(drawn)))[:, :2]
                found = np.flatnonzero(inside(corners, self.positions))
                self.set_lasso(False)
                self.circled.emit(found, with_ctrl)
                return
        if still:
            self.clicked.emit(self.point_at(x, y), with_ctrl)

    def _double_click(self, event) -> None:
        if event.button == 1 and self.point_at(*event.pos) < 0:
            self.reset_view()

    def leave(self) -> None:
        """Clear the hover when the pointer leaves the canvas."""
        self._hover(-1)

    def _hover(self, index: int) -> None:
        if index != self._hovered:
            self._hovered = index
            self._show_rings()
            self.hovered.emit(index)
