"""Which backbone is loaded, how is it used, and where are its tokens? Also as a classifier kept it."""

from dataclasses import dataclass
from typing import Any

from actiondiff_gui.backbones.protocol import Backbone
from actiondiff_gui.backbones.registry import load_backbone
from actiondiff_gui.classifier.trained import TrainedClassifier
from actiondiff_gui.errors import BackboneError, ClassifierError
from actiondiff_gui.features.dataset import features_folder
from actiondiff_gui.features.feature_set import FeatureSet
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


def settings_of_classifier(kept: dict[str, Any]) -> tuple[ExtractionSettings, str]:
    """Extraction settings and precision out of what a classifier kept of them.

    Raises
    ------
    ClassifierError
        They are not there, or make no sense.
    """
    try:
        return ExtractionSettings(
            stride=kept["stride"],
            resolution=kept["resolution"]
            if isinstance(kept["resolution"], str)
            else tuple(kept["resolution"]),
            regime=kept["regime"],
            draws=kept["draws"],
            max_seconds=kept["max_seconds"],
        ), str(kept["precision"])
    except (KeyError, TypeError, ValueError, BackboneError) as error:
        raise ClassifierError(
            "The classifier does not say how its features were extracted, so it cannot be applied to videos. Train "
            "it again with this program."
        ) from error


def feature_set_of_classifier(
    project: Project, classifier: TrainedClassifier, device: str = "auto"
) -> FeatureSet:
    """The features that ``classifier`` reads, as stored; its backbone need not be here.

    Raises
    ------
    ClassifierError
        It does not say how its features were extracted, or those here are others.
    """
    settings, precision = settings_of_classifier(classifier.extraction)
    address = classifier.address
    found = FeatureSet(
        project,
        address.backbone,
        address.timestep,
        address.layers,
        address.pooling,
        settings=settings,
        device=device,
        precision=precision,
    )
    classifier.check_address(found.address)
    return found


def features_of_classifier(
    project: Project, classifier: TrainedClassifier, backbone: str | None = None, device: str = "auto"
) -> Features:
    """Load the backbone and settings that ``classifier`` was trained on.

    Parameters
    ----------
    backbone : str, optional
        Where the backbone is now, if its name in the classifier does not find it.

    Raises
    ------
    BackboneError
        If the backbone cannot be loaded.
    ClassifierError
        If it gives other features than the classifier was trained on.
    """
    settings, precision = settings_of_classifier(classifier.extraction)
    name = backbone or classifier.address.backbone
    try:
        features = open_features(project, name, settings, device, precision)
    except BackboneError as error:
        if backbone:
            raise
        raise BackboneError(
            f"The backbone {name} that the classifier was trained on cannot be loaded here: {error} Say where it is "
            "(--backbone)."
        ) from error
    digest = features.store.provenance.digest
    if digest != classifier.address.digest:
        raise ClassifierError(
            f"The classifier was trained on features [{classifier.address}], but {features.backbone.id} as loaded "
            f"here gives features {digest}: other weights or another version. Train a new classifier, or name the "
            "backbone it was trained on."
        )
    return features
