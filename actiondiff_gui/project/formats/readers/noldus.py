"""Readers of Noldus's workbooks and tables: events of The Observer XT and manual scoring of EthoVision XT."""

import re
from collections.abc import Sequence
from pathlib import Path

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.formats.imports.facet_names import facet_name
from actiondiff_gui.project.formats.imports.report import Problem, ProblemList
from actiondiff_gui.project.formats.readers.boris_events import POINT, START, STOP, Event, paired
from actiondiff_gui.project.formats.readers.contents import ETHOVISION, NAMES, OBSERVER, ForeignTable
from actiondiff_gui.project.formats.readers.reader import Options, Reader
from actiondiff_gui.project.formats.tables.cells import read_time
from actiondiff_gui.project.formats.tables.table import Table, find_table

_TIMES = (
    "time_relative_sf",
    "time_relative_hmsf",
    "time_relative_hms",
    "time_relative_s",
    "recording time",
    "trial time",
)
"""Columns of times, the most exact first. The Observer also writes whole seconds."""
_EVENTS = {
    "state start": START,
    "start": START,
    "state stop": STOP,
    "stop": STOP,
    "point": POINT,
    "state point": POINT,
    "point event": POINT,
}
_WHAT = ("event_type", "event")


def is_observer(names: Sequence[str]) -> bool:
    """Return whether a header, in small letters, is that of The Observer's events."""
    names = _plain(names)
    return {"behavior", "event_type"} <= set(names) and any(
        name.startswith("time_relative") for name in names
    )


def is_ethovision(names: Sequence[str]) -> bool:
    """Return whether a header, in small letters, is that of EthoVision's manual scoring."""
    names = _plain(names)
    return {"behavior", "event"} <= set(names) and ("recording time" in names or "trial time" in names)


def _plain(names: Sequence[str]) -> list[str]:
    """Names of columns without the unit of seconds behind them."""
    return [re.sub(r"\s*[(\[]s(ec)?[)\]]$", "", name) for name in names]


def _read(path: Path, options: Options, kind: str) -> ForeignTable:
    fits = is_observer if kind == OBSERVER else is_ethovision
    what = "the columns Time_Relative_sf, Behavior and Event_Type of The Observer XT"
    if kind == ETHOVISION:
        what = "the columns Recording time, Behavior and Event of EthoVision's manual scoring"
    table = find_table(path, fits, what)
    names = _plain([name.casefold() for name in table.columns])
    index = {name: n for n, name in reversed(list(enumerate(names)))}
    clock = next((name for name in _TIMES if name in index), None)
    if clock is None:
        raise ProjectError(
            f"{path} of {NAMES[kind]} has no column Time_Relative_sf. Export the events again with it."
        )
    above = {cells[0].casefold().rstrip(":"): cells[1] for _, cells in table.above if len(cells) > 1}
    named = options.video or re.split(r"[/\\]", above.get("video file", ""))[-1] or None
    problems, notes = ProblemList(table.problems), ProblemList()
    events: list[Event] = []
    apart: set[float | None] = set()
    for line, cells in table.rows:
        said = {name: cells[n].strip() for name, n in index.items()}
        if not events and all(_UNIT.fullmatch(cell) for cell in said.values()):
            continue  # the units of the columns
        apart.add(_apart(table, said))
        try:
            events.append(_event(table, line, said, clock, named))
        except ProjectError as error:
            problems.append(Problem(path, line, f"{error} The row was left out."))
    if clock == "time_relative_hms":
        reason = "Time_Relative_hms tells whole seconds only, so bouts may be up to a second off. Export Time_Relative_sf as well."
        notes.append(Problem(path, None, reason))
    differ = sorted(seconds for seconds in apart if seconds)
    if differ:
        reason = (
            f"Recording time and Trial time differ, by {differ[0]:g} s at first. Recording time was used; look at a few bouts, and "
            "if they are that much off, leave out that column."
        )
        notes.append(Problem(path, None, reason))
    found = paired(events, path, options.unite_case, NAMES[kind].split(" XT")[0])
    problems += found.problems
    return ForeignTable(
        path,
        kind,
        tuple(found.stretches),
        tuple(dict.fromkeys(event.behaviour for event in events)),
        tuple(dict.fromkeys(event.video for event in events)),
        spellings=found.spellings,
        problems=problems.sealed(),
        notes=notes.sealed(),
    )


_UNIT = re.compile(r"|-|\(?(s|sec|h:mm:ss)\)?")


def _apart(table: Table, said: dict[str, str]) -> float | None:
    """Seconds between EthoVision's two clocks, None where there is one."""
    try:
        one, two = (
            read_time(said[name], "seconds", table.delimiter) for name in ("trial time", "recording time")
        )
    except (KeyError, ProjectError):
        return None
    return None if one is None or two is None else round(abs(one[1] - two[1]), 3)


def _event(table: Table, line: int, said: dict[str, str], clock: str, video: str | None) -> Event:
    observation = said.get("observation", "")
    what = next((said[name] for name in _WHAT if name in said), "")
    kind = _EVENTS.get(what.casefold())
    if kind is None:
        raise ProjectError(
            f"{what!r} is no State start, State stop or Point, as Noldus's tools write them in English."
        )
    if not said["behavior"]:
        raise ProjectError("the row names no behaviour.")
    time = read_time(_seconds(said[clock]), "seconds", table.delimiter)
    if time is None:
        raise ProjectError("the row has no time.")
    modifiers = tuple(said[name] for name in said if re.fullmatch(r"modifier_?\s?\d+", name))
    known = {*_WHAT, *_TIMES, "behavior", "observation", "subject", "comment"}
    facets = {
        facet_name(name): value
        for name, value in said.items()
        if value
        and name not in known
        and not re.match(r"(date|time|duration|modifier|result|event_log)", name)
    }
    return Event(
        line,
        observation,
        video or observation or table.path.stem,
        said.get("subject") or None,
        said["behavior"],
        modifiers,
        kind,
        float(time[1]),
        said.get("comment", ""),
        facets,
    )


def _seconds(cell: str) -> str:
    """Hours, minutes, seconds and thousandths that The Observer separates by dots or colons as h:min:s.sss."""
    found = re.fullmatch(r"(\d+)[:.](\d\d)[:.](\d\d)[:.,](\d{1,6})", cell)
    return f"{found[1]}:{found[2]}:{found[3]}.{found[4]}" if found else cell


READERS = (
    Reader(
        OBSERVER,
        lambda peek: peek.header(is_observer) is not None,
        lambda path, options: _read(path, options, OBSERVER),
    ),
    Reader(
        ETHOVISION,
        lambda peek: peek.header(is_ethovision) is not None,
        lambda path, options: _read(path, options, ETHOVISION),
    ),
)
