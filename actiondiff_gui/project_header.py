"""Header of a project file: the first bytes of an SQLite database.

Format: https://www.sqlite.org/fileformat2.html. POSIX drops all locks that a process holds on a file, those
of SQLite too, when the process closes any descriptor of it; so a file that this process has open is read through
the existing descriptor.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from actiondiff_gui.errors import ProjectError

APPLICATION_ID = 0x41446966  # "ADif", in SQLite's header at byte 68
_LENGTH = 100
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Header:
    """What the first bytes of a file say.

    Attributes
    ----------
    size : int
        Bytes of the file.
    ours : bool
        Whether it is an SQLite file with the mark of this program.
    expected : int
        Bytes that the file should have.
    changes : int
        SQLite's file change counter: another number after every transaction that changed something.
    layout : int
        Schema version.
    """

    size: int
    ours: bool
    expected: int
    changes: int
    layout: int


def read_header(path: Path) -> Header:
    """Return the header of the file at ``path``, as it lies on the disk now.

    Raises
    ------
    OSError
        The file is missing or cannot be read.
    ProjectError
        It is a folder, a pipe or a device.
    """
    with _looking(path) as descriptor:
        size = os.fstat(descriptor).st_size
        raw = _read(descriptor, _LENGTH, 0)

    def number(at: int) -> int:
        return int.from_bytes(raw[at : at + 4], "big")

    ours = len(raw) == _LENGTH and raw.startswith(b"SQLite format 3\0") and number(68) == APPLICATION_ID
    page = int.from_bytes(raw[16:18], "big")
    return Header(size, ours, (65536 if page == 1 else page) * number(28), number(24), number(60))


def is_project(path: Path) -> bool:
    """Return whether ``path`` is an ordinary file with the mark of a project, whatever its name."""
    try:
        return read_header(path).ours
    except (OSError, ValueError, ProjectError):
        return False


def copy_bytes(path: Path, target: Path) -> None:
    """Copy the bytes of a project file as they are; OSError where that fails."""
    with _looking(path) as descriptor, target.open("wb") as out:
        at = 0
        while chunk := _read(descriptor, _CHUNK, at):
            out.write(chunk)
            at += len(chunk)


@contextmanager
def _looking(path: Path) -> Iterator[int]:
    about = path.stat()
    if not stat.S_ISREG(about.st_mode):
        raise ProjectError(
            f"{path} is not an ActionDiff project: it is no ordinary file. Choose another one."
        )
    known = _descriptor_here(about)
    if known is not None:
        yield known
        return
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _descriptor_here(about: os.stat_result) -> int | None:
    """Return a descriptor by which this process has the file open already."""
    try:
        names = [entry.name for entry in Path("/dev/fd").iterdir()]
    except OSError:
        return None
    for name in names:
        try:
            found = os.fstat(int(name))
        except (OSError, ValueError):
            continue
        if (found.st_dev, found.st_ino) == (about.st_dev, about.st_ino):
            return int(name)
    return None


def _read(descriptor: int, count: int, at: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(descriptor, count, at)
    os.lseek(descriptor, at, os.SEEK_SET)
    return os.read(descriptor, count)
