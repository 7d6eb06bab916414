"""Migration to layout 4: bouts move from JSON settings to tables of their own.

The setting ``predicted_bouts/VIDEO`` was a list of applications of a model to a video, each with the clips it had found, also of
those that undo would bring back; ``open_bouts/VIDEO`` held the first frame of each bout that was begun and not ended. Invalid
values counted as not set, and are left out.
"""

import json
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project import checks
from actiondiff_gui.project.palette import next_colour

BOUTS = """
CREATE TABLE application (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    video INTEGER NOT NULL REFERENCES video (n) ON DELETE CASCADE,
    model TEXT NOT NULL,
    time INTEGER NOT NULL,
    about TEXT NOT NULL
);
CREATE INDEX application_video ON application (video);
CREATE TABLE predicted_bout (
    clip INTEGER NOT NULL PRIMARY KEY REFERENCES clip (n) ON DELETE CASCADE,
    application INTEGER NOT NULL REFERENCES application (n) ON DELETE CASCADE,
    start_frame INTEGER NOT NULL CHECK (start_frame >= 0),
    end_frame INTEGER NOT NULL CHECK (end_frame > start_frame)
);
CREATE INDEX predicted_bout_application ON predicted_bout (application)
"""
_OPEN_BOUT = """
CREATE TABLE open_bout (
    video INTEGER NOT NULL REFERENCES video (n) ON DELETE CASCADE,
    action INTEGER NOT NULL REFERENCES action (n),
    start_frame INTEGER NOT NULL CHECK (start_frame >= 0),
    PRIMARY KEY (video, action)
) WITHOUT ROWID;
CREATE INDEX open_bout_action ON open_bout (action)
"""

_FURTHEST = 10**12
_PREDICTED, _OPEN = "predicted_bouts/", "open_bouts/"


def add_bouts(connection: sqlite3.Connection) -> None:
    """Make the tables and move what the settings hold into them, in the open transaction."""
    for statement in (BOUTS + ";\n" + _OPEN_BOUT).split(";\n"):
        connection.execute(statement)
    known: dict[str, tuple[int, int, int]] = {}
    for video, kept in _settings(connection, _PREDICTED):
        for clip, bout in _applications(connection, video, kept):
            known.setdefault(clip, bout)
    clips = connection.execute("SELECT n, id FROM clip").fetchall()
    connection.executemany(
        "INSERT INTO predicted_bout VALUES (?, ?, ?, ?)",
        [(n, *known[id_]) for n, id_ in clips if id_ in known],
    )
    _add_to_history(connection, known)
    for video, kept in _settings(connection, _OPEN):
        _add_open(connection, video, kept)
    for prefix in (_PREDICTED, _OPEN):
        connection.execute("DELETE FROM setting WHERE substr(key, 1, ?) = ?", (len(prefix), prefix))


def _settings(connection: sqlite3.Connection, prefix: str) -> Iterator[tuple[int, Any]]:
    """Return the number of a video and the JSON value, for each setting that begins with ``prefix``."""
    found = connection.execute(
        "SELECT v.n, s.value FROM setting s JOIN video v ON s.key = ? || v.id ORDER BY v.n", (prefix,)
    ).fetchall()
    for video, stored in found:
        yield video, _read(stored)


def _read(stored: object) -> Any:
    try:
        return json.loads(stored) if isinstance(stored, str) else None
    except (ValueError, RecursionError):
        return None


def _applications(
    connection: sqlite3.Connection, video: int, kept: Any
) -> Iterator[tuple[str, tuple[int, int, int]]]:
    """Return the ids of clips that were found in a video, with the row of the application, first frame and end frame."""
    for one in kept if isinstance(kept, list) else ():
        if not isinstance(one, dict) or not isinstance(one.get("clips"), dict):
            continue
        model, about = one.get("model"), one.get("about")
        model = model.encode(errors="replace").decode() if isinstance(model, str) else ""
        row = connection.execute(
            "INSERT INTO application (video, model, time, about) VALUES (?, ?, ?, ?)",
            (
                *(video, model, _microseconds(one.get("time"))),
                json.dumps(about if isinstance(about, dict) else {}),
            ),
        ).lastrowid
        assert row is not None  # after an INSERT there is one
        for clip, edges in one["clips"].items():
            match edges:
                case [int(start), int(end)] if 0 <= start < end <= _FURTHEST:
                    yield clip, (row, start, end)


def _microseconds(time: Any) -> int:
    try:
        return int(datetime.fromisoformat(time).timestamp() * 10**6)
    except (TypeError, ValueError, OverflowError):
        return 0


def _add_to_history(connection: sqlite3.Connection, known: dict[str, tuple[int, int, int]]) -> None:
    """Let a clip that undo or redo brings back be known as a bout again: its row stands beside that of the clip."""
    rows = []
    for n, step, video, clip, before, after in connection.execute(
        "SELECT n, step, video, clip, before, after FROM change "
        "WHERE row_of = 'clip' AND (before IS NULL) <> (after IS NULL)"
    ):
        image = _read(after if before is None else before)
        bout = (
            known.get(image["id"]) if isinstance(image, dict) and isinstance(image.get("id"), str) else None
        )
        if bout is not None:
            row = json.dumps(
                dict(zip(("clip", "application", "start_frame", "end_frame"), (clip, *bout), strict=True))
            )
            # The clip comes before what hangs on it, whichever way the step is gone through.
            rows.append(
                (2 * n + 1, step, video, clip, None, row)
                if before is None
                else (2 * n - 1, step, video, clip, row, None)
            )
    if rows:
        for room in ("-n", "-2 * n"):
            connection.execute(f"UPDATE change SET n = {room}")
        connection.executemany("INSERT INTO change VALUES (?, ?, ?, ?, 'predicted_bout', ?, ?)", rows)


def _add_open(connection: sqlite3.Connection, video: int, kept: Any) -> None:
    for name, start in kept.items() if isinstance(kept, dict) else ():
        if type(start) is int and 0 <= start <= _FURTHEST:
            try:
                action = _action(connection, checks.action_name(name))
            except ProjectError:
                continue
            connection.execute("INSERT OR IGNORE INTO open_bout VALUES (?, ?, ?)", (video, action, start))


def _action(connection: sqlite3.Connection, name: str) -> int:
    """Return the number of an action, which is added if it is missing."""
    found = connection.execute("SELECT n FROM action WHERE name = ?", (name,)).fetchone()
    if found is not None:
        return int(found[0])
    used = [
        colour for (colour,) in connection.execute("SELECT colour FROM action") if isinstance(colour, str)
    ]
    number = connection.execute(
        "INSERT INTO action (name, colour, description, position) "
        "VALUES (?, ?, '', (SELECT 1 + coalesce(max(position), 0) FROM action))",
        (name, next_colour(used)),
    ).lastrowid
    assert number is not None  # after an INSERT there is one
    return number
