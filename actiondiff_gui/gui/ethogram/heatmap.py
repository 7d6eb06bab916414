"""Transition matrix: a painted grid of shares or counts; a click shows the bouts of a cell."""

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QFontMetrics, QPainter
from qtpy.QtWidgets import QToolTip, QWidget

from actiondiff_gui.ethogram.transitions import Transitions
from actiondiff_gui.gui.common.theme import mixed
from actiondiff_gui.gui.timeline.scene import TimelineStyle, small

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

SMALLEST, LARGEST = 26, 64
INK = QColor("#2f7fd6")
"""Colour of a share of 1."""


class TransitionsMap(QWidget):
    """Rows are actions, columns those that follow.

    Signals: ``asked(row, column)`` for a clicked cell.
    """

    asked = Signal(int, int)

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self.found: Transitions | None = None
        self.as_counts = False
        self.setMouseTracking(True)
        self.setMinimumSize(220, 160)

    def sizeHint(self) -> QSize:
        """Leave room for several actions."""
        return QSize(420, 360)

    def show_transitions(self, found: Transitions, as_counts: bool) -> None:
        """Show other numbers."""
        self.found, self.as_counts = found, as_counts
        self.update()

    def _sizes(self) -> tuple[float, float, float]:
        """Return the width of the names, the height of the names above, and the size of a cell."""
        number = max(1, len(self.found.actions)) if self.found is not None else 1
        metrics = QFontMetrics(small(self.font()))
        wanted = max((metrics.horizontalAdvance(a) for a in self.found.actions), default=0) + 34
        left = min(wanted, 150, self.width() / 3)
        cell = min((self.width() - left - 8) / number, (self.height() - 64) / number, LARGEST)
        return left, 44, max(cell, 10.0)

    def cell_at(self, point: QPointF) -> tuple[int, int] | None:
        """Return row and column at a point."""
        if self.found is None or not self.found.actions:
            return None
        left, top, cell = self._sizes()
        column, row = int((point.x() - left) // cell), int((point.y() - top) // cell)
        number = len(self.found.actions)
        return (row, column) if 0 <= row < number and 0 <= column < number else None

    def paintEvent(self, event) -> None:
        """Draw names and cells."""
        painter = QPainter(self)
        style = TimelineStyle.of(self.host.viewer)
        painter.setFont(small(self.font()))
        if self.found is None or not self.found.actions:
            return
        left, top, cell = self._sizes()
        metrics = QFontMetrics(painter.font())
        painter.setPen(style.quiet)
        room = QRectF(left, 2, cell * len(self.found.actions), 16)
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, "followed by")
        for k, action in enumerate(self.found.actions):
            base = QColor(self.session.colour_of(action))
            middle = top + (k + 0.5) * cell
            painter.fillRect(QRectF(6, middle - 4, 8, 8), base)
            painter.setPen(style.text)
            text = metrics.elidedText(action, Qt.TextElideMode.ElideMiddle, int(left - 26))
            painter.drawText(QRectF(19, middle - 10, left - 24, 20), Qt.AlignmentFlag.AlignVCenter, text)
            x = left + k * cell
            painter.fillRect(QRectF(x + cell / 2 - 4, top - 24, 8, 8), base)
            text = metrics.elidedText(action, Qt.TextElideMode.ElideMiddle, int(cell - 2))
            painter.drawText(QRectF(x, top - 16, cell, 16), Qt.AlignmentFlag.AlignCenter, text)
        self._cells(painter, style, left, top, cell)

    def _cells(self, painter: QPainter, style: TimelineStyle, left: float, top: float, cell: float) -> None:
        found = self.found
        shares = found.shares
        for row, column in np.ndindex(shares.shape):
            box = QRectF(left + column * cell + 1, top + row * cell + 1, cell - 2, cell - 2)
            value = shares[row, column]
            own = row == column and not found.with_own
            ground = style.band if own or np.isnan(value) else mixed(style.band, INK, float(value))
            painter.fillRect(box, ground)
            if own or np.isnan(value):
                painter.setPen(style.quiet)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "–" if own else "")
                continue
            count = int(found.counts[row, column])
            if not count:
                continue
            painter.setPen(QColor("#ffffff") if ground.lightness() < 140 else QColor("#101418"))
            text = f"{count:,}" if self.as_counts else f"{value:.2f}"
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text if cell >= SMALLEST else "")

    def mouseMoveEvent(self, event) -> None:
        """Change the pointer over cells that can be clicked."""
        cell = self.cell_at(event.position())
        some = cell is not None and bool(self.found.counts[cell])
        self.setCursor(Qt.CursorShape.PointingHandCursor if some else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event) -> None:
        """Emit the cell whose bouts were asked for."""
        cell = self.cell_at(event.position())
        if cell is not None and self.found.counts[cell]:
            self.asked.emit(*cell)

    def event(self, event: QEvent) -> bool:
        """Show the meaning of a cell as a tooltip."""
        if event.type() == QEvent.Type.ToolTip:
            cell = self.cell_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), "" if cell is None else self.words(*cell), self)
            return True
        return super().event(event)

    def words(self, row: int, column: int) -> str:
        """Return the meaning of a cell."""
        found = self.found
        one, two = found.actions[row], found.actions[column]
        if row == column and not found.with_own:
            return f"Transitions from {one} to itself are left out."
        out = int(found.counts[row].sum())
        if not out:
            return f"No counted bout follows {one}."
        count = int(found.counts[row, column])
        return (
            f"{count:,} of {out:,} transitions out of {one} lead to {two} ({found.shares[row, column]:.1%})."
        )
