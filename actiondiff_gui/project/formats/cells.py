"""What does a cell of a clip table say? Each function raises ProjectError for one that says nothing."""

import math
from pathlib import Path
from typing import Literal

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project import checks
from actiondiff_gui.project.place import absolute

Unit = Literal["seconds", "frames"]


def read_time(cell: str, unit: Unit, delimiter: str) -> tuple[Unit, float] | None:
    """Unit and value of a time, 0 or more; None for an empty cell. ``delimiter`` is that of the table."""
    cell = cell.strip()
    if not cell:
        return None
    if delimiter != ",":  # tables of these kinds come from places that write 3,9 for 3.9
        cell = cell.replace(",", ".")
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise ProjectError(f"{cell!r} is not a time in {unit}. Write a number, 0 or more.")
    if unit == "frames":
        if value != int(value):
            raise ProjectError(f"{cell!r} is not a frame number. Write a whole number, or use seconds.")
        return unit, int(value)
    return unit, value


def read_roi(cell: str) -> tuple[int, ...] | None:
    """Numbers of a cell such as ``"10 20 300 200"``; None for an empty one."""
    numbers = cell.replace(",", " ").split()
    if not numbers:
        return None
    try:
        values = tuple(int(number) for number in numbers)
    except ValueError:
        values = ()
    if len(values) != 4:
        raise ProjectError(
            f"{cell!r} is not a region of interest. Write four whole numbers: x y width height."
        )
    return values


def read_labels(cell: str) -> dict[str, int]:
    """Actions in a cell such as ``"walk;!run"``: 1 for one that is shown, -1 for one that is not."""
    labels: dict[str, int] = {}
    for part in cell.split(";"):
        part = part.strip()
        if not part:
            continue
        value = -1 if part[0] in "!-" else 1
        name = checks.action_name(part[1:] if value < 0 else part)
        if labels.get(name, value) != value:
            raise ProjectError(f'the clip is labelled as "{name}" and as not "{name}". Take one out.')
        labels[name] = value
    return labels


def read_video_path(cell: str, folder: Path, allow_outside: bool) -> Path:
    """The file a cell names, seen from the table's ``folder``.

    Both kinds of slash are understood. Unless ``allow_outside``, a relative path must stay in the folder.
    """
    if not cell.strip():
        raise ProjectError("the row names no video. Fill in the column 'video'.")
    path = folder
    for written in (cell, cell.strip(), cell.strip().replace("\\", "/")):
        path = absolute(folder / written)
        if not (Path(written).is_absolute() or allow_outside or path.is_relative_to(folder)):
            raise ProjectError(
                f"the path {written!r} leads out of the table's folder. Move the table beside the videos, "
                "or allow paths outside of its folder when importing."
            )
        try:
            if path.is_file():
                return path
        except (OSError, ValueError):
            break
    raise ProjectError(f"there is no file {path}. Paths are taken from the folder of the table.")
