"""Layers button: names the layers in use and opens a list; a row chooses one layer, check boxes several."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QMenu, QToolButton, QTreeWidgetItem, QWidgetAction

from actiondiff_gui.backbones.description import Description
from actiondiff_gui.gui.features.lists import KEY, CheckedList, layer_rows

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host


MOST_NAMED = 4
"""Number of layers that are named on the button."""


class LayersList(CheckedList):
    """Layers with check boxes. Signals: ``picked`` when a row was clicked beside its box: that layer alone is checked."""

    picked = Signal()

    def _row_clicked(self, item: QTreeWidgetItem) -> None:
        self.check([item.data(0, KEY)])
        self.picked.emit()


class LayersButton(QToolButton):
    """Shows chosen layers, "9", "3, 6, 9" or "7 of 13". Signals: ``chosen(tuple of int)`` when the user chose others."""

    chosen = Signal(tuple)

    def __init__(self, host: "Host") -> None:
        super().__init__()
        self.host = host
        self._about: Description | None = None
        self._shown: tuple[int, ...] = ()
        self.list = LayersList(
            host,
            "Layers",
            ("", "position in the network", "channels", "grid", "stored"),
            (("usual", "Default layers of this backbone", self._usual),),
        )
        self.list.setToolTip(
            "Click a row for that layer alone; check several boxes to concatenate their features"
        )
        self.list.setFixedSize(450, 330)
        self.list.setContentsMargins(6, 6, 6, 6)
        self.popup = QMenu(self)
        action = QWidgetAction(self.popup)
        action.setDefaultWidget(self.list)
        self.popup.addAction(action)
        self.setMenu(self.popup)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolTip(
            "Layers whose output is used; higher numbers are deeper in the network. Several are concatenated"
        )
        self.list.picked.connect(host.guarded(self._close))
        self.popup.aboutToHide.connect(host.guarded(self._take))

    @property
    def layers(self) -> tuple[int, ...]:
        """The layers that are shown."""
        return self._shown

    def show_layers(self, about: Description, layers: tuple[int, ...]) -> None:
        """Show the layers of an address."""
        if about is not self._about:
            self._about = about
            self.list.fill(layer_rows(about))
        self._shown = layers
        self.list.check(layers)
        # Two spaces keep the text clear of the arrow that napari's style paints over the button's edge.
        few = len(layers) <= MOST_NAMED
        self.setText(f"{', '.join(map(str, layers)) if few else f'{len(layers)} of {len(about.layers)}'}  ")

    def show_stored(self, words: Callable[[int], str]) -> None:
        """Show beside each layer how much of it is stored."""
        for layer in self.list.row_keys():
            self.list.set_text(layer, 4, words(layer))

    def _close(self) -> None:
        self.popup.close()

    def _usual(self) -> None:
        self.list.check(self._about.usual_layers)

    def _take(self) -> None:
        layers = tuple(self.list.checked())
        if not layers:
            self.host.tell("Choose at least one layer.")
            self.list.check(self._shown)
        elif layers != self._shown:
            self.chosen.emit(layers)
