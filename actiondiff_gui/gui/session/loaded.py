"""Cache of the backbone that was loaded last, for loading takes seconds to minutes."""

import threading
from typing import TYPE_CHECKING

from actiondiff_gui.errors import BackboneError
from actiondiff_gui.project.project import Project

if TYPE_CHECKING:
    from actiondiff_gui.backbones.protocol import Backbone
    from actiondiff_gui.features.feature_set import FeatureSet
    from actiondiff_gui.gui.session.address import Address


class LoadedFeatures:
    """Cache of the backbone loaded last. May be called from several threads; one loads, the others wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key: tuple[str, str, str] | None = None
        self._backbone: Backbone | None = None

    def features(self, project: Project, address: "Address") -> "FeatureSet":
        """Return the features at an address; the network, where it is needed, stays in memory. Call it in a job.

        Raises
        ------
        BackboneError
            There is no such backbone, or it has no such timestep or layer.
        """
        # This import brings torch.
        from actiondiff_gui.features.feature_set import FeatureSet

        return FeatureSet(
            project,
            address.backbone,
            address.timestep or None,
            address.layers,
            address.pooling or None,
            settings=address.settings,
            device=address.device,
            precision=address.precision,
            load=self.backbone,
        )

    def backbone(self, name: str, device: str, precision: str) -> "Backbone":
        """Return the backbone, loaded unless it was loaded last. Takes long: call it in a job.

        Raises
        ------
        BackboneError
            If it cannot be loaded.
        """
        from actiondiff_gui.backbones.registry import load_backbone

        key = _key(name, device, precision)
        with self._lock:
            if key != self._key:
                # The old one goes first: two large networks may not fit the memory together.
                self._key = self._backbone = None
                self._backbone = load_backbone(*key)
                self._key = key
            return self._backbone

    def holds(self, address: "Address") -> bool:
        """Return whether the network of an address is the one loaded last."""
        if self._key is None:
            return False
        try:
            return self._key == _key(address.backbone, address.device, address.precision)
        except BackboneError:
            return False

    def clear(self) -> None:
        """Release the backbone and its memory."""
        with self._lock:
            self._key = self._backbone = None


def _key(name: str, device: str, precision: str) -> tuple[str, str, str]:
    """Return the identity of a loaded backbone, with "auto" resolved for this computer."""
    from actiondiff_gui.backbones.registry import choose_device, choose_precision

    device = choose_device(device)
    return name, device, choose_precision(precision, device)
