"""Which backbone is loaded? The last one stays in memory, for loading one takes seconds to minutes."""

import threading
from typing import TYPE_CHECKING

from actiondiff_gui.project.project import Project

if TYPE_CHECKING:
    from actiondiff_gui.backbones.protocol import Backbone
    from actiondiff_gui.session.session import Address
    from actiondiff_gui.workflow import Features


class LoadedFeatures:
    """Keeps the backbone that was loaded last. May be asked from several threads; one loads, the others wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key: tuple[str, str, str] | None = None
        self._backbone = None

    def get(self, project: Project, address: "Address") -> "Features":
        """The backbone of ``address`` and the store of its tokens in ``project``. Takes long: call it in a job.

        Raises
        ------
        BackboneError
            If the backbone cannot be loaded.
        """
        # These imports bring torch.
        from actiondiff_gui.features.dataset import features_folder
        from actiondiff_gui.features.settings import Provenance
        from actiondiff_gui.features.store import TokenStore
        from actiondiff_gui.workflow import Features

        backbone = self.backbone(address.backbone, address.device, address.precision)
        store = TokenStore(features_folder(project), Provenance.of(backbone, address.settings))
        return Features(backbone, address.settings, store)

    def backbone(self, name: str, device: str, precision: str) -> "Backbone":
        """The backbone, loaded if it is not the one that was loaded last. Takes long: call it in a job.

        Raises
        ------
        BackboneError
            If it cannot be loaded.
        """
        from actiondiff_gui.backbones.registry import load_backbone

        key = (name, device, precision)
        with self._lock:
            if key != self._key:
                # The old one goes first: two large networks may not fit the memory together.
                self._key = self._backbone = None
                self._backbone = load_backbone(*key)
                self._key = key
            return self._backbone

    def holds(self, address: "Address") -> bool:
        """Whether :meth:`get` has nothing to load."""
        return self._key == (address.backbone, address.device, address.precision)

    def clear(self) -> None:
        """Let go of the backbone and its memory."""
        with self._lock:
            self._key = self._backbone = None
