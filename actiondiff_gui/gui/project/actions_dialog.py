"""Actions dialog: add, rename, recolour, reorder and remove the project's actions."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QColor, QIcon
from qtpy.QtWidgets import (
    QColorDialog,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
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
from actiondiff_gui.gui.project.state import actions as editing_actions
from actiondiff_gui.gui.session.commands import ACTION_KEYS
from actiondiff_gui.project.palette import PALETTE

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

COLOUR_NAMES = (
    *("Blue", "Orange", "Green", "Vermilion", "Sky blue", "Pink", "Yellow"),
    *("Indigo", "Wine", "Rose", "Pale blue", "Dark green", "Olive"),
)
"""Names of the palette's colours, in its order."""
_KEY, _NAME, _CLIPS = range(3)
_HELP = "Click a name twice to change it. The first nine actions have the keys shown."


class ActionsDialog(QDialog):
    """The project's actions in their order; every change is kept at once."""

    def __init__(self, host: "Host") -> None:
        super().__init__(host.window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.host, self.session = host, host.session
        self.setWindowTitle("Actions")
        self.resize(460, 420)
        self.list = QTreeWidget()
        self.list.setColumnCount(3)
        self.list.setHeaderLabels(["Key", "Action", "Clips"])
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setEditTriggers(QTreeWidget.EditTrigger.NoEditTriggers)
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        self.list.setColumnWidth(_KEY, 48)
        self.list.setColumnWidth(_CLIPS, 70)
        self.rename, self.colour = QPushButton("Rename"), QPushButton("Colour")
        self.up, self.down = QPushButton("Move up"), QPushButton("Move down")
        self.remove = QPushButton("Remove")
        self.colour.setMenu(QMenu(self.colour))
        self.name = QLineEdit()
        self.name.setPlaceholderText("Name of a new action")
        self.add = QPushButton("Add")
        self.said = QLabel(_HELP)
        self.said.setWordWrap(True)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.button(QDialogButtonBox.StandardButton.Close).setIcon(QIcon())
        for button in (self.rename, self.up, self.down, self.remove, self.add):
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
        new.addWidget(self.add)
        column = QVBoxLayout(self)
        column.addLayout(new)
        column.addLayout(middle, 1)
        column.addWidget(self.said)
        column.addWidget(close)
        self.add.clicked.connect(lambda: self._do(self._add))
        self.name.returnPressed.connect(lambda: self._do(self._add))
        self.rename.clicked.connect(self._rename)
        self.up.clicked.connect(lambda: self._do(lambda: self._move(-1)))
        self.down.clicked.connect(lambda: self._do(lambda: self._move(1)))
        self.remove.clicked.connect(lambda: self._do(self._remove))
        self.colour.menu().aboutToShow.connect(self._fill_colours)
        self.list.itemChanged.connect(self._name_edited)
        self.list.itemDoubleClicked.connect(lambda *_: self._rename())
        self.list.currentItemChanged.connect(lambda *_: self._show_buttons())
        close.rejected.connect(self.close)
        listen(
            self,
            (self.session.actions_changed, self._show),
            (self.session.project_changed, self._project_changed),
        )
        self._show()
        self.name.setFocus()

    def chosen(self) -> str | None:
        """Name of the action that is chosen in the list."""
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
        chosen = self.chosen()
        counts = editing_actions.clips_by_action(self.session)
        with signals_blocked(self.list):
            self.list.clear()
            for number, action in enumerate(self.session.actions, 1):
                key = self.host.keys.key(f"action_{number}") if number <= ACTION_KEYS else ""
                item = QTreeWidgetItem([key, action.name, f"{counts[action.name]:,}"])
                item.setSizeHint(_NAME, QSize(0, 26))
                item.setIcon(_NAME, swatch(action.colour))
                item.setData(_NAME, Qt.ItemDataRole.UserRole, action.name)
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
                item.setTextAlignment(_CLIPS, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.list.addTopLevelItem(item)
            self.choose(chosen)
        self._show_buttons()

    def _show_buttons(self) -> None:
        place = self.list.indexOfTopLevelItem(self.list.currentItem()) if self.list.currentItem() else -1
        for button in (self.rename, self.colour, self.remove):
            button.setEnabled(place >= 0)
        self.up.setEnabled(place > 0)
        self.down.setEnabled(0 <= place < self.list.topLevelItemCount() - 1)

    def _do(self, change: Callable[[], str | None]) -> None:
        """Make a change, and say what came of it in the window itself."""
        try:
            self.said.setText(change() or _HELP)
        except ActionDiffError as error:
            self.said.setText(str(error))
            self._show()
        except Exception as error:
            self.host.tell_error(error, "changing the actions")

    def _add(self) -> str:
        name = self.name.text().strip()
        editing_actions.add_action(self.session, name)
        self.name.clear()
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
            return f"{old} is now called {new}, in all its labels too."

        self._do(change)

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
        self._do(lambda: editing_actions.recolour_action(self.session, name, colour))
