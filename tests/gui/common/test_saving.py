"""Output dialogs of the window: nothing is overwritten that must not be."""

import csv

import pytest
from qtpy.QtWidgets import QFileDialog, QMenu, QMessageBox

from actiondiff_gui.errors import OutputError
from actiondiff_gui.gui.common.saving import ask_file
from actiondiff_gui.gui.ethogram import saving as ethogram_saving
from actiondiff_gui.gui.project import menu as projects
from actiondiff_gui.outputs import Output
from actiondiff_gui.project.formats.writers.registry import WRITERS
from actiondiff_gui.project.project import Project

YES, NO = QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No


@pytest.fixture
def answers(monkeypatch):
    """Return the answers of the dialogs: a file or folder, and whether to overwrite; and what they asked."""
    given = {"name": "", "replace": NO, "asked": []}

    def question(_parent, _title, text, *_):
        given["asked"].append(text)
        return given["replace"]

    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(given["name"]), ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(given["name"]))
    monkeypatch.setattr(QMessageBox, "question", question)
    return given


def test_a_project_and_its_videos_are_refused_with_a_sentence(pets, answers, tmp_path, videos):
    other = tmp_path / "other.csv"
    Project.create(other).close()
    before = {path: path.read_bytes() for path in (pets.session.needed().path, *videos, other)}
    for path in before:
        answers["name"] = path
        with pytest.raises(OutputError, match="no output is written there"):
            ask_file(pets, "Save", path, [f"Any (*{path.suffix})"])
    answers["name"] = other
    for ask in (projects.ask_export, projects.ask_export_answers):
        with pytest.raises(OutputError, match=r"other\.csv is an ActionDiff project"):
            ask(pets)
    assert {path: path.read_bytes() for path in before} == before
    assert not answers["asked"]


def test_what_the_dialog_asked_about_is_replaced_and_what_it_did_not_is_asked_about(
    pets, answers, tmp_path, wait
):
    file = tmp_path / "clips.csv"
    file.write_text("old")
    answers["name"] = tmp_path / "clips"
    projects.ask_export(pets)
    assert answers["asked"] == ["clips.csv exists already. Replace it?"]
    assert not pets.jobs.active()
    assert file.read_text() == "old"
    answers["replace"] = YES
    projects.ask_export(pets)
    wait(lambda: file.read_text() != "old")
    wait(lambda: not pets.jobs.active())
    file.write_text("old again")
    answers["name"], answers["replace"] = file, NO
    projects.ask_export(pets)
    wait(lambda: file.read_text() != "old again")
    wait(lambda: not pets.jobs.active())
    assert len(answers["asked"]) == 2
    assert not pets.jobs.problems
    with file.open(encoding="utf-8", newline="") as stream:
        assert [row["species"] for row in csv.DictReader(stream)] == ["dog", "cat", "cat"]


def test_a_file_in_the_way_of_a_file_per_recording_is_asked_about(pets, answers, tmp_path, wait):
    from actiondiff_gui.ethogram.jobs import ethogram_job
    from actiondiff_gui.ethogram.source import Source
    from actiondiff_gui.gui.ethogram.state.computing import Seen
    from actiondiff_gui.progress import run

    project = pets.session.needed()
    seen = Seen(run(ethogram_job(project, Source())), [], [])
    folder = answers["name"] = tmp_path / "labels"
    folder.mkdir()

    def save() -> None:
        ethogram_saving._ask_bouts(pets, seen, None, "frames")
        wait(lambda: not pets.jobs.active())

    save()
    names = sorted(file.name for file in folder.iterdir())
    assert names == [".actiondiff-report.json", "clip_0.csv", "clip_1.csv"]
    save()
    assert not answers["asked"]
    (folder / "clip_1.csv").write_text("corrected by hand")
    save()
    assert answers["asked"] == ["clip_1.csv exists already. Replace it?"]
    assert (folder / "clip_1.csv").read_text() == "corrected by hand"
    answers["replace"] = YES
    save()
    assert (folder / "clip_1.csv").read_text().startswith("frame,walk")
    menu = QMenu()
    ethogram_saving.fill_menu(menu, pets, seen, None, None)
    offered = {action.text().removesuffix("..."): action for action in menu.actions()}
    assert list(offered)[: len(WRITERS)] == [writer.words for writer in WRITERS.values()]
    offered["ELAN annotations"].trigger()
    wait(lambda: not pets.jobs.active())
    assert sorted(file.name for file in folder.glob("*.eaf")) == ["clip_0.eaf", "clip_1.eaf"]
    assert not pets.jobs.problems


def test_all_files_that_go_with_one_are_asked_about(pets, answers, tmp_path):
    from actiondiff_gui.overlays.files import overlay_outputs

    answers["name"] = tmp_path / "a.npy"
    (tmp_path / "a_2.json").write_text("mine")

    def ask() -> Output | None:
        kinds = ["Values (*.npy)"]
        return ask_file(pets, "Export", tmp_path / "a.npy", kinds, files=lambda out: overlay_outputs(out, 2))

    assert ask() is None
    assert answers["asked"] == ["a_2.json exists already. Replace it?"]
    answers["replace"] = YES
    assert ask().force
