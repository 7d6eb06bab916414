"""Project files in earlier layouts."""

import sqlite3
from pathlib import Path

_BACK_TO_4 = """
ALTER TABLE action DROP COLUMN key;
ALTER TABLE action DROP COLUMN exclusive;
ALTER TABLE action DROP COLUMN category;
ALTER TABLE action DROP COLUMN kind;
ALTER TABLE action DROP COLUMN modifiers;
DROP TABLE removed_video;
"""
_BACK_TO_3 = """
DELETE FROM change WHERE row_of = 'predicted_bout';
DROP TABLE predicted_bout;
DROP TABLE application;
DROP TABLE open_bout;
PRAGMA user_version = 3;
"""
_BACK_TO_2 = """
CREATE TABLE old (
    n INTEGER PRIMARY KEY,
    step INTEGER NOT NULL,
    video INTEGER NOT NULL REFERENCES video (n) ON DELETE CASCADE,
    row_of TEXT NOT NULL,
    before TEXT,
    after TEXT,
    undone INTEGER NOT NULL DEFAULT 0
);
INSERT INTO old SELECT c.n, step, video, row_of, before, after, undone FROM change c JOIN step s ON s.n = c.step;
DROP TABLE change;
DROP TABLE step;
ALTER TABLE old RENAME TO change;
CREATE INDEX change_video ON change (video, undone, step);
PRAGMA user_version = 2;
"""


def to_layout(path: Path, version: int) -> None:
    """Let a closed project of the present layout be one of layout ``version``, 2 or 1, with what that could hold but bouts."""
    connection = sqlite3.connect(path)
    connection.executescript(_BACK_TO_4 + _BACK_TO_3 + _BACK_TO_2)
    if version == 1:
        connection.executescript(
            "DELETE FROM change WHERE row_of = 'review'; DROP TABLE review; PRAGMA user_version = 1;"
        )
    connection.close()
