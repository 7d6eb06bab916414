"""Restoring a project from a backup, after backing up its current state."""

import contextlib
import os
import shutil
import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.files import put_new, whole_file
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.backups.making import (
    RESTORED,
    Backup,
    back_up_job,
    backups_folder,
    copy_database,
    described_job,
    list_backups,
    new_backup,
    write_description,
)
from actiondiff_gui.project.storage import journal, schema
from actiondiff_gui.project.storage.content import UNREADABLE, reading
from actiondiff_gui.project_header import copy_bytes, read_header


@dataclass(frozen=True)
class Restored:
    """What was done: the backup that was put in place, and where what was there before is kept (None: there was nothing)."""

    backup: Backup
    before: Path | None


def chosen_backup(project: Path, name: str | None) -> Backup:
    """Return the backup called ``name`` (a file name, or a path), or the newest one.

    Raises
    ------
    ProjectError
        There is none.
    """
    found = list_backups(project)
    if name is None and found:
        return found[0]
    for backup in found:
        if name is not None and Path(name).name in (backup.name, backup.path.stem):
            return backup
    if not found:
        raise ProjectError(f"There are no backups of {project}: none lies in {backups_folder(project)}.")
    raise ProjectError(
        f'{project} has no backup called {name}. "actiondiff-gui backups {project}" lists those there are.'
    )


def restore_job(project: Path, backup: Backup) -> Job[Restored]:
    """Put ``backup`` in the place of a project. What is there now is kept first: as a backup, or set aside if damaged.

    A project that is whole is replaced in one change of the database, so that a kill leaves the one or the other, and
    another program that has it open sees what was restored.

    Raises
    ------
    ProjectError
        The backup is damaged, another program has the project open, or the disk refuses. The project is as it was.
    """
    yield Progress(0, 3, "checking the backup")
    told = yield from _checked_job(backup)
    users = open_elsewhere(project)
    if users:
        raise ProjectError(
            f"Another program has {project} open ({', '.join(users)}), so nothing was restored. Close it there first."
        )
    yield Progress(1, 3, "keeping the present state")
    try:
        if _is_whole(project):
            kept = yield from back_up_job(project, "before restoring")
            before = kept.path if kept else _same(project)
            yield Progress(2, 3, "putting the backup in place")
            _replace_content(project, backup.path)
        else:
            before = _set_aside(project)
            yield Progress(2, 3, "putting the backup in place")
            with whole_file(project) as part:
                copy_bytes(backup.path, part)
        _note(project, told)
    except (OSError, *UNREADABLE) as error:
        raise ProjectError(
            f"{backup.name} could not be put in the place of {project}: {getattr(error, 'strerror', None) or error}. "
            "The project is as it was; check that no other program has it open and that there is space."
        ) from error
    yield Progress(3, 3, "restored")
    return Restored(told, before)


def open_elsewhere(project: Path) -> list[str]:
    """Other programs that have the project open or are changing it, as far as that can be told."""
    found: list[str] = []
    try:
        about = project.stat()
    except OSError:
        return found
    for process in Path("/proc").glob("[0-9]*"):
        if process.name == str(os.getpid()):
            continue
        with contextlib.suppress(OSError):  # it ended, or is another user's
            for descriptor in (process / "fd").iterdir():
                with contextlib.suppress(OSError):
                    if os.path.samestat(descriptor.stat(), about):
                        found.append(f"process {process.name}")
                        break
    if journal.is_hot(project):  # the lock would roll it back, and it may not belong to the file
        return found
    connection = sqlite3.connect(project, timeout=0.1, isolation_level=None)
    try:
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY") and not found:
            found.append("it is being read or changed")
    finally:
        connection.close()
    return found


def _checked_job(backup: Backup) -> Job[Backup]:
    """Return the backup with its actual content; raises ProjectError where that is not what was stored."""
    try:
        schema.check_file(backup.path)
        found = yield from described_job(backup.path, backup)
    except (*UNREADABLE, ProjectError) as error:
        raise ProjectError(
            f"The backup {backup.path} cannot be used: {error}. Choose another one."
        ) from error
    if backup.digests and found.digests != backup.digests:
        raise ProjectError(
            f"The backup {backup.path} is damaged: its content does not match its digests. Choose another one."
        )
    return found


def _is_whole(project: Path) -> bool:
    """Return whether SQLite can read all of the present file; an interrupted change is rolled back for it."""
    try:
        schema.check_file(project)
        connection = sqlite3.connect(project, timeout=1)
        try:
            connection.execute("PRAGMA trusted_schema = OFF")
            return bool(connection.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",))
        finally:
            connection.close()
    except (ProjectError, *UNREADABLE):
        return False


def _same(project: Path) -> Path | None:
    return next((backup.path for backup in list_backups(project)), None)


def _replace_content(project: Path, backup: Path) -> None:
    with reading(backup) as source:
        target = sqlite3.connect(project, timeout=1, isolation_level=None)
        try:
            target.execute("PRAGMA synchronous = EXTRA")
            copy_database(source, target)
        finally:
            target.close()


def _set_aside(project: Path) -> Path | None:
    """Keep a damaged file beside the backups, with the journals that do not fit it."""
    if not os.path.lexists(project):
        journal.set_aside(project, backups_folder(project))
        return None
    kept = new_backup(project, "").path.with_suffix(".damaged")
    shutil.copy2(project, kept)
    journal.set_aside(project, backups_folder(project))
    return kept


def _note(project: Path, told: Backup) -> None:
    """Write down that the project holds now what ``told`` held, as its newest backup."""
    fresh = new_backup(project, RESTORED)
    now = replace(told, path=fresh.path, made=fresh.made, why=RESTORED, changes=read_header(project).changes)
    write_description(now)
    try:
        os.link(told.path, now.path)
    except OSError:
        with whole_file(now.path, put_new) as part:
            shutil.copyfile(told.path, part)
