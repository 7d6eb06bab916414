from dataclasses import replace
from pathlib import Path

import pytest

from actiondiff_gui.errors import BackboneError
from actiondiff_gui.features.settings import ExtractionSettings
from actiondiff_gui.gui.session.address import Address
from actiondiff_gui.gui.session.loaded import LoadedFeatures
from actiondiff_gui.project.project import Project


@pytest.fixture
def project(tmp_path: Path):
    with Project.create(tmp_path / "p.actiondiff") as project:
        yield project


def test_a_backbone_is_loaded_once_for_all_settings_and_timesteps(project):
    loaded, address = LoadedFeatures(), Address()
    first = loaded.features(project, address)
    second = loaded.features(project, replace(address, timestep="t3", settings=ExtractionSettings(stride=2)))
    assert not loaded.holds(address)
    assert second.network() is first.network()
    assert loaded.holds(address)
    assert second.store.folder != first.store.folder
    assert second.settings.stride == 2


def test_another_precision_loads_the_backbone_anew(project):
    loaded = LoadedFeatures()
    first = loaded.features(project, Address()).network()
    second = loaded.features(project, Address(precision="bfloat16")).network()
    assert second is not first
    assert second.precision == "bfloat16"


def test_a_backbone_that_is_not_there_is_told_and_the_next_one_loads(project):
    loaded = LoadedFeatures()
    with pytest.raises(BackboneError):
        loaded.features(project, Address(backbone="/nowhere"))
    assert loaded.features(project, Address()).network().id
