"""Page of a gallery: which clips, what keys label, the grid, and what keys do."""

from typing import TYPE_CHECKING

from qtpy.QtCore import QPoint, Qt, Signal
from qtpy.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from superqt.utils import signals_blocked

from actiondiff_gui.gui.common.empty import EmptyPage
from actiondiff_gui.gui.common.listening import listen
from actiondiff_gui.gui.common.one_line import OneLine
from actiondiff_gui.gui.common.theme import swatch
from actiondiff_gui.gui.gallery.grid import SIZES, GalleryGrid
from actiondiff_gui.gui.gallery.menu import add_similar
from actiondiff_gui.gui.gallery.state.sets import GallerySet
from actiondiff_gui.gui.gallery.state.shown import ShownClips

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

_FEW_KEYS = 6


class GalleryPage(QWidget):
    """A gallery with its head and foot.

    Attributes
    ----------
    state : ShownClips
    plain : bool
        Whether it stands beside something else, whose selection it leaves alone.

    Signals: ``left(tab)`` when the user goes back to where the gallery was opened.
    """

    left = Signal(str)

    def __init__(self, host: "Host", parent: QWidget | None = None, plain: bool = False) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self.state = ShownClips(host.session)
        self.plain = plain
        self._build(plain)
        guarded, state = host.guarded, self.state
        self.back.clicked.connect(guarded(lambda _=False: self.left.emit(state.shown.back)))
        for button in (
            self.before,
            self.after,
            self.put_back,
            self.hide_out,
            self.one,
            self.all,
            self.groups,
            self.smaller,
            self.larger,
        ):
            # A click leaves the keyboard to the grid.
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.groups.activated.connect(guarded(state.go_to))
        self.before.clicked.connect(guarded(lambda _=False: state.go_to(state.at - 1)))
        self.after.clicked.connect(guarded(lambda _=False: state.go_to(state.at + 1)))
        self.smaller.clicked.connect(guarded(lambda _=False: self._resize(-1)))
        self.larger.clicked.connect(guarded(lambda _=False: self._resize(1)))
        self.all.toggled.connect(guarded(state.set_label_all))
        self.put_back.clicked.connect(guarded(lambda _=False: state.put_back()))
        self.hide_out.toggled.connect(guarded(state.set_hide_out))
        self.grid.pressed_cell.connect(guarded(self._press))
        self.grid.opened.connect(guarded(self._open))
        self.grid.command.connect(guarded(self._command))
        self.grid.menu_asked.connect(guarded(self._show_menu))
        self.grid.focused.connect(self._show_keys)
        self._menu.aboutToShow.connect(guarded(self._fill_menu))
        listen(
            self,
            (state.changed, self._show),
            (state.marked, self._show),
            (host.keyboard.changed, self._show_keys),
            (self.session.actions_changed, self._show_keys),
            (self.session.clips_reread, self._clips_reread),
        )
        self._show()
        self._show_sizes()

    def _build(self, plain: bool) -> None:
        self.back = QToolButton()
        self.back.setAutoRaise(True)
        self.back.setVisible(not plain)
        self.title = OneLine(Qt.TextElideMode.ElideMiddle)
        self.groups = QComboBox()
        self.groups.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.groups.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.groups.setMinimumContentsLength(12)
        self.before, self.after = QToolButton(), QToolButton()
        for button, text, tip in ((self.before, "‹", "Previous group"), (self.after, "›", "Next group")):
            button.setText(text)
            button.setToolTip(tip)
        self.smaller, self.larger = QToolButton(), QToolButton()
        for button, text, tip in (
            (self.smaller, "−", "Smaller pictures"),
            (self.larger, "+", "Larger pictures"),
        ):
            button.setText(text)
            button.setToolTip(tip)
        head = QHBoxLayout()
        for widget, share in (
            (self.back, 0),
            (self.title, 1),
            (self.groups, 2),
            (self.before, 0),
            (self.after, 0),
            (self.smaller, 0),
            (self.larger, 0),
        ):
            head.addWidget(widget, share)
        self.count = QLabel()
        self.count.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.put_back = QPushButton("Put back")
        self.put_back.setToolTip("Put all clips back that were taken out of this group")
        self.hide_out = QPushButton("Hide")
        self.hide_out.setCheckable(True)
        self.hide_out.setToolTip("Hide the clips that were taken out; nothing is deleted")
        self.one, self.all = QPushButton(), QPushButton()
        self._scope = QButtonGroup(self)
        for button, text, tip in (
            (self.one, "Label one", "Keys label the current clip; a click makes a clip the current one"),
            (
                self.all,
                "Label all",
                "Keys label all clips of the gallery; a click takes a clip out, another puts it back",
            ),
        ):
            button.setText(text)
            button.setToolTip(tip)
            button.setCheckable(True)
            self._scope.addButton(button)
        self.all.setChecked(True)
        self.label = QPushButton("Label")
        self.label.setToolTip("Make this the only label")
        self._menu = QMenu(self.label)
        self.label.setMenu(self._menu)
        line = QHBoxLayout()
        line.addWidget(self.count, 1)
        for widget in (self.put_back, self.hide_out, self.one, self.all, self.label):
            line.addWidget(widget)
        self.grid = GalleryGrid(self.host, self.state)
        self.empty = EmptyPage()
        self.pages = QStackedWidget()
        self.pages.addWidget(self.grid)
        self.pages.addWidget(self.empty)
        self.keys = OneLine()
        column = QVBoxLayout(self)
        column.setContentsMargins(*((0, 4, 0, 0) if plain else (6, 4, 6, 4)))
        column.setSpacing(4)
        for part in (head, line):
            part.setSpacing(4)
            column.addLayout(part)
        column.addWidget(self.pages, 1)
        column.addWidget(self.keys)

    def _resize(self, by: int) -> None:
        self.grid.set_size(self.grid.size_number + by)
        self._show_sizes()

    def _show_sizes(self) -> None:
        self.smaller.setEnabled(self.grid.size_number > 0)
        self.larger.setEnabled(self.grid.size_number < len(SIZES) - 1)

    def show_set(self, shown: GallerySet) -> None:
        """Show a set of clips from its first group, ready for keys."""
        self.state.show(shown)
        self.grid.scrollToTop()
        self.grid.make_current(0)
        self.grid.setFocus()

    # What is shown

    def _clips_reread(self, clip_ids: object) -> None:
        if clip_ids is None:
            self.state.clips_went()

    def _show(self) -> None:
        state = self.state
        several = len(state.shown.groups) > 1
        self.back.setText(f"‹ {state.shown.back}")
        self.back.setToolTip(f"Back to {state.shown.back}")
        self.title.setText(state.shown.title)
        for widget in (self.groups, self.before, self.after):
            widget.setVisible(several)
        self.title.setVisible(not several and not self.plain)
        titles = [group.title for group in state.shown.groups]
        with signals_blocked(self.groups):
            if titles != [self.groups.itemText(i) for i in range(self.groups.count())]:
                self.groups.clear()
                self.groups.addItems(titles)
            self.groups.setCurrentIndex(state.at)
        self.groups.setToolTip(self.groups.currentText())
        self.before.setEnabled(state.at > 0)
        self.after.setEnabled(state.at < len(titles) - 1)
        (self.all if state.label_all else self.one).setChecked(True)
        self._show_count()
        self.empty.set("No clip is left here." if state.out else "There are no clips here.")
        self.pages.setCurrentWidget(self.grid if state.clip_ids else self.empty)
        self._show_keys()

    def _show_count(self) -> None:
        state = self.state
        rest, out = len(state.rest), len(state.out)
        self.count.setText(f"{rest:,} clip{'s' * (rest != 1)}" + (f", {out:,} taken out" if out else ""))
        for widget in (self.put_back, self.hide_out):
            widget.setVisible(bool(out))
        self.label.setEnabled(bool(state.clip_ids))

    def _show_keys(self, *_: object) -> None:
        keys = self.host.keyboard.action_keys
        said = "  ".join(f"{key} {name}" for name, key in list(keys.items())[:_FEW_KEYS])
        what = f"all {len(self.state.rest):,}" if self.state.label_all else "the framed clip"
        if not self.grid.hasFocus():
            self.keys.setText("Click the gallery to use the keys of the actions here.")
        elif not said:
            self.keys.setText("Add actions in the Clips tab to label clips by key.")
        else:
            self.keys.setText(f"Keys label {what}: {said}{' ...' if len(keys) > _FEW_KEYS else ''}")

    def shows(self, clip_id: str) -> bool:
        """Return whether a clip has a cell in a gallery on screen."""
        return self.isVisibleTo(self.window()) and self.state.place(clip_id) >= 0

    # What the user does

    def _press(self, clip: str) -> None:
        if self.state.label_all:
            self.state.toggle_out([clip])
        elif not self.plain:
            self.session.select([clip], seen=self.shows)

    def _open(self, clip: str) -> None:
        if not self.plain:
            self.session.select([clip], seen=self.shows)
        self.session.open_clip(clip)
        if clip in self.state.group.frames:
            self.session.seek(self.state.group.frames[clip])
        else:
            self.host.player.play()

    def _show_menu(self, clip: str, place: QPoint) -> None:
        menu = QMenu(self)
        out = clip in self.state.out
        entry = menu.addAction("Put back" if out else "Take out")
        entry.triggered.connect(self.host.guarded(lambda _=False: self.state.toggle_out([clip])))
        entry = menu.addAction("Open in the player")
        entry.triggered.connect(self.host.guarded(lambda _=False: self._open(clip)))
        menu.addSeparator()
        add_similar(menu, self.host, (clip,), self.state.shown.back)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def _command(self, name: str) -> None:
        state, current = self.state, self.grid.current_clip
        kind, _, action = name.partition(":")
        if kind == "take_out":
            if current is not None:
                state.toggle_out([current])
            return
        if kind == "action":
            state.press(action, current)
        elif kind == "clear":
            state.clear(current)
        elif kind == "confirm" and not state.confirm(current):
            self.host.tell("There is no prediction to confirm.")
        elif kind == "deny" and not state.deny(current):
            self.host.tell("There is no label or prediction to deny.")
        if not state.label_all:
            self.grid.make_current(min(state.place(current) + 1, len(state.clip_ids) - 1))

    def _fill_menu(self) -> None:
        menu, state = self._menu, self.state
        menu.clear()
        count = len(state.rest) if state.label_all else 1
        heading = menu.addAction(f"Label {count:,} clip{'s' * (count != 1)}")
        heading.setEnabled(False)
        for action in self.session.actions:
            entry = menu.addAction(swatch(action.colour), action.name)
            entry.triggered.connect(
                self.host.guarded(lambda _=False, n=action.name: state.relabel(n, self.grid.current_clip))
            )
        menu.addSeparator()
        entry = menu.addAction("Remove labels")
        entry.triggered.connect(self.host.guarded(lambda _=False: state.clear(self.grid.current_clip)))
