"""Extract on the cluster, train on the laptop: stored features suffice where the weights are missing."""

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

import actiondiff_gui as ad
from actiondiff_gui.backbones.controls.names import SIMPLE
from actiondiff_gui.classifier.models.saved import save_classifier
from actiondiff_gui.classifier.training import presets
from actiondiff_gui.classifier.training.plan import TrainingPlan
from actiondiff_gui.classifier.training.run import TrainingRun
from actiondiff_gui.cli.running import PASSED_OVER
from actiondiff_gui.errors import BackboneError
from actiondiff_gui.evaluation.measures import ALL_MEASURES
from actiondiff_gui.gui.features.state import extracting
from actiondiff_gui.gui.lab.state import board
from actiondiff_gui.gui.lab.state import comparing as lab
from actiondiff_gui.gui.session.address import Address
from actiondiff_gui.gui.session.loaded import LoadedFeatures
from actiondiff_gui.gui.train.state import applying, training
from actiondiff_gui.progress import run
from tests.cli.test_cli import call
from tests.cluster import LAYERS, SETTINGS, TIMESTEPS, extracted_elsewhere

QUICK = presets.preset("small-data", epochs=2, layers=1, width=16, warmup_epochs=1)
STUDY = ("--stride", 4, "--timesteps", "10,20", "--layers", "5,9", "--timestep", 20, "--layer", 9)


@pytest.fixture(scope="module")
def brought(svd_folder, tmp_path_factory) -> tuple[Path, Path]:
    """Provide the project's file, and where the weights were."""
    return extracted_elsewhere(svd_folder, tmp_path_factory.mktemp("laptop"))


@pytest.fixture
def here(brought, tmp_path, monkeypatch) -> tuple[Path, Path]:
    """Provide the same for one test alone; a transformer is trained for two epochs."""
    monkeypatch.setattr(presets, "PRESETS", MappingProxyType({**presets.PRESETS, "small-data": QUICK}))
    path, weights = brought
    shutil.copytree(
        path.parent, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("on the cluster")
    )
    return tmp_path / path.name, weights


def features_of(project: ad.Project, weights: Path, **choices) -> ad.FeatureSet:
    choices = {"timestep": 20, "layers": [9], "settings": SETTINGS} | choices
    return ad.FeatureSet(project, str(weights), **choices)


def test_the_public_functions(here):
    path, weights = here
    with ad.Project.open(path) as project:
        features = features_of(project, weights)
        assert ad.extract(features).computed == ()
        assert len(ad.embed(features, "pca")) == 12
        model = ad.train(features, "linear", test="each-domain")
        assert len(model.scores)
        assert len(ad.predict(model, project)) == 12
        with pytest.raises(BackboneError, match=r"12 clips lack features of .*small-svd"):
            ad.extract(features, timesteps=[3])


def test_clips_that_were_added_since_are_told_and_the_others_are_predicted(here, tmp_path):
    path, weights = here
    with ad.Project.open(path) as project:
        model = ad.train(features_of(project, weights), "knn")
        save_classifier(model, tmp_path / "model.safetensors")
        new = project.add_clip(project.videos()[0].id, 4, 12)
        assert len(ad.predict(model, project)) == 12
    said = json.loads(
        call("predict", path, "--model", tmp_path / "model.safetensors", "--json", code=PASSED_OVER)
    )
    assert len(said["rows"]) == 12
    assert list(said["failed"]) == [new.id]
    assert "small-svd" in said["failed"][new.id]


def test_the_commands(here, tmp_path):
    path, weights = here
    at = ("--backbone", weights, "--stride", 4)
    said = json.loads(call("extract", path, *at, "--timesteps", "10,20", "--layers", "5,9", "--json"))
    assert (said["clips"], said["to_compute"]) == (12, 0)
    assert "0 windows" in call("extract", path, *at, "--timesteps", "20", "--layers", "9", "--estimate")
    model, out = tmp_path / "model.safetensors", tmp_path / "map"
    call("train", path, *at, "--timestep", 20, "--layer", 9, "--test", "each-domain", "--out", model)
    said = json.loads(call("predict", path, "--model", model, "--json"))
    assert (len(said["rows"]), said["failed"]) == (12, {})
    call("embed", path, *at, "--timestep", 10, "--layer", 5, "--method", "pca", "--out", out)
    with (out / "map.csv").open(newline="") as stream:
        assert len(list(csv.DictReader(stream))) == 12
    call("embed", path, "--model", model, "--method", "pca", "--out", tmp_path / "seen")


def test_a_study_with_a_scoreboard(here, tmp_path):
    path, weights = here
    out = tmp_path / "report"
    asked = (
        "study",
        path,
        "--backbone",
        weights,
        *STUDY,
        "--scoreboard",
        "--heads",
        "knn",
        "--out",
        out,
        "--json",
    )
    said = json.loads(call(*asked))
    assert set(said["held_out"]["heads"]) == {"transformer", "linear", "knn", "majority"}
    methods = {mean["method"] for mean in said["scoreboard"]["means"]}
    assert methods == {str(weights), *SIMPLE}
    assert said["failed"] == []
    with (out / "study.csv").open(newline="") as stream:
        assert {(row["timestep"], int(row["layer"])) for row in csv.DictReader(stream)} == {
            (step, layer) for step in TIMESTEPS for layer in LAYERS
        }


def test_what_the_window_asks(here, tmp_path):
    """The jobs behind the lab, the training, the features and the models, as the window starts them."""
    path, weights = here
    loaded, address = LoadedFeatures(), Address(str(weights), "t20", (9,), settings=SETTINGS)
    with ad.Project.open(path) as project:
        clips = tuple(clip.id for clip in project.clips())
        outlook = run(extracting.outlook_job(project, address, TIMESTEPS, LAYERS, None))
        assert not outlook.here
        assert (outlook.coverage.there["t10"], outlook.coverage.units) == (12, [])

        choice = lab.LabChoice(TIMESTEPS, LAYERS, "across_knn")
        assert choice.measure in ALL_MEASURES
        asked = lab.Asked(project, replace(address, timestep="", layers=()), "species", choice)
        grid = run(lab.score_job(loaded, run(lab.stored_grid_job(loaded, asked))))
        assert set(grid.cells) == set(grid.places)

        computed = run(
            extracting.extraction_job(loaded, project, extracting.Extraction(address, TIMESTEPS, LAYERS))
        )
        assert (computed.clips, computed.kept, computed.failures) == (12, 12, {})

        plan = TrainingPlan(head="linear", domain="species", test="each-domain", settings=QUICK)
        trained = run(training.train_job(project, loaded, address, TrainingRun(plan)))
        assert trained.missing == ()
        told = run(applying.apply_job(project, loaded, address, applying.Asked(trained.name, "all", clips)))
        assert "12 clips predicted" in told.text

        played = board.BoardRun(
            board.BoardAsked(project, asked.address, "species", choice, (str(weights), "pixels"), ("knn",), 1)
        )
        assert {row.method for row in run(board.play_job(loaded, played)).rows} == {str(weights), "pixels"}
    assert not loaded.holds(address)
