"""Painting of the timeline: ruler, lanes, names and overview; knows neither mouse nor session."""

from collections.abc import Sequence

import numpy as np
from qtpy.QtCore import QLineF, QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QFontMetrics, QPainter, QPen

from actiondiff_gui.gui.timeline.bars import draw_pixels, paint_current_stretch, paint_lane, shades
from actiondiff_gui.gui.timeline.scene import Scene, small
from actiondiff_gui.gui.timeline.state.lane_geometry import Places
from actiondiff_gui.gui.timeline.state.lanes import CLIP, LABEL, PREDICTION, Lanes, coverage
from actiondiff_gui.gui.timeline.state.time_axis import TimeAxis, ticks
from actiondiff_gui.gui.timeline.weights import paint_weights

MOST_ROWS = 8
"""Largest number of lanes that the overview can resolve."""


def paint(painter: QPainter, scene: Scene) -> None:
    """Draw everything but the cursor."""
    places, look = scene.places, scene.look
    painter.fillRect(QRectF(0, 0, places.width, places.height), look.back)
    unit, marks = ticks(scene.axis, scene.fps)
    bottom = places.height - places.overview
    painter.save()
    painter.setClipRect(QRectF(places.names, places.head, places.width, bottom - places.head))
    painter.translate(places.names, 0)
    for lane in range(len(scene.lanes)):
        if lane % 2 == 0:
            painter.fillRect(QRectF(0, places.top(lane), scene.axis.width, places.lane_height), look.band)
    paint_current_stretch(painter, scene)
    painter.setPen(QPen(look.grid, 1))
    painter.drawLines(
        [
            QLineF(x, places.head, x, bottom)
            for x in (round(scene.axis.x(m.position)) + 0.5 for m in marks if m.text)
        ]
    )
    for lane in range(len(scene.lanes)):
        top = places.top(lane)
        if top + places.lane_height >= places.head and top < bottom:
            paint_lane(painter, scene, lane, top)
    painter.restore()
    paint_weights(painter, scene)
    _ruler(painter, scene, unit, marks)
    _names(painter, scene)
    _overview(painter, scene)


def _ruler(painter: QPainter, scene: Scene, unit: str, marks: Sequence) -> None:
    places, look, axis = scene.places, scene.look, scene.axis
    painter.fillRect(QRectF(places.names, 0, axis.width, places.ruler), look.back)
    painter.setPen(QPen(look.grid, 1))
    painter.drawLine(QLineF(0, places.ruler - 0.5, places.width, places.ruler - 0.5))
    usual = painter.font()
    painter.setFont(small(usual))
    metrics = QFontMetrics(painter.font())
    room = metrics.horizontalAdvance(unit) + 14
    painter.setPen(QPen(look.quiet, 1))
    for mark in marks:
        x = round(places.names + axis.x(mark.position)) + 0.5
        painter.drawLine(QLineF(x, places.ruler - (7 if mark.text else 3), x, places.ruler - 1))
        if mark.text and x + 6 + metrics.horizontalAdvance(mark.text) < places.width - room:
            painter.drawText(QPointF(x + 3, places.ruler - 7), mark.text)
    end = QRectF(places.width - room, 0, room, places.ruler - 5)
    painter.drawText(end, Qt.AlignmentFlag.AlignCenter, unit)
    painter.setFont(usual)


def _names(painter: QPainter, scene: Scene) -> None:
    places, look = scene.places, scene.look
    bottom = places.height - places.overview
    painter.save()
    painter.setClipRect(QRectF(0, places.head, places.names, places.view))
    metrics = QFontMetrics(painter.font())
    for lane, name in enumerate(scene.names):
        top = places.top(lane)
        if lane % 2 == 0:
            painter.fillRect(QRectF(0, top, places.names, places.lane_height), look.band)
        middle = top + places.lane_height / 2
        last = lane == len(scene.names) - 1
        swatch = QRectF(7.5, round(middle) - 4.5, 9, 9)
        painter.setPen(QPen(QColor(scene.colours[lane]), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush if last else QColor(scene.colours[lane]))
        painter.drawRect(swatch)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(look.quiet if last else look.text)
        room = QRectF(23, top, places.names - 29, places.lane_height)
        text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
    painter.restore()
    painter.setPen(QPen(look.grid, 1))
    painter.drawLine(QLineF(places.names - 0.5, 0, places.names - 0.5, bottom))


def _overview(painter: QPainter, scene: Scene) -> None:
    places, look, axis = scene.places, scene.look, scene.axis
    box = overview_box(places)
    painter.fillRect(QRectF(0, box.top() - 3, places.width, 1), look.grid)
    painter.fillRect(box, look.band)
    if scene.overview is not None:
        draw_pixels(painter, scene.overview, box)
    scale = box.width() / axis.count
    left, right = axis.begin * scale, axis.end * scale
    if not axis.fits:
        veil = QColor(look.back)
        veil.setAlpha(150)
        painter.fillRect(QRectF(box.left(), box.top(), left, box.height()), veil)
        painter.fillRect(QRectF(box.left() + right, box.top(), box.width() - right, box.height()), veil)
        painter.setPen(QPen(look.text, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(
            QRectF(
                round(box.left() + left) + 0.5,
                box.top() - 0.5,
                max(3.0, round(right - left) - 1),
                box.height(),
            )
        )


def overview_box(places: Places) -> QRectF:
    """Return the rectangle of the overview."""
    return QRectF(
        places.names, places.height - places.overview + 4, places.width - places.names, places.overview - 6
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
