"""Painting of the timeline: ruler, lanes, names and overview; knows neither mouse nor session."""

from collections.abc import Sequence

import numpy as np
from qtpy.QtCore import QLineF, QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QFontMetrics, QPainter, QPen

from actiondiff_gui.gui.timeline.bout_drawing import draw_pixels, paint_current_stretch, paint_lane, shades
from actiondiff_gui.gui.timeline.scene import Scene, small
from actiondiff_gui.gui.timeline.sound_lane import paint_sound
from actiondiff_gui.gui.timeline.state.lane_geometry import TimelineLayout
from actiondiff_gui.gui.timeline.state.lanes import CLIP, LABEL, PREDICTION, Lanes, coverage
from actiondiff_gui.gui.timeline.state.time_axis import TimeAxis, ticks
from actiondiff_gui.gui.timeline.weights import paint_weights

MOST_ROWS = 8
"""Largest number of lanes that the overview can resolve."""


def paint(painter: QPainter, scene: Scene) -> None:
    """Draw everything but the cursor."""
    parts, style = scene.parts, scene.style
    painter.fillRect(QRectF(0, 0, parts.width, parts.height), style.back)
    unit, marks = ticks(scene.axis, scene.fps)
    bottom = parts.height - parts.overview
    painter.save()
    painter.setClipRect(QRectF(parts.names, parts.head, scene.axis.width, bottom - parts.head))
    painter.translate(parts.names, 0)
    for lane in range(len(scene.lanes)):
        if lane % 2 == 0:
            painter.fillRect(QRectF(0, parts.top(lane), scene.axis.width, parts.lane_height), style.band)
    paint_current_stretch(painter, scene)
    painter.setPen(QPen(style.grid, 1))
    painter.drawLines(
        [
            QLineF(x, parts.head, x, bottom)
            for x in (round(scene.axis.x(m.position)) + 0.5 for m in marks if m.text)
        ]
    )
    for lane in range(len(scene.lanes)):
        top = parts.top(lane)
        if top + parts.lane_height >= parts.head and top < bottom:
            paint_lane(painter, scene, lane, top)
    painter.restore()
    paint_sound(painter, scene)
    paint_weights(painter, scene)
    _ruler(painter, scene, unit, marks)
    _names(painter, scene)
    _overview(painter, scene)


def _ruler(painter: QPainter, scene: Scene, unit: str, marks: Sequence) -> None:
    parts, style, axis = scene.parts, scene.style, scene.axis
    painter.fillRect(QRectF(parts.names, 0, axis.width, parts.ruler), style.back)
    painter.setPen(QPen(style.grid, 1))
    painter.drawLine(QLineF(0, parts.ruler - 0.5, parts.width, parts.ruler - 0.5))
    usual = painter.font()
    painter.setFont(small(usual))
    metrics = QFontMetrics(painter.font())
    room = metrics.horizontalAdvance(unit) + 14
    painter.setPen(QPen(style.quiet, 1))
    for mark in marks:
        x = round(parts.names + axis.x(mark.position)) + 0.5
        painter.drawLine(QLineF(x, parts.ruler - (7 if mark.text else 3), x, parts.ruler - 1))
        if mark.text and x + 6 + metrics.horizontalAdvance(mark.text) < parts.width - room:
            painter.drawText(QPointF(x + 3, parts.ruler - 7), mark.text)
    end = QRectF(parts.width - room, 0, room, parts.ruler - 5)
    painter.drawText(end, Qt.AlignmentFlag.AlignCenter, unit)
    painter.setFont(usual)


def _names(painter: QPainter, scene: Scene) -> None:
    parts, style = scene.parts, scene.style
    bottom = parts.height - parts.overview
    painter.save()
    painter.setClipRect(QRectF(0, parts.head, parts.names, parts.view))
    metrics = QFontMetrics(painter.font())
    for lane, name in enumerate(scene.names):
        top = parts.top(lane)
        if lane % 2 == 0:
            painter.fillRect(QRectF(0, top, parts.names, parts.lane_height), style.band)
        middle = top + parts.lane_height / 2
        last = lane == len(scene.names) - 1
        if scene.lanes.is_heading(lane):
            _heading(painter, scene, name, top)
            continue
        swatch = QRectF(7.5, round(middle) - 4.5, 9, 9)
        painter.setPen(QPen(QColor(scene.colours[lane]), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush if last else QColor(scene.colours[lane]))
        painter.drawRect(swatch)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(style.quiet if last else style.text)
        room = QRectF(23, top, parts.names - 29, parts.lane_height)
        # Names that differ at their end stay apart.
        text = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
    painter.restore()
    painter.setPen(QPen(style.grid, 1))
    painter.drawLine(QLineF(parts.names - 0.5, 0, parts.names - 0.5, bottom))


def _heading(painter: QPainter, scene: Scene, name: str, top: int) -> None:
    """Draw the name of the subject whose lanes follow, bold and without a colour."""
    usual, bold = painter.font(), painter.font()
    bold.setBold(True)
    painter.setFont(bold)
    painter.setPen(scene.style.text)
    room = QRectF(7, top, scene.parts.names - 13, scene.parts.lane_height)
    text = QFontMetrics(bold).elidedText(name, Qt.TextElideMode.ElideRight, int(room.width()))
    painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
    painter.setFont(usual)


def _overview(painter: QPainter, scene: Scene) -> None:
    parts, style, axis = scene.parts, scene.style, scene.axis
    box = overview_box(parts)
    painter.fillRect(QRectF(0, box.top() - 3, parts.width, 1), style.grid)
    painter.fillRect(box, style.band)
    if scene.overview is not None:
        draw_pixels(painter, scene.overview, box)
    scale = box.width() / axis.count
    left, right = axis.begin * scale, axis.end * scale
    if not axis.fits:
        veil = QColor(style.back)
        veil.setAlpha(150)
        painter.fillRect(QRectF(box.left(), box.top(), left, box.height()), veil)
        painter.fillRect(QRectF(box.left() + right, box.top(), box.width() - right, box.height()), veil)
        painter.setPen(QPen(style.text, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(
            QRectF(
                round(box.left() + left) + 0.5,
                box.top() - 0.5,
                max(3.0, round(right - left) - 1),
                box.height(),
            )
        )


def overview_box(parts: TimelineLayout) -> QRectF:
    """Return the rectangle of the overview."""
    return QRectF(
        parts.names, parts.height - parts.overview + 4, parts.width - parts.names, parts.overview - 6
    )


def overview_picture(lanes: Lanes, count: int, width: int, colours: Sequence[str]) -> np.ndarray:
    """Draw all labels and predictions of a video of ``count`` frames.

    Returns ``[rows, width, 4]`` uint8: premultiplied blue, green, red, alpha. A row per lane where the lanes
    are few; else all labels in two rows and all predictions in one, in the colour of unlabelled clips.
    """
    whole = TimeAxis.whole(count, width)
    if len(lanes) > MOST_ROWS:
        rows = []
        for kind in (LABEL, LABEL, PREDICTION):
            mine = lanes.bars.kind == kind
            full = coverage(lanes.bars.start[mine], lanes.bars.end[mine], lanes.bars.strength[mine], whole)
            rows.append(shades(full, QColor(colours[-1]), 1.0))
        return np.stack(rows)
    image = np.zeros((len(lanes), width, 4), np.uint8)
    for lane in range(len(lanes)):
        for kind, share in ((CLIP, 0.5), (PREDICTION, 0.6), (LABEL, 1.0)):
            cut = lanes.bars.between(lane, kind, 0, count)
            if cut.start == cut.stop:
                continue
            full = coverage(lanes.bars.start[cut], lanes.bars.end[cut], lanes.bars.strength[cut], whole)
            here = full > 0
            image[lane, here] = shades(full[here], QColor(colours[lane]), share)
    return image
