"""Lane of a recording's sound on the timeline: the louder, the higher."""

import numpy as np
from qtpy.QtCore import QLineF, QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QPainter, QPen

from actiondiff_gui.gui.timeline.scene import Scene, small

SOUND_HEIGHT = 26
"""Pixels of the lane."""


def paint_sound(painter: QPainter, scene: Scene) -> None:
    """Draw the waveform between the ruler and what is below it, if there is any."""
    wave, parts, style, axis = scene.sound, scene.parts, scene.style, scene.axis
    if wave is None or not parts.sound:
        return
    top, height = parts.ruler, parts.sound
    painter.fillRect(QRectF(0, top, parts.names + axis.width, height), style.back)
    edges = (axis.begin + np.arange(axis.width + 1) / axis.scale) / scene.fps
    reach = wave.between(edges) * (height / 2 - 2)
    middle = top + height / 2
    painter.setPen(QPen(QColor(style.quiet), 1))
    painter.drawLines(
        [
            QLineF(parts.names + x + 0.5, middle - high, parts.names + x + 0.5, middle + high)
            for x, high in enumerate(reach.tolist())
            if high >= 0.25
        ]
    )
    painter.drawLine(QLineF(parts.names, middle, parts.names + axis.width, middle))
    usual = painter.font()
    painter.setFont(small(usual))
    painter.setPen(style.text)
    room = QRectF(7, top, parts.names - 13, height)
    painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, "sound")
    painter.setFont(usual)
    painter.setPen(QPen(style.grid, 1))
    painter.drawLine(QLineF(QPointF(0, top + height - 0.5), QPointF(parts.width, top + height - 0.5)))
