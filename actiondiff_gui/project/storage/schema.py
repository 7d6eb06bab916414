"""Schema of the project file, and recognition of such a file."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.storage import layout_4, layout_5
from actiondiff_gui.project.storage.journal import journals, settled_header
from actiondiff_gui.project_header import APPLICATION_ID, Header, read_header

SCHEMA_VERSION = 5

_REVIEW = """
CREATE TABLE review (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    clip INTEGER NOT NULL REFERENCES clip (n) ON DELETE CASCADE,
    answer TEXT NOT NULL CHECK (answer IN ('confirmed', 'corrected', 'denied', 'skipped', 'excluded')),
    said TEXT NOT NULL,
    said_by TEXT NOT NULL,
    time INTEGER NOT NULL,
    model TEXT NOT NULL,
    predicted TEXT NOT NULL,
    confidence REAL,
    asked TEXT NOT NULL
);
CREATE INDEX review_clip ON review (clip);
CREATE INDEX review_model ON review (model, asked)
"""


def _add_review(connection: sqlite3.Connection) -> None:
    """Layout 2: what was answered when a clip was asked."""
    for statement in _REVIEW.split(";\n"):
        connection.execute(statement)


# "at" counts what is done, taken back and done again in one row; who made a step of layout 2 is not known.
_STEPS = """
CREATE TABLE step (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    said_by TEXT,
    time INTEGER NOT NULL,
    at INTEGER NOT NULL,
    undone INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX step_of ON step (said_by, undone);
CREATE INDEX step_at ON step (at);
CREATE TABLE change (
    n INTEGER PRIMARY KEY,
    step INTEGER NOT NULL REFERENCES step (n) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    video INTEGER NOT NULL REFERENCES video (n) ON DELETE CASCADE,
    clip INTEGER NOT NULL,
    row_of TEXT NOT NULL,
    before TEXT,
    after TEXT
);
CREATE INDEX change_step ON change (step);
CREATE INDEX change_clip ON change (clip)
"""
_STEPS_OF_LAYOUT_2 = """
ALTER TABLE change RENAME TO old_change;
DROP INDEX change_video;
DELETE FROM old_change WHERE step IN (SELECT step FROM old_change WHERE NOT json_valid(coalesce(before, after)));
DELETE FROM old_change WHERE undone = 1 AND step IN (SELECT step FROM old_change WHERE undone = 0)
"""
_STEPS_TAKEN_OVER = """
INSERT INTO step (n, time, at, undone) SELECT step, 0, step, undone FROM old_change GROUP BY step;
INSERT INTO change SELECT n, step, video, clip, row_of, before, after FROM (
    SELECT *, json_extract(coalesce(before, after), iif(row_of = 'clip', '$.n', '$.clip')) AS clip FROM old_change
) WHERE clip IS NOT NULL;
DROP TABLE old_change
"""


def _add_steps(connection: sqlite3.Connection) -> None:
    """Layout 3: a step of the history belongs to a person and may touch several videos."""
    for statement in ";".join((_STEPS_OF_LAYOUT_2, _STEPS, _STEPS_TAKEN_OVER)).split(";"):
        connection.execute(statement)


MIGRATIONS: dict[int, Callable[[sqlite3.Connection], None]] = {
    1: _add_review,
    2: _add_steps,
    3: layout_4.add_bouts,
    4: layout_5.add_ethogram,
}
"""For each older schema version v the step that turns its tables into those of v + 1.

A step runs inside one transaction together with all others that are due: it must not commit.
"""

# AUTOINCREMENT: undo brings back rows by number, so a number must never be given to another row.
_TABLES = """
CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE video (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    path TEXT NOT NULL UNIQUE,
    fingerprint TEXT NOT NULL,
    frame_count INTEGER NOT NULL CHECK (frame_count > 0),
    fps REAL NOT NULL CHECK (fps > 0),
    width INTEGER NOT NULL CHECK (width > 0),
    height INTEGER NOT NULL CHECK (height > 0),
    source_group TEXT NOT NULL
);
CREATE INDEX video_fingerprint ON video (fingerprint);

CREATE TABLE clip (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    video INTEGER NOT NULL REFERENCES video (n) ON DELETE CASCADE,
    start_frame INTEGER NOT NULL CHECK (start_frame >= 0),
    end_frame INTEGER NOT NULL CHECK (end_frame > start_frame),
    subject TEXT,
    roi_x INTEGER, roi_y INTEGER, roi_width INTEGER, roi_height INTEGER
);
CREATE INDEX clip_video ON clip (video, start_frame);

CREATE TABLE action (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    colour TEXT NOT NULL,
    description TEXT NOT NULL,
    position INTEGER NOT NULL,
    -- COLUMNS --
);

CREATE TABLE label (
    clip INTEGER NOT NULL REFERENCES clip (n) ON DELETE CASCADE,
    action INTEGER NOT NULL REFERENCES action (n),
    source TEXT NOT NULL CHECK (source IN ('person', 'import', 'model')),
    said_by TEXT NOT NULL,
    value INTEGER NOT NULL CHECK (value IN (1, -1)),
    confidence REAL,
    time INTEGER NOT NULL,
    PRIMARY KEY (clip, action, source, said_by)
) WITHOUT ROWID;
CREATE INDEX label_action ON label (action, source);

CREATE TABLE video_facet (
    video INTEGER NOT NULL REFERENCES video (n) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (video, key)
) WITHOUT ROWID;

CREATE TABLE clip_facet (
    clip INTEGER NOT NULL REFERENCES clip (n) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (clip, key)
) WITHOUT ROWID;
CREATE INDEX clip_facet_key ON clip_facet (key, value);
""".replace("-- COLUMNS --", ",\n    ".join(layout_5.ACTION_COLUMNS))


def create_tables(connection: sqlite3.Connection) -> None:
    """Lay out an empty project in the open transaction."""
    for statement in ";\n".join((_TABLES, _STEPS, layout_4.BOUTS, layout_5.OPEN_BOUT, layout_5.TABLES)).split(
        ";\n"
    ):
        if statement.strip():
            connection.execute(statement)
    _add_review(connection)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def check_file(path: Path) -> int:
    """Return the schema version of the project file at ``path``, read without opening it as a database.

    SQLite itself may write when it opens a file, so a file that is not ours is told by its header before SQLite
    gets to see it. Where a change was interrupted, the header counts that the file will have once the change is
    rolled back.

    Raises
    ------
    ProjectError
        The file is missing, is no project, is cut off, was written by a newer version, or a journal lies beside it
        that does not belong to it.
    """
    try:
        header = settled_header(path)
    except FileNotFoundError:
        raise ProjectError(f"There is no project at {path}. Check the path, or create one there.") from None
    except (OSError, ValueError) as error:
        raise ProjectError(f"The project {path} cannot be read: {error}.") from error
    if header.size == 0:
        raise ProjectError(
            f"{path} is not an ActionDiff project but an empty file, as an earlier version left behind when it was "
            "ended while it made a project. Nothing is in it: create the project again under this name (or import "
            "into it), or delete the file."
        )
    if not header.ours:
        raise ProjectError(f"{path} is not an ActionDiff project. Choose another file, or create a project.")
    _refuse_newer(header.layout, path)
    # While another program writes, or a write-ahead log waits, the size says nothing.
    if _cut_off(header, path) and _cut_off(header := read_header(path), path):
        raise ProjectError(
            f"The project {path} is cut off: it holds {header.size} of {header.expected} bytes. "
            "Copy it again from where it came, or restore a backup."
        )
    return header.layout


def _cut_off(header: Header, path: Path) -> bool:
    return header.size < header.expected and not journals(path)


def layout(connection: sqlite3.Connection, path: Path) -> int:
    """Return the schema version of the open project; raises ProjectError where a newer version wrote it."""
    version: int
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    _refuse_newer(version, path)
    return version


def _refuse_newer(version: int, path: Path) -> None:
    if version > SCHEMA_VERSION:
        raise ProjectError(
            f"{path} was written by a newer version of ActionDiff GUI (its layout is {version}, this version "
            f"knows {SCHEMA_VERSION}). Update ActionDiff GUI to open it."
        )


def check_tables(connection: sqlite3.Connection, path: Path) -> None:
    """Raise unless the tables and columns are all there and nothing runs by itself (triggers, views)."""
    reference = sqlite3.connect(":memory:")
    try:
        create_tables(reference)
        names = [row[0] for row in reference.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            wanted, found = (
                {row[1] for row in c.execute(f'PRAGMA main.table_info("{name}")')}
                for c in (reference, connection)
            )
            if not wanted <= found:
                raise ProjectError(f"The project {path} is damaged: its table '{name}' is incomplete.")
    finally:
        reference.close()
    odd = connection.execute("SELECT name FROM sqlite_master WHERE type IN ('trigger', 'view')").fetchone()
    if odd:
        raise ProjectError(
            f"The project {path} holds the trigger or view '{odd[0]}', which ActionDiff GUI never makes. "
            "It was changed by another program; restore a backup."
        )


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring tables of an older layout to the present one, in the open transaction."""
    for step in range(layout(connection, path), SCHEMA_VERSION):
        if step not in MIGRATIONS:
            raise ProjectError(f"The project {path} has layout {step}, which can no longer be read.")
        MIGRATIONS[step](connection)
        connection.execute(f"PRAGMA user_version = {step + 1}")
