"""Validation of every row when a project is opened; a project from somebody else may hold any value in any column.

SQLite keeps whatever it is given in any column, and a file may have been laid out without the checks of
:mod:`~actiondiff_gui.project.storage.schema`. So types and ranges are checked when a project is opened, by one query for
each table, and the rest of the program need not. Times and settings are no reason to refuse a project: a time beyond
any calendar is shown as the nearest one, and an invalid setting counts as not set.
"""

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.storage import schema

_TYPES = {"INTEGER": ("integer",), "REAL": ("real", "integer"), "TEXT": ("text",)}
_SURE = ("confidence", "confidence IS NULL OR confidence BETWEEN 0 AND 1")
_EDGES = (
    ("start_frame", "start_frame >= 0"),
    ("end_frame", "end_frame > start_frame AND end_frame <= 1000000000000"),
)
_RANGES: dict[str, tuple[tuple[str, str], ...]] = {
    "video": (
        ("path", "length(path) > 0 AND instr(path, char(0)) = 0"),
        ("frame_count", "frame_count BETWEEN 1 AND 1000000000000"),
        ("fps", "fps > 0 AND fps < 1e9"),
        ("width", "width BETWEEN 1 AND 1000000"),
        ("height", "height BETWEEN 1 AND 1000000"),
    ),
    "clip": (
        *_EDGES,
        (
            "roi_x",
            "(roi_x IS NULL AND roi_y IS NULL AND roi_width IS NULL AND roi_height IS NULL) OR coalesce("
            "roi_x BETWEEN 0 AND 1000000 AND roi_y BETWEEN 0 AND 1000000 "
            "AND roi_width BETWEEN 1 AND 1000000 AND roi_height BETWEEN 1 AND 1000000, 0)",
        ),
    ),
    "action": (
        ("name", "length(name) > 0 AND instr(name, char(0)) = 0"),
        ("colour", "colour GLOB '#" + 6 * "[0-9A-Fa-f]" + "'"),
        ("kind", "kind IN ('state', 'point')"),
    ),
    "label": (("source", "source IN ('person', 'import', 'model')"), ("value", "value IN (1, -1)"), _SURE),
    "review": (_SURE,),
    "predicted_bout": _EDGES,
    "open_bout": (("start_frame", "start_frame BETWEEN 0 AND 1000000000000"),),
}
"""What holds for columns besides their types, as SQL."""
_KEYS = {
    **{"label": "clip, action", "video_facet": "video, key", "clip_facet": "clip, key"},
    **{"predicted_bout": "clip", "open_bout": "video, action, subject"},
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = (
    -62_000_000_000_000_000,
    253_000_000_000_000_000,
)  # in the years 5 and 9987: any time zone can show them


def check_rows(connection: sqlite3.Connection, path: Path) -> None:
    """Raise unless every row of every table makes sense; of settings only those that do count, see :func:`setting`.

    Raises
    ------
    ProjectError
        Names the first row that does not.
    """
    for table, rules in _rules().items():
        # Types come first: where one is wrong, what the ranges make of it does not count, NULL either.
        every = " AND ".join(f"({rule})" for _, rule in rules)
        if not connection.execute(f"SELECT 1 FROM {table} WHERE NOT ({every}) LIMIT 1").fetchone():
            continue
        for column, rule in rules:
            key = _KEYS.get(table, "n")
            row = connection.execute(
                f"SELECT {key} FROM {table} WHERE NOT coalesce(({rule}), 0) LIMIT 1"
            ).fetchone()
            if row is not None:
                raise ProjectError(
                    f"The project {path} is damaged: in its table '{table}' the row {', '.join(map(_shown, row))} has a "
                    f"'{column}' that makes no sense. Another program wrote it, or the disk is failing; use a backup."
                )


def setting(stored: object) -> object:
    """Return the value of a setting as it is stored; None, as for one that was never set, where it is no JSON."""
    try:
        return json.loads(stored) if isinstance(stored, str) else None
    except (ValueError, RecursionError):
        return None


def moment(microseconds: int) -> datetime:
    """Return the time that is stored as microseconds since 1970 (UTC), or the nearest one that a calendar has."""
    return _EPOCH + timedelta(microseconds=min(max(microseconds, _FIRST), _LAST))


@lru_cache(maxsize=1)
def _rules() -> dict[str, list[tuple[str, str]]]:
    """For each table columns and the SQL that holds for them: declared types first, then ranges."""
    reference = sqlite3.connect(":memory:")
    try:
        schema.create_tables(reference)
        names = [row[0] for row in reference.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {}
        for table in names:
            columns = reference.execute(f'PRAGMA table_info("{table}")').fetchall()
            types = [
                (name, _types(name, kind, needed)) for _, name, kind, needed, *_ in columns if kind in _TYPES
            ]
            if types and table != "setting":
                found[table] = [*types, *_RANGES.get(table, ())]
        return found
    finally:
        reference.close()


def _types(column: str, kind: str, needed: int) -> str:
    kinds = _TYPES[kind] if needed or column == "n" else (*_TYPES[kind], "null")
    # Several times faster than "IN" with a list.
    return " OR ".join(f"typeof({column}) = '{each}'" for each in kinds)


def _shown(value: object) -> str:
    return repr(value)[:60]
