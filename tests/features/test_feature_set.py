"""Feature sets read what is stored, with or without the weights."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from actiondiff_gui.errors import BackboneError, FeatureStoreError
from actiondiff_gui.features.dataset import features_folder
from actiondiff_gui.features.feature_set import FeatureSet
from actiondiff_gui.features.settings import ExtractionSettings
from actiondiff_gui.features.stored_sets import ABOUT, stored_features
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project

SETTINGS = ExtractionSettings(stride=4)


@pytest.fixture
def weights(svd_folder: Path, tmp_path: Path) -> Path:
    """Provide a copy of the small pipeline folder that a test may take away."""
    return Path(shutil.copytree(svd_folder, tmp_path / "small-svd"))


@pytest.fixture
def project(videos: list[Path], tmp_path: Path):
    """Two videos, their clips labelled."""
    with Project.create(tmp_path / "mice.actiondiff") as made:
        run(import_videos(made, videos[:2]))
        for clip, action in zip(made.clips(), ("walk", "rest"), strict=True):
            made.label(clip.id, action)
        yield made


def feature_set(project, weights, **choices):
    choices = {"timestep": 20, "layers": 9, "settings": SETTINGS, "device": "cpu"} | choices
    return FeatureSet(project, str(weights), **choices)


def test_features_are_read_where_the_weights_are_gone(project, weights):
    made = feature_set(project, weights)
    assert len(run(made.extract_job()).computed) == 2
    before = made.tokens()

    shutil.rmtree(weights)
    again = feature_set(project, weights)
    found = again.tokens()

    assert again.address == made.address
    assert found.clip_ids == before.clip_ids
    assert all(np.array_equal(a, b) for a, b in zip(found.tokens, before.tokens, strict=True))
    assert again.plan() == []
    assert run(again.extract_job()).computed == ()


def test_without_weights_the_usual_timestep_and_layer_are_those_that_the_store_names(project, weights):
    made = feature_set(project, weights, timestep=None, layers=())
    run(made.extract_job())
    shutil.rmtree(weights)
    again = feature_set(project, weights, timestep=None, layers=())
    assert (again.timestep, again.layers) == (made.timestep, made.layers)


def test_a_store_of_an_earlier_version_tells_its_settings_by_its_token_files(project, weights):
    made = feature_set(project, weights)
    run(made.extract_job())
    (made.store.folder / ABOUT).unlink()
    (told,) = stored_features(features_folder(project))
    assert told.provenance == made.store.provenance
    assert len(feature_set(project, weights).tokens()) == 2


def test_where_nothing_is_stored_and_no_weights_are_here_a_sentence_says_so(project, weights):
    run(feature_set(project, weights).extract_job())
    shutil.rmtree(weights)
    with pytest.raises(FeatureStoreError, match="other settings only"):
        feature_set(project, weights, settings=ExtractionSettings(stride=2)).tokens()
    with pytest.raises(BackboneError, match="no backbone"):
        FeatureSet(project, "nobody")
    fresh = FeatureSet(project, "svd-xt", timestep=20, layers=[9])
    assert (fresh.timestep.key, fresh.layers) == ("t20", (9,))
    with pytest.raises(FeatureStoreError, match="no features of svd-xt"):
        fresh.tokens()


def test_what_is_lacking_needs_the_network_and_says_so(project, weights):
    run(feature_set(project, weights).extract_job())
    shutil.rmtree(weights)
    lacking = feature_set(project, weights, layers=4)
    assert len(lacking.plan()) == 2
    with pytest.raises(BackboneError, match="small-svd"):
        run(lacking.extract_job())


def test_other_weights_of_one_name_are_not_mixed_with_the_stored_ones(project, weights):
    run(feature_set(project, weights).extract_job())
    file = next((weights / "unet").glob("*.safetensors"))
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    changed = feature_set(project, weights)
    assert len(changed.plan()) == 2


def test_several_layers_are_planned_together_and_read_one_by_one(project, weights):
    both = feature_set(project, weights, layers=[4, 9])
    run(both.extract_job())
    load = both.load()
    assert load("t20", 4).address.layers == (4,)
    assert load("t20", 9).address.layers == (9,)


def test_layers_and_pooling_are_part_of_the_address(project, weights):
    both = feature_set(project, weights, layers=[9, 4], pooling="mean+change")
    run(both.extract_job())
    assert both.layers == (4, 9)
    tokens = both.tokens()
    assert tokens.address == both.address
    assert "layers 4, 9, mean + change" in str(both.address)
    assert tokens.tokens[0].shape[1] == both.channels == 2 * (64 + 32)
    mean = feature_set(project, weights, layers=[4, 9])
    assert mean.pooling == "mean"
    assert mean.plan() == []
    assert mean.address != both.address
    assert mean.address.digest == both.address.digest
    with pytest.raises(BackboneError, match="no pooling 'sum'"):
        feature_set(project, weights, pooling="sum")
