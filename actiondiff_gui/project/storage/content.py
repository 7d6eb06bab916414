"""Content of a project file: its rows, a digest that is independent of their layout on disk, and counts."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from actiondiff_gui.progress import Job, Progress

_BATCH = 2000
LAYOUT = "sqlite_master"
"""The table in which SQLite keeps how the others are laid out."""

UNREADABLE = (sqlite3.Error, UnicodeError)
"""What reading a damaged file raises; SQLite's own messages may quote what is no text."""

Row = tuple[Any, ...]


def reading(path: Path) -> closing[sqlite3.Connection]:
    """Return a connection to the project at ``path`` that never writes, to be used in a ``with`` statement.

    Text that is not UTF-8, as a damaged file may hold, is read with surrogate escapes.
    """
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=10)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    return closing(connection)


def tables(connection: sqlite3.Connection) -> list[str]:
    """Return the names of the tables that hold content, in alphabetical order."""
    rows = connection.execute(
        f"SELECT name FROM {LAYOUT} WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
    )
    return [name for (name,) in rows]


def columns(connection: sqlite3.Connection, table: str) -> dict[str, str]:
    """Return the names and declared types of the columns of a table."""
    return {row[1]: row[2] for row in connection.execute(f'PRAGMA table_info("{table}")')}


def key_columns(connection: sqlite3.Connection, table: str) -> list[str]:
    """Return the columns that tell one row from another."""
    if table == "sqlite_sequence":
        return ["name"]
    about = connection.execute(f'PRAGMA table_info("{table}")').fetchall()
    keys = sorted((row[5], row[1]) for row in about if row[5])
    return [name for _, name in keys] or [row[1] for row in about]


def rows(connection: sqlite3.Connection, table: str) -> Iterator[list[Row]]:
    """All rows of a table in the order of their keys, some thousand at a time."""
    order = ", ".join(f'"{name}"' for name in key_columns(connection, table))
    cursor = connection.execute(f'SELECT * FROM "{table}" ORDER BY {order}')
    while batch := cursor.fetchmany(_BATCH):
        yield batch


def digests_job(connection: sqlite3.Connection) -> Job[dict[str, str]]:
    """Return a digest of each table's rows, and of the layout.

    Raises
    ------
    sqlite3.Error
        The file is damaged where they lie.
    """
    found = {}
    laid_out = connection.execute(
        f"SELECT type, name, tbl_name, sql FROM {LAYOUT} ORDER BY type, name"
    ).fetchall()
    found[LAYOUT] = _digest_of(laid_out).hexdigest()
    for table in tables(connection):
        digest = _digest_of([])
        for batch in rows(connection, table):
            _digest_of(batch, digest)
            yield Progress(0, 0, f"reading {table}")
        found[table] = digest.hexdigest()
    return found


def counts(connection: sqlite3.Connection) -> dict[str, int]:
    """Return how many videos, clips and labels there are, and the layout."""

    def one(sql: str) -> int:
        return int(connection.execute(sql).fetchone()[0])

    return {
        "videos": one("SELECT count(*) FROM video"),
        "clips": one("SELECT count(*) FROM clip"),
        "labels": one("SELECT count(*) FROM label WHERE source <> 'model'"),
        "layout": one("PRAGMA user_version"),
    }


def _digest_of(batch: list[Row], digest: hashlib.blake2b | None = None) -> hashlib.blake2b:
    digest = digest or hashlib.blake2b(digest_size=16)
    # Python writes each number in the shortest way that gives it back, so equal rows give equal text.
    digest.update("".join(f"{row!r}\n" for row in batch).encode("utf-8", "surrogateescape"))
    return digest
