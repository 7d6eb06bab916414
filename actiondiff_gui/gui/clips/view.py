"""Table view of the clips: selection by mouse and keyboard, kept in step with the session.

The selection is the session's; this view only holds which lines it covers, as an array. Qt's own selection
is a list of stretches that are compared each with each, which takes minutes for many scattered clips.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QEvent, QItemSelectionModel, QModelIndex, QPoint, Qt, Signal
from qtpy.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView
from superqt.utils import signals_blocked

from actiondiff_gui.gui.clips.cells import LINE_HEIGHT, PICTURE, SWATCH, ClipCells
from actiondiff_gui.gui.clips.model import ClipsModel
from actiondiff_gui.gui.clips.state.columns import KeptColumns
from actiondiff_gui.gui.clips.state.filtering import label_text
from actiondiff_gui.gui.common.listening import debounced, listen
from actiondiff_gui.gui.session.clip_list import Clips

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

_CTRL, _SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
_KEYS = {
    Qt.Key.Key_Up: lambda line, page, count: line - 1,
    Qt.Key.Key_Down: lambda line, page, count: line + 1,
    Qt.Key.Key_PageUp: lambda line, page, count: line - page,
    Qt.Key.Key_PageDown: lambda line, page, count: line + page,
    Qt.Key.Key_Home: lambda line, page, count: 0,
    Qt.Key.Key_End: lambda line, page, count: count - 1,
}
_MEASURED_LINES = 200
_WIDEST = {"video": 260}
_HELD_MS = 150


class ClipsView(QTableView):
    """Table view of clips. A click or an arrow key opens a clip; with Ctrl or Shift it only selects.

    Signals: ``menu_asked(QPoint)`` with the place on the screen; ``export_asked`` for a table of what is shown.
    """

    menu_asked = Signal(QPoint)
    export_asked = Signal()

    def __init__(self, host: "Host", parent=None) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self.clips = ClipsModel(self)
        self._chosen = np.zeros(0, bool)
        self._anchor: str | None = None
        self._before_drag: Clips | None = None
        self._leading = False
        self._widths: dict[str, int] = {}
        self._open_soon = debounced(self, host.guarded(self._open_current), _HELD_MS)
        self.setModel(self.clips)
        self.thumbnails = host.thumbnails
        self.cells = ClipCells(host, self, self.thumbnails)
        self.setItemDelegate(self.cells)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        self.setFrameShape(QTableView.Shape.NoFrame)
        lines = self.verticalHeader()
        lines.setVisible(False)
        lines.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        lines.setMinimumSectionSize(LINE_HEIGHT)
        lines.setDefaultSectionSize(LINE_HEIGHT)
        self._set_up_header()
        self.clips.modelReset.connect(self._lines_replaced)
        self.clips.dataChanged.connect(self._widen)
        self.thumbnails.ready.connect(self._picture_came)
        listen(
            self,
            (self.session.selection_changed, self._show_selection),
            (self.session.current_changed, self._show_current),
            (self.session.actions_changed, self._take_colours),
            (host.viewer.events.theme, self._take_colours),
        )

    def _set_up_header(self) -> None:
        # Held here, or Python could not see that its connections lead back to this view.
        header = self.header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        header.setMinimumSectionSize(44)
        header.setStyleSheet("QHeaderView::section { padding-left: 6px; padding-right: 6px; }")
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.sortIndicatorChanged.connect(self.host.guarded(self._sort_chosen))
        header.sectionResized.connect(self._column_resized)
        header.setSectionsMovable(True)
        header.sectionMoved.connect(self._column_moved)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._ask_columns)
        self._kept = KeptColumns(self.session.preferences)

    def is_chosen(self, line: int) -> bool:
        """Return whether the clip in a line is selected."""
        return line < len(self._chosen) and bool(self._chosen[line])

    def chosen_lines(self) -> np.ndarray:
        """Return the lines ``[n]`` of the selected clips that are listed, ascending."""
        return np.flatnonzero(self._chosen)

    # Choosing

    def choose(self, line: int, modifiers=Qt.KeyboardModifier.NoModifier, held: bool = False) -> None:
        """Select or open the clip in a line, after a click or a key.

        Parameters
        ----------
        line : int
        modifiers : Qt.KeyboardModifier
            Ctrl adds the clip or takes it away, Shift chooses all up to it; alone it is chosen and opened.
        held : bool
            The key is held down: open the clip only when it rests.
        """
        clip_id = self.clips.id_at(line)
        if modifiers & _SHIFT and self.clips.line(self._anchor) >= 0:
            first, last = sorted((self.clips.line(self._anchor), line))
            among = self.clips.listed[first : last + 1]
            self._select(self.session.selection.joined(among) if modifiers & _CTRL else among)
        elif modifiers & _CTRL:
            self._select(self.session.selection.toggled(clip_id))
            self._anchor = clip_id
        else:
            self._anchor = clip_id
            self._select([clip_id])
            if held:
                self._open_soon.throttle()
            else:
                self._open(clip_id)
        self._move_to(line)

    def choose_all(self) -> None:
        """Select all clips that are shown."""
        self._select(self.clips.listed)

    def _select(self, clip_ids: Iterable[str]) -> None:
        self._leading = True
        try:
            self.session.select(clip_ids)
        finally:
            self._leading = False

    def _open(self, clip_id: str) -> None:
        self._open_soon.cancel()
        self._leading = True
        try:
            self.session.open_clip(clip_id)
        finally:
            self._leading = False
        self.host.player.play()

    def _open_current(self) -> None:
        line = self.currentIndex().row()
        if 0 <= line < self.clips.rowCount():
            self._anchor = self.clips.id_at(line)
            self._select([self._anchor])
            self._open(self._anchor)

    def _move_to(self, line: int) -> None:
        index = self.clips.index(line, max(0, self.currentIndex().column()))
        self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
        self.scrollTo(self.clips.index(line, 0), QAbstractItemView.ScrollHint.EnsureVisible)

    # Mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select the clip under the mouse."""
        line = self.rowAt(event.position().toPoint().y())
        if event.button() == Qt.MouseButton.LeftButton and line >= 0:
            self.host.guarded(self.choose)(line, event.modifiers())
            chosen = self.session.selection
            self._before_drag = chosen if event.modifiers() & _CTRL else chosen[:0]
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Play the clip from its start."""
        line = self.rowAt(event.position().toPoint().y())
        if event.button() == Qt.MouseButton.LeftButton and line >= 0 and not event.modifiers():
            self.host.guarded(self._open)(self.clips.id_at(line))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Select all clips from where the mouse was pressed to where it is."""
        anchor = self.clips.line(self._anchor)
        if not event.buttons() & Qt.MouseButton.LeftButton or self._before_drag is None or anchor < 0:
            return
        y = event.position().toPoint().y()
        line = self.rowAt(max(0, min(y, self.viewport().height() - 1)))
        line = self.clips.rowCount() - 1 if line < 0 else line
        line += -1 if y < 0 else 1 if y >= self.viewport().height() else 0
        line = max(0, min(line, self.clips.rowCount() - 1))
        if line != self.currentIndex().row():
            first, last = sorted((anchor, line))
            self._select(self._before_drag.joined(self.clips.listed[first : last + 1]))
            self._move_to(line)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a drag."""
        self._before_drag = None

    def event(self, event: QEvent) -> bool:
        """Keep the keys that move in the table from the window's shortcuts."""
        if event.type() == QEvent.Type.ShortcutOverride and self._is_ours(event):
            event.accept()
            return True
        return super().event(event)

    def _is_ours(self, event: QKeyEvent) -> bool:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            # On the open clip the key confirms its prediction.
            line = self.currentIndex().row()
            return 0 <= line < self.clips.rowCount() and self.clips.id_at(line) != self.session.current
        if event.key() == Qt.Key.Key_A:
            return event.modifiers() == _CTRL
        return event.key() in _KEYS and event.modifiers() in (Qt.KeyboardModifier.NoModifier, _SHIFT)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move by a line or a page, select all, or open the clip in the current line."""
        count = self.clips.rowCount()
        if not self._is_ours(event) or not count:
            event.ignore()
            return
        if event.key() == Qt.Key.Key_A:
            self.host.guarded(self.choose_all)()
        elif event.key() in _KEYS:
            page = max(1, self.viewport().height() // LINE_HEIGHT - 1)
            line = _KEYS[event.key()](self.currentIndex().row(), page, count)
            self.host.guarded(self.choose)(
                max(0, min(line, count - 1)), event.modifiers(), event.isAutoRepeat()
            )
        else:
            self.host.guarded(self._open_current)()

    def keyboardSearch(self, search: str) -> None:
        """Do not search by typed letters: they are shortcuts of the window."""

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Select the clip under the mouse unless it is selected already, and request the context menu."""
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        line = self.rowAt(event.pos().y()) if by_mouse else self.currentIndex().row()
        if line < 0:
            return
        if not self.is_chosen(line):
            self._anchor = self.clips.id_at(line)
            self._select([self._anchor])
            self._move_to(line)
        self.menu_asked.emit(event.globalPos())

    # What the session says

    def _show_selection(self, clips: Clips) -> None:
        self._chosen = np.zeros(self.clips.rowCount(), bool)
        lines = self.clips.lines(clips)
        self._chosen[lines] = True
        self.viewport().update()
        if not self._leading and len(lines):
            first = self.rowAt(0)
            last = self.rowAt(self.viewport().height() - 1)
            last = self.clips.rowCount() if last < 0 else last
            if not ((lines >= first) & (lines <= last)).any():
                place = self.clips.index(int(lines[0]), 0)
                self.scrollTo(place, QAbstractItemView.ScrollHint.PositionAtCenter)

    def _show_current(self, clip_id: str | None) -> None:
        line = self.clips.line(clip_id)
        if line >= 0 and not self._leading:
            self._anchor = clip_id
            self._move_to(line)
        self.viewport().update()

    def _lines_replaced(self) -> None:
        self._apply_columns()
        self._show_selection(self.session.selection)
        line = self.clips.line(self.session.current)
        if line >= 0:
            self._move_to(line)

    def _picture_came(self, clip_id: str) -> None:
        line = self.clips.line(clip_id)
        if line >= 0:
            self.update(self.clips.index(line, 0))

    def _take_colours(self, *_: object) -> None:
        self.cells.take_colours()
        self.viewport().update()

    # Columns

    def _sort_chosen(self, section: int, order: Qt.SortOrder) -> None:
        key = self.clips.columns[section].key if section >= 0 else ""
        self.clips.set_sort("" if key == "picture" else key, order == Qt.SortOrder.DescendingOrder)

    def _column_resized(self, section: int, _: int, width: int) -> None:
        header = self.header
        if header.isVisible() and width and section < len(self.clips.columns) - 1:
            self._widths[self.clips.columns[section].key] = width

    def _column_moved(self, *_: int) -> None:
        keys = [column.key for column in self.clips.columns]
        self._kept.keep_order([keys[self.header.logicalIndex(place)] for place in range(len(keys))])

    def shown_columns(self) -> list[str]:
        """Return the keys of the columns that are shown, left to right."""
        header, columns = self.header, self.clips.columns
        places = (header.logicalIndex(place) for place in range(len(columns)))
        return [columns[section].key for section in places if not header.isSectionHidden(section)]

    def show_column(self, key: str, shown: bool) -> None:
        """Show or hide a column; remembered on this computer."""
        self._kept.show(key, shown)
        self._apply_columns()

    def _ask_columns(self, place: QPoint) -> None:
        menu = QMenu(self)
        for column in self.clips.columns:
            if column.key in ("picture", "label"):
                continue
            entry = menu.addAction(column.title)
            entry.setCheckable(True)
            entry.setChecked(self._kept.is_shown(column.key))
            entry.toggled.connect(lambda on, key=column.key: self.show_column(key, on))
        menu.addSeparator()
        menu.addAction("Export the listed clips...").triggered.connect(
            lambda _=False: self.export_asked.emit()
        )
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.header.mapToGlobal(place))

    def _apply_columns(self) -> None:
        header = self.header
        with signals_blocked(header):
            keys = [column.key for column in self.clips.columns]
            for place, key in enumerate(self._kept.ordered(keys)):
                header.moveSection(header.visualIndex(keys.index(key)), place)
            for section, key in enumerate(keys):
                header.setSectionHidden(section, not self._kept.is_shown(key))
            for section, key in enumerate(keys):
                header.resizeSection(section, self._widths.get(key) or self._fitting(section))
            sorted_by = keys.index(self.clips.sort_key) if self.clips.sort_key in keys else -1
            way = Qt.SortOrder.DescendingOrder if self.clips.descending else Qt.SortOrder.AscendingOrder
            header.setSortIndicator(sorted_by, way)

    def _widen(self, first: QModelIndex, last: QModelIndex) -> None:
        """Widen a column for a longer label, unless the user chose its width."""
        section = next(i for i, column in enumerate(self.clips.columns) if column.key == "label")
        if "label" in self._widths or last.row() - first.row() > _MEASURED_LINES:
            return
        needed = self._room("label", {label_text(self.clips.listed.row(first.row()))})
        if needed > self.columnWidth(section):
            with signals_blocked(self.header):
                self.setColumnWidth(section, needed)
            self.updateGeometries()
            self.viewport().update()

    def _fitting(self, section: int) -> int:
        column = self.clips.columns[section]
        if column.key == "picture":
            return PICTURE.width() + 14
        rows = self.clips.table.rows[:: max(1, len(self.clips.table) // _MEASURED_LINES)]
        title = self.fontMetrics().horizontalAdvance(column.title) + 24
        return max(title, self._room(column.key, {self.clips.text_of(row, column.key) for row in rows}))

    def _room(self, key: str, texts: set[str]) -> int:
        width = self.fontMetrics().horizontalAdvance
        swatches = 0
        if key in ("label", "prediction"):
            texts.add("unlabelled")
            swatches = (SWATCH + 3) * max(1 + text.count(" + ") for text in texts) + 6
        return min(max(map(width, texts), default=0) + 14 + swatches, _WIDEST.get(key, 200))
