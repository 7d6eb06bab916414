"""Which backbone is loaded, how is it used, and where are its tokens?"""

from dataclasses import dataclass

from actiondiff_gui.backbones.protocol import Backbone
from actiondiff_gui.backbones.registry import load_backbone
from actiondiff_gui.features.dataset import features_folder
from actiondiff_gui.features.settings import ExtractionSettings, Provenance
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.project.project import Project


@dataclass(frozen=True)
class Features:
    """A loaded backbone, how it is used, and the store of its tokens."""

    backbone: Backbone
    settings: ExtractionSettings
    store: TokenStore


def open_features(
    project: Project,
    backbone: str,
    settings: ExtractionSettings,
    device: str = "auto",
    precision: str = "auto",
) -> Features:
    """Load the backbone called ``backbone`` and open the project's store of its tokens.

    Raises
    ------
    BackboneError
        If the backbone cannot be loaded.
    """
    loaded = load_backbone(backbone, device, precision)
    return Features(loaded, settings, TokenStore(features_folder(project), Provenance.of(loaded, settings)))
