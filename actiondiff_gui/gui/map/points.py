"""Points of a map as visuals: shapes where there are few, dots where there are many.

Many points are dots. While the view moves, a machine that draws all of them too slowly shows a share, evenly
taken; when the view rests it shows all, and shapes where few enough are in sight. A machine without a graphics card, which
would stop the window to draw hundreds of thousands, shows a share of those in sight at rest too.
"""

import math
from time import perf_counter

import numpy as np
from qtpy.QtCore import QObject, QTimer, Signal
from vispy.scene import Markers

from actiondiff_gui.gui.map.dots import Dots
from actiondiff_gui.gui.map.state.colours import point_size

SHAPES_UP_TO = 3000
"""Points drawn with shapes and edges; more at once are dots."""

MOVING = 15_000
"""Points drawn while the view moves, where all would take longer than :data:`SLOW_SECONDS`."""

SLOW_SECONDS = 0.04

AT_REST = 30_000
"""Points drawn at rest until it is known how fast the machine is, and on one that needs more than :data:`LONG_SECONDS` for all."""
LONG_SECONDS = 0.1

_REST_MS, _SLOW_REST_MS = 100, 400


class MapPoints(QObject):
    """The points of a map as visuals below ``scene``.

    Signals: ``share_changed`` when :attr:`every` did.

    Attributes
    ----------
    positions : ndarray
        ``[N, 2]``.
    size : float
        Diameter in pixels of what is drawn now.
    shrink : float
        By which the usual diameter is multiplied.
    slow : bool
        Whether this machine needs long to draw all points.
    every : int
        How many points of the visible range there are for each one that is drawn at rest.
    """

    share_changed = Signal()

    def __init__(self, parent: QObject, scene, redraw) -> None:
        super().__init__(parent)
        self._markers, self._all, self._some = Markers(parent=scene), Dots(parent=scene), Dots(parent=scene)
        for visual in (self._markers, self._all, self._some):
            visual.order = 0
            visual.visible = False
        self._markers.set_gl_state("translucent", depth_test=False)
        self._redraw = redraw
        self.positions = np.empty((0, 2), np.float32)
        self.size = point_size(1)
        self.shrink = 1.0
        self.slow, self.every = False, 1
        self._timed, self._most, self._whole = -1, AT_REST, math.inf
        self._colours, self._edge = np.empty((0, 4), np.float32), (1.0, 1.0, 1.0)
        self._shapes, self._order = np.empty(0, np.str_), np.empty(0, np.int64)
        self._sight: tuple[float, float, float, float] | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self.rest)
        self._time = QTimer(self)
        self._time.setSingleShot(True)
        self._time.timeout.connect(self._time_drawing)

    def show(self, positions, colours, shapes, order, edge) -> None:
        """Show points; parameters as for :meth:`MapCanvas.show_points`, and the colour of edges."""
        self.positions = np.ascontiguousarray(positions, np.float32)
        self._colours, self._shapes, self._order, self._edge = colours, shapes, order, edge
        count = len(positions)
        if count <= SHAPES_UP_TO:
            self._show_shapes(order)
            return
        self.size = self.shrink * point_size(count)
        if self._timed != count:
            self._most = AT_REST
        self._load(self._some, order, MOVING)
        if self._most >= count:
            self._load(self._all, order, count)
        self.rest()

    def _load(self, visual, order: np.ndarray, most: int) -> int:
        """Let dots be about so many of these points, evenly taken; returns every how manyth."""
        every = max(1, len(order) // most)
        # From the end, where chosen points are.
        part = order[::-every][::-1]
        visual.set_data(self.positions[part], self._colours[part], self.size)
        return every

    def moved(self, sight: tuple[float, float, float, float]) -> None:
        """Update to the visible range: x and y from the first two to the last two numbers of ``sight``."""
        self._sight = sight
        if len(self.positions) > SHAPES_UP_TO:
            self._only(self._some if self.slow else self._all)
            self.size = self.shrink * point_size(len(self.positions))
            self._rest.start(_SLOW_REST_MS if self.slow else _REST_MS)

    def rest(self) -> None:
        """Draw the best picture of the visible range."""
        self._rest.stop()
        if len(self.positions) <= SHAPES_UP_TO:
            return
        order = self._order
        if self._sight is not None:
            low, high = np.array(self._sight[:2]), np.array(self._sight[2:])
            inside = ((self.positions >= low) & (self.positions <= high)).all(axis=1)
            order = order[inside[order]]
            if len(order) <= SHAPES_UP_TO:
                self._drawn_of_each(1)
                self._show_shapes(order)
                return
        if self._most < len(self.positions):
            self._drawn_of_each(self._load(self._all, order, self._most))
        else:
            self._drawn_of_each(1)
        self._only(self._all)
        if self._timed != len(self.positions):
            self._timed, self._whole = len(self.positions), math.inf
            self._time.start(0)

    def _drawn_of_each(self, every: int) -> None:
        if self.every != every:
            self.every = every
            self.share_changed.emit()

    def _time_drawing(self) -> None:
        """Draw the points, in a turn of its own, and note whether all of them take long; once or twice for each map."""
        count, again = len(self.positions), self._whole < math.inf
        self._whole = min(self._whole, self._drawing() * count / max(1, self._all.count))
        self.slow = self._whole > SLOW_SECONDS
        if self._whole > LONG_SECONDS and not again:
            self._time.start(0)  # other work may have held it up
        elif self._whole <= LONG_SECONDS and self._most < count:
            self._most = count
            self._load(self._all, self._order, self._most)
            self.rest()

    def _drawing(self) -> float:
        began = perf_counter()
        self._redraw()
        return perf_counter() - began

    def _show_shapes(self, order: np.ndarray) -> None:
        self.size = self.shrink * point_size(len(order))
        self._only(self._markers if len(order) else None)
        if len(order):
            colours = self._colours[order]
            edges = np.column_stack([np.tile(self._edge, (len(order), 1)), colours[:, 3:] * 0.55])
            self._markers.set_data(
                self.positions[order],
                face_color=colours,
                edge_color=edges,
                # The edge of a small point would hide its colour.
                edge_width=float(np.clip(0.3 * (self.size - 5), 0, 0.8)),
                size=self.size,
                symbol=self._shapes[order],
            )

    def _only(self, visual) -> None:
        for each in (self._markers, self._all, self._some):
            if each.visible != (each is visual):
                each.visible = each is visual
