"""Legend of a map: colours and shapes with the number of clips; a click on an entry selects them."""

from collections.abc import Sequence
from dataclasses import dataclass

from qtpy.QtCore import QPointF, Qt, Signal
from qtpy.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF
from qtpy.QtWidgets import (
    QApplication,
    QFrame,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from superqt import QFlowLayout

from actiondiff_gui.gui.common.theme import mute
from actiondiff_gui.gui.map.state.colours import FACET, Coding

_MOST_ENTRIES = 200
_MOST_LINES = 4
_GAP = 2
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
    """Return the groups of a legend: the meaning of colours and, where it differs, that of shapes.

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
    styles = dict(zip(shapes.values, shapes.styles, strict=True)) if same else {}
    groups = [
        (
            title,
            [
                Entry(by, value, text, count, style, styles.get(value, "disc"))
                for value, text, count, style in zip(
                    colours.values, colours.texts, colours.counts(), colours.styles, strict=True
                )
            ],
        )
    ]
    if facet and not same:
        entries = [
            Entry(FACET + facet, value, text, count, ink, style)
            for value, text, count, style in zip(
                shapes.values, shapes.texts, shapes.counts(), shapes.styles, strict=True
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
        self._lines: list[QFlowLayout] = []
        self._line_height = 0
        self._edge = QColor("grey")

    def show_groups(self, groups: Sequence[tuple[str, Sequence[Entry]]], edge: QColor) -> None:
        """Show groups of entries under their headings, their marks edged with ``edge``."""
        shown = (edge.name(), *((title, tuple(entries)) for title, entries in groups))
        if shown == self._shown:
            return
        self._shown, self._edge = shown, edge
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(_GAP)
        self.entries, self._lines = {}, []
        for title, entries in groups:
            line = QFlowLayout()
            line.setContentsMargins(0, 0, 0, 0)
            line.setHorizontalSpacing(_GAP)
            line.setVerticalSpacing(_GAP)
            heading = QLabel(title)
            mute(heading)
            line.addWidget(heading)
            for entry in entries[:_MOST_ENTRIES]:
                button = self._button(entry)
                self._line_height = button.sizeHint().height()
                line.addWidget(button)
            if len(entries) > _MOST_ENTRIES:
                line.addWidget(QLabel(f"and {len(entries) - _MOST_ENTRIES} more"))
            heading.setMinimumHeight(self._line_height)
            column.addLayout(line)
            self._lines.append(line)
        column.addStretch(1)
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
        most = _MOST_LINES * (self._line_height + _GAP)
        needed = sum(line.heightForWidth(self.width()) + _GAP for line in self._lines) - _GAP
        fits = needed <= most
        policy = Qt.ScrollBarPolicy.ScrollBarAlwaysOff if fits else Qt.ScrollBarPolicy.ScrollBarAsNeeded
        self.setVerticalScrollBarPolicy(policy)
        self.setFixedHeight(needed if fits else most - self._line_height // 2)


def shape_icon(shape: str, colour: str, edge: QColor, size: int = 16) -> QIcon:
    """Return a marker as a small picture, with a thin edge that shows on any background."""
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
