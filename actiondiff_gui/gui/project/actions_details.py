"""Key, group, category, kind and modifiers of the actions that are chosen in the list of actions."""

from collections.abc import Callable, Sequence

from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)
from superqt.utils import signals_blocked

from actiondiff_gui.gui.project.state import actions as editing_actions
from actiondiff_gui.gui.session.session import Session
from actiondiff_gui.project.modifiers import modifiers_of, text_of
from actiondiff_gui.project.records import Action

_MODIFIERS = "side: left, right; parts (several): head, tail; distance (number)"


class Details(QWidget):
    """Key, group, category, kind and modifiers of the selected actions."""

    def __init__(
        self, session: Session, do: Callable, set_key: Callable, set_details: Callable, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.session, self._do, self._set_key, self._set_details = session, do, set_key, set_details
        self._shown: list[Action] = []
        self.key = QKeySequenceEdit()
        self.key.setMaximumWidth(110)
        if hasattr(self.key, "setMaximumSequenceLength"):
            self.key.setMaximumSequenceLength(1)
        if hasattr(self.key, "setClearButtonEnabled"):
            self.key.setClearButtonEnabled(True)
        self.key.setToolTip("Click, then press the key")
        self.group, self.category = _choices("none: beside all others"), _choices("none")
        self.point = QCheckBox("Event without a duration")
        self.modifiers = QLineEdit()
        self.modifiers.setPlaceholderText(f"Modifiers, such as {_MODIFIERS}")
        first, second = QHBoxLayout(), QHBoxLayout()
        for words, field, share in (
            ("Key", self.key, 0),
            ("Group", self.group, 1),
            ("Category", self.category, 1),
        ):
            first.addWidget(QLabel(words))
            first.addWidget(field, share)
        second.addWidget(self.point)
        second.addWidget(self.modifiers, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(first)
        column.addLayout(second)
        self.key.editingFinished.connect(self._key_pressed)
        self.group.lineEdit().editingFinished.connect(self._group_given)
        self.group.activated.connect(lambda _: self._group_given())
        self.category.lineEdit().editingFinished.connect(self._category_given)
        self.category.activated.connect(lambda _: self._category_given())
        self.point.clicked.connect(lambda on: set_details(point=on))
        self.modifiers.editingFinished.connect(self._modifiers_given)

    def show_actions(self, chosen: Sequence[Action]) -> None:
        """Show the details of some actions; a field in which they differ is empty."""
        self._shown = list(chosen)
        every = self.session.actions
        self.setEnabled(bool(chosen))
        self.key.setEnabled(len(chosen) == 1)
        with signals_blocked(self.key), signals_blocked(self.modifiers):
            self.key.setKeySequence(QKeySequence(chosen[0].key if len(chosen) == 1 else ""))
            self.modifiers.setText(text_of(chosen[0].modifiers) if _same(chosen, "modifiers") else "")
        for box, field in ((self.group, "group"), (self.category, "category")):
            with signals_blocked(box), signals_blocked(box.lineEdit()):
                box.clear()
                box.addItems(["", *sorted({getattr(a, field) for a in every} - {""})])
                box.setCurrentText(getattr(chosen[0], field) if _same(chosen, field) else "")
        self.point.setChecked(_same(chosen, "point") and chosen[0].point)

    def _key_pressed(self) -> None:
        if len(self._shown) != 1:
            return
        key = self.key.keySequence().toString(QKeySequence.SequenceFormat.PortableText)
        key = key.split(", ")[0] if key != "," else key
        if key != self._shown[0].key:
            self._set_key(self._shown[0].name, key)
            self.show_actions([a for a in self.session.actions if a.name == self._shown[0].name])

    def _group_given(self) -> None:
        self._given("group", self.group.currentText().strip())

    def _category_given(self) -> None:
        self._given("category", self.category.currentText().strip())

    def _given(self, field: str, value: str) -> None:
        before = getattr(self._shown[0], field) if _same(self._shown, field) else ""
        if self._shown and value != before:
            self._set_details(**{field: value})

    def _modifiers_given(self) -> None:
        before = text_of(self._shown[0].modifiers) if _same(self._shown, "modifiers") else ""
        text = self.modifiers.text().strip()
        if not self._shown or text == before:
            return
        names = [action.name for action in self._shown]
        self._do(lambda: editing_actions.set_details(self.session, names, modifiers=modifiers_of(text)))


def _choices(empty: str) -> QComboBox:
    box = QComboBox()
    box.setEditable(True)
    box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    box.lineEdit().setPlaceholderText(empty)
    box.setMinimumContentsLength(10)
    return box


def _same(actions: Sequence[Action], field: str) -> bool:
    return len({getattr(action, field) for action in actions}) == 1
