"""Bar strip of the weights of a clip's frames."""

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QLineF, QRectF, Qt
from qtpy.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QSizePolicy, QWidget

from actiondiff_gui.gui.common.listening import listen
from actiondiff_gui.gui.common.theme import colour

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host


class WeightStrip(QWidget):
    """Bars at the frames that were read, the highest as high as the strip; a click goes to the frame."""

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host = host
        self.frames = np.zeros(0, np.int64)
        self.weights = np.zeros(0)
        self.setMinimumHeight(64)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        listen(
            self,
            (host.session.frame_changed, self._moved),
            (host.viewer.events.theme, self._moved),
        )

    def show_weights(self, frames: np.ndarray, weights: np.ndarray) -> None:
        """Show ``weights`` ``[T]`` at ``frames`` ``[T]``."""
        self.frames, self.weights = np.asarray(frames), np.asarray(weights, float)
        self.setToolTip(
            f"Highest at frame {self.frames[self.weights.argmax()]}. Click to go to a frame."
            if len(frames)
            else ""
        )
        self.update()

    def _moved(self, *_: object) -> None:
        self.update()

    def _spacing(self) -> float:
        return self.width() / max(1, len(self.frames))

    def paintEvent(self, _: QPaintEvent) -> None:
        """Draw the bars, the one of the shown frame in the highlight colour."""
        painter = QPainter(self)
        viewer = self.host.viewer
        painter.fillRect(self.rect(), colour(viewer, "foreground"))
        if not len(self.frames) or self.weights.max() <= 0:
            painter.end()
            return
        here = int(np.abs(self.frames - self.host.session.frame).argmin())
        room, text = self.height() - 16, colour(viewer, "text")
        bars = QColor(text)
        bars.setAlpha(150)
        for number, weight in enumerate(self.weights / self.weights.max()):
            left = number * self._spacing()
            fill = colour(viewer, "current") if number == here else bars
            painter.fillRect(
                QRectF(left + 1, 1 + room * (1 - weight), max(1.0, self._spacing() - 2), room * weight), fill
            )
        # Where all frames would count alike.
        y = round(1 + room * (1 - self.weights.mean() / self.weights.max())) + 0.5
        painter.setPen(QPen(text, 1, Qt.PenStyle.DotLine))
        painter.drawLine(QLineF(0, y, self.width(), y))
        painter.setPen(text)
        first, last = int(self.frames[0]), int(self.frames[-1])
        area = self.rect().adjusted(3, 0, -3, -1)
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, f"frame {first}")
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom, f"{last}")
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the frame under the pointer."""
        if len(self.frames):
            number = int(event.position().x() / self._spacing())
            self.host.session.seek(int(self.frames[max(0, min(number, len(self.frames) - 1))]))
