"""What does a timeline look like? Draws lanes, ruler, overview and names; knows no mouse and no session."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QLineF, QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPen

from actiondiff_gui.session.lanes import CLIP, DENIED, LABEL, PREDICTION, Lanes, Places, coverage
from actiondiff_gui.session.session import UNLABELLED
from actiondiff_gui.session.time_axis import TimeAxis, ticks
from actiondiff_gui.widgets.theme import colour, mixed

if TYPE_CHECKING:
    from napari.viewer import Viewer

THIN = 5.0
"""Bars of fewer pixels are drawn together, as how full each pixel is."""
FAINTEST = 0.3
"""So much a single thin bar shows at least, or it would be lost in a long recording."""


@dataclass(frozen=True)
class Look:
    """Colours of the theme, by what they are for."""

    back: QColor
    band: QColor
    grid: QColor
    text: QColor
    quiet: QColor
    mark: QColor
    light: bool

    @classmethod
    def of(cls, viewer: "Viewer") -> "Look":
        """The look that goes with the viewer's theme."""
        back, text = colour(viewer, "background"), colour(viewer, "text")
        return cls(
            back,
            mixed(back, text, 0.045),
            mixed(back, text, 0.16),
            text,
            mixed(back, text, 0.62),
            colour(viewer, "current"),
            back.lightness() > 127,
        )


@dataclass(frozen=True)
class Scene:
    """All that a picture of the timeline depends on, but for the cursor.

    Attributes
    ----------
    lanes : Lanes
    axis : TimeAxis
    places : Places
    look : Look
    colours : sequence of str
        Colour of each lane, that of unlabelled clips last.
    names : sequence of str
        What stands at the left of each lane.
    fps : float
    chosen : ndarray of bool
        ``[rows]``: selected clips.
    current : int
        Place of the clip that is open, or -1.
    overview : ndarray, optional
        What :func:`overview_picture` made of the lanes.
    """

    lanes: Lanes
    axis: TimeAxis
    places: Places
    look: Look
    colours: Sequence[str]
    names: Sequence[str]
    fps: float
    chosen: np.ndarray
    current: int = -1
    overview: np.ndarray | None = None


def band_of(kind: int, top: float, height: float) -> tuple[float, float]:
    """Upper border and height of bars of a kind in a lane: predictions lie thin below the labels."""
    if kind == PREDICTION:
        thin = max(3.0, round(height * 0.22))
        return top + height - 2 - thin, thin
    if kind == CLIP:
        return top + 3, height - 7
    return top + 2, max(5.0, height - 5 - max(3.0, round(height * 0.22)))


def paint(painter: QPainter, scene: Scene) -> None:
    """Draw everything but the cursor."""
    places, look = scene.places, scene.look
    painter.fillRect(QRectF(0, 0, places.width, places.height), look.back)
    unit, marks = ticks(scene.axis, scene.fps)
    bottom = places.height - places.overview
    painter.save()
    painter.setClipRect(QRectF(places.names, places.ruler, places.width, bottom - places.ruler))
    painter.translate(places.names, 0)
    for lane in range(len(scene.lanes)):
        if lane % 2 == 0:
            painter.fillRect(QRectF(0, places.top(lane), scene.axis.width, places.lane_height), look.band)
    _current_stretch(painter, scene)
    painter.setPen(QPen(look.grid, 1))
    painter.drawLines(
        [
            QLineF(x, places.ruler, x, bottom)
            for x in (round(scene.axis.x(m.position)) + 0.5 for m in marks if m.text)
        ]
    )
    for lane in range(len(scene.lanes)):
        top = places.top(lane)
        if top + places.lane_height >= places.ruler and top < bottom:
            _lane(painter, scene, lane, top)
    painter.restore()
    _ruler(painter, scene, unit, marks)
    _names(painter, scene)
    _overview(painter, scene)


def _current_stretch(painter: QPainter, scene: Scene) -> None:
    if scene.current < 0:
        return
    mine = np.flatnonzero(scene.lanes.bars.row == scene.current)
    if len(mine):
        bars, axis, places = scene.lanes.bars, scene.axis, scene.places
        left, right = axis.x(bars.start[mine[0]]), axis.x(bars.end[mine[0]])
        shade = QColor(scene.look.text)
        shade.setAlpha(20)
        painter.fillRect(QRectF(left, places.ruler, max(1.0, right - left), places.view), shade)


def _lane(painter: QPainter, scene: Scene, lane: int, top: int) -> None:
    bars, axis = scene.lanes.bars, scene.axis
    base = QColor(scene.colours[lane])
    marked = []
    for kind in (CLIP, LABEL, DENIED, PREDICTION):
        cut = bars.between(lane, kind, axis.begin, axis.end)
        if cut.start == cut.stop:
            continue
        start, end, strength = bars.start[cut], bars.end[cut], bars.strength[cut]
        y, height = band_of(kind, top, scene.places.lane_height)
        wide = (end - start) * axis.scale >= THIN
        if not wide.all():
            thin = ~wide
            _strip(painter, base, coverage(start[thin], end[thin], strength[thin], axis), y, height, kind)
        left = np.maximum(axis.x(start[wide]), -20.0).tolist()
        right = np.minimum(axis.x(end[wide]), axis.width + 20.0).tolist()
        draw = _DRAW[kind]
        for x, to, sure in zip(left, right, strength[wide].tolist(), strict=True):
            draw(painter, scene.look, base, QRectF(x, y, to - x, height), sure)
        marked.append((kind, cut, y, height))
    # Marks lie over all bars of the lane.
    for kind, cut, y, height in marked:
        _mark(painter, scene, kind, cut, y, height)


def _label(painter: QPainter, look: Look, base: QColor, box: QRectF, _: float) -> None:
    if box.width() >= 6:
        # A bar's own darker frame keeps two neighbours of one action apart.
        painter.fillRect(box, base.darker(150 if look.light else 175))
        box = box.adjusted(0.75, 0.75, -0.75, -0.75)
    painter.fillRect(box, base)


def _prediction(painter: QPainter, look: Look, base: QColor, box: QRectF, sure: float) -> None:
    shade = QColor(base)
    shade.setAlphaF(0.12 + 0.88 * max(0.0, min(sure, 1.0)))
    painter.fillRect(box.adjusted(0, 0, -1 if box.width() >= 5 else 0, 0), shade)


def _denied(painter: QPainter, look: Look, base: QColor, box: QRectF, _: float) -> None:
    y = box.center().y()
    painter.setPen(QPen(base, 1.5))
    painter.drawLine(QLineF(box.left(), y, box.right(), y))
    if box.width() >= 12:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(look.text, 1.2))
        x, reach = box.center().x(), min(4.0, box.height() / 2)
        painter.drawLine(QLineF(x - reach, y + reach, x + reach, y - reach))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _outline(painter: QPainter, look: Look, base: QColor, box: QRectF, _: float) -> None:
    shade = QColor(base)
    shade.setAlpha(46)
    painter.fillRect(box, shade)
    painter.setPen(QPen(base, 1))
    painter.drawRect(_crisp(box))


_DRAW = {LABEL: _label, PREDICTION: _prediction, DENIED: _denied, CLIP: _outline}


def _crisp(box: QRectF) -> QRectF:
    left, top = round(box.left()) + 0.5, round(box.top()) + 0.5
    return QRectF(left, top, max(1.0, round(box.right()) - 0.5 - left - 0.5), round(box.height()) - 1)


def _strip(painter: QPainter, base: QColor, full: np.ndarray, y: float, height: float, kind: int) -> None:
    if kind == DENIED:
        y, height = y + height / 2 - 1, 2.0
    _draw_image(
        painter, _shades(full, base, 0.6 if kind == CLIP else 1.0)[None], QRectF(0, y, len(full), height)
    )


def _shades(full: np.ndarray, base: QColor, strength: float) -> np.ndarray:
    """Pixels ``[W, 4]`` in one colour, more opaque the fuller they are: premultiplied blue, green, red, alpha."""
    return _table(base.rgb(), strength)[np.ceil(full * 255).astype(np.uint8)]


@lru_cache(maxsize=256)
def _table(rgb: int, strength: float) -> np.ndarray:
    alpha = (FAINTEST + (1 - FAINTEST) * np.linspace(0, 1, 256)) * strength
    alpha[0] = 0.0
    shade = QColor(rgb)
    return np.rint(alpha[:, None] * np.array([shade.blue(), shade.green(), shade.red(), 255])).astype(
        np.uint8
    )


def _draw_image(painter: QPainter, image: np.ndarray, box: QRectF) -> None:
    # Blue, green, red, alpha, premultiplied: what QImage calls ARGB32 on machines with low bytes first.
    height, width = image.shape[:2]
    buffer = image.tobytes()
    picture = QImage(buffer, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
    painter.drawImage(box, picture)


def _mark(painter: QPainter, scene: Scene, kind: int, cut: slice, y: float, height: float) -> None:
    bars, axis, look = scene.lanes.bars, scene.axis, scene.look
    row, start, end = bars.row[cut], bars.start[cut], bars.end[cut]
    thin = (end - start) * axis.scale < THIN
    many = scene.chosen[row] & thin & (row != scene.current)
    if many.any():
        full = coverage(start[many], end[many], np.ones(int(many.sum())), axis)
        _strip(painter, look.text, (full > 0).astype(float), y, height, LABEL)
    alone = np.flatnonzero((scene.chosen[row] & ~thin) | (row == scene.current))
    for bar in sorted(alone.tolist(), key=lambda bar: row[bar] == scene.current):
        left, right = max(axis.x(start[bar]), -20.0), min(axis.x(end[bar]), axis.width + 20.0)
        box = QRectF(round(left), round(y), max(2.0, round(right) - round(left)), round(height))
        if row[bar] == scene.current:
            painter.setPen(QPen(look.back, 3))
            painter.drawRect(box.adjusted(-1.5, -1.5, 1.5, 1.5))
            painter.setPen(QPen(look.text, 2))
            painter.drawRect(box.adjusted(-1, -1, 1, 1))
        else:
            painter.setPen(QPen(look.text, 1))
            painter.drawRect(box.adjusted(-0.5, -0.5, 0.5, 0.5))


def _ruler(painter: QPainter, scene: Scene, unit: str, marks: Sequence) -> None:
    places, look, axis = scene.places, scene.look, scene.axis
    painter.fillRect(QRectF(places.names, 0, axis.width, places.ruler), look.back)
    painter.setPen(QPen(look.grid, 1))
    painter.drawLine(QLineF(0, places.ruler - 0.5, places.width, places.ruler - 0.5))
    usual = painter.font()
    painter.setFont(small(usual))
    metrics = QFontMetrics(painter.font())
    room = metrics.horizontalAdvance(unit) + 14
    painter.setPen(QPen(look.quiet, 1))
    for mark in marks:
        x = round(places.names + axis.x(mark.position)) + 0.5
        painter.drawLine(QLineF(x, places.ruler - (7 if mark.text else 3), x, places.ruler - 1))
        if mark.text and x + 6 + metrics.horizontalAdvance(mark.text) < places.width - room:
            painter.drawText(QPointF(x + 3, places.ruler - 7), mark.text)
    end = QRectF(places.width - room, 0, room, places.ruler - 5)
    painter.drawText(end, Qt.AlignmentFlag.AlignCenter, unit)
    painter.setFont(usual)


def _names(painter: QPainter, scene: Scene) -> None:
    places, look = scene.places, scene.look
    bottom = places.height - places.overview
    painter.save()
    painter.setClipRect(QRectF(0, places.ruler, places.names, places.view))
    metrics = QFontMetrics(painter.font())
    for lane, name in enumerate(scene.names):
        top = places.top(lane)
        if lane % 2 == 0:
            painter.fillRect(QRectF(0, top, places.names, places.lane_height), look.band)
        middle = top + places.lane_height / 2
        last = lane == len(scene.names) - 1
        swatch = QRectF(7.5, round(middle) - 4.5, 9, 9)
        painter.setPen(QPen(QColor(scene.colours[lane]), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush if last else QColor(scene.colours[lane]))
        painter.drawRect(swatch)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(look.quiet if last else look.text)
        room = QRectF(23, top, places.names - 29, places.lane_height)
        text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
    painter.restore()
    painter.setPen(QPen(look.grid, 1))
    painter.drawLine(QLineF(places.names - 0.5, 0, places.names - 0.5, bottom))


def _overview(painter: QPainter, scene: Scene) -> None:
    places, look, axis = scene.places, scene.look, scene.axis
    box = overview_box(places)
    painter.fillRect(QRectF(0, box.top() - 3, places.width, 1), look.grid)
    painter.fillRect(box, look.band)
    if scene.overview is not None:
        _draw_image(painter, scene.overview, box)
    scale = box.width() / axis.count
    left, right = axis.begin * scale, axis.end * scale
    if not axis.fits:
        veil = QColor(look.back)
        veil.setAlpha(150)
        painter.fillRect(QRectF(box.left(), box.top(), left, box.height()), veil)
        painter.fillRect(QRectF(box.left() + right, box.top(), box.width() - right, box.height()), veil)
        painter.setPen(QPen(look.text, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(
            QRectF(
                round(box.left() + left) + 0.5,
                box.top() - 0.5,
                max(3.0, round(right - left) - 1),
                box.height(),
            )
        )


def overview_box(places: Places) -> QRectF:
    """Where the overview lies."""
    return QRectF(
        places.names, places.height - places.overview + 4, places.width - places.names, places.overview - 6
    )


def overview_picture(lanes: Lanes, count: int, width: int, colours: Sequence[str]) -> np.ndarray:
    """All labels and predictions of a video of ``count`` frames, one row of pixels per lane.

    Returns ``[lanes, width, 4]`` uint8: premultiplied blue, green, red, alpha.
    """
    whole = TimeAxis.whole(count, width)
    image = np.zeros((len(lanes), width, 4), np.uint8)
    for lane in range(len(lanes)):
        for kind, share in ((CLIP, 0.5), (PREDICTION, 0.6), (LABEL, 1.0)):
            cut = lanes.bars.between(lane, kind, 0, count)
            if cut.start == cut.stop:
                continue
            full = coverage(lanes.bars.start[cut], lanes.bars.end[cut], lanes.bars.strength[cut], whole)
            here = full > 0
            image[lane, here] = _shades(full[here], QColor(colours[lane]), share)
    return image


def small(font: QFont) -> QFont:
    """A font for figures that stand beside things."""
    font = QFont(font)
    if font.pointSizeF() > 0:
        font.setPointSizeF(max(6.5, font.pointSizeF() * 0.86))
    else:
        font.setPixelSize(max(9, round(font.pixelSize() * 0.86)))
    return font


def lane_colours(lanes: Lanes, colour_of) -> list[str]:
    """Colour of each lane, grey for the clips without a label."""
    return [*(colour_of(name) for name in lanes.names), UNLABELLED]
