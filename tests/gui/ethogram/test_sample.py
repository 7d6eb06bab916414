"""From the sample's labels, and from a linear head on real features, to an exported and compared ethogram."""

import csv
import json
from pathlib import Path

import pytest
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QFileDialog

from actiondiff_gui.progress import run
from actiondiff_gui.project.project import Project
from actiondiff_gui.resources import sample_data
from tests.cli.test_cli import call

CLIPS_PER_CELL = 2
"""Of each species and action; enough to train a linear head, few enough for a test."""


@pytest.fixture
def arena(tmp_path: Path) -> Path:
    """Return a project of some sample clips and of the long recording, whose true bouts are labels."""
    path = tmp_path / "arena.actiondiff"
    source = sample_data("clips", "clips.csv")
    with source.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    kept, counts = [], {}
    for row in rows:
        cell = row["species"], row["label"]
        counts[cell] = counts.get(cell, 0) + 1
        if counts[cell] <= CLIPS_PER_CELL:
            kept.append({**row, "video": source.parent / row["video"]})
    table = tmp_path / "clips.csv"
    with table.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(kept[0]))
        writer.writeheader()
        writer.writerows(kept)
    call("import", path, table, "--domain", "species")
    call("import", path, sample_data("recording", "bouts.csv"))
    return path


def _predict(path: Path, folder: Path) -> int:
    """Train a linear head on the clips alone, cut the recording into bouts, and keep these as predictions."""
    from actiondiff_gui.classifier.training.fitting import fit_job
    from actiondiff_gui.classifier.training.presets import preset
    from actiondiff_gui.evaluation.splits import train_on_all
    from actiondiff_gui.features.feature_set import FeatureSet
    from actiondiff_gui.inference.recordings import Sliding, predict_recording

    with Project.open(path) as project:
        features = FeatureSet(project, "tiny", device="cpu")
        clips = [clip.id for clip in project.clips() if clip.facets]
        run(features.extract_job(features.plan(clip_ids=clips)))
        tokens = features.tokens(clips)
        fold = train_on_all(tokens)
        classifier = run(
            fit_job(
                "linear",
                tokens,
                fold.train,
                fold.validation,
                preset("small-data"),
                "cpu",
                extraction=dict(features.store.provenance.values),
            )
        )
        video = next(video for video in project.videos() if video.path.name == "arena.mp4")
        found = run(predict_recording(classifier, features, video.path, Sliding())).found(Sliding())
        with project.transaction():
            for bout in found:
                clip = project.add_clip(video.id, bout.start, bout.end)
                project.add_labels([(clip.id, bout.label, 1, bout.confidence)], source="model", by="linear")
    return len(found)


@pytest.mark.slow
def test_labels_and_predictions_of_the_sample_become_an_exported_ethogram(
    arena, host, tmp_path, monkeypatch, wait
):
    predicted = _predict(arena, tmp_path)
    assert predicted > 0

    # Headless: the true bouts go to BORIS and the predicted ones are compared with them.
    events = tmp_path / "arena.tsv"
    said = json.loads(
        call("export", arena, "--format", "boris", "--video", "arena.mp4", "--out", events, "--json")
    )
    assert said["bouts"] == 14
    asked = ("--video", "arena.mp4", "--against", "linear", "--out", tmp_path / "agreement.csv", "--json")
    headless = json.loads(call("export", arena, "--format", "agreement", *asked))
    print(
        f"\nlinear head, {3 * 6 * CLIPS_PER_CELL} clips, {predicted} predicted bouts against the 14 true ones: "
        f"bout F1 {headless['macro_bout_f1']:.2f}, frame F1 {headless['macro_frame_f1']:.2f}, "
        f"kappa {headless['kappa']:.2f}"
    )
    assert headless["frames"] == 1800

    # In the window the same numbers are shown, and the same bouts are saved.
    from actiondiff_gui.gui.ethogram.dock import EthogramDock

    host.session.open_project(arena)
    dock = EthogramDock(host)
    host.viewer.window.add_dock_widget(dock, name="ethogram", area="right")
    host.window.resize(1280, 800)
    host.window.show()
    wait(lambda: dock.seen is not None)
    video = next(v.id for v in host.session.videos.values() if v.path.name == "arena.mp4")
    host.session.open_video(video)
    dock.videos.setCurrentIndex(dock.videos.findData("open"))
    dock.videos.activated.emit(dock.videos.currentIndex())
    wait(lambda: len(dock.seen.ethogram.bouts) == 14)
    dock.tabs.setCurrentWidget(dock.agreement)
    dock.agreement.compare.click()
    wait(lambda: dock.compared is not None)
    assert dock.compared.macro_bout_f1 == pytest.approx(headless["macro_bout_f1"], abs=1e-12)
    assert dock.compared.kappa == pytest.approx(headless["kappa"], abs=1e-12)
    saved = tmp_path / "from_window.tsv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(saved), ""))
    dock.save.menu().aboutToShow.emit()
    next(a for a in dock.save.menu().actions() if a.text().startswith("BORIS")).trigger()
    wait(saved.exists)
    wait(lambda: not host.jobs.active())
    assert saved.read_text() == events.read_text()
    QTest.qWait(50)
    host.viewer.window.remove_dock_widget(dock)
    dock = None
    QApplication.processEvents()
