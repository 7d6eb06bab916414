"""Unexpected errors: a sentence for the user, and the traceback in a log file."""

import errno
import logging
import os
import re
import tempfile
import traceback
from datetime import datetime
from pathlib import Path

from actiondiff_gui.app_folders import home
from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.inputs import regular_file

_log = logging.getLogger("actiondiff_gui")
_ALLOCATION = re.compile(
    r"unable to allocate (?P<size>[\d.]+ \w+)|can't allocate memory|out of memory|bad_alloc", re.I
)
_REFUSALS = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EMFILE, errno.EIO)


def log_file() -> Path:
    """Return where the details of unexpected errors are kept.

    Raises
    ------
    ActionDiffError
        If the app has no folder of its own.
    """
    return home() / "errors.log"


def sentence(error: BaseException, doing: str = "") -> str:
    """Return the message for ``error``; an unexpected one is written to the log file first.

    Parameters
    ----------
    error : BaseException
    doing : str
        What was under way, to follow "while".
    """
    if isinstance(error, ActionDiffError):
        return str(error)
    what = f" while {doing}" if doing else ""
    if (size := _allocation(error)) is not None:
        # What fills the memory is held by the frames that the error came through.
        traceback.clear_frames(error.__traceback__)
        asked = f": {size} were asked for at once" if size else ""
        return (
            f"There was not enough memory{what}{asked}. Close other programs, or do it in smaller parts: a smaller "
            "file, fewer clips, timesteps or layers at a time, or a lower resolution."
        )
    if isinstance(error, OSError) and error.errno in _REFUSALS:
        file = f" for {error.filename}" if error.filename else ""
        return (
            f"The system refused{what}: {error.strerror}{file}. Check that files and folders may be read and written, "
            "and that the disk has room."
        )
    where = _kept(error, doing)
    details = f" The details are in {where}; please report them." if where else " Please report it."
    return f"An unexpected error occurred{what} ({words(error)}). This is a bug in ActionDiff GUI.{details}"


def words(error: BaseException) -> str:
    """Kind and text of an error on one line, also where it cannot say its text."""
    return " ".join(traceback.format_exception_only(error)[-1].split())[:400]


def _allocation(error: BaseException) -> str | None:
    """Return how much memory was requested and not available, "" where it is not told; None for another error."""
    found = _ALLOCATION.search(str(error)) if isinstance(error, MemoryError | RuntimeError) else None
    if found is None:
        return "" if isinstance(error, MemoryError) else None
    return found["size"] or ""


def _kept(error: BaseException, doing: str) -> str:
    """Write the details down and return where; "" where no folder can be written."""
    _log.debug("unforeseen error %s", doing, exc_info=error)
    details = "".join(traceback.format_exception(error))
    return keep_details(f"{doing}\n{details}")


def keep_details(details: str) -> str:
    """Add to the log file, or to a new one where it cannot be written, and return which; "" where neither can."""
    text = f"{datetime.now().isoformat(timespec='seconds')} {details}\n"
    try:
        file = log_file()
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists():
            regular_file(file)
        with file.open("a", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
        return str(file)
    except (OSError, ActionDiffError):
        pass
    try:
        handle, name = tempfile.mkstemp(prefix="actiondiff-gui-errors-", suffix=".log")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
        return name
    except OSError:
        return ""
