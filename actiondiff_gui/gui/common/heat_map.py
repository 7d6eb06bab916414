"""Heat map of a table of scores: coloured cells with their numbers, and a legend."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QFont, QFontMetrics, QLinearGradient, QPainter, QPen
from qtpy.QtWidgets import QSizePolicy, QToolTip, QWidget

from actiondiff_gui.gui.common import theme
from actiondiff_gui.gui.common.listening import listen
from actiondiff_gui.gui.lab.state.score_colours import CIVIDIS, Scale, ink_on, short

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

CellIndex = tuple[int, int]
"""Row and column."""

_LEGEND, _HEAD, _TALLEST, _WIDEST = 46, 20, 46, 78
_ENDS = 16
"""Width of the text along the left edge."""
_KEYS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


@dataclass(frozen=True)
class HeatCell:
    """One cell: its value, or the reason why it has none.

    Attributes
    ----------
    value : float or None
    state : {"value", "waiting", "missing", "trouble"}
    doubtful : bool
        Whether the value cannot be told from chance; others are bold.
    """

    value: float | None = None
    state: str = "waiting"
    doubtful: bool = False


@dataclass(frozen=True)
class HeatTable:
    """Content of a heat map.

    Attributes
    ----------
    rows : sequence of (str, str)
        Title and small second line.
    columns : sequence of str
    cells : mapping of (row, column) to HeatCell
    scale : Scale
    chance : float or None
        Marked on the legend.
    best : (row, column) or None
        Framed, with ``best_text`` beside the legend.
    current : (row, column) or None
        The cell that the window is at; column -1 stands for the whole row.
    ends : (str, str)
        What the first and the last row stand for.
    corner, legend : str
        Title of the columns, and of the colours.
    with_scale : bool
        Whether the legend is shown; two tables of one scale need one.
    """

    rows: Sequence[tuple[str, str]] = ()
    columns: Sequence[str] = ()
    cells: Mapping[CellIndex, HeatCell] = field(default_factory=dict)
    scale: Scale = field(default_factory=lambda: Scale(0, 1))
    chance: float | None = None
    best: CellIndex | None = None
    best_text: str = ""
    current: CellIndex | None = None
    ends: tuple[str, str] = ("", "")
    corner: str = ""
    legend: str = ""
    with_scale: bool = True


class HeatMap(QWidget):
    """A table of coloured cells.

    Signals: ``picked(row, column)`` for a click or an arrow key; ``pointed(row, column)``, -1 -1 for none.
    """

    picked = Signal(int, int)
    pointed = Signal(int, int)

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host = host
        self.table = HeatTable()
        self.tip = lambda cell: ""
        self._under: CellIndex | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 130)
        listen(self, (host.viewer.events.theme, self._theme_changed))

    def show_table(self, table: HeatTable) -> None:
        """Show another table, or the same with other values."""
        rows, self.table = len(self.table.rows), table
        if len(table.rows) != rows:
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Leave room for cells of a legible size; they grow with the room."""
        return QSize(440, _HEAD + self._legend_height() + 22 * max(1, len(self.table.rows)))

    # Where things are

    def cell_rect(self, row: int, column: int) -> QRect:
        """Return the rectangle of a cell, in pixels of the widget."""
        left, top, width, height = self._layout()
        x, y = left + round(column * width), top + round(row * height)
        return QRect(x, y, left + round((column + 1) * width) - x, top + round((row + 1) * height) - y)

    def cell_at(self, point: QPointF) -> CellIndex | None:
        """Return the cell at a pixel, None where there is none."""
        left, top, width, height = self._layout()
        if not width or not height:
            return None
        row, column = int((point.y() - top) // height), int((point.x() - left) // width)
        inside = 0 <= row < len(self.table.rows) and 0 <= column < len(self.table.columns)
        return (row, column) if inside else None

    def _layout(self) -> tuple[int, int, float, float]:
        rows, columns = len(self.table.rows), len(self.table.columns)
        left = self._label_width() + 8 + (_ENDS if any(self.table.ends) else 0)
        if not rows or not columns:
            return left, _HEAD, 0.0, 0.0
        width = min(_WIDEST, (self.width() - left - 2) / columns)
        height = min(_TALLEST, (self.height() - _HEAD - self._legend_height()) / rows)
        return left, _HEAD, max(width, 1.0), max(height, 1.0)

    def _legend_height(self) -> int:
        return _LEGEND if self.table.with_scale else 2

    def _label_width(self) -> int:
        small = QFontMetrics(self._font(-1))
        names = [self.fontMetrics().horizontalAdvance(name) for name, _ in self.table.rows]
        below = [small.horizontalAdvance(text) for _, text in self.table.rows]
        return min(130, max([*names, *below, small.horizontalAdvance(self.table.corner), 30]) + 4)

    def _font(self, by: int, bold: bool = False) -> QFont:
        font = QFont(self.font())
        size = self.fontInfo().pixelSize()
        font.setPixelSize(max(8, size + by))
        font.setBold(bold)
        return font

    # Painting

    def paintEvent(self, _: QEvent) -> None:
        """Paint labels, cells and the legend."""
        if self.host.closed or self.host.viewer is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground, ink = (theme.colour(self.host.viewer, role) for role in ("background", "text"))
        self.paint(painter, ground, ink)
        painter.end()

    def paint(self, painter: QPainter, ground: QColor, ink: QColor) -> None:
        """Paint in given colours, for the screen or a picture."""
        if not self.table.rows or not self.table.columns:
            return
        faint = theme.mixed(ground, ink, theme.MUTED)
        self._paint_labels(painter, ink, faint)
        for row in range(len(self.table.rows)):
            for column in range(len(self.table.columns)):
                self._paint_cell(painter, row, column, ground, ink)
        self._paint_frames(painter, ground, ink)
        if self.table.with_scale:
            self._paint_legend(painter, ink, faint, ground)

    def _paint_labels(self, painter: QPainter, ink: QColor, faint: QColor) -> None:
        table = self.table
        left, top, _, height = self._layout()
        painter.setFont(self._font(-1))
        painter.setPen(faint)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        self._paint_ends(painter)
        painter.drawText(QRect(0, 0, left - 8, top), right, table.corner)
        metrics = QFontMetrics(self._font(-1))
        room = self.cell_rect(0, 0).width() * 0.95
        for column, name in enumerate(table.columns):
            box = self.cell_rect(0, column)
            text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, round(room))
            painter.drawText(QRect(box.left(), 0, box.width(), top), Qt.AlignmentFlag.AlignCenter, text)
        for row, (title, second) in enumerate(table.rows):
            box = self.cell_rect(row, 0)
            here = QRect(0, box.top(), left - 8, box.height())
            both = second and height >= 2.1 * self.fontMetrics().height()
            painter.setFont(self._font(0))
            painter.setPen(ink)
            text = self.fontMetrics().elidedText(title, Qt.TextElideMode.ElideMiddle, left - 8)
            if not both:
                painter.drawText(here, right, text)
                continue
            middle = here.center().y()
            line = self.fontMetrics().height()
            painter.drawText(QRect(0, middle - line + 2, left - 8, line), right, text)
            painter.setFont(self._font(-2))
            painter.setPen(faint)
            painter.drawText(QRect(0, middle + 1, left - 8, line), right, second)

    def _paint_ends(self, painter: QPainter) -> None:
        first, last = self.table.ends
        _, top, _, height = self._layout()
        long = round(height * len(self.table.rows))
        if not first or long < 110:
            return
        painter.save()
        painter.translate(0, top + long)
        painter.rotate(-90)
        line = QRect(0, 0, long, _ENDS)
        painter.setFont(self._font(-2))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, first)
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, last)
        metrics = QFontMetrics(painter.font())
        y = metrics.height() / 2
        start, end = metrics.horizontalAdvance(last) + 6, long - metrics.horizontalAdvance(first) - 6
        if end - start > 16:
            painter.drawLine(QPointF(start, y), QPointF(end, y))
            painter.drawLine(QPointF(end - 4, y - 3), QPointF(end, y))
            painter.drawLine(QPointF(end - 4, y + 3), QPointF(end, y))
        painter.restore()

    def _paint_cell(self, painter: QPainter, row: int, column: int, ground: QColor, ink: QColor) -> None:
        box = QRectF(self.cell_rect(row, column)).adjusted(1, 1, -1, -1)
        cell = self.table.cells.get((row, column), HeatCell())
        if cell.state != "value" or cell.value is None:
            line = QPen(theme.mixed(ground, ink, 0.3), 1)
            line.setStyle(Qt.PenStyle.DotLine if cell.state == "missing" else Qt.PenStyle.SolidLine)
            painter.setPen(line)
            painter.setBrush(
                Qt.BrushStyle.NoBrush if cell.state == "missing" else theme.mixed(ground, ink, 0.1)
            )
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 2, 2)
            if cell.state == "trouble":
                painter.setPen(theme.mixed(ground, ink, 0.7))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "!")
            return
        colour = self.table.scale.colour(cell.value)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(box, 2, 2)
        text, font = short(cell.value), self._font(0, bold=not cell.doubtful)
        if QFontMetrics(font).horizontalAdvance(text) > box.width() - 2:
            font = self._font(-2, bold=not cell.doubtful)
        if QFontMetrics(font).horizontalAdvance(text) <= box.width() and box.height() >= 10:
            writing = QColor(ink_on(colour))
            writing.setAlphaF(0.8 if cell.doubtful else 1.0)
            painter.setFont(font)
            painter.setPen(writing)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_frames(self, painter: QPainter, ground: QColor, ink: QColor) -> None:
        table = self.table
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for cell, colour, width in (
            (self._under, theme.mixed(ground, ink, 0.75), 1.2),
            (table.current, ink, 2.2),
        ):
            if cell is None:
                continue
            if self._has(cell):
                box = self.cell_rect(*cell)
            elif cell[1] == -1 and self._has((cell[0], 0)):
                box = self.cell_rect(cell[0], 0).united(self.cell_rect(cell[0], len(table.columns) - 1))
            else:
                continue
            # A frame in the ink alone would be lost on a cell as dark as it.
            for pen in (QPen(ground, width + 2.4), QPen(colour, width)):
                painter.setPen(pen)
                painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        if table.best is not None and self._has(table.best):
            box = QRectF(self.cell_rect(*table.best))
            cell = table.cells.get(table.best)
            on = QColor(ink_on(table.scale.colour(cell.value))) if cell and cell.value is not None else ink
            _star(painter, QPointF(box.left() + 6.5, box.top() + 6.5), 4.2, on)

    def _has(self, cell: CellIndex) -> bool:
        return 0 <= cell[0] < len(self.table.rows) and 0 <= cell[1] < len(self.table.columns)

    def _paint_legend(self, painter: QPainter, ink: QColor, faint: QColor, ground: QColor) -> None:
        table = self.table
        left, top, width, height = self._layout()
        y = round(top + height * len(table.rows)) + 9
        wide = min(170, round(width * len(table.columns)))
        bar = QRectF(left + 1, y, wide, 9)
        gradient = QLinearGradient(bar.topLeft(), bar.topRight())
        for number, colour in enumerate(CIVIDIS):
            gradient.setColorAt(number / (len(CIVIDIS) - 1), QColor(colour))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(gradient)
        painter.drawRoundedRect(bar, 2, 2)
        small = self._font(-2)
        painter.setFont(small)
        painter.setPen(faint)
        metrics = QFontMetrics(small)
        low, high = (f"{each:.2f}" for each in (table.scale.low, table.scale.high))
        texts = [
            (bar.left(), low, Qt.AlignmentFlag.AlignLeft),
            (bar.right(), high, Qt.AlignmentFlag.AlignRight),
        ]
        if table.chance is not None and table.scale.high > table.scale.low:
            share = (table.chance - table.scale.low) / (table.scale.high - table.scale.low)
            x = bar.left() + min(max(share, 0), 1) * bar.width()
            painter.setPen(QPen(ground, 4))
            painter.drawLine(QPointF(x, y - 3), QPointF(x, y + 12))
            painter.setPen(QPen(ink, 2))
            painter.drawLine(QPointF(x, y - 3), QPointF(x, y + 12))
            text = f"chance {table.chance:.2f}"
            half = metrics.horizontalAdvance(text) / 2
            taken = metrics.horizontalAdvance(low) + 6
            if x - half < bar.left() + taken:
                texts[0] = (x, text, None) if x - bar.left() < taken else texts[0]
                x = max(x, bar.left() + (half if texts[0][1] == text else taken + half))
                if texts[0][1] == text:
                    texts.pop(0)
            if x + half > bar.right() - metrics.horizontalAdvance(high) - 6:
                texts = [each for each in texts if each[1] != high]
            painter.setPen(ink)
            painter.drawText(
                QRectF(x - half - 1, y + 12, 2 * half + 4, 14), Qt.AlignmentFlag.AlignCenter, text
            )
        painter.setPen(faint)
        for x, text, side in texts:
            box = QRectF(x if side == Qt.AlignmentFlag.AlignLeft else x - 60, y + 12, 60, 14)
            painter.drawText(box, side | Qt.AlignmentFlag.AlignVCenter, text)
        self._paint_notes(painter, bar, ink, faint)

    def _paint_notes(self, painter: QPainter, bar: QRectF, ink: QColor, faint: QColor) -> None:
        table = self.table
        x, room = bar.right() + 14, self.width() - bar.right() - 16
        notes = [(None, table.legend)] if table.legend else []
        if table.chance is not None or any(cell.doubtful for cell in table.cells.values()):
            notes.append((None, "bold: interval beyond chance"))
        if table.best is not None and table.best_text:
            notes.append(("star", table.best_text))
        metrics = QFontMetrics(painter.font())
        line = metrics.height()
        y = bar.top() - 4 if len(notes) > 1 else bar.top() - 2
        for sign, text in notes[:3]:
            painter.setPen(faint)
            start = x
            if sign == "star":
                _star(painter, QPointF(x + 4, y + line / 2), 4.6, ink)
                painter.setPen(faint)
                start += 12
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, round(room - (start - x)))
            painter.drawText(QRectF(start, y, room, line), Qt.AlignmentFlag.AlignVCenter, text)
            y += line

    # The pointer and the keys

    def mouseMoveEvent(self, event) -> None:
        """Draw a frame around the cell under the pointer."""
        self._point(self.cell_at(QPointF(event.pos())))

    def leaveEvent(self, event: QEvent) -> None:
        """Highlight no cell."""
        super().leaveEvent(event)
        self._point(None)

    def mousePressEvent(self, event) -> None:
        """Choose the cell that is clicked."""
        cell = self.cell_at(QPointF(event.pos()))
        if event.button() == Qt.MouseButton.LeftButton and cell is not None:
            self.picked.emit(*cell)

    def keyPressEvent(self, event) -> None:
        """Step from cell to cell with the arrows."""
        step = _KEYS.get(event.key())
        if step is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
            return
        here = self.table.current or self.table.best or (0, 0)
        cell = (here[0] + step[0], max(here[1], 0) + step[1])
        if self._has(cell):
            self.picked.emit(*cell)

    def event(self, event: QEvent) -> bool:
        """Show the tooltip of a cell."""
        if event.type() == QEvent.Type.ToolTip:
            cell = self.cell_at(QPointF(event.pos()))
            text = self.tip(cell) if cell is not None else ""
            if text:
                QToolTip.showText(event.globalPos(), text, self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def _point(self, cell: CellIndex | None) -> None:
        if cell != self._under:
            self._under = cell
            self.setCursor(
                Qt.CursorShape.PointingHandCursor if cell is not None else Qt.CursorShape.ArrowCursor
            )
            self.pointed.emit(*(cell or (-1, -1)))
            self.update()

    def _theme_changed(self, *_: object) -> None:
        self.update()


def _star(painter: QPainter, middle: QPointF, radius: float, colour: QColor) -> None:
    from math import cos, pi, sin

    from qtpy.QtGui import QPolygonF

    corners = [
        QPointF(
            middle.x() + radius * (1 if n % 2 == 0 else 0.42) * sin(n * pi / 5),
            middle.y() - radius * (1 if n % 2 == 0 else 0.42) * cos(n * pi / 5),
        )
        for n in range(10)
    ]
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF(corners))
    painter.setBrush(Qt.BrushStyle.NoBrush)
