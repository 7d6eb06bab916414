"""Imports that are wrong, fail or are killed lose nothing and leave a readable project."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import actiondiff_gui
from actiondiff_gui.cli import main
from actiondiff_gui.project.backups.making import backups_folder, list_backups
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.storage.journal import journals
from tests.cli.test_cli import call
from tests.conftest import write_video

REPO = Path(actiondiff_gui.__file__).parents[1]
KILLS = int(os.environ.get("ACTIONDIFF_TEST_KILLS", "100"))
IMPORTS = """
import os, sys
from actiondiff_gui.cli import data, main
from actiondiff_gui.progress import run
import actiondiff_gui.project.formats.imports.clip_table, actiondiff_gui.project.formats.imports.folders, av
import actiondiff_gui.project.formats.imports.plan, actiondiff_gui.project.formats.imports.names, actiondiff_gui.video.reader
data.run_with_bar = lambda job, *_: run(job, lambda progress: print("reported", progress.done, flush=True))
print("ready", flush=True)
while path := sys.stdin.readline():
    child = os.fork()
    if not child:
        try:
            main(["import", path.strip(), sys.argv[1], "--domain", "species"], standalone_mode=False)
        finally:
            os._exit(0)
    print("child", child, flush=True)
    sys.stdin.readline()
    os.waitpid(child, 0)
    print("ended", flush=True)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Twelve small videos in three folders of classes."""
    root = tmp_path_factory.mktemp("clips")
    for n in range(12):
        frames = np.full((6, 32, 32, 3), 20 * n, np.uint8)
        write_video(root / ("walk", "run", "rest")[n % 3] / f"mouse_{n}.mp4", frames)
    return root


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch) -> None:
    """Preferences of nobody."""
    monkeypatch.setenv("ACTIONDIFF_GUI_HOME", str(tmp_path_factory.mktemp("home")))


def videos_of(path: Path) -> int:
    with Project.open(path) as project:
        return len(project.videos())


def told(*arguments: object) -> str:
    """Return the message of a command that ends with an error."""
    done = CliRunner().invoke(main, [str(a) for a in arguments])
    assert done.exit_code == 1, done.output
    return done.output


@pytest.mark.parametrize(
    "wrong",
    [
        ("--names", "("),
        ("--names", "no group"),
        ("--names", "(?P<video>x)"),
        ("--domain", "label"),
        ("--action", "walk"),
        ("--action", "walk=!run"),
        ("--video", "=x"),
        ("--by", "a\nb"),
    ],
    ids=lambda wrong: " ".join(wrong),
)
def test_what_is_wrong_with_the_command_is_found_before_any_work(folder, tmp_path, wrong, monkeypatch):
    def measured(*_):
        raise AssertionError("a video was read")

    monkeypatch.setattr("actiondiff_gui.video.reader.VideoReader.__init__", measured)
    path = tmp_path / "new.actiondiff"
    call("import", path, folder, *wrong, code=1)
    assert list(tmp_path.iterdir()) == []


def test_a_table_of_clips_takes_actions_a_name_and_a_video_that_has_moved(folder, tmp_path):
    (tmp_path / "disk").mkdir()
    moved = Path(shutil.copy(next(folder.rglob("*.mp4")), tmp_path / "disk" / "far.mp4"))
    table = tmp_path / "clips.csv"
    table.write_text("video,start,end,label\nC:/films/a.mp4,0,4,Walk\n", "utf-8")
    given = ("--unit", "frames", "--video", f"C:/films/a.mp4={moved}", "--action", "Walk=walk", "--by", "Bea")
    call("import", tmp_path / "new.actiondiff", table, *given)
    with Project.open(tmp_path / "new.actiondiff") as project:
        assert [(label.action, label.by) for label in project.labels()] == [("walk", "Bea")]
        assert project.videos()[0].path == moved
    call("import", tmp_path / "new.actiondiff", table, "--unit", "frames", "--action", "Wlk=walk", code=1)


def test_a_table_that_is_none_leaves_no_project(tmp_path):
    (tmp_path / "table.csv").write_text("nothing,of\nthe,kind\n")
    call("import", tmp_path / "new.actiondiff", tmp_path / "table.csv", code=1)
    assert [file.name for file in tmp_path.iterdir()] == ["table.csv"]


def test_an_import_that_fails_in_the_end_keeps_what_was_read_and_says_so(folder, tmp_path):
    path = tmp_path / "new.actiondiff"
    said = told("import", path, folder, "--names", "(?P<source_group>x?)$")
    assert "What was read is kept" in said
    assert "12 more videos" in said
    assert videos_of(path) == 12


def test_a_file_that_an_earlier_version_left_empty_is_named_and_can_be_used_again(folder, tmp_path):
    path = tmp_path / "new.actiondiff"
    path.touch()
    assert "an empty file, as an earlier version left behind" in told("extract", path)
    call("import", path, folder)
    assert videos_of(path) == 12


def test_a_project_that_was_killed_while_an_earlier_version_made_it_can_be_made_again(folder, tmp_path):
    path, twin = tmp_path / "new.actiondiff", tmp_path / "twin"
    connection = sqlite3.connect(twin, isolation_level=None)
    connection.execute("PRAGMA cache_size = 1")
    connection.execute("BEGIN IMMEDIATE")
    for n in range(60):
        connection.execute(f"CREATE TABLE t{n} (x)")
    path.write_bytes(twin.read_bytes())
    Path(f"{path}-journal").write_bytes(Path(f"{twin}-journal").read_bytes())
    connection.execute("ROLLBACK")
    connection.close()
    assert path.stat().st_size
    call("import", path, folder)
    assert videos_of(path) == 12


def test_importing_into_a_project_makes_a_backup_first(folder, tmp_path):
    path = tmp_path / "p.actiondiff"
    call("import", path, folder)
    assert not backups_folder(path).exists()
    call("import", path, folder)
    (backup,) = list_backups(path)
    assert backup.videos == 12


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not hasattr(os, "fork"), reason="each process that is killed is forked, to be quick")
def test_a_killed_import_leaves_a_project_that_opens_and_has_what_was_reported(folder, tmp_path, capsys):
    chance, path = random.Random(0), tmp_path / "new.actiondiff"
    parent = subprocess.Popen(
        [sys.executable, "-c", IMPORTS, str(folder)],
        cwd=REPO,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout.readline() == "ready\n"
    window, nothing, empty, half, whole, lost = 0.0, 0, 0, 0, 0, 0
    for n in range(KILLS + 1):
        for left in (path, *journals(path)):
            left.unlink(missing_ok=True)
        began = time.monotonic()
        parent.stdin.write(f"{path}\n")
        parent.stdin.flush()
        child = next(int(line.split()[1]) for line in parent.stdout if line.startswith("child"))
        if n:
            time.sleep(window * chance.random() ** 2)
            os.kill(child, signal.SIGKILL)
        parent.stdin.write("\n")
        parent.stdin.flush()
        reported = 0
        for line in parent.stdout:
            if line.startswith("ended"):
                break
            if line.startswith("reported"):
                reported = int(line.split()[1])
        window = window or time.monotonic() - began
        found = videos_of(path) if path.exists() else 0
        nothing, empty = nothing + (not path.exists()), empty + (path.exists() and not found)
        half, whole = half + (0 < found < 12), whole + (found == 12)
        lost += found < reported
        if n % 10 == 0:
            call("import", path, folder)
            assert videos_of(path) == 12
    parent.stdin.close()
    parent.wait()
    with capsys.disabled():
        print(
            f"\n{KILLS} kills in import: {nothing} before the project was there, {empty} left it empty, {half} a part of the videos, "
            f"{whole} came after all; {lost} had less than was reported"
        )
    assert lost == 0
