"""Media files of BORIS's observations: their names, lengths, offsets and independent variables."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.formats.imports.facet_names import facet_name
from actiondiff_gui.project.formats.imports.measure import VIDEO_SUFFIXES
from actiondiff_gui.project.formats.imports.report import Problem, ProblemList
from actiondiff_gui.project.formats.readers.contents import OFFSET
from actiondiff_gui.project.formats.tables.cells import read_number, read_offset
from actiondiff_gui.project.formats.tables.table import Table

TIME_OFFSET = ("time offset (s)", "time offset")
NO_FILE = ("", "na", "nan", "not found", "none", "live")
"""What BORIS writes where there is no media file; LIVE before version 8."""


def tell(said_of: dict[str, dict[str, dict[str, None]]], file: str, said: Mapping[str, str]) -> None:
    """Add to ``said_of``, for :func:`agreed`, what an observation says of a media file."""
    known = said_of.setdefault(file, {})
    for key, value in said.items():
        known.setdefault(key, {}).setdefault(value)


def without_offset_0(said: Mapping[str, str]) -> dict[str, str]:
    """Return what is said, without a time offset of 0, which is none."""
    return {key: value for key, value in said.items() if (key, value) != (OFFSET, "0")}


def agreed(
    said_of: dict[str, dict[str, dict[str, None]]], path: Path, notes: ProblemList
) -> dict[str, dict[str, str]]:
    """For each media file the facets of which only one value was told; notes which have several."""
    out: dict[str, dict[str, str]] = {}
    for file, known in said_of.items():
        for key, values in known.items():
            if len(values) == 1:
                out.setdefault(file, {})[key] = next(iter(values))
            else:
                few = ", ".join(list(values)[:4])
                reason = f"{key} has several values in {file} ({few}), so each bout keeps its own."
                notes.append(Problem(path, None, reason))
    return {file: kept for file, facets in out.items() if (kept := without_offset_0(facets))}


@dataclass
class Above:
    """What old versions write above the header."""

    observation: str = ""
    files: tuple[str, ...] = ()
    offset: float = 0.0
    variables: dict[str, str] = field(default_factory=dict)


def above_header(table: Table) -> Above:
    """Return the observation, its files, offset and independent variables, as far as lines above the header tell them."""
    found = Above()
    variables = False
    for line, cells in table.above:
        name, value = cells[0].casefold().rstrip(":"), (cells[1] if len(cells) > 1 else "")
        if name == "observation id":
            found.observation = value
        elif re.fullmatch(r"player #1( .*)?", name) and value:
            found.files = (*found.files, value)
        elif name in TIME_OFFSET:
            try:
                found.offset = read_offset(value, table.delimiter)
            except ProjectError as error:
                raise ProjectError(f"{table.path}, line {line}: {error}") from None
        elif name == "variable":
            variables = True
        elif variables and cells[0] and value:
            found.variables[facet_name(cells[0])] = value
        variables = variables and bool(cells[0])
    return found


def sources(cell: str) -> list[str]:
    """Media files of the first player in a cell such as ``"player #1:a.mp4;b.mp4|player #2:c.mp4"``."""
    parts = _of_first(cell).split(";")
    return [part.strip() for part in parts if part.strip().casefold() not in NO_FILE]


def _of_first(cell: str) -> str:
    """Return what a cell says of the first player; before BORIS 8.12 "; " stands between players, whose names rates have, too."""
    return re.sub(r"^player #\d+:", "", re.split(r"[|;\s]\s*(?=player #\d+:)", cell.strip())[0])


def whole_names(files: list[str], count: int, video: str) -> list[str]:
    """Media files, of which there are ``count``: parts of a name that holds a semicolon are joined again."""
    if count == 1 and video not in files and len(files) > 1:
        return [";".join(files)]
    while 1 < count < len(files):
        part = next(
            (n for n, file in enumerate(files[:-1]) if Path(file).suffix.casefold() not in VIDEO_SUFFIXES),
            None,
        )
        if part is None:
            break
        files = [*files[:part], f"{files[part]};{files[part + 1]}", *files[part + 2 :]]
    return files


def modifiers_of(cell: str) -> tuple[str, ...]:
    """Return the modifiers of an event, "" for one that is not given, which BORIS writes as "None"."""
    return tuple("" if part.strip().casefold() == "none" else part.strip() for part in cell.split("|"))


def first_player(cell: str) -> list[str]:
    """Return what a cell says of each media file of the first player."""
    return [part for part in _of_first(cell).split("|")[0].split(";") if part.strip()]


def number_or_none(cell: str, delimiter: str) -> float | None:
    """Return a finite number, None for a cell that holds none."""
    try:
        value = read_number(cell, delimiter)
    except (ValueError, ProjectError):
        return None
    return value if math.isfinite(value) else None
