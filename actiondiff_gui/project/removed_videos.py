"""Recordings that were removed from a project, with all that was said of them, until they are put back."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.history import steps as history
from actiondiff_gui.project.storage import row_checks as sound

_ROWS = {
    "video": "n = ?",
    "video_facet": "video = ?",
    "clip": "video = ?",
    "label": "clip IN (SELECT n FROM clip WHERE video = ?)",
    "clip_facet": "clip IN (SELECT n FROM clip WHERE video = ?)",
    "review": "clip IN (SELECT n FROM clip WHERE video = ?)",
    "application": "video = ?",
    "predicted_bout": "clip IN (SELECT n FROM clip WHERE video = ?)",
    "open_bout": "video = ?",
    "change": "video = ?",
}
"""Tables with rows that go with a recording, in the order in which they can be put back."""


@dataclass(frozen=True)
class Removed:
    """A recording that was removed.

    Attributes
    ----------
    n : int
        Number to put it back by.
    path : str
        Where it lay, as the project wrote it.
    by : str
        Who removed it.
    time : datetime
    clips, labels : int
        What comes back with it.
    """

    n: int
    path: str
    by: str
    time: datetime
    clips: int
    labels: int


def remove(connection: sqlite3.Connection, numbers: Sequence[int], by: str, step: int | None = None) -> None:
    """Take recordings and all that hangs on them out of their tables, as a step that can be undone.

    ``step`` is the number of the step, at first of the one that is recorded.
    """
    now = history.now()
    (level,) = connection.execute("SELECT level FROM recording").fetchone()
    step = step or history.recorded_step(connection) or 0
    connection.execute(
        "UPDATE recording SET level = 0"
    )  # the rows are kept here, not one by one in the history
    names = dict(connection.execute("SELECT n, name FROM action"))
    for video in numbers:
        kept: dict[str, Any] = {"actions": names}
        for table, where in _ROWS.items():
            cursor = connection.execute(f"SELECT * FROM {table} WHERE {where}", (video,))
            columns = [about[0] for about in cursor.description]
            kept[table] = [columns, *map(list, cursor)]
        (path,) = connection.execute("SELECT path FROM video WHERE n = ?", (video,)).fetchone()
        connection.execute(
            "INSERT INTO removed_video (step, path, said_by, time, content) VALUES (?, ?, ?, ?, ?)",
            (step, path, by, now, json.dumps(kept, ensure_ascii=False)),
        )
        connection.execute("DELETE FROM video WHERE n = ?", (video,))
    connection.execute("UPDATE recording SET level = ?", (level,))


def put_back(connection: sqlite3.Connection, number: int) -> int:
    """Put a recording back with all that hung on it; returns its row number.

    Raises
    ------
    ProjectError
        It is not there any more, cannot be read, or its file was added again meanwhile.
    """
    row = connection.execute("SELECT path, content FROM removed_video WHERE n = ?", (number,)).fetchone()
    if row is None:
        raise ProjectError("This recording is not among the removed ones any more.")
    path, content = row
    kept = _read(content)
    if connection.execute("SELECT 1 FROM video WHERE path = ?", (path,)).fetchone():
        raise ProjectError(
            f"{path} was added to the project again. Remove that one first, then put this one back."
        )
    action_of = _actions(connection, kept.get("actions"))
    steps = {n for (n,) in connection.execute("SELECT n FROM step")}
    applied = {n for (n,) in connection.execute("SELECT n FROM application")}
    for table in _ROWS:
        columns, *rows = kept[table]
        places = {name: place for place, name in enumerate(columns)}
        if "action" in places:
            for each in rows:
                each[places["action"]] = action_of[each[places["action"]]]
        if table == "change":
            rows = [each for each in rows if each[places["step"]] in steps]
        if table == "application":
            applied |= {each[places["n"]] for each in rows}
        if table == "predicted_bout":
            rows = [each for each in rows if each[places["application"]] in applied]
        known = {about[1] for about in connection.execute(f'PRAGMA table_info("{table}")')}
        chosen = [name for name in columns if name in known]
        # Changes are told apart by numbers that others may have taken since.
        chosen = [name for name in chosen if (table, name) != ("change", "n")]
        connection.executemany(
            f"INSERT INTO {table} ({', '.join(chosen)}) VALUES ({', '.join('?' for _ in chosen)})",
            [[each[places[name]] for name in chosen] for each in rows],
        )
    connection.execute("DELETE FROM removed_video WHERE n = ?", (number,))
    columns, video = kept["video"]
    return int(video[columns.index("n")])


def listed(connection: sqlite3.Connection) -> list[Removed]:
    """Return the removed recordings, latest first."""
    found = []
    for n, path, by, time, content in connection.execute(
        "SELECT n, path, said_by, time, content FROM removed_video ORDER BY n DESC"
    ):
        try:
            kept = _read(content)
        except ProjectError:
            continue
        columns, *labels = kept["label"]
        given = sum(row[columns.index("source")] != "model" for row in labels)
        found.append(Removed(n, path, by, sound.moment(time), len(kept["clip"]) - 1, given))
    return found


def of_step(connection: sqlite3.Connection, step: int) -> list[int]:
    """Numbers of the recordings that a step removed and that were not put back."""
    rows = connection.execute("SELECT n FROM removed_video WHERE step = ? ORDER BY n", (step,))
    return [n for (n,) in rows]


def _read(content: str) -> dict[str, Any]:
    found = sound.setting(content)
    if not isinstance(found, dict) or not all(
        isinstance(found.get(table), list) and found[table] for table in _ROWS
    ):
        raise ProjectError("What was kept of this recording cannot be read. Restore a backup.")
    return found


def _actions(connection: sqlite3.Connection, names: object) -> dict[int, int]:
    """Numbers of actions now by those of then; an action that was removed meanwhile is added again."""
    now = dict(connection.execute("SELECT n, name FROM action"))
    by_name = {name: n for n, name in now.items()}
    found = {}
    for then, name in (names if isinstance(names, dict) else {}).items():
        number = int(then)
        if number in now:
            found[number] = number
        elif name in by_name:
            found[number] = by_name[name]
        else:
            row = connection.execute(
                "INSERT INTO action (name, colour, description, position) "
                "VALUES (?, '#8700FF', '', (SELECT 1 + coalesce(max(position), 0) FROM action))",
                (name,),
            ).lastrowid
            assert row is not None  # after an INSERT there is one
            found[number] = by_name[name] = row
    return found
