"""Recognition of project files, and refusal of others."""

import os
import sqlite3
import subprocess
import sys

import pytest

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.storage import schema


def random_database(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE video (id TEXT)")
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_text("video,label\na.mp4,walk\n"),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"SQLite format 3\0"),
        lambda path: path.write_bytes(os.urandom(5000)),
        random_database,
    ],
    ids=["text", "empty", "start only", "noise", "other database"],
)
def test_a_file_that_is_no_project_is_refused_and_left_alone(tmp_path, make):
    path = tmp_path / "thing.sqlite"
    make(path)
    os.utime(path, (1e9, 1e9))
    before = path.read_bytes()
    with pytest.raises(ProjectError, match="not an ActionDiff project"):
        Project.open(path)
    assert path.read_bytes() == before
    assert path.stat().st_mtime == 1e9
    assert list(tmp_path.iterdir()) == [path]


def test_a_project_that_is_cut_off_is_refused_and_left_alone(project, add_video):
    project.add_clips(add_video().id, [(i, i + 1, None, None, None) for i in range(500)])
    project.close()
    path, whole = project.path, project.path.read_bytes()
    for length in (len(whole) // 2, len(whole) - 1, 4096, 100):
        path.write_bytes(whole[:length])
        with pytest.raises(ProjectError, match="cut off"):
            Project.open(path)
        assert path.read_bytes() == whole[:length]
        assert list(path.parent.iterdir()) == [path]


def test_a_project_with_damaged_pages_is_refused(project, add_video):
    project.add_clips(add_video().id, [(i, i + 1, None, None, None) for i in range(500)])
    project.close()
    data = bytearray(project.path.read_bytes())
    data[4096 * 5 : -4096] = bytes(len(data) - 4096 * 6)
    project.path.write_bytes(data)
    with pytest.raises(ProjectError, match="damaged"):
        Project.open(project.path)
    assert project.path.read_bytes() == bytes(data)


def test_a_project_of_a_newer_version_asks_for_an_update(project):
    project.close()
    connection = sqlite3.connect(project.path)
    connection.execute(f"PRAGMA user_version = {schema.SCHEMA_VERSION + 1}")
    connection.close()
    before = project.path.read_bytes()
    with pytest.raises(ProjectError, match="newer version"):
        Project.open(project.path)
    assert project.path.read_bytes() == before


def test_an_older_project_is_brought_up_to_date(project, add_video, monkeypatch):
    video = add_video()
    project.close()
    monkeypatch.setattr(schema, "SCHEMA_VERSION", schema.SCHEMA_VERSION + 1)

    def broken(connection):
        connection.execute("ALTER TABLE video ADD COLUMN camera TEXT")
        raise ProjectError("no")

    monkeypatch.setitem(schema.MIGRATIONS, schema.SCHEMA_VERSION - 1, broken)
    before = project.path.read_bytes()
    with pytest.raises(ProjectError):
        Project.open(project.path)
    assert project.path.read_bytes() == before

    monkeypatch.setitem(
        schema.MIGRATIONS,
        schema.SCHEMA_VERSION - 1,
        lambda connection: connection.execute("ALTER TABLE video ADD COLUMN camera TEXT"),
    )
    with Project.open(project.path) as again:
        assert again.videos() == [video]
        assert again._database.read("SELECT camera FROM video") == [(None,)]
    assert schema.check_file(project.path) == schema.SCHEMA_VERSION


def test_a_project_in_which_something_would_run_by_itself_is_refused(project):
    project.close()
    connection = sqlite3.connect(project.path)
    connection.execute("CREATE TRIGGER t AFTER INSERT ON clip BEGIN DELETE FROM video; END")
    connection.commit()
    connection.close()
    with pytest.raises(ProjectError, match="trigger"):
        Project.open(project.path)


def test_a_project_without_one_of_its_tables_is_refused(project):
    project.close()
    connection = sqlite3.connect(project.path)
    connection.execute("DROP TABLE clip_facet")
    connection.commit()
    connection.close()
    with pytest.raises(ProjectError, match="clip_facet"):
        Project.open(project.path)


def test_creating_never_overwrites(tmp_path):
    path = tmp_path / "precious.txt"
    path.write_text("precious")
    with pytest.raises(ProjectError, match="already exists"):
        Project.create(path)
    assert path.read_text() == "precious"


def test_what_is_no_ordinary_file_is_refused_and_stays(tmp_path):
    pipe, link, folder = tmp_path / "pipe", tmp_path / "link", tmp_path / "folder"
    folder.mkdir()
    link.symlink_to(tmp_path / "nowhere")
    os.mkfifo(pipe)
    for path in (pipe, link, folder):
        with pytest.raises(ProjectError, match="already exists"):
            Project.create(path)
        with pytest.raises(ProjectError):
            Project.open(path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "link", "pipe"]


def test_an_empty_file_is_named_and_may_become_a_project(tmp_path):
    path = tmp_path / "new.actiondiff"
    path.touch()
    (tmp_path / "new.actiondiff-journal").write_bytes(b"of another project")
    with pytest.raises(ProjectError, match="an empty file"):
        Project.open(path)
    with Project.create(path) as project:
        assert project.videos() == []
    (aside,) = tmp_path.glob("*.set-aside")
    assert aside.read_bytes() == b"of another project"


def test_of_two_programs_that_create_a_project_one_is_told_that_it_is_there(tmp_path):
    code = (
        "import sys; from actiondiff_gui.project.project import Project; Project.create(sys.argv[1]).close()"
    )
    for n in range(3):
        path = tmp_path / f"{n}.actiondiff"
        programs = [
            subprocess.Popen([sys.executable, "-c", code, str(path)], stderr=subprocess.PIPE, text=True)
            for _ in range(3)
        ]
        said = [program.communicate()[1] for program in programs]
        assert sorted(program.returncode for program in programs) == [0, 1, 1]
        assert sum("already exists" in each for each in said) == 2
        Project.open(path).close()
    assert len(list(tmp_path.iterdir())) == 3


def test_reading_the_header_keeps_the_locks_of_this_process(project, add_video):
    """POSIX drops a process's locks on a file when it closes any descriptor of it."""
    add_video()
    with project.transaction():
        project.add_action("walk")
        for _ in range(2):
            schema.check_file(project.path)
        other = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0.1).execute('BEGIN IMMEDIATE')"
        done = subprocess.run(
            [sys.executable, "-c", other, str(project.path)], capture_output=True, text=True, check=False
        )
    assert "database is locked" in done.stderr


def test_a_missing_file_or_folder_is_said(tmp_path):
    with pytest.raises(ProjectError, match="no project at"):
        Project.open(tmp_path / "missing.sqlite")
    with pytest.raises(ProjectError, match="can be created"):
        Project.create(tmp_path / "missing" / "a.sqlite")
    with pytest.raises(ProjectError):
        Project.open(tmp_path)
    with pytest.raises(ProjectError):
        Project.open("a\0b")
    assert list(tmp_path.iterdir()) == []


def test_names_with_odd_characters_are_fine(tmp_path):
    path = tmp_path / "ü ?#%20 'mice'.sqlite"
    Project.create(path).close()
    with Project.open(path) as project:
        assert project.path == path


def test_the_room_imports_no_video_or_network_library():
    code = (
        "import sys, actiondiff_gui.project.project, actiondiff_gui.project.formats.imports.clip_table;"
        "import actiondiff_gui.project.formats.imports.folders;"
        "print({'av', 'torch', 'PIL', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
