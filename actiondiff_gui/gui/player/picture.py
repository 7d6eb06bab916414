"""Brightness and contrast of the videos on screen: a button beside the player with two sliders and a reset."""

from math import log2
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QGridLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSlider,
    QToolButton,
    QWidget,
    QWidgetAction,
)
from superqt.utils import signals_blocked

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

MOST = 100
"""Largest position of a slider, and least one below zero; zero is the video as it is."""
STEPS = 50.0
"""Positions of a slider by which gamma or contrast are halved or doubled."""
WHITE = 255.0
ONLY_SHOWN = "Changes only how the video is shown. Features, overlays and exports use the recording as it is."


class PictureButton(QToolButton):
    """Opens the sliders; pressed in while the video is not shown as it is."""

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.player, self.beside = host.player, host.beside
        self._shown = self._layers()
        self.setToolTip(f"Brightness and contrast. {ONLY_SHOWN}")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setCheckable(True)
        self.sliders = {name: self._slider(name) for name in ("Brightness", "Contrast")}
        self.reset = QPushButton("Reset")
        self.reset.clicked.connect(lambda: self._set(0, 0))
        said = QLabel(ONLY_SHOWN)
        said.setWordWrap(True)
        box = QWidget()
        grid = QGridLayout(box)
        for row, (name, slider) in enumerate(self.sliders.items()):
            grid.addWidget(QLabel(name), row, 0)
            grid.addWidget(slider, row, 1)
        grid.addWidget(self.reset, 2, 1, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(said, 3, 0, 1, 2)
        box.setMinimumWidth(300)
        menu = QMenu(self)
        entry = QWidgetAction(menu)
        entry.setDefaultWidget(box)
        menu.addAction(entry)
        self.setMenu(menu)
        menu.aboutToShow.connect(self._read)
        self.player.changed.connect(self._layers_changed)
        self.beside.changed.connect(self._layers_changed)

    def _slider(self, name: str) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(-MOST, MOST)
        slider.setPageStep(10)
        slider.setAccessibleName(name)
        slider.valueChanged.connect(self._show)
        return slider

    def _set(self, brightness: int, contrast: int) -> None:
        for name, value in (("Brightness", brightness), ("Contrast", contrast)):
            self.sliders[name].setValue(value)

    def _layers(self) -> list[Any]:
        """Return the layers of the video and of its second view, as far as they are there."""
        return [layer for layer in (self.player.layer, self.beside.layer) if layer is not None]

    def _layers_changed(self) -> None:
        """Show a video in a new layer like the one before."""
        if self._layers() != self._shown:
            self._show()

    def _show(self, _: object = None) -> None:
        brightness, contrast = (slider.value() for slider in self.sliders.values())
        self.setChecked(bool(brightness or contrast))
        self._shown = self._layers()
        for layer in self._shown:
            if (brightness, contrast) != read(layer):
                layer.gamma, limits = gamma_of(brightness), limits_of(contrast)
                low, high = layer.contrast_limits_range
                layer.contrast_limits_range = (min(low, limits[0]), max(high, limits[1]))
                layer.contrast_limits = limits

    def _read(self) -> None:
        """Let the sliders stand where napari's own controls of the layer have it."""
        if self.player.layer is not None:
            found = read(self.player.layer)
            for slider, value in zip(self.sliders.values(), found, strict=True):
                with signals_blocked(slider):
                    slider.setValue(value)
            self.setChecked(any(found))


def gamma_of(brightness: int) -> float:
    """Return the gamma at a position of the slider; black and white stay what they are."""
    return float(2.0 ** (-brightness / STEPS))


def limits_of(contrast: int) -> tuple[float, float]:
    """Return the values, 0 to 255, that are shown black and white at a position of the slider; grey stays what it is."""
    reach = WHITE / 2 * 2.0 ** (-contrast / STEPS)
    return WHITE / 2 - reach, WHITE / 2 + reach


def read(layer: Any) -> tuple[int, int]:
    """Return the positions of both sliders that come nearest to how a layer is shown."""
    low, high = layer.contrast_limits
    positions = (-STEPS * log2(layer.gamma), -STEPS * log2(max(1e-6, high - low) / WHITE))
    brightness, contrast = (max(-MOST, min(round(position), MOST)) for position in positions)
    return brightness, contrast
