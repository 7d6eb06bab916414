"""Scroll area around a column of widgets that may be taller than its dock."""

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QScrollArea, QWidget


def scrolled(inner: QWidget) -> QScrollArea:
    """Return ``inner`` in a frameless area that is as wide as it is given room, and scrolls up and down only."""
    area = QScrollArea()
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(inner)
    return area
