"""Layout 5: what an ethogram says of an action, subjects of open bouts, and recordings that were removed."""

import sqlite3

ACTION_COLUMNS = (
    "key TEXT NOT NULL DEFAULT ''",
    "exclusive TEXT NOT NULL DEFAULT ''",
    "category TEXT NOT NULL DEFAULT ''",
    "kind TEXT NOT NULL DEFAULT 'state' CHECK (kind IN ('state', 'point'))",
    "modifiers TEXT NOT NULL DEFAULT '[]'",
)
"""Columns of the table of actions that came with this layout."""

# The columns of the key come first, in its order: SQLite 3.40 misreads rows laid out otherwise in its own check of a file.
OPEN_BOUT = """
CREATE TABLE open_bout (
    video INTEGER NOT NULL REFERENCES video (n) ON DELETE CASCADE,
    action INTEGER NOT NULL REFERENCES action (n),
    subject TEXT NOT NULL DEFAULT '',
    start_frame INTEGER NOT NULL CHECK (start_frame >= 0),
    PRIMARY KEY (video, action, subject)
) WITHOUT ROWID;
CREATE INDEX open_bout_action ON open_bout (action)
"""

TABLES = """
CREATE TABLE removed_video (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    step INTEGER NOT NULL,
    path TEXT NOT NULL,
    said_by TEXT NOT NULL,
    time INTEGER NOT NULL,
    content TEXT NOT NULL
)
"""
"""``content`` holds, as JSON, all rows that went with the recording; no other row refers to it."""


def add_ethogram(connection: sqlite3.Connection) -> None:
    """Add the columns and the table, in the open transaction."""
    for column in ACTION_COLUMNS:
        connection.execute(f"ALTER TABLE action ADD COLUMN {column}")
    connection.execute("ALTER TABLE open_bout RENAME TO old_open_bout")
    connection.execute("DROP INDEX open_bout_action")
    for statement in OPEN_BOUT.split(";\n"):
        connection.execute(statement)
    connection.execute(
        "INSERT INTO open_bout (video, action, start_frame) SELECT video, action, start_frame FROM old_open_bout"
    )
    connection.execute("DROP TABLE old_open_bout")
    connection.execute(TABLES)
