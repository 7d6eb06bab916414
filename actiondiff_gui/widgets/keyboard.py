"""Which key does what in the window? Binds the keys of :mod:`actiondiff_gui.session.commands`."""

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Qt, Signal
from qtpy.QtGui import QKeySequence, QShortcut
from qtpy.QtWidgets import QApplication, QComboBox, QLineEdit, QPlainTextEdit, QTextEdit, QWidget

from actiondiff_gui.session import editing
from actiondiff_gui.session.commands import ACTION_KEYS, COMMANDS

if TYPE_CHECKING:
    from actiondiff_gui.widgets.host import Host


class Keyboard(QObject):
    """The keys of one window. While somebody types in a text field they are the field's.

    Signals: ``changed`` when keys were bound anew.
    """

    changed = Signal()

    def __init__(self, host: "Host") -> None:
        super().__init__(host)
        self.host, self.session = host, host.session
        self._shortcuts: dict[str, QShortcut] = {}
        self._does = self._table()
        for command in COMMANDS:
            shortcut = QShortcut(host.window)
            shortcut.setContext(Qt.ShortcutContext.WindowShortcut)
            run = host.guarded(self._does[command.id])
            shortcut.activated.connect(run)
            # napari may have the key too; in this window it is ours.
            shortcut.activatedAmbiguously.connect(run)
            self._shortcuts[command.id] = shortcut
        self.bind()
        QApplication.instance().focusChanged.connect(self._focus_changed)

    def run(self, command: str) -> None:
        """Do what the key of ``command`` does."""
        self.host.guarded(self._does[command])()

    def bind(self) -> None:
        """Take over the keys in force."""
        for command, key in self.host.keys.all().items():
            self._shortcuts[command].setKey(QKeySequence(key))
        self.changed.emit()

    def close(self) -> None:
        """Let go of the application."""
        for shortcut in self._shortcuts.values():
            shortcut.setEnabled(False)
        QApplication.instance().focusChanged.disconnect(self._focus_changed)

    def _focus_changed(self, _: QWidget | None, now: QWidget | None) -> None:
        typing = isinstance(now, QLineEdit | QTextEdit | QPlainTextEdit) or (
            isinstance(now, QComboBox) and now.isEditable()
        )
        for shortcut in self._shortcuts.values():
            shortcut.setEnabled(not typing)

    def _table(self) -> dict:
        session, player = self.session, self.host.player
        does = {
            "play": player.toggle,
            "frame_back": lambda: player.step(-1),
            "frame_on": lambda: player.step(1),
            "second_back": lambda: player.step_seconds(-1),
            "second_on": lambda: player.step_seconds(1),
            "slower": lambda: player.change_speed(-1),
            "faster": lambda: player.change_speed(1),
            "loop": lambda: session.set_looping(not session.looping),
            "confirm": self._confirm,
            "deny": lambda: editing.deny(session, self._chosen()),
            "clear": lambda: editing.clear(session, self._chosen()),
            "delete": lambda: editing.delete(session, self._chosen()),
            "undo": lambda: self._take_back(redo=False),
            "redo": lambda: self._take_back(redo=True),
            "set_start": lambda: editing.edge_here(session, "start"),
            "set_end": lambda: editing.edge_here(session, "end"),
            "next": lambda: self._go(1),
            "previous": lambda: self._go(-1),
            "next_unlabelled": lambda: self._go(1, unlabelled=True),
            "box": self._box,
            "help": self._help,
        }
        for edge in ("start", "end"):
            for way, sign in (("back", -1), ("on", 1)):
                for suffix, frames in (("", 1), ("_10", 10)):
                    does[f"{edge}_{way}{suffix}"] = lambda e=edge, n=sign * frames: editing.nudge(
                        session, e, n
                    )
        for number in range(1, ACTION_KEYS + 1):
            does[f"action_{number}"] = lambda n=number: self._action(n)
        return does

    def _chosen(self) -> tuple[str, ...]:
        if self.session.selection:
            return self.session.selection
        return (self.session.current,) if self.session.current else ()

    def _action(self, number: int) -> None:
        actions = self.session.actions
        if number > len(actions):
            self.host.tell(f"There is no action {number} yet. Add one in the Clips tab.")
            return
        editing.press_action(self.session, actions[number - 1].name)

    def _confirm(self) -> None:
        if not editing.confirm(self.session, self._chosen()):
            self.host.tell("There is no prediction to confirm.")

    def _go(self, by: int, unlabelled: bool = False) -> None:
        if self.session.step_clip(by, unlabelled):
            self.host.player.play()
        else:
            self.host.tell("Every clip is labelled." if unlabelled else "There is no further clip.")

    def _take_back(self, redo: bool) -> None:
        if not editing.take_back(self.session, redo):
            self.host.tell(f"There is nothing to {'redo' if redo else 'undo'} in this video.")

    def _box(self) -> None:
        self.host.region.draw()

    def _help(self) -> None:
        from actiondiff_gui.widgets.keys_dialog import KeysDialog

        KeysDialog(self.host).open()
