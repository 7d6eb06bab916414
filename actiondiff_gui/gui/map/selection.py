"""Selection bar of the map: buttons that label all selected clips and set their facets."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QAction
from qtpy.QtWidgets import QHBoxLayout, QInputDialog, QLabel, QMenu, QPushButton, QSizePolicy, QWidget

from actiondiff_gui.gui.common.listening import listen
from actiondiff_gui.gui.common.theme import swatch
from actiondiff_gui.gui.gallery.menu import add_clusters, add_similar, open_selected
from actiondiff_gui.gui.map.state import selections
from actiondiff_gui.gui.session import editing

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

_MOST_VALUES = 30


class SelectionBar(QWidget):
    """Number of selected clips, and buttons that act on them; ``shows`` says whether a clip is on the map beside it.

    Signals: ``beside_asked(bool)`` for a gallery of the selection beside the map, or for none any more.
    """

    beside_asked = Signal(bool)

    def __init__(self, host: "Host", shows: Callable[[str], bool], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.session, self._shows = host, host.session, shows
        self.beside = False
        self.text = QLabel()
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.label = QPushButton("Label")
        self.label.setToolTip("Make this the only label of the selected clips")
        self.facet = QPushButton("Set facet")
        self.facet.setToolTip("Set a facet of the selected clips, for example their species")
        self.gallery = QPushButton("Gallery")
        self.gallery.setToolTip("The selected clips, or similar ones, as looping pictures")
        self.stored = QPushButton("Selection")
        self.stored.setToolTip("Deselect, go back to the selection before, or save this one under a name")
        self._before = selections.Before()
        for button, fill in (
            (self.gallery, self._fill_gallery),
            (self.label, self._fill_actions),
            (self.facet, self._fill_facets),
            (self.stored, self._fill_stored),
        ):
            menu = QMenu(button)
            menu.aboutToShow.connect(host.guarded(fill))
            button.setMenu(menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.text, 1)
        for button in (self.gallery, self.label, self.facet, self.stored):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignRight)
        # The map above must not jump when buttons come and go.
        self.setFixedHeight(self.label.sizeHint().height() + 2)
        listen(
            self,
            (self.session.selection_changed, self._show),
            (self.session.project_changed, self._project_changed),
        )
        self._show(self.session.selection)

    def _show(self, ids: Sequence[str]) -> None:
        count = len(ids)
        self._before.note(tuple(ids))
        for button in (self.gallery, self.label, self.facet):
            button.setVisible(bool(count))
        self.text.setText(
            f"{count} selected" if count else "Hold Shift and drag around points to select clips."
        )

    def _project_changed(self) -> None:
        self._before.clear()

    def _fill_stored(self) -> None:
        menu, session = self.stored.menu(), self.session
        menu.clear()
        before = len(self._before.latest)
        add = self._add
        add(menu, "Deselect", lambda: session.select(())).setEnabled(bool(session.selection))
        words = f"Back to the {before:,} clips before" if before else "Back to the selection before"
        add(menu, words, self._go_back).setEnabled(bool(before))
        add(menu, "Save this selection...", self._ask_name).setEnabled(bool(session.selection))
        kept = selections.saved(session.project) if session.project is not None else {}
        if not kept:
            return
        menu.addSeparator()
        for name, ids in kept.items():
            add(menu, f"{name} ({len(ids):,})", lambda ids=ids: self._select(ids))
        delete = menu.addMenu("Delete a saved selection")
        for name in kept:
            add(delete, name, lambda name=name: selections.forget(session.needed(), name))

    def _go_back(self) -> None:
        self._select(self._before.back())

    def _select(self, ids: tuple[str, ...]) -> None:
        left_out = self.session.select(ids, seen=self._shows)
        gone = len(ids) - len(self.session.table.places(ids))
        told = [f"{gone:,} of its clips are not in the project any more."] if gone else []
        told += (
            [f"{left_out:,} are left out, shown neither on the map nor in the table of clips."]
            if left_out
            else []
        )
        if told:
            self.host.tell(" ".join(told))

    def _ask_name(self) -> None:
        name, said = QInputDialog.getText(self, "Save selection", "Name of the selection")
        if said:
            selections.store(self.session.needed(), name.strip(), self.session.selection)

    def _fill_gallery(self) -> None:
        menu, chosen = self.gallery.menu(), self.session.selection
        menu.clear()
        entry = menu.addAction("Selected clips beside the map")
        entry.setCheckable(True)
        entry.setChecked(self.beside)
        entry.toggled.connect(self.host.guarded(self._toggle_beside))
        self._add(
            menu,
            f"The {len(chosen):,} selected clips in the Clips tab",
            lambda: open_selected(self.host, "Map"),
        )
        menu.addSeparator()
        add_similar(menu, self.host, chosen, "Map")
        menu.addSeparator()
        self._cluster_form = add_clusters(menu, self.host, "Map")

    def _toggle_beside(self, shown: bool) -> None:
        self.beside = shown
        self.beside_asked.emit(shown)

    def _fill_actions(self) -> None:
        menu = self.label.menu()
        menu.clear()
        for action in self.session.actions:
            entry = menu.addAction(swatch(action.colour), action.name)
            entry.triggered.connect(self.host.guarded(lambda _=False, n=action.name: self._label(n)))
        if self.session.actions:
            menu.addSeparator()
        menu.addAction("New action...").triggered.connect(
            self.host.guarded(lambda _=False: self._ask_action())
        )
        menu.addAction("Remove labels").triggered.connect(
            self.host.guarded(lambda _=False: editing.clear(self.session, self.session.selection))
        )

    def _fill_facets(self) -> None:
        menu = self.facet.menu()
        menu.clear()
        known = self.session.table.facet_values()
        for key, listed in known.items():
            values = menu.addMenu(key)
            for value in listed[:_MOST_VALUES]:
                self._add(values, value, lambda k=key, v=value: self._set(k, v))
            values.addSeparator()
            self._add(values, "Another value...", lambda k=key: self._ask_value(k))
        if known:
            menu.addSeparator()
        self._add(menu, "New facet...", self._ask_facet)

    def _add(self, menu: QMenu, text: str, run) -> QAction:
        guarded = self.host.guarded(run)
        action = menu.addAction(text.replace("&", "&&"))
        action.triggered.connect(lambda _=False: guarded())
        return action

    def _label(self, name: str) -> None:
        editing.relabel(self.session, self.session.selection, name)

    def _set(self, key: str, value: str) -> None:
        editing.set_facet(self.session, self.session.selection, key, value)

    def _ask_action(self) -> None:
        name, said = QInputDialog.getText(self, "New action", "Name of the action")
        if said and name.strip():
            # Labelling adds an action that is not there yet.
            self._label(name.strip())

    def _ask_value(self, key: str) -> None:
        value, said = QInputDialog.getText(self, "Set facet", f"{key} of the selected clips")
        if said and value.strip():
            self._set(key, value.strip())

    def _ask_facet(self) -> None:
        key, said = QInputDialog.getText(self, "New facet", "Name of the facet, for example viewpoint")
        if said and key.strip():
            self._ask_value(key.strip())
