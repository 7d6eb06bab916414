"""Selection bar of the map: buttons that label all selected clips and set their facets."""

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QInputDialog, QLabel, QMenu, QPushButton, QSizePolicy, QWidget

from actiondiff_gui.gui.common.listening import listen
from actiondiff_gui.gui.common.theme import swatch
from actiondiff_gui.gui.gallery.menu import add_clusters, add_similar, open_selected
from actiondiff_gui.gui.session import editing

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

_MOST_VALUES = 30


class SelectionBar(QWidget):
    """Number of selected clips, and buttons that act on them."""

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self.text = QLabel()
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.label = QPushButton("Label")
        self.label.setToolTip("Make this the only label of the selected clips")
        self.facet = QPushButton("Set facet")
        self.facet.setToolTip("Set a facet of the selected clips, for example their species")
        self.gallery = QPushButton("Gallery")
        self.gallery.setToolTip("The selected clips, or similar ones, as looping pictures")
        self.clear = QPushButton("Deselect")
        for button, fill in (
            (self.gallery, self._fill_gallery),
            (self.label, self._fill_actions),
            (self.facet, self._fill_facets),
        ):
            menu = QMenu(button)
            menu.aboutToShow.connect(host.guarded(fill))
            button.setMenu(menu)
        self.clear.clicked.connect(lambda: self.session.select(()))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.text, 1)
        for button in (self.gallery, self.label, self.facet, self.clear):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignRight)
        # The map above must not jump when buttons come and go.
        self.setFixedHeight(self.label.sizeHint().height() + 2)
        listen(self, (self.session.selection_changed, self._show))
        self._show(self.session.selection)

    def _show(self, ids: tuple[str, ...]) -> None:
        count = len(ids)
        for button in (self.gallery, self.label, self.facet, self.clear):
            button.setVisible(bool(count))
        self.text.setEnabled(bool(count))
        self.text.setText(
            f"{count} selected" if count else "Hold Shift and drag around points to select clips."
        )

    def _fill_gallery(self) -> None:
        menu, chosen = self.gallery.menu(), self.session.selection
        menu.clear()
        self._add(menu, f"The {len(chosen):,} selected clips", lambda: open_selected(self.host, "Map"))
        menu.addSeparator()
        add_similar(menu, self.host, chosen, "Map")
        menu.addSeparator()
        self._cluster_form = add_clusters(menu, self.host, "Map")

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
        known: dict[str, set[str]] = {}
        for row in self.session.table:
            for key, value in row.facets.items():
                known.setdefault(key, set()).add(value)
        for key in sorted(known):
            values = menu.addMenu(key)
            for value in sorted(known[key])[:_MOST_VALUES]:
                self._add(values, value, lambda k=key, v=value: self._set(k, v))
            values.addSeparator()
            self._add(values, "Another value...", lambda k=key: self._ask_value(k))
        if known:
            menu.addSeparator()
        self._add(menu, "New facet...", self._ask_facet)

    def _add(self, menu: QMenu, text: str, run) -> None:
        guarded = self.host.guarded(run)
        menu.addAction(text.replace("&", "&&")).triggered.connect(lambda _=False: guarded())

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
