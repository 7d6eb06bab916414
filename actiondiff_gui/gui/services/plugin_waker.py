"""Background import of the plugin whose backbone was chosen, so that a slow one blocks nothing else."""

from typing import TYPE_CHECKING

from actiondiff_gui.backbones.description import short_name
from actiondiff_gui.backbones.registry import find_offer, needed_offer

if TYPE_CHECKING:
    from actiondiff_gui.gui.services.context import WindowContext


class PluginWaker:
    """Imports the plugin of the session's backbone, and refreshes everything that shows the address."""

    def __init__(self, host: "WindowContext") -> None:
        self.host = host
        host.session.address_changed.connect(self._address_changed)

    def _address_changed(self) -> None:
        name = self.host.session.address.backbone
        offer = find_offer(name)
        if offer is None or not offer.asleep:
            return
        self.host.jobs.run(
            lambda: needed_offer(name),
            f"asking the plugin of {short_name(name)}",
            done=lambda _: self.host.session.address_changed.emit(),
            key="plugin",
            stays=True,
            foreign=True,
        )
