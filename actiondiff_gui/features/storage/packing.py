"""Making of packs (:mod:`~actiondiff_gui.features.storage.packs`) out of token files that lie by themselves.

What is packed was read and checked; what is damaged stays where it is. The order of steps loses nothing whenever
a process ends: first the pack is written whole, then the catalog that names it, and then the files are removed.
"""

import contextlib
import errno
import json
import os
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from actiondiff_gui.errors import FeatureWriteError
from actiondiff_gui.features.storage.healing import held, replace_catalog, stores_in
from actiondiff_gui.features.storage.index import in_short
from actiondiff_gui.features.storage.packs import (
    PACK,
    SUFFIX,
    Entry,
    Section,
    entries,
    folders_of,
    opened,
    pack_files,
)
from actiondiff_gui.features.storage.token_file import Damage, problem, read_header
from actiondiff_gui.files import whole_file
from actiondiff_gui.progress import Job, Progress

MANY = 256
"""A folder of a store that holds so many clips is packed by who writes the next one: a store of 65,000 clips has that."""
MOST_BYTES = 1 << 29
"""A pack gets no more at once, so that others do not wait long for the lock."""
SMALL_BYTES = 1 << 23
"""Packs that are smaller become part of the next one."""
_EVERY = 32
_written: Counter[Path] = Counter()


class NoLockError(OSError):
    """The drive knows no locks: two programs that pack at once would each lose what the other one packed."""


def pack_if_crowded(folder: Path) -> None:
    """Pack a folder of clips if very many clips lie there by themselves; looks now and then only. Raises as :func:`pack`."""
    _written[folder] += 1
    if _written[folder] % _EVERY == 1:
        with os.scandir(folder) as found:
            crowded = sum(each.is_dir() for each in found) >= MANY
        if crowded:
            with contextlib.suppress(NoLockError):
                pack(folder)


def pack(folder: Path) -> int:
    """Move token files of a folder of clips into a new pack, :data:`MOST_BYTES` at most, with the content of small packs.

    Returns
    -------
    int
        How many files were moved; 0 if none is left that can be.

    Raises
    ------
    NoLockError
        If the drive knows no locks.
    OSError
        If the disk refuses.
    FeatureWriteError
        If another program holds the folder for too long.
    """
    with held(folder / "clip" / f"step{SUFFIX}") as locked:
        if not locked:
            raise NoLockError(errno.ENOLCK, "the drive knows no locks, and packing needs them", str(folder))
        alone = list(_whole(folder))
        if not alone:
            return 0
        try:
            known = _by_file(entries(folder))
        except OSError:
            known = _by_headers(folder)
        small = _small_packs(known.values())
        name = f"{uuid.uuid4().hex[:8]}{PACK}"
        with whole_file(folder / name) as part, part.open("wb") as out:
            for file, layers in alone:
                known[file.parent.name, file.stem] = _add(out, file, layers, name)
            moved = {(file.parent.name, file.stem) for file, _ in alone}
            for this, entry in [(this, each) for this, each in known.items() if each.pack in small]:
                if this not in moved:
                    with Section(folder / entry.pack, entry.begin, entry.size) as stream:
                        begin = out.tell()
                        out.write(stream.read() or b"")
                    known[this] = entry._replace(pack=name, begin=begin)
        replace_catalog(folder, known.values())
        named = {each.pack for each in known.values()}
        # With small ones those go that a killed process left before the catalog named them, and that hold nothing any more.
        unnamed = [file for file in pack_files(folder) if file.name not in named]
        for file in [file for file, _ in alone] + unnamed:
            with contextlib.suppress(OSError):
                file.unlink()
        for clip in {file.parent for file, _ in alone}:
            with contextlib.suppress(OSError):  # it holds parts or what was set aside
                clip.rmdir()
        return len(alone)


def pack_job(root: Path, part: tuple[int, int] = (1, 1)) -> Job[int]:
    """Pack all token files below ``root``, a project's folder of features; returns how many files were moved.

    Parameters
    ----------
    root : Path
    part : tuple of int
        Only part K of N of the folders, for job arrays; what belongs to a part depends on the numbers alone.

    Raises
    ------
    FeatureWriteError
        If the disk refuses, or another program holds a folder for too long. Nothing is lost.
    """
    number, parts = part
    folders = [folder for store in stores_in(root) for folder in folders_of(store)]
    folders = [folder for folder in folders if int(folder.name, 16) % parts == number - 1]
    moved = 0
    for done, folder in enumerate(folders):
        yield Progress(done, len(folders), "packing features")
        try:
            while count := pack(folder):
                moved += count
        except OSError as error:
            raise FeatureWriteError(
                f"The features in {folder} cannot be packed ({error.strerror or error}); they stay as they are. Check that "
                "the disk has space and that the folder is yours to write to."
            ) from error
    return moved


def rebuild(folder: Path) -> int:
    """Write the catalog of a folder anew from its packs, those made last counting most; returns how many files it names.

    Raises
    ------
    OSError
        If a pack cannot be read or the disk refuses.
    """
    with held(folder / "clip" / f"step{SUFFIX}"):
        found = _by_headers(folder)
        replace_catalog(folder, found.values())
    return len(found)


def _by_file(found: Iterable[Entry]) -> dict[tuple[str, str], Entry]:
    return {(each.clip, each.timestep): each for each in found}


def _by_headers(folder: Path) -> dict[tuple[str, str], Entry]:
    packs = sorted(pack_files(folder), key=lambda file: (file.stat().st_mtime_ns, file.name))
    return _by_file(each for file in packs for each in _entries_in(file))


def _whole(folder: Path) -> Iterator[tuple[Path, str]]:
    """Token files that lie by themselves and are whole, with their layers, up to :data:`MOST_BYTES`."""
    total = 0
    for file in sorted(folder.glob(f"*/*{SUFFIX}")):
        if file.name[0] == "." or file.is_symlink() or total > MOST_BYTES:
            continue
        with contextlib.suppress(OSError, Damage):
            if problem(file):
                continue
            with opened(file) as stream:
                layers = in_short(read_header(stream, file).names)
            total += file.stat().st_size
            yield file, layers


def _add(out: BinaryIO, file: Path, layers: str, pack: str) -> Entry:
    content, begin = file.read_bytes(), out.tell()
    out.write(content)
    return Entry(file.parent.name, file.stem, pack, begin, len(content), layers)


def _small_packs(known: Iterable[Entry]) -> set[str]:
    sizes: Counter[str] = Counter()
    for each in known:
        sizes[each.pack] += each.size
    return {name for name, size in sizes.items() if size < SMALL_BYTES}


def _entries_in(pack: Path) -> Iterator[Entry]:
    """Files in a pack, found by their headers; ends where one is damaged."""
    at, end = 0, pack.stat().st_size
    with pack.open("rb") as stream:
        while at < end:
            stream.seek(at)
            length = int.from_bytes(stream.read(8), "little")
            try:
                head = json.loads(stream.read(min(length, end - at)))
                about = head.pop("__metadata__")
                size = 8 + length + max(each["data_offsets"][1] for each in head.values())
                file = pack.parent / about["clip"] / f"{about['timestep']}{SUFFIX}"
                with Section(pack, at, size) as section:
                    names = read_header(section, file).names
            except (ValueError, TypeError, KeyError, AttributeError, Damage):
                return
            yield Entry(about["clip"], about["timestep"], pack.name, at, size, in_short(names))
            at += size
