"""Which tool wrote a file, and what does it say?"""

from collections.abc import Sequence
from pathlib import Path

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.formats import boris
from actiondiff_gui.project.formats.boris_project import read_boris_project
from actiondiff_gui.project.formats.foreign import (
    AGGREGATED,
    BORIS,
    BORIS_PROJECT,
    DEEPETHOGRAM,
    FRAMES,
    ForeignTable,
)
from actiondiff_gui.project.formats.frame_table import read_frame_table
from actiondiff_gui.project.formats.table import find_header

CLIPS = "clips"
"""Our own table of clips."""


def kind_of(path: Path) -> str:
    """Which format a file has, told by its header: a key of :data:`~foreign.NAMES`, or CLIPS.

    Raises
    ------
    ProjectError
        The file cannot be read, or is in no format that is known.
    """
    if path.suffix.casefold() in (".boris", ".json"):
        return BORIS_PROJECT

    def known(names: Sequence[str]) -> bool:
        return boris.is_tabular(names) or boris.is_aggregated(names) or "video" in names

    names = find_header(path, known)
    if names is not None:
        if boris.is_tabular(names):
            return BORIS
        return AGGREGATED if boris.is_aggregated(names) else CLIPS
    names = find_header(path, lambda names: True, within=1) or ("",)
    if "background" in names:
        return DEEPETHOGRAM
    if _has_binary_column(path):
        return FRAMES
    raise ProjectError(
        f"{path} is in no format that is known: no column video (a table of clips), no columns Time and Behavior or "
        "Start (s) and Stop (s) (BORIS), and no column that holds only 0 and 1 (a table of frames)."
    )


def _has_binary_column(path: Path) -> bool:
    try:
        return bool(read_frame_table(path).behaviours)
    except ProjectError:
        return False


def read_foreign(
    path: Path, kind: str | None = None, columns: Sequence[str] | None = None, video: str | None = None
) -> ForeignTable:
    """Read a file of another tool.

    Parameters
    ----------
    path : Path
    kind : str, optional
        A key of :data:`~foreign.NAMES`; by default told by the header.
    columns, video : optional
        Behaviours and video of a table of frames, see :func:`read_frame_table`.

    Raises
    ------
    ProjectError
        The file is in none of these formats.
    """
    kind = kind or kind_of(path)
    if kind == BORIS:
        return boris.read_tabular(path)
    if kind == AGGREGATED:
        return boris.read_aggregated(path)
    if kind == BORIS_PROJECT:
        return read_boris_project(path)
    if kind in (DEEPETHOGRAM, FRAMES):
        return read_frame_table(path, kind, columns, video)
    raise ProjectError(f"{path} is a table of clips, which needs no translation.")
