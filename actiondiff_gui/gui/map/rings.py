"""Overlay of a map for rings and the lasso, drawn without drawing the points again."""

from collections.abc import Sequence

from qtpy.QtCore import QPointF, Qt
from qtpy.QtGui import QColor, QPainter, QPen, QPolygonF
from qtpy.QtWidgets import QWidget


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

    def show_rings(self, positions: Sequence[tuple[float, float]], radius: float) -> None:
        """Draw rings at these positions."""
        if (list(positions), radius) != (self._rings, self._radius):
            self._rings, self._radius = list(positions), radius
            self.update()

    def show_line(self, corners: Sequence[tuple[float, float]]) -> None:
        """Draw a closed line; none for fewer than three corners."""
        self._line = list(corners)
        self.update()

    def paintEvent(self, _) -> None:
        """Paint rings and the line."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.ink, 2))
        for x, y in self._rings:
            painter.drawEllipse(QPointF(x, y), self._radius, self._radius)
        if len(self._line) > 2:
            ground = QColor(self.ink)
            ground.setAlphaF(0.1)
            painter.setBrush(ground)
            painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in self._line]))
        painter.end()
