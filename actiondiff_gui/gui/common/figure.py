"""A figure of :mod:`actiondiff_gui.report` in the window: drawn in a background job, and shown as a picture.

matplotlib is loaded with the first figure, in the thread that draws it.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from qtpy.QtGui import QFontInfo, QImage, QPainter, QPen
from qtpy.QtWidgets import QSizePolicy, QToolTip, QWidget

from actiondiff_gui.gui.common import theme
from actiondiff_gui.gui.common.listening import listen
from actiondiff_gui.gui.services.background_query import BackgroundQuery
from actiondiff_gui.progress import Job, Progress

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from actiondiff_gui.gui.host import Host
    from actiondiff_gui.report.style import Drawn

REST = 4
"""After a drawing the next one waits for so many times as long as it took: curves of a training leave time for the training."""


class FigureView(QWidget):
    """Shows a figure in the colours, the size and the resolution of the window, whenever these change.

    A change is noticed where it is painted, so a figure that nobody sees is not drawn.
    """

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host = host
        self._what: tuple | None = None
        self._asked: tuple | None = None
        self._next = 0.0
        self._forget()
        self._query = BackgroundQuery(self, host, "drawing a figure", self._ask, self._came, self._failed)
        self._query.seen, self._query.lane = True, "figures"
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        listen(self, (host.session.project_changed, self._project_changed))

    @property
    def drawn(self) -> bool:
        """Whether what is to be shown is shown."""
        return (
            not self._image.isNull() and not self._query.running and self._asked == (self._what, self._look())
        )

    def show_figure(self, draw: Callable[..., "Figure"], *values: Any, words: str = "") -> None:
        """Show what ``draw(*values)`` returns, which is called in a thread; ``words`` say the same as a tooltip."""
        self.setToolTip(words)
        self.setAccessibleDescription(words)
        if self._what != (draw, values):
            self._what = draw, values
            self.update()

    def set_lines(self, lines: float) -> None:
        """Make it as high as that many lines of text."""
        self.setFixedHeight(round(lines * self.fontMetrics().height()))

    def paintEvent(self, _: QEvent) -> None:
        """Paint the picture, and have it drawn again if it is not of what is shown now."""
        if self.host.closed or self.host.viewer is None or self._what is None:
            return
        if self._asked != (self._what, self._look()) and not (self._query.waiting or self._query.running):
            self._query.refresh(round(max(0.02, self._next - time.monotonic()) * 1000))
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(self.rect(), self._image)
        self.paint_over(painter)
        painter.end()

    def paint_over(self, painter: QPainter) -> None:
        """Paint what lies over the picture."""

    def _look(self) -> dict[str, Any]:
        ink, ground = (theme.colour(self.host.viewer, role) for role in ("text", "background"))
        dots = QFontInfo(self.font()).pixelSize() * 72 / 11
        ratio = self.devicePixelRatioF()
        return {
            "ink": ink.name(),
            "faint": theme.mixed(ground, ink, theme.MUTED).name(),
            "grid": theme.mixed(ground, ink, 0.2).name(),
            "ground": ground.name(),
            "empty": theme.mixed(ground, ink, 0.08).name(),
            # matplotlib cuts off what is not a whole pixel.
            "width": (self.width() + 0.01) / dots,
            "height": (self.height() + 0.01) / dots,
            "dots": dots * ratio,
        }

    def _ask(self) -> Callable[[], Job["Drawn"]] | None:
        if self._what is None:
            return None
        look = self._look()
        self._asked = self._what, look
        draw, values = self._what
        return partial(_drawing, partial(draw, *values), look)

    def _came(self, drawn: "Drawn") -> None:
        self._next = time.monotonic() + REST * self._query.seconds
        height, width = drawn.pixels.shape[:2]
        # Qt reads from the bytes until it has copied them.
        buffer = drawn.pixels.tobytes()
        self._image = QImage(buffer, width, height, QImage.Format.Format_RGBA8888).copy()
        self._cell = QRectF(*drawn.cell)
        self.update()

    def _failed(self, text: str) -> None:
        self.host.jobs.add_problem(text)

    def _forget(self) -> None:
        self._asked, self._image, self._cell = None, QImage(), QRectF()

    def _project_changed(self) -> None:
        self._query.leave()
        self._forget()
        self.update()


def _drawing(draw: Callable[[], "Figure"], look: dict[str, Any]) -> Job["Drawn"]:
    yield Progress(0, 0)
    from actiondiff_gui.report.style import Look, in_pixels

    return in_pixels(draw, Look(**look))


class CellsView(FigureView):
    """A figure of cells, a row and a column for each action, that can be clicked.

    Signals: ``clicked(row, column)``; column -1 stands for the name of a row, where these can be clicked.

    Attributes
    ----------
    cells : int
        How many rows and columns.
    names : bool
        Whether the name of a row stands for the row.
    words : callable
        Says what a cell means, as a tooltip.
    full : callable
        Whether a click on a cell shows something.
    """

    clicked = Signal(int, int)

    def __init__(self, host: "Host", words: Callable[[int, int], str], names: bool = False) -> None:
        super().__init__(host)
        self.cells, self.names, self.words = 0, names, words
        self.full: Callable[[int, int], bool] = lambda row, column: True
        self._under: tuple[int, int] | None = None
        self.chosen: tuple[int, int] | None = None
        self.setMouseTracking(True)

    def show_cells(self, cells: int, draw: Callable[..., "Figure"], *values: Any) -> None:
        """Show another figure of so many rows and columns."""
        self.cells, self.chosen, self._under = cells, None, None
        self.show_figure(draw, *values)

    def choose(self, row: int, column: int) -> None:
        """Choose a cell, as a click does."""
        self.chosen = (row, column)
        self.update()
        self.clicked.emit(row, column)

    def cell_rect(self, row: int, column: int) -> QRectF:
        """Return the rectangle of a cell; empty before the figure has been drawn."""
        if self._image.isNull():
            return QRectF()
        across, down = self.width() / self._image.width(), self.height() / self._image.height()
        first, top, width, height = self._cell.getRect()
        box = QRectF(
            (first + column * width) * across, (top + row * height) * down, width * across, height * down
        )
        if column < 0:
            # The title of the rows is to the left of their names.
            box.setLeft(1.3 * self.fontMetrics().height())
        return box

    def cell_at(self, point: QPointF) -> tuple[int, int] | None:
        """Return the row and the column at a point."""
        columns = range(-1 if self.names else 0, self.cells)
        found = ((i, j) for i in range(self.cells) for j in columns if self.cell_rect(i, j).contains(point))
        return next(found, None)

    def paint_over(self, painter: QPainter) -> None:
        """Frame the chosen cell and the one under the pointer."""
        for cell, width in ((self._under, 1), (self.chosen, 2)):
            if cell is not None:
                painter.setPen(QPen(theme.colour(self.host.viewer, "text"), width))
                painter.drawRect(self.cell_rect(*cell).adjusted(1, 1, -1, -1))

    def mousePressEvent(self, event) -> None:
        """Choose the cell under the pointer."""
        cell = self.cell_at(event.position())
        if cell is not None and event.button() == Qt.MouseButton.LeftButton and self.full(*cell):
            self.choose(*cell)

    def mouseMoveEvent(self, event) -> None:
        """Frame the cell under the pointer, if it can be clicked."""
        cell = self.cell_at(event.position())
        self._point(cell if cell is not None and self.full(*cell) else None)

    def leaveEvent(self, event: QEvent) -> None:
        """Frame no cell."""
        super().leaveEvent(event)
        self._point(None)

    def event(self, event: QEvent) -> bool:
        """Say what the cell under the pointer means."""
        if event.type() == QEvent.Type.ToolTip:
            cell = self.cell_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), "" if cell is None else self.words(*cell), self)
            return True
        return super().event(event)

    def _point(self, cell: tuple[int, int] | None) -> None:
        if cell != self._under:
            self._under = cell
            shape = Qt.CursorShape.ArrowCursor if cell is None else Qt.CursorShape.PointingHandCursor
            self.setCursor(shape)
            self.update()
