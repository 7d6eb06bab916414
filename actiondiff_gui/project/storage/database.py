"""Transactions and durability of the project file.

The file uses SQLite's rollback journal with ``synchronous=EXTRA``: when a transaction has ended, all of
it is in the one file a person copies, and on disk. A write-ahead log would commit with fewer disk
flushes, but it keeps fresh changes in a second file until the project is closed and does not work on
network drives. Commits happen at the pace of a person's hand, or one per video on import.
"""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from actiondiff_gui.errors import ProjectBusyError, ProjectError
from actiondiff_gui.files import put_new, whole_file
from actiondiff_gui.inputs import regular_file
from actiondiff_gui.project.backups.making import back_up
from actiondiff_gui.project.history import steps as history
from actiondiff_gui.project.storage import exclusive_use, journal, schema
from actiondiff_gui.project.storage import row_checks as sound
from actiondiff_gui.project.storage.content import UNREADABLE

Result = TypeVar("Result")
Values = ParamSpec("Values")


class Database:
    """One connection to a project file, usable from several threads, one transaction at a time.

    Attributes
    ----------
    path : Path
        Absolute path of the project file.
    """

    def __init__(self, path: Path):
        self.path = path
        self._turns = exclusive_use.Turns(str(path))
        self._closing = False
        self._depth = 0
        self._spoiled = False
        with suppress(OSError):  # what is not there is told by the check
            regular_file(path, ProjectError, "a project")
        schema.check_file(path)
        self._connection: sqlite3.Connection | None = None
        with self._turn(lambda: None):
            self._connection = _connect(path)
            try:
                if self._connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                    raise ProjectError(f"The project {path} is damaged. Restore a backup.")
                self._bring_up_to_date(self._connection)
                schema.check_tables(self._connection, path)
                sound.check_rows(self._connection, path)
                history.start(self._connection)
                # From here on it is not SQLite that waits, see project/storage/exclusive_use.py.
                self._connection.execute("PRAGMA busy_timeout = 0")
            except BaseException:
                self._connection.close()
                raise

    def _bring_up_to_date(self, connection: sqlite3.Connection) -> None:
        """Give an older project the present layout, once, however many programs open it at the same time."""
        if schema.layout(connection, self.path) < schema.SCHEMA_VERSION:
            back_up(self.path, f"before layout {schema.SCHEMA_VERSION}")
            with self.transaction(record=None):
                schema.migrate(connection, self.path)

    @staticmethod
    def create(path: Path) -> None:
        """Write an empty project; raises ProjectError, and changes nothing, where a file with content exists."""
        try:
            if holds_nothing(path):
                journal.set_aside(path)
                path.unlink(missing_ok=True)
            elif os.path.lexists(path):
                raise FileExistsError
            with whole_file(path, put_new) as part:
                part.write_bytes(_empty_project())
        except FileExistsError:
            raise ProjectError(f"{path} already exists. Open it, or choose another name.") from None
        except (OSError, ValueError) as error:
            raise ProjectError(f"No project can be created at {path}: {error}.") from error

    def close(self) -> None:
        """Close the file; closing twice does nothing. A thread in a hurry leaves it to the one whose turn it is."""
        if self._turns.mine and self._depth:
            raise ProjectError(f"The project {self.path} cannot be closed in the middle of a change.")
        self._closing = True
        try:
            with self._turn(lambda: None):
                pass
        except ProjectBusyError:
            pass

    def _let_go(self) -> None:
        if self._connection is None:
            return
        with suppress(*UNREADABLE):  # a file that can be read and not written must still close
            history.forget_old_steps(self._connection)
        self._connection.close()
        self._connection = None

    @contextmanager
    def transaction(self, record: bool | None = True, by: str = "") -> Iterator[None]:
        """All changes inside are kept together, or none of them when the block raises.

        Transactions nest, and only the outermost one writes to disk: an inner one that raises after it
        changed something spoils the outer one even where the error is caught. Other threads wait.
        ``record`` says whether the outermost one becomes a step of the history, that of ``by``, which can be undone;
        None leaves the history as it is.
        """
        with self._turn(lambda: self._depth or self._open().execute("BEGIN IMMEDIATE")):
            connection, inner = self._open(), self._depth > 0
            before = connection.total_changes
            self._spoiled &= inner
            self._depth += 1
            try:
                if inner:
                    yield
                    return
                if record is not None:
                    history.begin_step(connection, record)
                yield
                if record is not None:
                    history.end_step(connection, by)
                if self._spoiled:
                    raise ProjectError(f"A change to {self.path} failed halfway. None of it was kept.")
                with self._turns.turn(lambda: connection.execute("COMMIT")):
                    pass
            except BaseException:
                if inner:  # no SAVEPOINT: with triggers its cost grows with the size of the transaction
                    self._spoiled |= connection.total_changes != before
                elif connection.in_transaction:  # SQLite has already rolled back after some errors
                    connection.execute("ROLLBACK")
                raise
            finally:
                self._depth -= 1

    def read(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        rows: list[tuple[Any, ...]]
        with self._turn(lambda: self._open().execute(sql, values).fetchall()) as rows:
            return rows

    def write(self, sql: str, *values: Any) -> int:
        """Run one change inside a transaction; returns how many rows changed."""
        with self._turn(lambda: self._changing().execute(sql, values).rowcount) as count:
            return count

    def insert(self, sql: str, *values: Any) -> int:
        """Run one INSERT inside a transaction; returns the number of the new row."""
        with self._turn(lambda: self._changing().execute(sql, values).lastrowid) as number:
            assert number is not None  # after an INSERT there is one
            return number

    def write_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> int:
        """Run one change for each of ``rows`` inside a transaction; returns how many rows changed."""
        with self._turn(lambda: self._changing().executemany(sql, rows).rowcount) as count:
            return count

    def run(
        self,
        function: Callable[Concatenate[sqlite3.Connection, Values], Result],
        *values: Values.args,
        **named: Values.kwargs,
    ) -> Result:
        """``function(connection, *values)`` inside the present transaction, errors as sentences."""
        with self._turn(lambda: function(self._open(), *values, **named)) as result:
            return result

    @contextmanager
    def _turn(self, first: Callable[[], Result]) -> Iterator[Result]:
        """Hold the connection after ``first`` went through, errors as sentences."""
        try:
            with self._turns.turn(first) as result:
                try:
                    yield result
                finally:
                    if self._closing and self._turns.held == 1:
                        self._let_go()
        except UNREADABLE as error:
            kind = ProjectBusyError if exclusive_use.is_busy(error) else ProjectError
            raise kind(_sentence(error, self.path)) from error

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            raise ProjectError(f"The project {self.path} is closed. Open it again.")
        return self._connection

    def _changing(self) -> sqlite3.Connection:
        connection = self._open()
        assert self._depth, "changes are made inside a transaction"
        if not connection.in_transaction:  # an earlier error that the caller caught has ended it
            raise ProjectError(f"A change to {self.path} failed halfway. None of it was kept.")
        return connection


def holds_nothing(path: Path) -> bool:
    """Return whether there is no file, or one that a program left without content when it was ended while making it."""
    if path.is_symlink() or not path.is_file():
        return not os.path.lexists(path)
    try:
        return path.stat().st_size == 0 or journal.settled_header(path).size == 0
    except (OSError, ProjectError):
        return False


def _empty_project() -> bytes:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        connection.execute("BEGIN")
        schema.create_tables(connection)
        connection.execute("COMMIT")
        return connection.serialize()
    finally:
        connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=exclusive_use.OTHERS_S, isolation_level=None, check_same_thread=False
    )
    try:
        for pragma in (
            "trusted_schema = OFF",
            "journal_mode = DELETE",
            "synchronous = EXTRA",
            "fullfsync = ON",
            "foreign_keys = ON",
            "temp_store = MEMORY",
            "cache_size = -65536",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()
    except BaseException:
        connection.close()
        raise
    return connection


def _sentence(error: sqlite3.Error | UnicodeError, path: Path) -> str:
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return f"Another program is changing the project {path}. Nothing was changed; try again in a moment."
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return (
            f"The project {path} cannot be written. Nothing was changed; check that the file and its folder "
            "may be written to, or copy the project elsewhere."
        )
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        return f"The disk of the project {path} is full or failing. Nothing was changed; make room on it."
    if isinstance(error, UnicodeError) or name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return f"The project {path} is damaged ({error}). Restore a backup."
    return f"The project {path} could not be read or changed: {error}."
