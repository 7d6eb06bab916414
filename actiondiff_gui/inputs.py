"""Validation of input paths; pipes and devices are refused because reading them might never end."""

import stat
from pathlib import Path

from actiondiff_gui.errors import ActionDiffError

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def regular_file(path: Path, error: type[ActionDiffError] = ActionDiffError, wanted: str = "a file") -> Path:
    """Return ``path`` if it may be opened: a regular file, or a link to one.

    Parameters
    ----------
    path : Path
    error : type
        What is raised for anything else that is there.
    wanted : str
        What should have been there, for the error's sentence.

    Raises
    ------
    ActionDiffError
        As ``error`` says.
    OSError
        If there is nothing, or it may not be looked at.
    """
    try:
        mode = path.stat().st_mode
    except ValueError:  # a name that no file can have
        raise error(f"{str(path)!r} is the name of no file. Choose {wanted}.") from None
    kind = next((words for is_kind, words in _KINDS if is_kind(mode)), "no regular file")
    if not stat.S_ISREG(mode):
        raise error(f"{path} is {kind}, not {wanted}. Choose another file.")
    return path
