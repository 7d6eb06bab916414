"""How is the backbone run? The settings that are part of the address, folded away for they are rarely changed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QDoubleSpinBox, QFormLayout, QHBoxLayout, QLabel, QSpinBox, QWidget
from superqt import QCollapsible
from superqt.utils import signals_blocked

from actiondiff_gui.backbones.description import Description
from actiondiff_gui.widgets.listening import listen
from actiondiff_gui.widgets.theme import colour, triangle

if TYPE_CHECKING:
    from actiondiff_gui.widgets.host import Host

REGIMES = {
    "released": (
        "as the paper's code",
        "The picture is shown to the network as it is, as the paper's code does.",
    ),
    "noised": (
        "with noise added",
        "Noise of the timestep's strength is added to the picture first, as the model saw it in training; "
        "averaging several draws makes the features steadier and takes as many times longer.",
    ),
}
RESOLUTIONS = {
    "default": ("the model's own", "Every picture is stretched to the model's own size, as the paper does."),
    "keep-aspect": (
        "shape of the video",
        "As many pixels as the model's own size, in the shape of the video.",
    ),
    "custom": ("custom...", "Height and width of your own, in pixels."),
}
DEVICES = {"auto": "fastest here", "cuda": "NVIDIA GPU", "mps": "Apple GPU", "cpu": "processor (CPU)"}
PRECISIONS = {
    "auto": ("usual", "bfloat16 on an NVIDIA GPU, float32 elsewhere."),
    "float32": ("float32", "Exact; twice the memory."),
    "bfloat16": ("bfloat16", "Half the memory and usually faster on a GPU; slightly rounded."),
    "float16": ("float16", "Half the memory, for GPUs without bfloat16; not on a processor."),
}


class FeatureSettings(QCollapsible):
    """Shows ``session.address``'s settings and changes them; folded it says in its title what they are."""

    def __init__(self, host: "Host") -> None:
        super().__init__("More")
        self.layout().setContentsMargins(0, 0, 0, 0)
        self.content().layout().setContentsMargins(0, 0, 0, 0)
        self.host, self.session = host, host.session
        self.description: Description | None = None
        self.resolution = _combo(
            {k: v[0] for k, v in RESOLUTIONS.items()}, {k: v[1] for k, v in RESOLUTIONS.items()}
        )
        self.height, self.width = QSpinBox(), QSpinBox()
        for box in (self.height, self.width):
            box.setRange(8, 4096)
            box.setKeyboardTracking(False)
        self.stride = QSpinBox()
        self.stride.setRange(0, 1000)
        self.stride.setKeyboardTracking(False)
        self.stride.setToolTip("Of how many frames of the video one is used: 1 uses every frame")
        self.seconds = QDoubleSpinBox()
        self.seconds.setRange(0.0, 36000.0)
        self.seconds.setDecimals(1)
        self.seconds.setSuffix(" s")
        self.seconds.setSpecialValueText("all of it")
        self.seconds.setKeyboardTracking(False)
        self.seconds.setToolTip("Only so much of each clip's beginning is used; the paper uses 180 s")
        self.regime = _combo({k: v[0] for k, v in REGIMES.items()}, {k: v[1] for k, v in REGIMES.items()})
        self.draws = QSpinBox()
        self.draws.setRange(1, 64)
        self.draws.setKeyboardTracking(False)
        self.draws.setToolTip("Draws of noise that are averaged")
        self.device = _combo({"auto": DEVICES["auto"], "cpu": DEVICES["cpu"]})
        self.device.setToolTip("Where the network runs; the features differ by rounding only")
        self.precision = _combo(
            {k: v[0] for k, v in PRECISIONS.items()}, {k: v[1] for k, v in PRECISIONS.items()}
        )
        page = QWidget()
        form = QFormLayout(page)
        form.setContentsMargins(4, 2, 0, 4)
        form.setVerticalSpacing(4)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self._times = QLabel("x")
        self._draws_word = QLabel("draws")
        for name, widgets in (
            ("Picture size", (self.resolution, self.height, self._times, self.width)),
            ("Every n-th frame", (self.stride,)),
            ("Longest time used", (self.seconds,)),
            ("Noise", (self.regime, self.draws, self._draws_word)),
            ("Runs on", (self.device,)),
            ("Precision", (self.precision,)),
        ):
            row = QHBoxLayout()
            row.setContentsMargins(0, 0, 0, 0)
            for widget in widgets:
                row.addWidget(widget)
            row.addStretch(1)
            form.addRow(name, row)
        for box in (self.height, self.width, self.draws):
            box.setFixedWidth(96)
        for box in (self.stride, self.seconds):
            box.setFixedWidth(150)
        for box in (self.resolution, self.regime, self.device, self.precision):
            box.setMinimumWidth(150)
        self.setContent(page)
        listen(self, (host.viewer.events.theme, self._follow_theme))
        self._follow_theme()
        self.collapse(animate=False)
        for signal in (
            self.resolution.activated,
            self.height.valueChanged,
            self.width.valueChanged,
            self.stride.valueChanged,
            self.seconds.valueChanged,
            self.regime.activated,
            self.draws.valueChanged,
        ):
            signal.connect(host.guarded(self._choose))
        self.device.activated.connect(host.guarded(self._choose_device))
        self.precision.activated.connect(host.guarded(self._choose_precision))

    def _follow_theme(self, _: object = None) -> None:
        text = colour(self.host.viewer, "text")
        self.setExpandedIcon(triangle(text, down=True))
        self.setCollapsedIcon(triangle(text, down=False))
        back = colour(self.host.viewer, "foreground").name()
        self.toggleButton().setStyleSheet(
            f"QPushButton, QPushButton:checked {{ background: {back}; color: {text.name()}; "
            "text-align: left; border: none; outline: none; padding: 4px; }"
        )

    def show_devices(self, devices: Sequence[str]) -> None:
        """Offer the devices that are here."""
        wanted = ["auto", *devices]
        if wanted != [self.device.itemData(i) for i in range(self.device.count())]:
            with signals_blocked(self.device):
                self.device.clear()
                for name in wanted:
                    self.device.addItem(DEVICES.get(name, name), name)
            self.show_address(self.description)

    def show_address(self, description: Description | None) -> None:
        """Show the session's settings for a backbone."""
        self.description = description
        address, settings = self.session.address, self.session.address.settings
        custom = not isinstance(settings.resolution, str)
        with signals_blocked(self.resolution, self.height, self.width, self.stride, self.seconds):
            self.resolution.setCurrentIndex(
                self.resolution.findData("custom" if custom else settings.resolution)
            )
            own = description.resolution if description else (256, 256)
            multiple = description.multiple if description else 8
            for box, side in zip(
                (self.height, self.width), settings.resolution if custom else own, strict=True
            ):
                box.setRange(multiple, 4096 // multiple * multiple)
                box.setSingleStep(multiple)
                box.setToolTip(f"In pixels, a multiple of {multiple}")
                box.setValue(side)
            usual = description.stride if description else 4
            self.stride.setSpecialValueText(f"usual ({usual})")
            self.stride.setValue(settings.stride or 0)
            self.seconds.setValue(settings.max_seconds or 0.0)
        with signals_blocked(self.regime, self.draws, self.device, self.precision):
            self.regime.setCurrentIndex(self.regime.findData(settings.regime))
            self.draws.setValue(settings.draws)
            if self.device.findData(address.device) < 0:
                self.device.addItem(DEVICES.get(address.device, address.device), address.device)
            self.device.setCurrentIndex(self.device.findData(address.device))
            self.precision.setCurrentIndex(max(0, self.precision.findData(address.precision)))
        for widget in (self.height, self._times, self.width):
            widget.setVisible(custom)
        for widget in (self.draws, self._draws_word):
            widget.setVisible(settings.regime == "noised")
        for box, words in (
            (self.resolution, RESOLUTIONS),
            (self.regime, REGIMES),
            (self.precision, PRECISIONS),
        ):
            box.setToolTip(words[box.currentData()][1])
        self.setText("More: " + self.summary())

    def summary(self) -> str:
        """The settings in one short line."""
        address, settings = self.session.address, self.session.address.settings
        parts = []
        if self.description is not None:
            own = self.description.resolution
            size = own if isinstance(settings.resolution, str) else settings.resolution
            parts.append(
                "shape of the video"
                if settings.resolution == "keep-aspect"
                else f"{size[0]} x {size[1]} pixels"
            )
            stride = settings.stride or self.description.stride
            parts.append("every frame" if stride == 1 else f"every {_ordinal(stride)} frame")
        if settings.regime == "noised":
            parts.append(f"noise, {settings.draws} draw" + "s" * (settings.draws > 1))
        if address.device != "auto":
            parts.append(address.device)
        if address.precision != "auto":
            parts.append(address.precision)
        return ", ".join(parts)

    def _choose(self, *_: object) -> None:
        settings = self.session.address.settings
        resolution = self.resolution.currentData()
        if resolution == "custom":
            multiple = self.description.multiple if self.description else 8
            resolution = tuple(
                max(multiple, round(box.value() / multiple) * multiple) for box in (self.height, self.width)
            )
        regime = self.regime.currentData()
        settings = replace(
            settings,
            resolution=resolution,
            stride=self.stride.value() or None,
            max_seconds=self.seconds.value() or None,
            regime=regime,
            draws=self.draws.value() if regime == "noised" else 1,
        )
        self.session.set_address(settings=settings)
        self.show_address(self.description)

    def _choose_device(self, place: int) -> None:
        self.session.set_address(device=self.device.itemData(place))

    def _choose_precision(self, place: int) -> None:
        self.session.set_address(precision=self.precision.itemData(place))


def _combo(texts: dict[str, str], tips: dict[str, str] | None = None) -> QComboBox:
    box = QComboBox()
    for key, text in texts.items():
        box.addItem(text, key)
        if tips:
            box.setItemData(box.count() - 1, tips[key], Qt.ItemDataRole.ToolTipRole)
    return box


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
