"""Import dialog for tables of clips and of other tools: preview, choices and import."""

import contextlib
import json

import numpy as np
import pytest
from pympi import Eaf
from qtpy.QtWidgets import QApplication, QDialog

from actiondiff_gui.gui.project import menu as projects
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.sources import SourceOptions, import_source, kind_of_source
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project
from tests.gui.numbered import BLOCK, numbered_video
from tests.project.formats.label_files import labelled, tabular

EVENTS = (
    "Observation id,Subject,Behavior,Behavior type,Time,Media file name,FPS\n"
    "o,,Walk,START,0.0,{name},24\no,,Walk,STOP,0.5,{name},24\n"
    "o,,sniff,POINT,0.25,{name},24\no,,sniff,START,0.6,{name},24\n"
)


@pytest.fixture
def ask(host, wait):
    """``ask(paths)`` imports files and returns the dialog that opens, with its plan."""
    opened = []

    def there() -> list:
        found = host.window.findChildren(QDialog)
        return [w for w in found if type(w).__name__ == "ImportTableDialog" and w.isVisible()]

    def until_planned(dialog) -> object:
        wait(lambda: dialog.planned is not None)
        return dialog

    def dialog_of(*paths):
        projects.add_files(host, list(paths))
        wait(there)
        opened.append(there()[-1])
        return until_planned(opened[-1])

    yield dialog_of
    for dialog in opened:
        with contextlib.suppress(RuntimeError):  # it was accepted, and Qt has deleted it
            dialog.close()
    opened.clear()
    QApplication.processEvents()


def pick(box, data) -> None:
    """Choose a line of a box as a hand does."""
    if hasattr(box, "fill"):
        box.fill()
    box.setCurrentIndex(box.findData(data))
    assert box.currentData() == data
    box.activated.emit(box.currentIndex())


def labels(host) -> list[tuple]:
    # A job may be writing: clips are read after the labels that name them.
    said = host.session.project.labels(sources=("import",))
    clips = {clip.id: clip for clip in host.session.project.clips()}
    return sorted((clips[s.clip_id].start, clips[s.clip_id].end, s.action, s.by) for s in said)


def contents(host) -> list[str]:
    import sqlite3

    with contextlib.closing(sqlite3.connect(host.session.project.path)) as database:
        return list(database.iterdump())


@pytest.fixture
def events(tmp_path):
    """Write events of the second video, with a START that has no STOP."""
    path = tmp_path / "events.csv"
    path.write_text(EVENTS.format(name="C:/films/clip_1.MP4"), encoding="utf-8")
    return path


def test_a_table_is_shown_with_all_that_is_odd_and_goes_in_as_chosen(pets, ask, wait, events):
    before = contents(pets)
    dialog = ask(events)
    assert "BORIS tabular events, 1 observation: <b>2 bouts</b> in 1 video" in dialog.said.text()
    assert "1 entry cannot be imported" in dialog.state.text()
    text = dialog.found.toPlainText()
    assert "events.csv, line 5\nobservation 'o': sniff starts at 0.6 s and has no STOP" in text
    assert "'Walk' was taken for the action 'walk'" in text
    questions = dialog.questions
    assert questions.points.isVisible()
    assert questions.videos["C:/films/clip_1.MP4"].currentText() == "clip_1.mp4"
    assert contents(pets) == before
    pick(questions.actions["Walk"], "Walk")
    wait(lambda: dialog.planned is not None)
    assert dialog.planned.actions["Walk"] == "Walk"
    questions.points.setChecked(False)
    wait(lambda: dialog.planned is not None)
    questions.by.setText("Bea")
    dialog.ok.click()
    wait(lambda: not pets.jobs.active())
    assert labels(pets) == [(0, 12, "Walk", "Bea")]
    assert [action.name for action in pets.session.actions] == ["walk", "eat", "Walk"]


def test_a_behaviour_can_be_left_out_and_another_video_be_meant(pets, ask, wait, events):
    dialog = ask(events)
    first = next(v.id for v in pets.session.videos.values() if v.path.name == "clip_0.mp4")
    pick(dialog.questions.actions["sniff"], "")
    pick(dialog.questions.videos["C:/films/clip_1.MP4"], first)
    wait(lambda: dialog.planned is not None)
    assert dialog.planned.videos["C:/films/clip_1.MP4"] == first
    dialog.ok.click()
    wait(lambda: not pets.jobs.active())
    assert labels(pets) == [(0, 12, "walk", "events.csv")]
    clip = next(s.clip_id for s in pets.session.project.labels(sources=("import",)))
    assert pets.session.project.clip(clip).video_id == first


def test_cancel_leaves_the_project_as_it_was(pets, ask, wait, events):
    before = contents(pets)
    dialog = ask(events)
    pick(dialog.questions.actions["Walk"], "")
    wait(lambda: dialog.planned is not None)
    dialog.reject()
    wait(lambda: not pets.jobs.active())
    assert contents(pets) == before


def test_the_table_of_the_readme_comes_in_once_its_unit_is_said(pets, ask, wait, tmp_path):
    for name in ("a.mp4", "b.mp4"):
        numbered_video(tmp_path / name, 60)
    path = tmp_path / "clips.csv"
    path.write_text(
        "video,start,end,label,species\na.mp4,0,1,walk,mouse\nb.mp4,1,2,jump;!walk,rat\n", "utf-8"
    )
    before = contents(pets)
    dialog = ask(path)
    assert "clips.csv does not say whether its times are seconds or frames" in dialog.said.text()
    assert dialog.questions.unit.isVisible()
    assert not dialog.ok.isEnabled()
    pick(dialog.questions.unit, "frames")
    wait(lambda: dialog.planned is not None)
    assert [(b.start, b.end) for b in dialog.planned.bouts()] == [(0, 1), (1, 2)]
    pick(dialog.questions.unit, "seconds")
    wait(lambda: dialog.planned is not None)
    bouts = [(b.path.name, b.start, b.end, b.actions) for b in dialog.planned.bouts()]
    rate = round(dialog.planned.bouts()[0].fps)
    assert bouts == [("a.mp4", 0, rate, "walk"), ("b.mp4", rate, 2 * rate, "jump, not walk")]
    pick(dialog.questions.domain, "species")
    assert contents(pets) == before
    dialog.ok.click()
    wait(lambda: not pets.jobs.active())
    assert labels(pets) == [
        *((0, rate, "walk", "clips.csv"), (rate, 2 * rate, "jump", "clips.csv")),
        (rate, 2 * rate, "walk", "clips.csv"),
    ]
    assert pets.session.domain == "species"
    assert {row.video_name for row in pets.session.table.rows} >= {"a.mp4", "b.mp4"}


def test_a_chosen_bout_shows_its_first_and_its_last_frame(pets, ask, wait, tmp_path):
    numbered_video(tmp_path / "n.mp4", 90)
    path = tmp_path / "clips.csv"
    path.write_text("video,start_frame,end_frame,label\nn.mp4,7,20,walk\nn.mp4,33,89,eat\n", "utf-8")
    preview = ask(path).preview

    def shown() -> list[int]:
        out = []
        for picture in (preview.first, preview.last):
            image = picture.image
            blocks = [image.pixelColor(BLOCK * n + BLOCK // 2, 20).red() > 127 for n in range(8)]
            out.append(int("".join(str(int(bit)) for bit in blocks), 2))
        return out

    wait(lambda: preview.first.image is not None)
    assert shown() == [7, 19]
    preview.list.setCurrentItem(preview.list.topLevelItem(1))
    wait(lambda: preview.first.image is not None)
    assert shown() == [33, 88]
    assert preview.last_said.text().startswith("Last frame: 88 (")


@pytest.fixture
def film(host, tmp_path):
    """Return a project with one video of 90 numbered frames, called a.mp4."""
    path = tmp_path / "film.actiondiff"
    with Project.create(path) as project:
        run(import_videos(project, [numbered_video(tmp_path / "a.mp4", 90)]))
    host.session.open_project(path)
    return host


def elan(path) -> None:
    eaf = Eaf(author="x")
    eaf.add_linked_file("file:///D:/lab/a.mp4", "../films/a.mp4", "video/mp4")
    eaf.add_tier("mouse", part="m1")
    eaf.add_annotation("mouse", 200, 900, "sniff")
    eaf.to_file(str(path))


def boris_project(path) -> None:
    ethogram = {"0": {"code": "walk", "type": "State event"}, "1": {"code": "call", "type": "Point event"}}
    events = [[0.5, "m1", "walk", "", ""], [1.25, "m1", "walk", "", "slow"], [2.0, "", "call", "", ""]]
    observation = {"file": {"1": ["a.mp4"]}, "type": "MEDIA", "events": events, "time offset": 0}
    made = {
        "behaviors_conf": ethogram,
        "observations": {"one": observation, "two": {**observation, "events": []}},
    }
    path.write_text(json.dumps(made), "utf-8")


def deepethogram(path) -> None:
    rows = "".join(f"{n},{int(not 20 <= n < 40)},{int(20 <= n < 40)}\n" for n in range(90))
    path.write_text(",background,rear\n" + rows, "utf-8")


def ethovision(path) -> None:
    import pandas as pd

    head = [["Number of header lines:", "4"], ["Video file", "D:\\films\\a.mp4"], ["", ""]]
    rows = [
        ["Trial time", "Recording time", "Subject", "Behavior", "Event"],
        [0.0, 1.0, "m1", "rear", "state start"],
        [1.0, 2.0, "m1", "rear", "state stop"],
    ]
    pd.DataFrame([*head, *rows]).to_excel(path, index=False, header=False)


def motifs(path) -> None:
    np.save(path, np.array([1] * 30 + [4] * 60))


FILES = {
    "e.eaf": (elan, "ELAN annotations"),
    "lab.boris": (boris_project, "BORIS project, 2 observations"),
    "a_labels.csv": (deepethogram, "DeepEthogram labels"),
    "Manual scoring.xlsx": (ethovision, "EthoVision XT manual scoring"),
    "5_km_label_a.npy": (motifs, "a behaviour or syllable for each frame or time"),
}


@pytest.mark.parametrize("name", FILES)
def test_files_of_other_tools_come_in_as_by_the_command(film, ask, wait, tmp_path, name):
    make, words = FILES[name]
    path = tmp_path / name
    make(path)
    with Project.create(tmp_path / "other.actiondiff") as other:
        run(import_videos(other, [tmp_path / "a.mp4"]))
        run(import_source(other, path, kind_of_source(path, SourceOptions()), SourceOptions()))
        expected = labelled(other)
    assert expected
    dialog = ask(path)
    assert words.casefold() in dialog.said.text().casefold()
    assert not labelled(film.session.project)
    dialog.ok.click()
    wait(lambda: not film.jobs.active())
    assert labelled(film.session.project) == expected


def test_names_that_differ_by_capitals_are_one_question(film, ask, wait, tmp_path):
    path = tmp_path / "events.csv"
    rows = [("", "walk", "START", "1.0"), ("", "Walk", "STOP", "2.0"), ("", "rear", "POINT", "2.5")]
    path.write_text(tabular(rows, FPS="24"), "utf-8")
    dialog = ask(path)
    assert dialog.planned.clips == 1
    assert "read them as one." in dialog.found.toPlainText()
    dialog.questions.unite.setChecked(True)
    wait(lambda: dialog.planned is not None)
    assert (dialog.planned.clips, dialog.planned.problems.total) == (2, 0)
    assert list(dialog.questions.actions) == ["walk", "rear"]
    assert dialog.questions.unite.isVisible()


def test_a_name_that_no_action_may_have_stays_its_own_action_when_another_one_is_chosen(
    pets, ask, wait, tmp_path
):
    """Its box offers the changed name; it once stood at the project's first action, and the next choice took that."""
    path = tmp_path / "events.csv"
    times = {"say; x": 0.0, "-eat": 0.25, "rest": 0.5}
    rows = [
        ("", name, what, str(at + more))
        for name, at in times.items()
        for what, more in (("START", 0.0), ("STOP", 0.125))
    ]
    path.write_text(tabular(rows, FPS="24").replace("a.mp4", "clip_1.mp4"), "utf-8")
    dialog = ask(path)
    boxes = dialog.questions.actions
    assert {name: box.currentData() for name, box in boxes.items()} == {
        "say; x": "say, x",
        "-eat": "eat",
        "rest": "rest",
    }
    assert boxes["say; x"].currentText() == "say, x (new action)"
    pick(boxes["rest"], "")
    wait(lambda: dialog.planned is not None)
    dialog.ok.click()
    wait(lambda: not pets.jobs.active())
    assert labels(pets) == [(0, 3, "say, x", "events.csv"), (6, 9, "eat", "events.csv")]


def test_a_video_that_is_elsewhere_is_pointed_at(film, ask, wait, tmp_path):
    elsewhere = tmp_path / "disk" / "monday"
    elsewhere.mkdir(parents=True)
    for name in ("far.mp4", "off.mp4"):
        numbered_video(elsewhere / name, 50)
    table, events = tmp_path / "clips.csv", tmp_path / "events.csv"
    table.write_text("video,start_frame,end_frame,label\nmonday/far.mp4,3,9,walk\n", "utf-8")
    events.write_text(tabular(Media_file_name="off.mp4", Source="player #1:off.mp4", FPS="24"), "utf-8")
    for path in (table, events):
        dialog = ask(path)
        (box,) = dialog.questions.videos.values()
        assert box.currentText() == "not found: left out"
        assert not dialog.ok.isEnabled()
        dialog.questions.look_in(tmp_path / "disk" if path is table else elsewhere)
        wait(lambda found=dialog: found.planned is not None)
        assert box.currentText() == ("far.mp4" if path is table else "off.mp4")
        assert dialog.planned.clips
        dialog.ok.click()
        wait(lambda: not film.jobs.active())
    assert [bout[:2] for bout in labelled(film.session.project)] == [("far.mp4", 3), ("off.mp4", 24)]


def test_events_that_name_no_video_ask_for_it(film, ask, wait, tmp_path):
    path = tmp_path / "pasted.tsv"
    path.write_text("time\tsubject\tcode\tmodifier\tcomment\n0.5\t\twalk\t\t\n1.0\t\twalk\t\t\n", "utf-8")
    dialog = ask(path)
    assert "pasted.tsv names no video" in dialog.said.text()
    (video,) = film.session.videos
    pick(dialog.questions.video, video)
    wait(lambda: dialog.planned is not None)
    assert dialog.planned.clips == 1
    dialog.ok.click()
    wait(lambda: not film.jobs.active())
    assert labelled(film.session.project) == [("a.mp4", 12, 24, "", "walk")]


def test_a_file_in_no_known_format_asks_for_its_tool_and_column(film, ask, wait, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("frame,state\n" + "".join(f"{n},{'in' if n < 4 else 'out'}\n" for n in range(9)), "utf-8")
    dialog = ask(path)
    assert "Choose the tool that wrote it" in dialog.said.text()
    assert "--" not in dialog.found.toPlainText()
    pick(dialog.questions.kind, "elan")
    wait(lambda: dialog.planned is not None)
    assert "ELAN" in dialog.said.text()
    assert not dialog.ok.isEnabled()
    pick(dialog.questions.kind, "frame-text")
    wait(lambda: dialog.planned is not None)
    pick(dialog.questions.column, "state")
    wait(lambda: dialog.planned is not None)
    assert [(b.start, b.end, b.actions) for b in dialog.planned.bouts()] == [(0, 4, "in"), (4, 9, "out")]


def test_columns_that_may_be_features_wait_for_their_action(film, ask, wait, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(",Nose_x,Attack,Sniffing\n0,1.5,0,0\n1,1.5,1,0\n2,1.5,1,1\n", "utf-8")
    dialog = ask(path)
    assert dialog.said.text().startswith("A column of 0 and 1 for each behaviour: <b>0 bouts</b>")
    assert "Choose an action for each column that is a behaviour." in dialog.said.text()
    assert "'Attack' is left out until an action is chosen for it" in dialog.found.toPlainText()
    assert "as chosen" not in dialog.found.toPlainText()
    assert not dialog.ok.isEnabled()
    pick(dialog.questions.actions["Attack"], "Attack")
    wait(lambda: dialog.planned is not None)
    assert "Choose an action" not in dialog.said.text()
    dialog.ok.click()
    wait(lambda: not film.jobs.active())
    assert labels(film) == [(1, 3, "Attack", "a.csv")]


def test_a_known_tools_file_in_another_form_is_told_with_that_tool(film, wait, tmp_path):
    path = tmp_path / "v.json"
    path.write_text(json.dumps({"_via_settings": {}, "_via_img_metadata": {}}), "utf-8")
    before = contents(film)
    projects.add_files(film, [path])
    wait(lambda: "VIA 2 or older" in film.viewer.status)
    assert contents(film) == before


def test_without_a_project_one_is_made_and_goes_again_where_nothing_comes_in(host, ask, wait, tmp_path, home):
    numbered_video(tmp_path / "a.mp4", 30)
    path = tmp_path / "clips.csv"
    path.write_text("video,start_frame,end_frame,label\na.mp4,1,5,eat\n", "utf-8")
    ask(path).reject()
    wait(lambda: host.session.project is None)
    assert not list((home / "projects").iterdir())
    ask(path).ok.click()
    wait(lambda: not host.jobs.active())
    assert labels(host) == [(1, 5, "eat", "clips.csv")]


def test_a_broken_table_is_a_sentence(pets, wait, tmp_path):
    path = tmp_path / "broken.csv"
    path.write_bytes(b"\x00\x01" * 100)
    projects.add_files(pets, [path])
    wait(lambda: pets.jobs.problems)
    assert "broken.csv is not a text table" in pets.jobs.problems[-1]
    assert not labels(pets)
