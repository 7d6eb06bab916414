"""Undo and redo of a step, where others may have changed the same clips since.

Only what the step itself changed is restored. A row that somebody else changed since stays as it is, unless the clip
is removed: then all rows that refer to it are recorded with the step, and are restored with the clip.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from actiondiff_gui.errors import ChangedSinceError, ProjectError
from actiondiff_gui.project import removed_videos
from actiondiff_gui.project.history import steps as history
from actiondiff_gui.project.history import video_steps
from actiondiff_gui.project.history.steps import COLUMNS, KEYS
from actiondiff_gui.project.history.words import ChangedRow, describe, name_of_clip


@dataclass(frozen=True)
class TakenBack:
    """A step that was undone or redone.

    Attributes
    ----------
    what : str
        What the step had done, in words: ``"walk on 2 clips of b.mp4"``.
    clip_ids : tuple of str
        Those of its clips that there are now, by video and start.
    video_ids : tuple of str
        The videos of all its clips, in the project's order.
    frame : int
        Where the first of its clips starts, or started, in the first of its videos.
    of_videos : bool
        Whether videos themselves were restored, removed, renamed or described.
    """

    what: str
    clip_ids: tuple[str, ...]
    video_ids: tuple[str, ...]
    frame: int
    of_videos: bool = False


def take_back(
    connection: sqlite3.Connection, by: str, redo: bool = False, anyway: bool = False
) -> TakenBack | None:
    """Undo a person's last step, or redo the last one undone; None where there is none.

    Raises
    ------
    ChangedSinceError
        Somebody else changed one of its clips since, and ``anyway`` is false.
    ProjectError
        The rows written down cannot be read.
    """
    step = history.next_step(connection, by, redo)
    if step is None:
        return None
    gone = [] if redo else removed_videos.of_step(connection, step)
    if gone:
        return _videos_back(connection, step, gone, by)
    rows = _rows(connection, step, redo)
    if redo and any(row.table == "video" and row.after is None for row in rows):
        return _videos_away(connection, step, rows, by)
    others = _changed_since(connection, step, by)
    if others and not anyway:
        raise _changed_error(connection, others[0])
    theirs = {_key(row) for _, _, row in others}
    of_videos = [row for row in rows if row.table in video_steps.COLUMNS]
    rows = [row for row in rows if row.table not in video_steps.COLUMNS]
    what = describe(connection, rows) if rows else video_steps.words(connection, of_videos)
    frame = _frame(rows)
    going = _going(connection, rows, redo)
    for row in rows:
        if row.clip not in going and _key(row) not in theirs:
            _put_back(connection, row.table, row.after if redo else row.before, row.known)
    for clip, video in going.items():
        _remove(connection, step, clip, video, redo)
    for row in of_videos:
        video_steps.apply(connection, row, redo)
    _mark(connection, step, by, undone=not redo)
    return TakenBack(what, *_where(connection, rows), frame, bool(of_videos))


def _mark(connection: sqlite3.Connection, step: int, by: str, undone: bool) -> None:
    connection.execute(
        "UPDATE step SET undone = ?, said_by = ?, at = ?, time = ? WHERE n = ?",
        (int(undone), by, history.next_number(connection), history.now(), step),
    )


def _videos_back(connection: sqlite3.Connection, step: int, gone: Sequence[int], by: str) -> TakenBack:
    """Put back the recordings that a step removed; redoing it removes them again."""
    back = [removed_videos.put_back(connection, number) for number in gone]
    found = connection.execute(
        "SELECT n, id, path FROM video WHERE n IN (SELECT value FROM json_each(?)) ORDER BY n",
        (json.dumps(back),),
    ).fetchall()
    video_steps.write_down(connection, [(n, "video", {"path": path}, None) for n, _, path in found], step)
    _mark(connection, step, by, undone=True)
    return TakenBack(_removed(path for *_, path in found), (), tuple(row[1] for row in found), 0, True)


def _videos_away(connection: sqlite3.Connection, step: int, rows: Sequence[ChangedRow], by: str) -> TakenBack:
    """Remove the recordings again that a step had removed."""
    connection.execute("DELETE FROM change WHERE step = ?", (step,))
    paths = [json.loads(row.known)["path"] for row in rows]
    removed_videos.remove(connection, [row.video for row in rows], by, step)
    _mark(connection, step, by, undone=False)
    return TakenBack(_removed(paths), (), (), 0, True)


def _removed(paths: Iterable[str]) -> str:
    names = [PurePosixPath(path.replace("\\", "/")).name for path in paths]
    return f"{', '.join(names[:3])}{' and others' if len(names) > 3 else ''} removed"


def _rows(connection: sqlite3.Connection, step: int, redo: bool) -> list[ChangedRow]:
    found = connection.execute(
        "SELECT n, row_of, clip, video, before, after FROM change WHERE step = ? "
        f"ORDER BY n {'ASC' if redo else 'DESC'}",
        (step,),
    )
    rows = [ChangedRow(*row) for row in found]
    for row in rows:
        for image in (row.before, row.after):
            if image is not None:
                read_image(row.table, image)
    return rows


def read_image(table: str, image: str) -> dict[str, Any]:
    """Return the row that was recorded; raises ProjectError where it is none of ``table``."""
    try:
        row: dict[str, Any] = json.loads(image)
        columns = COLUMNS.get(table) or video_steps.COLUMNS[table]
        if set(row) != set(columns):
            raise ValueError(f"not a row of {table}")
        if table == "setting" and not str(row["key"]).startswith(history.OF_RECORDING):
            raise ValueError("a setting that is not recorded")
        if row.get("confidence") is not None:
            row["confidence"] = float(row["confidence"])
    except (ValueError, TypeError, KeyError) as error:
        raise ProjectError("The history of this project is damaged. Nothing was undone.") from error
    return row


def _changed_since(connection: sqlite3.Connection, step: int, by: str) -> list[tuple[str, int, ChangedRow]]:
    """Return what others did to the clips of a step after it was made, undone or redone: who, when and which row, latest first."""
    found = connection.execute(
        "SELECT t.said_by, t.time, c.n, c.row_of, c.clip, c.video, c.before, c.after "
        "FROM change c JOIN step t ON t.n = c.step "
        "WHERE c.clip IN (SELECT clip FROM change WHERE step = ?) AND t.at > (SELECT at FROM step WHERE n = ?) "
        "AND t.undone = 0 AND t.said_by <> ? ORDER BY t.at DESC, c.n",
        (step, step, by),
    )
    return [(who, when, ChangedRow(*row)) for who, when, *row in found]


def _changed_error(connection: sqlite3.Connection, other: tuple[str, int, ChangedRow]) -> ChangedSinceError:
    who, microseconds, row = other
    when = datetime.fromtimestamp(microseconds / 1e6).astimezone()
    clip = name_of_clip(connection, row.clip, row.video)
    today = when.date() == datetime.now().astimezone().date()
    at = f"{when:%H:%M}" if today else f"{when:%H:%M on %d %B %Y}"
    text = f"{who or 'Another program'} changed {clip} at {at} after your change."
    return ChangedSinceError(text, who, clip, when)


def _key(row: ChangedRow) -> tuple[Any, ...]:
    image = json.loads(row.known)
    return (row.table, *(image.get(key) for key in KEYS.get(row.table, ())))


def _frame(rows: Sequence[ChangedRow]) -> int:
    starts = [json.loads(row.known)["start_frame"] for row in rows if row.table == "clip"]
    return min(starts, default=0)


def _going(connection: sqlite3.Connection, rows: Sequence[ChangedRow], redo: bool) -> dict[int, int]:
    """Clips that will not be there afterwards and are there now, with their videos."""
    last = {row.clip: row for row in rows if row.table == "clip"}
    return {
        clip: row.video
        for clip, row in last.items()
        if (row.after if redo else row.before) is None
        and connection.execute("SELECT 1 FROM clip WHERE n = ?", (clip,)).fetchone()
    }


def _remove(connection: sqlite3.Connection, step: int, clip: int, video: int, redo: bool) -> None:
    """Remove a clip; all that hangs on it now is written down in its place in the step, to come back with it."""
    images = []
    for table in history.OF_CLIPS:
        column = "n" if table == "clip" else "clip"
        found = connection.execute(
            f"SELECT {history.row_image(table, 't')} FROM {table} t WHERE {column} = ?", (clip,)
        )
        images += [(table, image) for (image,) in found]
    if redo:  # the step removes the clip: undoing it goes from the last row to the first
        images.reverse()
    connection.execute("DELETE FROM change WHERE step = ? AND clip = ?", (step, clip))
    connection.executemany(
        "INSERT INTO change (step, video, clip, row_of, before, after) VALUES (?, ?, ?, ?, ?, ?)",
        [(step, video, clip, table, *((image, None) if redo else (None, image))) for table, image in images],
    )
    connection.execute("DELETE FROM clip WHERE n = ?", (clip,))


def _put_back(connection: sqlite3.Connection, table: str, wanted: str | None, known: str) -> None:
    columns, keys = COLUMNS[table], KEYS[table]
    row = read_image(table, known if wanted is None else wanted)
    if wanted is None:
        where = " AND ".join(f"{key} = ?" for key in keys)
        connection.execute(f"DELETE FROM {table} WHERE {where}", [row[key] for key in keys])
        return
    needed = {
        "label": (("clip", "clip"), ("action", "action")),
        "clip": (("video", "video"),),
        "predicted_bout": (("clip", "clip"), ("application", "application")),
        "setting": (),
    }
    for column, of in needed.get(table, (("clip", "clip"),)):
        if not connection.execute(f"SELECT 1 FROM {of} WHERE n = ?", (row[column],)).fetchone():
            return  # its action or its clip has been removed from the project since
    changes = ", ".join(f"{c} = excluded.{c}" for c in columns if c not in keys)
    connection.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' for _ in columns)}) "
        f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes}",
        [row[c] for c in columns],
    )


def _where(
    connection: sqlite3.Connection, rows: Sequence[ChangedRow]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    clips = json.dumps(sorted({row.clip for row in rows}))
    videos = json.dumps(sorted({row.video for row in rows}))
    there = connection.execute(
        "SELECT id FROM clip WHERE n IN (SELECT value FROM json_each(?)) ORDER BY video, start_frame, n",
        (clips,),
    )
    of = connection.execute(
        "SELECT id FROM video WHERE n IN (SELECT value FROM json_each(?)) ORDER BY n", (videos,)
    )
    return tuple(row[0] for row in there), tuple(row[0] for row in of)
