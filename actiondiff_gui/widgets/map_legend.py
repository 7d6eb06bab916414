"""What do the colours and shapes of a map stand for, and of how many clips? Click an entry to select them."""

from collections.abc import Sequence
from dataclasses import dataclass

from qtpy.QtCore import QPoint, QPointF, QRect, QSize, Qt, Signal
from qtpy.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF
from qtpy.QtWidgets import (
    QApplication,
    QFrame,
    QLabel,
    QLayout,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from actiondiff_gui.session.map_looks import FACET, Coding

_MOST_ENTRIES = 200
_MOST_LINES = 4
_CORNERS = {
    "square": ((-0.8, -0.8), (0.8, -0.8), (0.8, 0.8), (-0.8, 0.8)),
    "triangle_up": ((0, -0.95), (0.9, 0.75), (-0.9, 0.75)),
    "triangle_down": ((0, 0.95), (0.9, -0.75), (-0.9, -0.75)),
    "diamond": ((0, -1), (1, 0), (0, 1), (-1, 0)),
    "star": (
        *((0, -1), (0.25, -0.32), (0.95, -0.31), (0.4, 0.12), (0.59, 0.81)),
        *((0, 0.4), (-0.59, 0.81), (-0.4, 0.12), (-0.95, -0.31), (-0.25, -0.32)),
    ),
    "cross": (
        *((-0.33, -1), (0.33, -1), (0.33, -0.33), (1, -0.33), (1, 0.33), (0.33, 0.33)),
        *((0.33, 1), (-0.33, 1), (-0.33, 0.33), (-1, 0.33), (-1, -0.33), (-0.33, -0.33)),
    ),
}


@dataclass(frozen=True)
class Entry:
    """One value in the legend: ``group`` and ``value`` name it, ``colour`` and ``shape`` show it."""

    group: str
    value: str
    text: str
    count: int
    colour: str
    shape: str


def groups_of(
    colours: Coding, shapes: Coding, by: str, title: str, facet: str | None, ink: str
) -> list[tuple[str, list[Entry]]]:
    """The groups of a legend: what colours stand for, and, where it is something else, what shapes stand for.

    Parameters
    ----------
    colours, shapes : Coding
    by, title : str
        What colours stand for, and how a person calls it.
    facet : str, optional
        What shapes stand for.
    ink : str
        Colour of the entries of shapes.
    """
    same = by == FACET + (facet or "")
    looks = dict(zip(shapes.values, shapes.looks, strict=True)) if same else {}
    groups = [
        (
            title,
            [
                Entry(by, value, text, count, look, looks.get(value, "disc"))
                for value, text, count, look in zip(
                    colours.values, colours.texts, colours.counts(), colours.looks, strict=True
                )
            ],
        )
    ]
    if facet and not same:
        entries = [
            Entry(FACET + facet, value, text, count, ink, look)
            for value, text, count, look in zip(
                shapes.values, shapes.texts, shapes.counts(), shapes.looks, strict=True
            )
        ]
        groups.append((facet, entries))
    return groups


class MapLegend(QScrollArea):
    """Groups of entries, each with a heading, flowing over as many lines as they need.

    Signals: ``chosen(group, value, with_ctrl)``.
    """

    chosen = Signal(str, str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.entries: dict[tuple[str, str], QToolButton] = {}
        self._shown: tuple = ()
        self._edge = QColor("grey")

    def show_groups(self, groups: Sequence[tuple[str, Sequence[Entry]]], edge: QColor) -> None:
        """Show groups of entries under their headings, their marks edged with ``edge``."""
        shown = (edge.name(), *((title, tuple(entries)) for title, entries in groups))
        if shown == self._shown:
            return
        self._shown, self._edge = shown, edge
        inner = QWidget()
        flow = Flow(inner)
        self.entries = {}
        for title, entries in groups:
            heading = QLabel(title)
            heading.setEnabled(False)
            flow.add(heading, new_line=True)
            for entry in entries[:_MOST_ENTRIES]:
                flow.add(self._button(entry))
            if len(entries) > _MOST_ENTRIES:
                flow.add(QLabel(f"and {len(entries) - _MOST_ENTRIES} more"))
        self.setWidget(inner)
        self._fit()

    def _button(self, entry: Entry) -> QToolButton:
        button = QToolButton()
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setAutoRaise(True)
        name = entry.text if len(entry.text) <= 24 else f"{entry.text[:15]}…{entry.text[-8:]}"
        button.setText(f"{name} {entry.count}".replace("&", "&&"))
        button.setToolTip(f"{entry.text}: {entry.count} clips. Click to select them; with Ctrl, to add them.")
        button.setIcon(shape_icon(entry.shape, entry.colour, self._edge))
        button.clicked.connect(lambda _=False, e=entry: self._choose(e))
        self.entries[entry.group, entry.value] = button
        return button

    def _choose(self, entry: Entry) -> None:
        with_ctrl = bool(QApplication.keyboardModifiers() & Qt.KeyboardModifier.ControlModifier)
        self.chosen.emit(entry.group, entry.value, with_ctrl)

    def resizeEvent(self, event) -> None:
        """Take the height that the entries need at this width, up to a few lines."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        if self.widget() is None:
            self.setFixedHeight(0)
            return
        flow = self.widget().layout()
        most = _MOST_LINES * (flow.line_height() + 2)
        needed = flow.heightForWidth(self.width())
        fits = needed <= most
        policy = Qt.ScrollBarPolicy.ScrollBarAlwaysOff if fits else Qt.ScrollBarPolicy.ScrollBarAsNeeded
        self.setVerticalScrollBarPolicy(policy)
        self.setFixedHeight(needed if fits else most - flow.line_height() // 2)


class Flow(QLayout):
    """Widgets one after the other, on a new line where the width ends."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setContentsMargins(0, 0, 0, 0)
        self._items: list = []
        self._breaks: set[int] = set()
        self._gap = 2

    def add(self, widget: QWidget, new_line: bool = False) -> None:
        """Add a widget, on a line of its own start with ``new_line``."""
        if new_line:
            self._breaks.add(len(self._items))
        self.addWidget(widget)

    def addItem(self, item) -> None:  # noqa: D102
        self._items.append(item)

    def count(self) -> int:  # noqa: D102
        return len(self._items)

    def itemAt(self, index: int):  # noqa: D102
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int):  # noqa: D102
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def hasHeightForWidth(self) -> bool:  # noqa: D102
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: D102
        return self._lay_out(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, rect: QRect) -> None:  # noqa: D102
        super().setGeometry(rect)
        self._lay_out(rect, move=True)

    def sizeHint(self) -> QSize:  # noqa: D102
        return self.minimumSize()

    def minimumSize(self) -> QSize:  # noqa: D102
        return QSize(80, self.line_height())

    def line_height(self) -> int:
        """Height of one line in pixels."""
        return max((item.sizeHint().height() for item in self._items), default=0)

    def _lay_out(self, rect: QRect, move: bool) -> int:
        line, x, y = self.line_height(), rect.x(), rect.y()
        for place, item in enumerate(self._items):
            size = item.sizeHint()
            width = min(size.width(), rect.width())
            starts = place in self._breaks and place > 0
            if x > rect.x() and (starts or x + width > rect.right() + 1):
                x, y = rect.x(), y + line + self._gap
            if move:
                item.setGeometry(QRect(QPoint(x, y), QSize(width, line)))
            x += width + self._gap
        return y + line - rect.y() if self._items else 0


def shape_icon(shape: str, colour: str, edge: QColor, size: int = 16) -> QIcon:
    """A marker as a small picture, with a thin edge that shows on any ground."""
    picture = QPixmap(2 * size, 2 * size)
    picture.setDevicePixelRatio(2)
    picture.fill(QColor(0, 0, 0, 0))
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_shape(painter, shape, QColor(colour), QPointF(size / 2, size / 2), size * 0.34, edge)
    painter.end()
    return QIcon(picture)


def paint_shape(
    painter: QPainter, shape: str, colour: QColor, middle: QPointF, radius: float, edge: QColor
) -> None:
    """Paint a marker with a thin edge."""
    painter.setPen(QPen(edge, 0.7))
    painter.setBrush(colour)
    if shape in _CORNERS:
        corners = [QPointF(middle.x() + radius * x, middle.y() + radius * y) for x, y in _CORNERS[shape]]
        painter.drawPolygon(QPolygonF(corners))
    else:
        if shape == "ring":
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colour, 1.8))
        painter.drawEllipse(middle, radius * 0.9, radius * 0.9)
