"""Projects with arbitrary values in any column end in a sentence, or are shown."""

import shutil
import sqlite3
from datetime import UTC

import pytest

from actiondiff_gui.errors import ActionDiffError, ProjectError
from actiondiff_gui.gui.session.clip_table import ClipTable
from actiondiff_gui.gui.session.preferences import Preferences
from actiondiff_gui.gui.session.session import Session
from actiondiff_gui.outputs import Output
from actiondiff_gui.project.formats.writers.answers import export_answers
from actiondiff_gui.project.formats.writers.clip_table import export_clip_table
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.storage import schema

VALUES = {
    "nothing": None,
    "blob": b"\xff\x00\xfe",
    "blob of text": b"walk",
    "text": "walk",
    "no text": "",
    "zero in text": "a\0b.mp4",
    "lines": "a\n\u2028b",
    "half": 0.5,
    "huge": 1e308,
    "infinite": float("inf"),
    "minus": -1,
    "none": 0,
    "two": 2,
    "last": 2**63 - 1,
    "first": -(2**63),
    "list": "[[[]]]",
    "deep": "[" * 100_000,
    "not text": sqlite3.Binary(b"\x80\x80"),
}
SETTINGS = {
    *("domain_facet", "model", "address", "lab", "sliding", "ethogram", "sample complete", "train"),
    "training_plan",
}
JSON = (
    *("", "{", "nul", "[" * 100_000, "7", "-1.5", "1e999", "NaN", '"walk"', "[]", "{}", "null", "true"),
    *(
        '{"settings": 3}',
        '{"settings": {"resolution": 5}}',
        '{"settings": {"resolution": [1]}, "layer": "x"}',
    ),
    *('{"settings": {"resolution": "default"}, "backbone": [], "timestep": {}}', '[{"clips": 3}]'),
    *(
        '[{"clips": {"a": 7}, "model": []}]',
        '{"walk": "early"}',
        '{"walk": 1e300}',
        '{"timesteps": [[]], "layers": [{}]}',
    ),
    *("9" * 5000, b"blob", 7, 0.5),
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Provide a project with something in each table, laid out without a single check, as a stranger's program may do."""
    path = tmp_path_factory.mktemp("whole") / "p.actiondiff"
    with Project.create(path) as project:
        known = {"frame_count": 1000, "fps": 25.0, "width": 640, "height": 480}
        video = project.add_video(
            path.parent / "a.mp4", fingerprint="of a", facets={"species": "ant"}, **known
        )
        clip = project.add_clip(video.id, 0, 10, subject="one", roi=(1, 2, 3, 4), facets={"sex": "f"})
        other = project.add_clip(video.id, 20, 30)
        project.label(clip.id, "walk", by="Ada")
        project.label(other.id, "walk", source="model", by="m", confidence=0.5)
        project.add_answer(clip.id, "confirmed", said=["walk"], by="Ada", model="m", predicted=["walk"])
        project.set_setting("address", {"backbone": "tiny"})
        project.replace_predicted(video.id, [], [(40, 50, "walk", 0.5)], "m", {"window": 2.0})
        project.begin_bout(video.id, "walk", 7)
        gone = project.add_video(path.parent / "b.mp4", fingerprint="of b", **known)
        project.remove_video(gone.id)
    connection = sqlite3.connect(path, isolation_level=None)
    for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        if not table.startswith("sqlite_"):
            connection.execute(f"CREATE TABLE lax_{table} AS SELECT * FROM {table}")
            connection.execute(f"DROP TABLE {table}")
            connection.execute(f"ALTER TABLE lax_{table} RENAME TO {table}")
    connection.close()
    return path


def columns() -> list[tuple[str, str]]:
    connection = sqlite3.connect(":memory:")
    schema.create_tables(connection)
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = [
        (table, row[1])
        for table in tables
        if not table.startswith("sqlite_")
        for row in connection.execute(f"PRAGMA table_info({table})")
    ]
    connection.close()
    return found


def changed(whole, tmp_path, sql: str, *values):
    path = tmp_path / "p.actiondiff"
    shutil.copy(whole, path)
    connection = sqlite3.connect(path)
    connection.execute(sql, values)
    connection.commit()
    connection.close()
    return path


def read_everything(path) -> Session:
    """All that the window and the commands read of a project when they open and export it."""
    with Project.open(path) as project:
        clips = [clip.id for clip in project.clips()]
        assert all(video.path.name and video.fps > 0 for video in project.videos())
        assert all(label.time.astimezone(UTC) for label in project.labels())
        project.label_matrix(clips)
        (
            project.facets(),
            project.actions(),
            project.speakers(),
            project.domain_facet,
            project.broken_settings(),
            project.predicted_bouts(),
            project.open_bouts(),
            project.removed_videos(),
        )
        assert all(answer.time.strftime("%Y") for answer in project.answers())
        export_clip_table(project, Output(path.with_name("clips.csv"), force=True))
        export_answers(project, Output(path.with_name("answers.csv"), force=True))
        project.history()
    session = Session(Preferences(path.parent))
    project = Project.open(path)
    session.adopt(project, ClipTable.read(project))
    for row in session.table.rows:
        session.open_clip(row.id)
        assert all(isinstance(at, int) for at in session.open_bouts.values())
        repr(row), row.seconds
    assert all(isinstance(each, str | None) for each in (session.model, session.domain))
    session.close_project()
    return session


QUICK = ("nothing", "blob", "text", "minus", "last", "zero in text")


@pytest.mark.parametrize(
    "values", [QUICK, pytest.param(tuple(VALUES), marks=pytest.mark.slow)], ids=["few", "all"]
)
@pytest.mark.parametrize("table", sorted({table for table, _ in columns()}))
def test_any_value_in_any_column_is_shown_or_refused_in_a_sentence(whole, tmp_path, table, values):
    for column in [column for name, column in columns() if name == table]:
        refused = []
        for value in values:
            path = changed(whole, tmp_path, f"UPDATE {table} SET {column} = ?", VALUES[value])
            try:
                read_everything(path)
            except ActionDiffError:
                refused.append(value)
            for file in tmp_path.iterdir():
                file.unlink()
        print(f"{table}.{column} refuses: {', '.join(refused)}")
        assert table == "setting" or refused, f"{table}.{column} takes anything"


def test_a_row_that_makes_no_sense_is_named(whole, tmp_path):
    path = changed(whole, tmp_path, "UPDATE clip SET start_frame = x'41' WHERE n = 2")
    with pytest.raises(
        ProjectError, match=r"p.actiondiff is damaged: in its table 'clip' the row 2 has a 'start_frame'"
    ):
        Project.open(path)


@pytest.mark.parametrize("time", [2**63 - 1, -(2**63), 10**17, 0])
def test_times_beyond_any_calendar_are_shown_as_the_nearest_ones(whole, tmp_path, time):
    path = changed(whole, tmp_path, "UPDATE label SET time = ?", time)
    with Project.open(path) as project:
        assert {label.time.year for label in project.labels()} <= {5, 9987, 5138, 1970}
    read_everything(path)


@pytest.mark.parametrize("values", [JSON[:6], pytest.param(JSON, marks=pytest.mark.slow)], ids=["few", "all"])
@pytest.mark.parametrize("key", sorted(SETTINGS))
def test_a_setting_of_any_kind_counts_as_not_set_and_the_project_opens(whole, tmp_path, key, values):
    for stored in values:
        path = changed(whole, tmp_path, "INSERT INTO setting VALUES (?, ?)", key, stored)
        connection = sqlite3.connect(path)
        connection.execute(
            "DELETE FROM setting WHERE key = ? AND rowid < (SELECT max(rowid) FROM setting)", (key,)
        )
        connection.commit()
        connection.close()
        read_everything(path)


def test_a_broken_setting_is_told(whole, tmp_path):
    path = changed(whole, tmp_path, "UPDATE setting SET value = '{' WHERE key = 'address'")
    with Project.open(path) as project:
        (sentence,) = project.broken_settings()
        assert "'address' of p.actiondiff cannot be read" in sentence
        assert project.setting("address") is None
