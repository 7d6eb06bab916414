"""Painting of the cells of the clips table: thumbnails, colour swatches and text in the colours of napari's theme."""

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QModelIndex, QPoint, QRect, QSize, Qt
from qtpy.QtGui import QColor, QFont, QPainter
from qtpy.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QTableView

from actiondiff_gui.gui.clips.model import NUMBERS
from actiondiff_gui.gui.clips.state.filtering import cell_text
from actiondiff_gui.gui.common.theme import colour, mixed, paint_swatch
from actiondiff_gui.gui.common.thumbnails import Thumbnails
from actiondiff_gui.gui.session.clip_table import ClipRow
from actiondiff_gui.gui.session.session import UNLABELLED

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

PICTURE = QSize(48, 36)
LINE_HEIGHT = PICTURE.height() + 6
SWATCH = 11
_PAD = 6
_BAR = 4


_swatch = partial(paint_swatch, size=SWATCH)


class ClipCells(QStyledItemDelegate):
    """Item delegate that paints the cells of one table, and requests thumbnails only for the lines it paints."""

    def __init__(self, host: "Host", view: QTableView, thumbnails: Thumbnails) -> None:
        super().__init__(view)
        self.host, self.view, self.thumbnails = host, view, thumbnails
        self.take_colours()

    def take_colours(self) -> None:
        """Take the colours of the viewer's theme and of the actions."""
        viewer, session = self.host.viewer, self.host.session
        self.text = colour(viewer, "text")
        background, chosen = colour(viewer, "background"), colour(viewer, "current")
        self.quiet = mixed(self.text, background, 0.3)
        self.chosen = mixed(background, chosen, 0.45)
        self.line = mixed(background, colour(viewer, "foreground"), 0.6)
        self.tile = mixed(background, colour(viewer, "primary"), 0.5)
        self.actions = {action.name: QColor(action.colour) for action in session.actions}
        self.grey = QColor(UNLABELLED)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """Return the same height for all lines."""
        return QSize(PICTURE.width(), LINE_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Paint one cell."""
        model = self.view.clips
        row, key = model.row(index.row()), model.columns[index.column()].key
        rect = option.rect
        painter.save()
        if self.view.is_chosen(index.row()):
            painter.fillRect(rect, self.chosen)
        painter.fillRect(rect.x(), rect.bottom(), rect.width(), 1, self.line)
        opened = row.id == self.host.session.current
        if opened:
            font = QFont(option.font)
            font.setBold(True)
            painter.setFont(font)
        else:
            painter.setFont(option.font)
        if key == "picture":
            self._picture(painter, rect, row, opened)
        elif key == "label":
            self._label(painter, rect, row)
        elif key == "prediction":
            self._prediction(painter, rect, row)
        else:
            right = key in NUMBERS
            self._text(painter, rect.adjusted(_PAD, 0, -_PAD, 0), model.text_of(row, key), self.quiet, right)
        painter.restore()

    def _picture(self, painter: QPainter, rect: QRect, row: ClipRow, opened: bool) -> None:
        if opened:
            painter.fillRect(rect.x(), rect.y(), _BAR, rect.height() - 1, self.text)
        box = QRect(QPoint(rect.x() + _BAR + 3, rect.y() + 2), PICTURE)
        painter.fillRect(box, self.tile)
        image = self.thumbnails.get(row.id)
        if image is not None:
            size = image.size().scaled(PICTURE, Qt.AspectRatioMode.KeepAspectRatio)
            shown = QRect(QPoint(0, 0), size)
            shown.moveCenter(box.center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(shown, image)

    def _label(self, painter: QPainter, rect: QRect, row: ClipRow) -> None:
        left = rect.x() + _PAD
        for action in row.labels[:4]:
            left = _swatch(painter, left, rect, self.actions.get(action, self.grey))
        if not row.labels:
            left = _swatch(painter, left, rect, self.grey, hollow=True)
        text = cell_text(row, "label") or "unlabelled"
        where = QRect(left + 3, rect.y(), rect.right() - left - 3 - _PAD, rect.height())
        self._text(painter, where, text, self.text if row.labels else self.quiet)

    def _prediction(self, painter: QPainter, rect: QRect, row: ClipRow) -> None:
        if not row.prediction:
            return
        action = QColor(self.actions.get(row.prediction, self.grey))
        action.setAlpha(120)
        left = _swatch(painter, rect.x() + _PAD, rect, action)
        where = QRect(left + 3, rect.y(), rect.right() - left - 3 - _PAD, rect.height())
        self._text(painter, where, row.prediction, self.quiet)

    @staticmethod
    def _text(painter: QPainter, rect: QRect, text: str, of: QColor, right: bool = False) -> None:
        if not text or rect.width() <= 0:
            return
        painter.setPen(of)
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, rect.width())
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        painter.drawText(rect, side | Qt.AlignmentFlag.AlignVCenter, shown)
