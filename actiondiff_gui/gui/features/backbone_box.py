"""Backbone box: the known backbones, a folder, or the name of a model on the hub."""

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QComboBox, QFileDialog, QStyledItemDelegate
from superqt.utils import signals_blocked

from actiondiff_gui.app_folders import user_home
from actiondiff_gui.backbones.description import short_name
from actiondiff_gui.backbones.identity import describe
from actiondiff_gui.backbones.offers import Offer
from actiondiff_gui.backbones.registry import available, find_offer, no_such_backbone
from actiondiff_gui.errors import BackboneError
from actiondiff_gui.features.cost import is_here, memory_text, needs_text, size_text

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

FOLDER = "Choose a folder..."
NEEDS = Qt.ItemDataRole.UserRole + 1
"""Role of the words on where the weights are and what they need."""


class BackboneBox(QComboBox):
    """Box with the address's backbone. Signals: ``chosen(name)`` when the user chose or typed one."""

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
        """Show the session's backbone and the others to choose from."""
        with signals_blocked(self):
            fill_backbones(self, self.host.session.address.backbone)
            self.insertSeparator(self.count())
            self.addItem(FOLDER)

    def _choose(self, index: int) -> None:
        if self.itemText(index) != FOLDER:
            self.chosen.emit(self.itemData(index))
            return
        self.show_address()
        name = QFileDialog.getExistingDirectory(
            self.host.window, "Choose the folder of a model", str(user_home() or "")
        )
        if name:
            self.chosen.emit(name)

    def _type(self) -> None:
        text = self.currentText().strip()
        if text and self.findText(text) < 0:
            self.chosen.emit(text)


def fill_backbones(box: QComboBox, current: str) -> None:
    """List all backbones and choose ``current``; unusable ones are listed but cannot be chosen."""
    offers = {offer.id: offer for offer in available()}
    box.clear()
    if not isinstance(box.itemDelegate(), _Needs):
        box.setItemDelegate(_Needs(box))
    for name in dict.fromkeys([*offers, current]):
        offer = offers.get(name)
        box.addItem(short_name(name) if offer is None else name, name)
        index = box.count() - 1
        box.setItemData(index, name if offer is None else about(offer), Qt.ItemDataRole.ToolTipRole)
        if offer is not None and not offer.problem:
            box.setItemData(index, needs_text(offer), NEEDS)
        if offer is not None and offer.problem:
            box.setItemText(index, f"{name} (unavailable)")
            box.model().item(index).setEnabled(False)
        if name == current:
            box.setCurrentIndex(index)
    wide = max(
        box.fontMetrics().horizontalAdvance(_line(box.itemText(n), box.itemData(n, NEEDS)))
        for n in range(box.count())
    )
    box.view().setMinimumWidth(wide + 40)


class _Needs(QStyledItemDelegate):
    """Writes behind the names in the opened list which weights are here, and what they need."""

    def initStyleOption(self, option, index) -> None:
        """Add what a backbone needs to its name."""
        super().initStyleOption(option, index)
        option.text = _line(option.text, index.data(NEEDS))


def _line(name: str, needs: str | None) -> str:
    return f"{name}:  {needs}" if needs else name


def about(offer: Offer) -> str:
    """Return what a person should know before choosing a backbone: what it is, its download, its licence."""
    if offer.problem:
        return offer.problem
    size = size_text(offer.download_bytes) if offer.download_bytes else ""
    half = f" ({size_text(offer.half_bytes)} in half precision)" if offer.half_bytes else ""
    parts = [
        f"about {size}{half} to download once" if size and not is_here(offer) else "",
        "its weights are on this computer" if size and is_here(offer) else "",
        memory_text(offer),
        f"licence: {offer.licence}" if offer.licence else "",
    ]
    return ". ".join([offer.title, *(part[:1].upper() + part[1:] for part in parts if part)])


def check_name(name: str) -> None:
    """Check that ``name`` is a backbone as far as that can be checked without loading it.

    Raises
    ------
    BackboneError
        If it is none, or cannot be used.
    """
    offer = find_offer(name)
    if offer is None:
        raise no_such_backbone(name)
    if offer.problem:
        raise BackboneError(offer.problem)
    if offer.origin in ("sample", "folder") and not offer.asleep:
        describe(name)
