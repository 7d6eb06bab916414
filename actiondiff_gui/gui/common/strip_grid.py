"""Grid of small pictures in rows and columns, of which one can be chosen."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPen
from qtpy.QtWidgets import QSizePolicy, QWidget

from actiondiff_gui.gui.common import theme
from actiondiff_gui.gui.common.listening import listen

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

CellIndex = tuple[int, int]
_GAP, _HEAD = 3, 18


class StripGrid(QWidget):
    """Pictures in rows and columns, all of one shape, as large as fits.

    Signals: ``picked(row, column)``, ``pointed(row, column)``, -1 -1 for none.
    """

    picked = Signal(int, int)
    pointed = Signal(int, int)

    def __init__(self, host: "Host") -> None:
        super().__init__()
        self.host = host
        self.pictures: dict[CellIndex, QImage] = {}
        self.rows: Sequence[str] = ()
        self.columns: Sequence[str] = ()
        self.current: CellIndex | None = None
        self._aspect = 1.0
        self._under: CellIndex | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 120)
        listen(self, (host.viewer.events.theme, self._theme_changed))

    def show_pictures(
        self,
        pictures: Mapping[CellIndex, np.ndarray],
        rows: Sequence[str],
        columns: Sequence[str],
        aspect: float,
    ) -> None:
        """Show pictures ``[h, w, 3]`` uint8, each drawn ``aspect`` times as wide as high."""
        self.pictures = {cell: image_of(pixels) for cell, pixels in pictures.items()}
        self.rows, self.columns, self._aspect = rows, columns, aspect
        self.update()

    def set_current(self, cell: CellIndex | None) -> None:
        """Draw a frame around one picture."""
        self.current = cell
        self.update()

    def sizeHint(self) -> QSize:
        """Leave room for pictures of a comfortable size."""
        return QSize(440, _HEAD + 34 * max(1, len(self.rows)))

    def cell_rect(self, row: int, column: int) -> QRect:
        """Return the rectangle of a picture, in pixels of the widget."""
        left, width, height = self._layout()
        return QRect(
            left + round(column * (width + _GAP)),
            _HEAD + round(row * (height + _GAP)),
            round(width),
            round(height),
        )

    def cell_at(self, point: QPointF) -> CellIndex | None:
        """Return the picture at a pixel, None where there is none."""
        left, width, height = self._layout()
        row, column = int((point.y() - _HEAD) // (height + _GAP)), int((point.x() - left) // (width + _GAP))
        return (row, column) if (row, column) in self.pictures else None

    def _layout(self) -> tuple[int, float, float]:
        left = max(self.fontMetrics().horizontalAdvance(name) for name in ("layer", *self.rows)) + 8
        rows, columns = max(1, len(self.rows)), max(1, len(self.columns))
        width = (self.width() - left) / columns - _GAP
        height = (self.height() - _HEAD) / rows - _GAP
        height = max(4.0, min(height, width / self._aspect))
        return left, height * self._aspect, height

    def paintEvent(self, _) -> None:
        """Paint titles and pictures."""
        if self.host.closed or self.host.viewer is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        ground, ink = (theme.colour(self.host.viewer, role) for role in ("background", "text"))
        self.paint(painter, ground, ink)
        painter.end()

    def paint(self, painter: QPainter, ground: QColor, ink: QColor) -> None:
        """Paint in given colours, for the screen or a picture."""
        left, _, _ = self._layout()
        faint = theme.mixed(ground, ink, theme.MUTED)
        small = QFont(self.font())
        small.setPixelSize(max(8, self.fontInfo().pixelSize() - 1))
        painter.setFont(small)
        painter.setPen(faint)
        painter.drawText(QRect(0, 0, left - 6, _HEAD), Qt.AlignmentFlag.AlignRight, "layer")
        metrics = QFontMetrics(small)
        for column, name in enumerate(self.columns):
            box = self.cell_rect(0, column)
            text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, box.width() + _GAP)
            painter.drawText(QRect(box.left(), 0, box.width(), _HEAD), Qt.AlignmentFlag.AlignHCenter, text)
        painter.setPen(ink)
        for row, name in enumerate(self.rows):
            box = self.cell_rect(row, 0)
            side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRect(0, box.top(), left - 6, box.height()), side, name)
        for (row, column), picture in self.pictures.items():
            painter.drawImage(QRectF(self.cell_rect(row, column)), picture)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for cell, width in ((self._under, 1.2), (self.current, 2.4)):
            if cell in self.pictures:
                painter.setPen(QPen(ink, width))
                painter.drawRect(QRectF(self.cell_rect(*cell)).adjusted(-1, -1, 1, 1))

    def mouseMoveEvent(self, event) -> None:
        """Draw a frame around the picture under the pointer."""
        self._point(self.cell_at(QPointF(event.pos())))

    def leaveEvent(self, event) -> None:
        """Highlight no picture."""
        super().leaveEvent(event)
        self._point(None)

    def mousePressEvent(self, event) -> None:
        """Choose the picture that is clicked."""
        cell = self.cell_at(QPointF(event.pos()))
        if event.button() == Qt.MouseButton.LeftButton and cell is not None:
            self.picked.emit(*cell)

    def _point(self, cell: CellIndex | None) -> None:
        if cell != self._under:
            self._under = cell
            shape = Qt.CursorShape.PointingHandCursor if cell is not None else Qt.CursorShape.ArrowCursor
            self.setCursor(shape)
            self.pointed.emit(*(cell or (-1, -1)))
            self.update()

    def _theme_changed(self, *_: object) -> None:
        self.update()


def image_of(pixels: np.ndarray) -> QImage:
    """Return an image of ``[h, w, 3]`` uint8 that owns its memory."""
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
