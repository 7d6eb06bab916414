"""Protection of existing files by outputs."""

import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from actiondiff_gui.errors import OutputError, OutputExistsError
from actiondiff_gui.outputs import Output, check_all
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.referred_files import known_files
from actiondiff_gui.protected import Known
from actiondiff_gui.report_folder import LIST, ReportFolder


def write(out: Output, text: str) -> None:
    with out.written() as part:
        part.write_text(text)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = tmp_path / "mice.actiondiff"
    Project.create(path).close()
    return path


def write_while(out: Output, happens: Callable[[], object]) -> None:
    """Write ``result`` while something else happens to the place."""
    with out.written() as part:
        part.write_text("result")
        happens()


def refused(out: Output, *words: str) -> str:
    """Return the message of a refused output, also when its check was skipped."""
    before = _contents(out.path.parent)
    with pytest.raises(OutputError) as told:
        out.check()
    with pytest.raises(OutputError):
        write(out, "new")
    assert _contents(out.path.parent) == before
    for word in words:
        assert word in str(told.value)
    return str(told.value)


def _contents(folder: Path) -> dict[str, bytes | None]:
    files = folder.rglob("*") if folder.is_dir() else ()
    return {str(each): each.read_bytes() if each.is_file() else None for each in files}


def test_a_new_file_is_written_and_an_old_one_only_where_that_was_asked(tmp_path):
    file = tmp_path / "t.csv"
    write(Output(file), "one")
    assert "--force" in refused(Output(file), str(file))
    assert file.read_text() == "one"
    write(Output(file, force=True), "two")
    assert file.read_text() == "two"
    assert list(tmp_path.iterdir()) == [file]


def test_a_project_is_refused_by_whatever_name(tmp_path, project, monkeypatch):
    (tmp_path / "link.csv").symlink_to(project)
    os.link(project, tmp_path / "hard.csv")
    (tmp_path / "sub").mkdir()
    (tmp_path / "linked").symlink_to(tmp_path, target_is_directory=True)
    monkeypatch.chdir(tmp_path / "sub")
    for name in (project, "../mice.actiondiff", "../link.csv", "../hard.csv", "../linked/mice.actiondiff"):
        refused(Output(name, force=True), "project")
    refused(Output(str(project) + "-journal", force=True), "project")


def test_another_project_is_known_by_its_content(tmp_path, project):
    other = project.rename(tmp_path / "table.csv")
    refused(Output(other, force=True), "ActionDiff project")


def test_another_sqlite_file_is_an_ordinary_file(tmp_path):
    with sqlite3.connect(tmp_path / "x.db") as other:
        other.execute("CREATE TABLE t (a)")
    other.close()
    write(Output(tmp_path / "x.db", force=True), "new")


def test_a_known_file_is_refused_by_all_its_names_and_while_it_is_missing(tmp_path, project):
    (tmp_path / "a.mp4").write_bytes(b"film")
    os.link(tmp_path / "a.mp4", tmp_path / "b.mp4")
    (tmp_path / "c.mp4").symlink_to("a.mp4")
    known = Known(
        {tmp_path / "a.mp4": "a video of the project", tmp_path / "gone.mp4": "a video of the project"}
    )
    for name in ("a.mp4", "b.mp4", "c.mp4", "gone.mp4", "GONE.mp4"):
        refused(Output(tmp_path / name, force=True, known=known), "a video of the project")


def test_in_a_folder_that_is_read_nothing_is_replaced(tmp_path):
    (tmp_path / "pipeline" / "unet").mkdir(parents=True)
    known = Known({tmp_path / "pipeline": "read by this command"})
    refused(Output(tmp_path / "pipeline" / "unet" / "x.csv", force=True, known=known), "read by this command")
    write(Output(tmp_path / "x.csv", known=known), "beside it")


@pytest.mark.parametrize(
    "folder", ["mice.models", "mice.features/tiny-0", "mice.backups", "mice.actiondiff.models"]
)
def test_in_the_folders_of_a_project_nothing_is_written(tmp_path, project, folder):
    place = tmp_path / folder
    place.mkdir(parents=True)
    (place / "m.safetensors").write_bytes(b"kept")
    refused(Output(place / "m.safetensors", force=True), "mice.actiondiff")
    refused(Output(place / "new.csv", force=True), "mice.actiondiff")
    with pytest.raises(OutputError, match="mice"):
        ReportFolder(place, "study", ["*"], force=True).check()


def test_a_folder_named_like_one_of_a_project_is_free_where_there_is_no_project(tmp_path):
    (tmp_path / "cars.models").mkdir()
    write(Output(tmp_path / "cars.models" / "x.csv"), "new")


def test_what_is_no_ordinary_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "socket"))
    nodes = ["pipe", "folder", "loop", "socket"]
    if os.geteuid() == 0:
        os.mknod(tmp_path / "null", 0o600 | 0o020000, os.makedev(1, 3))
        nodes.append("null")
    for name in nodes:
        out = Output(tmp_path / name, force=True)
        before = os.lstat(out)
        with pytest.raises(OutputError):
            out.check()
        with pytest.raises(OutputError):
            write(out, "new")
        after = os.lstat(out)
        assert (after.st_mode, after.st_ino, after.st_rdev) == (before.st_mode, before.st_ino, before.st_rdev)
    listener.close()
    with pytest.raises(OutputError, match="no ordinary file"):
        Output("/dev/null", force=True).check()


@pytest.mark.parametrize("name", ["missing/t.csv", "t.csv/u.csv", "n" * 240 + ".csv", "n" * 300, "a\0b"])
def test_a_place_where_nothing_can_be_written_is_told_before_the_work(tmp_path, name):
    (tmp_path / "t.csv").write_text("a file")
    with pytest.raises(OutputError):
        Output(tmp_path / name, force=True).check()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_refuses_is_told_before_the_work(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="refuses"):
        Output(tmp_path / "t.csv").check()
    tmp_path.chmod(0o700)


def test_a_link_stays_a_link_and_the_file_behind_it_is_replaced(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "t.csv").write_text("old")
    (tmp_path / "t.csv").symlink_to("there/t.csv")
    write(Output(tmp_path / "t.csv", force=True), "new")
    assert (tmp_path / "t.csv").is_symlink()
    assert (tmp_path / "there" / "t.csv").read_text() == "new"


def test_a_file_that_appears_during_the_work_stays_and_the_result_lies_beside_it(tmp_path, project):
    out = Output(tmp_path / "t.csv")
    with pytest.raises(OutputError, match=r"t \(2\)\.csv"):
        write_while(out, lambda: (tmp_path / "t.csv").write_text("somebody's"))
    assert (tmp_path / "t.csv").read_text() == "somebody's"
    assert (tmp_path / "t (2).csv").read_text() == "result"
    forced, bytes_of = Output(tmp_path / "u.csv", force=True), project.read_bytes()
    with pytest.raises(OutputError, match=r"u \(2\)\.csv"):
        write_while(forced, lambda: project.rename(tmp_path / "u.csv"))
    assert (tmp_path / "u.csv").read_bytes() == bytes_of
    assert sorted(each.name for each in tmp_path.iterdir()) == ["t (2).csv", "t.csv", "u (2).csv", "u.csv"]


def test_a_file_that_appears_after_the_last_look_stays(tmp_path):
    class Looked(Output):
        def _before(self, part):
            self.path.write_text("somebody's")

    with pytest.raises(OutputError, match=r"t \(2\)\.csv"):
        write(Looked(tmp_path / "t.csv"), "result")
    assert (tmp_path / "t.csv").read_text() == "somebody's"
    assert (tmp_path / "t (2).csv").read_text() == "result"


def test_of_many_writers_at_once_each_keeps_its_result(tmp_path):
    count, ready, told = 8, threading.Barrier(8), []

    def work(number: int) -> None:
        out = Output(tmp_path / "t.csv")
        try:
            with out.written() as part:
                part.write_text(str(number))
                ready.wait()
        except OutputError as error:
            told.append(str(error))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(count)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(each.read_text() for each in tmp_path.iterdir()) == sorted(map(str, range(count)))
    assert len(told) == count - 1


def test_without_hard_links_a_file_that_appeared_stays_too(tmp_path, monkeypatch):
    def no_links(*_: object) -> None:
        raise PermissionError("no hard links here")

    monkeypatch.setattr(os, "link", no_links)
    write(Output(tmp_path / "a.csv"), "new")
    assert (tmp_path / "a.csv").read_text() == "new"
    with pytest.raises(OutputError, match=r"t \(2\)\.csv"):
        write_while(Output(tmp_path / "t.csv"), lambda: (tmp_path / "t.csv").write_text("somebody's"))
    assert (tmp_path / "t.csv").read_text() == "somebody's"
    assert (tmp_path / "t (2).csv").read_text() == "result"


def test_all_files_in_the_way_are_named_and_no_two_outputs_are_one(tmp_path):
    for name in "ab":
        (tmp_path / name).write_text("old")
    with pytest.raises(OutputExistsError) as told:
        check_all([Output(tmp_path / "a"), None, Output(tmp_path / "b"), Output(tmp_path / "c")])
    assert told.value.files == (tmp_path / "a", tmp_path / "b")
    with pytest.raises(OutputError, match="twice"):
        check_all([Output(tmp_path / "x"), Output(tmp_path / "y" / ".." / "x")])


def test_a_report_replaces_its_own_files_and_no_others(tmp_path, project):
    def folder(command: str = "study a", force: bool = False) -> ReportFolder:
        return ReportFolder(tmp_path / "new" / "report", command, ["map.*", "report.html"], force=force)

    first = folder()
    first.check()
    assert not (tmp_path / "new").exists()
    write(first / "map.csv", "one")
    write(first / "report.html", "page")
    (first.path / "notes.txt").write_text("mine")
    again = folder()
    again.check()
    write(again / "map.csv", "two")
    assert (again.path / "map.csv").read_text() == "two"
    (again.path / "map.csv").write_text("edited by hand")
    (again.path / "map.svg").write_text("drawn by hand")
    with pytest.raises(OutputExistsError) as told:
        folder().check()
    assert {file.name for file in told.value.files} == {"map.csv", "map.svg"}
    refused(folder() / "map.csv")
    with pytest.raises(OutputExistsError):
        folder("embed a").check()
    folder(force=True).check()
    write(folder(force=True) / "map.csv", "three")
    (first.path / "map.svg").unlink()
    folder().check()
    project.rename(first.path / "map.png")
    with pytest.raises(OutputError, match="project"):
        folder(force=True).check()
    with pytest.raises(ValueError, match="among"):
        first / "other.txt"


def test_a_report_that_was_stopped_between_its_list_and_its_file_goes_on(tmp_path):
    folder = ReportFolder(tmp_path, "study", ["map.csv"])
    write(folder / "map.csv", "one")
    for text in ("two", "three"):  # two runs, each killed right before its file got its name
        (tmp_path / "part").write_text(text)
        (folder / "map.csv")._before(tmp_path / "part")
        folder.check()
    write(folder / "map.csv", "two")
    folder.check()


WRITES = """
import sys
from itertools import count
from actiondiff_gui.report_folder import ReportFolder
folder = ReportFolder(sys.argv[1], "study", ["*.csv"])
print("ready", flush=True)
for number in count():
    for name in ("a.csv", "b.csv"):
        with (folder / name).written() as part:
            part.write_text(f"{number} " * 1000)
"""


@pytest.mark.parametrize("kills", [5, pytest.param(200, marks=pytest.mark.slow)])
def test_after_a_kill_the_same_command_goes_on_and_no_file_is_half(tmp_path, kills):
    random = np.random.default_rng(0)
    for _ in range(kills):
        with subprocess.Popen(
            [sys.executable, "-c", WRITES, str(tmp_path)], stdout=subprocess.PIPE
        ) as running:
            running.stdout.readline()
            time.sleep(random.uniform(0, 0.2))
            running.kill()
        ReportFolder(tmp_path, "study", ["*.csv"]).check()
        for file in tmp_path.glob("[ab].csv"):
            assert len(set(file.read_text().split())) == 1
            assert len(file.read_text().split()) == 1000
    print(f"{kills} kills: no file half, none that needed --force")


@pytest.mark.parametrize(
    "text", ["", "[]", '{"files": 3}', '{"files": {"a": {"command": "c", "sha256": [1]}}}']
)
def test_a_list_of_nonsense_lets_nothing_be_replaced(tmp_path, text):
    (tmp_path / LIST).write_text(text)
    (tmp_path / "a").write_text("old")
    with pytest.raises(OutputExistsError):
        ReportFolder(tmp_path, "c", ["a"]).check()


def test_a_list_that_is_a_pipe_does_not_hold_up_the_command(tmp_path):
    os.mkfifo(tmp_path / LIST)
    (tmp_path / "a").write_text("old")
    with pytest.raises(OutputError, match="not the list"):
        ReportFolder(tmp_path, "c", ["a"]).check()


def test_a_project_knows_its_videos(tmp_path, project, videos):
    from actiondiff_gui.progress import run
    from actiondiff_gui.project.formats.imports.videos import import_videos

    with Project.open(project) as opened:
        run(import_videos(opened, videos))
        known = known_files(opened.path, opened.videos())
    for path in (*videos, project):
        with pytest.raises(OutputError, match=r"mice\.actiondiff"):
            Output(path, force=True, known=known).check()
