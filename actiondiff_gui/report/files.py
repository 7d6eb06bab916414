"""How does a figure or a report reach the disk so that a reader never meets half of it?"""

from collections.abc import Callable
from pathlib import Path

from actiondiff_gui.errors import AnalysisError
from actiondiff_gui.files import whole_file


def write_whole(path: Path, write: Callable[[Path], object], what: str) -> Path:
    """Let ``write`` fill a file beside ``path``, then put it in the place of ``path`` in one step.

    ``what`` names the thing in the sentence of the :class:`~actiondiff_gui.errors.AnalysisError` that
    is raised if the disk refuses; an older file then stays as it was.
    """
    try:
        with whole_file(path) as part:
            write(part)
    except OSError as error:
        raise AnalysisError(
            f"The {what} {path} could not be written ({error.strerror or error}). Check that its folder "
            "exists, may be written to and has room."
        ) from error
    return path


def new_folder(path: Path | str) -> Path:
    """Make the folder ``path`` if it is not there.

    Raises
    ------
    AnalysisError
        If it cannot be made.
    """
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AnalysisError(
            f"The folder {path} cannot be made ({error.strerror or error}). Choose another one for the report."
        ) from error
    return path
