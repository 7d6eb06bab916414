"""Modifiers of the bout that was just marked or is chosen, asked in passing beside the player."""

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QScrollArea, QSizePolicy, QToolButton, QWidget

from actiondiff_gui.gui.session import coding
from actiondiff_gui.gui.session.clip_table import ClipRow
from actiondiff_gui.gui.session.commands import MODIFIER_KEYS

if TYPE_CHECKING:
    from actiondiff_gui.gui.services.context import WindowContext

WIDEST = 460
"""Pixels that the choices take from the buttons of the actions at most."""


class ModifierRow(QScrollArea):
    """A button with its key for each choice; it may be left unanswered.

    Signals: ``shown(bool)`` when there is something to ask, or nothing any more.
    """

    shown = Signal(bool)

    def __init__(self, host: "WindowContext", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self.buttons: list[QToolButton | QLineEdit] = []
        self._row: ClipRow | None = None
        self._choices: list[coding.Choice] = []
        self.setObjectName("strip")
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(24)
        self.hide()

    def show_selected(self) -> None:
        """Ask about the one selected bout, where its action has modifiers."""
        chosen = self.session.selection
        row = chosen.row(0) if len(chosen) == 1 else None
        found = coding.choices(self.session, row)
        same = row is not None and self._row is not None and row.id == self._row.id
        if found == self._choices and same:
            return
        self._row, self._choices = row, found
        self._fill()
        self.setVisible(bool(found))
        self.shown.emit(bool(found))

    def _fill(self) -> None:
        inner = QWidget()
        inner.setObjectName("strip")
        row = QHBoxLayout(inner)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3)
        self.buttons, number = [], 0
        for place, choice in enumerate(self._choices):
            if choice.number != number:
                number = choice.number
                row.addWidget(QLabel(f"{choice.modifier.name or 'modifier'}:"))
            key = self.host.keys.key(f"modifier_{place + 1}") if place < MODIFIER_KEYS else ""
            part: QToolButton | QLineEdit
            if choice.modifier.kind == "number":
                part = QLineEdit(choice.value)
                part.setFixedWidth(60)
                part.returnPressed.connect(
                    self.host.guarded(lambda c=choice, p=part: self._choose(c, p.text()))
                )
            else:
                part = QToolButton()
                part.setText(f"{key.replace('Ctrl+', '^')} {choice.value}".strip())
                part.setFocusPolicy(Qt.FocusPolicy.NoFocus)
                part.setCheckable(True)
                part.setChecked(choice.given)
                part.clicked.connect(self.host.guarded(lambda _=False, c=choice: self._choose(c)))
            part.setToolTip(f"{choice.modifier.name} ({key})".strip() if key else choice.modifier.name)
            self.buttons.append(part)
            row.addWidget(part)
        row.addStretch(1)
        # What was clicked may be among them, and is in the middle of telling so.
        old = self.takeWidget()
        if old is not None:
            old.hide()
            old.deleteLater()
        self.setWidget(inner)
        self.setMinimumWidth(min(inner.sizeHint().width() + 4, WIDEST))

    def choose(self, number: int) -> None:
        """Toggle the choice with a number from 1, as its key does."""
        if number > len(self._choices):
            self.host.tell(f"The selected bout has no modifier {number}. Add modifiers under Actions...")
            return
        choice, part = self._choices[number - 1], self.buttons[number - 1]
        if isinstance(part, QLineEdit):
            part.setFocus()
            part.selectAll()
        else:
            self.host.guarded(self._choose)(choice)

    def _choose(self, choice: coding.Choice, value: str | None = None) -> None:
        if self._row is not None:
            coding.choose_modifier(self.session, self._row, choice, value)
            if value is not None:
                self.host.viewer.window._qt_viewer.canvas.native.setFocus()
