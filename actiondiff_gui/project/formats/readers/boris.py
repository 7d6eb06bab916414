"""Reader of BORIS's event exports: tabular and aggregated tables, and its spreadsheet of events.

Columns go by name. Old versions have other names, and lines about the observation above the header.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.formats.imports.report import Problem, ProblemList
from actiondiff_gui.project.formats.readers.boris_events import POINT, START, STOP, Event, paired
from actiondiff_gui.project.formats.readers.boris_media import modifiers_of
from actiondiff_gui.project.formats.readers.boris_table import (
    BEGIN,
    BEHAVIOUR,
    END,
    NOBODY,
    TIME,
    WHAT,
    BorisTable,
)
from actiondiff_gui.project.formats.readers.contents import (
    AGGREGATED,
    BORIS,
    BORIS_EVENTS,
    COMMENT,
    COMMENT_STOP,
    MODIFIER,
    ForeignTable,
    Stretch,
)
from actiondiff_gui.project.formats.readers.reader import Unsaid
from actiondiff_gui.project.formats.tables.cells import Unit, read_time
from actiondiff_gui.project.formats.tables.table import find_table

_COMMENT = ("comment start", "comment")
_ENDLESS = ("", "na", "nan", "none")


def is_tabular(names: Sequence[str]) -> bool:
    """Return whether a header, in small letters, is that of BORIS's tabular events."""
    return (
        any(n in names for n in TIME) and any(n in names for n in BEHAVIOUR) and any(n in names for n in WHAT)
    )


def is_aggregated(names: Sequence[str]) -> bool:
    """Return whether a header, in small letters, is that of BORIS's aggregated events."""
    return all(any(name in names for name in group) for group in (BEHAVIOUR, BEGIN, END))


def is_events(names: Sequence[str]) -> bool:
    """Return whether a header, in small letters, is that of the spreadsheet that BORIS imports and copies events as."""
    return {"time", "subject", "code"} <= set(names)


def read_tabular(path: Path, video: str | None = None, unite_case: bool = False) -> ForeignTable:
    """Read tabular events: a row for each START, STOP and POINT.

    Parameters
    ----------
    path : Path
    video : str, optional
        The video of rows that name none.
    unite_case : bool
        Whether behaviours that differ by capitals only are one.

    Raises
    ------
    ProjectError
        The file is no such table.
    """
    table = find_table(path, is_tabular, "the columns Time, Behavior and Behavior type (or Status)")
    reader = BorisTable(table, video)
    events: list[Event] = []
    twice: list[int] = []
    for line, cells, doubled in reader.rows():
        try:
            what = reader.cell(cells, WHAT).upper()
            if what not in (START, STOP, POINT):
                raise ProjectError(f"{what!r} is none of START, STOP and POINT. The row was left out.")
            row = reader.row(line, cells)
            event = Event(
                line,
                row.observation,
                row.video,
                row.subject,
                row.behaviour,
                row.modifiers,
                what,
                reader.time(reader.cell(cells, TIME), row),
                _comment(reader.cell(cells, _COMMENT)),
                row.facets,
                row.clock,
            )
        except ProjectError as error:
            reader.lost(line, str(error))
        else:
            if doubled:
                twice.append(line)
            else:
                events.append(event)
    reader.read_twice(twice)
    return _with_pairs(reader, BORIS, events, unite_case)


def read_aggregated(path: Path, video: str | None = None) -> ForeignTable:
    """Read aggregated events: a row for each bout.

    Raises
    ------
    ProjectError
        The file is no such table.
    """
    table = find_table(path, is_aggregated, "the columns Behavior, Start (s) and Stop (s)")
    reader = BorisTable(table, video)
    stretches: list[Stretch] = []
    twice: list[int] = []
    for line, cells, doubled in reader.rows():
        try:
            row = reader.row(line, cells)
            of = f"observation {row.observation!r}: {row.behaviour}" if row.observation else row.behaviour
            point = reader.cell(cells, WHAT).upper().startswith(POINT)
            start = reader.time(reader.cell(cells, BEGIN), row)
            stop = reader.cell(cells, END)
            if stop.casefold() in _ENDLESS and not point:
                raise ProjectError(
                    f"{of} starts at {start + row.offset:g} s and has no stop. The row was left out; close it in BORIS and export "
                    "again."
                )
            end = start if point else reader.time(stop, row)
            if end < start:
                raise ProjectError(
                    f"{of} stops at {end + row.offset:g} s, before it starts. The row was left out; correct it in BORIS."
                )
            said = {COMMENT: _comment(reader.cell(cells, _COMMENT))}
            said[COMMENT_STOP] = _comment(reader.cell(cells, ("comment stop",)))
            said |= {f"{MODIFIER}{n + 1}": value for n, value in enumerate(row.modifiers)}
            facets = {**row.facets, **{key: value for key, value in said.items() if value}}
            unit: Unit = "seconds"
            stretch = Stretch(
                *(line, row.video, row.behaviour, start, end, unit, row.subject, point, facets, row.clock),
                observation=row.observation,
            )
        except ProjectError as error:
            reader.lost(line, str(error))
        else:
            if doubled:
                twice.append(line)
            else:
                stretches.append(stretch)
    reader.read_twice(twice)
    return _table(reader, AGGREGATED, stretches)


def read_events(path: Path, video: str | None = None, unite_case: bool = False) -> ForeignTable:
    """Read BORIS's spreadsheet of events (time, subject, code, modifier, comment), which names no video and no kinds.

    The first event of a behaviour starts a bout, the next one stops it.

    Raises
    ------
    ProjectError
        The file is no such table, or ``video`` is not given.
    """
    table = find_table(path, is_events, "the columns time, subject and code")
    if video is None:
        raise Unsaid(
            f"{path} is a spreadsheet of events as BORIS imports it, and names no video. Say which one it is about "
            "(--video NAME).",
            "video",
        )
    events: list[Event] = []
    problems = ProblemList(table.problems)
    names = [name.casefold() for name in table.columns]
    open_: set[tuple[Any, ...]] = set()
    rows: list[tuple[float, int, dict[str, str]]] = []
    untimed: dict[tuple[str, str], int] = {}
    for line, cells in table.rows:
        said = dict(zip(names, (cell.strip() for cell in cells), strict=True))
        said["subject"] = "" if said["subject"].casefold() == NOBODY else said["subject"]
        try:
            counted = read_time(said["time"], "seconds", table.delimiter)
            if counted is None or not said["code"]:
                raise ProjectError("the row has no time or no code. It was left out.")
        except ProjectError as error:
            problems.append(Problem(path, line, str(error)))
            untimed.setdefault((said["subject"], said["code"].casefold()), line)
            continue
        rows.append((counted[1], line, said))
    for (_, code), line in untimed.items():
        if any(code == said["code"].casefold() for *_, said in rows):
            reason = f"all events of {code} of that subject were left out, as one has no time and events begin and end bouts by turns."
            problems.append(Problem(path, line, reason))
    rows = [row for row in rows if (row[2]["subject"], row[2]["code"].casefold()) not in untimed]
    for time, line, said in sorted(rows, key=lambda row: row[0]):
        modifiers = modifiers_of(said.get("modifier", ""))
        code = said["code"].casefold() if unite_case else said["code"]
        key = (said["subject"], code, modifiers)
        what = STOP if key in open_ else START
        open_ ^= {key}
        comment = _comment(said.get("comment", ""))
        events.append(
            Event(
                line, "", video, said["subject"] or None, said["code"], modifiers, what, float(time), comment
            )
        )
    found = paired(events, path, unite_case)
    problems += found.problems
    return ForeignTable(
        path,
        BORIS_EVENTS,
        tuple(found.stretches),
        tuple(dict.fromkeys(event.behaviour for event in events)),
        (video,),
        spellings=found.spellings,
        problems=problems.sealed(),
    )


def _comment(cell: str) -> str:
    return "" if cell.casefold() in ("na", "nan") else cell


def _with_pairs(reader: BorisTable, kind: str, events: Sequence[Event], unite_case: bool) -> ForeignTable:
    found = paired(events, reader.table.path, unite_case)
    reader.problems += found.problems
    if unite_case:
        reader.behaviours = {stretch.behaviour: None for stretch in found.stretches}
    return _table(reader, kind, found.stretches, found.spellings)


def _table(
    reader: BorisTable,
    kind: str,
    stretches: Sequence[Stretch],
    spellings: tuple[tuple[str, ...], ...] = (),
) -> ForeignTable:
    facets = reader.facets()
    problems = ProblemList(reader.table.problems)
    problems += reader.problems
    return ForeignTable(
        reader.table.path,
        kind,
        tuple(stretches),
        tuple(reader.behaviours),
        tuple(reader.videos),
        reader.fps,
        facets=facets,
        observations=reader.observations(),
        spellings=spellings,
        problems=problems.sealed(),
        notes=reader.notes.sealed(),
    )
