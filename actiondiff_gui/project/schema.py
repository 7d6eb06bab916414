"""How are videos, clips, labels and facets laid out in the file, and is a file of that kind?"""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.outputs import APPLICATION_ID

SCHEMA_VERSION = 2

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


MIGRATIONS: dict[int, Callable[[sqlite3.Connection], None]] = {1: _add_review}
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
    position INTEGER NOT NULL
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

CREATE TABLE change (
    n INTEGER PRIMARY KEY,
    step INTEGER NOT NULL,
    video INTEGER NOT NULL REFERENCES video (n) ON DELETE CASCADE,
    row_of TEXT NOT NULL,
    before TEXT,
    after TEXT,
    undone INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX change_video ON change (video, undone, step);
"""


def create_tables(connection: sqlite3.Connection) -> None:
    """Lay out an empty project in the open transaction."""
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            connection.execute(statement)
    _add_review(connection)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def check_file(path: Path) -> int:
    """Schema version of the project file at ``path``, read without opening it as a database.

    SQLite itself may write when it opens a file, so a file that is not ours is told by its header
    (https://www.sqlite.org/fileformat2.html) before SQLite gets to see it.

    Raises
    ------
    ProjectError
        The file is missing, is no project, is cut off, or was written by a newer version.
    """
    try:
        with path.open("rb") as file:
            header = file.read(100)
        size = path.stat().st_size
    except FileNotFoundError:
        raise ProjectError(f"There is no project at {path}. Check the path, or create one there.") from None
    except (OSError, ValueError) as error:
        raise ProjectError(f"The project {path} cannot be read: {error}.") from error

    def number(at: int) -> int:
        return int.from_bytes(header[at : at + 4], "big")

    if len(header) < 100 or not header.startswith(b"SQLite format 3\0") or number(68) != APPLICATION_ID:
        raise ProjectError(f"{path} is not an ActionDiff project. Choose another file, or create a project.")
    version = number(60)
    if version > SCHEMA_VERSION:
        raise ProjectError(
            f"{path} was written by a newer version of ActionDiff GUI (its layout is {version}, this version "
            f"knows {SCHEMA_VERSION}). Update ActionDiff GUI to open it."
        )
    page = int.from_bytes(header[16:18], "big")
    expected = (65536 if page == 1 else page) * number(28)
    # After a crash the journal beside the file still has to put things right, so its size says nothing.
    crashed = any(path.with_name(path.name + end).exists() for end in ("-journal", "-wal"))
    if size < expected and not crashed:
        raise ProjectError(
            f"The project {path} is cut off: it holds {size} of {expected} bytes. "
            "Copy it again from where it came, or use a backup."
        )
    return version


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
            "It was changed by another program; use a backup."
        )


def migrate(connection: sqlite3.Connection, version: int, path: Path) -> None:
    """Bring tables of an older ``version`` to the present layout, in the open transaction."""
    for step in range(version, SCHEMA_VERSION):
        if step not in MIGRATIONS:
            raise ProjectError(f"The project {path} has layout {step}, which can no longer be read.")
        MIGRATIONS[step](connection)
        connection.execute(f"PRAGMA user_version = {step + 1}")
