"""Check of a project's database and of its rows."""

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from actiondiff_gui.health.findings import Report
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.storage.content import UNREADABLE, columns, rows, tables

MOST_TOLD = 20
_DAY_US = 24 * 3600 * 10**6

_ODD_ROWS = {
    "a clip ends after its video": "SELECT c.id FROM clip c JOIN video v ON v.n = c.video WHERE c.end_frame > v.frame_count",
    "a region of interest lies outside the picture": (
        "SELECT c.id FROM clip c JOIN video v ON v.n = c.video WHERE c.roi_x IS NOT NULL AND (c.roi_x < 0 OR c.roi_y < 0 "
        "OR c.roi_width < 1 OR c.roi_height < 1 OR c.roi_x + c.roi_width > v.width OR c.roi_y + c.roi_height > v.height)"
    ),
    "a region of interest is incomplete": (
        "SELECT id FROM clip WHERE (roi_x IS NULL) + (roi_y IS NULL) + (roi_width IS NULL) + (roi_height IS NULL) "
        "NOT IN (0, 4)"
    ),
    "a label has an invalid time": "SELECT clip FROM label WHERE time < 0 OR time > {tomorrow}",
    "an answer has an invalid time": "SELECT clip FROM review WHERE time < 0 OR time > {tomorrow}",
    "a confidence lies outside 0 to 1": "SELECT clip FROM label WHERE confidence NOT BETWEEN 0 AND 1",
    "a setting cannot be read": "SELECT key FROM setting WHERE NOT json_valid(value)",
    "a colour is invalid": "SELECT name FROM action WHERE colour NOT GLOB '#[0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F]'",
    "the id of a video is invalid": "SELECT path FROM video WHERE length(id) <> 32 OR id GLOB '*[^0-9a-f]*'",
    "the id of a clip is invalid": "SELECT id FROM clip WHERE length(id) <> 32 OR id GLOB '*[^0-9a-f]*'",
    "a required text is empty": (
        "SELECT id FROM video WHERE path = '' OR fingerprint = '' OR source_group = '' "
        "UNION ALL SELECT n FROM action WHERE name = ''"
    ),
}
"""What must not be, and a query for the rows in which it is."""


def database_job(connection: sqlite3.Connection, path: Path, report: Report) -> Job[bool]:
    """Put what is wrong with the database into ``report``; returns whether the program can read it."""
    yield Progress(0, 0, "checking the database")
    before = len(report.findings)
    try:
        for (said,) in connection.execute(f"PRAGMA integrity_check({MOST_TOLD})"):
            if said != "ok":
                report.add("database", f"{path.name} is damaged: {said}. Restore a backup.", path)
        yield Progress(0, 0, "checking the database")
        for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check").fetchmany(MOST_TOLD):
            report.add("database", f"Row {row} of {table} refers to a {parent} that is not there.", path)
        sound = len(report.findings) == before
        for table in tables(connection):
            for sentence in _unreadable(connection, table):
                report.add("database", sentence, path)
                sound = False
            yield Progress(0, 0, f"checking {table}")
        _odd_rows(connection, path, report)
    except UNREADABLE as error:
        report.add("database", f"{path.name} is damaged: {error}. Restore a backup.", path)
        return False
    if len(report.findings) == before:
        report.fine_about("database", "whole")
    return sound


def _odd_rows(connection: sqlite3.Connection, path: Path, report: Report) -> None:
    known = set(tables(connection))
    tomorrow = time.time_ns() // 1000 + _DAY_US
    for what, query in _ODD_ROWS.items():
        if "FROM review" in query and "review" not in known:  # an older layout
            continue
        found = connection.execute(query.format(tomorrow=tomorrow)).fetchmany(MOST_TOLD)
        if found:
            which = ", ".join(str(row[0]) for row in found)
            report.add("database", f"In {path.name} {what} ({which}). Correct it, or restore a backup.", path)


def _unreadable(connection: sqlite3.Connection, table: str) -> Iterator[str]:
    """Cells with another type than their column, or with invalid text."""
    kinds = {"TEXT": (str,), "INTEGER": (int,), "REAL": (float, int)}
    declared = [(name, kinds.get(kind)) for name, kind in columns(connection, table).items()]
    told = 0
    for batch in rows(connection, table):
        for row in batch:
            for (name, kind), value in zip(declared, row, strict=True):
                odd = kind is not None and value is not None and not isinstance(value, kind)
                if odd or (isinstance(value, str) and not _is_text(value)):
                    told += 1
                    if told <= MOST_TOLD:
                        yield f"The column {name} of the {table} {row[0]!r:.60} holds what is not {'text' if kind == (str,) else 'a number'}: {value!r:.60}. Restore a backup."


def _is_text(value: str) -> bool:
    return value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value)
