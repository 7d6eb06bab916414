"""Exclusive use of a project's connection by threads, and time limits for waiting.

A thread waits for the other threads of this program, and for other programs that have locked the file. It waits in short attempts
between which others may continue, so that a thread that waits for the file never blocks one that does not need it. Most
threads wait for seconds. The thread of a window calls :func:`hurry` once: it waits for a fraction of a second, from a
budget that refills slowly, so that many calls in one event do not freeze the window.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from actiondiff_gui.errors import ProjectBusyError

Result = TypeVar("Result")

OTHERS_S = 10.0
"""How long a thread waits for the file."""
WINDOW_S = 0.08
"""How long a thread in a hurry waits in one go, and about how long within a second."""
_TRY_S = 0.005


class _Stock:
    """Seconds that a thread in a hurry may still spend on waiting."""

    def __init__(self) -> None:
        self._left, self._at = WINDOW_S, time.monotonic()

    def left(self) -> float:
        now = time.monotonic()
        self._left = min(WINDOW_S, self._left + (now - self._at) * WINDOW_S)
        self._at = now
        return self._left

    def spend(self, seconds: float) -> None:
        self._left = max(0.0, self.left() - seconds)


_thread = threading.local()


def hurry(on: bool = True) -> None:
    """Let the present thread wait for a fraction of a second at most."""
    _thread.stock = _Stock() if on else None


def in_hurry() -> bool:
    """Return whether the present thread does not wait long."""
    return getattr(_thread, "stock", None) is not None


@contextmanager
def at_once() -> Iterator[None]:
    """Within the block the present thread does not wait at all."""
    before, _thread.at_once = getattr(_thread, "at_once", False), True
    try:
        yield
    finally:
        _thread.at_once = before


class _Patience:
    """How much longer one call waits."""

    def __init__(self) -> None:
        self.stock = getattr(_thread, "stock", None)
        most = OTHERS_S if self.stock is None else self.stock.left()
        self.most = 0.0 if getattr(_thread, "at_once", False) else most
        self.waited = 0.0

    @contextmanager
    def waiting(self) -> Iterator[float]:
        """Count how long the block takes; gives the seconds that are left."""
        start = time.monotonic()
        try:
            yield max(0.0, self.most - self.waited)
        finally:
            took = time.monotonic() - start
            self.waited += took
            if self.stock is not None:
                self.stock.spend(took)


class Turns:
    """Lets one thread after the other use a connection; those in a hurry go first."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.RLock()
        self._owner: int | None = None
        self.held = 0
        """How many turns within each other the present thread has taken."""
        self._hurried = 0

    @property
    def mine(self) -> bool:
        """Whether it is the present thread's turn already."""
        return self._owner == threading.get_ident()

    @contextmanager
    def turn(self, first: Callable[[], Result]) -> Iterator[Result]:
        """Hold the connection after ``first`` went through, which is tried again while the file is locked.

        Gives what ``first`` returned.

        Raises
        ------
        ProjectBusyError
            This thread has waited as long as it may.
        """
        patience: _Patience | None = None
        while True:
            patience = self._acquire(patience)
            try:
                try:
                    result = first()
                except sqlite3.OperationalError as error:
                    if not is_busy(error):
                        raise
                    patience = patience or _Patience()
                    if patience.waited >= patience.most:
                        raise ProjectBusyError(
                            f"Another program is using the project {self._name}. Nothing was changed; "
                            "try again in a moment."
                        ) from error
                else:
                    yield result
                    return
            finally:
                self.held -= 1
                if not self.held:
                    self._owner = None
                    self._lock.release()
            with patience.waiting() as left:  # outside of the turn, which others may take meanwhile
                time.sleep(min(_TRY_S, left))

    def _acquire(self, patience: _Patience | None) -> _Patience | None:
        """Take the turn; returns how long this call may still wait, None where it has not waited yet."""
        if not self.mine:
            if self._hurried or not self._lock.acquire(blocking=False):
                patience = patience or _Patience()
                self._wait(patience)
            self._owner = threading.get_ident()
        self.held += 1
        return patience

    def _wait(self, patience: _Patience) -> None:
        """Wait for the thread whose turn it is."""
        if patience.stock is None:
            while self._hurried:
                time.sleep(0.001)
            self._lock.acquire()
            return
        self._hurried += 1
        try:
            with patience.waiting() as left:
                got = self._lock.acquire(timeout=left)
        finally:
            self._hurried -= 1
        if not got:
            raise ProjectBusyError(
                f"Another job of this window is writing to the project {self._name}. Nothing was changed; "
                "try again in a moment.",
                who="a job of this window",
            )


def is_busy(error: Exception) -> bool:
    """Return whether somebody else has locked the file."""
    return (getattr(error, "sqlite_errorname", "") or "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
