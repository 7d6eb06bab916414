"""Where does a video lie, seen from the project file?

A project and its videos are often moved together, so a video in the project's folder, or in the folder
that holds the project's folder, is stored by its relative path; any other by its absolute path. Relative
paths are stored with "/" on every system.
"""

import os
from pathlib import Path, PurePosixPath

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.places import user_home


def absolute(path: str | os.PathLike) -> Path:
    """``path`` from the root, without ".." and with links left as they are."""
    return Path(os.path.normpath(Path(path).absolute()))


def stored_path(path: str | os.PathLike, folder: Path) -> str:
    """How ``path`` is written down in a project that lies in the absolute ``folder``."""
    place_asked = absolute(path)
    for place, base in ((place_asked, folder), (_real(place_asked), _real(folder))):
        if place.is_relative_to(base):
            return _text(place.relative_to(base).as_posix())
        near = base.parent
        if near != near.parent and near != user_home() and place.is_relative_to(near):
            return _text("../" + place.relative_to(near).as_posix())
    return _text(str(place_asked))


def absolute_path(stored: str, folder: Path) -> Path:
    """The absolute path that :func:`stored_path` wrote down."""
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
