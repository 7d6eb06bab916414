"""From labels to predictions in a real viewer."""

import shutil
import subprocess
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import QPointF, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QFileDialog, QInputDialog, QLabel, QMessageBox

from actiondiff_gui.classifier.models.library import list_models, load_model, models_folder
from actiondiff_gui.classifier.training.presets import preset
from actiondiff_gui.features.dataset import clip_sources
from actiondiff_gui.gui.services.jobs_line import JobsLine
from actiondiff_gui.gui.session import editing
from actiondiff_gui.gui.session.loaded import LoadedFeatures
from actiondiff_gui.gui.train.state.training import token_location_job
from actiondiff_gui.progress import run
from actiondiff_gui.project.project import Project
from tests.zoo import AT

QUICK = preset("small-data", epochs=5, layers=1, width=16, warmup_epochs=1)


@pytest.fixture
def dock(host, zoo_file, wait):
    """Return the dock with the zoo open, visible."""
    from actiondiff_gui.gui.train.dock import TrainDock

    dock = TrainDock(host)
    host.viewer.window.add_dock_widget(dock, name="train", area="right")
    host.window.resize(1280, 800)
    host.window.show()
    host.session.open_project(zoo_file)
    host.session.annotator = "Ada"
    checked(dock, wait)
    yield dock
    dock.parent().close()


def checked(dock, wait) -> None:
    """Wait until the form has looked at how things are now."""
    wait(
        lambda: (
            not dock.form.watcher.query.waiting and not busy(dock) and dock.form.watcher.checked is not None
        )
    )


def busy(dock) -> bool:
    return bool(dock.host.jobs.active())


def train(dock, wait, head: str = "linear", settings=None) -> str:
    """Train as a user does, and return the model's name when its results are shown."""
    form = dock.form
    place = form.head.findData(head)
    form.head.setCurrentIndex(place)
    form.head.activated.emit(place)
    if settings is not None:
        form.watcher.want(settings=settings)
    checked(dock, wait)
    form.button.click()
    wait(lambda: dock.stack.currentWidget() is dock.results)
    return dock.results.name


def findings(dock) -> str:
    return " ".join(finding.text for finding in dock.form.findings.shown)


def test_the_address_is_chosen_by_validation_where_that_is_ticked(dock, host, wait):
    session = host.session
    place = run(token_location_job(session.project, LoadedFeatures(), AT))
    random = np.random.default_rng(7)
    for source in clip_sources(session.project):
        noise = random.normal(size=(4, 12))
        frames = np.arange(source.start, source.end)
        place.store.write(source.key, "t0", {9: noise}, frames)
    dock.form.automatic.click()
    checked(dock, wait)
    assert dock.form.watcher.checked.plan.automatic
    session.set_address(timestep="t0")
    checked(dock, wait)

    name = train(dock, wait)

    assert name.endswith("t20 layer 9")
    model = load_model(session.project, name)
    assert model.address.timestep == "t20"
    assert model.metrics["results"]["addresses"]["kept"]["timestep"] == "t20"
    words = " ".join(label.text() for label in dock.results.findChildren(QLabel))
    assert "Its address was chosen by validation among its training clips: t20, layer 9" in words


def test_without_a_project_the_dock_offers_the_sample(host, wait):
    from actiondiff_gui.gui.train.dock import TrainDock

    dock = TrainDock(host)
    dock.show()
    assert "Try the sample" in dock.empty.buttons
    assert dock.stack.currentWidget() is dock.empty
    dock.deleteLater()


def test_from_labels_to_predictions(dock, host, wait):
    session, form = host.session, dock.form
    assert form.findings.shown == ()
    assert form.domains.chosen(3) == ("bee",)
    assert form.domains.chosen(4) == ("ant",)
    form.domains.tick("ant", 3)
    assert form.domains.chosen(4) == ()
    checked(dock, wait)
    assert "No domain to test on" in findings(dock)
    assert not form.button.isEnabled()
    form.domains.tick("bee", 4)
    checked(dock, wait)
    assert form.button.isEnabled()
    name = train(dock, wait, "transformer", QUICK)
    assert name == "transformer t20 layer 9"
    assert session.model == name
    assert dock.results.verdict.text()
    cells = dock.results.results["confusion"]
    row, column = next((i, j) for i in (0, 1) for j in (0, 1) if cells[i][j])
    dock.results.scroll.ensureWidgetVisible(dock.results.matrix)
    wait(lambda: dock.results.matrix.drawn)
    box = dock.results.matrix.cell_rect(row, column)
    QTest.mouseClick(
        dock.results.matrix, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, box.center().toPoint()
    )
    assert len(session.selection) == cells[row][column]
    action = dock.results.results["classes"][row]
    assert {session.table.get(clip).label for clip in session.selection} == {action}
    assert {session.table.get(clip).facets["species"] for clip in session.selection} == {"bee"}
    shown = []
    host.galleries.asked.connect(shown.append)
    dock.results.gallery.click()
    assert shown[0].groups[0].clip_ids == session.selection
    assert shown[0].title.startswith(f"{action} predicted as ")
    dock.results.apply.click()
    apply = dock.models.apply
    assert apply.button.text() == "Predict (36)"
    apply.button.click()
    wait(lambda: not busy(dock))
    assert "36 clips predicted" in apply.told.text()
    assert all(row.prediction and row.model == name for row in session.table)
    assert {row.said_by for row in session.table} == {"Ada"}
    with Project.open(session.project.path) as kept:
        assert len(kept.labels(sources=("model",))) == 36


def test_findings_follow_the_labels_and_the_button_computes_what_lacks(dock, host, wait):
    session = host.session
    editing.clear(session, [row.id for row in session.table if row.label == "eat"][1:])
    checked(dock, wait)
    assert "Few clips to learn from: 'eat' (1)" in findings(dock)
    session.set_address(timestep="t0")
    checked(dock, wait)
    assert "has features at t0, layer 9" in findings(dock)
    assert dock.form.findings.button("features").text() == "Compute features"
    session.set_address(timestep="t20")
    editing.clear(session, [row.id for row in session.table])
    checked(dock, wait)
    assert "Nothing is labelled yet" in findings(dock)


def test_stopping_keeps_the_best_epoch(dock, wait):
    form = dock.form
    form.watcher.want(settings=replace(QUICK, epochs=2000, patience=None))
    checked(dock, wait)
    form.button.click()
    wait(lambda: dock.trainer.run is not None and len(dock.trainer.run.points) > 2)
    assert dock.stack.currentWidget() is dock.running
    wait(lambda: "epoch" in dock.running.curves.toolTip())  # a job draws it
    wait(lambda: not dock.running.curves._image.isNull())
    wait(lambda: dock.running.enough.isEnabled())
    dock.running.enough.click()
    wait(lambda: dock.stack.currentWidget() is dock.results)
    (kept,) = list_models(dock.session.project)
    assert kept.about.metrics["stopped"]
    assert kept.about.metrics["best_epoch"] <= len(kept.about.metrics["history"]) < 2000


def test_giving_up_keeps_nothing(dock, wait):
    dock.form.watcher.want(settings=replace(QUICK, epochs=2000, patience=None))
    checked(dock, wait)
    dock.form.button.click()
    wait(lambda: dock.trainer.run is not None and dock.trainer.run.points)
    line = JobsLine(dock.host)
    assert line.stop.toolTip() == "Stop; no model is saved"
    line.stop.click()
    wait(lambda: not dock.trainer.running)
    wait(lambda: dock.stack.currentWidget() is dock.form)
    assert list_models(dock.session.project) == []
    assert not dock.host.jobs.problems


def test_another_project_ends_the_training_and_nothing_of_it_is_shown(dock, host, wait, project_file):
    dock.form.watcher.want(settings=replace(QUICK, epochs=2000, patience=None))
    checked(dock, wait)
    dock.form.button.click()
    wait(lambda: dock.trainer.run is not None and dock.trainer.run.points)
    path = host.session.project.path
    host.session.open_project(project_file)
    wait(lambda: not busy(dock))
    assert dock.trainer.run is None
    assert host.session.model is None
    with Project.open(path) as zoo:
        assert list_models(zoo) == []


def test_closing_the_window_while_training_leaves_no_thread(dock, host, wait):
    dock.form.watcher.want(settings=replace(QUICK, epochs=2000, patience=None))
    checked(dock, wait)
    dock.form.button.click()
    wait(lambda: dock.trainer.run is not None and dock.trainer.run.points)
    host.close()
    names = [thread.name for thread in threading.enumerate()]
    assert not [name for name in names if name.startswith("training")]


def test_models_are_renamed_deleted_exported_and_compared(dock, host, wait, monkeypatch, tmp_path):
    session, page = host.session, dock.models
    first = train(dock, wait)
    dock.new.click()
    second = train(dock, wait)
    assert (first, second) == ("linear t20 layer 9", "linear t20 layer 9 2")
    dock.show_models(first)
    page.use.click()
    assert session.model == first
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("best", True))
    page.ask_rename()
    wait(lambda: dock.keeper.get("best") is not None)
    assert session.model == "best"
    file = tmp_path / "sent.safetensors"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    dock.show_models("best")
    page.ask_export()
    wait(file.exists)
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(file)], ""))
    page.ask_import()
    wait(lambda: dock.keeper.get("sent") is not None)
    page.table.selectAll()
    assert page.compare.isEnabled()
    page.compare.click()
    assert dock.stack.currentWidget() is dock.compare
    assert dock.compare.table.columnCount() == 3
    dock.compare.leave.click()
    dock.show_models("best")
    answers = iter((QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes))
    monkeypatch.setattr(QMessageBox, "question", lambda *_: next(answers))
    page.ask_delete()
    page.ask_delete()
    wait(lambda: dock.keeper.get("best") is None)
    assert session.model is None
    assert {model.name for model in list_models(session.project)} == {second, "sent"}


def test_a_report_is_written(dock, wait, monkeypatch, tmp_path):
    train(dock, wait)
    page = tmp_path / "report.html"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(page), ""))
    dock.results.report.click()
    wait(page.exists)
    wait(lambda: not busy(dock))
    text = page.read_text(encoding="utf-8")
    assert text.count("<img") == 3
    for words in ("guessing the most frequent action", "training: learning_rate", "Confusion", "walk", "bee"):
        assert words in text


def test_files_that_are_no_models_are_shown_with_the_reason_and_cannot_be_used(dock, host, wait, monkeypatch):
    session, page = host.session, dock.models
    train(dock, wait)
    folder = models_folder(session.project)
    (folder / "pickle.safetensors").write_bytes(b"\x80\x04no")
    whole = (folder / "linear t20 layer 9.safetensors").read_bytes()
    (folder / "cut.safetensors").write_bytes(whole[: len(whole) // 2])
    session.models_changed.emit()
    wait(lambda: len(dock.keeper.rows) == 3)
    for name, words in (("pickle", "Python pickle"), ("cut", "cannot be used as a classifier")):
        dock.show_models(name)
        assert words in page.problem.text()
        assert not page.use.isEnabled()
        assert not page.results.isEnabled()
        assert not page.apply.button.isEnabled()
    outside = session.project.path.parent / "outside.safetensors"
    outside.write_bytes(b"\x80\x04no")
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(outside)], ""))
    page.ask_import()
    wait(lambda: host.jobs.problems)
    assert "Python pickle" in host.jobs.problems[-1]
    assert len(list_models(session.project)) == 3


def test_a_model_of_other_features_is_refused_with_the_reason(dock, host, wait):
    from actiondiff_gui.classifier.models.saved import save_classifier

    name = train(dock, wait)
    model = load_model(host.session.project, name)
    strange = replace(model, address=replace(model.address, digest="0" * 12))
    save_classifier(strange, models_folder(host.session.project) / "strange.safetensors")
    dock.show_models()
    host.session.models_changed.emit()
    wait(lambda: dock.keeper.get("strange") is not None and dock.keeper.get("strange").problem)
    dock.show_models("strange")
    assert "does not say how its features were extracted" in dock.models.problem.text()
    assert not dock.models.use.isEnabled()


def test_bouts_are_found_in_the_open_video_and_lie_lighter_in_the_timeline(dock, host, wait):
    from actiondiff_gui.features.settings import Provenance
    from actiondiff_gui.features.store import TokenStore
    from actiondiff_gui.gui.timeline.state.lanes import LABEL, PREDICTION, Lanes

    session = host.session
    name = train(dock, wait)
    model = load_model(session.project, name)
    video = session.project.videos()[0]
    # Features of the whole recording, as the extraction would keep them: it walks, then it eats.
    from actiondiff_gui.features.clips import ClipSource
    from actiondiff_gui.features.dataset import clip_sources

    store = TokenStore(
        session.project.path.with_name("zoo.features"), Provenance(AT.backbone, model.extraction)
    )
    by_start = {s.start: s for s in clip_sources(session.project) if s.path == video.path}
    halves = [store.read(by_start[start].key, "t20", [9])[0][9] for start in (0, 4)]
    whole = ClipSource("", video.path, video.fingerprint, 0, 24, video.fps)
    import numpy as np

    store.write(whole.key, "t20", {9: np.concatenate([halves[0], halves[1]])}, np.arange(0, 24, 3))
    session.open_video(video.id)
    dock.show_models(name)
    apply = dock.models.apply
    place = apply.scope.findData("video")
    apply.scope.setCurrentIndex(place)
    apply.scope.activated.emit(place)
    assert apply.takes.text().startswith("1 recording, 1 s of video, 1 window of the network")
    assert apply.warns.isVisible()
    assert apply.warns.text() == (
        "This recording is not among those the model was trained on. Its species is ant; the model learned bee. "
        "So expect it to be worse than its test score."
    )
    assert apply.button.isEnabled()
    session.open_video(session.project.videos()[-1].id)  # a bee that it learned from
    wait(lambda: not apply.warns.isVisible())
    session.open_video(video.id)
    apply.bouts.toggleButton().click()
    for field, value in (("window", 0.3), ("hop", 0.1), ("shortest", 0.1), ("gap", 0.0), ("smooth", 0.0)):
        apply.bouts.inner.fields[field].widget.value = value
    apply.button.click()
    wait(lambda: not busy(dock))
    assert "in 1 recording" in apply.told.text()
    found = [row for row in session.table.of_video(video.id) if not row.labels]
    assert [row.prediction for row in found] == ["walk", "eat"]
    lanes = Lanes.of(session.table.of_video(video.id), ["walk", "eat"])
    mine = np.isin(lanes.bars.row, [lanes.index_of[row.id] for row in found])
    assert PREDICTION in lanes.bars.kind[mine]
    assert LABEL not in lanes.bars.kind[mine]
    session.select([found[0].id])
    editing.confirm(session, session.selection)
    apply.button.click()
    wait(lambda: not busy(dock))
    assert "1 bout that you had edited stays as it is" in apply.told.text()
    assert session.table.get(found[0].id).labels == ("walk",)
    assert session.table.get(found[1].id) is None


def test_a_folder_is_looked_at_before_a_model_is_applied_to_it(
    dock, host, wait, monkeypatch, tmp_path, videos
):
    name = train(dock, wait)
    for place in (tmp_path / "new", tmp_path / "empty"):
        place.mkdir()
    for video in videos[:2]:
        shutil.copy(video, tmp_path / "new")
    dock.show_models(name)
    apply = dock.models.apply
    place = apply.scope.findData("folder")
    apply.scope.setCurrentIndex(place)
    apply.scope.activated.emit(place)
    assert (apply.button.text(), apply.warns.text()) == ("Choose...", "")
    chosen = tmp_path / "empty"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(chosen))
    QTest.mouseClick(apply.button, Qt.MouseButton.LeftButton)
    wait(lambda: apply.told.text() == "empty holds no videos.")
    assert not apply.button.isEnabled()
    apply.scope.activated.emit(place)
    chosen = tmp_path / "new"
    before = len(host.session.videos)
    QTest.mouseClick(apply.button, Qt.MouseButton.LeftButton)
    wait(lambda: apply.told.text() == "new holds 2 videos.")
    assert apply.button.text() == "Predict (2)"
    assert apply.button.isEnabled()
    assert apply.warns.text().startswith("None of these 2 videos is among those the model was trained on.")
    assert "They are 64 x 48 pixels, those were 32 x 32." in apply.warns.text()
    assert len(host.session.videos) == before
    apply.scope.setCurrentIndex(0)
    apply.scope.activated.emit(0)
    assert not apply.warns.isVisible()


def test_the_choices_of_the_last_training_are_there_the_next_time(dock, host, wait, project_file):
    train(dock, wait)
    path = host.session.project.path
    host.session.open_project(project_file)
    host.session.open_project(path)
    dock.new.click()
    checked(dock, wait)
    assert dock.form.head.currentData() == "linear"
    assert dock.form.domains.chosen(4) == ("ant",)


def test_the_matrix_says_what_a_cell_counts_and_a_name_stands_for_its_row(dock, wait):
    train(dock, wait)
    page, matrix = dock.results, dock.results.matrix
    page.scroll.ensureWidgetVisible(matrix)
    wait(lambda: matrix.drawn)
    clicked = []
    matrix.clicked.connect(lambda *cell: clicked.append(cell))
    left = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QTest.mouseClick(matrix, *left, matrix.cell_rect(0, 1).center().toPoint())
    QTest.mouseClick(matrix, *left, matrix.cell_rect(1, -1).center().toPoint())
    assert clicked == [(0, 1), (1, -1)]
    assert matrix.chosen == (1, -1)
    one, two = page.results["classes"]
    count = page.results["confusion"][0][1]
    assert matrix.words(0, 1) == f"{count} clips labelled {one} and predicted as {two}. Click to select them."
    assert matrix.words(1, -1).endswith(f"clips labelled {two}. Click to select them.")
    assert matrix.cell_at(QPointF(matrix.width() - 5, matrix.height() - 5)) is None


def test_a_model_that_another_program_trained_appears(dock, host, wait):
    """The command line keeps a model in the project that is open in the window; no button is pressed."""
    from actiondiff_gui.classifier.models.library import models_folder

    folder = models_folder(host.session.project)
    assert not folder.exists()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "actiondiff_gui", "train", str(host.session.project.path)),
            *("--head", "knn", "--name", "from outside", "--test", "nothing"),
            *("--timestep", "20", "--layer", "9", "--pooling", "mean"),
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    wait(lambda: host.models.get("from outside") is not None)
