"""How does a file appear on the disk whole or not at all?"""

import contextlib
import glob
import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

STALE_SECONDS = 24 * 3600


@contextmanager
def whole_file(path: Path, put: Callable[[Path, Path], object] = Path.replace) -> Iterator[Path]:
    """Give a path beside ``path`` to write to, and put what was written there in its place at the end.

    An older file stays until then, and stays if the block fails. The ending is kept, for writers that go
    by it. What a killed process left here a day ago or earlier is removed.

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
        If the disk refuses.
    """
    part = path.with_name(f".{path.stem}.{uuid.uuid4().hex}.part{path.suffix}")
    try:
        yield part
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        put(part, path)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        for stale in path.parent.glob(f".{glob.escape(path.stem)}.*.part{glob.escape(path.suffix)}"):
            with contextlib.suppress(OSError):
                if time.time() - stale.stat().st_mtime > STALE_SECONDS:
                    stale.unlink()


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
        part.replace(path)
