"""Cursor of the timeline: a line through all lanes, and a flag with time and frame number."""

from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QColor, QFont, QFontMetrics, QPainter

from actiondiff_gui.gui.timeline.scene import TimelineStyle, small
from actiondiff_gui.gui.timeline.state.lane_geometry import TimelineLayout
from actiondiff_gui.gui.timeline.state.time_axis import TimeAxis

BROAD = 4.0
"""Pixels per frame from which the whole frame is shaded, not only its middle marked."""


def flag(font: QFont, parts: TimelineLayout, axis: TimeAxis, frame: int, text: str) -> QRectF:
    """Return the rectangle of the flag: over the frame, but within the ruler."""
    width = QFontMetrics(small(font)).horizontalAdvance(text) + 14
    x = parts.names + axis.x(frame + 0.5) - width / 2
    return QRectF(round(max(parts.names, min(x, parts.names + axis.width - width))), 1, width, 17)


def paint_cursor(
    painter: QPainter, style: TimelineStyle, parts: TimelineLayout, axis: TimeAxis, frame: int, text: str
) -> None:
    """Draw line and flag of ``frame``, if it is visible."""
    if not axis.begin <= frame + 0.5 <= axis.end:
        return
    if axis.scale >= BROAD:
        glow = QColor(style.mark)
        glow.setAlpha(50)
        left = parts.names + axis.x(frame)
        painter.fillRect(QRectF(left, parts.ruler, axis.scale, parts.head - parts.ruler + parts.view), glow)
    x = round(parts.names + axis.x(frame + 0.5))
    painter.fillRect(QRectF(x, parts.ruler - 2, 1, parts.height - parts.ruler + 2), style.text)
    box = flag(painter.font(), parts, axis, frame, text)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(style.mark)
    painter.drawRoundedRect(box, 3, 3)
    painter.setFont(small(painter.font()))
    painter.setPen(QColor("white") if style.mark.lightness() < 170 else QColor("black"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
