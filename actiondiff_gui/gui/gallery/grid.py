"""Grid of a gallery: as many columns as fit, of which only the visible cells are decoded and painted."""

from typing import TYPE_CHECKING

from qtpy.QtCore import QAbstractTableModel, QEvent, QModelIndex, QPoint, Qt, QTimer, Signal
from qtpy.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence, QMouseEvent, QPaintEvent, QResizeEvent
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from actiondiff_gui.gui.common.listening import listen, when_destroyed
from actiondiff_gui.gui.gallery.cells import PAD, GalleryCells
from actiondiff_gui.gui.gallery.state.shown import ShownClips
from actiondiff_gui.gui.gallery.state.timing import RATE, SECONDS, is_middle

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

SIZES = ((68, 1), (92, 2), (150, 2))
"""Sizes of cells: their least width in pixels, and the lines of text below a picture."""
USUAL_SIZE, _SIZE = 1, "gallery_size"
_HERE = {Qt.Key.Key_Delete: "take_out"}
_MOVES = frozenset(
    getattr(Qt.Key, f"Key_{name}")
    for name in ("Up", "Down", "Left", "Right", "Home", "End", "PageUp", "PageDown")
)
_COMMANDS = ("confirm", "deny", "clear")


class CellsModel(QAbstractTableModel):
    """The shown clips, row by row."""

    def __init__(self, state: ShownClips, parent=None) -> None:
        super().__init__(parent)
        self.state, self.columns = state, 1

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Return the number of rows that the clips fill."""
        return 0 if parent is not None and parent.isValid() else -(-len(self.state.clip_ids) // self.columns)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else self.columns

    def clip(self, index: QModelIndex) -> str | None:
        """Return the clip in a cell; None in the empty cells of the last row."""
        place = index.row() * self.columns + index.column()
        ids = self.state.clip_ids
        return ids[place] if index.isValid() and 0 <= place < len(ids) else None

    def cell(self, place: int) -> QModelIndex:
        """Return the cell of the clip with this number."""
        return self.index(place // self.columns, place % self.columns) if place >= 0 else QModelIndex()

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole):
        """Return the text that a pointer or a screen reader gets."""
        row = self.state.session.table.get(self.clip(index))
        if row is None or role not in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        text = f"{row.label or 'unlabelled'}, {row.seconds:.1f} s of {row.video_name} from frame {row.start}"
        if row.prediction:
            sure = f" {row.confidence:.0%}" if row.confidence is not None else ""
            text += f", predicted {row.prediction}{sure}"
        if is_middle(row.start, row.end, row.fps):
            text += f". The middle {SECONDS:.0f} s are shown"
        return text


class GalleryGrid(QTableView):
    """Looping pictures of the shown clips.

    Signals: ``pressed_cell(clip)`` for a click, ``opened(clip)`` for a double-click, ``menu_asked(clip, place)`` for a
    right click, ``focused`` when the keyboard came or went, ``command(name)`` for a key: the name of a command, or
    "action:NAME".
    """

    pressed_cell = Signal(str)
    opened = Signal(str)
    command = Signal(str)
    menu_asked = Signal(str, QPoint)
    focused = Signal()

    def __init__(self, host: "Host", state: ShownClips, parent=None) -> None:
        super().__init__(parent)
        self.host, self.session, self.state = host, host.session, state
        self.loops = host.loops
        self.cells = CellsModel(state, self)
        self.setModel(self.cells)
        self.painter = GalleryCells(host, self, state)
        self.setItemDelegate(self.painter)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setFrameShape(QTableView.Shape.NoFrame)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.setVisible(False)
            header.setMinimumSectionSize(1)
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        kept = self.session.preferences.get(_SIZE)
        self._take_size(kept if isinstance(kept, int) else USUAL_SIZE)
        self._clock = QTimer(self)
        self._clock.setInterval(1000 // RATE)
        self._clock.timeout.connect(self._tick)
        self._sight = object()
        when_destroyed(self, self.loops.want_only, self._sight, ())
        listen(
            self,
            (state.changed, self._clips_replaced),
            (state.marked, self._repaint),
            (self.session.actions_changed, self._recolour),
            (self.session.clips_changed, self._repaint),
            (host.viewer.events.theme, self._recolour),
        )

    # What is shown

    @property
    def current_clip(self) -> str | None:
        """The clip of the current cell."""
        return self.cells.clip(self.currentIndex())

    def visible_clips(self) -> list[str]:
        """Return the clips whose cells are on screen, first to last."""
        height, columns = max(1, self.verticalHeader().defaultSectionSize()), self.cells.columns
        top = self.verticalScrollBar().value()
        first, last = top // height, (top + self.viewport().height() - 1) // height
        return list(self.state.clip_ids[first * columns : (last + 1) * columns])

    def make_current(self, place: int) -> None:
        """Move to the cell with this number, and scroll to it."""
        index = self.cells.cell(place)
        if index.isValid():
            self.setCurrentIndex(index)
            self.viewport().update()

    def _clips_replaced(self) -> None:
        kept = self.current_clip
        self.cells.beginResetModel()
        self.cells.endResetModel()
        self.make_current(max(0, self.state.place(kept)))

    def set_size(self, number: int) -> None:
        """Show larger or smaller pictures: one of :data:`SIZES`, kept for further galleries."""
        self._take_size(number)
        self.session.preferences.set(_SIZE, self.size_number)
        self._lay_out()
        self._repaint()

    def _take_size(self, number: int) -> None:
        self.size_number = max(0, min(number, len(SIZES) - 1))
        self.painter.lines = SIZES[self.size_number][1]

    def _lay_out(self) -> None:
        width = self.viewport().width()
        narrowest, lines = SIZES[self.size_number]
        columns = max(1, width // narrowest)
        cell = max(1, width // columns)
        height = (cell - 2 * PAD) * 3 // 4 + lines * self.fontMetrics().height() + 2 + 2 * PAD
        self.horizontalHeader().setDefaultSectionSize(cell)
        self.verticalHeader().setDefaultSectionSize(height)
        self.verticalScrollBar().setSingleStep(height // 2)
        if columns != self.cells.columns:
            place = self.state.place(self.current_clip)
            self.cells.beginResetModel()
            self.cells.columns = columns
            self.cells.endResetModel()
            self.make_current(place)

    def _recolour(self, *_: object) -> None:
        self.painter.take_colours()
        self._repaint()

    def _repaint(self, *_: object) -> None:
        self.viewport().update()

    def _tick(self) -> None:
        self.painter.tick += 1
        self.viewport().update()

    # What Qt says

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the columns to the width."""
        super().resizeEvent(event)
        self._lay_out()

    def showEvent(self, event: QEvent) -> None:
        """Let the pictures move."""
        super().showEvent(event)
        self._clock.start()

    def hideEvent(self, event: QEvent) -> None:
        """Stop, and decode nothing more."""
        super().hideEvent(event)
        self._clock.stop()
        self.loops.want_only(self._sight, ())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the visible cells; requests for others are withdrawn."""
        self.loops.want_only(self._sight, self.visible_clips())
        super().paintEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a cell."""
        clip = self.cells.clip(self.indexAt(event.pos()))
        super().mousePressEvent(event)
        if clip is not None and event.button() == Qt.MouseButton.LeftButton:
            self.pressed_cell.emit(clip)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open a clip in the player; the two clicks undo each other where a click takes out."""
        clip = self.cells.clip(self.indexAt(event.pos()))
        if clip is not None and event.button() == Qt.MouseButton.LeftButton:
            self.pressed_cell.emit(clip)
            self.opened.emit(clip)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of a cell."""
        clip = self.cells.clip(self.indexAt(event.pos()))
        if clip is not None:
            self.menu_asked.emit(clip, event.globalPos())

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers) -> QModelIndex:
        """Go on to the next row at the end of one."""
        moves = {
            QAbstractItemView.CursorAction.MoveLeft: -1,
            QAbstractItemView.CursorAction.MoveRight: 1,
        }
        if action in moves:
            place = self.state.place(self.current_clip) + moves[action]
            return self.cells.cell(max(0, min(place, len(self.state.clip_ids) - 1)))
        return super().moveCursor(action, modifiers)

    def _command(self, event: QKeyEvent) -> str:
        """Return what a key stands for in a gallery; "" where it is not the gallery's."""
        if event.key() in _HERE:
            return _HERE[event.key()]
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        pressed = QKeySequence(int(event.key()) | int(getattr(modifiers, "value", modifiers)))
        text = pressed.toString(QKeySequence.SequenceFormat.PortableText).replace("Enter", "Return")
        for action, key in self.host.keyboard.action_keys.items():
            if key == text:
                return f"action:{action}"
        return next((name for name in _COMMANDS if self.host.keys.key(name) == text), "")

    def event(self, event: QEvent) -> bool:
        """Take the keys that label before the window does: here they are for what the gallery shows."""
        if event.type() == QEvent.Type.ShortcutOverride and (
            self._command(event)
            or (event.key() in _MOVES and event.modifiers() == Qt.KeyboardModifier.NoModifier)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Run the command of a key."""
        name = self._command(event)
        if not name:
            super().keyPressEvent(event)
        elif not event.isAutoRepeat():
            self.command.emit(name)

    def focusInEvent(self, event: QEvent) -> None:
        """Tell that keys are the gallery's now."""
        super().focusInEvent(event)
        self.focused.emit()

    def focusOutEvent(self, event: QEvent) -> None:
        """Tell that they are not any more."""
        super().focusOutEvent(event)
        self.focused.emit()
