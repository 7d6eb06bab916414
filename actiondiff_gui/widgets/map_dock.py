"""Placeholder."""

from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget


class MapDock(QWidget):
    """Placeholder."""

    def __init__(self, host):
        super().__init__()
        QVBoxLayout(self).addWidget(QLabel("Map"))
