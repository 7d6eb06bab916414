"""Packs: the token files of many clips one after another in a large file, for stores of very many clips.

A folder of a store that holds clips (one of 256, by the first digits of their keys) may hold packs, ``<8 digits>.pack``, which
are written whole and never changed, and a catalog that says where in which pack the file of a clip and timestep lies, and is
replaced whole. A file that lies in its own place counts, and not what a pack has in its stead: a clip that changes
is written there. Packs are made by :mod:`~actiondiff_gui.features.storage.packing`.
"""

import contextlib
import errno
import io
import os
import re
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

SUFFIX, PACK, CATALOG = ".safetensors", ".pack", "catalog.sqlite"
_TABLE = (
    "CREATE TABLE tokens (clip TEXT, timestep TEXT, pack TEXT, begin INTEGER, size INTEGER, layers TEXT, "
    "PRIMARY KEY (clip, timestep)) WITHOUT ROWID"
)
_FOLDER_NAME = re.compile(r"[0-9a-f]{2}", re.ASCII)
_NAME = re.compile(r"[^./\\][^/\\]*")
_PACK_NAME = re.compile(r"[0-9a-f]{8}\.pack", re.ASCII)
_COLUMNS = "clip, timestep, pack, begin, size, layers"


_SMALL_CATALOG, _MOST_READ = 1 << 18, 512
"""Catalogs of so many bytes are kept in memory, and so many of them."""
_read = threading.local()


class Entry(NamedTuple):
    """Where a token file lies in a pack, and its layers as the index writes them (``1-13c``)."""

    clip: str
    timestep: str
    pack: str
    begin: int
    size: int
    layers: str


class Bytes(Protocol):
    """A file opened for reading."""

    def read(self, size: int = -1, /) -> bytes | None:
        """Read bytes."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Read into a buffer."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to a byte."""


class Section(io.RawIOBase):
    """The bytes ``[begin, begin + size)`` of a file as a file of their own."""

    def __init__(self, path: Path, begin: int, size: int) -> None:
        super().__init__()
        self._file = path.open("rb", buffering=0)
        self._begin, self._size, self._at = begin, size, 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a byte of the section."""
        self._at = max(0, offset + (0, self._at, self._size)[whence])
        return self._at

    def tell(self) -> int:
        """Return the byte of the section that is read next."""
        return self._at

    def readinto(self, buffer: Any) -> int | None:
        """Read up to the end of the section."""
        part = memoryview(buffer).cast("B")[: max(0, self._size - self._at)]
        self._file.seek(self._begin + self._at)
        count = self._file.readinto(part)
        self._at += count or 0
        return count

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


def folders_of(store: Path) -> list[Path]:
    """Return the folders of a store that hold clips."""
    with contextlib.suppress(OSError), os.scandir(store) as found:
        return sorted(Path(each.path) for each in found if _FOLDER_NAME.fullmatch(each.name))
    return []


@contextmanager
def opened(file: Path) -> Iterator[Bytes]:
    """Open a token file for reading, in its own place or in a pack.

    Raises
    ------
    FileNotFoundError
        If it is in neither.
    OSError
        If it cannot be read.
    """
    with _found(file) as stream:
        yield stream


def _found(file: Path) -> io.RawIOBase:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        return file.open("rb", buffering=0)
    for _ in range(3):  # a small pack may become part of another one in between
        entry = entry_of(file)
        if entry is None:
            break
        with contextlib.suppress(FileNotFoundError):
            return Section(file.parents[1] / entry.pack, entry.begin, entry.size)
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(file))


def is_stored(file: Path) -> bool:
    """Return whether there is a token file, in its own place or in a pack."""
    return file.is_file() or entry_of(file) is not None


def size_of(file: Path) -> int:
    """Bytes of a token file; 0 where there is none."""
    with contextlib.suppress(OSError):
        return file.stat().st_size
    entry = entry_of(file)
    return entry.size if entry else 0


def entry_of(file: Path) -> Entry | None:
    """Return where the catalog says that a token file lies, whether or not another one lies in its own place."""
    if file.suffix != SUFFIX:
        return None
    with _catalog(file.parents[1]) as catalog:
        if catalog is not None:
            found = catalog.execute(
                f"SELECT {_COLUMNS} FROM tokens WHERE clip = ? AND timestep = ?",
                (file.parent.name, file.stem),
            ).fetchone()
            return _entry(found) if found else None
    return None


def entries(folder: Path) -> list[Entry]:
    """Everything in the catalog of a folder of clips.

    Raises
    ------
    OSError
        If its catalog is damaged, or there are packs without one.
    """
    with _catalog(folder, strictly=True) as catalog:
        if catalog is None:
            if pack_files(folder):
                path = str(folder / CATALOG)
                raise FileNotFoundError(
                    errno.ENOENT,
                    "there are packs, but the catalog that says what is in them is missing",
                    path,
                )
            return []
        return [
            _entry(row) for row in catalog.execute(f"SELECT {_COLUMNS} FROM tokens ORDER BY clip, timestep")
        ]


def pack_files(folder: Path) -> list[Path]:
    """Return the packs in a folder of clips."""
    return sorted(file for file in folder.glob(f"*{PACK}") if _PACK_NAME.fullmatch(file.name))


def packed_clips(folder: Path) -> list[str]:
    """Keys of the clips of which the packs of a folder hold something; none where its catalog cannot be read."""
    with _catalog(folder) as catalog:
        if catalog is not None:
            return [row[0] for row in catalog.execute("SELECT DISTINCT clip FROM tokens")]
    return []


def stamp(folder: Path) -> tuple[int, int]:
    """Return what changes with the catalog of a folder; zeros where there is none."""
    with contextlib.suppress(OSError):
        about = (folder / CATALOG).stat()
        return about.st_mtime_ns, about.st_ino
    return 0, 0


def write_catalog(path: Path, found: Iterable[Entry]) -> None:
    """Write a new catalog.

    Raises
    ------
    OSError
        If the disk refuses.
    """
    with _as_os_error(path), contextlib.closing(sqlite3.connect(path, isolation_level=None)) as catalog:
        catalog.execute("PRAGMA journal_mode = OFF")
        catalog.execute("PRAGMA synchronous = OFF")
        catalog.execute("BEGIN")
        catalog.execute(_TABLE)
        catalog.executemany("INSERT OR REPLACE INTO tokens VALUES (?, ?, ?, ?, ?, ?)", found)
        catalog.execute("COMMIT")


@contextmanager
def _catalog(folder: Path, strictly: bool = False) -> Iterator[sqlite3.Connection | None]:
    """Open the catalog of a folder; None where there is none, and where it is damaged nothing is found unless ``strictly``."""
    path = folder / CATALOG
    try:
        about = path.stat()
    except OSError:
        yield None
        return
    try:
        with _as_os_error(path):
            if about.st_size > _SMALL_CATALOG:
                with contextlib.closing(_on_disk(path)) as catalog:
                    yield catalog
            else:
                yield _in_memory(path, (about.st_mtime_ns, about.st_ino, about.st_size))
    except OSError:
        if strictly:
            raise


def _on_disk(path: Path) -> sqlite3.Connection:
    # Nobody ever changes a catalog that is in its place, so that no locks are needed, which shared drives may not have.
    address = path.absolute().as_uri()
    if not address.startswith("file:///"):  # a Windows share, whose name SQLite takes for a part of the path
        address = f"file:////{address.removeprefix('file://')}"
    return sqlite3.connect(f"{address}?immutable=1", uri=True)


def _in_memory(path: Path, now: tuple[int, int, int]) -> sqlite3.Connection:
    """Return a small catalog that this thread read before, unless it was replaced."""
    known: OrderedDict[Path, tuple[tuple[int, int, int], sqlite3.Connection]]
    known = _read.__dict__.setdefault("catalogs", OrderedDict())
    if path not in known or known[path][0] != now:
        if path in known:
            known.pop(path)[1].close()
        catalog = sqlite3.connect(":memory:")
        catalog.deserialize(path.read_bytes())
        known[path] = (now, catalog)
    known.move_to_end(path)
    if len(known) > _MOST_READ:
        known.popitem(last=False)[1][1].close()
    return known[path][1]


@contextmanager
def _as_os_error(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise OSError(
            errno.EIO, f"the catalog of packs is damaged or cannot be used: {error}", str(path)
        ) from error


def _entry(row: tuple[Any, ...]) -> Entry:
    """Check what a file says: no name leads out of its folder."""
    *names, begin, size, layers = row
    texts = all(isinstance(text, str) for text in (*names, layers))
    numbers = isinstance(begin, int) and isinstance(size, int) and min(begin, size) >= 0
    entry = Entry(*row)
    if not (texts and numbers and _PACK_NAME.fullmatch(entry.pack) and all(map(_NAME.fullmatch, names))):
        raise sqlite3.DatabaseError("it holds other values than it should")
    return entry
