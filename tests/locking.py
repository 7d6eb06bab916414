"""Another process that locks a project, reports that it holds the lock, and releases it on request."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CODE = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute(sys.argv[2])
if sys.argv[2] == "BEGIN":
    connection.execute("SELECT count(*) FROM clip").fetchall()
print("held", flush=True)
sys.stdin.readline()
connection.execute("ROLLBACK")
connection.close()
print("free", flush=True)
"""


class OtherProgram:
    """A process that holds a lock of a project."""

    def __init__(self, path: Path, begin: str = "BEGIN EXCLUSIVE") -> None:
        self._turn = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CODE, str(path), begin],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout.readline() == "held\n"

    def let_go(self) -> None:
        """Give the lock up; returns when it is free. Twice does nothing, also from two threads."""
        with self._turn:
            if self._process.poll() is None:
                self._process.stdin.write("\n")
                self._process.stdin.flush()
                assert self._process.stdout.readline() == "free\n"
                self._process.wait()
            self._process.stdin.close()
            self._process.stdout.close()


@contextmanager
def locked(path: Path, begin: str = "BEGIN EXCLUSIVE") -> Iterator[OtherProgram]:
    """Another process holds the project; "BEGIN IMMEDIATE" lets others read, "BEGIN" only reads itself."""
    other = OtherProgram(path, begin)
    try:
        yield other
    finally:
        if not other._process.stdin.closed:
            other.let_go()
