"""Dialog that asks what the folders of an import stand for."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QFormLayout, QLabel, QLineEdit, QVBoxLayout

from actiondiff_gui.gui.project.state.opening import LAYOUTS

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host


class FoldersDialog(QDialog):
    """Asks what folders stand for, with a guess preselected; ``add(paths, layout, domain)`` imports them."""

    def __init__(
        self,
        host: "Host",
        paths: Sequence[Path],
        guessed: str,
        add: Callable[[Sequence[Path], str, str], None],
    ) -> None:
        super().__init__(host.window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.host, self.paths, self._add = host, list(paths), add
        self.setWindowTitle("Add a folder of videos")
        self.resize(460, 160)
        said = QLabel(f"What do the folders in {paths[0].name} stand for?")
        said.setWordWrap(True)
        self.layout_box = QComboBox()
        for key, (_, words) in LAYOUTS.items():
            self.layout_box.addItem(words[:1].upper() + words[1:], key)
        self.layout_box.setCurrentIndex(self.layout_box.findData(guessed))
        self.domain = QLineEdit("species")
        self.domain.setToolTip(
            "Field given by the folders that are not actions: species, cage, camera, viewpoint, ..."
        )
        form = QFormLayout()
        form.addRow("Folders", self.layout_box)
        form.addRow("Name of the field", self.domain)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.button(QDialogButtonBox.StandardButton.Ok).setText("Add")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(said)
        column.addLayout(form)
        column.addWidget(buttons)
        self.layout_box.currentIndexChanged.connect(self._layout_changed)
        self._layout_changed()

    def _layout_changed(self) -> None:
        self.domain.setEnabled("domain" in self.layout_box.currentData())

    def accept(self) -> None:
        """Import with what was chosen."""
        layout, domain = self.layout_box.currentData(), self.domain.text().strip() or "domain"
        super().accept()
        self.host.guarded(self._add)(self.paths, layout, domain)
