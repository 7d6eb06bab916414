"""Question card of a review: the prediction, why it is asked, all probabilities, and the answers."""

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QGridLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from actiondiff_gui.gui.clips.state.filtering import answer_text
from actiondiff_gui.gui.common.theme import hint
from actiondiff_gui.gui.review.parts import Badges, Chance, Chances, Neighbours

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host
    from actiondiff_gui.gui.review.maker import ReviewMaker

_NAMES = {"Return": "Enter", "Shift+Tab": "Shift Tab"}


class ReviewCard(QWidget):
    """The question of a review, and a button for each answer."""

    def __init__(self, host: "Host", maker: "ReviewMaker", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.session, self.maker = host, host.session, maker
        self.badges = Badges(host)
        self.reason = QLabel()
        self.reason.setWordWrap(True)
        self.chances = Chances(host)
        self.chances.picked.connect(host.guarded(self._choose))
        self.near_title = hint("Nearest labelled clips")
        self.near = Neighbours(host)
        self.buttons: dict[str, QPushButton] = {}
        grid = QGridLayout()
        grid.setSpacing(4)
        for number, command in enumerate(_ANSWERS):
            button = QPushButton()
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.clicked.connect(lambda _=False, c=command: self._press(c))
            self.buttons[command] = button
            grid.addWidget(button, number // 4, number % 4)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 4, 8, 2)
        column.setSpacing(4)
        column.addWidget(self.badges)
        column.addWidget(self.reason)
        column.addLayout(grid)
        column.addWidget(self.chances)
        column.addWidget(self.near_title)
        column.addWidget(self.near)
        column.addStretch(1)

    def show_question(self) -> None:
        """Show the present question."""
        review = self.maker.review
        question = review.asked
        if question is None:
            return
        model, _ = review.asked_by
        row = self.session.table.get(question.clip_id)
        shown = review.chosen if review.several else question.predicted
        sure = f"{question.confidence:.0%}" if shown == question.predicted else "as you chose"
        self.badges.show_names(shown, f"{sure}, {model}")
        self.reason.setText(f"{question.reason[:1].upper()}{question.reason[1:]}.")
        if not review.listening:
            self.reason.setText(
                f"Another clip is open. {self._key('review_next')} goes back to the question."
            )
        elif row is not None and row.answer is not None and question.clip_id in review.done:
            self.reason.setText(f"Already {answer_text(row)} A new answer replaces it.")
        self._show_chances(question, set(shown))
        self.near.show_clips(question.neighbours)
        for widget in (self.near, self.near_title):
            widget.setVisible(bool(question.neighbours))
        self._show_buttons()

    def _show_chances(self, question, chosen: set[str]) -> None:
        queue = self.maker.review.queue
        known = dict(zip(queue.classes, question.probabilities, strict=False)) if queue else {}
        names = [action.name for action in self.session.actions]
        names += [name for name in known if name not in names]
        rows = [
            Chance(
                name,
                self.host.keyboard.action_keys.get(name, ""),
                known.get(name),
                name in chosen,
            )
            for name in names
        ]
        self.chances.show_rows(rows)

    def _show_buttons(self) -> None:
        review = self.maker.review
        predicted = review.asked.predicted
        one = predicted[0] if len(predicted) == 1 else "this"
        if review.several:
            one = "this"
        listening = review.listening
        for command, button in self.buttons.items():
            text, tip = _ANSWERS[command]
            name = f"Not {one}" if command == "deny" else text
            button.setText(
                f"{button.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, 80)}  {self._key(command)}"
            )
            button.setToolTip(tip)
            button.setEnabled(listening or command in ("review_next", "undo", "pause"))
        if not review.several:
            for command in ("confirm", "deny"):
                self.buttons[command].setEnabled(listening and bool(predicted))

    def _key(self, command: str) -> str:
        key = self.host.keys.key(command) if command != "pause" else ""
        return _NAMES.get(key, key)

    def _press(self, command: str) -> None:
        if command == "pause":
            self.maker.review.pause()
        else:
            self.host.keyboard.run(command)

    def _choose(self, name: str) -> None:
        if self.maker.review.listening:
            self.host.keyboard.asked().choose(name)


_ANSWERS = {
    "confirm": ("Right", "Accept the prediction as the label"),
    "deny": ("Not this", "Deny the prediction without another label"),
    "review_skip": ("Skip", "Leave the clip for later"),
    "review_exclude": ("Exclude", "Exclude unusable clip from training, predictions and scores"),
    "review_previous": ("Back", "Go to the previous question"),
    "review_next": ("Next", "Go to the next unanswered question"),
    "undo": ("Undo", "Undo the last answer and return to its clip"),
    "pause": ("Pause", "Pause the review; keys work as usual again"),
}
"""Commands that have a button, with its text and what it does."""
