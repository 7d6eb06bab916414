"""Repair of a token store: damaged and obsolete files."""

import contextlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from actiondiff_gui.errors import FeatureWriteError
from actiondiff_gui.features.storage.index import note
from actiondiff_gui.features.storage.packs import (
    CATALOG,
    SUFFIX,
    Entry,
    entries,
    folders_of,
    is_stored,
    opened,
    write_catalog,
)
from actiondiff_gui.features.storage.token_file import (
    all_names,
    encode,
    names_in,
    problem,
    read_header,
    timestep_of,
    whole_arrays,
)
from actiondiff_gui.files import whole_file

DAMAGED, PARTIAL = ".damaged", ".partial"
LOCK_SECONDS = 60.0
"""A lock is held for the time of writing one file; whoever waits so long for it gives up."""


def stores_in(root: Path) -> list[Path]:
    """Folders below ``root``, a project's folder of features, that may be stores."""
    return sorted(each for each in Path(root).glob("*") if each.is_dir())


def token_files(store: Path) -> Iterator[Path]:
    """Every file of tokens in a store; those in packs by the path that they would have by themselves."""
    for folder in folders_of(store):
        found = {file for file in folder.glob(f"*/*{SUFFIX}") if not file.name.startswith(".")}
        with contextlib.suppress(OSError):
            found |= {folder / each.clip / f"{each.timestep}{SUFFIX}" for each in entries(folder)}
        yield from sorted(found)


def verify_store(store: Path) -> Iterator[tuple[Path, str]]:
    """Read every file of tokens in ``store`` and tell which are damaged, and how.

    What cannot be read is told too, and catalogs of packs. Nothing is changed; see :func:`set_aside`, and
    :func:`~actiondiff_gui.features.storage.packing.rebuild` for catalogs.
    """
    for folder in folders_of(store):
        try:
            entries(folder)
        except OSError as error:
            yield folder / CATALOG, error.strerror or str(error)
    for file in token_files(store):
        try:
            wrong = problem(file) if is_stored(file) else "it is no regular file"
        except OSError as error:
            wrong = f"it cannot be read ({error.strerror or error})"
        if wrong:
            yield file, wrong


def set_aside(file: Path, wrong: Iterable[int] = ()) -> Path | None:
    """Rename a damaged file of tokens to ``<timestep>.damaged``, so that it is computed again.

    Its whole layers, but for those known to be ``wrong`` by other signs, stay in its place. A file that is whole by now
    is left alone.

    Returns
    -------
    Path or None
        Where it lies now; None if nothing was done, or the disk refuses.
    """
    aside, known = file.with_suffix(DAMAGED), all_names(wrong, "mean+change")
    try:
        with held(file):
            if not problem(file) and not known:
                return None
            arrays = {name: array for name, array in whole_arrays(file).items() if name not in known}
            about = _about(file) if len(arrays) > 1 else {}
            _take_out(file, aside)
            note(file.parents[2], file.parent.name, [timestep_of(file)], ())
            if about:
                with whole_file(file) as part:
                    part.write_bytes(encode(arrays, about))
    except (OSError, FeatureWriteError):
        return None
    return aside


def _take_out(file: Path, aside: Path) -> None:
    """Rename a file of tokens, or write down what lies in a pack in its stead and take it out of the catalog."""
    if file.exists():
        file.replace(aside)
        return
    with opened(file) as stream:
        content = stream.read() or b""
    aside.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(aside) as part:
        part.write_bytes(content)
    folder, this = file.parents[1], (file.parent.name, file.stem)
    replace_catalog(folder, [each for each in entries(folder) if each[:2] != this])


def replace_catalog(folder: Path, found: Iterable[Entry]) -> None:
    """Put a new catalog in the place of the old one; whoever calls holds the lock. Raises OSError."""
    with whole_file(folder / CATALOG) as part:
        write_catalog(part, found)


def _about(file: Path) -> dict[str, str]:
    with opened(file) as stream:
        return read_header(stream, file).about


def remove_outdated(file: Path) -> None:
    """Remove damaged files and parts whose arrays are all in ``file`` now."""
    now = names_in(file)
    for left in (*beside(file, DAMAGED), *beside(file, PARTIAL)):
        if names_in(left) <= now:
            with contextlib.suppress(OSError):
                left.unlink()


def beside(file: Path, suffix: str) -> list[Path]:
    """Return files of the same clip and timestep with another suffix, in order."""
    with contextlib.suppress(OSError):
        found = [each for each in file.parent.iterdir() if each.suffix == suffix and each.name[0] != "."]
        return sorted(each for each in found if timestep_of(each) == file.stem)
    return []


@contextmanager
def held(file: Path) -> Iterator[bool]:
    """Hold the lock that guards changes of ``file``: one for each folder of clips, so that few lie about.

    A killed process leaves no lock behind. A drive that knows no locks does without; whether it is held is what the block gets.
    """
    shard = file.parents[1]
    shard.mkdir(parents=True, exist_ok=True)
    lock = FileLock(shard / ".lock", timeout=LOCK_SECONDS, poll_interval=0.01)
    try:
        lock.acquire()
    except Timeout as error:
        raise FeatureWriteError(
            f"Another program has been writing to {shard} for {LOCK_SECONDS:.0f} s. Wait until it is done or end it, "
            "and start again: what was computed before is kept."
        ) from error
    except (OSError, NotImplementedError):
        yield False
        return
    try:
        yield True
    finally:
        lock.release()
