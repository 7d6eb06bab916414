"""Legend of the overlay colours at the lower edge of the canvas, and a caption in each cell."""

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QEvent, QObject, QRectF, Qt
from qtpy.QtGui import QColor, QFontMetricsF, QImage, QPainter
from qtpy.QtWidgets import QWidget

from actiondiff_gui.gui.common.listening import listen
from actiondiff_gui.gui.overlays.layers import OverlayLayers
from actiondiff_gui.overlays.legend import Legend, colour_bar

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

PAD, LINE = 7, 17
BACK, INK, QUIET = QColor(20, 21, 26, 215), QColor(242, 243, 244), QColor(190, 192, 198)
"""Light on dark in both themes: it lies over a video."""


class OverlayLegend(QWidget):
    """A transparent widget over the viewer's canvas that lets the pointer through."""

    def __init__(self, host: "Host", layers: OverlayLayers) -> None:
        super().__init__(canvas_of(host))
        self.host, self.layers = host, layers
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setStyleSheet("background: transparent")
        self.legend: Legend | None = None
        self._bar: QImage | None = None
        self.parentWidget().installEventFilter(self)
        listen(self, (host.viewer.camera.events, self._camera_moved))
        self.hide()

    def _camera_moved(self, _: object = None) -> None:
        if self.layers.beside and self.isVisible():
            self.update()

    def show_legend(self, legend: Legend) -> None:
        """Show a legend."""
        if legend.low and (self.legend is None or legend.kind != self.legend.kind or self._bar is None):
            # Qt reads from the bytes until it has copied them.
            buffer = np.ascontiguousarray(colour_bar(legend.kind, 256, 1)).tobytes()
            self._bar = QImage(buffer, 256, 1, 3 * 256, QImage.Format.Format_RGB888).copy()
        if legend != self.legend or self.isHidden():
            self.legend = legend
            self.setGeometry(self.parentWidget().rect())
            self.show()
            self.raise_()
            self.update()

    def clear(self) -> None:
        """Show no legend."""
        self.legend = None
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay as large as the canvas."""
        if event.type() == QEvent.Type.Resize and watched is self.parentWidget():
            self.setGeometry(self.parentWidget().rect())
        return False

    def paintEvent(self, _) -> None:
        """Draw captions and legend."""
        if self.legend is None:
            return
        painter = QPainter(self)
        cells = cells_of(self.host, self.layers, self.width(), self.height())
        for text, cell in zip(self.legend.captions, cells, strict=False):
            if text:
                self._caption(painter, text, QRectF(*cell))
        # An empty place at the end of the last row is where it covers nothing.
        mosaic, left = self.layers.mosaic, 0.0
        if mosaic is not None and (last := len(cells) % mosaic.columns):
            left = min(max(cells[last][0], 0.0), self.width() / 2)
        self._legend(painter, self.legend, left)
        painter.end()

    def _caption(self, painter: QPainter, text: str, cell: QRectF) -> None:
        metrics = QFontMetricsF(painter.font())
        cell = cell.intersected(QRectF(self.rect()))
        room = cell.width() - 4 * PAD
        if room < 2 * PAD or cell.height() < LINE:
            return
        text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
        box = QRectF(cell.left() + PAD, cell.top() + PAD, metrics.horizontalAdvance(text) + 2 * PAD, LINE + 4)
        self._box(painter, box)
        painter.setPen(INK)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _legend(self, painter: QPainter, legend: Legend, left: float) -> None:
        metrics = QFontMetricsF(painter.font())
        widest = self.width() - left - 4 * PAD
        title = metrics.elidedText(legend.title, Qt.TextElideMode.ElideRight, widest)
        note = metrics.elidedText(legend.note, Qt.TextElideMode.ElideRight, widest)
        ends = [metrics.horizontalAdvance(text) for text in (legend.low, legend.high)]
        bar = 140.0 if legend.low else 0.0
        scale = sum(ends) + bar + 2 * PAD if legend.low else metrics.horizontalAdvance(note)
        width = min(max(metrics.horizontalAdvance(title), scale), widest) + 2 * PAD
        box = QRectF(left + PAD, self.height() - PAD - 2 * LINE - 2 * PAD, width, 2 * LINE + 2 * PAD)
        self._box(painter, box)
        first = QRectF(box.left() + PAD, box.top() + PAD, width - 2 * PAD, LINE)
        second = first.translated(0, LINE)
        start, end = (side | Qt.AlignmentFlag.AlignVCenter for side in _SIDES)
        painter.setPen(INK)
        painter.drawText(first, start, title)
        painter.setPen(QUIET)
        if not legend.low:
            painter.drawText(second, start, note)
            return
        painter.drawText(second, start, legend.low)
        painter.drawText(second, end, legend.high)
        room = QRectF(second.left() + ends[0] + PAD, second.top() + 4, 0, LINE - 8)
        room.setRight(second.right() - ends[1] - PAD)
        painter.drawImage(room, self._bar)

    def _box(self, painter: QPainter, box: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(BACK)
        painter.drawRoundedRect(box, 4, 4)


_SIDES = (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight)


def canvas_of(host: "Host") -> QWidget:
    """Return the widget that napari draws on."""
    return host.viewer.window._qt_viewer.canvas.native


def cells_of(
    host: "Host", layers: OverlayLayers, width: float, height: float
) -> list[tuple[float, float, float, float]]:
    """Return each overlay's place in a canvas of ``width`` x ``height``, as the camera shows it: left, top, width, height."""
    video = host.player.layer
    if layers.mosaic is None or video is None:
        return [(0.0, 0.0, width, height)]
    camera, native = host.viewer.camera, canvas_of(host)
    zoom = camera.zoom * width / max(native.width(), 1)
    cells = []
    for tile in layers.mosaic.tiles:
        corners = [(tile.top - 0.5, tile.left - 0.5), (tile.top + tile.height, tile.left + tile.width)]
        (top, left), (bottom, right) = (
            np.array(video.data_to_world((0, *corner))[-2:]) - camera.center[-2:] for corner in corners
        )
        x, y = left * zoom + width / 2, top * zoom + height / 2
        cells.append((float(x), float(y), float((right - left) * zoom), float((bottom - top) * zoom)))
    return cells


def canvas_picture(host: "Host") -> np.ndarray:
    """Return what the canvas shows, without the legend over it: ``[H, W, 3]`` uint8."""
    return np.ascontiguousarray(host.viewer.screenshot(canvas_only=True, flash=False)[..., :3])
