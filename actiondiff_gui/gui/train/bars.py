"""Bars of scores with their intervals, and a reliability diagram, painted."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QFontMetricsF, QPainter, QPen
from qtpy.QtWidgets import QSizePolicy, QWidget

from actiondiff_gui.classifier.result_words import percent
from actiondiff_gui.gui.common import theme

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

OWN, OTHER = "#3d8fd1", "#8a8a8a"


class ScoreBars(QWidget):
    """A bar from 0 to 100 % for each row, with its 95 % interval."""

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._host = host
        self.rows: list[tuple[str, Mapping[str, Any], bool]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_rows(self, rows: Sequence[tuple[str, Mapping[str, Any], bool]]) -> None:
        """Show rows of name, interval and whether it is the chosen one."""
        self.rows = list(rows)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Leave a line for each row."""
        return QSize(400, round(len(self.rows) * (QFontMetricsF(self.font()).height() + 7) + 2))

    def paintEvent(self, _) -> None:
        """Draw the bars."""
        viewer = self._host.viewer
        if viewer is None:
            return
        ink, ground = theme.colour(viewer, "text"), theme.colour(viewer, "background")
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = QFontMetricsF(painter.font())
        height = metrics.height() + 7
        names = max((metrics.horizontalAdvance(name) for name, _, _ in self.rows), default=0) + 10
        numbers = metrics.horizontalAdvance("100 % (100 to 100 %)") + 8
        width = max(40.0, self.width() - names - numbers)
        for index, (name, value, own) in enumerate(self.rows):
            top = index * height
            painter.setPen(ink)
            painter.drawText(
                QRectF(0, top, names, height),
                Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
                name,
            )
            lane = QRectF(names, top + 3, width, height - 6)
            painter.fillRect(lane, theme.mixed(ground, ink, 0.08))
            number = value.get("value")
            if number is None:
                continue
            painter.fillRect(
                QRectF(lane.left(), lane.top(), width * min(number, 1.0), lane.height()),
                QColor(OWN if own else OTHER),
            )
            text = percent(number)
            if value.get("low") is not None and value.get("high") is not None:
                y = lane.center().y()
                left, right = (lane.left() + width * value[part] for part in ("low", "high"))
                painter.setPen(QPen(ink, 1.4))
                painter.drawLine(QLineF(left, y, right, y))
                for x in (left, right):
                    painter.drawLine(QLineF(x, y - 3, x, y + 3))
                text += f" ({100 * value['low']:.0f} to {100 * value['high']:.0f} %)"
            painter.setPen(ink)
            box = QRectF(lane.right() + 6, top, numbers, height)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        painter.end()


class Reliability(QWidget):
    """Reliability diagram: share of right answers by confidence; calibrated confidence lies on the diagonal."""

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._host = host
        self.bins: Sequence[Mapping[str, Any]] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return a wide and low size."""
        return QSize(400, 150)

    def show_bins(self, bins: Sequence[Mapping[str, Any]]) -> None:
        """Show the bins of :func:`~actiondiff_gui.classifier.calibration.reliability`."""
        self.bins = list(bins)
        lines = [
            f"confidence {row['low']:.0%} to {row['high']:.0%}: {row['answers']} predictions, {row['right']:.0%} right"
            for row in self.bins
        ]
        self.setToolTip("\n".join(lines))
        self.update()

    def paintEvent(self, _) -> None:
        """Draw bars, counts and the line."""
        viewer = self._host.viewer
        if viewer is None:
            return
        ink, ground = theme.colour(viewer, "text"), theme.colour(viewer, "background")
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = QFontMetricsF(painter.font())
        line = metrics.height()
        names = metrics.horizontalAdvance("100 %") + 6
        box = QRectF(names, line + 2, min(self.width() - names - 4, 320), self.height() - 2 * line - 6)
        quiet = theme.mixed(ground, ink, 0.6)
        painter.fillRect(box, theme.mixed(ground, ink, 0.06))
        for row in self.bins:
            left = box.left() + row["low"] * box.width()
            width = (row["high"] - row["low"]) * box.width()
            high = row["right"] * box.height()
            bar = QRectF(left + 1, box.bottom() - high, width - 2, high)
            painter.fillRect(bar, QColor(OWN))
            painter.setPen(ink)
            above = QRectF(left - 6, bar.top() - line, width + 12, line)
            painter.drawText(above, Qt.AlignmentFlag.AlignCenter, f"{row['answers']}")
        painter.setPen(QPen(ink, 1.2, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(box.left(), box.bottom()), QPointF(box.right(), box.top()))
        painter.setPen(quiet)
        for text, y in (("100 %", box.top()), ("0", box.bottom())):
            box = QRectF(0, y - line / 2, names - 4, line)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        painter.drawText(QPointF(box.left(), line - 3), "right")
        under = QRectF(box.left(), box.bottom() + 2, box.width(), line)
        painter.drawText(under, Qt.AlignmentFlag.AlignLeft, "0")
        painter.drawText(under, Qt.AlignmentFlag.AlignCenter, "confidence")
        painter.drawText(under, Qt.AlignmentFlag.AlignRight, "100 %")
        painter.end()
