"""Confusion matrix whose cells can be clicked."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QFontMetricsF, QPainter, QPen
from qtpy.QtWidgets import QSizePolicy, QToolTip, QWidget

from actiondiff_gui.gui.common import theme

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

BLUE = "#3d8fd1"


class Matrix(QWidget):
    """Confusion matrix: rows are labels, columns predictions; the fill of a cell is its share of the row.

    Signals: ``clicked(row, column)``; column -1 stands for the whole row.
    """

    clicked = Signal(int, int)

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._host = host
        self.counts: list[list[int]] = []
        self.names: list[str] = []
        self.colours: list[str] = []
        self.chosen: tuple[int, int] | None = None
        self._over: tuple[int, int] | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_counts(
        self, counts: Sequence[Sequence[int]], names: Sequence[str], colours: Sequence[str]
    ) -> None:
        """Show ``[K, K]`` counts of the actions ``names`` in their ``colours``."""
        self.counts = [list(row) for row in counts]
        self.names, self.colours, self.chosen, self._over = list(names), list(colours), None, None
        self.updateGeometry()
        self.update()

    def choose(self, row: int, column: int) -> None:
        """Choose a cell, as a click does."""
        self.chosen = (row, column)
        self.update()
        self.clicked.emit(row, column)

    def sizeHint(self) -> QSize:
        """Leave room for square cells, as high as the names need."""
        return QSize(400, round(self._sizes(400)[1] * max(len(self.names), 1) + self._head() + 4))

    def hasHeightForWidth(self) -> bool:
        """Return True: the height follows from the width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """See :meth:`sizeHint`."""
        return round(self._sizes(width)[1] * max(len(self.names), 1) + self._head() + 4)

    def _head(self) -> float:
        return 2 * QFontMetricsF(self.font()).height() + 6

    def _sizes(self, width: float) -> tuple[float, float]:
        """Return the width of the names, and the side of a cell."""
        metrics = QFontMetricsF(self.font())
        widest = max((metrics.horizontalAdvance(n) for n in self.names), default=0)
        names = min(
            width * 0.35, max(widest + 28 + self._totals(), metrics.horizontalAdvance("labelled") + 12)
        )
        side = (width - names - 4) / max(len(self.names), 1)
        return names, max(16.0, min(side, 30.0))

    def _totals(self) -> float:
        return QFontMetricsF(self.font()).horizontalAdvance(f"{max(map(sum, self.counts), default=0)}") + 8

    def _across(self) -> float:
        names, side = self._sizes(self.width())
        return max(side, min(78.0, (self.width() - names - 4) / max(len(self.names), 1)))

    def cell(self, row: int, column: int) -> QRectF:
        """Return the rectangle of a cell."""
        names, side = self._sizes(self.width())
        across = self._across()
        return QRectF(names + column * across, self._head() + row * side, across, side)

    def _at(self, point: QPointF) -> tuple[int, int] | None:
        names, side = self._sizes(self.width())
        row = int((point.y() - self._head()) // side)
        column = -1 if point.x() < names else int((point.x() - names) // self._across())
        inside = 0 <= row < len(self.names) and -1 <= column < len(self.names)
        return (row, column) if inside else None

    def paintEvent(self, _) -> None:
        """Draw names, cells and counts."""
        viewer = self._host.viewer
        if viewer is None or not self.names:
            return
        ink, ground = theme.colour(viewer, "text"), theme.colour(viewer, "background")
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = QFontMetricsF(painter.font())
        names, side = self._sizes(self.width())
        across, head = self._across(), self._head()
        quiet = theme.mixed(ground, ink, 0.6)
        painter.setPen(quiet)
        painter.drawText(QPointF(names, metrics.ascent()), "predicted")
        painter.drawText(QPointF(2, head - 6), "labelled")
        for k, name in enumerate(self.names):
            column = QRectF(names + k * across, metrics.height() + 1, across, metrics.height())
            text = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, across - 3)
            painter.setPen(ink)
            painter.drawText(column, Qt.AlignmentFlag.AlignCenter, text)
            total = sum(self.counts[k])
            room = QRectF(18, head + k * side, names - 24, side)
            painter.fillRect(QRectF(3, room.center().y() - 4.5, 9, 9), QColor(self.colours[k]))
            text = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room.width() - self._totals() + 4)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
            painter.setPen(quiet)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, f"{total}")
        for row in range(len(self.names)):
            total = max(sum(self.counts[row]), 1)
            for column in range(len(self.names)):
                box = self.cell(row, column).adjusted(1, 1, -1, -1)
                count = self.counts[row][column]
                share = count / total
                fill = theme.mixed(theme.mixed(ground, ink, 0.06), QColor(BLUE), share)
                painter.fillRect(box, fill)
                if count or row == column:
                    painter.setPen(QColor("white") if share > 0.55 else ink)
                    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, f"{count}")
                if (row, column) in (self.chosen, self._over):
                    painter.setPen(QPen(ink, 2 if (row, column) == self.chosen else 1))
                    painter.drawRect(box)
        painter.end()

    def mousePressEvent(self, event) -> None:
        """Choose the cell below the pointer, or a whole row by its name."""
        found = self._at(event.position() if hasattr(event, "position") else event.pos())
        if found is not None and event.button() == Qt.MouseButton.LeftButton:
            self.choose(*found)

    def mouseMoveEvent(self, event) -> None:
        """Show what a cell counts."""
        point = event.position() if hasattr(event, "position") else QPointF(event.pos())
        found = self._at(point)
        if found == self._over:
            return
        self._over = found
        self.update()
        if found is None:
            QToolTip.hideText()
            return
        row, column = found
        if column < 0:
            text = f"{sum(self.counts[row])} clips labelled {self.names[row]}. Click to select them."
        else:
            text = (
                f"{self.counts[row][column]} clips labelled {self.names[row]} and predicted as "
                f"{self.names[column]}. Click to select them."
            )
        QToolTip.showText(self.mapToGlobal(point.toPoint()), text, self)

    def leaveEvent(self, _) -> None:
        """Highlight no cell."""
        self._over = None
        self.update()
