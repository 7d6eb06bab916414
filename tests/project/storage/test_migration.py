"""Migration of older projects: once, with a backup, and safe against interruption."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

import actiondiff_gui
from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.backups.making import back_up, backups_folder, list_backups
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.storage import schema
from actiondiff_gui.project.storage.content import reading
from actiondiff_gui.project.storage.journal import journals
from actiondiff_gui.project_header import read_header
from tests.project.storage.old_project import old_project

REPO = Path(actiondiff_gui.__file__).parents[1]
KILLS = int(os.environ.get("ACTIONDIFF_TEST_KILLS", "400"))
OPENS = """
import sys
from actiondiff_gui.project.project import Project
print("ready", flush=True)
for path in sys.stdin:
    Project.open(path.strip()).close()
    print("opened", flush=True)
"""
FORKS = """
import os, sys
from actiondiff_gui.project.project import Project
print("ready", flush=True)
while path := sys.stdin.readline():
    child = os.fork()
    if not child:
        Project.open(path.strip()).close()
        os._exit(0)
    print(child, flush=True)
    sys.stdin.readline()
    print("killed" if os.waitpid(child, 0)[1] else "opened", flush=True)
"""


def opener(code: str = OPENS) -> subprocess.Popen:
    """Return a process that opens the projects whose paths it is sent."""
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=REPO, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    return process


def version_of(path: Path) -> int:
    with reading(path) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


def interrupted(path: Path, layout: int = 2) -> Path:
    """Leave a migration as a kill leaves it that comes just before the journal goes: all pages are written."""
    journal = Path(f"{path}-journal")
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = PERSIST").fetchall()
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(f"PRAGMA user_version = {layout}")
    for n in range(40):
        connection.execute(f"CREATE TABLE new_{n} (x TEXT)")
    start = journal.read_bytes()[:28]
    connection.execute("COMMIT")  # in this mode the journal ends by having its start filled with zeros
    connection.close()
    journal.write_bytes(start + journal.read_bytes()[28:])
    return path


def test_the_layout_is_the_one_after_an_interrupted_change_was_rolled_back(tmp_path):
    """The header says layout 2 (or a newer one) while the journal still has to take that back."""
    for layout in sorted({2, schema.SCHEMA_VERSION, schema.SCHEMA_VERSION + 1}):
        path = interrupted(old_project(tmp_path / f"{layout}.actiondiff"), layout)
        assert journals(path)
        assert read_header(path).layout == layout
        with Project.open(path) as project:
            assert len(project.labels()) == 300
            assert project.answers() == []
        assert version_of(path) == schema.SCHEMA_VERSION
        assert not journals(path)


def test_a_backup_of_the_old_project_lies_beside_it(tmp_path):
    path = old_project(tmp_path / "old.actiondiff")
    Project.open(path).close()
    (backup,) = list_backups(path)
    assert backup.why == f"before layout {schema.SCHEMA_VERSION}"
    assert (backup.videos, backup.clips, backup.labels, backup.layout) == (1, 300, 300, 1)
    assert version_of(backup.path) == 1
    Project.open(path).close()
    assert list_backups(path) == [backup]


def test_a_project_is_left_as_it_is_where_no_backup_can_be_made(tmp_path):
    path = old_project(tmp_path / "old.actiondiff")
    path.with_name("old.actiondiff.backups").write_text("a file where the folder must be")
    before = path.read_bytes()
    with pytest.raises(ProjectError, match="No backup of"):
        Project.open(path)
    assert path.read_bytes() == before


def test_two_programs_that_open_an_old_project_migrate_it_once(tmp_path):
    openers = [opener() for _ in range(2)]
    for n in range(5):
        path = old_project(tmp_path / f"{n}.actiondiff", 20)
        for process in openers:
            process.stdin.write(f"{path}\n")
            process.stdin.flush()
        for process in openers:
            assert process.stdout.readline() == "opened\n"
        assert version_of(path) == schema.SCHEMA_VERSION
    for process in openers:
        process.stdin.close()
        assert process.wait() == 0


def test_a_second_program_waits_for_the_first_and_does_not_migrate_again(tmp_path):
    path = old_project(tmp_path / "old.actiondiff")
    steps = {number: schema.MIGRATIONS[number] for number in range(1, schema.SCHEMA_VERSION)}
    first = sqlite3.connect(path, isolation_level=None)
    first.execute("BEGIN IMMEDIATE")
    process = opener()
    process.stdin.write(f"{path}\n")
    process.stdin.flush()
    while not list_backups(path):  # it has seen layout 1 and will wait for the lock
        time.sleep(0.01)
    for number, step in steps.items():
        step(first)
        first.execute(f"PRAGMA user_version = {number + 1}")
    first.execute("COMMIT")
    first.close()
    assert process.stdout.readline() == "opened\n"
    process.stdin.close()
    process.wait()


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.skipif(not hasattr(os, "fork"), reason="each process that is killed is forked, to be quick")
def test_no_kill_while_an_old_project_is_opened_keeps_it_from_opening(tmp_path, capsys):
    chance, refused, hot, migrated = random.Random(0), [], 0, 0
    old, path = old_project(tmp_path / "as it was"), tmp_path / "old.actiondiff"
    parent = opener(FORKS)
    window = 0.0
    for n in range(KILLS + 1):
        for left in (path, *journals(path)):
            left.unlink(missing_ok=True)
        shutil.rmtree(backups_folder(path), ignore_errors=True)
        shutil.copy(old, path)
        parent.stdin.write(f"{path}\n")
        parent.stdin.flush()
        child = int(parent.stdout.readline())
        # The backup is made just before the migration, so that most kills come in the middle of it.
        while not any(backups_folder(path).glob("*.actiondiff")):
            time.sleep(0.0005)
        began = time.monotonic()
        if n:
            while n % 2 and not journals(path) and time.monotonic() < began + window:
                pass  # every other kill comes just after the change began
            time.sleep(window / (20 if n % 2 else 1) * chance.random())
            os.kill(child, signal.SIGKILL)
        parent.stdin.write("\n")
        parent.stdin.flush()
        assert parent.stdout.readline() in ("killed\n", "opened\n")
        window = window or 1.5 * (time.monotonic() - began)
        hot += bool(journals(path))
        migrated += not journals(path) and version_of(path) == schema.SCHEMA_VERSION
        try:
            with Project.open(path) as project:
                assert len(project.labels()) == 300
        except ProjectError as error:
            refused.append(str(error))
    parent.stdin.close()
    parent.wait()
    with capsys.disabled():
        print(
            f"\n{KILLS} kills in migration: {hot} left a journal, {migrated} came after it, {len(refused)} refused"
        )
    assert refused == []


def test_a_backup_that_is_there_already_is_not_made_again(tmp_path):
    path = old_project(tmp_path / "old.actiondiff")
    first = back_up(path, "asked for")
    assert back_up(path, "asked for") is None
    Project.open(path).close()
    assert [backup.path for backup in list_backups(path)] == [first.path]
