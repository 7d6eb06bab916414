"""The features at the window's address, read from disk; a network is loaded only to compute."""

from dataclasses import replace
from typing import TYPE_CHECKING

from actiondiff_gui.backbones.waking import wake_job
from actiondiff_gui.gui.session.address import Address
from actiondiff_gui.gui.session.loaded import LoadedFeatures
from actiondiff_gui.progress import Job
from actiondiff_gui.project.project import Project

if TYPE_CHECKING:
    from actiondiff_gui.features.feature_set import FeatureSet


def feature_set_job(project: Project, loaded: LoadedFeatures, address: Address) -> "Job[FeatureSet]":
    """Return the feature set of an address; only a backbone without a description has to be loaded for that.

    Raises
    ------
    BackboneError
        There is no such backbone, or it has no such timestep or layer.
    """
    yield from wake_job(networks=False)
    return loaded.features(project, address)


def spelled(address: Address, features: "FeatureSet") -> Address:
    """Return ``address`` with its timestep, layers and pooling named."""
    return replace(address, **features.reading._asdict())
