"""Validation and writing of output files that a user names.

:meth:`Output.check` refuses before any work is done, and :meth:`Output.written` checks again when the finished file
is moved to its path. Never replaced, even on request: projects of any name, videos and kept models that a project
knows, what a command reads, folders, and anything that is no ordinary file. Any other file is replaced only with
``force``.
"""

import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from actiondiff_gui.errors import OutputError, OutputExistsError
from actiondiff_gui.files import put_new, whole_file
from actiondiff_gui.protected import Known, real_path, refuse_kept

LONGEST_NAME = 200
"""Bytes of a file's name; a disk takes 255, and while a file is written its name is longer."""


class Output(os.PathLike[str]):
    """An output file that a user named; usable wherever a path is expected.

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
        """Return an output of the same kind beside this one."""
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
        """Return the path without links, if it may be written."""
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
        if not os.access(real, os.R_OK | os.W_OK):  # what cannot be read may be a project
            raise OutputError(f"{self.path} may not be read or written by you. Choose another name.")

    def _is_own(self, real: Path) -> bool:
        """Return whether the file was written by an earlier run and is as it was then."""
        return False

    def _put(self, part: Path, target: Path) -> None:
        try:
            # Looked at before it is asked what may be replaced: what appears afterwards was not asked for.
            there = stat_of(target) is not None
            self._allowed()
            self._before(part)
            if there:
                part.replace(target)
            else:
                put_new(part, target)
        except (OutputError, FileExistsError) as error:
            beside = _put_beside(part, target)
            raise OutputError(
                f"In the meantime another file appeared at {self.path}; it was not replaced. The output is "
                f"in {beside}."
            ) from error

    def _before(self, part: Path) -> None:
        """Handle a finished file (for subclasses), right before it is put in its place."""


def output(path: str | os.PathLike[str]) -> Output:
    """``path`` as an output; one that was not checked yet replaces nothing."""
    return path if isinstance(path, Output) else Output(path)


def check_folder(folder: Path, path: Path) -> None:
    """Raise OutputError unless files can be made in ``folder``, for the output ``path``."""
    if not folder.is_dir():
        raise OutputError(
            f"{path} cannot be written: there is no folder {folder}. Create it, or choose another one."
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


def stat_of(path: Path) -> os.stat_result | None:
    """Return the status of ``path``; None where nothing is there.

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


def _put_beside(part: Path, target: Path) -> Path:
    number = 2
    while True:
        free = target.with_name(f"{target.stem} ({number}){target.suffix}")
        try:
            put_new(part, free)
            return free
        except FileExistsError:
            number += 1
