"""Canvas with several maps of the same clips side by side, and one pointer in all of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QColor, QPainter, QPen
from qtpy.QtWidgets import QWidget

from actiondiff_gui.gui.common.theme import mixed
from actiondiff_gui.gui.lab.state.maps import TITLE, Panels, arranged, panel_point_size
from actiondiff_gui.gui.map.canvas import MapCanvas
from actiondiff_gui.gui.map.rings import MapOverlay


@dataclass(frozen=True, eq=False)
class Panel:
    """One map: title, positions of all clips or why there are none, and whether it is the window's address."""

    title: str
    points: np.ndarray | None
    empty: str = ""
    current: bool = False


class PanelCanvas(MapCanvas):
    """Panels of the same N clips. Indices in its signals are those of clips, whichever panel the pointer is in.

    Attributes
    ----------
    panels : list of Panel
    count : int
        N.
    """

    def __init__(self, parent: QWidget) -> None:
        self.panels: list[Panel] = []
        self.count = 0
        self._layout = arranged(1, 100, 100)
        self._drawn_panels: list[int] = []
        self._marked = -1
        self._at = (0, 0)
        super().__init__(parent)

    def _new_overlay(self) -> "PanelOverlay":
        return PanelOverlay(self.widget)

    def set_theme(self, background: QColor, ink: QColor) -> None:
        """Take the colours of the ground, and of frames and rings."""
        self.overlay.ground = background
        super().set_theme(background, ink)

    # What is shown

    def show_panels(
        self,
        panels: Sequence[Panel],
        middle: np.ndarray,
        span: float,
        colours: np.ndarray,
        shapes: np.ndarray,
        order: np.ndarray,
    ) -> None:
        """Show panels whose points lie in the square of side ``span`` around ``middle``.

        Parameters
        ----------
        panels : sequence of Panel
        colours, shapes, order : ndarray
            Of the N clips, as for :meth:`MapCanvas.show_points`.
        """
        size = (max(self.widget.width(), 60), max(self.widget.height(), 60))
        moved = self._layout.size != size or len(panels) != len(self.panels)
        self.panels, self.count = list(panels), len(colours)
        self._layout = arranged(len(panels), *size)
        self.points.shrink = panel_point_size(self.count, self._layout.side) / max(
            _usual(self.count * len(panels)), 1e-6
        )
        self._drawn_panels = [n for n, panel in enumerate(panels) if panel.points is not None]
        tiles = len(self._drawn_panels)
        placed = [
            self._layout.place(n, panels[n].points, middle, span, margin=8.0) for n in self._drawn_panels
        ]
        positions = np.concatenate(placed) if placed else np.empty((0, 2))
        orders = [order + n * self.count for n in range(tiles)]
        self.show_points(
            positions,
            np.tile(colours, (tiles, 1)) if tiles else np.empty((0, 4), np.float32),
            np.tile(shapes, tiles) if tiles else np.empty(0, np.str_),
            np.concatenate(orders) if orders else np.empty(0, np.int64),
        )
        if moved:
            self.reset_view()
        self._show_frames()

    def reset_view(self) -> None:
        """Show all panels: one unit of the canvas is one pixel then."""
        self.camera.rect = (0, 0, *self._layout.size)

    def panel_title_at(self, x: float, y: float) -> int:
        """Return the panel whose title is at a pixel, or -1."""
        for number, (box, _) in enumerate(self.boxes()):
            head = QRectF(box.left(), box.top() - TITLE, box.width(), TITLE)
            if head.contains(x, y) or (self.panels[number].points is None and box.contains(x, y)):
                return number
        return -1

    def clip_of(self, index: int) -> int:
        """Return the clip of a point."""
        return index % self.count if index >= 0 and self.count else -1

    def point_of(self, clip: int, panel: int) -> int:
        """Return the point of a clip in a panel, -1 where it has none."""
        if clip < 0 or panel not in self._drawn_panels:
            return -1
        return self._drawn_panels.index(panel) * self.count + clip

    def pixels(self) -> np.ndarray:
        """Return the positions of all points, ``[K * N, 2]`` in pixels of the widget."""
        return np.asarray(self._to_pixels().map(self.positions))[:, :2]

    @property
    def pointer(self) -> tuple[int, int]:
        """Last position of the pointer, in pixels of the widget."""
        return self._at

    @property
    def layout(self) -> Panels:
        """Positions of the panels."""
        return self._layout

    # In all panels

    def _show_rings(self) -> None:
        self.overlay.resize(self.widget.size())
        rings = []
        for clip in dict.fromkeys((self.clip_of(self._current), self.clip_of(self._hovered))):
            if clip >= 0:
                rings += [
                    self.position_in_widget(n * self.count + clip) for n in range(len(self._drawn_panels))
                ]
        self.overlay.show_rings(rings, self.points.size / 2 + 4)

    def _view_moved(self, sight) -> None:
        super()._view_moved(sight)
        self._show_frames()

    def _show_frames(self) -> None:
        self.overlay.resize(self.widget.size())
        self.overlay.show_frames(self.boxes())

    def boxes(self) -> list[tuple[QRectF, Panel]]:
        """Return the rectangle of each panel, in pixels of the widget."""
        if not self.panels or not self.widget.width():
            return []
        to_pixels = self._to_pixels()
        boxes = []
        for corner, panel in zip(self._layout.corners, self.panels, strict=True):
            left, bottom = to_pixels.map(corner)[:2]
            right, top = to_pixels.map(corner + self._layout.side)[:2]
            boxes.append((QRectF(left, top, right - left, bottom - top), panel))
        return boxes

    def _press(self, event) -> None:
        self._at = tuple(event.pos)
        super()._press(event)

    def _move(self, event) -> None:
        self._at = tuple(event.pos)
        super()._move(event)


class PanelOverlay(MapOverlay):
    """Frames and titles of panels, below rings and the lasso."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.ground = QColor("black")
        self._boxes: list[tuple[QRectF, Panel]] = []

    def show_frames(self, boxes: Sequence[tuple[QRectF, Panel]]) -> None:
        """Draw frames around these panels."""
        self._boxes = list(boxes)
        self.update()

    def paintEvent(self, event) -> None:
        """Paint frames and titles, then rings and the line."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_frames(painter, self.ground, self.ink, self._boxes)
        painter.end()
        super().paintEvent(event)


def paint_frames(
    painter: QPainter, ground: QColor, ink: QColor, boxes: Sequence[tuple[QRectF, Panel]]
) -> None:
    """Paint frames and titles in given colours, for the screen or a picture."""
    font = painter.font()
    font.setPixelSize(11)
    for box, panel in boxes:
        line = ink if panel.current else mixed(ground, ink, 0.35)
        painter.setPen(QPen(line, 2 if panel.current else 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, 3, 3)
        font.setBold(panel.current)
        painter.setFont(font)
        painter.setPen(ink if panel.current else mixed(ground, ink, 0.8))
        wide = 160 if len(boxes) == 1 else 4
        head = QRectF(box.left() - wide, box.top() - TITLE, box.width() + 2 * wide, TITLE - 1)
        painter.drawText(head, Qt.AlignmentFlag.AlignCenter, panel.title)
        if panel.empty:
            font.setBold(False)
            painter.setFont(font)
            painter.setPen(mixed(ground, ink, 0.5))
            painter.drawText(
                box.adjusted(6, 6, -6, -6),
                Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap,
                panel.empty,
            )


def _usual(count: int) -> float:
    from actiondiff_gui.gui.map.state.colours import point_size

    return point_size(count)
