"""Keyboard shortcuts of a window: binds the keys of :mod:`actiondiff_gui.gui.session.commands`."""

from collections.abc import Sequence
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
from actiondiff_gui.gui.session import coding, editing, undoing
from actiondiff_gui.gui.session.action_keys import keys_of_actions, shadowed
from actiondiff_gui.gui.session.commands import ACTION_KEYS, COMMANDS, MODIFIER_KEYS
from actiondiff_gui.gui.session.subjects import keyed_subjects

if TYPE_CHECKING:
    from actiondiff_gui.gui.player.player import Player
    from actiondiff_gui.gui.player.region import Region
    from actiondiff_gui.gui.review.maker import ReviewMaker
    from actiondiff_gui.gui.services.context import WindowContext


class Keyboard(QObject):
    """Shortcuts of one window. While a text field has the focus, keys go to the field.

    Signals: ``changed`` when keys were bound anew; ``modifier_pressed(n)`` for the n-th modifier of a bout.
    """

    changed = Signal()
    modifier_pressed = Signal(int)

    def __init__(self, host: "WindowContext", player: "Player", region: "Region") -> None:
        super().__init__(host)
        self.host, self.session = host, host.session
        self.player, self.region = player, region
        self._cancellable = False
        region.cancellable.connect(self.set_cancellable)
        self._maker: ReviewMaker | None = None
        self._shortcuts: dict[str, QShortcut] = {}
        self._own: list[QShortcut] = []
        self._own_keys: dict[str, tuple[str, str]] = {}
        self._bound: object = None
        self.action_keys: dict[str, str] = {}
        """The key of each action that has one."""
        self._typing = self._reviewing = False
        self._does = self._table()
        for command in COMMANDS:
            # A key that is held down gives one answer, not one to every clip that follows.
            held = command.group not in ("Label", "Review", "Bouts") or command.id.startswith("edge")
            self._shortcuts[command.id] = self._shortcut(self._does[command.id], held)
        host.keys.changed.connect(self.bind)
        self.bind()
        self.session.actions_changed.connect(self.bind)
        self.session.subject_changed.connect(self.bind)
        self.session.project_changed.connect(self.bind)
        self.review_changed()
        QApplication.instance().focusChanged.connect(self._focus_changed)

    def _shortcut(self, does, held: bool = False) -> QShortcut:
        shortcut = QShortcut(self.host.window)
        shortcut.setContext(Qt.ShortcutContext.WindowShortcut)
        run = self.host.guarded(does)
        shortcut.activated.connect(run)
        # napari may have the key too; in this window it is ours.
        shortcut.activatedAmbiguously.connect(run)
        shortcut.setAutoRepeat(held)
        return shortcut

    def run(self, command: str) -> None:
        """Run ``command`` as its key does."""
        self.host.guarded(self._does[command])()

    def bind(self) -> None:
        """Bind the present shortcuts."""
        actions, known = self.session.actions, keyed_subjects(self.session)
        made_of = (tuple(actions), tuple(known), tuple(self.host.keys.all().items()))
        if made_of == self._bound:  # told again after each bout
            return
        self._bound = made_of
        own = {action.key: ("action", action.name) for action in actions if action.key}
        own |= {subject.key: ("subject", subject.name) for subject in known}
        hidden = shadowed(own, self.host.keys)
        for command, key in self.host.keys.all().items():
            self._shortcuts[command].setKey(QKeySequence("" if command in hidden else key))
        if own != self._own_keys:
            self._own_keys = own
            for shortcut in self._own:
                shortcut.setEnabled(False)
                shortcut.deleteLater()
            self._own = [self._own_shortcut(key, *what) for key, what in own.items()]
        self.action_keys = keys_of_actions(actions, self.host.keys, [subject.key for subject in known])
        self.changed.emit()

    def _own_shortcut(self, key: str, kind: str, name: str) -> QShortcut:
        does = self.press_action if kind == "action" else self.choose_subject
        shortcut = self._shortcut(lambda: does(name))
        shortcut.setKey(QKeySequence(key))
        shortcut.setEnabled(not self._typing)
        return shortcut

    def choose_subject(self, name: str) -> None:
        """Set the subject of new bouts; no subject where it was chosen already."""
        self.session.set_subject("" if name == self.session.subject else name)

    def close(self) -> None:
        """Remove the event filter from the application."""
        for shortcut in (*self._shortcuts.values(), *self._own):
            shortcut.setEnabled(False)
        for signal in (
            self.session.actions_changed,
            self.session.subject_changed,
            self.session.project_changed,
        ):
            signal.disconnect(self.bind)
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
        """The running review, if there is one."""
        maker = self._maker
        return maker.review if maker is not None and maker.review.running else None

    def set_cancellable(self, cancellable: bool) -> None:
        """Leave Escape to a drag or a drawing that it cancels, for as long as there is one."""
        self._cancellable = cancellable
        self.review_changed()

    def review_changed(self) -> None:
        """Bind the keys of reviews, Tab among them, only while there is a review."""
        reviewing = self.review is not None
        told, self._reviewing = self._reviewing, reviewing
        for command in COMMANDS:
            self._shortcuts[command.id].setEnabled(
                not self._typing
                and (reviewing or command.group != "Review")
                and not (self._cancellable and command.id == "let_go")
            )
        for shortcut in self._own:
            shortcut.setEnabled(not self._typing)
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
            "loop_from": lambda: self._loop(start=True),
            "loop_to": lambda: self._loop(start=False),
            "bookmark": self._bookmark,
            "next_bookmark": lambda: self._to_bookmark(1),
            "previous_bookmark": lambda: self._to_bookmark(-1),
            "edge_before": lambda: self._edge(-1),
            "edge_after": lambda: self._edge(1),
            "go_to": self._go_to,
            "split": lambda: coding.split(session),
            "merge": lambda: coding.merge(session),
            "snap_start": lambda: coding.snap(session, "start"),
            "snap_end": lambda: coding.snap(session, "end"),
            "trim": lambda: coding.trim(session),
            "comment": self._comment,
            "unsure": self._unsure,
            "let_go": self._let_go,
            "next": lambda: self._go(1),
            "previous": lambda: self._go(-1),
            "next_unlabelled": lambda: self._go(1, unlabelled=True),
            "box": self._box,
            "subject_box": self.region.draw_of_subject,
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
        for number in range(1, MODIFIER_KEYS + 1):
            does[f"modifier_{number}"] = lambda n=number: self.modifier_pressed.emit(n)
        return does

    def _action(self, number: int) -> None:
        actions = self.session.actions
        if number > len(actions):
            self.host.tell(f"There is no action {number} yet. Add one in the Clips tab.")
            return
        self.press_action(actions[number - 1].name)

    def press_action(self, name: str) -> None:
        """Run the key of an action."""
        if self.listening:
            self.asked().choose(name)
        else:
            editing.press_action(self.session, name)

    def _edge(self, by: int) -> None:
        self.player.pause()
        if not coding.go_to_edge(self.session, by):
            self.host.tell(
                f"There is no further edge of a bout {'after' if by > 0 else 'before'} this frame."
            )

    def _loop(self, start: bool) -> None:
        session = self.session
        session.needed_video()
        first, last = session.loop_range or (None, None)
        if start:
            last = None if last is None or last < session.frame else last
            session.loop_between(session.frame, last)
        else:
            first = None if first is None or first > session.frame else first
            session.loop_between(first, session.frame)
        first, last = session.loop_range
        let_go = self.host.keys.key("let_go")
        self.host.tell(f"Frames {first} to {last} are played in a loop; {let_go} ends it.")

    def _bookmark(self) -> None:
        self.session.needed_video()
        there = self.session.toggle_bookmark()
        frame = self.session.frame
        self.host.tell(f"Frame {frame} is bookmarked." if there else f"Bookmark of frame {frame} removed.")

    def _to_bookmark(self, by: int) -> None:
        ahead = [f for f in self.session.bookmarks if (f - self.session.frame) * by > 0]
        if not ahead:
            self.host.tell(f"There is no bookmark {'after' if by > 0 else 'before'} this frame.")
            return
        self.player.pause()
        self.session.set_looping(False)
        self.session.seek(min(ahead) if by > 0 else max(ahead))

    def _go_to(self) -> None:
        from actiondiff_gui.gui.player.prompts import ask_where

        ask_where(self.host, self.player)

    def _comment(self) -> None:
        from actiondiff_gui.gui.player.prompts import ask_comment

        ask_comment(self.host, self._bouts())

    def _unsure(self) -> None:
        unsure = coding.toggle_unsure(self.session, self._bouts())
        self.host.tell("Marked as unsure." if unsure else "Marked as sure.")

    def _bouts(self) -> Sequence[str]:
        return self.session.selection or (coding.bout_here(self.session).id,)

    def _let_go(self) -> None:
        if self.session.loop_range is not None:
            self.session.loop_between(None, None)
        self.session.select(())

    @property
    def listening(self) -> bool:
        """Whether keys answer the question of a review."""
        maker = self._maker
        return maker is not None and maker.review.running and maker.review.listening

    def _going_on(self):
        if self.review is None:
            raise ProjectError("No review is running. Start one in the Review tab.")
        return self.review

    def _answer(self):
        self._going_on()
        if not self.listening:
            raise ProjectError(
                f"Another clip is open. {self.host.keys.key('review_next')} goes back to the question."
            )
        return self.asked()

    def asked(self):
        """Return the review whose question is answered.

        Raises
        ------
        ProjectError
            If no picture of the asked clip is on screen.
        """
        if why := self.session.why_no_picture():
            raise ProjectError(why)
        return self.review

    def _deny(self) -> None:
        if self.listening:
            self.asked().deny()
        else:
            editing.deny(self.session, editing.chosen(self.session))

    def _confirm(self) -> None:
        if self.listening:
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
        if review is not None and (self.listening or not redo) and (review.redo() if redo else review.undo()):
            return
        if not undoing.take_back(self.session, redo):
            self.host.tell(f"You have nothing to {'redo' if redo else 'undo'} in this project.")

    def _box(self) -> None:
        self.region.draw()

    def _help(self) -> None:
        from actiondiff_gui.gui.services.keys_dialog import KeysDialog

        KeysDialog(self.host).open()
