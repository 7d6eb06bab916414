"""A project of layout 4 gets what an ethogram says of actions, with nothing lost on the way."""

import sqlite3
from pathlib import Path

import pytest

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.records import Modifier
from actiondiff_gui.project.storage import schema
from actiondiff_gui.project.storage.content import reading

LAYOUT_3 = Path(__file__).with_name("layout_3.sql")


@pytest.fixture
def old(tmp_path) -> Path:
    """A project as layout 4 has it, with open bouts in b.mp4."""
    path = tmp_path / "old.actiondiff"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(LAYOUT_3.read_text("utf-8"))
    connection.execute("BEGIN")
    schema.MIGRATIONS[3](connection)
    connection.execute("PRAGMA user_version = 4")
    connection.execute("COMMIT")
    connection.close()
    return path


def test_actions_clips_labels_history_and_open_bouts_are_as_they_were(old):
    kept = ("clip", "label", "step", "change", "predicted_bout", "application", "video")
    with reading(old) as connection:
        before = {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in kept}
        names = connection.execute(
            "SELECT name, colour, description FROM action ORDER BY position"
        ).fetchall()
    with Project.open(old) as project:
        _, b = (video.id for video in project.videos())
        assert project.open_bouts() == {b: {"groom": 7, "eat": 120}}
        assert project.open_bouts(subject="mouse 1") == {}
        assert [(a.name, a.colour, a.description) for a in project.actions()] == names
        assert all(
            (a.key, a.group, a.category, a.point, a.modifiers) == ("", "", "", False, ())
            for a in project.actions()
        )
    with reading(old) as connection:
        after = {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in kept}
        fresh = sqlite3.connect(":memory:")
        schema.create_tables(fresh)
        for table in ("action", "open_bout", "removed_video"):
            info = f"PRAGMA table_info({table})"
            assert connection.execute(info).fetchall() == fresh.execute(info).fetchall()
    assert after == before
    with Project.open(old) as project:
        clips = len(project.clips())
        assert project.undo("Ada")
        assert project.redo("Ada")
        assert len(project.clips()) == clips


def test_what_an_ethogram_says_is_kept_and_looked_at(tmp_path):
    with Project.create(tmp_path / "p.actiondiff") as project:
        side = Modifier("side", "single", ("left", "right"))
        project.add_action("walk", key="W", group="gait", category="moving", modifiers=[side])
        project.add_action("blink", point=True)
        with pytest.raises(ProjectError, match='key of "walk"'):
            project.update_action("blink", key="W")
        with pytest.raises(ProjectError, match="needs choices"):
            project.update_action("blink", modifiers=[Modifier("side")])
        project.update_action("walk", new_name="stride", modifiers=[side, Modifier("distance", "number")])
    with Project.open(tmp_path / "p.actiondiff") as project:
        walk, blink = project.actions()
        assert (walk.name, walk.key, walk.group, walk.category) == ("stride", "W", "gait", "moving")
        assert walk.modifiers == (side, Modifier("distance", "number"))
        assert (blink.point, blink.key) == (True, "")


def test_a_kind_that_makes_no_sense_is_told_and_modifiers_that_make_none_are_none(tmp_path):
    path = tmp_path / "p.actiondiff"
    with Project.create(path) as project:
        project.add_action("walk")
    connection = sqlite3.connect(path)
    connection.execute('UPDATE action SET modifiers = \'[[1], ["x", "odd", []], 3]\'')
    connection.commit()
    with Project.open(path) as project:
        assert project.actions()[0].modifiers == ()
    connection.execute("PRAGMA ignore_check_constraints = ON")
    connection.execute("UPDATE action SET kind = 'wave'")
    connection.commit()
    connection.close()
    with pytest.raises(ProjectError, match="damaged"):
        Project.open(path)
