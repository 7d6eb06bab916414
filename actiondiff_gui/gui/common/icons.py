"""Icons of the small buttons, painted in the theme's colour and sharp at any scale of the screen."""

from collections.abc import Callable

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

SIZE = 16


def icon(name: str, colour: QColor) -> QIcon:
    """Return the icon called ``name``, a key of :data:`DRAWINGS`; fainter where its button is disabled."""
    found = QIcon()
    for mode, strength in ((QIcon.Mode.Normal, 1.0), (QIcon.Mode.Disabled, 0.3)):
        for scale in (1, 2, 3):
            picture = QPixmap(SIZE * scale, SIZE * scale)
            picture.setDevicePixelRatio(scale)
            picture.fill(QColor(0, 0, 0, 0))
            shade = QColor(colour)
            shade.setAlphaF(strength)
            painter = QPainter(picture)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            pen = QPen(shade, 1.6)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            painter.setBrush(shade)
            DRAWINGS[name](painter)
            painter.end()
            found.addPixmap(picture, mode)
    return found


def _shape(*points: tuple[float, float]) -> Callable[[QPainter], None]:
    def draw(painter: QPainter) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in points]))

    return draw


def _lines(*lines: tuple[tuple[float, float], ...]) -> Callable[[QPainter], None]:
    def draw(painter: QPainter) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for points in lines:
            painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in points]))

    return draw


def _both(*drawings: Callable[[QPainter], None]) -> Callable[[QPainter], None]:
    def draw(painter: QPainter) -> None:
        for each in drawings:
            painter.save()
            each(painter)
            painter.restore()

    return draw


def _pause(painter: QPainter) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawRect(QRectF(4, 3, 3, 10))
    painter.drawRect(QRectF(9, 3, 3, 10))


def _loop(painter: QPainter) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    path = QPainterPath()
    path.arcMoveTo(QRectF(3, 3, 10, 10), 40)
    path.arcTo(QRectF(3, 3, 10, 10), 40, 280)
    painter.drawPath(path)
    painter.drawPolyline(QPolygonF([QPointF(12.6, 1.8), QPointF(12.2, 5.2), QPointF(8.9, 4.8)]))


DRAWINGS: dict[str, Callable[[QPainter], None]] = {
    "play": _shape((4, 2.5), (13, 8), (4, 13.5)),
    "pause": _pause,
    "previous": _both(_shape((12.5, 3), (12.5, 13), (5.5, 8)), _lines(((4, 3.5), (4, 12.5)))),
    "next": _both(_shape((3.5, 3), (3.5, 13), (10.5, 8)), _lines(((12, 3.5), (12, 12.5)))),
    "frame_back": _lines(((9.8, 4), (5.8, 8), (9.8, 12))),
    "frame_on": _lines(((6.2, 4), (10.2, 8), (6.2, 12))),
    "slower": _lines(((4, 8), (12, 8))),
    "faster": _lines(((4, 8), (12, 8)), ((8, 4), (8, 12))),
    "loop": _loop,
    "fit": _lines(
        ((2.5, 4), (2.5, 12)),
        ((13.5, 4), (13.5, 12)),
        ((4.8, 8), (11.2, 8)),
        ((6.6, 6), (4.6, 8), (6.6, 10)),
        ((9.4, 6), (11.4, 8), (9.4, 10)),
    ),
}
"""Each draws into a square of :data:`SIZE`, pen and brush set."""
