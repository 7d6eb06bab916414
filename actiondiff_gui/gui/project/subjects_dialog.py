"""The subjects of the project: a small window to add, rename and remove them, and to give each a key."""

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
)

from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.gui.common.listening import listen
from actiondiff_gui.gui.session.action_keys import what_it_takes
from actiondiff_gui.gui.session.subjects import Subject, keep_subjects, subjects

if TYPE_CHECKING:
    from actiondiff_gui.gui.services.context import WindowContext

_HELP = (
    "The key of a subject sets the subject of new bouts; pressed again, it clears it. "
    "Bouts keep their subject where it is taken off this list."
)


class SubjectsDialog(QDialog):
    """The subjects in their order; every change is saved at once."""

    def __init__(self, host: "WindowContext") -> None:
        super().__init__(host.window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.host, self.session = host, host.session
        self.setWindowTitle("Subjects")
        self.resize(440, 380)
        self.name = QLineEdit()
        self.name.setPlaceholderText("Name of a subject; Enter adds it")
        self.list = QTreeWidget()
        self.list.setHeaderLabels(["Key", "Subject", "Clips"])
        self.list.setRootIsDecorated(False)
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.key = QKeySequenceEdit()
        if hasattr(self.key, "setMaximumSequenceLength"):
            self.key.setMaximumSequenceLength(1)
        if hasattr(self.key, "setClearButtonEnabled"):
            self.key.setClearButtonEnabled(True)
        self.remove = QPushButton("Remove")
        self.said = QLabel(_HELP)
        self.said.setWordWrap(True)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        for button in (self.remove, close.button(QDialogButtonBox.StandardButton.Close)):
            button.setAutoDefault(False)
        below = QHBoxLayout()
        below.addWidget(QLabel("Key"))
        below.addWidget(self.key, 1)
        below.addWidget(self.remove)
        column = QVBoxLayout(self)
        column.addWidget(self.name)
        column.addWidget(self.list, 1)
        column.addLayout(below)
        column.addWidget(self.said)
        column.addWidget(close)
        self.name.returnPressed.connect(self._add)
        self.key.editingFinished.connect(self._key_pressed)
        self.remove.clicked.connect(self._remove)
        self.list.currentItemChanged.connect(lambda *_: self._show_key())
        close.rejected.connect(self.close)
        listen(self, (self.session.subject_changed, self._show), (self.session.project_changed, self._leave))
        self._show()
        self.name.setFocus()

    def keyPressEvent(self, event) -> None:
        """Keep Enter from closing the window."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()
            return
        super().keyPressEvent(event)

    def choose(self, name: str) -> None:
        """Choose a subject in the list."""
        for item in self.list.findItems(name, Qt.MatchFlag.MatchExactly, 1):
            self.list.setCurrentItem(item)

    def _leave(self) -> None:
        self.close()

    def _chosen(self) -> str:
        item = self.list.currentItem()
        return "" if item is None else item.text(1)

    def _show(self) -> None:
        chosen = self._chosen()
        counts: dict[str, int] = {}
        for row in self.session.table.rows:
            counts[row.subject] = counts.get(row.subject, 0) + 1
        self.list.clear()
        for subject in subjects(self.session):
            item = QTreeWidgetItem([subject.key, subject.name, f"{counts.get(subject.name, 0):,}"])
            self.list.addTopLevelItem(item)
        self.choose(chosen)
        self._show_key()

    def _show_key(self) -> None:
        known = {subject.name: subject.key for subject in subjects(self.session)}
        self.key.setKeySequence(QKeySequence(known.get(self._chosen(), "")))
        for part in (self.key, self.remove):
            part.setEnabled(bool(self._chosen()))

    def _keep(self, wanted: list[Subject], told: str) -> None:
        try:
            keep_subjects(self.session, wanted)
            self.said.setText(told or _HELP)
        except ActionDiffError as error:
            self.said.setText(str(error))
            self._show_key()

    def _add(self) -> None:
        name = self.name.text().strip()
        self._keep([*subjects(self.session), Subject(name)], f"{name} was added.")
        if name in {subject.name for subject in subjects(self.session)}:
            self.name.clear()
            self.choose(name)

    def _key_pressed(self) -> None:
        name = self._chosen()
        key = self.key.keySequence().toString(QKeySequence.SequenceFormat.PortableText)
        key = key.split(", ")[0] if key != "," else key
        known = subjects(self.session)
        if name and key != next((s.key for s in known if s.name == name), ""):
            told = (
                f"{key} chooses {name}. {what_it_takes(key, self.host.keys)}"
                if key
                else f"{name} has no key."
            )
            self._keep([Subject(name, key) if s.name == name else s for s in known], told.strip())

    def _remove(self) -> None:
        name = self._chosen()
        self._keep(
            [s for s in subjects(self.session) if s.name != name], f"{name} was removed from the list."
        )
