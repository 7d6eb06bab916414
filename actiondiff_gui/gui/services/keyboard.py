"""Keyboard shortcuts of a window: binds the keys of :mod:`actiondiff_gui.gui.session.commands`."""

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Qt, Signal
from qtpy.QtGui import QKeySequence, QShortcut
from qtpy.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.gui.session import editing, undoing
from actiondiff_gui.gui.session.commands import ACTION_KEYS, COMMANDS

if TYPE_CHECKING:
    from actiondiff_gui.gui.player.player import Player
    from actiondiff_gui.gui.player.region import Region
    from actiondiff_gui.gui.review.maker import ReviewMaker
    from actiondiff_gui.gui.services.context import WindowContext


class Keyboard(QObject):
    """The keys of one window. While somebody types in a text field they are the field's.

    Signals: ``changed`` when keys were bound anew.
    """

    changed = Signal()

    def __init__(self, host: "WindowContext", player: "Player", region: "Region") -> None:
        super().__init__(host)
        self.host, self.session = host, host.session
        self.player, self.region = player, region
        self._maker: ReviewMaker | None = None
        self._shortcuts: dict[str, QShortcut] = {}
        self._does = self._table()
        self._typing = self._reviewing = False
        for command in COMMANDS:
            shortcut = QShortcut(host.window)
            shortcut.setContext(Qt.ShortcutContext.WindowShortcut)
            run = host.guarded(self._does[command.id])
            shortcut.activated.connect(run)
            # napari may have the key too; in this window it is ours.
            shortcut.activatedAmbiguously.connect(run)
            # A key that is held down gives one answer, not one to every clip that follows.
            shortcut.setAutoRepeat(command.group not in ("Label", "Review"))
            self._shortcuts[command.id] = shortcut
        host.keys.changed.connect(self.bind)
        self.bind()
        self.review_changed()
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
        typing = isinstance(now, QLineEdit | QTextEdit | QPlainTextEdit | QAbstractSpinBox) or (
            isinstance(now, QComboBox) and now.isEditable()
        )
        self._typing = typing
        self.review_changed()

    def follow(self, maker: "ReviewMaker") -> None:
        """Let keys answer the questions of a review."""
        self._maker = maker
        maker.review.changed.connect(self.review_changed)
        self.review_changed()

    @property
    def review(self):
        """The review, where one goes on."""
        maker = self._maker
        return maker.review if maker is not None and maker.review.running else None

    def review_changed(self) -> None:
        """Let the keys of reviews, Tab among them, be keys only while there is one."""
        reviewing = self.review is not None
        told, self._reviewing = self._reviewing, reviewing
        for command in COMMANDS:
            self._shortcuts[command.id].setEnabled(
                not self._typing and (reviewing or command.group != "Review")
            )
        if told != reviewing:
            self.changed.emit()

    def _table(self) -> dict:
        session, player = self.session, self.player
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
            "deny": self._deny,
            "clear": lambda: editing.clear(session, editing.chosen(session)),
            "delete": lambda: editing.delete(session, editing.chosen(session)),
            "undo": lambda: self._take_back(redo=False),
            "redo": lambda: self._take_back(redo=True),
            "set_start": lambda: editing.edge_here(session, "start"),
            "set_end": lambda: editing.edge_here(session, "end"),
            "next": lambda: self._go(1),
            "previous": lambda: self._go(-1),
            "next_unlabelled": lambda: self._go(1, unlabelled=True),
            "box": self._box,
            "help": self._help,
            "review_next": lambda: self._going_on().step(1),
            "review_previous": lambda: self._going_on().step(-1),
            "review_skip": lambda: self._answer().skip(),
            "review_exclude": lambda: self._answer().exclude(),
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

    def _action(self, number: int) -> None:
        actions = self.session.actions
        if number > len(actions):
            self.host.tell(f"There is no action {number} yet. Add one in the Clips tab.")
            return
        if self._listening:
            self.asked().choose(actions[number - 1].name)
        else:
            editing.press_action(self.session, actions[number - 1].name)

    @property
    def _listening(self) -> bool:
        """Whether keys answer the question of a review."""
        return self.review is not None and self.review.listening

    def _going_on(self):
        if self.review is None:
            raise ProjectError("No review goes on. Start one in the Review tab.")
        return self.review

    def _answer(self):
        self._going_on()
        if not self._listening:
            raise ProjectError(
                f"Another clip is open. {self.host.keys.key('review_next')} goes back to the question."
            )
        return self.asked()

    def asked(self):
        """The review whose question is answered.

        Raises
        ------
        ProjectError
            If no picture of the asked clip is on screen.
        """
        if why := self.session.why_no_picture():
            raise ProjectError(why)
        return self.review

    def _deny(self) -> None:
        if self._listening:
            self.asked().deny()
        else:
            editing.deny(self.session, editing.chosen(self.session))

    def _confirm(self) -> None:
        if self._listening:
            self.asked().confirm()
            return
        if not editing.confirm(self.session, editing.chosen(self.session)):
            self.host.tell("There is no prediction to confirm.")

    def _go(self, by: int, unlabelled: bool = False) -> None:
        if self.session.step_clip(by, unlabelled):
            self.player.play()
            return
        listed = len(self.session.listed) == len(self.session.table)
        where = "" if listed else " among those that the filters show"
        self.host.tell(
            f"Every clip{where} is labelled." if unlabelled else f"There is no further clip{where}."
        )

    def _take_back(self, redo: bool) -> None:
        review = self.review
        if (
            review is not None
            and (self._listening or not redo)
            and (review.redo() if redo else review.undo())
        ):
            return
        if not undoing.take_back(self.session, redo):
            self.host.tell(f"You have nothing to {'redo' if redo else 'undo'} in this project.")

    def _box(self) -> None:
        self.region.draw()

    def _help(self) -> None:
        from actiondiff_gui.gui.services.keys_dialog import KeysDialog

        KeysDialog(self.host).open()
