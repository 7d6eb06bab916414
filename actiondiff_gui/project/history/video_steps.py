"""Steps of the history that concern whole videos: their names, their metadata, and their removal.

Such a changed row stands in the table of changes like that of a clip, with minus the number of its video in place of a clip. A
video that a step removed is kept elsewhere (:mod:`actiondiff_gui.project.removed_videos`) until the step is undone; then a row
without an "after" says that redoing the step removes it again.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from actiondiff_gui.project.history import steps
from actiondiff_gui.project.history.words import ChangedRow
from actiondiff_gui.project.paths import absolute_path, rename_file, stored_path

COLUMNS = {"video": ("path",), "video_facet": ("key", "value")}
"""What is written down of a changed row, by its table."""


def rename(connection: sqlite3.Connection, video_id: str, path: str) -> None:
    """Give a video another path, as the project writes it, and write the change down; no file is touched."""
    n, before = connection.execute("SELECT n, path FROM video WHERE id = ?", (video_id,)).fetchone()
    connection.execute("UPDATE video SET path = ? WHERE n = ?", (path, n))
    write_down(connection, [(n, "video", {"path": before}, {"path": path})])


def describe(connection: sqlite3.Connection, numbers: Sequence[int], key: str, value: str | None) -> None:
    """Set a checked metadata field of videos, None to remove it, and write down what changed."""
    found = connection.execute(
        "SELECT video, value FROM video_facet WHERE key = ? AND video IN (SELECT value FROM json_each(?))",
        (key, json.dumps(list(numbers))),
    )
    before: dict[int, str | None] = dict.fromkeys(numbers)
    before.update(found)
    changed = [n for n, old in before.items() if old != value]
    _put(connection, changed, key, value)
    write_down(connection, [(n, "video_facet", _facet(key, before[n]), _facet(key, value)) for n in changed])


def write_down(
    connection: sqlite3.Connection,
    rows: Iterable[tuple[int, str, dict[str, str] | None, dict[str, str] | None]],
    step: int | None = None,
) -> None:
    """Write down changed rows of videos (number, table, before, after) with a step, at first the one that is recorded, if any."""
    step = steps.recorded_step(connection) if step is None else step
    if step is not None:
        connection.executemany(
            "INSERT INTO change (step, video, clip, row_of, before, after) VALUES (?, ?, ?, ?, ?, ?)",
            [
                (
                    step,
                    n,
                    -n,
                    table,
                    *(None if image is None else json.dumps(image) for image in (before, after)),
                )
                for n, table, before, after in rows
            ],
        )


def apply(connection: sqlite3.Connection, row: ChangedRow, redo: bool) -> None:
    """Restore the name of a video and of its file, or its metadata unless that was set otherwise since.

    Raises
    ------
    ProjectError
        Another file has the name, or the disk refuses.
    """
    wanted, present = (row.after, row.before) if redo else (row.before, row.after)
    if row.table == "video":
        if wanted is not None and present is not None:
            _rename(connection, row.video, PurePosixPath(json.loads(wanted)["path"].replace("\\", "/")).name)
        return
    key = json.loads(row.known)["key"]
    now = connection.execute(
        "SELECT value FROM video_facet WHERE video = ? AND key = ?", (row.video, key)
    ).fetchone()
    if (now[0] if now else None) == (json.loads(present)["value"] if present else None):
        _put(connection, [row.video], key, json.loads(wanted)["value"] if wanted else None)


def words(connection: sqlite3.Connection, rows: Sequence[ChangedRow]) -> str:
    """Return what a step did to videos: ``"b.mp4 renamed"``, ``"cage of 3 videos"``."""
    paths = [
        connection.execute("SELECT path FROM video WHERE n = ?", (n,)).fetchone()[0]
        for n in dict.fromkeys(row.video for row in rows)
    ]
    names = [PurePosixPath(path.replace("\\", "/")).name for path in paths]
    shown = names[0] if len(names) == 1 else f"{len(names):,} videos"
    if rows[0].table == "video_facet":
        return f"{json.loads(rows[0].known)['key']} of {shown}"
    return f"{shown} {'removed' if rows[0].after is None else 'renamed'}"


def _facet(key: str, value: str | None) -> dict[str, str] | None:
    return None if value is None else {"key": key, "value": value}


def _rename(connection: sqlite3.Connection, video: int, name: str) -> None:
    """Give a video and its file another name where it lies now; a missing file is left to be found by its content."""
    folder = Path(connection.execute("PRAGMA database_list").fetchone()[2]).parent
    (stored,) = connection.execute("SELECT path FROM video WHERE n = ?", (video,)).fetchone()
    path = absolute_path(stored, folder)
    if path.name != name and path.is_file():
        new = path.with_name(name)
        connection.execute("UPDATE video SET path = ? WHERE n = ?", (stored_path(new, folder), video))
        rename_file(path, new)


def _put(connection: sqlite3.Connection, numbers: Sequence[int], key: str, value: str | None) -> None:
    if value is None:
        connection.executemany(
            "DELETE FROM video_facet WHERE video = ? AND key = ?", [(n, key) for n in numbers]
        )
    else:
        connection.executemany(
            "INSERT INTO video_facet (video, key, value) VALUES (?, ?, ?) "
            "ON CONFLICT (video, key) DO UPDATE SET value = excluded.value",
            [(n, key, value) for n in numbers],
        )
