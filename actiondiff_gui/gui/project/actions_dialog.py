"""Actions dialog: add, rename, recolour, reorder and remove the project's actions."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QColor, QIcon
from qtpy.QtWidgets import (
    QColorDialog,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QInputDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
)
from superqt.utils import signals_blocked

from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.gui.common.listening import listen
from actiondiff_gui.gui.common.theme import swatch
from actiondiff_gui.gui.project.actions_details import Details
from actiondiff_gui.gui.project.state import actions as editing_actions
from actiondiff_gui.gui.project.state.templates import take_over
from actiondiff_gui.project.modifiers import text_of
from actiondiff_gui.project.palette import PALETTE
from actiondiff_gui.project.records import Action

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

COLOUR_NAMES = (
    *("Blue", "Orange", "Green", "Vermilion", "Sky blue", "Pink", "Yellow", "Violet"),
    *("Spring green", "Lavender", "Umber", "Crimson", "Pale mint", "Plum", "Peach", "Pale lilac"),
    *("Olive", "Purple", "Magenta", "Lime", "Brown", "Wine", "Leaf green", "Orchid"),
    *("Bright green", "Clay", "Mauve", "Sage", "Fuchsia", "Coral", "Red", "Turquoise"),
)
"""Names of the palette's colours, in its order."""
_KEY, _NAME, _GROUP, _CATEGORY, _CLIPS = range(5)
_TITLES = ("Key", "Action", "Group", "Category", "Clips")
_HELP = (
    "Click a name twice to change it. Of the actions of one group a subject shows one at a time: the key of one ends the "
    "other. Without a key of its own, one of the first nine has the digit of its place."
)


class ActionsDialog(QDialog):
    """The project's actions in their order; every change is saved at once."""

    def __init__(self, host: "Host") -> None:
        super().__init__(host.window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.host, self.session = host, host.session
        self.setWindowTitle("Actions")
        self.resize(680, 560)
        self.list = QTreeWidget()
        self.list.setColumnCount(len(_TITLES))
        self.list.setHeaderLabels(list(_TITLES))
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setSelectionMode(QTreeWidget.SelectionMode.ExtendedSelection)
        self.list.setEditTriggers(QTreeWidget.EditTrigger.NoEditTriggers)
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        for column, width in ((_KEY, 62), (_GROUP, 100), (_CATEGORY, 100), (_CLIPS, 64)):
            self.list.setColumnWidth(column, width)
        self.rename, self.colour = QPushButton("Rename"), QPushButton("Colour")
        self.up, self.down = QPushButton("Move up"), QPushButton("Move down")
        self.remove = QPushButton("Remove")
        self.colour.setMenu(QMenu(self.colour))
        self.name = QLineEdit()
        self.name.setPlaceholderText("Name of a new action; Enter adds it")
        self.add = QPushButton("Add")
        self.paste = QPushButton("Several...")
        self.paste.setToolTip("Add an action for each line of a text")
        self.template = QPushButton("From a project...")
        self.template.setToolTip("Take over the actions of another project, or of a BORIS project (.boris)")
        self.details = Details(self.session, self.do, self.set_key, self.set_details, self)
        self.said = QLabel(_HELP)
        self.said.setWordWrap(True)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.button(QDialogButtonBox.StandardButton.Close).setIcon(QIcon())
        buttons = (
            *(self.rename, self.colour, self.up, self.down, self.remove),
            *(self.add, self.paste, self.template),
            close.button(QDialogButtonBox.StandardButton.Close),
        )
        for button in buttons:
            # Enter in a field is the field's.
            button.setAutoDefault(False)
        side = QVBoxLayout()
        for button in (self.rename, self.colour, self.up, self.down, self.remove):
            side.addWidget(button)
        side.addStretch(1)
        middle = QHBoxLayout()
        middle.addWidget(self.list, 1)
        middle.addLayout(side)
        new = QHBoxLayout()
        new.addWidget(self.name, 1)
        for button in (self.add, self.paste, self.template):
            new.addWidget(button)
        column = QVBoxLayout(self)
        column.addLayout(new)
        column.addLayout(middle, 1)
        column.addWidget(self.details)
        column.addWidget(self.said)
        column.addWidget(close)
        self.add.clicked.connect(lambda: self.do(self._add))
        self.name.returnPressed.connect(lambda: self.do(self._add))
        self.paste.clicked.connect(self._ask_text)
        self.template.clicked.connect(self._ask_template)
        self.rename.clicked.connect(self._rename)
        self.up.clicked.connect(lambda: self.do(lambda: self._move(-1)))
        self.down.clicked.connect(lambda: self.do(lambda: self._move(1)))
        self.remove.clicked.connect(lambda: self.do(self._remove))
        self.colour.menu().aboutToShow.connect(self._fill_colours)
        self.list.itemChanged.connect(self._name_edited)
        self.list.itemDoubleClicked.connect(lambda *_: self._rename())
        self.list.itemSelectionChanged.connect(self._show_buttons)
        self.list.currentItemChanged.connect(lambda *_: self._show_buttons())
        close.rejected.connect(self.close)
        listen(
            self,
            (self.session.actions_changed, self._show),
            (self.session.project_changed, self._project_changed),
        )
        self._show()
        self.name.setFocus()

    def keyPressEvent(self, event) -> None:
        """Keep Enter from closing the window."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()
            return
        super().keyPressEvent(event)

    def all_chosen(self) -> list[str]:
        """Return the names of all actions that are chosen in the list."""
        return [item.data(_NAME, Qt.ItemDataRole.UserRole) for item in self.list.selectedItems()]

    def chosen(self) -> str | None:
        """Return the name of the action that is chosen in the list."""
        item = self.list.currentItem()
        return None if item is None else item.data(_NAME, Qt.ItemDataRole.UserRole)

    def choose(self, name: str | None) -> None:
        """Choose an action in the list."""
        for place in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(place)
            if item.data(_NAME, Qt.ItemDataRole.UserRole) == name:
                self.list.setCurrentItem(item)

    def _project_changed(self) -> None:
        self.close()

    def _show(self) -> None:
        chosen, many = self.chosen(), set(self.all_chosen())
        counts = editing_actions.clips_by_action(self.session)
        with signals_blocked(self.list):
            self.list.clear()
            for action in self.session.actions:
                key = self.host.keyboard.action_keys.get(action.name, "")
                name = action.name
                cells = [key, name, action.group, action.category, f"{counts[name]:,}"]
                item = QTreeWidgetItem(cells)
                item.setToolTip(_NAME, _told(action))
                item.setSizeHint(_NAME, QSize(0, 26))
                item.setIcon(_NAME, swatch(action.colour))
                item.setData(_NAME, Qt.ItemDataRole.UserRole, action.name)
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
                item.setTextAlignment(_CLIPS, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.list.addTopLevelItem(item)
            self.choose(chosen)
            for place in range(self.list.topLevelItemCount()):
                item = self.list.topLevelItem(place)
                item.setSelected(item.data(_NAME, Qt.ItemDataRole.UserRole) in (many or {chosen}))
        self._show_buttons()

    def _show_buttons(self) -> None:
        place = self.list.indexOfTopLevelItem(self.list.currentItem()) if self.list.currentItem() else -1
        for button in (self.rename, self.colour, self.remove):
            button.setEnabled(place >= 0)
        self.up.setEnabled(place > 0)
        self.down.setEnabled(0 <= place < self.list.topLevelItemCount() - 1)
        names = set(self.all_chosen())
        self.details.show_actions([a for a in self.session.actions if a.name in names])

    def do(self, change: Callable[[], str | None]) -> None:
        """Make a change, and show its outcome in the dialog."""
        try:
            self.said.setText(change() or _HELP)
        except ActionDiffError as error:
            self.said.setText(str(error))
            self._show()
        except Exception as error:
            self.host.tell_error(error, "changing the actions")

    def set_key(self, name: str, key: str) -> None:
        """Set the key of an action, and say what the key stood for."""

        def change() -> str:
            more = editing_actions.set_key(self.session, name, key, self.host.keys)
            if not key:
                return f"{name} no longer has its own key."
            return f"{key} stands for {name} now. {more}".strip()

        self.do(change)

    def set_details(self, **changes: object) -> None:
        """Set details of all chosen actions."""
        names = self.all_chosen()
        if names:
            self.do(lambda: editing_actions.set_details(self.session, names, **changes))

    def _ask_text(self) -> None:
        text, given = QInputDialog.getMultiLineText(
            self, "Several actions", "One action in each line; a category may follow after a comma:"
        )
        if given:
            self.add_text(text)

    def add_text(self, text: str) -> None:
        """Add an action for each line."""

        def change() -> str:
            count = editing_actions.add_several(self.session, text)
            return f"{count} action{'s' * (count > 1)} added."

        self.do(change)

    def _ask_template(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self, "Import actions", "", "Projects (*.actiondiff *.boris *.boris.gz);;All files (*)"
        )
        if name:
            self.take_over(Path(name))

    def take_over(self, path: Path) -> None:
        """Import the actions and subjects of another project."""
        self.do(lambda: " ".join(take_over(self.session, path, self.host.keys)))

    def _add(self) -> str:
        name = self.name.text().strip()
        editing_actions.add_action(self.session, name)
        self.name.clear()
        self.list.clearSelection()
        self.choose(name)
        return f"{name} was added."

    def _rename(self) -> None:
        if self.list.currentItem() is not None:
            self.list.editItem(self.list.currentItem(), _NAME)

    def _name_edited(self, item: QTreeWidgetItem, column: int) -> None:
        old, new = item.data(_NAME, Qt.ItemDataRole.UserRole), item.text(_NAME).strip()
        if column != _NAME or old == new:
            return

        def change() -> str:
            editing_actions.rename_action(self.session, old, new)
            self.choose(new)
            return f"{old} was renamed {new}, in all labels as well."

        self.do(change)

    def _move(self, by: int) -> None:
        names, name = [action.name for action in self.session.actions], self.chosen()
        place = names.index(name)
        names.insert(place + by, names.pop(place))
        editing_actions.order_actions(self.session, names)

    def _remove(self) -> str:
        name = self.chosen()
        editing_actions.remove_action(self.session, name)
        return f"{name} was removed."

    def _fill_colours(self) -> None:
        menu, name = self.colour.menu(), self.chosen()
        users = {action.colour.upper(): action.name for action in self.session.actions}
        menu.clear()
        for colour, words in zip(PALETTE, COLOUR_NAMES, strict=True):
            user = users.get(colour.upper())
            entry = menu.addAction(swatch(colour), words + (f" ({user})" if user else ""))
            entry.triggered.connect(lambda _=False, c=colour: self._recolour(name, c))
        menu.addSeparator()
        menu.addAction("Another colour...").triggered.connect(lambda _=False: self._ask_colour(name))

    def _ask_colour(self, name: str) -> None:
        dialog = QColorDialog(QColor(self.session.colour_of(name)), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setOption(QColorDialog.ColorDialogOption.DontUseNativeDialog)
        dialog.colorSelected.connect(lambda colour: self._recolour(name, colour.name()))
        dialog.open()

    def _recolour(self, name: str, colour: str) -> None:
        self.do(lambda: editing_actions.recolour_action(self.session, name, colour))


def _told(action: Action) -> str:
    parts = [action.name, action.description]
    parts += ["an event without a duration"] if action.point else []
    parts += [f"modifiers: {text_of(action.modifiers)}"] if action.modifiers else []
    return "\n".join(part for part in parts if part)
