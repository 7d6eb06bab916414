"""Training and retraining on a project's labels, without a window."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from actiondiff_gui.classifier.bouts import Bout
from actiondiff_gui.classifier.models.library import (
    keep_model,
    list_models,
    load_model,
    models_folder,
    rename_model,
)
from actiondiff_gui.classifier.training.plan import TrainingPlan
from actiondiff_gui.classifier.training.presets import preset
from actiondiff_gui.classifier.training.run import TrainingRun
from actiondiff_gui.errors import ClassifierError
from actiondiff_gui.features.cost import Pace
from actiondiff_gui.gui.session.loaded import LoadedFeatures
from actiondiff_gui.gui.session.preferences import Preferences
from actiondiff_gui.gui.session.session import Session
from actiondiff_gui.gui.train.state.applying import Asked, apply_job, forecast
from actiondiff_gui.gui.train.state.models import compare, delete, import_job, problems_job, rows_of
from actiondiff_gui.gui.train.state.training import show_changes, train_job, train_quickly_job
from actiondiff_gui.inference.bouts import keep_bouts, untouched
from actiondiff_gui.progress import run
from tests.zoo import AT

QUICK = preset("small-data", epochs=4, layers=1, width=16, warmup_epochs=1)
PLAN = TrainingPlan(
    domain="species", train_domains=("ant",), test_domains=("bee",), settings=QUICK, head="linear"
)


@pytest.fixture
def session(tmp_path: Path, zoo_file: Path):
    """Return a session with the zoo open: ants and bees that walk and eat, every clip labelled."""
    session = Session(Preferences(tmp_path / "home"))
    session.open_project(zoo_file)
    yield session
    session.close_project()


def train(session: Session, plan: TrainingPlan = PLAN, name: str = ""):
    return run(train_job(session.project, LoadedFeatures(), AT, TrainingRun(plan), name))


def predict(session: Session, model: str, **changes):
    asked = Asked(model, "all", tuple(row.id for row in session.table))
    asked = replace(asked, **changes)
    return run(apply_job(session.project, LoadedFeatures(), AT, asked))


def test_what_applying_to_recordings_takes_is_said_before(session):
    train(session)
    (model,) = list_models(session.project)
    one = session.project.videos()[0]
    recordings = [replace(one, frame_count=frames, fps=25.0) for frames in (30_000, 1)]
    stride, deepest = model.about.extraction["stride"], 13
    # Windows of 8 frames, every 4th one; the last one of a recording may be short.
    windows = -(-30_000 // (8 * stride)) + 1
    key = (AT.backbone, None, "auto", "auto")
    pace = Pace(shared=0.25, step=0.5, decode=0.25, memory_bytes=0, deepest=deepest)
    told = forecast(recordings, model.about, {(key, deepest): pace})
    assert told.startswith(f"2 recordings, 20 min of video, {windows} windows of the network: about 16 min")
    # A pace of another backbone, or of a network left earlier, says nothing.
    for other in (("svd-xt", None, "auto", "auto"), deepest), (key, 8):
        assert "about" not in forecast(recordings, model.about, {other: pace})
    assert forecast([], model.about, {}) == ""


def test_labels_become_a_model_and_the_model_predictions_that_are_no_labels(session):
    trained = train(session)
    assert trained.name == "linear t20 layer 9"
    assert trained.metrics["results"]["heads"]["linear"]["top-1"]["value"] == 1.0
    before = session.project.labels(sources=("person", "import"))
    outcome = predict(session, trained.name)
    assert outcome.text == "linear t20 layer 9: 36 clips predicted."
    assert session.project.labels(sources=("person", "import")) == before
    said = session.project.labels(sources=("model",))
    assert len(said) == 36
    assert all(0 < p.confidence <= 1 for p in said)
    assert all(row.prediction == row.label for row in outcome.table)


def test_training_again_learns_from_the_labels_of_now(session):
    first = train(session, replace(PLAN, head="transformer"), "zoo").name
    project = session.project
    bees = [row for row in session.table if row.facets["species"] == "bee"]
    for row in bees[:2]:
        project.unlabel(row.id, row.label)
        project.label(row.id, "dance", by="Ada")
    again = run(train_quickly_job(project, first))
    assert again.name == "zoo 2"
    assert load_model(project, "zoo 2").classes == ("walk", "eat", "dance")
    assert again.metrics["data"]["train"] + again.metrics["data"]["validation"] == 36
    assert (again.predicted, again.without_features) == (36, ())
    assert {p.by for p in project.labels(sources=("model",))} == {"zoo 2"}
    show_changes(session, again.table)
    assert session.table.get(bees[0].id).labels == ("dance",)
    held = run(train_quickly_job(project, first, hold_out=True))
    assert held.name == "zoo 3"
    assert held.metrics["data"]["domains"] == ["ant"]


def test_a_model_that_does_not_say_how_it_was_trained_is_not_trained_again(session):
    name = train(session).name
    model = load_model(session.project, name)
    from actiondiff_gui.classifier.models.saved import save_classifier

    save_classifier(replace(model, metrics={}), models_folder(session.project) / "old.safetensors")
    with pytest.raises(ClassifierError, match="training plan cannot be read"):
        run(train_quickly_job(session.project, "old"))
    with pytest.raises(ClassifierError, match="no model called nobody"):
        run(train_quickly_job(session.project, "nobody"))
    assert len(list_models(session.project)) == 2


def test_predicting_everything_passes_over_bouts_that_are_answers_already(session):
    name = train(session).name
    video = session.project.videos()[0].id
    keep_bouts(session.project, video, [Bout("walk", 1, 9)], name)
    session.reread()
    assert "36 clips predicted" in predict(session, name).text
    assert [bout.start for bout in untouched(session.project, video).values()] == [1]


def test_clips_without_features_fail_by_themselves(session, tmp_path):
    name = train(session).name
    project = session.project
    lost = next(iter((project.path.parent / "zoo.features").rglob("t20.safetensors")))
    lost.write_bytes(b"\x00" * 40)
    outcome = predict(session, name, clip_ids=(session.table.rows[0].id,))
    # Its features are computed again; whether or not that is the damaged clip, something is predicted.
    assert "1 clip predicted" in outcome.text


def test_models_are_renamed_and_deleted_with_all_that_they_said(session):
    name = train(session).name
    predict(session, name)
    video = session.project.videos()[0].id
    keep_bouts(session.project, video, [Bout("walk", 1, 9)], name)
    assert rename_model(session.project, name, "best") == "best"
    table = delete(session.project, "best")
    assert len(table) == 36
    assert session.project.labels(sources=("model",)) == []


def test_models_travel_and_what_is_none_is_refused_in_words(session, tmp_path):
    train(session, name="good")
    folder = models_folder(session.project)
    (folder / "cut.safetensors").write_bytes((folder / "good.safetensors").read_bytes()[:-40])
    (folder / "pickle.safetensors").write_bytes(b"\x80\x04\x95\x05\x00")
    other = Session(Preferences(tmp_path / "home"))
    shutil.copy(session.project.path, tmp_path / "other.actiondiff")
    shutil.copytree(tmp_path / "zoo.features", tmp_path / "other.features")
    other.open_project(tmp_path / "other.actiondiff")
    names, refused = run(import_job(other.project, [session.project.path]))
    assert names == ["good"]
    assert len(refused) == 2
    assert "cut.safetensors" in refused[0]
    assert "pickle" in refused[1]
    assert [model.name for model in list_models(other.project)] == ["good"]
    assert "36 clips predicted" in predict(other, "good").text
    other.close_project()


def test_a_model_of_other_weights_is_told_apart_before_it_is_applied(session):
    from actiondiff_gui.classifier.models.saved import save_classifier
    from actiondiff_gui.features.settings import Provenance

    good = load_model(session.project, train(session, name="good").name)
    folder = models_folder(session.project)
    values = good.extraction | {"weights": "0" * 16}
    digest = Provenance("tiny", values).digest
    strange = replace(good, extraction=values, address=replace(good.address, digest=digest))
    save_classifier(strange, folder / "strange.safetensors")
    save_classifier(
        replace(good, address=replace(good.address, backbone="gone")), folder / "gone.safetensors"
    )
    problems = run(problems_job(session.project, list_models(session.project)))
    assert set(problems) == {"strange", "gone"}
    assert "other weights" in problems["strange"]
    assert "gone" in problems["gone"]
    with pytest.raises(ClassifierError, match="other weights"):
        predict(session, "strange")
    assert session.project.labels(sources=("model",)) == []


def test_models_are_compared_and_a_warning_tells_where_they_saw_other_clips(session):
    train(session, name="a")
    train(session, replace(PLAN, train_domains=("bee",), test_domains=("ant",)), "b")
    found = compare(list_models(session.project))
    assert set(found.names) == {"a", "b"}
    rows = dict(found.rows)
    assert set(rows["held out"]) == {"ant", "bee"}
    assert "tested on different clips" in found.note


def test_a_model_is_dated_by_its_training_and_not_by_its_file(session, tmp_path):
    name = train(session, name="first").name
    trained = load_model(session.project, name).metrics["made"]
    path = models_folder(session.project) / "first.safetensors"
    os.utime(path, (10**9, 10**9))  # as a copy from a server leaves it
    (model,) = list_models(session.project)
    assert model.trained
    assert model.made.isoformat(timespec="seconds") == trained
    train(session, name="second")
    os.utime(path)  # written later, trained earlier
    assert [model.name for model in list_models(session.project)] == ["second", "first"]
    (row, _) = rows_of(list_models(session.project))
    assert row.made == model_date(list_models(session.project)[0])
    old = load_model(session.project, "first")
    keep_model(session.project, replace(old, metrics={}), "older")
    (older,) = [model for model in list_models(session.project) if model.name == "older"]
    assert not older.trained


def model_date(model) -> str:
    return model.made.astimezone().strftime("%d %b %Y, %H:%M")
