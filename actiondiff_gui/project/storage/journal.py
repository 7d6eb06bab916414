"""Check that a journal beside a project belongs to it.

A change that was interrupted leaves a journal, and SQLite rolls it back into the file when the file is opened next.
Where the file has been replaced since by another copy, that would mix two projects. So the roll-back is tried on a
copy first.
"""

import os
import shutil
import sqlite3
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project_header import Header, copy_bytes, read_header

ENDINGS = ("-journal", "-wal", "-shm")


def journals(path: Path) -> list[Path]:
    """Files beside the project in which SQLite keeps changes that are not finished."""
    beside = [path.with_name(path.name + ending) for ending in ENDINGS]
    return [file for file in beside if os.path.lexists(file)]


def settled_header(path: Path) -> Header:
    """Return the header of a project as it will be once an interrupted change is rolled back. Nothing is changed.

    Raises
    ------
    OSError
        The file cannot be read.
    ProjectError
        A journal lies beside it that does not belong to it, or it is no ordinary file.
    """
    header = read_header(path)
    # Another program may roll it back and write on meanwhile, which makes the copy useless, so it is tried twice.
    for _ in range(2):
        if not is_hot(path):
            return read_header(path)
        try:
            rolled_back = _rehearsed(path)
        except OSError:  # no room for a copy
            return header
        if rolled_back is not None:
            return rolled_back
    raise ProjectError(stale_sentence(path))


def stale_sentence(path: Path) -> str:
    """Return the message about a journal that does not belong to the project beside it."""
    journal = f"{path.name}-journal"
    return (
        f"Beside the project {path} lies {journal}, which a change left that was interrupted, and it does not fit the "
        "project: the file was probably replaced by another copy since. Opening both would mix the two, so nothing "
        f"was opened. If {path.name} is the copy that you want, move {journal} to another folder and open it again "
        '(or run "actiondiff-gui check --repair"); otherwise restore a backup.'
    )


def is_hot(path: Path) -> bool:
    """Return whether a change to the project was interrupted and waits to be rolled back."""
    if not any(file.name.endswith("-journal") for file in journals(path)):
        return False
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=0.1)
    try:
        connection.execute("PRAGMA schema_version")
    except sqlite3.Error as error:
        # Without leave to write SQLite cannot roll back, and says so.
        return getattr(error, "sqlite_errorname", "") == "SQLITE_READONLY_ROLLBACK"
    finally:
        connection.close()
    return False


def set_aside(path: Path, folder: Path | None = None) -> list[Path]:
    """Move the journals beside ``path`` away, into ``folder`` or under other names; returns where they are now."""
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    moved = []
    for file in journals(path):
        moved.append((folder or path.parent) / f"{stamp} {file.name}.set-aside")
        file.replace(moved[-1])
    return moved


def _rehearsed(path: Path) -> Header | None:
    """Header of a copy that was rolled back; None where that gave no whole database of the same line."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "project"
        copy_bytes(path, copy)
        shutil.copyfile(f"{path}-journal", f"{copy}-journal")
        before = read_header(copy)
        connection = sqlite3.connect(copy)
        try:
            connection.execute("PRAGMA trusted_schema = OFF")
            whole = connection.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",)
        except (sqlite3.Error, UnicodeError):
            whole = False
        finally:
            connection.close()
        after = read_header(copy)
    if after.size == 0:  # it was interrupted while it was made
        return after
    # A change counts the header's counter up by one, if it got as far as that.
    return after if whole and (before.changes - after.changes) % 2**32 in (0, 1) else None
