"""Painting of the cells of a gallery: the looping picture, label, prediction and confidence."""

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QModelIndex, QPoint, QRect, Qt
from qtpy.QtGui import QColor, QPainter
from qtpy.QtWidgets import QAbstractItemView, QStyledItemDelegate, QStyleOptionViewItem

from actiondiff_gui.gui.common.theme import MUTED, colour, mixed, paint_swatch
from actiondiff_gui.gui.session.clip_table import ClipRow
from actiondiff_gui.gui.session.session import UNLABELLED

if TYPE_CHECKING:
    from actiondiff_gui.gui.gallery.state.shown import ShownClips
    from actiondiff_gui.gui.host import Host

PAD, SWATCH = 3, 9


_swatch = partial(paint_swatch, size=SWATCH)


class GalleryCells(QStyledItemDelegate):
    """Item delegate of one gallery; asks for the loops of the cells that it paints."""

    def __init__(self, host: "Host", view: QAbstractItemView, state: "ShownClips") -> None:
        super().__init__(view)
        self.host, self.view, self.state = host, view, state
        self.tick = 0
        self.lines = 2
        """Lines of text below a picture: label and prediction, or the label alone."""
        self.take_colours()

    def take_colours(self, *_: object) -> None:
        """Take the colours of the viewer's theme and of the actions."""
        viewer, session = self.host.viewer, self.host.session
        self.text = colour(viewer, "text")
        background = colour(viewer, "background")
        self.quiet = mixed(self.text, background, 0.3)
        self.faint = mixed(background, self.text, MUTED)
        self.tile = mixed(background, colour(viewer, "primary"), 0.5)
        self.frame = colour(viewer, "current")
        self.veil = QColor(background)
        self.veil.setAlpha(190)
        self.actions = {action.name: QColor(action.colour) for action in session.actions}
        self.grey = QColor(UNLABELLED)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Paint one cell."""
        clip = index.model().clip(index)
        row = self.host.session.table.get(clip)
        if row is None:
            return
        rect = option.rect.adjusted(PAD, PAD, -PAD, -PAD)
        line = option.fontMetrics.height()
        picture = QRect(rect.x(), rect.y(), rect.width(), rect.height() - self.lines * line - 2)
        painter.save()
        painter.setFont(option.font)
        self._picture(painter, picture, clip)
        below = QRect(rect.x(), picture.bottom() + 3, rect.width(), line)
        self._label(painter, below, row)
        if self.lines > 1:
            below.translate(0, line)
            self._second(painter, below, row)
        note = self.state.group.notes.get(clip, "")
        if note:
            self._note(painter, picture, note)
        if clip in self.state.out:
            painter.fillRect(option.rect, self.veil)
            painter.setPen(self.text)
            painter.drawText(picture, Qt.AlignmentFlag.AlignCenter, "taken out")
        elif index == self.view.currentIndex() and not self.state.label_all:
            painter.setPen(self.frame)
            for inset in range(2):
                painter.drawRect(option.rect.adjusted(inset, inset, -inset - 1, -inset - 1))
        painter.restore()

    def _picture(self, painter: QPainter, box: QRect, clip: str) -> None:
        painter.fillRect(box, self.tile)
        loop = self.host.loops.get(clip)
        if loop is None:
            return
        image = loop.at(self.tick)
        shown = QRect(QPoint(0, 0), image.size().scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatio))
        shown.moveCenter(box.center())
        painter.drawImage(shown, image)

    def _label(self, painter: QPainter, rect: QRect, row: ClipRow) -> None:
        left = rect.x()
        for action in row.labels[:3]:
            left = _swatch(painter, left, rect, self.actions.get(action, self.grey))
        if not row.labels:
            left = _swatch(painter, left, rect, self.grey, hollow=True)
        of = self.text if row.labels else self.faint
        self._text(painter, rect.adjusted(left - rect.x(), 0, 0, 0), row.label or "unlabelled", of)

    def _second(self, painter: QPainter, rect: QRect, row: ClipRow) -> None:
        if not row.prediction:
            self._text(painter, rect, f"{row.seconds:.1f} s", self.faint)
            return
        action = QColor(self.actions.get(row.prediction, self.grey))
        action.setAlpha(120)
        left = _swatch(painter, rect.x(), rect, action)
        sure = f" {row.confidence:.0%}" if row.confidence is not None else ""
        self._text(painter, rect.adjusted(left - rect.x(), 0, 0, 0), f"{row.prediction}{sure}", self.quiet)

    def _note(self, painter: QPainter, picture: QRect, note: str) -> None:
        width = painter.fontMetrics().horizontalAdvance(note) + 6
        box = QRect(picture.right() - width, picture.y() + 1, width, painter.fontMetrics().height())
        painter.fillRect(box, self.veil)
        painter.setPen(self.text)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, note)

    @staticmethod
    def _text(painter: QPainter, rect: QRect, text: str, of: QColor) -> None:
        painter.setPen(of)
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
        painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
