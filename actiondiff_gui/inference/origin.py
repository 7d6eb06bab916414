"""Location of the features that a classifier reads, and whether they can be computed on this computer."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from actiondiff_gui.backbones.identity import identify
from actiondiff_gui.errors import BackboneError, ClassifierError
from actiondiff_gui.features.dataset import features_folder
from actiondiff_gui.features.settings import Provenance
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.features.tokens import FeatureAddress
from actiondiff_gui.project.project import Project

if TYPE_CHECKING:
    from actiondiff_gui.features.feature_set import FeatureSet

Loader = Callable[[], "FeatureSet"]
"""The features that a classifier reads, to compute what is missing; called only where something is."""


class Origin(Protocol):
    """What a classifier, or the description of its file, says of its features."""

    @property
    def address(self) -> FeatureAddress:
        """Where they lie."""

    @property
    def extraction(self) -> dict[str, Any]:
        """How they were computed; empty where that is not known."""


def store_of(project: Project, classifier: Origin) -> TokenStore:
    """Return the project's store of the features that ``classifier`` reads, without loading the backbone.

    Raises
    ------
    ClassifierError
        The classifier does not say how its features were extracted.
    """
    provenance = Provenance(classifier.address.backbone, classifier.extraction)
    if not classifier.extraction or provenance.digest != classifier.address.digest:
        raise ClassifierError(
            "The classifier does not say how its features were extracted, so it cannot be applied to videos. Train "
            "it again with this program."
        )
    return TokenStore(features_folder(project), provenance)


def why_not_here(classifier: Origin, device: str = "auto") -> str:
    """Return why the features of a classifier cannot be computed on this computer, as a sentence; "" where they can.

    A backbone that has first to be downloaded or loaded is given the benefit of the doubt.
    """
    from actiondiff_gui.workflow import settings_of_classifier

    try:
        settings, precision = settings_of_classifier(classifier.extraction)
        identity = identify(classifier.address.backbone, device, precision)
    except BackboneError as error:
        return f"Its backbone {classifier.address.backbone} is not available here. {error}"
    except ClassifierError as error:
        return str(error)
    if identity is None:
        return ""
    if Provenance.of(identity, settings).digest != classifier.address.digest:
        return (
            f"It reads features of {classifier.address.backbone} of other weights, or of another version than on this "
            "computer."
        )
    return ""
