"""Label of one line that is elided where it has no room, with its full text in the tooltip."""

from qtpy.QtCore import Qt
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QLabel, QSizePolicy
from superqt import QElidingLabel

_FEWEST = 60


class OneLine(QElidingLabel):
    """A line that takes the room that others leave. Of a few letters nobody has anything: then it is empty."""

    def __init__(self, mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight) -> None:
        super().__init__()
        self.setElideMode(mode)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    @property
    def wanted(self) -> int:
        """Pixels of the whole line."""
        return self.fontMetrics().horizontalAdvance(self.text()) + 6

    def setText(self, text: str) -> None:
        """Show ``text``."""
        super().setText(text)
        self._told()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut anew."""
        super().resizeEvent(event)
        self._told()

    def _told(self) -> None:
        if self.width() < _FEWEST:
            QLabel.setText(self, "")
        self.setToolTip("" if QLabel.text(self) == self.text() else self.text())
