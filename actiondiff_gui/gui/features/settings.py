"""Settings of the backbone that are part of the address, in a section that is folded by default."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QVBoxLayout, QWidget

from actiondiff_gui.backbones.compute import ComputeSettings
from actiondiff_gui.backbones.description import Description
from actiondiff_gui.gui.common.folded import Folded
from actiondiff_gui.gui.forms.settings_form import SettingsForm, aligned
from actiondiff_gui.gui.session.preferences import batch_size, set_batch_size

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host


class FeatureSettings(Folded):
    """Form of ``session.address``'s settings; folded, its title summarises them."""

    def __init__(self, host: "Host") -> None:
        super().__init__(host, "More", self._make_forms)
        self.session = host.session
        self.description: Description | None = None
        self._devices: Sequence[str] = ("cpu",)

    def _make_forms(self) -> QWidget:
        self.extraction = SettingsForm(self.session.address.settings)
        self.compute = SettingsForm(self._computing())
        aligned(self.extraction, self.compute)
        self.extraction.edited.connect(self.host.guarded(self._choose))
        self.compute.edited.connect(self.host.guarded(self._choose_computing))
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.extraction)
        column.addWidget(self.compute)
        self.inner = inner
        self.show_devices(self._devices)
        self.show_address(self.description)
        return inner

    def _computing(self) -> ComputeSettings:
        address = self.session.address
        return ComputeSettings(address.device, address.precision, batch_size(self.session.preferences))

    def show_devices(self, devices: Sequence[str]) -> None:
        """List the devices of this computer."""
        self._devices = devices
        if self.inner is not None:
            self.compute.fields["device"].offer(["auto", *devices])

    def show_address(self, description: Description | None) -> None:
        """Show the session's settings for a backbone."""
        self.description = description
        self.setText("More: " + self.summary())
        if self.inner is None:
            return
        fields = self.extraction.fields
        if description is not None:
            fields["stride"].say_none(f"default ({description.stride})")
            fields["resolution"].fit(description.resolution, description.multiple)
        self.extraction.show_settings(self.session.address.settings)
        self.compute.show_settings(self._computing())

    def summary(self) -> str:
        """Return the settings in one short line."""
        address, settings = self.session.address, self.session.address.settings
        parts = []
        if self.description is not None:
            own = self.description.resolution
            size = own if isinstance(settings.resolution, str) else settings.resolution
            parts.append(
                "aspect ratio of the video"
                if settings.resolution == "keep-aspect"
                else f"{size[0]} x {size[1]} pixels"
            )
            stride = settings.stride or self.description.stride
            parts.append("every frame" if stride == 1 else f"every {_ordinal(stride)} frame")
        if settings.regime == "noised":
            parts.append(f"noise, {settings.draws} draw" + "s" * (settings.draws > 1))
        if settings.condition == "plain":
            parts.append("condition without noise")
        if address.device != "auto":
            parts.append(address.device)
        if address.precision != "auto":
            parts.append(address.precision)
        return ", ".join(parts)

    def _choose(self) -> None:
        settings = self.extraction.settings()
        if not isinstance(settings.resolution, str) and self.description is not None:
            multiple = self.description.multiple
            height, width = (max(multiple, round(side / multiple) * multiple) for side in settings.resolution)
            settings = replace(settings, resolution=(height, width))
        self.session.set_address(settings=settings)
        self.show_address(self.description)

    def _choose_computing(self) -> None:
        computing = self.compute.settings()
        set_batch_size(self.session.preferences, computing.batch_size)
        self.session.set_address(device=computing.device, precision=computing.precision)
        self.show_address(self.description)


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
