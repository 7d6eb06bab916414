"""Overlay of a map for rings, the lasso, a path and names, drawn without drawing the points again."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QPainter, QPen, QPolygonF
from qtpy.QtWidgets import QWidget

_WIDEST_NAME = 140
"""Pixels."""


class MapOverlay(QWidget):
    """A transparent widget that covers ``parent`` and lets the pointer through; all positions are in pixels."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setStyleSheet("background: transparent")
        self.ink = QColor("white")
        self._rings: list[tuple[float, float]] = []
        self._radius = 10.0
        self._line: list[tuple[float, float]] = []
        self._path: np.ndarray = np.empty((0, 2))
        self._names: list[tuple[str, float, float]] = []
        self.note = ""

    def show_rings(self, positions: Sequence[tuple[float, float]], radius: float) -> None:
        """Draw rings at these positions."""
        if (list(positions), radius) != (self._rings, self._radius):
            self._rings, self._radius = list(positions), radius
            self.update()

    def show_line(self, corners: Sequence[tuple[float, float]]) -> None:
        """Draw a closed line; none for fewer than three corners."""
        self._line = list(corners)
        self.update()

    def show_path(self, corners: np.ndarray) -> None:
        """Draw a line through ``corners`` ``[N, 2]``, faint at both ends."""
        if not np.array_equal(corners, self._path):
            self._path = corners
            self.update()

    def show_names(self, names: Sequence[tuple[str, float, float]]) -> None:
        """Write names, each with the position of its middle."""
        if list(names) != self._names:
            self._names = list(names)
            self.update()

    def show_note(self, note: str) -> None:
        """Write a line into the lower left corner."""
        if note != self.note:
            self.note = note
            self.update()

    def paintEvent(self, _) -> None:
        """Paint the path, rings, the lasso, names and the note."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_path(painter)
        painter.setPen(QPen(self.ink, 2))
        for x, y in self._rings:
            painter.drawEllipse(QPointF(x, y), self._radius, self._radius)
        if len(self._line) > 2:
            ground = QColor(self.ink)
            ground.setAlphaF(0.1)
            painter.setBrush(ground)
            painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in self._line]))
        self._paint_names(painter)
        painter.end()

    def _paint_path(self, painter: QPainter) -> None:
        middle = max(1.0, (len(self._path) - 1) / 2)
        ink = QColor(self.ink)
        for number, (one, other) in enumerate(pairwise(self._path.tolist())):
            ink.setAlphaF(max(0.1, 1 - abs(number + 0.5 - middle) / middle) * 0.9)
            painter.setPen(QPen(ink, 1.5))
            painter.drawLine(QPointF(*one), QPointF(*other))

    def _paint_names(self, painter: QPainter) -> None:
        """Write names on a patch of the ground, those that would cover an earlier one a line lower or not at all."""
        ground = QColor("black" if self.ink.lightness() > 127 else "white")
        ground.setAlphaF(0.6)
        metrics, taken = painter.fontMetrics(), []
        for name, x, y in self._names:
            shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, _WIDEST_NAME)
            box = QRectF(0, 0, metrics.horizontalAdvance(shown) + 6, metrics.height())
            box.moveCenter(QPointF(x, y))
            if any(box.intersects(other) for other in taken):
                box.translate(0, box.height())
            if any(box.intersects(other) for other in taken):
                continue
            taken.append(box)
            self._write(painter, box, ground, shown)
        if self.note:
            box = QRectF(0, 0, metrics.horizontalAdvance(self.note) + 6, metrics.height())
            box.moveBottom(self.height())
            self._write(painter, box, ground, self.note)

    def _write(self, painter: QPainter, box: QRectF, ground: QColor, text: str) -> None:
        painter.fillRect(box, ground)
        painter.setPen(self.ink)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
