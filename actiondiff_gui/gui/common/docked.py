"""Widget in a dock of napari's that is deleted when its dock is closed."""

from qtpy.QtCore import QEvent, QTimer
from qtpy.QtWidgets import QWidget


class Docked(QWidget):
    """A widget that is deleted when its dock is closed; napari only removes it from the dock."""

    def changeEvent(self, event: QEvent) -> None:
        """Delete the widget when nothing holds it any more."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ParentChange and self.parent() is None:
            # Whoever puts it into another dock has done so when the timer fires.
            QTimer.singleShot(0, self._end)

    def _end(self) -> None:
        if self.parent() is None:
            self.deleteLater()
