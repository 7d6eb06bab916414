"""Rows of a clip table.

One row is one clip, or one more label of it. Columns go by name::

    video,start_frame,end_frame,label,subject,roi,source_group,species
    walk/a.mp4,0,250,walk;!run,mouse 1,10 20 300 200,session 4,mouse

``video`` is a path, taken from the table's own folder; ``label`` holds actions separated by ";", with "!"
or "-" in front of one the clip does not show; ``roi`` is ``x y width height`` in pixels. All but ``video``
may be missing. An empty start is the first frame, an empty end the end of the video. Every other column
is a facet.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from sys import intern

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project import checks
from actiondiff_gui.project.formats.imports.report import NO_PROBLEMS, Problem, ProblemList, Problems
from actiondiff_gui.project.formats.readers.reader import Unsaid
from actiondiff_gui.project.formats.tables.cells import Unit, read_labels, read_roi, read_time
from actiondiff_gui.project.formats.tables.table import Table, read_table
from actiondiff_gui.project.paths import absolute
from actiondiff_gui.tables import text_of

TOLD = ("first_seconds", "last_seconds", "duration_seconds", "said_by", "predicted", "confidence")
"""Columns of an exported table of bouts that are told for other programs; together they are no facets."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table of clips. ``video`` is as written; times are a unit and a value, None where the cell is empty."""

    line: int
    video: str
    start: tuple[Unit, float] | None
    end: tuple[Unit, float] | None
    labels: dict[str, int]
    subject: str | None
    roi: tuple[int, ...] | None
    source_group: str | None
    facets: dict[str, str]


@dataclass(frozen=True, eq=False)
class ClipRows:
    """All that a table of clips says, before any video is looked for.

    Attributes
    ----------
    path : Path
    rows : list of Row
        Those that can be understood.
    problems : Problems
        Those that cannot.
    fields : tuple of str
        Metadata fields that it has a column for.
    asks_unit : bool
        Whether the unit of its times was said by a person, as the table does not tell.
    """

    path: Path
    rows: list[Row]
    problems: Problems = NO_PROBLEMS
    fields: tuple[str, ...] = ()
    asks_unit: bool = False
    kind = "clips"

    @cached_property
    def behaviours(self) -> tuple[str, ...]:
        """Names of actions in the order of the table."""
        return tuple(dict.fromkeys(label for row in self.rows for label in row.labels))

    @cached_property
    def videos(self) -> tuple[str, ...]:
        """Videos as written."""
        return tuple(dict.fromkeys(row.video for row in self.rows))

    @cached_property
    def leads_out(self) -> bool:
        """Whether a relative path climbs out of the table's folder."""
        folder = self.path.parent
        return any(
            not Path(name).is_absolute()
            and not absolute(folder / name.strip().replace("\\", "/")).is_relative_to(folder)
            for name in self.videos
        )


def read_clips(path: str | os.PathLike[str], unit: Unit | None = None) -> ClipRows:
    """Read a table of clips; ``unit`` is what columns called just ``start`` and ``end`` count.

    Raises
    ------
    Unsaid
        The table does not tell the unit, and it is not given.
    ProjectError
        The file is no such table.
    """
    if unit not in (None, "seconds", "frames"):
        raise ProjectError(f'Times are counted in "seconds" or "frames", not in {unit!r}.')
    path = absolute(path)
    return _rows(read_table(path, "video"), unit)


def _rows(table: Table, unit: Unit | None) -> ClipRows:
    known = {*checks.COLUMNS, "start_s", "start_frame", "end_s", "end_frame"}
    if set(TOLD) <= {name.casefold() for name in table.columns}:
        known |= set(TOLD)
    columns = [text_of(name) for name in table.columns]
    names = [name.casefold() if name.casefold() in known else name for name in columns]
    twice = {name for name in names if name and names.count(name) > 1}
    if twice:
        raise ProjectError(f"{table.path} has two columns named {sorted(twice)[0]!r}. Rename one of them.")
    problems = ProblemList(table.problems)
    if "" in names:
        problems.append(
            Problem(table.path, None, f"column {names.index('') + 1} has no name; it was not read.")
        )
    filled = {names[number] for number in table.filled}
    clocks = set() if unit else _clock_columns(table, names)
    times = {
        name: _time_column(names, name, "seconds" if name in clocks else unit, table.path, filled)
        for name in ("start", "end")
    }
    try:
        facet_names = {
            i: checks.facet_key(name) for i, name in enumerate(names) if name and name not in known
        }
    except ProjectError as error:
        raise ProjectError(f"{table.path}: {error} Rename that column.") from None
    rows = []
    for line, written in table.rows:
        cells = [text_of(each) for each in written]
        cell = dict(zip(names, cells, strict=True))
        try:
            if "predicted" in known and cell["predicted"].strip() == "yes":
                raise ProjectError(
                    f"the bout was predicted by {cell['said_by']}. A prediction becomes no label; confirm it instead."
                )
            rows.append(
                Row(
                    line,
                    _named_video(cell["video"]),
                    _time(cell, times["start"], table.delimiter),
                    _time(cell, times["end"], table.delimiter),
                    read_labels(cell.get("label", "")),
                    checks.optional_text(cell.get("subject"), "The subject"),
                    read_roi(cell.get("roi", "")),
                    checks.optional_text(cell.get("source_group"), "The source group"),
                    {
                        key: checks.text(cells[i], f"The facet {key}")
                        for i, key in facet_names.items()
                        if cells[i].strip()
                    },
                )
            )
        except ProjectError as error:
            problems.append(Problem(table.path, line, str(error)))
    asks = unit is not None and any(column is not None and column[0] in times for column in times.values())
    return ClipRows(table.path, rows, problems.sealed(), tuple(facet_names.values()), asks)


def _named_video(cell: str) -> str:
    if not cell.strip():
        raise ProjectError("the row names no video. Fill in the column 'video'.")
    return intern(cell)


def _time(
    cell: Mapping[str, str], column: tuple[str, Unit] | None, delimiter: str
) -> tuple[Unit, float] | None:
    return None if column is None else read_time(cell[column[0]], column[1], delimiter)


def _clock_columns(table: Table, names: list[str]) -> set[str]:
    """Return which of start and end hold times as minutes:seconds throughout, and so count seconds."""
    found = {"start", "end"} & set(names)
    for _, cells in table.rows:
        found = {name for name in found if ":" in (cell := cells[names.index(name)]) or not cell.strip()}
        if not found:
            break
    return found


def _time_column(
    names: list[str], which: str, unit: Unit | None, path: Path, filled: set[str]
) -> tuple[str, Unit] | None:
    units = {which: unit, **{which + suffix: u for suffix, u in checks.UNIT_SUFFIXES.items()}}
    there = [name for name in units if name in names]
    if not there:
        return None
    if len(there) > 1:
        raise ProjectError(f"{path} has the columns {' and '.join(there)}. Keep one of them.")
    counted = units[there[0]]
    if counted is not None:
        return there[0], counted
    if there[0] not in filled:
        return None
    raise Unsaid(
        f"{path} does not say whether its column {which!r} counts seconds or frames. "
        f"Name it {which}_s or {which}_frame, or say the unit when importing.",
        "unit",
    )
