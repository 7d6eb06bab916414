"""With which settings is a head trained? A preset, and every number of it folded away."""

from qtpy.QtWidgets import (
    QComboBox,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from actiondiff_gui.classifier.presets import PRESETS
from actiondiff_gui.widgets.theme import triangle

PRESET_WORDS = {
    "": "what suits the labels",
    "small-data": "few clips, one action each",
    "small-data-several-actions": "few clips, several actions at once",
    "animal-kingdom": "paper: Animal Kingdom, all",
    "animal-kingdom-unseen-species": "paper: Animal Kingdom, unseen species",
    "charades-ego": "paper: Charades-Ego",
    "ucf-hmdb": "paper: UCF and HMDB",
}


class Folded(QWidget):
    """A line that opens what lies below it; what is below is made when it is first opened."""

    def __init__(self, title: str, ink, make) -> None:
        super().__init__()
        self._make, self._ink = make, ink
        self.content: QWidget | None = None
        self.button = QToolButton()
        self.button.setText(title)
        self.button.setCheckable(True)
        self.button.setAutoRaise(True)
        from qtpy.QtCore import Qt

        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._column.addWidget(self.button)
        self.button.toggled.connect(self.open)
        self.set_ink(ink)

    def set_ink(self, ink) -> None:
        """Draw the triangle in another colour."""
        self._ink = ink
        self.button.setIcon(triangle(ink, self.button.isChecked()))

    def open(self, on: bool) -> None:
        """Show or hide the content."""
        if on and self.content is None:
            self.content = self._make()
            self._column.addWidget(self.content)
        if self.content is not None:
            self.content.setVisible(on)
        self.button.setIcon(triangle(self._ink, on))


def preset_box() -> QComboBox:
    """The presets in words."""
    box = QComboBox()
    for name, words in PRESET_WORDS.items():
        assert not name or name in PRESETS
        box.addItem(words, name)
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return box
