"""Ethogram raster: a row for each recording, or for each action of one; a click seeks, the wheel zooms."""

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QFontMetrics, QPainter, QPen, QPixmap
from qtpy.QtWidgets import QScrollBar, QToolTip, QWidget

from actiondiff_gui.ethogram.bouts import Bouts
from actiondiff_gui.gui.ethogram.state.raster import TICKS, Raster, picture, rgb
from actiondiff_gui.gui.timeline.bout_drawing import draw_pixels
from actiondiff_gui.gui.timeline.scene import TimelineStyle, small
from actiondiff_gui.gui.timeline.state.time_axis import TimeAxis, clock, ticks

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

RULER, ROW, GAP = 21, 20, 4
NARROWEST, WIDEST = 60, 150
ZOOM = 0.8
STILL = 4
"""Pixels the pointer may move between press and release of a click."""


class EthogramRaster(QWidget):
    """Bouts of many recordings over one time axis.

    Signals: ``asked(video, frame, bout)`` for a click, with the index of the bout there or -1;
    ``row_asked(video)`` for a double click on a name.

    Attributes
    ----------
    raster : Raster
    axis : TimeAxis
        What is visible, in milliseconds.
    """

    asked = Signal(str, int, int)
    row_asked = Signal(str)

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self.bouts: Bouts | None = None
        self.raster: Raster | None = None
        self.axis = TimeAxis.whole(1, 1)
        self._names_width = NARROWEST
        self._picture: QPixmap | None = None
        self._pressed: tuple[float, float, TimeAxis] | None = None
        self._moved = False
        self.setMouseTracking(True)
        self.setMinimumSize(200, RULER + 2 * ROW)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.scroll = QScrollBar(Qt.Orientation.Vertical, self)
        self.scroll.setSingleStep(ROW)
        self.scroll.valueChanged.connect(self.repaint_all)
        self.scroll.hide()

    def sizeHint(self) -> QSize:
        """Leave room for several rows."""
        return QSize(400, RULER + 10 * ROW)

    # What is shown

    def show_bouts(self, bouts: Bouts, video: str | None = None) -> None:
        """Show bouts: a row for each recording, or with ``video`` for each action of this one."""
        before = None if self.raster is None else (self.raster.videos[:1], self.axis.count)
        self.bouts, self.raster = bouts, Raster.of(bouts, video)
        axis = self.raster.axis(self.axis.width)
        if before != (self.raster.videos[:1], axis.count):
            self.axis = axis
        self._layout()

    def fit(self) -> None:
        """Show all of the longest recording."""
        self.show_axis(self.axis.fitted())

    def show_axis(self, axis: TimeAxis) -> None:
        """Show another stretch."""
        if axis != self.axis:
            self.axis = axis
            self.repaint_all()

    def show_row(self, video: str | None) -> None:
        """Scroll to a recording's row."""
        if self.raster is not None and video in self.raster.videos and self.scroll.maximum():
            top = self.raster.videos.index(video) * ROW
            low, high = self.scroll.value(), self.scroll.value() + self.height() - RULER - ROW
            if not low <= top <= high:
                self.scroll.setValue(max(0, top - (self.height() - RULER) // 2))

    def zoom(self, steps: float, x: float | None = None) -> None:
        """Zoom in (above 0) or out, at a pixel of the rows or in the middle."""
        self.show_axis(self.axis.zoomed(ZOOM**steps, self.axis.width / 2 if x is None else x))

    def repaint_all(self, *_: object) -> None:
        """Schedule a full repaint."""
        self._picture = None
        self.update()

    def follow(self, *_: object) -> None:
        """Move the cursor."""
        self.update()

    def row_at(self, y: float) -> int | None:
        """Return the row at a height, None outside all rows."""
        if self.raster is None or y < RULER:
            return None
        row = int((y - RULER + self.scroll.value()) // ROW)
        return row if row < len(self.raster) else None

    def point_of(self, row: int, milliseconds: float) -> QPointF:
        """Return the position in the widget of a time in a row."""
        return QPointF(
            self._names_width + self.axis.x(milliseconds), RULER + row * ROW - self.scroll.value() + ROW / 2
        )

    def under(self, point: QPointF) -> int:
        """Return the index of the bout at a point, -1 for none."""
        row = self.row_at(point.y())
        if row is None or point.x() < self._names_width:
            return -1
        at = self.axis.position(point.x() - self._names_width)
        found = self.raster.under(row, at)
        return self._near(row, at) if found is None else found

    def _near(self, row: int, at: float) -> int:
        found = self.raster.under(row, at, 1.5 / self.axis.scale)
        return -1 if found is None else found

    # Layout and painting

    def _layout(self) -> None:
        names = self.raster.names if self.raster is not None else ()
        metrics = QFontMetrics(small(self.font()))
        wanted = max((metrics.horizontalAdvance(name) for name in names), default=0) + 14
        self._names_width = max(NARROWEST, min(wanted, WIDEST, self.width() // 3))
        hidden = max(0, RULER + len(names) * ROW - self.height())
        bar = self.scroll.sizeHint().width() if hidden else 0
        self.scroll.setVisible(bool(hidden))
        self.scroll.setRange(0, hidden)
        self.scroll.setPageStep(max(ROW, self.height() - RULER))
        self.scroll.setGeometry(self.width() - bar, RULER, bar, max(0, self.height() - RULER))
        self.axis = self.axis.resized(self.width() - self._names_width - bar)
        self.repaint_all()

    def resizeEvent(self, event: QEvent) -> None:
        """Keep the visible stretch."""
        self._layout()

    def paintEvent(self, event) -> None:
        """Show the picture, and the cursor over it."""
        painter = QPainter(self)
        if self._picture is None:
            self._picture = self._painted()
        painter.drawPixmap(0, 0, self._picture)
        self._cursor(painter)

    def _painted(self) -> QPixmap:
        style = TimelineStyle.of(self.host.viewer)
        ratio = self.devicePixelRatioF()
        made = QPixmap(self.size() * ratio)
        made.setDevicePixelRatio(ratio)
        made.fill(style.back)
        if self.raster is None or not len(self.raster):
            return made
        painter = QPainter(made)
        painter.setFont(small(self.font()))
        unit, marks = ticks(self.axis, TICKS)
        painter.save()
        painter.setClipRect(QRectF(0, RULER, self.width(), self.height() - RULER))
        self._rows(painter, style)
        painter.restore()
        self._ruler(painter, style, "ms" if unit == "frame" else unit, marks)
        painter.end()
        return made

    def _rows(self, painter: QPainter, style: TimelineStyle) -> None:
        raster, axis = self.raster, self.axis
        first = self.scroll.value() // ROW
        last = min(len(raster), first + (self.height() - RULER) // ROW + 2)
        colours = rgb([self.session.colour_of(action) for action in self.bouts.actions])
        image = picture(raster, first, last, axis, colours)
        metrics = QFontMetrics(painter.font())
        opened = self.session.video
        one = len(set(raster.videos)) == 1
        for row in range(first, last):
            top = RULER + row * ROW - self.scroll.value()
            lasts = axis.x(raster.length[row])
            ground = QRectF(self._names_width, top + GAP / 2, max(0.0, min(lasts, axis.width)), ROW - GAP)
            painter.fillRect(ground, style.band)
            painter.setPen(style.text if raster.videos[row] == opened or one else style.quiet)
            room = QRectF(6, top, self._names_width - 12, ROW)
            text = metrics.elidedText(raster.names[row], Qt.TextElideMode.ElideMiddle, int(room.width()))
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
            box = QRectF(self._names_width, top + GAP / 2, axis.width, ROW - GAP)
            draw_pixels(painter, image[row - first : row - first + 1], box)
        self._borders(painter, style, first, last)

    def _borders(self, painter: QPainter, style: TimelineStyle, first: int, last: int) -> None:
        """Return lines at the starts of wide bouts, which separate neighbours of one action."""
        raster, axis = self.raster, self.axis
        cut = raster.of_rows(first, last)
        wide = (raster.end[cut] - raster.start[cut]) * axis.scale >= 6
        seen = wide & (raster.start[cut] > axis.begin) & (raster.start[cut] < axis.end)
        if seen.sum() > 4000:
            return
        painter.setPen(QPen(style.back, 1))
        tops = RULER + raster.row[cut][seen] * ROW - self.scroll.value() + GAP / 2
        xs = np.floor(self._names_width + axis.x(raster.start[cut][seen])) + 0.5
        painter.drawLines(
            [QLineF(x, top, x, top + ROW - GAP) for x, top in zip(xs.tolist(), tops.tolist(), strict=True)]
        )

    def _ruler(self, painter: QPainter, style: TimelineStyle, unit: str, marks) -> None:
        painter.fillRect(QRectF(0, 0, self.width(), RULER), style.back)
        painter.setPen(QPen(style.grid, 1))
        painter.drawLine(QLineF(0, RULER - 0.5, self.width(), RULER - 0.5))
        painter.setPen(QPen(style.quiet, 1))
        metrics = QFontMetrics(painter.font())
        painter.drawText(QRectF(6, 0, self._names_width - 12, RULER - 4), Qt.AlignmentFlag.AlignVCenter, unit)
        for mark in marks:
            x = round(self._names_width + self.axis.x(mark.position)) + 0.5
            if x < self._names_width:
                continue
            painter.drawLine(QLineF(x, RULER - (7 if mark.text else 3), x, RULER - 1))
            if mark.text and x + 6 + metrics.horizontalAdvance(mark.text) < self.width():
                painter.drawText(QPointF(x + 3, RULER - 7), mark.text)

    def _cursor(self, painter: QPainter) -> None:
        raster, video = self.raster, self.session.video
        if raster is None or video not in raster.videos:
            return
        row = raster.videos.index(video)
        rows = len(raster) if len(set(raster.videos)) == 1 else 1
        x = self._names_width + self.axis.x((self.session.frame + 0.5) / raster.fps[row] * TICKS)
        if not self._names_width <= x <= self._names_width + self.axis.width:
            return
        top = RULER + row * ROW - self.scroll.value()
        painter.setClipRect(QRectF(0, RULER, self.width(), self.height() - RULER))
        painter.setPen(QPen(QColor(TimelineStyle.of(self.host.viewer).mark), 2))
        painter.drawLine(QLineF(x, top, x, top + rows * ROW))

    # The mouse

    def mousePressEvent(self, event) -> None:
        """Start a click, which seeks, or a drag, which moves the view."""
        if event.button() == Qt.MouseButton.LeftButton:
            point = event.position()
            self._pressed, self._moved = (point.x(), point.y(), self.axis), False

    def mouseMoveEvent(self, event) -> None:
        """Move the view, or change the pointer over what can be clicked."""
        point = event.position()
        if self._pressed is not None:
            x, _, axis = self._pressed
            self._moved |= abs(point.x() - x) > STILL
            if self._moved:
                self.show_axis(axis.moved((x - point.x()) / axis.scale))
            return
        there = self.under(point) >= 0
        self.setCursor(Qt.CursorShape.PointingHandCursor if there else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event) -> None:
        """Seek, if the pointer did not move."""
        if event.button() != Qt.MouseButton.LeftButton or self._pressed is None:
            return
        self._pressed = None
        point = event.position()
        row = self.row_at(point.y())
        if self._moved or row is None or point.x() < self._names_width:
            return
        at = self.axis.position(point.x() - self._names_width)
        self.asked.emit(self.raster.videos[row], self.raster.frame(row, at), self.under(point))

    def mouseDoubleClickEvent(self, event) -> None:
        """Show one recording alone after a double click on its name."""
        row = self.row_at(event.position().y())
        if row is not None and event.position().x() < self._names_width:
            self.row_asked.emit(self.raster.videos[row])

    def wheelEvent(self, event) -> None:
        """Zoom at the pointer; over the names scroll the rows, with Shift move along."""
        turned, point = event.angleDelta(), event.position()
        event.accept()
        if point.x() < self._names_width:
            self.scroll.setValue(self.scroll.value() - round(turned.y() / 120 * ROW))
        elif turned.x() or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            notches = (turned.x() or turned.y()) / 120
            self.show_axis(self.axis.moved(-notches * (self.axis.end - self.axis.begin) / 8))
        else:
            self.zoom(turned.y() / 120, point.x() - self._names_width)

    def event(self, event: QEvent) -> bool:
        """Show a tooltip for what is under the pointer."""
        if event.type() == QEvent.Type.ToolTip and self.raster is not None:
            QToolTip.showText(event.globalPos(), self.words_at(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def words_at(self, point: QPointF) -> str:
        """Return a description of a point: the recording, and the bout with its times."""
        row = self.row_at(point.y())
        if row is None:
            return ""
        index = self.under(point)
        if index < 0:
            return self.raster.names[row]
        bouts = self.bouts
        recording = bouts.recordings[bouts.recording[index]]
        start, end = (float(at[index]) / recording.fps for at in (bouts.start, bouts.end))
        who = bouts.said_by[index]
        if bouts.predicted[index]:
            sure = float(bouts.confidence[index])
            who = f"predicted by {who}" + ("" if np.isnan(sure) else f", {sure:.0%}")
        subject = bouts.subjects[bouts.subject[index]]
        parts = (bouts.actions[bouts.action[index]], subject, who)
        return f"{recording.name}, {clock(start)} to {clock(end)}\n" + ", ".join(p for p in parts if p)
