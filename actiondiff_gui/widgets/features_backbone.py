"""Which backbone? A list of those known, a folder, or the name of a model on the hub."""

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import QComboBox, QFileDialog

from actiondiff_gui.backbones.description import describe, short_name
from actiondiff_gui.backbones.registry import available, find_folder, looks_like_hub_id
from actiondiff_gui.errors import BackboneError

if TYPE_CHECKING:
    from actiondiff_gui.widgets.host import Host

FOLDER = "Choose a folder..."


class BackboneBox(QComboBox):
    """Shows the address's backbone. Signals: ``chosen(name)`` when the user chose or typed one."""

    chosen = Signal(str)

    def __init__(self, host: "Host") -> None:
        super().__init__()
        self.host = host
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setToolTip("Choose one, or type the name of a model on the hub: owner/model")
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(18)
        self.activated.connect(host.guarded(self._choose))
        # Kept, for Python only finds a cycle through a signal whose object it knows.
        self._line = self.lineEdit()
        self._line.returnPressed.connect(host.guarded(self._type))

    def show_address(self) -> None:
        """Show the session's backbone and what else there is."""
        current = self.host.session.address.backbone
        names = list(dict.fromkeys([*(entry.id for entry in available()), current]))
        with QSignalBlocker(self):
            self.clear()
            for name in names:
                self.addItem(short_name(name) if find_folder(name) else name, name)
                self.setItemData(self.count() - 1, name, Qt.ItemDataRole.ToolTipRole)
            self.insertSeparator(self.count())
            self.addItem(FOLDER)
            self.setCurrentIndex(names.index(current))

    def _choose(self, place: int) -> None:
        if self.itemText(place) != FOLDER:
            self.chosen.emit(self.itemData(place))
            return
        self.show_address()
        name = QFileDialog.getExistingDirectory(
            self.host.window, "Choose a folder in diffusers format", str(Path.home())
        )
        if name:
            self.chosen.emit(name)

    def _type(self) -> None:
        text = self.currentText().strip()
        if text and self.findText(text) < 0:
            self.chosen.emit(text)


def check_name(name: str) -> None:
    """Check that ``name`` is a backbone as far as can be told at once.

    Raises
    ------
    BackboneError
        If it is none.
    """
    if find_folder(name) is not None:
        describe(name)
    elif name not in {entry.id for entry in available()} and not looks_like_hub_id(name):
        raise BackboneError(
            f"There is no backbone {name!r}. Choose one of the list, a folder in diffusers format, or type the name "
            "of a model on the hub: owner/model."
        )
