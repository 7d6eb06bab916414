"""Features that a classifier reads."""

from typing import Any

from actiondiff_gui.backbones.registry import load_backbone
from actiondiff_gui.classifier.models.trained import TrainedClassifier
from actiondiff_gui.errors import BackboneError, ClassifierError
from actiondiff_gui.features.feature_set import FeatureSet, Load
from actiondiff_gui.features.settings import ExtractionSettings, Provenance
from actiondiff_gui.project.project import Project


def settings_of_classifier(kept: dict[str, Any]) -> tuple[ExtractionSettings, str]:
    """Return extraction settings and precision from what a classifier stored of them.

    Raises
    ------
    ClassifierError
        They are not there, or make no sense.
    """
    try:
        resolution: Any = kept["resolution"]
        if not isinstance(resolution, str):
            resolution = tuple(resolution)
        return ExtractionSettings(
            stride=kept["stride"],
            resolution=resolution,
            regime=kept["regime"],
            draws=kept["draws"],
            max_seconds=kept["max_seconds"],
            condition=kept.get("condition", "noised"),
            generator=Provenance("", kept).generator,
        ), str(kept["precision"])
    except (KeyError, TypeError, ValueError, BackboneError) as error:
        raise ClassifierError(
            "The classifier does not say how its features were extracted, so it cannot be applied to videos. Train "
            "it again with this program."
        ) from error


def features_of_classifier(
    project: Project,
    classifier: TrainedClassifier,
    backbone: str | None = None,
    device: str = "auto",
    load: Load = load_backbone,
) -> FeatureSet:
    """Return the features that ``classifier`` reads, as stored; its backbone need not be here.

    Parameters
    ----------
    backbone : str, optional
        Where the backbone is now, if its name in the classifier does not find it.
    load : callable, optional
        As of :class:`~actiondiff_gui.features.feature_set.FeatureSet`.

    Raises
    ------
    BackboneError
        There is no such backbone, or it tells what it is only when it is loaded and cannot be.
    ClassifierError
        The classifier does not say how its features were extracted, or those here are others.
    """
    settings, precision = settings_of_classifier(classifier.extraction)
    address = classifier.address
    try:
        found = FeatureSet(
            project,
            backbone or address.backbone,
            address.timestep,
            address.layers,
            address.pooling,
            settings=settings,
            device=device,
            precision=precision,
            load=load,
        )
    except BackboneError as error:
        if backbone:
            raise
        raise BackboneError(
            f"The backbone {address.backbone} that the classifier was trained on is not available here: {error} Give its "
            "folder with --backbone."
        ) from error
    digest = found.store.provenance.digest
    if digest != address.digest:
        raise ClassifierError(
            f"The classifier was trained on features [{address}], but {found.description.id} as it is here gives "
            f"features {digest}: other weights or another version. Train a new classifier, or name the backbone it was "
            "trained on."
        )
    return found
