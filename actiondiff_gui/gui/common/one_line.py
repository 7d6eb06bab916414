"""Label of one line that is elided where it has no room, with its full text in the tooltip."""

from qtpy.QtCore import Qt
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QLabel, QSizePolicy
from superqt import QElidingLabel

_FEWEST = 60
NOTICE_MS = 20_000
"""How long a sentence stays on the status line and the jobs line at most: by then it may not hold any more."""


class OneLine(QElidingLabel):
    """Label that takes the width that others leave, and is empty where only a few letters fit."""

    def __init__(self, mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight) -> None:
        super().__init__()
        self.setElideMode(mode)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    @property
    def wanted(self) -> int:
        """Width of the whole text in pixels."""
        return self.fontMetrics().horizontalAdvance(self.text()) + 6

    def setText(self, text: str) -> None:
        """Show ``text``."""
        super().setText(text)
        self._told()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Elide the text again."""
        super().resizeEvent(event)
        self._told()

    def _told(self) -> None:
        if self.width() < _FEWEST:
            QLabel.setText(self, "")
        self.setToolTip("" if QLabel.text(self) == self.text() else self.text())
