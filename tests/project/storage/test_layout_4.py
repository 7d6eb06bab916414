"""Migration of bouts from JSON settings (layout 3) to tables (layout 4), with their history."""

import sqlite3
from pathlib import Path

import pytest

from actiondiff_gui.classifier.bouts import Bout
from actiondiff_gui.gui.session.clip_table import ClipTable
from actiondiff_gui.gui.session.preferences import Preferences
from actiondiff_gui.gui.session.session import Session
from actiondiff_gui.inference.bouts import applied_to, keep_bouts, untouched
from actiondiff_gui.project.backups.making import list_backups
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.storage.content import reading
from tests.project.test_strange_projects import JSON

OLD = Path(__file__).with_name("layout_3.sql")
"""Ada marked 0 to 5 of a.mp4 and confirmed 8 to 12, which "first" had found there; then "second" was applied. In b.mp4 "second" was
applied after "first", and Ada undid that. Bouts of "eat" and "groom" are open in b.mp4."""


@pytest.fixture
def old(tmp_path) -> Path:
    """Provide a project that the program wrote when its layout was 3."""
    path = tmp_path / "old.actiondiff"
    connection = sqlite3.connect(path)
    connection.executescript(OLD.read_text("utf-8"))
    connection.close()
    return path


def spans(project: Project, video: str) -> list[tuple[int, int]]:
    return [(bout.start, bout.end) for bout in untouched(project, video).values()]


def test_bouts_of_models_are_known_as_before_and_undo_and_redo_bring_them_back(old):
    with Project.open(old) as project:
        project.person = "Ada"
        a, b = (video.id for video in project.videos())
        assert {(e.start, e.end, e.model) for e in project.predicted_bouts(a)} == {
            (8, 12, "first"),
            (30, 40, "second"),
        }
        assert spans(project, a) == [(30, 40)]
        assert spans(project, b) == [(0, 9), (20, 31)]
        assert applied_to(project, "first") == {b: {"window": 2.0}}
        assert applied_to(project, "second") == {a: {"window": 1.0}}
        assert project.history() == (6, 1)
        assert project.redo()
        assert spans(project, b) == [(50, 77)]
        assert applied_to(project, "second") == {a: {"window": 1.0}, b: {"window": 1.0}}
        for _ in range(
            3
        ):  # the application to b.mp4 that was done again, the first one, and the second one to a.mp4
            assert project.undo()
        assert spans(project, b) == []
        assert spans(project, a) == [(0, 6), (14, 20)]
        assert keep_bouts(project, a, [Bout("walk", 100, 130)], "third").removed == 2
        assert spans(project, a) == [(100, 130)]


def test_open_bouts_are_still_open(old, tmp_path):
    with Project.open(old) as project:
        _, b = (video.id for video in project.videos())
        assert project.open_bouts() == {b: {"groom": 7, "eat": 120}}
        project.update_action("groom", new_name="clean")
        session = Session(Preferences(tmp_path))
        session.adopt(project, ClipTable.read(project))
        session.open_video(b)
        assert session.open_bouts == {"clean": 7, "eat": 120}
        session.close_project()


def test_every_row_is_where_it_was_and_nothing_is_left_in_the_settings(old):
    with reading(old) as connection:
        before = {
            table: connection.execute(f"SELECT * FROM {table}").fetchall()
            for table in ("clip", "label", "step")
        }
        changes = connection.execute(
            "SELECT step, clip, row_of, before, after FROM change ORDER BY n"
        ).fetchall()
    Project.open(old).close()
    (backup,) = list_backups(old)
    assert (backup.layout, backup.why) == (3, "before layout 5")
    with reading(old) as connection:
        assert {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in before} == before
        after = (
            "SELECT step, clip, row_of, before, after FROM change WHERE row_of <> 'predicted_bout' ORDER BY n"
        )
        assert connection.execute(after).fetchall() == changes
        assert connection.execute("SELECT * FROM setting").fetchall() == []
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_an_open_bout_of_an_action_that_was_removed_is_kept_with_the_action(old):
    connection = sqlite3.connect(old)
    connection.execute('UPDATE setting SET value = \'{"dig": 3, "": 4, "a;b": 5}\' WHERE key LIKE \'open%\'')
    connection.commit()
    connection.close()
    with Project.open(old) as project:
        assert project.open_bouts() == {project.videos()[1].id: {"dig": 3}}
        assert [action.name for action in project.actions()] == ["walk", "groom", "eat", "dig"]


@pytest.mark.parametrize("stored", [*JSON, '[{"clips": {"%s": [9, 3]}, "model": "\\ud800", "time": 1e400}]'])
def test_settings_that_make_no_sense_do_not_keep_an_old_project_from_opening(old, stored):
    connection = sqlite3.connect(old)
    (clip,) = connection.execute("SELECT id FROM clip LIMIT 1").fetchone()
    stored = stored.replace("%s", clip) if isinstance(stored, str) else stored
    connection.execute("UPDATE setting SET value = ?", (stored,))
    connection.execute("UPDATE change SET before = 'no json' WHERE n = 12")
    connection.commit()
    connection.close()
    with Project.open(old) as project:
        assert (project.predicted_bouts(), len(project.clips())) == ([], 5)
        assert untouched(project) == {}
