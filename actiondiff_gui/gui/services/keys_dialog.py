"""Shortcuts dialog: lists all keyboard shortcuts, and changes them."""

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QGroupBox,
    QKeySequenceEdit,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.gui.session.commands import COMMANDS

if TYPE_CHECKING:
    from actiondiff_gui.gui.services.context import WindowContext


class KeysDialog(QDialog):
    """All commands by group, each with a field that changes its key."""

    def __init__(self, host: "WindowContext") -> None:
        super().__init__(host.window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.host = host
        self.setWindowTitle("Keys")
        self.resize(520, 620)
        self.fields: dict[str, QKeySequenceEdit] = {}
        groups: dict[str, QFormLayout] = {}
        inner = QWidget()
        column = QVBoxLayout(inner)
        for command in COMMANDS:
            if command.group not in groups:
                box = QGroupBox(command.group)
                groups[command.group] = QFormLayout(box)
                column.addWidget(box)
            title = command.title
            number = command.id.removeprefix("action_")
            if number.isdigit():
                index = int(number) - 1
                actions = host.session.actions
                title = actions[index].name if index < len(actions) else f"action {number} (none yet)"
            field = QKeySequenceEdit()
            field.setMaximumWidth(160)
            if hasattr(field, "setMaximumSequenceLength"):
                # From Qt 6.5: done at the first key, without waiting whether another follows.
                field.setMaximumSequenceLength(1)
            field.editingFinished.connect(lambda c=command.id: self._changed(c))
            self.fields[command.id] = field
            words = QLabel(title)
            words.setWordWrap(True)
            words.setFixedWidth(250)
            groups[command.group].addRow(words, field)
        scroll = QScrollArea()
        scroll.setWidget(inner)
        scroll.setWidgetResizable(True)
        self.said = QLabel(
            "A digit labels the clip that is looped; otherwise it starts and ends a bout. "
            "Click a key and press another one to change it."
        )
        self.said.setWordWrap(True)
        buttons = QDialogButtonBox()
        buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
        reset = buttons.addButton("Restore defaults", QDialogButtonBox.ButtonRole.ResetRole)
        reset.clicked.connect(self._reset)
        buttons.rejected.connect(self.close)
        whole = QVBoxLayout(self)
        whole.addWidget(self.said)
        whole.addWidget(scroll)
        whole.addWidget(buttons)
        self._show()

    def _show(self) -> None:
        for command, field in self.fields.items():
            field.setKeySequence(QKeySequence(self.host.keys.key(command)))

    def _changed(self, command: str) -> None:
        # Only the first of several keys pressed in a row counts.
        key = self.fields[command].keySequence().toString(QKeySequence.SequenceFormat.PortableText)
        try:
            self.host.keys.change(command, key.split(", ")[0] if key != "," else key)
            self.said.setText("Saved.")
        except ActionDiffError as error:
            self.said.setText(str(error))
        self._show()

    def _reset(self) -> None:
        self.host.keys.reset()
        self._show()
