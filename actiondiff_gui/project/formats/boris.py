"""What do BORIS's exports of events say? Tabular and aggregated tables, of old and new versions.

Columns go by name. Old versions have other names, and lines about the observation above the header.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.formats.boris_events import POINT, START, STOP, Event, paired
from actiondiff_gui.project.formats.cells import read_time
from actiondiff_gui.project.formats.foreign import AGGREGATED, BORIS, ForeignTable, Stretch
from actiondiff_gui.project.formats.report import Problem, ProblemList
from actiondiff_gui.project.formats.table import Table, find_table

_OBSERVATION = ("observation id",)
_MEDIA = ("media file name", "media file", "media file path")
_FPS = ("fps", "fps (frame/s)")
_BEHAVIOUR = ("behavior", "behaviour")
_WHAT = ("behavior type", "status", "behaviour type")
_START, _STOP = ("start (s)", "start"), ("stop (s)", "stop")
_MODIFIER = re.compile(r"modifiers?( #\d+)?|modifier \d+")
NOBODY = "no focal subject"


def is_tabular(names: Sequence[str]) -> bool:
    """Whether a header, in small letters, is that of BORIS's tabular events."""
    return "time" in names and any(n in names for n in _BEHAVIOUR) and any(n in names for n in _WHAT)


def is_aggregated(names: Sequence[str]) -> bool:
    """Whether a header, in small letters, is that of BORIS's aggregated events."""
    return all(any(name in names for name in group) for group in (_BEHAVIOUR, _START, _STOP))


def read_tabular(path: Path) -> ForeignTable:
    """Read tabular events: a row for each START, STOP and POINT.

    Raises
    ------
    ProjectError
        The file is no such table.
    """
    table = find_table(path, is_tabular, "the columns Time, Behavior and Behavior type (or Status)")
    reader = _Reader(table)
    events = []
    for line, cells in table.rows:
        try:
            what = reader.cell(cells, _WHAT).upper()
            if what not in (START, STOP, POINT):
                raise ProjectError(f"{what!r} is none of START, STOP and POINT. The row was left out.")
            row = reader.row(line, cells)
            events.append(
                Event(
                    line,
                    row.observation,
                    row.video,
                    row.subject,
                    row.behaviour,
                    row.modifiers,
                    what,
                    row.time(reader.cell(cells, ("time",))),
                )
            )
        except ProjectError as error:
            reader.problems.append(Problem(path, line, str(error)))
    stretches, problems = paired(events, path)
    return reader.table_of(BORIS, stretches, problems)


def read_aggregated(path: Path) -> ForeignTable:
    """Read aggregated events: a row for each bout.

    Raises
    ------
    ProjectError
        The file is no such table.
    """
    table = find_table(path, is_aggregated, "the columns Behavior, Start (s) and Stop (s)")
    reader = _Reader(table)
    stretches = []
    for line, cells in table.rows:
        try:
            row = reader.row(line, cells)
            point = reader.cell(cells, ("behavior type", "behaviour type")).upper() == POINT
            start = row.time(reader.cell(cells, _START))
            stop = reader.cell(cells, _STOP)
            end = start if point and stop.upper() in ("", "NA") else row.time(stop)
            if end < start:
                raise ProjectError(
                    f"{row.behaviour} stops at {end:g} s, before it starts. The row was left out."
                )
            stretches.append(
                Stretch(line, row.video, row.behaviour, start, end, "seconds", row.subject, point)
            )
        except ProjectError as error:
            reader.problems.append(Problem(path, line, str(error)))
    return reader.table_of(AGGREGATED, stretches, [])


@dataclass(frozen=True, slots=True)
class _Row:
    observation: str
    video: str
    subject: str | None
    behaviour: str
    modifiers: str
    time: Callable[[str], float]


@dataclass
class _Reader:
    """Cells by the names of their columns, and what is told of media files along the way."""

    table: Table
    problems: ProblemList = field(default_factory=ProblemList)

    def __post_init__(self) -> None:
        self._texts: dict[str, str] = {}
        self.places: dict[str, int] = {}
        self.fps: dict[str, float] = {}
        self.videos: dict[str, None] = {}
        self.behaviours: dict[str, None] = {}
        self.offsets: dict[str, int] = {}
        self.modifiers: dict[str, int] = {}
        names = [name.casefold() for name in self.table.columns]
        for place, name in enumerate(names):
            if name and name in self.places:
                raise ProjectError(
                    f"{self.table.path} has two columns named {self.table.columns[place]!r}. Rename one of them."
                )
            self.places[name] = place
        if not any(name in self.places for name in _MEDIA) and "source" not in self.places:
            raise ProjectError(
                f"{self.table.path} has no column that names the video (Media file name). Export the events from BORIS "
                "again with all columns."
            )
        self._modifiers = [place for place, name in enumerate(names) if _MODIFIER.fullmatch(name)]

    def cell(self, cells: Sequence[str], names: Sequence[str]) -> str:
        """The cell of the first of these columns that there is, stripped."""
        text = next((cells[self.places[n]].strip() for n in names if n in self.places), "")
        return self._texts.get(text, text)

    def name(self, cells: Sequence[str], names: Sequence[str]) -> str:
        """As :meth:`cell`, of a column with few different texts: each is kept once."""
        text = self.cell(cells, names)
        return self._texts.setdefault(text, text)

    def row(self, line: int, cells: Sequence[str]) -> _Row:
        """What all kinds of rows have."""
        behaviour = self.name(cells, _BEHAVIOUR)
        if not behaviour:
            raise ProjectError("the row names no behaviour. It was left out.")
        sources = _sources(self.cell(cells, ("source",)))
        video = self.name(cells, _MEDIA)
        if not video or video.upper() == "NA":
            video = sources[0] if len(sources) == 1 else ""
        if not video or video == "Not found":
            raise ProjectError("the row names no video. It was left out.")
        subject = self.name(cells, ("subject",))
        offset = self._offset(cells, video, sources)
        self.videos.setdefault(video)
        self.behaviours.setdefault(behaviour)
        fps = _number(self.cell(cells, _FPS))
        if fps is not None:
            self.fps.setdefault(video, fps)
        if (_number(self.cell(cells, ("time offset (s)",))) or 0.0) != 0:
            self.offsets.setdefault(video, line)
        modifiers = "|".join(cells[place].strip() for place in self._modifiers)
        modifiers = self._texts.setdefault(modifiers, modifiers)
        if modifiers.strip("|"):
            self.modifiers.setdefault(video, line)
        return _Row(
            self.name(cells, _OBSERVATION),
            video,
            None if not subject or subject.casefold() == NOBODY else subject,
            behaviour,
            modifiers,
            lambda cell: self._time(cell) - offset,
        )

    def _time(self, cell: str) -> float:
        parts = cell.split(":")
        if len(parts) in (2, 3):  # old versions write h:min:s
            values = [read_time(part, "seconds", self.table.delimiter) for part in parts]
            if all(value is not None for value in values):
                return sum(value[1] * 60**power for power, value in enumerate(reversed(values)))
        time = read_time(cell, "seconds", self.table.delimiter)
        if time is None:
            raise ProjectError("the row has no time. It was left out.")
        return float(time[1])

    def _offset(self, cells: Sequence[str], video: str, sources: Sequence[str]) -> float:
        """Seconds that the files before ``video`` last, where an observation runs through several."""
        if len(sources) < 2 or video not in sources or video == sources[0]:
            return 0.0
        lengths = [_number(part) for part in _first_player(self.cell(cells, ("media duration (s)",)))]
        before = lengths[: sources.index(video)]
        if len(lengths) != len(sources) or None in before:
            raise ProjectError(
                "the observation runs through several videos, and the table does not tell how long each of them is. "
                "Export one observation for each video from BORIS."
            )
        return float(sum(before))

    def table_of(self, kind: str, stretches: Sequence[Stretch], problems: Sequence[Problem]) -> ForeignTable:
        """Everything together."""
        path, notes = self.table.path, ProblemList()
        for video, line in self.offsets.items():
            reason = f"BORIS had a time offset for {video}. Times were taken as they stand in the table; check a few."
            notes.append(Problem(path, line, reason))
        for video, line in self.modifiers.items():
            notes.append(Problem(path, line, f"modifiers in {video} were not imported; the behaviours were."))
        found = ProblemList(self.table.problems)
        found += self.problems
        found += problems
        return ForeignTable(
            path,
            kind,
            tuple(stretches),
            tuple(self.behaviours),
            tuple(self.videos),
            self.fps,
            problems=found.sealed(),
            notes=notes.sealed(),
        )


def _sources(cell: str) -> list[str]:
    """Media files of the first player in a cell such as ``"player #1:a.mp4;b.mp4|player #2:c.mp4"``."""
    cell = cell.split("|")[0]
    return [part.strip() for part in re.sub(r"^player #\d+:", "", cell).split(";") if part.strip()]


def _first_player(cell: str) -> list[str]:
    return cell.split("|")[0].split(";")


def _number(cell: str) -> float | None:
    try:
        value = float(cell.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
