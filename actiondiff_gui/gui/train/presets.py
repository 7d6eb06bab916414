"""Box with the presets of training settings."""

from qtpy.QtWidgets import (
    QComboBox,
    QSizePolicy,
)

from actiondiff_gui.classifier.training.presets import PRESETS

PRESET_WORDS = {
    "": "chosen by the labels",
    "small-data": "few clips, one action each",
    "small-data-several-actions": "few clips, several actions at once",
    "animal-kingdom": "paper: Animal Kingdom, all",
    "animal-kingdom-unseen-species": "paper: Animal Kingdom, unseen species",
    "charades-ego": "paper: Charades-Ego",
    "ucf-hmdb": "paper: UCF and HMDB",
}


def preset_box() -> QComboBox:
    """Return a box with the presets."""
    box = QComboBox()
    for name, words in PRESET_WORDS.items():
        assert not name or name in PRESETS
        box.addItem(words, name)
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return box
