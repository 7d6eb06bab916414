"""With which settings is a head trained? A preset, and every number of it folded away."""

from dataclasses import fields, replace

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from actiondiff_gui.classifier.presets import PRESETS, TrainingSettings
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

_WORDS = {
    "loss": ("loss", "cross-entropy: one action per clip; focal: any number at once"),
    "alpha": ("focal alpha", "Weight of the focal loss"),
    "gamma": ("focal gamma", "How much hard clips count more"),
    "epochs": ("epochs", "Passes over the training clips"),
    "warmup_epochs": ("warm-up epochs", "Epochs over which the learning rate rises"),
    "learning_rate": ("learning rate", "Of AdamW, at its highest"),
    "weight_decay": ("weight decay", "Of AdamW"),
    "mixup": ("mixup", "0 switches it off"),
    "max_tokens": ("most tokens", "Longer clips are read at so many evenly spaced frames"),
    "layers": ("layers", "Of the transformer"),
    "heads": ("attention heads", "At most"),
    "width": ("width", "0: as wide as the tokens"),
    "dropout": ("dropout", "Share of values dropped in training"),
    "batch_size": ("batch size", "Clips per step"),
    "clip_norm": ("largest gradient", "0: any"),
    "standardise": ("standardise tokens", "Mean 0 and deviation 1 for every channel over the training clips"),
    "patience": ("patience", "Stop after so many epochs without improvement; 0: never"),
    "calibrate": ("calibrate confidence", "Fit a temperature on the validation clips"),
    "unlabelled_as_negative": (
        "unmarked means absent",
        "An action that nobody marked in a labelled clip counts as not shown",
    ),
    "seed": ("seed", "Everything random follows from it"),
}
_OPTIONAL = ("width", "clip_norm", "patience")
_RANGES = {
    "alpha": (0.01, 100),
    "gamma": (0, 20),
    "learning_rate": (1e-7, 1),
    "weight_decay": (0, 10),
    "mixup": (0, 10),
    "dropout": (0, 0.95),
    "clip_norm": (0, 1000),
    "warmup_epochs": (0, 1000),
    "width": (0, 16384),
    "patience": (0, 10000),
    "seed": (0, 2**31 - 1),
    "epochs": (1, 10000),
    "layers": (1, 64),
    "heads": (1, 64),
    "max_tokens": (1, 100000),
    "batch_size": (1, 4096),
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


class SettingsForm(QWidget):
    """Every training setting with a field.

    Signals: ``edited`` when the user changed one.
    """

    edited = Signal()

    def __init__(self, settings: TrainingSettings) -> None:
        super().__init__()
        self.fields: dict[str, QWidget] = {}
        form = QFormLayout(self)
        form.setContentsMargins(12, 0, 0, 0)
        form.setVerticalSpacing(2)
        for field in fields(TrainingSettings):
            words, tip = _WORDS[field.name]
            widget = self._field(field.name, getattr(settings, field.name))
            widget.setToolTip(tip)
            self.fields[field.name] = widget
            form.addRow(words, widget)
        self.show_settings(settings)

    def _field(self, name: str, value: object) -> QWidget:
        if name == "loss":
            box = QComboBox()
            box.addItems(["cross-entropy", "focal"])
            box.activated.connect(self._edited)
            return box
        if isinstance(value, bool):
            tick = QCheckBox()
            tick.toggled.connect(self._edited)
            return tick
        whole = name in ("width", "patience") or isinstance(value, int)
        spin = QSpinBox() if whole else QDoubleSpinBox()
        if not whole:
            spin.setDecimals(6 if name in ("learning_rate", "weight_decay") else 3)
            spin.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        spin.setRange(*_RANGES[name])
        if name in _OPTIONAL:
            spin.setSpecialValueText(
                {"width": "as the tokens", "clip_norm": "any", "patience": "never stop"}[name]
            )
        spin.setKeyboardTracking(False)
        spin.valueChanged.connect(self._edited)
        return spin

    def _edited(self, *_: object) -> None:
        self.edited.emit()

    def show_settings(self, settings: TrainingSettings) -> None:
        """Show other settings, without a signal."""
        for name, widget in self.fields.items():
            value = getattr(settings, name)
            with QSignalBlocker(widget):
                if isinstance(widget, QComboBox):
                    widget.setCurrentText(value)
                elif isinstance(widget, QCheckBox):
                    widget.setChecked(value)
                else:
                    widget.setValue(value or 0)

    def settings(self) -> TrainingSettings:
        """What the fields say.

        Raises
        ------
        ClassifierError
            A value makes no sense.
        """
        values = {}
        for name, widget in self.fields.items():
            if isinstance(widget, QComboBox):
                values[name] = widget.currentText()
            elif isinstance(widget, QCheckBox):
                values[name] = widget.isChecked()
            else:
                values[name] = (widget.value() or None) if name in _OPTIONAL else widget.value()
        return replace(TrainingSettings(), **values)


def preset_box() -> QComboBox:
    """The presets in words."""
    box = QComboBox()
    for name, words in PRESET_WORDS.items():
        assert not name or name in PRESETS
        box.addItem(words, name)
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return box
