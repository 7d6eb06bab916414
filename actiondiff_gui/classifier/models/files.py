"""Adding, renaming and removing model files in one transaction with the project's rows about them.

A file to remove is renamed to a hidden name within the transaction, and deleted after the commit. A program that is killed
leaves the hidden file; the project records whether its transaction was committed, so the file is restored or deleted.
"""

import contextlib
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from actiondiff_gui.errors import ClassifierError, ProjectError
from actiondiff_gui.files import part_of, put_new, sweep
from actiondiff_gui.project.project import Project

SUFFIX = ".safetensors"
_ASIDE = re.compile(rf"\.(?P<name>.+)\.(?P<mark>[0-9a-f]{{32}})\.aside{re.escape(SUFFIX)}")
_GONE = "model gone/"


def visible(folder: Path) -> list[Path]:
    """Return files of models; hidden ones are being written, are set aside, or were when their program was killed."""
    return [path for path in folder.glob(f"*{SUFFIX}") if path.name[0] != "."]


@contextmanager
def new_file(folder: Path) -> Iterator[Path]:
    """Yield a hidden file in ``folder``, which is created; it is removed after the block."""
    part = part_of(folder / f"model{SUFFIX}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield part
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


@contextmanager
def set_aside(project: Project, path: Path, new: Path | None = None) -> Iterator[None]:
    """Change the project in one transaction within which the file at ``path`` goes, or is called ``new``.

    Where the block raises, or its changes cannot be kept, the file is what and where it was.

    Raises
    ------
    FileExistsError
        There is a file of the new name.
    OSError
        The disk refuses.
    ProjectError
        The project cannot be changed.
    """
    mark = uuid.uuid4().hex
    aside = path.with_name(f".{path.stem}.{mark}.aside{SUFFIX}")
    moved, taken = False, None
    try:
        # Not recorded: undo must not bring back predictions of a model that is gone.
        with project.transaction(record=False):
            path.rename(aside)
            moved = True
            if new is not None:
                _call(aside, new)
                taken = new
            yield
            project.set_setting(_GONE + mark, True)
    except BaseException:
        if taken is not None:
            taken.unlink(missing_ok=True)
        if moved:
            with contextlib.suppress(FileNotFoundError):  # another program may have brought it back
                aside.rename(path)
        raise
    _remove(project, aside, mark)


def mend(project: Project, folder: Path) -> None:
    """Restore, or remove, what killed programs have set aside. Where the project is in use, that is left for later."""
    found = [(path, match) for path in folder.glob(f".*{SUFFIX}") if (match := _ASIDE.fullmatch(path.name))]
    if found:
        # Within a transaction nobody else is half-way through one.
        with contextlib.suppress(ProjectError, OSError), project.transaction(record=None):
            for path, match in found:
                if project.setting(_GONE + match["mark"]):
                    path.unlink(missing_ok=True)
                    project.set_setting(_GONE + match["mark"], None)
                elif path.exists():
                    _bring_back(path, folder / f"{match['name']}{SUFFIX}")
    sweep(folder)


def _call(aside: Path, new: Path) -> None:
    try:
        os.link(aside, new)
    except FileExistsError:
        raise
    except OSError:  # a disk without hard links
        with new_file(aside.parent) as part:
            part.write_bytes(aside.read_bytes())
            put_new(part, new)


def _remove(project: Project, aside: Path, mark: str) -> None:
    # What cannot be removed now is at the next look at the models.
    with contextlib.suppress(ProjectError, OSError):
        aside.unlink(missing_ok=True)
        with project.transaction(record=None):
            project.set_setting(_GONE + mark, None)


def _bring_back(aside: Path, path: Path) -> None:
    for twin in visible(aside.parent):
        if twin.samefile(aside):  # the other name, which was not kept
            twin.unlink()
    name, number = path.stem, 1
    while True:
        try:
            put_new(aside, path)
        except FileExistsError:
            number += 1
            path = path.with_name(f"{name} {number}{SUFFIX}")
        else:
            aside.unlink(missing_ok=True)
            return


def refused(doing: str, error: OSError) -> ClassifierError:
    """Return the error of an operation that the disk refused."""
    return ClassifierError(
        f"{doing} ({error.strerror or error}). Check that the folder may be written to and has space."
    )
