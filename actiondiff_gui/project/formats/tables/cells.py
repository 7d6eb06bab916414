"""Parsing of the cells of a clip table; each function raises ProjectError for an invalid cell."""

import math
import re
import unicodedata
from pathlib import Path
from typing import Literal

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project import checks
from actiondiff_gui.project.paths import absolute

Unit = Literal["seconds", "frames"]


def read_number(cell: str, delimiter: str) -> float:
    """Return a number with a decimal point or comma, with or without thousands separators; ``delimiter`` is that of the table.

    Raises
    ------
    ProjectError
        The cell may mean two numbers ("1,000" in a table separated by commas), and says so.
    ValueError
        It is no number.
    """
    if cell.isascii() and cell.replace(".", "", 1).isdigit():
        return float(cell)
    if "_" in cell:  # Python alone reads 1_0 as 10
        raise ValueError(cell)
    text = re.sub(r"(?<=\d)[ \u00a0\u202f\u2009'](?=\d{3}(\D|$))", "", cell.strip())
    points, commas = text.count("."), text.count(",")
    if points and commas:
        thousands = "," if text.rfind(",") < text.rfind(".") else "."
    elif points > 1 or commas > 1:
        thousands = "." if points else ","
    else:
        if commas and delimiter == "," and re.fullmatch(r"[+-]?[1-9]\d{0,2},\d{3}", text):
            raise ProjectError(
                f"{cell.strip()!r} may be {text.replace(',', '.')} or {text.replace(',', '')}. Write numbers with a decimal "
                "point and without a separator of thousands."
            )
        return float(text.replace(",", "."))
    if not re.fullmatch(rf"[+-]?\d{{1,3}}(\{thousands}\d{{3}})+([.,]\d*)?", text):
        raise ValueError(cell)
    return float(text.replace(thousands, "").replace(",", "."))


def read_time(cell: str, unit: Unit, delimiter: str) -> tuple[Unit, float] | None:
    """Return unit and value of a time, 0 or more; None for an empty cell. ``delimiter`` is that of the table.

    Seconds may be written as minutes:seconds or hours:minutes:seconds.
    """
    cell = cell.strip()
    if not cell:
        return None
    try:
        value = _clock(cell) if unit == "seconds" and ":" in cell else read_number(cell, delimiter)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise ProjectError(f"{cell!r} is not a time in {unit}. Write a number, 0 or more.")
    if unit == "frames":
        if value != int(value):
            raise ProjectError(f"{cell!r} is not a frame number. Write a whole number, or use seconds.")
        return unit, int(value)
    return unit, value


def _clock(cell: str) -> float:
    sign = -1.0 if cell.startswith("-") else 1.0
    parts = [read_number(part, ";") for part in cell.lstrip("+-").split(":")]  # no thousands in a part
    if len(parts) > 3 or any(part < 0 for part in parts) or any(part >= 60 for part in parts[1:]):
        raise ValueError(cell)
    return sign * sum(part * 60.0**power for power, part in enumerate(reversed(parts)))


def read_offset(cell: str, delimiter: str) -> float:
    """Seconds of either sign, 0 for an empty cell and "NA"; raises ProjectError for anything else."""
    cell = cell.strip()
    if cell.casefold() in ("", "na", "nan", "none"):
        return 0.0
    return read_seconds(cell, delimiter)


def read_seconds(cell: str, delimiter: str) -> float:
    """Seconds of either sign, also as minutes:seconds or hours:minutes:seconds; raises ProjectError for anything else."""
    try:
        value = _clock(cell.strip()) if ":" in cell else read_number(cell, delimiter)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ProjectError(f"{cell!r} is no time in seconds. Write a number.")
    return value


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


def accents(name: str) -> tuple[str, ...]:
    """Return a name as it is written, and with its accents as one character and as two: files of macOS have the latter."""
    return tuple(dict.fromkeys((name, *(unicodedata.normalize(form, name) for form in ("NFC", "NFD")))))


def read_video_path(cell: str, folder: Path, allow_outside: bool) -> Path:
    """Return the file a cell names, seen from the table's ``folder``.

    Both kinds of slash are understood. Unless ``allow_outside``, a relative path must stay in the folder.
    """
    if not cell.strip():
        raise ProjectError("the row names no video. Fill in the column 'video'.")
    path = folder
    for written in (cell, cell.strip(), *accents(cell.strip().replace("\\", "/"))):
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
