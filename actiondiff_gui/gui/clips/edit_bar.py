"""Editing of the selected clips: the bar below the table and the context menu."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QWidget,
)
from superqt.utils import signals_blocked

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.gui.common.theme import hint, swatch
from actiondiff_gui.gui.gallery.menu import add_similar
from actiondiff_gui.gui.session import coding, editing
from actiondiff_gui.gui.session.subjects import subjects

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

MOST_LOOKED_AT = 2000
"""Largest number of selected clips whose common labels are determined."""


class ClipsEditBar(QWidget):
    """Labels, facets and deletion for all selected clips at once."""

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self.said = QLabel()
        self.said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.label = QPushButton("Label")
        self.label.setToolTip("Label the selected clips")
        menu = QMenu(self.label)
        menu.aboutToShow.connect(self._fill_label_menu)
        self.label.setMenu(menu)
        self.confirm = _button("Confirm", "Accept the predictions as labels")
        self.deny = _button("Not this", "Deny the labels and predictions of the selected clips")
        self.delete = _button("Delete", "Delete the selected clips; can be undone")
        self.key, self.value = _combo("facet, such as species"), _combo("value")
        self.set = QPushButton("Set")
        self.set.setToolTip("Set this facet of the selected clips; an empty value removes it")
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self.said, 1)
        for button in (self.label, self.confirm, self.deny, self.delete):
            top.addWidget(button)
        below = QHBoxLayout()
        below.setSpacing(4)
        below.addWidget(hint("Facet"))
        below.addWidget(self.key, 1)
        below.addWidget(hint("="))
        below.addWidget(self.value, 1)
        below.addWidget(self.set)
        grid = QGridLayout(self)
        grid.setContentsMargins(6, 4, 6, 4)
        grid.setVerticalSpacing(4)
        grid.addLayout(top, 0, 0)
        grid.addLayout(below, 1, 0)
        self.confirm.clicked.connect(
            host.guarded(lambda *_: editing.confirm(self.session, editing.chosen(self.session)))
        )
        self.deny.clicked.connect(
            host.guarded(lambda *_: editing.deny(self.session, editing.chosen(self.session)))
        )
        self.delete.clicked.connect(
            host.guarded(lambda *_: editing.delete(self.session, editing.chosen(self.session)))
        )
        self.set.clicked.connect(host.guarded(self._set_facet))
        # Held here, or Python could not see that the connection leads back to this bar.
        self._value_line = self.value.lineEdit()
        self._value_line.returnPressed.connect(host.guarded(self._set_facet))
        self.key.currentTextChanged.connect(self._show_values)

    def show_chosen(self, hidden: int) -> None:
        """Show how many clips are selected, and how many of those are ``hidden``: visible elsewhere but not in the table."""
        count = len(chosen(self.host))
        text = "Select clips to label them" if not count else f"{count:,} selected"
        if hidden:
            text += f", {hidden:,} hidden"
        self.said.setText(text)
        tip = f"{text} in this table: these were selected elsewhere, for example on the map, and edits apply to them too."
        self.said.setToolTip(tip if hidden else "")
        rows = self.session.table.known(chosen(self.host)[:MOST_LOOKED_AT])
        predicted = any(row.prediction for row in rows)
        for widget in (self.label, self.delete, self.set, self.key, self.value):
            widget.setEnabled(bool(count))
        self.confirm.setVisible("prediction" in self.session.table.held())
        self.confirm.setEnabled(predicted)
        self.deny.setEnabled(predicted or any(row.labels for row in rows))

    def show_facets(self) -> None:
        """List the facets of the project."""
        kept = self.key.currentText()
        keys = self.session.table.facet_keys()
        with signals_blocked(self.key):
            self.key.clear()
            self.key.addItems(keys)
            self.key.setCurrentText(kept or (keys[0] if keys else ""))
        self._show_values()

    def _show_values(self, *_: object) -> None:
        key, kept = self.key.currentText().strip(), self.value.currentText()
        values = self.session.table.facet_values().get(key, [])
        with signals_blocked(self.value):
            self.value.clear()
            self.value.addItems(values)
            self.value.setCurrentText(kept if kept in values else "")

    def _set_facet(self, *_: object) -> None:
        key, value = self.key.currentText().strip(), self.value.currentText().strip()
        if not key:
            raise ProjectError("Enter the name of the facet first, for example species.")
        editing.set_facet(self.session, editing.chosen(self.session), key, value)

    def _fill_label_menu(self) -> None:
        menu = self.label.menu()
        menu.clear()
        add_label_entries(menu, self.host)


def chosen(host: "Host") -> Sequence[str]:
    """Return the ids of the clips that an edit changes: the selected ones, else the open one."""
    session = host.session
    return session.selection or ((session.current,) if session.current else ())


def add_label_entries(menu: QMenu, host: "Host") -> None:
    """Fill ``menu`` with the actions: one click makes an action the label, a second menu adds it to others."""
    session = host.session
    ids = chosen(host)
    rows = session.table.known(ids[:MOST_LOOKED_AT])

    def add(to: QMenu, text: str, run, icon=None, checked: bool | None = None):
        entry = to.addAction(text) if icon is None else to.addAction(icon, text)
        if checked is not None:
            entry.setCheckable(True)
            entry.setChecked(checked)
        entry.triggered.connect(host.guarded(lambda _=False: run()))
        return entry

    for action in session.actions:
        add(menu, action.name, lambda a=action.name: editing.relabel(session, ids, a), swatch(action.colour))
    if session.actions:
        menu.addSeparator()
        several = menu.addMenu("Add or remove a label")
        for action in session.actions:
            given = bool(rows) and all(action.name in row.labels for row in rows)
            add(several, action.name, lambda a=action.name: editing.toggle(session, ids, a), checked=given)
        add(menu, "No label", lambda: editing.clear(session, ids)).setEnabled(
            any(row.labelled for row in rows)
        )
    menu.addSeparator()
    add(menu, "New action..." if session.actions else "Create an action...", lambda: _open_actions(host))


def clip_menu(host: "Host", parent: QWidget) -> QMenu:
    """Return the context menu of the selected clips."""
    session, ids = host.session, chosen(host)
    rows = session.table.known(ids[:MOST_LOOKED_AT])
    menu = QMenu(parent)

    def add(text: str, run, enabled: bool = True) -> None:
        entry = menu.addAction(text)
        entry.setEnabled(enabled)
        entry.triggered.connect(host.guarded(lambda _=False: run()))

    add_label_entries(menu.addMenu("Label"), host)
    predicted = any(row.prediction for row in rows)
    add("Confirm the prediction", lambda: editing.confirm(session, ids), predicted)
    add("Not this action", lambda: editing.deny(session, ids), predicted or any(row.labels for row in rows))
    menu.addSeparator()
    whose = menu.addMenu("Subject")
    for name in ("", *(subject.name for subject in subjects(session))):
        entry = whose.addAction(name or "no subject")
        entry.setCheckable(True)
        entry.setChecked(bool(rows) and all(row.subject == name for row in rows))
        entry.triggered.connect(host.guarded(lambda _=False, n=name: coding.set_subject(session, ids, n)))
    add("Comment...", lambda: host.keyboard.run("comment"))
    add(
        "Mark as unsure, or as sure again",
        lambda: host.keyboard.run("unsure"),
        any(row.labels for row in rows),
    )
    menu.addSeparator()
    add_similar(menu.addMenu("Find similar clips"), host, ids, "Clips")
    menu.addSeparator()
    add("Region of interest...", lambda: _draw_region(host))
    add(
        "Remove region of interest",
        lambda: editing.set_roi(session, ids, None),
        any(row.has_roi for row in rows),
    )
    menu.addSeparator()
    add("Delete" if len(ids) == 1 else f"Delete {len(ids):,} clips", lambda: editing.delete(session, ids))
    return menu


def _draw_region(host: "Host") -> None:
    from actiondiff_gui.gui.player.region import draw_region

    if host.session.current not in host.session.selection and host.session.selection:
        host.session.open_clip(host.session.selection[0])
    draw_region(host)


def _open_actions(host: "Host") -> None:
    from actiondiff_gui.gui.project.actions_dialog import ActionsDialog

    ActionsDialog(host).open()


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    return button


def _combo(placeholder: str) -> QComboBox:
    box = QComboBox()
    box.setEditable(True)
    box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(8)
    box.lineEdit().setPlaceholderText(placeholder)
    return box
