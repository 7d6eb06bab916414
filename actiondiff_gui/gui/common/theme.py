"""Colours and small shared styles taken from napari's theme."""

from typing import TYPE_CHECKING

from qtpy.QtCore import QPointF, QRect, Qt
from qtpy.QtGui import QColor, QIcon, QPainter, QPixmap, QPolygonF
from qtpy.QtWidgets import QGraphicsOpacityEffect, QLabel, QWidget

if TYPE_CHECKING:
    from napari.viewer import Viewer


MUTED = 0.75
"""Opacity of muted texts."""


def colour(viewer: "Viewer", role: str) -> QColor:
    """Return a colour of the viewer's theme.

    ``role`` is ``background``, ``foreground``, ``primary``, ``secondary``, ``highlight``, ``text``, ``icon``,
    ``warning``, ``error``, ``current`` or ``canvas``.
    """
    from napari.utils.theme import get_theme

    return QColor(getattr(get_theme(viewer.theme), role).as_hex())


def mixed(one: QColor, other: QColor, share: float) -> QColor:
    """Return a colour between two, with ``share`` (0 to 1) of the other."""
    return QColor(
        *(round(a + (b - a) * share) for a, b in zip(one.getRgb()[:3], other.getRgb()[:3], strict=True))
    )


def hint(text: str, parent: QWidget | None = None) -> QLabel:
    """Return a label in a muted colour."""
    label = QLabel(text, parent)
    mute(label)
    return label


def mute(label: QLabel) -> None:
    """Show a label less strongly than others, in any theme still well readable.

    napari's colour of what is disabled has a contrast of 2 to 1 in its light theme, where 4.5 to 1 is needed (WCAG 2).
    """
    effect = QGraphicsOpacityEffect(label)
    effect.setOpacity(MUTED)
    label.setGraphicsEffect(effect)


def main_button_style(viewer: "Viewer") -> str:
    """Return the style of the button that starts a dock's work; its object name is "compute"."""
    accent, text = colour(viewer, "current"), colour(viewer, "text")
    on = "white" if accent.lightness() < 160 else "black"
    return (
        f"QPushButton#compute {{ background: {accent.name()}; color: {on}; font-weight: bold; }}"
        f"QPushButton#compute:disabled {{ background: {colour(viewer, 'foreground').name()}; "
        f"color: {text.name()}; font-weight: normal; }}"
    )


def triangle(colour: QColor, down: bool, size: int = 12) -> QIcon:
    """Return a small triangle that points down, or to the right."""
    picture = QPixmap(size, size)
    picture.fill(QColor(0, 0, 0, 0))
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    near, far, middle = 2.5, size - 2.5, size / 2
    corners = (
        ((near, near), (far, near), (middle, far)) if down else ((near, near), (far, middle), (near, far))
    )
    painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))
    painter.end()
    return QIcon(picture)


def paint_swatch(
    painter: QPainter, left: int, rect: QRect, of: QColor, size: int, hollow: bool = False
) -> int:
    """Paint a square of one colour at the left of a cell, half way down; returns where what follows begins."""
    box = QRect(left, rect.y() + (rect.height() - size) // 2, size, size)
    if hollow:
        painter.setPen(of)
        painter.drawRect(box.adjusted(0, 0, -1, -1))
    else:
        painter.fillRect(box, of)
    return box.right() + 3


def swatch(hex_colour: str, size: int = 12) -> QIcon:
    """Return a small square of one colour, for lists and menus."""
    picture = QPixmap(size, size)
    picture.fill(QColor(0, 0, 0, 0))
    painter = QPainter(picture)
    painter.fillRect(1, 1, size - 2, size - 2, QColor(hex_colour))
    painter.end()
    icon = QIcon(picture)
    # Qt would tint it in a chosen line.
    icon.addPixmap(picture, QIcon.Mode.Selected)
    return icon


def accent(viewer: "Viewer", name: str) -> str:
    """Return the style sheet of the main push button, with the object name ``name``."""
    ground, text = colour(viewer, "current"), colour(viewer, "text")
    ink = "white" if ground.lightness() < 160 else "black"
    return (
        f"QPushButton#{name} {{ background: {ground.name()}; color: {ink}; font-weight: bold; }}"
        f"QPushButton#{name}:disabled {{ background: {colour(viewer, 'foreground').name()}; "
        f"color: {text.name()}; font-weight: normal; }}"
    )


def check_boxes(viewer: "Viewer", view: str) -> str:
    """Return a style sheet for check boxes in a table or tree that are seen, ticked or not, in every theme."""
    box, text, current = (colour(viewer, role) for role in ("primary", "text", "current"))
    return f"""
        {view}::indicator {{ width: 12px; height: 12px; padding: 1px; border-radius: 2px;
                             background: {box.name()}; border: 1px solid {mixed(box, text, 0.4).name()}; }}
        {view}::indicator:checked {{ background: {current.name()}; border-color: {current.name()};
                                     image: url("theme_{viewer.theme}:/check.svg"); }}
    """
