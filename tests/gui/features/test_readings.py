"""Several layers side by side, with their change: a map, a model, its predictions and a review, without any window."""

from dataclasses import replace

import numpy as np
import pytest

from actiondiff_gui.backbones.identity import describe
from actiondiff_gui.classifier.models.library import list_models, load_model
from actiondiff_gui.classifier.training.plan import TrainingPlan
from actiondiff_gui.classifier.training.run import TrainingRun
from actiondiff_gui.embedding.maps import MapSettings
from actiondiff_gui.embedding.process import EmbedProcess
from actiondiff_gui.errors import FeatureStoreError
from actiondiff_gui.features.dataset import clip_sources
from actiondiff_gui.gui.map.state import clip_maps
from actiondiff_gui.gui.map.state.mapping import NoFeatures, map_job
from actiondiff_gui.gui.review.state.queue import queue_job
from actiondiff_gui.gui.session.clip_table import ClipTable
from actiondiff_gui.gui.session.loaded import LoadedFeatures
from actiondiff_gui.gui.train.state.models import rows_of
from actiondiff_gui.gui.train.state.training import token_location_job, train_job, train_quickly_job
from actiondiff_gui.inference.clips import predict_clips_job
from actiondiff_gui.inference.origin import store_of
from actiondiff_gui.progress import run
from actiondiff_gui.project.project import Project
from tests.zoo import AT, CHANNELS

HERE = replace(AT, layers=(3, 9), pooling="mean+change")
PLAN = TrainingPlan(domain="species", train_domains=("ant",), test_domains=("bee",), head="linear")


@pytest.fixture
def project(zoo_file):
    """Return the zoo, whose clips have layers 3 and 9 with their change, the last one layer 3 without."""
    with Project.open(zoo_file) as opened:
        store = run(token_location_job(opened, LoadedFeatures(), AT)).store
        sources = clip_sources(opened)
        for source in sources:
            tokens, frames = store.read(source.key, "t20", [9])
            both = np.tile(tokens[9].astype(np.float32), 2)
            store.write(source.key, "t20", {9: both}, frames, "mean+change")
            if source is sources[-1]:
                store.write(source.key, "t20", {3: tokens[9]}, frames)
            else:
                store.write(source.key, "t20", {3: both}, frames, "mean+change")
        yield opened


def test_a_map_a_model_predictions_and_a_review_read_several_layers_with_their_change(project):
    place = run(token_location_job(project, LoadedFeatures(), HERE))
    # Of the network's layers; the made-up tokens are shorter.
    about = describe("tiny")
    assert place.channels == 2 * sum(about.layer(layer).channels for layer in (3, 9))
    trained = run(train_job(project, LoadedFeatures(), HERE, TrainingRun(PLAN)))
    assert trained.name == "linear t20 layers 3+9 change"
    assert len(trained.missing) == 1
    assert trained.metrics["results"]["heads"]["linear"]["top-1"]["value"] == 1.0
    model = load_model(project, trained.name)
    assert (model.address.layers, model.address.pooling) == ((3, 9), "mean+change")
    assert model.head.channels == 4 * CHANNELS
    said = run(predict_clips_job(project, model, trained.name))
    assert (len(said), list(said.failed.values())) == (35, ["It has no stored features."])
    queue = run(queue_job(project, trained.name, "uncertainty"))
    assert queue.without_features == 1
    again = run(train_quickly_job(project, trained.name))
    assert load_model(project, again.name).address == model.address
    assert store_of(project, model).provenance == place.store.provenance
    told = {row.name: row.address for row in rows_of(list_models(project))}
    assert told[trained.name] == "tiny, t20, layers 3, 9, mean + change"


def test_maps_of_poolings_are_kept_apart(project):
    process = EmbedProcess()
    try:
        made = run(map_job(project, LoadedFeatures(), HERE, MapSettings("pca"), process))
        mean = run(
            map_job(project, LoadedFeatures(), replace(HERE, pooling="mean"), MapSettings("pca"), process)
        )
    finally:
        process.close()
    assert (len(made), len(mean)) == (35, 36)
    assert made.title.startswith("PCA t20 layers 3+9 change, 35")
    kept = clip_maps.read_maps(project)
    assert {each.address.pooling for each in kept} == {"mean", "mean+change"}
    assert clip_maps.best_fit(kept, HERE, "pca").address == made.address
    assert "layers 3, 9, mean + change. The address is now t20, layers 3, 9." in str(
        clip_maps.differences(made, replace(HERE, pooling="mean"), ClipTable.read(project))
    )
    with pytest.raises((NoFeatures, FeatureStoreError), match="layers 3, 6, mean"):
        run(map_job(project, LoadedFeatures(), replace(HERE, layers=(3, 6)), MapSettings("pca"), process))
