"""Files that no output ever replaces.

Projects of any name, the folders beside them, and known files: videos of the project, files that a
command reads.
"""

import os
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

from actiondiff_gui.errors import OutputError
from actiondiff_gui.project_header import is_project

JOURNALS = ("-journal", "-wal", "-shm")
"""Endings of the files that SQLite keeps beside a project while it changes."""
KEPT = (".features", ".models", ".backups")
"""Endings of the folders beside a project that the program keeps for it."""


class Known:
    """Files, and folders with all that is in them, that no output may replace.

    Parameters
    ----------
    files : mapping of Path to str
        For each what it is, as a sentence goes on after "is": ``"a video of the project mice.actiondiff"``.
    """

    def __init__(self, files: Mapping[Path, str] | None = None) -> None:
        self.files = dict(files or {})

    def __or__(self, more: Mapping[Path, str]) -> "Known":
        return Known({**self.files, **more})

    @cached_property
    def _by_inode(self) -> dict[tuple[int, int], str]:
        found = {}
        for path, what in self.files.items():
            try:
                entry = path.stat()
            except (OSError, ValueError):
                continue
            found[entry.st_dev, entry.st_ino] = what
        return found

    @cached_property
    def _by_name(self) -> dict[str, list[Path]]:
        found: dict[str, list[Path]] = {}
        for path in self.files:
            found.setdefault(path.name.casefold(), []).append(path)
        return found

    def what(self, real: Path) -> str | None:
        """Return what the file at ``real``, a path without links, is known as; by any other of its names, too."""
        for entry in (real, *real.parents):
            try:
                found = entry.stat()
            except OSError:
                continue
            if (found.st_dev, found.st_ino) in self._by_inode and (entry == real or entry.is_dir()):
                return self._by_inode[found.st_dev, found.st_ino]
        # A known file that is missing now keeps its name, in capitals or not.
        wanted = str(real).casefold()
        same = (
            p for p in self._by_name.get(real.name.casefold(), ()) if str(real_path(p)).casefold() == wanted
        )
        return next((self.files[path] for path in same), None)


def refuse_kept(path: Path, real: Path, known: Known) -> None:
    """Raise OutputError if ``real``, which a person called ``path``, belongs to a project or is known."""
    what = known.what(real)
    if what is None and is_project(real):
        what = "an ActionDiff project"
    if what is None and real.name.endswith(JOURNALS) and is_project(_without(real, JOURNALS)):
        what = f"where SQLite keeps changes of the project {_without(real, JOURNALS)}"
    for folder in () if what else real.parents:
        if folder.suffix in KEPT and (project := _project_of(folder)):
            what = f"in {folder}, where the program keeps what belongs to the project {project.name}"
            break
    if what is not None:
        raise OutputError(f"{path} is {what}, and no output is written there. Choose another name.")


def real_path(path: Path) -> Path:
    """``path`` without links.

    Raises
    ------
    OutputError
        If no file can have that name.
    """
    try:
        return Path(os.path.realpath(path))
    except (OSError, ValueError) as error:
        raise OutputError(
            f"{str(path)!r} cannot be the name of a file ({error}). Choose another name."
        ) from error


def _without(path: Path, endings: Iterable[str]) -> Path:
    return path.with_name(next(path.name.removesuffix(each) for each in endings if path.name.endswith(each)))


def _project_of(folder: Path) -> Path | None:
    """Return the project beside whose file ``folder`` lies, if there is one."""
    try:
        beside = [each for each in folder.parent.iterdir() if each.name.startswith(folder.stem)]
    except OSError:
        return None
    return next((each for each in beside if is_project(each)), None)
