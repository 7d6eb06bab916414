"""Painting of the bars of a timeline; bars too thin to be told apart are drawn as coverage per pixel."""

from functools import lru_cache

import numpy as np
from qtpy.QtCore import QLineF, QRectF, Qt
from qtpy.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPen

from actiondiff_gui.gui.common.theme import mixed
from actiondiff_gui.gui.timeline.scene import Scene, TimelineStyle
from actiondiff_gui.gui.timeline.state.lane_geometry import PREDICTED_LANE
from actiondiff_gui.gui.timeline.state.lanes import CLIP, DENIED, LABEL, PREDICTION, UNSURE, coverage

THIN = 5.0
"""Bars of fewer pixels are drawn together, as the coverage of each pixel."""
WRITTEN = 12.0
"""Height in pixels of predictions that their name and confidence are written on."""
FAINTEST = 0.3
"""Minimum opacity of a single thin bar, which would be lost in a long recording otherwise."""


def band_of(kind: int, top: float, height: float) -> tuple[float, float]:
    """Return the upper border and height of bars of a kind in a lane: predictions lie below the labels."""
    below = WRITTEN if height >= PREDICTED_LANE[0] else max(3.0, round(height * 0.22))
    if kind == PREDICTION:
        return top + height - 2 - below, below
    if kind == CLIP:
        return top + 3, height - 7
    return top + 2, max(5.0, height - 5 - below)


def paint_current_stretch(painter: QPainter, scene: Scene) -> None:
    """Shade the range of the current clip through all lanes."""
    if scene.current < 0:
        return
    mine = np.flatnonzero(scene.lanes.bars.row == scene.current)
    if len(mine):
        bars, axis, parts = scene.lanes.bars, scene.axis, scene.parts
        left, right = axis.x(bars.start[mine[0]]), axis.x(bars.end[mine[0]])
        shade = QColor(scene.style.text)
        shade.setAlpha(20)
        painter.fillRect(QRectF(left, parts.head, max(1.0, right - left), parts.view), shade)


def paint_lane(painter: QPainter, scene: Scene, lane: int, top: int) -> None:
    """Draw the bars of one lane below ``top``."""
    bars, axis = scene.lanes.bars, scene.axis
    base = QColor(scene.colours[lane])
    marked = []
    for kind in (CLIP, LABEL, DENIED, PREDICTION):
        cut = bars.between(lane, kind, axis.begin, axis.end)
        if cut.start == cut.stop:
            continue
        start, end, strength = bars.start[cut], bars.end[cut], bars.strength[cut]
        y, height = band_of(kind, top, scene.parts.lane_height)
        wide = (end - start) * axis.scale >= THIN
        some = wide.any()
        if not (some and wide.all()):
            thin = ~wide if some else slice(None)
            _strip(painter, base, coverage(start[thin], end[thin], strength[thin], axis), y, height, kind)
        marked.append((kind, cut, y, height))
        if not some:
            continue
        left = np.maximum(axis.x(start[wide]), -20.0).tolist()
        right = np.minimum(axis.x(end[wide]), axis.width + 20.0).tolist()
        draw = _DRAW[kind]
        for x, to, sure in zip(left, right, strength[wide].tolist(), strict=True):
            draw(painter, scene.style, base, QRectF(x, y, to - x, height), sure)
        if kind == PREDICTION and height >= WRITTEN:
            said = _Writing(painter, scene, lane)
            # Where bars overlap, each is written on as far as the next one begins.
            ends = [min(pair) for pair in zip(right, [*left[1:], right[-1]], strict=True)]
            for x, to, row in zip(left, ends, bars.row[cut][wide].tolist(), strict=True):
                said.write(QRectF(x, y, max(0.0, to - x), height), row)
    # Marks lie over all bars of the lane.
    for kind, cut, y, height in marked:
        _mark(painter, scene, kind, cut, y, height)


def _label(painter: QPainter, style: TimelineStyle, base: QColor, box: QRectF, _: float) -> None:
    if box.width() >= 6:
        # A bar's own darker frame keeps two neighbours of one action apart.
        painter.fillRect(box, base.darker(150 if style.light else 175))
        box = box.adjusted(0.75, 0.75, -0.75, -0.75)
    painter.fillRect(box, base)


def _prediction(painter: QPainter, style: TimelineStyle, base: QColor, box: QRectF, sure: float) -> None:
    shade = QColor(base)
    shade.setAlphaF(_opacity(sure))
    inner = box.adjusted(0, 0, -1 if box.width() >= 5 else 0, 0)
    painter.fillRect(inner, shade)
    if box.height() >= WRITTEN and box.width() >= 6:
        painter.setPen(QPen(base, 1))
        painter.drawRect(_crisp(inner))


def _opacity(sure: float) -> float:
    return 0.12 + 0.88 * max(0.0, min(sure, 1.0))


class _Writing:
    """Writes name and confidence on the predictions of one lane, as much of it as fits."""

    def __init__(self, painter: QPainter, scene: Scene, lane: int) -> None:
        self.painter, self.scene = painter, scene
        self.name, self.base = scene.lanes.names[lane], QColor(scene.colours[lane])
        font = QFont(painter.font())
        font.setPixelSize(10)
        painter.setFont(font)
        metrics = QFontMetrics(font)
        self.long, self.short = (
            metrics.horizontalAdvance(text) + 7 for text in (f"{self.name} 100%", "100%")
        )
        self.only_name = metrics.horizontalAdvance(self.name) + 7

    def write(self, box: QRectF, row: int) -> None:
        """Write on the visible part of a bar: action and confidence, or one of them."""
        sure = self.scene.lanes.rows[row].confidence
        box = box.intersected(QRectF(0, box.top(), self.scene.axis.width, box.height()))
        if sure is None:
            text = self.name if box.width() >= self.only_name else ""
        elif box.width() >= self.long:
            text = f"{self.name} {sure:.0%}"
        else:
            text = f"{sure:.0%}" if box.width() >= self.short else ""
        if not text:
            return
        share = _opacity(UNSURE if sure is None else sure)
        self.painter.setPen(readable_on(mixed(self.scene.style.back, self.base, share)))
        self.painter.drawText(
            box.adjusted(3, -1, -2, 1), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text
        )


def readable_on(back: QColor) -> QColor:
    """Return black or white, whichever stands out more from a colour (WCAG 2.2, relative luminance)."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in back.getRgbF()[:3]]
    luminance = 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    return QColor("black") if (luminance + 0.05) ** 2 > 1.05 * 0.05 else QColor("white")


def _denied(painter: QPainter, style: TimelineStyle, base: QColor, box: QRectF, _: float) -> None:
    y = box.center().y()
    painter.setPen(QPen(base, 1.5))
    painter.drawLine(QLineF(box.left(), y, box.right(), y))
    if box.width() >= 12:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(style.text, 1.2))
        x, reach = box.center().x(), min(4.0, box.height() / 2)
        painter.drawLine(QLineF(x - reach, y + reach, x + reach, y - reach))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _outline(painter: QPainter, style: TimelineStyle, base: QColor, box: QRectF, _: float) -> None:
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
    draw_pixels(
        painter, shades(full, base, 0.6 if kind == CLIP else 1.0)[None], QRectF(0, y, len(full), height)
    )


def shades(full: np.ndarray, base: QColor, strength: float) -> np.ndarray:
    """Return pixels ``[W, 4]`` in one colour, opacity by coverage: premultiplied blue, green, red, alpha."""
    return _table(base.rgb(), strength)[np.ceil(full * 255).astype(np.uint8)]


@lru_cache(maxsize=256)
def _table(rgb: int, strength: float) -> np.ndarray:
    alpha = (FAINTEST + (1 - FAINTEST) * np.linspace(0, 1, 256)) * strength
    alpha[0] = 0.0
    shade = QColor(rgb)
    return np.rint(alpha[:, None] * np.array([shade.blue(), shade.green(), shade.red(), 255])).astype(
        np.uint8
    )


def draw_pixels(painter: QPainter, image: np.ndarray, box: QRectF) -> None:
    """Draw what :func:`shades` made, ``[H, W, 4]``, stretched over a box."""
    # Blue, green, red, alpha, premultiplied: what QImage calls ARGB32 on machines with low bytes first.
    height, width = image.shape[:2]
    buffer = image.tobytes()
    picture = QImage(buffer, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
    painter.drawImage(box, picture)


def _mark(painter: QPainter, scene: Scene, kind: int, cut: slice, y: float, height: float) -> None:
    bars, axis, style = scene.lanes.bars, scene.axis, scene.style
    row = bars.row[cut]
    chosen = scene.chosen[row]
    if not chosen.any() and scene.current < 0:
        return
    start, end = bars.start[cut], bars.end[cut]
    thin = (end - start) * axis.scale < THIN
    many = chosen & thin & (row != scene.current)
    if many.any():
        full = coverage(start[many], end[many], np.ones(int(many.sum())), axis)
        _strip(painter, style.text, (full > 0).astype(float), y, height, LABEL)
    alone = np.flatnonzero((chosen & ~thin) | (row == scene.current))
    for bar in sorted(alone.tolist(), key=lambda bar: row[bar] == scene.current):
        left, right = max(axis.x(start[bar]), -20.0), min(axis.x(end[bar]), axis.width + 20.0)
        box = QRectF(round(left), round(y), max(2.0, round(right) - round(left)), round(height))
        if row[bar] == scene.current:
            painter.setPen(QPen(style.back, 3))
            painter.drawRect(box.adjusted(-1.5, -1.5, 1.5, 1.5))
            painter.setPen(QPen(style.text, 2))
            painter.drawRect(box.adjusted(-1, -1, 1, 1))
        else:
            painter.setPen(QPen(style.text, 1))
            painter.drawRect(box.adjusted(-0.5, -0.5, 0.5, 0.5))
