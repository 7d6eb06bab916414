"""Lane of frame weights on the timeline: the higher and fuller a bar, the larger the weight."""

import numpy as np
from qtpy.QtCore import QLineF, QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QFontMetrics, QPainter, QPen

from actiondiff_gui.gui.session.frame_weights import FrameWeights
from actiondiff_gui.gui.timeline.scene import Scene, small
from actiondiff_gui.gui.timeline.state.time_axis import TimeAxis

HEIGHT = 20
"""Pixels of the lane."""


def paint_weights(painter: QPainter, scene: Scene) -> None:
    """Draw the lane of frame weights between ruler and lanes, if there are any."""
    weights, parts, style = scene.weights, scene.parts, scene.style
    if weights is None or not parts.weights:
        return
    top, height = parts.weights_top, parts.weights
    painter.fillRect(QRectF(0, top, parts.names + scene.axis.width, height), style.back)
    painter.save()
    painter.setClipRect(QRectF(parts.names, top, scene.axis.width, height))
    heights = pixel_heights(weights, scene.axis)
    shade = QColor(style.mark)
    for x in np.flatnonzero(heights > 0).tolist():
        high = float(heights[x])
        # Height and colour say the same, so that a single frame in a long recording is seen too.
        shade.setAlphaF(0.35 + 0.65 * high)
        bar = max(2.0, round(high * (height - 4)))
        painter.fillRect(QRectF(parts.names + x, top + height - 1 - bar, 1, bar), shade)
    # Where all frames would count alike.
    top_weight = float(weights.weights.max()) if len(weights.weights) else 0.0
    if top_weight > 0:
        y = round(top + height - 1 - weights.equal / top_weight * (height - 4)) + 0.5
        starts, ends = weights.stretches()
        painter.setPen(QPen(style.text, 1, Qt.PenStyle.DotLine))
        left, right = (parts.names + scene.axis.x(edge) for edge in (starts[0], ends[-1]))
        painter.drawLine(QLineF(max(left, 0.0), y, min(right, parts.names + scene.axis.width), y))
    painter.restore()
    usual = painter.font()
    painter.setFont(small(usual))
    painter.setPen(style.text)
    room = QRectF(7, top, parts.names - 13, height)
    name = QFontMetrics(painter.font()).elidedText(
        weights.name, Qt.TextElideMode.ElideRight, int(room.width())
    )
    painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
    painter.setFont(usual)
    painter.setPen(QPen(style.grid, 1))
    painter.drawLine(QLineF(QPointF(0, parts.head - 0.5), QPointF(parts.width, parts.head - 0.5)))


def pixel_heights(weights: FrameWeights, axis: TimeAxis) -> np.ndarray:
    """Return the height ``[width]`` of every pixel from 0 to 1: the highest share of the frames that it shows."""
    starts, ends = weights.stretches()
    strength = weights.strength()
    heights = np.zeros(axis.width)
    left = np.floor(axis.x(starts)).astype(int)
    # A gap of a pixel keeps neighbours apart where there is room.
    gap = (ends - starts) * axis.scale >= 4
    right = np.floor(axis.x(ends)).astype(int) - gap
    for low, high, share in zip(left.tolist(), right.tolist(), strength.tolist(), strict=True):
        cut = slice(max(0, low), max(0, max(high, low + 1)))
        heights[cut] = np.maximum(heights[cut], share)
    return heights


def weight_words(weights: FrameWeights, frame: float) -> str:
    """Return the tooltip of the weights lane at a frame."""
    here = weights.at(frame)
    if here is None:
        return weights.words()
    return f"{weights.words()} Frame {here[0]}: {here[1]:.3f}, the mean is {weights.equal:.3f}."
