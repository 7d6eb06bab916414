"""Creation of a project's backups.

They lie in the folder ``<project file>.backups``, named by the time in UTC. Beside each lies a JSON file that says why
it was made, what it holds, and digests of its content. Both appear whole or not at all, the copy last.
"""

import contextlib
import json
import re
import sqlite3
import time
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.files import put_new, whole_file
from actiondiff_gui.progress import Job, Progress, run
from actiondiff_gui.project.backups.schedule import kept
from actiondiff_gui.project.storage.content import UNREADABLE, counts, digests_job, reading
from actiondiff_gui.project_header import read_header
from actiondiff_gui.settings import Setting, check


@dataclass(frozen=True)
class BackupSettings:
    """When backups are made.

    Raises
    ------
    ProjectError
        A value makes no sense.
    """

    every: Annotated[
        int,
        Setting(
            "a backup every",
            "While a project is changed, a backup is made at most so often; 0 for never",
            0,
            999_999,
            "minutes",
        ),
    ] = 60

    def __post_init__(self) -> None:
        check(self, ProjectError)


USUAL_EVERY = timedelta(minutes=BackupSettings.every)
ROLLING = "while working"
RESTORED = "restored"
_PAGES = 256
"""Pages copied at a time; between, the project can be changed."""
_MOST_RESTARTS = 5
PATIENCE_S = 30.0
_BUSY, _LOCKED = sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED
_NAME = re.compile(r"(\d{4}-\d\d-\d\dT\d{6}Z)(-\d+)?\.actiondiff")
_TIME = "%Y-%m-%dT%H%M%SZ"


@dataclass(frozen=True)
class Backup:
    """One copy of a project.

    Attributes
    ----------
    path : Path
    made : datetime
        When, in UTC.
    why : str
        ``"while working"``, ``"before layout 3"``, ``"before restoring"``, ``"restored"`` (what was put in place
        then), or what asked for it; "" where it is not known.
    videos, clips, labels, layout : int
        What it holds; labels without predictions. -1 where the file beside it does not tell.
    changes : int or None
        File change counter of the project at that time, where it is sure: as long as the project has the same,
        nothing was written to it.
    digests : dict of str to str
        Digest of the rows of each table.
    """

    path: Path
    made: datetime
    why: str = ""
    videos: int = -1
    clips: int = -1
    labels: int = -1
    layout: int = -1
    changes: int | None = None
    digests: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.path.name


def backups_folder(project: Path) -> Path:
    """Folder beside the project file in which its backups are kept."""
    return project.with_name(f"{project.name}.backups")


def list_backups(project: Path) -> list[Backup]:
    """All backups of a project, newest first."""
    found = []
    with contextlib.suppress(OSError):
        for path in backups_folder(project).iterdir():
            named = _NAME.fullmatch(path.name)
            if named:
                made = datetime.strptime(named[1], _TIME).replace(tzinfo=UTC)
                found.append((made, int((named[2] or "-0")[1:]), path))
    return [_described(path, made) for made, _, path in sorted(found, reverse=True)]


def is_due(project: Path, every: timedelta) -> bool:
    """Return whether the project was changed since its newest backup, and that is ``every`` ago; a cheap look."""
    newest = next(iter(list_backups(project)), None)
    try:
        changed = datetime.fromtimestamp(project.stat().st_mtime, UTC)
    except OSError:
        return False
    if newest is None:
        return True
    ago = datetime.now(UTC) - newest.made
    return changed > newest.made and (ago >= every or ago < timedelta(0))


def back_up(project: Path, why: str) -> Backup | None:
    """Make a backup now, see :func:`back_up_job`."""
    return run(back_up_job(project, why))


def back_up_job(project: Path, why: str = ROLLING) -> Job[Backup | None]:
    """Copy a project, check the copy, and thin the older ones; others may use the project meanwhile.

    Returns the backup, or None where the project holds no video or the newest backup holds the same.

    Raises
    ------
    ProjectError
        The copy could not be made. Nothing was changed.
    """
    yield Progress(0, 0, f"making a backup of {project.name}")
    folder = backups_folder(project)
    try:
        folder.mkdir(exist_ok=True)
        backup = new_backup(project, why)
        with whole_file(backup.path, put_new) as part:
            changes = read_header(project).changes
            _copy(project, part)
            sure = read_header(project).changes == changes
            backup = replace(backup, changes=changes if sure else None)
            backup = yield from described_job(part, backup)
            newest = next(iter(list_backups(project)), None)
            if not backup.videos or (newest is not None and newest.digests == backup.digests):
                raise _NotNeeded
            write_description(backup)
    except _NotNeeded:
        with contextlib.suppress(OSError):  # it holds others
            folder.rmdir()
        return None
    except _Taken:
        return (yield from back_up_job(project, why))
    except (OSError, *UNREADABLE) as error:
        raise ProjectError(
            f"No backup of {project} could be made in {folder}: {getattr(error, 'strerror', None) or error}. The "
            "project is as it was; check that the folder may be written to and has space."
        ) from error
    thin(project)
    return backup


def described_job(file: Path, backup: Backup) -> Job[Backup]:
    """Say of ``backup`` what is in ``file``.

    Raises
    ------
    sqlite3.Error
        The file is damaged.
    """
    with reading(file) as copy:
        (whole,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
        if whole != "ok":
            raise sqlite3.DatabaseError(f"the project is damaged ({whole})")
        yield Progress(0, 0, "reading the copy")
        digests = yield from digests_job(copy)
        held = counts(copy)
        return replace(
            backup,
            digests=digests,
            videos=held["videos"],
            clips=held["clips"],
            labels=held["labels"],
            layout=held["layout"],
        )


def new_backup(project: Path, why: str) -> Backup:
    """Return a backup of this moment, not yet made."""
    made = datetime.now(UTC)
    stem, n = made.strftime(_TIME), 1
    path = backups_folder(project) / f"{stem}.actiondiff"
    while path.exists() or path.with_suffix(".json").exists():
        n += 1
        path = path.with_name(f"{stem}-{n}.actiondiff")
    return Backup(path, made, why)


def write_description(backup: Backup) -> None:
    """Write the JSON file beside a backup, which also takes its name.

    Raises
    ------
    OSError
        Another program took the name, or the disk refuses.
    """
    told = {name: value for name, value in asdict(backup).items() if name not in ("path", "made")}
    try:
        with whole_file(backup.path.with_suffix(".json"), put_new) as part:
            part.write_text(json.dumps({"made": backup.made.isoformat(), **told}, indent=1), encoding="utf-8")
    except FileExistsError as error:
        raise _Taken from error


def thin(project: Path) -> None:
    """Delete the backups that the rule of :mod:`keeping` does not keep; those made before another layout stay."""
    found = list_backups(project)
    keep = kept([backup.made for backup in found], datetime.now(UTC))
    for backup in found:
        if backup.made not in keep and not backup.why.startswith("before layout"):
            with contextlib.suppress(OSError):
                backup.path.unlink()
                backup.path.with_suffix(".json").unlink(missing_ok=True)
    for told in backups_folder(project).glob("*Z*.json"):
        with contextlib.suppress(OSError):
            killed = datetime.now(UTC).timestamp() - told.stat().st_mtime > USUAL_EVERY.total_seconds()
            if killed and not told.with_suffix(".actiondiff").exists():
                told.unlink()


def _described(path: Path, made: datetime) -> Backup:
    try:
        told = json.loads(path.with_suffix(".json").read_text("utf-8"))
        numbers = {name: int(told[name]) for name in ("videos", "clips", "labels", "layout")}
        changes = told["changes"]
        digests = {str(table): str(digest) for table, digest in told["digests"].items()}
        made = datetime.fromisoformat(told["made"]).astimezone(UTC)
        return Backup(path, made, str(told["why"]), **numbers, changes=changes, digests=digests)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return Backup(path, made)


def copy_database(source: sqlite3.Connection, target: sqlite3.Connection, pages: int = -1) -> None:
    """Copy a database ``pages`` at a time (-1: all at once), with SQLite's online backup.

    Raises
    ------
    sqlite3.OperationalError
        Another program held the lock of one of the two for :data:`PATIENCE_S`, or changed the source again and again.
    """
    restarts, left = 0, None
    moved = time.monotonic()

    def look(status: int, remaining: int, _total: int) -> None:
        nonlocal restarts, left, moved
        if status in (_BUSY, _LOCKED):
            if time.monotonic() - moved > PATIENCE_S:
                raise sqlite3.OperationalError("another program is changing it")
            return
        moved = time.monotonic()
        # SQLite begins again when another program changes the source in between.
        restarts += left is not None and remaining > left
        left = remaining
        if restarts > _MOST_RESTARTS:
            raise _Restless

    source.backup(target, pages=pages, progress=look, sleep=0.02)


def _copy(project: Path, target: Path) -> None:
    with reading(project) as source:
        for pages in (_PAGES, -1):
            target.unlink(missing_ok=True)
            copy = sqlite3.connect(target, isolation_level=None)
            try:
                for pragma in ("journal_mode = OFF", "synchronous = OFF"):
                    copy.execute(f"PRAGMA {pragma}").fetchall()
                copy_database(source, copy, pages)
                return
            except _Restless:
                continue
            finally:
                copy.close()


class _Taken(OSError):
    """Another program made a backup of that name in the same second."""


class _NotNeeded(Exception):
    """The newest backup holds the same, or there is nothing to keep."""


class _Restless(Exception):
    """The project is changed so often that a copy in steps comes to no end."""
