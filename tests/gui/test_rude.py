"""Careless and wrong use of the window ends in sentences, and never in an unexpected error."""

import shutil

import pytest
from qtpy.QtWidgets import QDialog

from actiondiff_gui.gui.project import menu as projects
from actiondiff_gui.gui.project.state import actions as editing_actions
from actiondiff_gui.gui.session import editing
from actiondiff_gui.gui.session.commands import COMMANDS
from actiondiff_gui.project.project import Project


@pytest.fixture
def said(host, home):
    """Return every sentence shown to the user; none of them, and no problem, may be of an unexpected error."""
    told = []

    def hear(text: str) -> None:
        told.append(text)

    host.session.notice.connect(hear)
    yield told
    log = home / "errors.log"
    assert not log.exists(), log.read_text()
    assert not [text for text in [*told, *host.jobs.problems] if "unexpected error" in text]
    host.session.notice.disconnect(hear)


def press_everything(host) -> None:
    for command in COMMANDS:
        if command.id != "help":
            host.keyboard.run(command.id)


def test_every_key_can_be_pressed_without_a_project(host, said):
    press_everything(host)
    assert any("No project is open" in text for text in said)


def test_every_key_can_be_pressed_without_a_clip_and_with_one(pets, said, wait):
    press_everything(pets)
    for row in list(pets.session.table):
        if row.id in pets.session.table:
            pets.session.open_clip(row.id)
            press_everything(pets)
            pets.session.set_looping(False)
            press_everything(pets)
    wait(lambda: not pets.jobs.active())


def test_videos_that_are_missing_are_told_and_can_still_be_labelled(
    host, project_file, tmp_path, videos, said, wait
):
    with Project.open(project_file) as project:
        paths = {}
        for video in project.videos():
            paths[video.id] = shutil.copy(video.path, tmp_path / video.path.name)
            project.move_video(video.id, paths[video.id], video.fingerprint)
    for path in paths.values():
        path.unlink()
    projects.open_project(host, project_file)
    wait(lambda: host.session.project is not None)
    host.session.open_clip(host.session.table.rows[2].id)
    wait(lambda: host.jobs.problems)
    assert "clip_2.mp4" in host.jobs.problems[0]
    host.keyboard.run("action_1")
    assert host.session.current_row.labels == ("walk",)
    press_everything(host)
    wait(lambda: not host.jobs.active())


def test_a_folder_instead_of_a_project_is_told(host, tmp_path, said, wait):
    (tmp_path / "folder.actiondiff").mkdir()
    projects.open_project(host, tmp_path / "folder.actiondiff")
    wait(lambda: host.jobs.problems)
    assert host.session.project is None
    assert "folder.actiondiff" in host.jobs.problems[0]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.mp4", b""),
        ("noise.mp4", bytes(range(256)) * 40),
        ("empty.csv", b""),
        ("noise.csv", bytes(range(256)) * 40),
        ("words.csv", b"a,b,c\n1,2\n,,,,,\n"),
        ("project.actiondiff", b"not a project"),
        ("nothing", None),
    ],
)
def test_rubbish_is_told_and_adds_nothing(pets, tmp_path, said, wait, name, content):
    path = tmp_path / "dropped" / name
    if content is None:
        path.mkdir(parents=True)
    else:
        path.parent.mkdir()
        path.write_bytes(content)
    projects.add_files(pets, [path])
    wait(lambda: not pets.jobs.active())
    assert len(pets.session.table) == 3
    # A table that does not say enough is asked about in a dialog, which says what it lacks.
    asking = [each for each in pets.window.findChildren(QDialog) if each.isVisible()]
    told = [*said, *pets.jobs.problems, *(each.said.text() for each in asking)]
    assert any(name in text or "0 " in text or "No " in text for text in told)
    for each in asking:
        each.reject()
    assert len(pets.session.table) == 3


def test_a_video_of_one_frame_plays_and_is_labelled(pets, tmp_path, said, wait):
    import numpy as np

    from tests.conftest import write_video

    path = write_video(tmp_path / "one.mp4", np.zeros((1, 48, 64, 3), np.uint8))
    projects.add_files(pets, [path])
    wait(lambda: len(pets.session.table) == 4)
    row = next(row for row in pets.session.table if row.video_name == "one.mp4")
    pets.session.open_clip(row.id)
    wait(lambda: not pets.player.why_no_picture() and pets.player.layer.name == "one.mp4")
    press_everything(pets)
    wait(lambda: not pets.jobs.active())


def test_actions_cannot_be_named_alike_and_can_all_be_removed(pets, said):
    from actiondiff_gui.errors import ProjectError

    session = pets.session
    with pytest.raises(ProjectError, match="already an action"):
        editing_actions.rename_action(session, "walk", "eat")
    editing.clear(session, [row.id for row in session.table])
    for action in list(session.actions):
        editing_actions.remove_action(session, action.name)
    assert session.actions == []
    session.open_clip(session.table.rows[0].id)
    press_everything(pets)


def test_an_action_of_a_bout_begun_in_another_video_keeps_its_bout(pets, said, wait):
    session = pets.session
    first, second = (row.video_id for row in session.table.rows[:2])
    session.open_video(first, 3)
    wait(lambda: not session.why_no_picture())
    editing.begin_or_end_bout(session, "eat")
    session.open_video(second)
    editing_actions.rename_action(session, "eat", "drink")
    session.open_video(first, 8)
    assert session.open_bouts == {"drink": 3}


def test_the_clip_that_plays_can_be_deleted_and_comes_back_while_another_is_open(pets, said, wait):
    session = pets.session
    gone, other = session.table.rows[0], session.table.rows[1]
    session.open_clip(gone.id)
    wait(lambda: not pets.player.why_no_picture())
    pets.keyboard.run("play")
    pets.keyboard.run("delete")
    assert gone.id not in session.table
    press_everything(pets)
    session.open_video(gone.video_id)
    session.open_clip(other.id)
    session.open_video(gone.video_id)
    for _ in range(40):
        pets.keyboard.run("undo")
    assert gone.id in session.table
    wait(lambda: not pets.jobs.active())
