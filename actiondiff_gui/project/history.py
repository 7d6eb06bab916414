"""What was changed in a recording, and how is it taken back?

Triggers write down each changed row of a clip, its labels, its facets and what was answered of it: the row before and after, as
JSON, with the step (the transaction) and the video it belongs to. Undo puts the rows before back, redo
the rows after. The triggers are temporary ones of this connection, and the file holds only rows, so that
nothing in a file from somebody else is ever executed.

A model's predictions are not a person's decisions: they are written down only where they vanish with
their clip. A change that is not recorded (an import) is a line that undo does not cross.
"""

import json
import sqlite3

from actiondiff_gui.errors import ProjectError

CHANGES_KEPT = 50_000
"""How many changed rows, in whole steps, outlive closing the project."""

_KEYS = {
    "clip": ("n",),
    "label": ("clip", "action", "source", "said_by"),
    "clip_facet": ("clip", "key"),
    "review": ("n",),
}
_COLUMNS = {
    "clip": (
        *("n", "id", "video", "start_frame", "end_frame", "subject"),
        *("roi_x", "roi_y", "roi_width", "roi_height"),
    ),
    "label": ("clip", "action", "source", "said_by", "value", "confidence", "time"),
    "clip_facet": ("clip", "key", "value"),
    "review": (
        *("n", "clip", "answer", "said", "said_by", "time"),
        *("model", "predicted", "confidence", "asked"),
    ),
}
# What is written down: nothing while undoing, an unrecorded change, decisions, or all that goes with a clip.
_SILENT, _UNRECORDED, _DECISIONS, _EVERYTHING = 0, 1, 2, 3


def start(connection: sqlite3.Connection) -> None:
    """Begin to watch the changes made through ``connection``."""
    # SQLite writes a fraction into JSON with 15 digits, two short of all that it holds.
    connection.create_function("exactly", 1, lambda number: None if number is None else repr(number))
    connection.execute("CREATE TEMP TABLE recording (level INTEGER NOT NULL, step INTEGER NOT NULL)")
    connection.execute("INSERT INTO recording VALUES (0, 0)")
    for table in _KEYS:
        for event in ("INSERT", "UPDATE", "DELETE"):
            for name, level, statement in _watch(table, event):
                connection.execute(
                    f"CREATE TEMP TRIGGER watch_{table}_{event}_{name} AFTER {event} ON main.{table} "
                    f"WHEN {level} BEGIN {statement} END"
                )


def _watch(table: str, event: str) -> tuple[tuple[str, str, str], tuple[str, str, str]]:
    def image(row: str) -> str:
        pairs = ", ".join(
            f"'{column}', " + (f"exactly({row}.{column})" if column == "confidence" else f"{row}.{column}")
            for column in _COLUMNS[table]
        )
        return f"json_object({pairs})"

    row = "OLD" if event == "DELETE" else "NEW"
    before = "NULL" if event == "INSERT" else image("OLD")
    after = "NULL" if event == "DELETE" else image("NEW")
    video = f"{row}.video" if table == "clip" else f"(SELECT video FROM clip WHERE n = {row}.clip)"
    level = "(SELECT level FROM recording)"
    decision = f"{row}.source <> 'model'" if table == "label" else "1"
    return (
        (
            "recorded",
            f"{level} = {_EVERYTHING} OR ({level} = {_DECISIONS} AND {decision})",
            f"DELETE FROM change WHERE video = {video} AND undone = 1;"
            "INSERT INTO change (step, video, row_of, before, after) "
            f"VALUES ((SELECT step FROM recording), {video}, '{table}', {before}, {after});",
        ),
        (
            "unrecorded",
            f"{level} = {_UNRECORDED} AND {decision}",
            f"DELETE FROM change WHERE video = {video};",
        ),
    )


def begin_step(connection: sqlite3.Connection, record: bool) -> None:
    """Count what follows as one new step, or as a change that cannot be undone."""
    connection.execute(
        "UPDATE recording SET level = ?, step = 1 + coalesce((SELECT max(step) FROM change), 0)",
        (_DECISIONS if record else _UNRECORDED,),
    )


def end_step(connection: sqlite3.Connection) -> None:
    """Write nothing down until the next step begins."""
    connection.execute("UPDATE recording SET level = ?", (_SILENT,))


def record_everything(connection: sqlite3.Connection, on: bool) -> None:
    """Within a recorded step, whether predictions are written down too."""
    connection.execute(
        "UPDATE recording SET level = ? WHERE level = ?",
        (_EVERYTHING, _DECISIONS) if on else (_DECISIONS, _EVERYTHING),
    )


def steps(connection: sqlite3.Connection, video: int) -> tuple[int, int]:
    """How many steps of a video can be undone, and redone."""
    counts = dict(
        connection.execute(
            "SELECT undone, count(DISTINCT step) FROM change WHERE video = ? GROUP BY undone", (video,)
        )
    )
    return counts.get(0, 0), counts.get(1, 0)


def latest_step(connection: sqlite3.Connection) -> int | None:
    """Number of the last step of any video that was not undone; numbers rise."""
    return connection.execute("SELECT max(step) FROM change WHERE undone = 0").fetchone()[0]


def take_back(connection: sqlite3.Connection, video: int, redo: bool) -> bool:
    """Undo the last step of a video, or redo the last undone one; False where there is none."""
    which = "min" if redo else "max"
    (step,) = connection.execute(
        f"SELECT {which}(step) FROM change WHERE video = ? AND undone = ?", (video, int(redo))
    ).fetchone()
    if step is None:
        return False
    image, order = ("after", "ASC") if redo else ("before", "DESC")
    rows = connection.execute(
        f"SELECT row_of, {image}, coalesce(before, after) FROM change "
        f"WHERE video = ? AND undone = ? AND step = ? ORDER BY n {order}",
        (video, int(redo), step),
    ).fetchall()
    for table, wanted, known in rows:
        _put_back(connection, table, wanted, known)
    connection.execute(
        "UPDATE change SET undone = ? WHERE video = ? AND undone = ? AND step = ?",
        (int(not redo), video, int(redo), step),
    )
    return True


def _put_back(connection: sqlite3.Connection, table: str, wanted: str | None, known: str) -> None:
    columns, keys = _COLUMNS.get(table, ()), _KEYS.get(table, ())
    try:
        row = json.loads(known if wanted is None else wanted)
        if not columns or set(row) != set(columns):
            raise ValueError(f"not a row of {table}")
        if row.get("confidence") is not None:
            row["confidence"] = float(row["confidence"])
    except (ValueError, TypeError) as error:
        raise ProjectError("The history of this video is damaged. Nothing was undone.") from error
    if wanted is None:
        where = " AND ".join(f"{key} = ?" for key in keys)
        connection.execute(f"DELETE FROM {table} WHERE {where}", [row[key] for key in keys])
        return
    if (
        table == "label"
        and not connection.execute("SELECT 1 FROM action WHERE n = ?", (row["action"],)).fetchone()
    ):
        return  # the action itself has been removed from the project since
    changes = ", ".join(f"{c} = excluded.{c}" for c in columns if c not in keys)
    connection.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' for _ in columns)}) "
        f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes}",
        [row[c] for c in columns],
    )


def forget_old_steps(connection: sqlite3.Connection) -> None:
    """Drop the oldest steps, so that at most :data:`CHANGES_KEPT` changed rows are left."""
    connection.execute(
        "DELETE FROM change WHERE step <= (SELECT step FROM change ORDER BY n DESC LIMIT 1 OFFSET ?)",
        (CHANGES_KEPT,),
    )
