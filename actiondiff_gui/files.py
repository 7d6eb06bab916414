"""Atomic writing of files."""

import contextlib
import functools
import hashlib
import os
import platform
import re
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

STALE_SECONDS = 24 * 3600
"""After so long without a change, a part of whose writer nothing can be known is taken for left behind."""
_RUN = uuid.uuid4().hex[:8]
_PART = re.compile(r"\..+\.(?:([0-9a-f]{8})-(\d+)-([0-9a-f]{8})[0-9a-f]{8}|[0-9a-f]{32})\.part(?:\.[^.]+)?")


@contextmanager
def whole_file(path: Path, put: Callable[[Path, Path], object] = Path.replace) -> Iterator[Path]:
    """Give a path beside ``path`` to write to, and put what was written there in its place at the end.

    An older file stays until then, and stays if the block fails. The ending is kept, for writers that go
    by it. What killed processes left in the folder is removed.

    The program keeps its own files with this, and an older one is replaced. A file that a person named is
    written through :mod:`actiondiff_gui.outputs`, which looks first at what is there.

    Parameters
    ----------
    path : Path
    put : callable
        Takes what was written and ``path``, and brings the one to the other.

    Raises
    ------
    OSError
        If the disk refuses, or ``put`` does.
    """
    part = part_of(path)
    try:
        yield part
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        put(part, path)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        sweep(path.parent)


def put_new(part: Path, path: Path) -> None:
    """Give ``part`` the name ``path``, in one step that never replaces a file.

    Raises
    ------
    FileExistsError
        If there is a file of that name.
    OSError
        If the disk refuses.
    """
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:
        # A disk without hard links, such as FAT: the name is taken by an empty file, which is ours to replace.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        try:
            part.replace(path)
        except OSError:
            path.unlink()
            raise


def part_of(path: Path) -> Path:
    """Return a new name beside ``path`` for its unfinished version; names the process and machine that is writing."""
    writer = f"{_machine()}-{os.getpid()}-{_RUN}{uuid.uuid4().hex[:8]}"
    return path.with_name(f".{path.stem}.{writer}.part{path.suffix}")


def left_behind(folder: Path) -> list[Path]:
    """Parts in ``folder``, not below it, that their writers left behind: killed, or gone for a day if elsewhere."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        return sorted(
            Path(entry.path) for entry in entries if ".part" in entry.name and _is_left_behind(entry)
        )
    return []


def sweep(folder: Path) -> None:
    """Remove what :func:`left_behind` finds."""
    for part in left_behind(folder):
        with contextlib.suppress(OSError):
            shutil.rmtree(part) if part.is_dir() else part.unlink()


def _is_left_behind(entry: os.DirEntry[str]) -> bool:
    import psutil

    found = _PART.fullmatch(entry.name)
    if found is None:
        return False
    machine, process, run = found.groups()
    if machine == _machine():
        # A process that has our number and is not us is gone: in a container numbers come again at every start.
        gone = run != _RUN if int(process) == os.getpid() else not psutil.pid_exists(int(process))
        if gone:
            return True
    with contextlib.suppress(OSError):
        return time.time() - entry.stat(follow_symlinks=False).st_mtime > STALE_SECONDS
    return False


@functools.cache
def _machine() -> str:
    """Digest (8 digits) of what makes a process number mean one process: the machine, and its container."""
    known = [platform.node()]
    with contextlib.suppress(OSError):
        known.append(Path("/etc/machine-id").read_text())
    with contextlib.suppress(OSError):
        known.append(str(Path("/proc/self/ns/pid").stat().st_ino))
    return hashlib.sha256("|".join(known).encode()).hexdigest()[:8]
