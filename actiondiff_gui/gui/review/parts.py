"""Painted parts of a question: predicted actions as badges, and the probability of every action as a bar."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtCore import QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QFont, QMouseEvent, QPainter, QPaintEvent, QPixmap
from qtpy.QtWidgets import QSizePolicy, QToolTip, QWidget

from actiondiff_gui.gui.common.listening import listen
from actiondiff_gui.gui.common.theme import MUTED, colour, mixed

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

ROW, BADGE = 20, 40
"""Heights in pixels of a bar's row and of a badge."""
TILE = QSize(80, 56)


def ink_on(ground: QColor) -> QColor:
    """Return black or white, whichever is more legible on a colour."""
    light = 0.299 * ground.red() + 0.587 * ground.green() + 0.114 * ground.blue()
    return QColor("#000000" if light > 140 else "#ffffff")


class Badges(QWidget):
    """Names of actions in large letters on their colours."""

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host = host
        self.names: tuple[str, ...] = ()
        self.side = ""
        self.setFixedHeight(BADGE)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        listen(self, (host.viewer.events.theme, self._repaint))

    def show_names(self, names: Sequence[str], side: str) -> None:
        """Show actions, and a muted text at their right."""
        self.names, self.side = tuple(names), side
        self.setToolTip(", ".join(names))
        self.update()

    def _repaint(self, *_: object) -> None:
        self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        """Draw the badges from the left, smaller where they do not fit."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        viewer, session = self.host.viewer, self.host.session
        small = QFont(self.font())
        small.setPointSizeF(self.font().pointSizeF() * 1.25)
        painter.setFont(small)
        room = self.width() - min(120, painter.fontMetrics().horizontalAdvance(self.side)) - 12
        names = self.names or ("no action",)
        large = QFont(self.font())
        large.setBold(True)
        for size in (2.3, 1.8, 1.4, 1.1, 0.9):
            large.setPointSizeF(self.font().pointSizeF() * size)
            painter.setFont(large)
            widths = [painter.fontMetrics().horizontalAdvance(name) + 28 for name in names]
            if sum(widths) + 6 * len(widths) <= room:
                break
        left = 0.0
        for name, width in zip(names, widths, strict=True):
            ground = QColor(session.colour_of(name))
            width = max(30.0, min(width, room - left))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ground)
            painter.drawRoundedRect(QRectF(left, 1, width, BADGE - 2), 6, 6)
            painter.setPen(ink_on(ground))
            shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(width) - 16)
            painter.drawText(QRectF(left, 1, width, BADGE - 2), Qt.AlignmentFlag.AlignCenter, shown)
            left += width + 6
        painter.setFont(small)
        painter.setPen(colour(viewer, "text"))
        box = QRectF(left + 4, 0, self.width() - left - 4, BADGE)
        side = painter.fontMetrics().elidedText(self.side, Qt.TextElideMode.ElideRight, int(box.width()))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, side)
        painter.end()


@dataclass(frozen=True, slots=True)
class Chance:
    """One bar: its action, the key that chooses it ("" for none), its probability, and whether it is chosen."""

    name: str
    key: str
    probability: float | None
    chosen: bool


class Chances(QWidget):
    """The probability of each action as a bar in its colour; a click chooses the action.

    Signals: ``picked(name)``.
    """

    picked = Signal(str)

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host = host
        self.rows: tuple[Chance, ...] = ()
        self._over = -1
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        listen(self, (host.viewer.events.theme, self._repaint))

    def show_rows(self, rows: Sequence[Chance]) -> None:
        """Show these actions."""
        self.rows = tuple(rows)
        self.setFixedHeight(max(1, len(self.rows)) * ROW)
        self.update()

    def _repaint(self, *_: object) -> None:
        self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        """Draw key, name, bar and percentage of each action."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        viewer, session = self.host.viewer, self.host.session
        back, text = colour(viewer, "background"), colour(viewer, "text")
        metrics = painter.fontMetrics()
        names = min(
            max((metrics.horizontalAdvance(r.name) for r in self.rows), default=0) + 18, self.width() // 3
        )
        bold = QFont(self.font())
        bold.setBold(True)
        start, end = 26 + names, self.width() - metrics.horizontalAdvance("100%") - 10
        for index, row in enumerate(self.rows):
            top = index * ROW
            if index == self._over:
                painter.fillRect(0, top, self.width(), ROW, mixed(back, text, 0.10))
            shade = QColor(session.colour_of(row.name))
            painter.setPen(mixed(back, text, MUTED))
            painter.setFont(self.font())
            painter.drawText(QRectF(2, top, 20, ROW), Qt.AlignmentFlag.AlignCenter, row.key)
            painter.setFont(bold if row.chosen else self.font())
            painter.setPen(text)
            name = painter.fontMetrics().elidedText(row.name, Qt.TextElideMode.ElideRight, names - 6)
            painter.drawText(QRectF(26, top, names, ROW), Qt.AlignmentFlag.AlignVCenter, name)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(mixed(back, text, 0.10))
            bar = QRectF(start, top + 5, max(1, end - start), ROW - 10)
            painter.drawRoundedRect(bar, 3, 3)
            if row.probability is not None:
                painter.setBrush(shade)
                bar.setWidth(max(3.0, bar.width() * row.probability))
                painter.drawRoundedRect(bar, 3, 3)
                painter.setPen(text)
                painter.drawText(
                    QRectF(end + 4, top, self.width() - end - 6, ROW),
                    Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight,
                    f"{row.probability:.0%}",
                )
            if row.chosen:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(text)
                painter.drawEllipse(QPointF(start - 9, top + ROW / 2), 3, 3)
        painter.end()

    def _at(self, event: QMouseEvent) -> int:
        index = int(event.position().y() // ROW)
        return index if 0 <= index < len(self.rows) else -1

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Highlight the row under the pointer, and show a long name in full."""
        over = self._at(event)
        if over != self._over:
            self._over = over
            self.update()
            if over >= 0:
                row = self.rows[over]
                key = f" ({row.key})" if row.key else ""
                QToolTip.showText(event.globalPosition().toPoint(), f"It shows {row.name}{key}", self)

    def leaveEvent(self, _: object) -> None:
        """Highlight no row."""
        self._over = -1
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose the action of the row."""
        index = self._at(event)
        if index >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.picked.emit(self.rows[index].name)


class Neighbours(QWidget):
    """Small pictures of labelled clips, each over its label and in its action's colour."""

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host = host
        self.clips: tuple[str, ...] = ()
        self.thumbnails = host.thumbnails
        self.thumbnails.ready.connect(self._came)
        self.setFixedHeight(TILE.height() + 20)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        listen(self, (host.viewer.events.theme, self._repaint), (host.session.clips_changed, self._repaint))

    def show_clips(self, clips: Sequence[str]) -> None:
        """Show these clips, nearest first."""
        self.clips = tuple(clips)
        self.update()

    def _repaint(self, *_: object) -> None:
        self.update()

    def _came(self, clip_id: str) -> None:
        if clip_id in self.clips:
            self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        """Draw as many clips as fit."""
        painter = QPainter(self)
        viewer, session = self.host.viewer, self.host.session
        back, text = colour(viewer, "background"), colour(viewer, "text")
        step = TILE.width() + 6
        for index, clip in enumerate(self.clips[: max(1, (self.width() + 6) // step)]):
            row = session.table.get(clip)
            if row is None:
                continue
            left = index * step
            area = QRectF(left, 0, TILE.width(), TILE.height())
            painter.fillRect(area, mixed(back, text, 0.15))
            image = self.thumbnails.get(clip)
            if image is not None:
                ratio = self.devicePixelRatioF()
                picture = QPixmap.fromImage(image).scaled(
                    TILE * ratio,
                    Qt.AspectRatioMode.KeepAspectRatio,
                    Qt.TransformationMode.SmoothTransformation,
                )
                picture.setDevicePixelRatio(ratio)
                size = picture.deviceIndependentSize()
                painter.drawPixmap(
                    QPointF(left + (TILE.width() - size.width()) / 2, (TILE.height() - size.height()) / 2),
                    picture,
                )
            painter.fillRect(
                QRectF(left, TILE.height(), TILE.width(), 3),
                QColor(session.colour_of(row.labels[0] if row.labels else "")),
            )
            painter.setPen(text)
            said = painter.fontMetrics().elidedText(row.label, Qt.TextElideMode.ElideRight, TILE.width())
            painter.drawText(
                QRectF(left, TILE.height() + 3, TILE.width(), 17), Qt.AlignmentFlag.AlignCenter, said
            )
        painter.end()
