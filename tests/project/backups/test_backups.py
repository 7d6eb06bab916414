"""Backups are complete when needed, and restoring one loses nothing."""

import json
import os
import shutil
import sqlite3
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.files import put_new, whole_file
from actiondiff_gui.progress import run
from actiondiff_gui.project.backups import making as backups
from actiondiff_gui.project.backups.making import back_up, back_up_job, backups_folder, is_due, list_backups
from actiondiff_gui.project.backups.restoring import chosen_backup, restore_job
from actiondiff_gui.project.project import Project
from tests.project.storage.test_durability import start


@pytest.fixture
def labelled(project, add_video) -> Project:
    """Provide a project with one video and 100 clips that Ada labelled."""
    clips = project.add_clips(add_video().id, [(i, i + 1, None, None, None) for i in range(100)])
    project.add_labels([(clip.id, "walk", 1, None) for clip in clips], by="Ada")
    return project


def aged(project: Path, **how_long) -> None:
    """Let the newest backup be as old as that, and the project changed now."""
    newest = list_backups(project)[0]
    made = newest.made - timedelta(**how_long)
    told = json.loads(newest.path.with_suffix(".json").read_text())
    newest.path.with_suffix(".json").write_text(json.dumps({**told, "made": made.isoformat()}))
    for suffix in (".actiondiff", ".json"):
        newest.path.with_suffix(suffix).rename(
            newest.path.with_name(made.strftime("%Y-%m-%dT%H%M%SZ") + suffix)
        )
    os.utime(project)


def test_a_backup_says_what_it_holds_and_opens_as_a_project(labelled):
    before = datetime.now(UTC)
    made = back_up(labelled.path, "asked for")
    (found,) = list_backups(labelled.path)
    assert found == made
    assert found.path.parent.name == "mice.sqlite.backups"
    assert before <= found.made <= datetime.now(UTC)
    assert (found.videos, found.clips, found.labels, found.why) == (1, 100, 100, "asked for")
    with Project.open(found.path) as copy:
        assert [(label.clip_id, label.by) for label in copy.labels()] == [
            (label.clip_id, label.by) for label in labelled.labels()
        ]


def test_the_digest_goes_by_what_is_said_and_not_by_how_it_lies_on_the_disk(labelled):
    first = back_up(labelled.path, "asked for")
    connection = sqlite3.connect(labelled.path)
    connection.execute("VACUUM")
    connection.close()
    assert back_up(labelled.path, "asked for") is None
    labelled.label(labelled.clips()[0].id, "walk", -1, by="Ada")
    second = back_up(labelled.path, "asked for")
    changed = {table for table in first.digests if first.digests[table] != second.digests[table]}
    assert "label" in changed
    assert not changed & {"clip", "video", "action", "sqlite_master"}


def test_one_is_due_when_the_project_changed_and_the_last_is_an_hour_old(labelled):
    hour = timedelta(hours=1)
    assert is_due(labelled.path, hour)
    back_up(labelled.path, "while working")
    os.utime(labelled.path)
    assert not is_due(labelled.path, hour)
    aged(labelled.path, hours=2)
    assert is_due(labelled.path, hour)
    os.utime(labelled.path, (0, time.time() - 3 * 3600))
    assert not is_due(labelled.path, hour)


def test_old_ones_are_thinned_and_those_before_a_new_layout_stay(labelled, monkeypatch):
    back_up(labelled.path, "before layout 2")
    aged(labelled.path, days=200)
    clip = labelled.clips()[0]
    for n in range(8):
        labelled.label(clip.id, f"action {n}")
        assert back_up(labelled.path, "while working")
        aged(labelled.path, days=40 + n)
    labelled.label(clip.id, "last")
    back_up(labelled.path, "while working")
    found = list_backups(labelled.path)
    assert [backup.why for backup in found].count("before layout 2") == 1
    assert len(found) == 4
    assert {p.suffix for p in backups_folder(labelled.path).iterdir()} == {".actiondiff", ".json"}
    assert len(list(backups_folder(labelled.path).iterdir())) == 8


def test_labelling_goes_on_while_a_backup_is_made_which_holds_one_moment(labelled):
    labelled.add_labels([(clip.id, "b" * 400 + str(n), 1, None) for n, clip in enumerate(labelled.clips())])
    clips, ended = [clip.id for clip in labelled.clips()], threading.Event()
    pauses = []

    def label() -> None:
        n = 0
        while not ended.is_set():
            began = time.monotonic()
            with labelled.transaction():
                labelled.label(clips[0], "left", 1 if n % 2 else -1)
                labelled.label(clips[1], "left", 1 if n % 2 else -1)
            pauses.append(time.monotonic() - began)
            n += 1

    worker = threading.Thread(target=label)
    worker.start()
    try:
        made = back_up(labelled.path, "asked for")
    finally:
        ended.set()
        worker.join()
    assert pauses
    with Project.open(made.path) as copy:
        values = {label.value for label in copy.labels(clips[:2]) if label.action == "left"}
    assert len(values) <= 1


def test_a_backup_that_is_stopped_leaves_nothing(labelled):
    job = back_up_job(labelled.path)
    next(job)
    next(job)
    job.close()
    assert not any(backups_folder(labelled.path).iterdir())


def test_a_project_without_videos_has_no_backup(project):
    assert back_up(project.path, "asked for") is None
    assert not backups_folder(project.path).exists()


def test_restoring_brings_back_what_was_and_keeps_what_is(labelled):
    clips = [clip.id for clip in labelled.clips()]
    then = back_up(labelled.path, "asked for")
    labelled.remove_clip(clips[:50])
    labelled.add_action("new one")
    labelled.close()
    done = run(restore_job(labelled.path, then))
    with Project.open(labelled.path) as again:
        assert [clip.id for clip in again.clips()] == clips
        assert [action.name for action in again.actions()] == ["walk"]
    run(restore_job(labelled.path, next(b for b in list_backups(labelled.path) if b.path == done.before)))
    with Project.open(labelled.path) as again:
        assert [clip.id for clip in again.clips()] == clips[50:]
        assert [action.name for action in again.actions()] == ["walk", "new one"]
    assert list_backups(labelled.path)[0].why == "restored"


def test_a_damaged_project_is_set_aside_and_restored(labelled):
    count = len(labelled.labels())
    then = back_up(labelled.path, "asked for")
    labelled.close()
    data = bytearray(labelled.path.read_bytes())
    data[4096:-4096] = bytes(len(data) - 8192)
    labelled.path.write_bytes(data)
    done = run(restore_job(labelled.path, then))
    assert done.before.read_bytes() == bytes(data)
    with Project.open(labelled.path) as again:
        assert len(again.labels()) == count


@pytest.mark.parametrize("left", [None, b""], ids=["no file", "an empty file"])
def test_a_project_that_is_gone_is_restored(labelled, left):
    then = back_up(labelled.path, "asked for")
    labelled.close()
    labelled.path.unlink()
    if left is not None:
        labelled.path.write_bytes(left)
    run(restore_job(labelled.path, then))
    with Project.open(labelled.path) as again:
        assert len(again.clips()) == 100


def test_a_backup_that_was_damaged_is_not_restored(labelled):
    then = back_up(labelled.path, "asked for")
    connection = sqlite3.connect(then.path)
    connection.execute("UPDATE label SET value = -1 WHERE clip = 1")
    connection.commit()
    connection.close()
    before = labelled.path.read_bytes()
    with pytest.raises(ProjectError, match="is damaged: its content does not match its digests"):
        run(restore_job(labelled.path, then))
    assert labelled.path.read_bytes() == before


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux tells who has a file open")
def test_nothing_is_restored_while_another_program_has_the_project_open(labelled):
    then = back_up(labelled.path, "asked for")
    labelled.label(labelled.clips()[0].id, "late")
    code = """
        import sys
        from actiondiff_gui.project.project import Project
        with Project.open(sys.argv[1]):
            print("open", flush=True)
            sys.stdin.readline()
    """
    import subprocess

    process = start(code, str(labelled.path), stdin=subprocess.PIPE)
    assert process.stdout.readline() == "open\n"
    with pytest.raises(ProjectError, match=r"Another program has .* open"):
        run(restore_job(labelled.path, then))
    assert "late" in [label.action for label in labelled.labels()]
    process.stdin.close()
    process.wait()
    run(restore_job(labelled.path, then))


def test_nothing_is_restored_while_another_program_changes_the_project(labelled):
    then = back_up(labelled.path, "asked for")
    other = sqlite3.connect(labelled.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(ProjectError, match="Another program"):
        run(restore_job(labelled.path, then))
    other.execute("ROLLBACK")
    other.close()


def test_a_window_that_has_it_open_all_the_same_sees_what_was_restored(labelled):
    then = back_up(labelled.path, "asked for")
    labelled.label(labelled.clips()[0].id, "late")
    run(restore_job(labelled.path, then))
    assert "late" not in [label.action for label in labelled.labels()]
    labelled.label(labelled.clips()[0].id, "later")
    with Project.open(labelled.path) as other:
        assert "later" in [label.action for label in other.labels()]


def crashed(project: Project, folder: Path) -> tuple[Path, Path]:
    """Return the file and the journal of a change that was killed halfway."""
    connection = sqlite3.connect(project.path, isolation_level=None)
    connection.execute("PRAGMA cache_size = 1")
    connection.execute("BEGIN IMMEDIATE")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.execute(
        f"PRAGMA user_version = {version}"
    )  # changes the first page, as the end of every change does
    connection.execute("UPDATE clip SET start_frame = start_frame + 0, end_frame = end_frame + 1000000")
    connection.execute("UPDATE label SET time = time + 1")
    file, journal = folder / "crashed", folder / "crashed-journal"
    shutil.copy(project.path, file)
    shutil.copy(f"{project.path}-journal", journal)
    connection.execute("ROLLBACK")
    connection.close()
    return file, journal


def test_a_journal_that_belongs_to_another_copy_is_named_and_changes_nothing(labelled, tmp_path):
    earlier = shutil.copy(labelled.path, tmp_path / "earlier copy")
    labelled.add_labels([(clip.id, "groom", 1, None) for clip in labelled.clips()], by="Bea")
    labelled.add_labels([(clip.id, "sniff", 1, None) for clip in labelled.clips()], by="Bea")
    _, journal = crashed(labelled, tmp_path)
    labelled.close()
    shutil.copy(earlier, labelled.path)
    beside = shutil.copy(journal, f"{labelled.path}-journal")
    before = labelled.path.read_bytes()
    with pytest.raises(ProjectError, match=r"mice\.sqlite-journal, which a change left that was interrupted"):
        Project.open(labelled.path)
    assert labelled.path.read_bytes() == before
    assert Path(beside).exists()
    Path(beside).rename(tmp_path / "elsewhere")
    with Project.open(labelled.path) as again:
        assert {label.action for label in again.labels()} == {"walk"}


def test_a_journal_that_belongs_to_the_file_is_rolled_back(labelled, tmp_path):
    wanted = labelled.clips()
    file, _ = crashed(labelled, tmp_path)
    with Project.open(file) as again:
        assert again.clips() == wanted


def test_restoring_sets_a_journal_aside_that_does_not_belong(labelled, tmp_path):
    earlier = shutil.copy(labelled.path, tmp_path / "earlier copy")
    labelled.add_labels([(clip.id, "groom", 1, None) for clip in labelled.clips()], by="Bea")
    then = back_up(labelled.path, "asked for")
    _, journal = crashed(labelled, tmp_path)
    labelled.close()
    connection = sqlite3.connect(earlier)
    for n in range(3):
        connection.execute("UPDATE action SET description = ?", (str(n),))
        connection.commit()
    connection.close()
    shutil.copy(earlier, labelled.path)
    shutil.copy(journal, f"{labelled.path}-journal")
    run(restore_job(labelled.path, then))
    with Project.open(labelled.path) as again:
        assert {label.action for label in again.labels()} == {"walk", "groom"}
    assert any(p.name.endswith("-journal.set-aside") for p in backups_folder(labelled.path).iterdir())


def test_a_name_that_is_none_says_how_to_find_one(labelled):
    with pytest.raises(ProjectError, match="There are no backups"):
        chosen_backup(labelled.path, None)
    made = back_up(labelled.path, "asked for")
    assert chosen_backup(labelled.path, made.name) == chosen_backup(labelled.path, None) == made
    with pytest.raises(ProjectError, match="no backup called x"):
        chosen_backup(labelled.path, "x")


def test_a_copy_is_made_though_another_program_never_stops_changing(labelled, monkeypatch):
    monkeypatch.setattr(backups, "_PAGES", 1)
    other, ended = sqlite3.connect(labelled.path, check_same_thread=False, timeout=30), threading.Event()

    def change() -> None:
        while not ended.is_set():
            other.execute("UPDATE action SET position = position + 1")
            other.commit()

    worker = threading.Thread(target=change)
    worker.start()
    try:
        assert back_up(labelled.path, "asked for").clips == 100
    finally:
        ended.set()
        worker.join()
        other.close()


def test_a_new_file_never_takes_the_place_of_another(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("precious")
    with pytest.raises(FileExistsError), whole_file(path, put_new) as part:
        part.write_text("other")
    assert path.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [path]
