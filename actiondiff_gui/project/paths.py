"""Stored paths of a project's videos, and the folders beside its file.

A project and its videos are often moved together, so a video in the project's folder, or in the folder
that holds the project's folder, is stored by its relative path; any other by its absolute path. Relative
paths are stored with "/" on every system.

Models and features lie in folders beside the project that are called after it: those of ``s.actiondiff`` in ``s.models``, those of
``s.db`` in ``s.db.models``. Earlier versions called the latter ``s.models`` too.
"""

import contextlib
import glob
import os
import shutil
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from actiondiff_gui.app_folders import user_home
from actiondiff_gui.errors import ActionDiffError, ProjectError
from actiondiff_gui.files import part_of, put_new
from actiondiff_gui.project_header import is_project
from actiondiff_gui.resources import sample_data

SUFFIX = ".actiondiff"
KINDS = ("models", "features")


def beside(project: Path, kind: str) -> Path:
    """Return the folder of a project for one of :data:`KINDS`, whether or not it is there."""
    own = _own(project, kind)
    old = project.with_name(f"{project.stem}.{kind}")
    return own if own.exists() or not old.exists() or _claimed(project, kind) else old


def adopt(project: Path) -> None:
    """Give the folders that an earlier version made for a project its own name, or copy those that others use too.

    Where the disk refuses, they stay where they are, and :func:`beside` finds those that nobody else uses.
    """
    for kind in KINDS:
        own, old = _own(project, kind), project.with_name(f"{project.stem}.{kind}")
        if own.exists() or not old.is_dir():
            continue
        with contextlib.suppress(OSError):
            if _claimed(project, kind):
                _copy(old, own)
            else:
                old.rename(own)


def _own(project: Path, kind: str) -> Path:
    name = project.stem if project.suffix == SUFFIX else project.name
    return project.with_name(f"{name}.{kind}")


def _claimed(project: Path, kind: str) -> bool:
    """Return whether another project beside it uses the folder that is called after the first part of both names."""
    near = [project.with_name(project.stem), *project.parent.glob(f"{glob.escape(project.stem)}.*")]
    return any(
        other != project
        and other.stem == project.stem
        and (other.suffix in ("", SUFFIX) or not _own(other, kind).exists())
        and is_project(other)
        for other in near
    )


def _copy(folder: Path, own: Path) -> None:
    part = part_of(own)
    try:
        shutil.copytree(folder, part, copy_function=_copy_file)
        part.rename(own)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _copy_file(source: str, target: str) -> None:
    # A safetensors file is never changed, only replaced, so that two folders can hold the same one.
    if source.endswith(".safetensors"):
        with contextlib.suppress(OSError):
            os.link(source, target)
            return
    shutil.copy2(source, target)


def absolute(path: str | os.PathLike[str]) -> Path:
    """``path`` from the root, without ".." and with links left as they are."""
    return Path(os.path.normpath(Path(path).absolute()))


def stored_path(path: str | os.PathLike[str], folder: Path) -> str:
    """Return ``path`` as stored in a project that lies in the absolute ``folder``."""
    asked = absolute(path)
    for candidate, base in ((asked, folder), (_real(asked), _real(folder))):
        if candidate.is_relative_to(base):
            return _text(candidate.relative_to(base).as_posix())
        near = base.parent
        if near != near.parent and near != user_home() and candidate.is_relative_to(near):
            return _text("../" + candidate.relative_to(near).as_posix())
    return _text(str(asked))


def absolute_path(stored: str, folder: Path) -> Path:
    """Return the absolute path that :func:`stored_path` stored."""
    return Path(os.path.normpath(folder / PurePosixPath(stored)))


def _real(path: Path) -> Path:
    # The last part stays: data sets are often folders of links into a store of nameless files.
    return Path(os.path.realpath(path.parent)) / path.name


def _text(path: str) -> str:
    try:
        path.encode()
    except UnicodeEncodeError:
        raise ProjectError(
            f"The file name {path!r} holds bytes that are not text. Rename the file to add it."
        ) from None
    return path


def names_apart(paths: Iterable[Path]) -> list[str]:
    """Return the names of files, those that several have with as many of their folders as tell them apart: ``mouse.mp4 (cage 1)``."""
    paths = list(paths)
    by_name: dict[str, list[int]] = {}
    for place, path in enumerate(paths):
        by_name.setdefault(path.name.casefold(), []).append(place)
    names = [path.name for path in paths]
    for places in by_name.values():
        if len(places) > 1:
            folders = [paths[place].parent.parts for place in places]
            deepest = max(map(len, folders))
            depth = next(
                (n for n in range(1, deepest) if len({f[-n:] for f in folders}) == len(folders)), deepest
            )
            for place, folder in zip(places, folders, strict=True):
                names[place] += f" ({'/'.join(folder[-depth:])})"
    return names


def rename_file(path: Path, new: Path) -> None:
    """Give a file another name in one step that never replaces a file, also one that appeared a moment ago.

    Raises
    ------
    ProjectError
        There is a file of that name, the file itself is missing or belongs to the installed sample, or the disk refuses.
    """
    if _is_of_sample(path):
        raise ProjectError(
            f"{path.name} belongs to the sample that is installed with the program, and keeps its name. Copy it to a folder of "
            "your own to rename it."
        )
    try:
        put_new(path, new)
        try:
            path.unlink(missing_ok=True)
        except OSError:  # Windows keeps files that are in use: then it has the old name alone
            new.unlink()
            raise
    except FileExistsError:
        raise ProjectError(f"{new} is there already. Choose another name, or move that file away.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ProjectError(f"{path} cannot be called {new.name}: {reason}.") from error


def _is_of_sample(path: Path) -> bool:
    try:
        return path.resolve().is_relative_to(sample_data())
    except ActionDiffError:
        return False  # it is not installed
