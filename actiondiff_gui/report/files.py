"""Atomic writing of figures and reports."""

import os
from collections.abc import Callable
from pathlib import Path

from actiondiff_gui.errors import AnalysisError
from actiondiff_gui.outputs import output


def write_whole(path: str | os.PathLike[str], write: Callable[[Path], object], what: str) -> Path:
    """Let ``write`` fill a file beside ``path``, then put it in the place of ``path`` in one step.

    ``what`` names the thing in the sentence of the :class:`~actiondiff_gui.errors.AnalysisError` that
    is raised if the disk refuses; an older file then stays as it was. A path that is no
    :class:`~actiondiff_gui.outputs.Output` replaces nothing.
    """
    try:
        with output(path).written() as part:
            write(part)
    except OSError as error:
        raise AnalysisError(
            f"The {what} {path} could not be written ({error.strerror or error}). Check that its folder "
            "exists, may be written to and has room."
        ) from error
    return Path(path)


def write_table(path: str | os.PathLike[str], text: str) -> Path:
    """Write the text of a table as UTF-8."""
    return write_whole(path, lambda part: part.write_text(text, encoding="utf-8", newline=""), "table")
