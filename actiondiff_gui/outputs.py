"""May a file be written where a person asked for it? Every file that a person names for an output goes through here.

:meth:`Output.check` says no before any work is done, and :meth:`Output.written` asks once more when the finished file
is put in its place. Never replaced, whatever is asked: projects of any name, videos and kept models that a project
knows, what a command reads, folders, and anything that is no ordinary file. Any other file is replaced only where
that was asked for (``force``).
"""

import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from itertools import count
from pathlib import Path

from actiondiff_gui.errors import OutputError, OutputExistsError
from actiondiff_gui.files import put_new, whole_file

APPLICATION_ID = 0x41446966  # "ADif", in the header of a project's SQLite file at byte 68
JOURNALS = ("-journal", "-wal", "-shm")
"""Endings of the files that SQLite keeps beside a project while it changes."""
KEPT = (".features", ".models", ".backups")
"""Endings of the folders beside a project that the program keeps for it."""

LONGEST_NAME = 200
"""Bytes of a file's name; a disk takes 255, and while a file is written its name is longer."""


def is_project(path: Path) -> bool:
    """Whether ``path`` is an ordinary file with the header of a project, whatever its name."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            header = file.read(72)
    except (OSError, ValueError):
        return False
    return header.startswith(b"SQLite format 3\0") and header[68:] == APPLICATION_ID.to_bytes(4, "big")


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
    def _by_place(self) -> dict[tuple[int, int], str]:
        found = {}
        for path, what in self.files.items():
            try:
                place = path.stat()
            except (OSError, ValueError):
                continue
            found[place.st_dev, place.st_ino] = what
        return found

    @cached_property
    def _by_name(self) -> dict[str, list[Path]]:
        found: dict[str, list[Path]] = {}
        for path in self.files:
            found.setdefault(path.name.casefold(), []).append(path)
        return found

    def what(self, real: Path) -> str | None:
        """What the file at ``real``, a path without links, is known as; by any other of its names, too."""
        for place in (real, *real.parents):
            try:
                found = place.stat()
            except OSError:
                continue
            if (found.st_dev, found.st_ino) in self._by_place and (place == real or place.is_dir()):
                return self._by_place[found.st_dev, found.st_ino]
        # A known file that is missing now keeps its name, in capitals or not.
        wanted = str(real).casefold()
        same = (
            p for p in self._by_name.get(real.name.casefold(), ()) if str(real_path(p)).casefold() == wanted
        )
        return next((self.files[path] for path in same), None)


class Output(os.PathLike[str]):
    """A file that a person named for an output; a path wherever one is asked for.

    Parameters
    ----------
    path : path
    force : bool
        Whether an ordinary file that is there may be replaced.
    known : Known, optional
        What may not be replaced all the same.
    """

    def __init__(self, path: str | os.PathLike[str], *, force: bool = False, known: Known | None = None):
        self.path = Path(os.path.normpath(Path(path).absolute()))
        self.force, self.known = force, known or Known()

    def __fspath__(self) -> str:
        return str(self.path)

    def __str__(self) -> str:
        return str(self.path)

    name = property(lambda self: self.path.name)
    stem = property(lambda self: self.path.stem)
    suffix = property(lambda self: self.path.suffix)
    parent = property(lambda self: self.path.parent)

    def with_name(self, name: str) -> "Output":
        """An output of the same kind beside this one."""
        return type(self)(self.path.with_name(name), force=self.force, known=self.known)

    def check(self) -> None:
        """Refuse what may not be written.

        Raises
        ------
        OutputExistsError
            An ordinary file is there and may not be replaced.
        OutputError
            Whatever is asked, nothing may or can be written there.
        """
        real = self._allowed()
        if len(os.fsencode(real.name)) > LONGEST_NAME:
            raise OutputError(f"The name of {self.path} is too long. Choose a shorter one.")
        check_folder(real.parent, self.path)

    @contextmanager
    def written(self) -> Iterator[Path]:
        """Give a path to write to, and put what was written there in its place when the block ends.

        Where a file has appeared in the meantime that may not be replaced, it stays, and what was written is kept
        beside it under another name.

        Raises
        ------
        OutputError
            As :meth:`check`; or the file is under another name.
        OSError
            If the disk refuses.
        """
        self.check()
        with whole_file(real_path(self.path), self._put) as part:
            yield part

    def _allowed(self) -> Path:
        """The path without links, if it may be written."""
        real = real_path(self.path)
        refuse_kept(self.path, real, self.known)
        there = stat_of(real)
        if there is not None:
            self._refuse_replacing(real, there.st_mode)
        return real

    def _refuse_replacing(self, real: Path, mode: int) -> None:
        if not stat.S_ISREG(mode):
            kind = "is a folder" if stat.S_ISDIR(mode) else "is no ordinary file"
            raise OutputError(f"{self.path} {kind}, so it cannot be written. Choose another name.")
        if not (self.force or self._is_own(real)):
            raise OutputExistsError((self.path,))
        if not os.access(real, os.W_OK):
            raise OutputError(f"{self.path} is protected against writing. Choose another name.")

    def _is_own(self, real: Path) -> bool:
        """Whether the file was written by an earlier run and is as it was then."""
        return False

    def _put(self, part: Path, place: Path) -> None:
        try:
            self._allowed()
            self._before(part)
            if stat_of(place) is None:
                put_new(part, place)
            else:
                part.replace(place)
        except (OutputError, FileExistsError) as error:
            beside = _put_beside(part, place)
            raise OutputError(
                f"While the work was done another file came to {self.path}; it was left as it is. What was to be "
                f"written is in {beside}."
            ) from error

    def _before(self, part: Path) -> None:
        """Called with what was written, right before it is put in its place."""


def output(path: str | os.PathLike[str]) -> Output:
    """``path`` as an output; one that was not checked yet replaces nothing."""
    return path if isinstance(path, Output) else Output(path)


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


def check_folder(folder: Path, path: Path) -> None:
    """Raise OutputError unless files can be made in ``folder``, for the output ``path``."""
    if not folder.is_dir():
        raise OutputError(
            f"{path} cannot be written: there is no folder {folder}. Make it, or choose another one."
        )
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: the folder {folder} refuses ({error.strerror or error}). Choose another one."
        ) from error


def check_all(outputs: Iterable[Output | None]) -> None:
    """Check several outputs of one job; two that are the same file are refused too.

    Raises
    ------
    OutputError
        As :meth:`Output.check`; an OutputExistsError names all files that are in the way.
    """
    there: list[Path] = []
    seen: set[Path] = set()
    for each in outputs:
        if each is None:
            continue
        if real_path(each.path) in seen:
            raise OutputError(f"{each.path} is named twice. Give each output a name of its own.")
        seen.add(real_path(each.path))
        gather(each.check, there)
    if there:
        raise OutputExistsError(tuple(there))


def gather(check: Callable[[], None], there: list[Path]) -> None:
    """Run ``check``, and note in ``there`` which files it found in the way."""
    try:
        check()
    except OutputExistsError as error:
        there += error.files


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


def stat_of(path: Path) -> os.stat_result | None:
    """What is at ``path``; None for nothing.

    Raises
    ------
    OutputError
        If that cannot be told.
    """
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise OutputError(f"{path} cannot be written ({error}). Choose another name.") from error


def _without(path: Path, endings: Iterable[str]) -> Path:
    return path.with_name(next(path.name.removesuffix(each) for each in endings if path.name.endswith(each)))


def _project_of(folder: Path) -> Path | None:
    """The project beside whose file ``folder`` lies, if it is one's."""
    try:
        beside = [each for each in folder.parent.iterdir() if each.name.startswith(folder.stem)]
    except OSError:
        return None
    return next((each for each in beside if is_project(each)), None)


def _put_beside(part: Path, place: Path) -> Path:
    for number in count(2):
        free = place.with_name(f"{place.stem} ({number}){place.suffix}")
        try:
            put_new(part, free)
            return free
        except FileExistsError:
            continue
