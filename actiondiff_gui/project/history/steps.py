"""Recording of changes by triggers, as steps that belong to a person.

Triggers record each changed row of a clip, its labels, its facets and its review answers: the row before and after, as
JSON, with the step (the transaction) that it belongs to. A step belongs to the person who made it and may touch several videos.
:mod:`actiondiff_gui.project.history.undo` restores the rows before, or the rows after. The triggers are temporary ones of this
connection, and the file holds only rows, so that nothing in a file from somebody else is ever executed.

A model's predictions, and which clips it found, are not a person's decisions: they are recorded only where they are
added or removed with their clip. Undo does not go back beyond a change that is not recorded (an import) for the clips it touched.
"""

import sqlite3
import time

CHANGES_KEPT = 50_000
"""How many changed rows, in whole steps, outlive closing the project."""

KEYS = {
    "clip": ("n",),
    "label": ("clip", "action", "source", "said_by"),
    "clip_facet": ("clip", "key"),
    "review": ("n",),
    "predicted_bout": ("clip",),
    "setting": ("key",),
}
COLUMNS = {
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
    "predicted_bout": ("clip", "application", "start_frame", "end_frame"),
    "setting": ("key", "value"),
}
OF_CLIPS = tuple(table for table in KEYS if table != "setting")
"""The tables whose rows belong to a clip."""
OF_RECORDING = "recording "
"""With a recording's id the name of the only settings that are recorded. Their change belongs to no clip: where the number
of a clip stands in others, theirs has the number of the recording, negative."""
# What is written down: nothing while undoing, an unrecorded change, decisions, or all that goes with a clip.
_SILENT, UNRECORDED, _DECISIONS, _EVERYTHING = 0, 1, 2, 3


def start(connection: sqlite3.Connection) -> None:
    """Begin to watch the changes made through ``connection``."""
    # SQLite writes a fraction into JSON with 15 digits, two short of all that it holds.
    connection.create_function("exactly", 1, lambda number: None if number is None else repr(number))
    connection.execute("CREATE TEMP TABLE recording (level INTEGER NOT NULL, step INTEGER NOT NULL)")
    connection.execute("INSERT INTO recording VALUES (0, 0)")
    connection.execute("CREATE TEMP TABLE crossed (step INTEGER PRIMARY KEY)")
    for table in KEYS:
        for event in ("INSERT", "UPDATE", "DELETE"):
            for name, level, statement in _watch(table, event):
                connection.execute(
                    f"CREATE TEMP TRIGGER watch_{table}_{event}_{name} AFTER {event} ON main.{table} "
                    f"WHEN {level} BEGIN {statement} END"
                )


def row_image(table: str, row: str) -> str:
    """Return SQL for a row of ``table`` as JSON; ``row`` is its alias."""
    pairs = ", ".join(
        f"'{column}', " + (f"exactly({row}.{column})" if column == "confidence" else f"{row}.{column}")
        for column in COLUMNS[table]
    )
    return f"json_object({pairs})"


def _watch(table: str, event: str) -> tuple[tuple[str, str, str], tuple[str, str, str]]:
    row = "OLD" if event == "DELETE" else "NEW"
    before = "NULL" if event == "INSERT" else row_image(table, "OLD")
    after = "NULL" if event == "DELETE" else row_image(table, "NEW")
    clip = f"{row}.n" if table == "clip" else f"{row}.clip"
    video = f"{row}.video" if table == "clip" else f"(SELECT video FROM clip WHERE n = {row}.clip)"
    level = "(SELECT level FROM recording)"
    if table == "setting":
        video = f"(SELECT n FROM video WHERE id = substr({row}.key, {len(OF_RECORDING) + 1}))"
        clip, mine = f"-{video}", f"{row}.key GLOB '{OF_RECORDING}*' AND {video} IS NOT NULL"
    else:
        mine = "1"
    decision = {"label": f"{row}.source <> 'model'", "predicted_bout": "0"}.get(table, "1")
    return (
        (
            "recorded",
            f"({level} = {_EVERYTHING} OR ({level} = {_DECISIONS} AND {decision})) AND {mine}",
            "INSERT INTO change (step, video, clip, row_of, before, after) "
            f"VALUES ((SELECT step FROM recording), {video}, {clip}, '{table}', {before}, {after});",
        ),
        (
            "unrecorded",
            f"{level} = {UNRECORDED} AND {decision} AND {mine}",
            # No OR IGNORE: the statement that fires the trigger decides about conflicts inside it too.
            f"INSERT INTO crossed SELECT DISTINCT step FROM change c WHERE clip = {clip} "
            "AND NOT EXISTS (SELECT 1 FROM crossed WHERE step = c.step);",
        ),
    )


def begin_step(connection: sqlite3.Connection, record: bool) -> None:
    """Count what follows as one new step, or as a change that cannot be undone."""
    connection.execute(
        "UPDATE recording SET level = ?, step = ?",
        (_DECISIONS if record else UNRECORDED, next_number(connection)),
    )


def end_step(connection: sqlite3.Connection, by: str) -> None:
    """Write nothing down until the next step begins. The step is that of ``by``, whose undone steps go with it."""
    level, step = connection.execute("SELECT level, step FROM recording").fetchone()
    connection.execute("UPDATE recording SET level = ?", (_SILENT,))
    if level == UNRECORDED:
        _cut(connection)
    elif connection.execute(f"SELECT 1 WHERE {_DID.replace('s.n', '?1')}", (step,)).fetchone():
        connection.execute(f"DELETE FROM step WHERE {OF} AND undone = 1", (by,))
        connection.execute("INSERT INTO step VALUES (?, ?, ?, ?, 0)", (step, by, now(), step))


_DID = (
    "EXISTS (SELECT 1 FROM change WHERE step = s.n) OR EXISTS (SELECT 1 FROM removed_video WHERE step = s.n)"
)
"""SQL for the steps, called ``s``, of which something is left to take back."""
OF = "(said_by = ? OR said_by IS NULL)"
"""SQL for the steps that a person may take back: the own ones, and those of which nobody knows who made them."""


def next_number(connection: sqlite3.Connection) -> int:
    """Return a number above all that steps ever had."""
    number: int
    (number,) = connection.execute(
        "SELECT 1 + max(coalesce((SELECT max(at) FROM step), 0), "
        "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'step'), 0))"
    ).fetchone()
    return number


def now() -> int:
    """Microseconds since 1970."""
    return time.time_ns() // 1000


def _cut(connection: sqlite3.Connection) -> None:
    """Forget the steps that an unrecorded change has crossed, and what the same people can reach only through them."""
    connection.execute(
        "DELETE FROM step WHERE n IN (SELECT s.n FROM crossed c JOIN step gone ON gone.n = c.step "
        "JOIN step s ON s.said_by IS gone.said_by AND s.undone = gone.undone "
        "AND iif(s.undone, s.n >= gone.n, s.n <= gone.n))"
    )
    connection.execute("DELETE FROM crossed")


def record_everything(connection: sqlite3.Connection, on: bool) -> None:
    """Within a recorded step, whether predictions are written down too."""
    connection.execute(
        "UPDATE recording SET level = ? WHERE level = ?",
        (_EVERYTHING, _DECISIONS) if on else (_DECISIONS, _EVERYTHING),
    )


def counts(connection: sqlite3.Connection, by: str) -> tuple[int, int]:
    """Return how many steps a person can undo, and redo."""
    found = dict(
        connection.execute(
            f"SELECT undone, count(*) FROM step s WHERE {OF} AND ({_DID}) GROUP BY undone",
            (by,),
        )
    )
    return found.get(0, 0), found.get(1, 0)


def next_step(connection: sqlite3.Connection, by: str, redo: bool = False) -> int | None:
    """Return the number of the step that a person would undo, or redo, next; of steps to undo, later ones have higher numbers."""
    row = connection.execute(
        f"SELECT n FROM step s WHERE {OF} AND undone = ? AND ({_DID}) "
        f"ORDER BY n {'ASC' if redo else 'DESC'} LIMIT 1",
        (by, int(redo)),
    ).fetchone()
    return row[0] if row else None


def rows_of_next(connection: sqlite3.Connection, by: str, redo: bool = False) -> int:
    """Return how many changed rows are written down of :func:`next_step`; 0 where there is none."""
    step = next_step(connection, by, redo)
    row = connection.execute("SELECT count(*) FROM change WHERE step = ?", (step,)).fetchone()
    return int(row[0])


def this_step(connection: sqlite3.Connection) -> int:
    """Return the number of the step that is being recorded."""
    number: int
    (number,) = connection.execute("SELECT step FROM recording").fetchone()
    return number


def recorded_step(connection: sqlite3.Connection) -> int | None:
    """Return the number of the step that is being recorded; None where nothing is written down."""
    level, step = connection.execute("SELECT level, step FROM recording").fetchone()
    return step if level > UNRECORDED else None


def forget_model(connection: sqlite3.Connection, name: str) -> None:
    """Let no step bring back predictions of a model."""
    connection.execute(f"DELETE FROM change WHERE {_PREDICTED}", (name,))


def rename_model(connection: sqlite3.Connection, old: str, new: str) -> None:
    """Let the predictions that steps bring back be those of the model ``new``."""
    connection.execute(
        "UPDATE change SET before = json_replace(before, '$.said_by', ?1), after = json_replace(after, '$.said_by', ?1) "
        f"WHERE {_PREDICTED.replace('?', '?2')}",
        (new, old),
    )


_PREDICTED = (
    "row_of = 'label' AND json_valid(coalesce(before, after)) "
    "AND json_extract(coalesce(before, after), '$.source', '$.said_by') = json_array('model', ?)"
)


def forget_old_steps(connection: sqlite3.Connection) -> None:
    """Drop the oldest steps, so that at most :data:`CHANGES_KEPT` changed rows are left."""
    connection.execute(
        "DELETE FROM step WHERE n <= (SELECT step FROM change ORDER BY n DESC LIMIT 1 OFFSET ?)",
        (CHANGES_KEPT,),
    )
