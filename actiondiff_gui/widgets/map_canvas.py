"""How are the points of a map drawn, moved, found and circled? A vispy canvas that knows nothing of clips."""

import numpy as np
from qtpy.QtCore import QObject, Qt, Signal
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QWidget
from vispy.scene import Line, Markers, PanZoomCamera, SceneCanvas

from actiondiff_gui.analysis.lasso import inside, nearest

_REACH = 9
"""Pixels around the pointer within which a point is found, beyond the point's own radius."""

_STILL = 4
"""Pixels the pointer may move between press and release of a click."""

_LASSO_STEP = 3
_EDGES_UP_TO = 5000
_MARGIN = 0.06


class _Camera(PanZoomCamera):
    """Pans by dragging, except while a line is drawn."""

    drawing = False

    def viewbox_mouse_event(self, event) -> None:
        if not self.drawing or event.type == "mouse_wheel":
            super().viewbox_mouse_event(event)


class MapCanvas(QObject):
    """Points that can be panned, zoomed, hovered, clicked and circled.

    Signals: ``clicked(place, with_ctrl)``, place -1 beside all points; ``hovered(place)``, -1 for none;
    ``circled(places, with_ctrl)`` with an array; ``lasso_changed(bool)``.

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
        self.canvas = SceneCanvas(keys=None, parent=parent, show=False)
        self.widget: QWidget = self.canvas.native
        self.widget.setMinimumHeight(120)
        self.widget.setMouseTracking(True)
        self.widget.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.view = self.canvas.central_widget.add_view()
        self.view.camera = self.camera = _Camera(aspect=1)
        self._points = Markers(parent=self.view.scene)
        self._rings = Markers(parent=self.view.scene)
        self._line = Line(parent=self.canvas.scene, width=2)
        for order, visual in enumerate((self._points, self._rings, self._line)):
            visual.order = order
            visual.visible = False
            visual.set_gl_state("translucent", depth_test=False)
        self.positions = np.empty((0, 2), np.float32)
        self.size = 10.0
        self.lasso = False
        self._hovered = -1
        self._current = -1
        self._ink = "#ffffff"
        self._pressed: tuple[int, int] | None = None
        self._drawn: list[tuple[float, float]] = []
        events = self.canvas.events
        events.mouse_press.connect(self._press)
        events.mouse_move.connect(self._move)
        events.mouse_release.connect(self._release)
        events.mouse_double_click.connect(self._double_click)

    def close(self) -> None:
        """Let go of the drawing surface."""
        self.canvas.close()

    # What is shown

    def show_points(
        self,
        positions: np.ndarray,
        colours: np.ndarray,
        shapes: np.ndarray,
        order: np.ndarray,
        size: float,
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
            ``[N]`` places in the order of drawing.
        size : float
            Diameter in pixels.
        """
        self.positions, self.size = np.asarray(positions, np.float32), size
        self._points.visible = bool(len(positions))
        if len(positions):
            few = len(positions) <= _EDGES_UP_TO
            edge = QColor(self._ink).getRgbF()[:3]
            self._points.set_data(
                self.positions[order],
                face_color=colours[order],
                edge_color=np.column_stack([np.tile(edge, (len(order), 1)), colours[order, 3:] * 0.55])
                if few
                else colours[order],
                edge_width=0.8 if few else 0,
                size=size,
                symbol=shapes[order],
            )
        self._show_rings()

    def set_theme(self, background: QColor, ink: QColor) -> None:
        """Take the colours of the ground, and of rings and the drawn line."""
        self.canvas.bgcolor = background.name()
        self._ink = ink.name()
        self._line.set_data(color=self._ink)
        self._show_rings()

    def set_current(self, place: int) -> None:
        """Ring one point, -1 for none."""
        self._current = place
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
        """Let the next drag draw, or not."""
        if on != self.lasso:
            self.lasso = on
            self.widget.setCursor(Qt.CursorShape.CrossCursor if on else Qt.CursorShape.ArrowCursor)
            self.lasso_changed.emit(on)

    def place_in_widget(self, place: int) -> tuple[float, float]:
        """Where a point is, in pixels of the widget."""
        x, y = self._to_pixels().map(self.positions[place])[:2]
        return float(x), float(y)

    def point_at(self, x: float, y: float) -> int:
        """The point at a pixel of the widget, or -1."""
        to_pixels = self._to_pixels()
        here = to_pixels.imap((x, y))
        beside = to_pixels.imap((x + self.size / 2 + _REACH - 4, y))
        return nearest((here[0], here[1]), self.positions, abs(float(beside[0] - here[0])))

    def _to_pixels(self):
        return self.view.scene.node_transform(self.canvas.scene)

    def _show_rings(self) -> None:
        places = [p for p in dict.fromkeys((self._current, self._hovered)) if 0 <= p < len(self.positions)]
        self._rings.visible = bool(places)
        if places:
            self._rings.set_data(
                self.positions[places],
                face_color=(0, 0, 0, 0),
                edge_color=self._ink,
                edge_width=2,
                size=self.size + 9,
            )

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
                if len(self._drawn) > 2:
                    self._line.set_data(np.array([*self._drawn, self._drawn[0]], np.float32))
                    self._line.visible = True
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
            self._line.visible = False
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
        """The pointer left the canvas."""
        self._hover(-1)

    def _hover(self, place: int) -> None:
        if place != self._hovered:
            self._hovered = place
            self._show_rings()
            self.hovered.emit(place)
