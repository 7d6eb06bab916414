"""Controls above the map: which map is shown, and what its colours and shapes stand for."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSizePolicy,
    QWidget,
    QWidgetAction,
)
from superqt.utils import signals_blocked

from actiondiff_gui.embedding.maps import METHODS
from actiondiff_gui.gui.forms.settings_form import SettingsForm
from actiondiff_gui.gui.map.colour_boxes import ColourBoxes
from actiondiff_gui.gui.map.saving import KINDS
from actiondiff_gui.gui.map.state import clip_maps
from actiondiff_gui.gui.map.state.clip_maps import ClipMap

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host


class MapControls(QWidget):
    """Stored maps, new maps, export, colours and shapes.

    Signals: ``kept_chosen(map)``, ``colours_chosen``, ``save_asked(kind)``, ``forget_asked``.
    """

    kept_chosen = Signal(object)
    colours_chosen = Signal()
    save_asked = Signal(str)
    forget_asked = Signal()

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.session, self.maps = host, host.session, host.maps
        self.kept, self.colour_boxes = QComboBox(), ColourBoxes(host)
        self.colour_by, self.shape_by = self.colour_boxes.colour_by, self.colour_boxes.shape_by
        self.kept.setToolTip("Stored maps of this project")
        self.kept.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.new = self._menu_button("New map", "Make a map of the address above", self._fill_new)
        self.save = self._menu_button("Save", "Save this map as a picture or a table", self._fill_save)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(4)
        top = QHBoxLayout()
        top.addWidget(self.kept, 1)
        top.addWidget(self.new)
        top.addWidget(self.save)
        grid.addLayout(top, 0, 0)
        grid.addWidget(self.colour_boxes, 1, 0)
        self.kept.activated.connect(
            host.guarded(lambda index: self.kept_chosen.emit(self.kept.itemData(index)))
        )
        self.colour_boxes.chosen.connect(self.colours_chosen)

    @property
    def facet(self) -> str | None:
        """The facet that shapes stand for, None for none."""
        return self.colour_boxes.facet

    def show_choice(self, shown: ClipMap) -> None:
        """List the stored maps with ``shown`` as the chosen one, and what colours and shapes can stand for."""
        self._fill_kept(shown)
        self.colour_boxes.fill()
        self.new.setEnabled(not self.maps.making)

    def _fill_kept(self, shown: ClipMap) -> None:
        maps = self.maps.maps[::-1]
        titles = [kept.title for kept in maps]
        with signals_blocked(self.kept):
            self.kept.clear()
            for index, kept in enumerate(maps):
                made = clip_maps.made_at(kept)
                several = titles.count(kept.title) > 1
                self.kept.addItem(f"{kept.title}, {made}" if several else kept.title, kept)
                tip = f"{clip_maps.address_text(kept.address, backbone=True)}, made {made}"
                if neighbours := kept.parameters.get("n_neighbors"):
                    tip += f", {neighbours} neighbours, least distance {kept.parameters.get('min_dist')}"
                    if (metric := kept.parameters.get("metric", "euclidean")) != "euclidean":
                        tip += f", {metric} distance"
                self.kept.setItemData(index, tip, Qt.ItemDataRole.ToolTipRole)
            self.kept.setCurrentIndex(maps.index(shown) if shown in maps else -1)

    def _menu_button(self, text: str, tip: str, fill) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        menu = QMenu(button)
        menu.aboutToShow.connect(self.host.guarded(fill))
        button.setMenu(menu)
        return button

    def _fill_new(self) -> None:
        menu = self.new.menu()
        menu.clear()
        words = clip_maps.address_text(clip_maps.spelled_out(self.session.address))
        make = self.host.guarded(self._make)
        for method, name in METHODS.items():
            menu.addAction(f"{name} of {words}").triggered.connect(lambda _=False, m=method: make(m))
        chosen = tuple(self.session.selection)
        if len(chosen) > 1:
            menu.addSeparator()
            for method, name in METHODS.items():
                entry = menu.addAction(f"{name} of the {len(chosen)} selected clips")
                entry.triggered.connect(lambda _=False, m=method: make(m, chosen))
        menu.addSeparator()
        self.form = SettingsForm(
            self.maps.settings, only=("n_neighbors", "min_dist", "metric", "standardise", "seed")
        )
        self.form.edited.connect(self.host.guarded(lambda: self.maps.set_settings(self.form.settings())))
        below = QWidgetAction(menu)
        below.setDefaultWidget(self.form)
        menu.addAction(below)
        menu.addSeparator()
        menu.addAction("Delete the shown map").triggered.connect(lambda _=False: self.forget_asked.emit())

    def _make(self, method: str, clip_ids: Sequence[str] | None = None) -> None:
        # What was typed last is not told before the field loses the keyboard.
        self.maps.set_settings(self.form.settings())
        self.maps.make(method, clip_ids)

    def _fill_save(self) -> None:
        menu = self.save.menu()
        menu.clear()
        for kind, text in KINDS.items():
            menu.addAction(f"{text}...").triggered.connect(lambda _=False, k=kind: self.save_asked.emit(k))
