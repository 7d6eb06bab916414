"""Training curves: the loss, and the score on the validation clips."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF
from qtpy.QtWidgets import QSizePolicy, QWidget

from actiondiff_gui.classifier.training.run import Point
from actiondiff_gui.gui.common import theme

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

TRAIN, VALID = "#56b4e9", "#e69f00"
"""Colours of training and validation, distinct for colour-blind people and in both themes."""


class Curves(QWidget):
    """Loss of training and validation clips at the left, the score at the right, one point per epoch."""

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._host = host
        self.points: Sequence[Point] = ()
        self.epochs = 1
        self.metric_name = ""
        self.best = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setMinimumHeight(150)

    def sizeHint(self) -> QSize:
        """Return a wide and low size."""
        return QSize(420, 170)

    def show_points(self, points: Sequence[Point], epochs: int, metric: str, best: int) -> None:
        """Show the curve of a training of at most ``epochs`` epochs; ``best`` is marked."""
        self.points, self.epochs, self.metric_name, self.best = tuple(points), max(epochs, 1), metric, best
        self.setToolTip(self._words())
        self.update()

    def _words(self) -> str:
        if not self.points:
            return ""
        last = self.points[-1]
        parts = [f"epoch {last.epoch}", f"training loss {last.loss:.3f}"]
        if last.validation_loss is not None:
            parts.append(f"validation loss {last.validation_loss:.3f}")
        if last.metric is not None:
            parts.append(f"{self.metric_name} {last.metric:.0%}")
        return ", ".join(parts)

    def paintEvent(self, _) -> None:
        """Draw both plots."""
        viewer = self._host.viewer
        if viewer is None:
            return
        ink, ground = theme.colour(viewer, "text"), theme.colour(viewer, "background")
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = self.font()
        font.setPointSizeF(max(7.0, font.pointSizeF() * 0.85))
        painter.setFont(font)
        with_metric = any(p.metric is not None for p in self.points) or (not self.points and self.metric_name)
        half = (self.width() - 8) / 2 if with_metric else self.width()
        losses = [p.loss for p in self.points]
        valid = [p.validation_loss for p in self.points]
        top = max([v for v in (*losses, *valid) if v is not None and math.isfinite(v)], default=1.0)
        left = QRectF(0, 0, half, self.height())
        series = [("training", TRAIN, losses), ("validation", VALID, valid)]
        self._plot(painter, left, "loss", series, top * 1.05 or 1.0, f"{top:.2g}", ink, ground)
        if with_metric:
            right = QRectF(half + 8, 0, half, self.height())
            scores = [(self.metric_name, VALID, [p.metric for p in self.points])]
            self._plot(
                painter, right, f"{self.metric_name} on validation clips", scores, 1.0, "100 %", ink, ground
            )
        painter.end()

    def _plot(
        self,
        painter: QPainter,
        box: QRectF,
        title: str,
        series: Sequence[tuple[str, str, Sequence[float | None]]],
        top: float,
        top_text: str,
        ink: QColor,
        ground: QColor,
    ) -> None:
        metrics = QFontMetricsF(painter.font())
        line = metrics.height()
        inner = box.adjusted(metrics.horizontalAdvance("100 %") + 4, line + 4, -6, -line - 3)
        quiet = theme.mixed(ground, ink, 0.6)
        painter.setPen(quiet)
        painter.drawText(QPointF(inner.left(), line - 2), title)
        self._legend(
            painter, box, line, [s for s in series if len(series) > 1 and any(v is not None for v in s[2])]
        )
        painter.setPen(QPen(theme.mixed(ground, ink, 0.25), 1))
        for share in (0.0, 0.5, 1.0):
            y = inner.bottom() - share * inner.height()
            painter.drawLine(QPointF(inner.left(), y), QPointF(inner.right(), y))
        painter.setPen(quiet)
        for text, y in ((top_text, inner.top()), ("0", inner.bottom())):
            area = QRectF(box.left(), y - line / 2, inner.left() - box.left() - 4, line)
            painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        under = QRectF(inner.left(), inner.bottom() + 2, inner.width(), line)
        painter.drawText(under, Qt.AlignmentFlag.AlignLeft, "epoch 1")
        painter.drawText(under, Qt.AlignmentFlag.AlignRight, f"{self.epochs}")

        def point_at(epoch: int, value: float) -> QPointF:
            x = inner.left() + inner.width() * (epoch - 1) / max(self.epochs - 1, 1)
            return QPointF(x, inner.bottom() - inner.height() * min(max(value / top, 0.0), 1.0))

        if self.best and self.points:
            x = point_at(self.best, 0).x()
            painter.setPen(QPen(quiet, 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, inner.top()), QPointF(x, inner.bottom()))
        for name, colour, values in series:
            known = [
                point_at(point.epoch, value)
                for point, value in zip(self.points, values, strict=True)
                if value is not None and math.isfinite(value)
            ]
            style = Qt.PenStyle.DashLine if name == "validation" else Qt.PenStyle.SolidLine
            painter.setPen(QPen(QColor(colour), 2, style))
            painter.drawPolyline(QPolygonF(known))
            if known:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(colour))
                painter.drawEllipse(known[-1], 3, 3)
                painter.setBrush(Qt.BrushStyle.NoBrush)

    def _legend(self, painter: QPainter, box: QRectF, line: float, series: Sequence[tuple]) -> None:
        x = box.right() - 6
        metrics = QFontMetricsF(painter.font())
        for name, colour, _ in reversed(series):
            x -= metrics.horizontalAdvance(name)
            painter.setPen(QColor(colour))
            painter.drawText(QPointF(x, line - 2), name)
            x -= 8
