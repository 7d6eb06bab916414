"""Output folders of several files: a list of what was written, so that only unchanged own files are replaced.

A folder of several outputs keeps a list of them, ``.actiondiff-report.json``: for each file the command and the digest
of what was written. A file that somebody has changed since, or that was there before, is replaced only with ``force``.
"""

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from actiondiff_gui.errors import OutputError, OutputExistsError
from actiondiff_gui.files import whole_file
from actiondiff_gui.outputs import Output, check_folder, gather, stat_of
from actiondiff_gui.protected import Known, real_path, refuse_kept

LIST = ".actiondiff-report.json"
_LONGEST_LIST = 16 * 2**20


class ReportFolder(os.PathLike[str]):
    """A folder that a person named for the outputs of one command; ``folder / name`` is one of them.

    Parameters
    ----------
    path : path
        The folder is made when the first file is written.
    command : str
        What writes, such as ``"study mice.actiondiff"``.
    names : sequence of str
        Patterns of the names of all files that may be written.
    force : bool
        Whether ordinary files that are there may be replaced, whoever wrote them.
    known : Known, optional
        What may not be replaced all the same.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        command: str,
        names: Sequence[str],
        *,
        force: bool = False,
        known: Known | None = None,
    ):
        self.path = Path(os.path.normpath(Path(path).absolute()))
        self.command, self.names = command, tuple(names)
        self.force, self.known = force, known or Known()

    def __fspath__(self) -> str:
        return str(self.path)

    def __str__(self) -> str:
        return str(self.path)

    def __truediv__(self, name: str) -> "ReportFile":
        if not any(fnmatchcase(name, pattern) for pattern in self.names):
            raise ValueError(f"{name} is not among the files of {self.command}")
        return ReportFile(self, name)

    def check(self) -> None:
        """Refuse what may not be written, before any work.

        Raises
        ------
        OutputExistsError
            Files are in the way that an earlier run of the same command did not write, or that were changed since.
        OutputError
            The folder is none, or cannot be written to; or a project, a video or a kept model is in the way.
        """
        real = real_path(self.path)
        for target in (real, real / LIST):
            refuse_kept(self.path, target, self.known)
        found = stat_of(real)
        if found is None:
            check_folder(next(each for each in real.parents if each.exists()), self.path)
            return
        if not stat.S_ISDIR(found.st_mode):
            raise OutputError(f"{self.path} is no folder, and one is needed. Choose another name.")
        check_folder(real, self.path)
        there: list[Path] = []
        for each in sorted(real.iterdir()):
            hidden = each.name.startswith(".")  # what a killed run left behind
            if not hidden and any(
                fnmatchcase(each.name.casefold(), pattern.casefold()) for pattern in self.names
            ):
                gather(ReportFile(self, each.name).check, there)
        if there:
            raise OutputExistsError(tuple(there))

    def make(self) -> Path:
        """Make the folder if it is not there, and return its path.

        Raises
        ------
        OutputError
            If it cannot be made.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"The folder {self.path} cannot be made ({error.strerror or error}). Choose another one."
            ) from error
        return self.path

    def wrote(self, name: str) -> list[str]:
        """Digests of what this command wrote, or was about to write, to ``name``; none if it did not."""
        about = self._listed().get(name)
        if not isinstance(about, dict) or about.get("command") != self.command:
            return []
        return [each for each in about.get("sha256", ()) if isinstance(each, str)]

    def note(self, name: str, digests: Sequence[str]) -> None:
        """Note what the file ``name`` holds: one of these."""
        files = self._listed() | {name: {"command": self.command, "sha256": list(digests)}}
        with whole_file(self.path / LIST) as part:
            part.write_text(json.dumps({"files": files}, indent=1), encoding="utf-8")

    def _listed(self) -> dict[str, Any]:
        file = self.path / LIST
        try:
            if not file.exists():
                return {}
            if not file.is_file() or file.is_symlink() or file.stat().st_size > _LONGEST_LIST:
                raise OutputError(f"{file} is not the list of a report's files. Choose another folder.")
            files = json.loads(file.read_bytes())["files"]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return {}
        return files if isinstance(files, dict) else {}


class ReportFile(Output):
    """A file of a report folder."""

    def __init__(self, folder: ReportFolder, name: str) -> None:
        super().__init__(folder.path / name, force=folder.force, known=folder.known)
        self.folder = folder

    @contextmanager
    def written(self) -> Iterator[Path]:
        """As for any output, in a folder that is made if it is not there."""
        self.folder.make()
        with super().written() as part:
            yield part

    def _is_own(self, real: Path) -> bool:
        known = self.folder.wrote(self.name)
        return bool(known) and _digest(real) in known

    def _before(self, part: Path) -> None:
        # Noted before it is there: a run that is killed in between leaves the older file, which is noted too.
        target = real_path(self.path)
        older = [_digest(target)] if stat_of(target) is not None and self._is_own(target) else []
        self.folder.note(self.name, [*older, _digest(part)])


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise OutputError(
            f"{path} cannot be read ({error.strerror or error}). Choose another folder."
        ) from error
