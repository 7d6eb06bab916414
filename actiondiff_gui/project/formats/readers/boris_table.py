"""Columns of BORIS's tables of events, by their names in old and new versions."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.formats.imports.facet_names import facet_name
from actiondiff_gui.project.formats.imports.report import Problem, ProblemList
from actiondiff_gui.project.formats.readers.boris_media import (
    NO_FILE,
    TIME_OFFSET,
    above_header,
    agreed,
    first_player,
    modifiers_of,
    number_or_none,
    sources,
    tell,
    whole_names,
    without_offset_0,
)
from actiondiff_gui.project.formats.readers.contents import CATEGORY, OFFSET, Clock
from actiondiff_gui.project.formats.readers.reader import Unsaid
from actiondiff_gui.project.formats.tables.cells import read_offset, read_seconds
from actiondiff_gui.project.formats.tables.table import Table

OBSERVATION = ("observation id",)
MEDIA = ("media file name", "media file", "media file path")
FPS = ("fps", "fps (frame/s)")
BEHAVIOUR = ("behavior", "behaviour")
WHAT = ("behavior type", "status", "behaviour type")
TIME = ("time", "time (s)")
BEGIN, END = ("start (s)", "start"), ("stop (s)", "stop")
CATEGORIES = ("behavioral category", "behavioural category")
_OTHERS = (
    *(
        "observation date",
        "description",
        "observation duration",
        "observation type",
        "source",
        "coding duration",
        "total duration",
    ),
    *(
        "media duration (s)",
        "total length",
        "subject",
        *TIME,
        "duration (s)",
        "image index",
        "image file path",
    ),
    *("comment", "comment start", "comment stop", "image index start", "image index stop"),
    *("image file path start", "image file path stop", "observation duration by subject by observation"),
)
_KNOWN = {*(*OBSERVATION, *MEDIA, *FPS, *BEHAVIOUR, *WHAT, *BEGIN, *END, *CATEGORIES, *TIME_OFFSET, *_OTHERS)}
_MODIFIER = re.compile(r"modifiers?( #?\d+)?")
_IMAGES = re.compile("picture|image")
NOBODY = "no focal subject"


@dataclass(frozen=True, slots=True)
class Row:
    """What rows of all of BORIS's tables say.

    Attributes
    ----------
    line : int
    observation, video : str
        ``video`` is "" where the row names none, but its observation has several.
    subject : str or None
    behaviour : str
    modifiers : tuple of str
    facets : dict of str to str
    clock : Clock or None
    offset : float
        Seconds that BORIS added to all times of the observation.
    """

    line: int
    observation: str
    video: str
    subject: str | None
    behaviour: str
    modifiers: tuple[str, ...]
    facets: dict[str, str]
    clock: Clock | None
    offset: float


@dataclass
class BorisTable:
    """Cells by the names of their columns, and the properties of media files in them."""

    table: Table
    default_video: str | None = None
    problems: ProblemList = field(default_factory=ProblemList)
    notes: ProblemList = field(default_factory=ProblemList)

    def __post_init__(self) -> None:
        self.indices: dict[str, int] = {}
        self._index_of: dict[tuple[str, ...], int | None] = {}
        self.fps: dict[str, float] = {}
        self.videos: dict[str, None] = {}
        self.behaviours: dict[str, None] = {}
        self.said_of: dict[str, dict[str, dict[str, None]]] = {}
        self._once: dict[object, object] = {}
        self._lost: set[str] = set()
        self.above = above_header(self.table)
        names = [" ".join(name.casefold().split()) for name in self.table.columns]
        for index, name in enumerate(names):
            if name in self.indices and name in _KNOWN:
                raise ProjectError(
                    f"{self.table.path} has two columns named {self.table.columns[index]!r}. Rename one of them."
                )
            self.indices.setdefault(name, index)
        self._modifiers = [index for index, name in enumerate(names) if _MODIFIER.fullmatch(name)]
        self._variables = {
            index: facet_name(self.table.columns[index])
            for index, name in enumerate(names)
            if name
            and name not in _KNOWN
            and index not in self._modifiers
            and not name.startswith("unnamed:")
        }
        if not (self.named(MEDIA) or "source" in self.indices or self.above.files or self.default_video):
            raise Unsaid(
                f"{self.table.path} has no column that names the video (Media file name). Say which video it is about "
                "(--video NAME), or export the events from BORIS again with all columns.",
                "video",
            )
        self._doubled = self._doubles()
        self._clocks = {} if "source" in self.indices else self._guessed_clocks()

    def named(self, names: Sequence[str]) -> bool:
        """Return whether the table has one of these columns."""
        return any(name in self.indices for name in names)

    def cell(self, cells: Sequence[str], names: tuple[str, ...]) -> str:
        """Return the cell of the first of these columns that exists, stripped."""
        if names not in self._index_of:
            self._index_of[names] = next((self.indices[n] for n in names if n in self.indices), None)
        index = self._index_of[names]
        return "" if index is None else cells[index].strip()

    def time(self, cell: str, row: Row) -> float:
        """Seconds of a cell in the row's own time, without the offset.

        Raises
        ------
        ProjectError
            The cell holds no time, or one before the begin of the media.
        """
        if not cell.strip():
            raise ProjectError(
                f"{_of(row.observation)}the row of {row.behaviour} has no time. It was left out."
            )
        try:
            time = read_seconds(cell, self.table.delimiter)
        except ProjectError as error:
            raise ProjectError(
                f"{_of(row.observation)}{row.behaviour}: {error} The row was left out."
            ) from None
        value = round(time - row.offset, 9)
        if value < 0:
            reason = f", as BORIS added an offset of {row.offset:g} s to all times" if row.offset else ""
            raise ProjectError(
                f"{_of(row.observation)}{row.behaviour} at {time:g} s lies before the begin of the media{reason}. The row was left "
                "out; check the time offset in BORIS."
            )
        return value

    def row(self, line: int, cells: Sequence[str]) -> Row:
        """Return the fields that all kinds of rows have.

        Raises
        ------
        ProjectError
            The row names no behaviour or no video.
        """
        observation = self.cell(cells, OBSERVATION) or self.above.observation
        behaviour = self.cell(cells, BEHAVIOUR)
        if not behaviour:
            raise ProjectError(f"{_of(observation)}the row names no behaviour. It was left out.")
        try:
            offset = (
                read_offset(self.cell(cells, TIME_OFFSET), self.table.delimiter)
                if self.named(TIME_OFFSET)
                else self.above.offset
            )
        except ProjectError as error:
            raise ProjectError(
                f"{_of(observation)}the time offset: {error} The row of {behaviour} was left out."
            ) from None
        clock, video = self._media(observation, cells, offset)
        if clock is None and not video:
            raise ProjectError(self._no_video(observation, cells))
        self.behaviours.setdefault(behaviour)
        modifiers = [each for index in self._modifiers for each in modifiers_of(cells[index])]
        subject = self.cell(cells, ("subject",))
        files = clock.files if clock is not None else (video,)
        category = self.cell(cells, CATEGORIES)
        facets = self._tell(files, cells, offset)
        if category.casefold() not in ("", "not defined", "na"):
            facets[CATEGORY] = category
        return Row(
            line,
            self._kept(observation),
            self._kept(video),
            None if not subject or subject.casefold() == NOBODY else self._kept(subject),
            self._kept(behaviour),
            self._kept(tuple(modifiers)),
            self._kept(("facets", *facets.items()), facets),
            self._kept(clock),
            offset,
        )

    def _no_video(self, observation: str, cells: Sequence[str]) -> str:
        """Return the same sentence for all rows of an observation."""
        kind = self._other_than_media(cells)
        of = f"observation {observation!r}" if observation else "a row"
        if kind:
            what = "is a live observation" if kind == "live" else "is of images"
            return f"{of} {what}, and names no video. Its events were left out; say which video it is about (--video NAME)."
        return f"{of} names no video. Its events were left out; say which video it is about (--video NAME)."

    def _other_than_media(self, cells: Sequence[str]) -> str:
        """Return "live" or "images" for an observation of these, "" for one of media; a source of images is their folders."""
        kind = self.cell(cells, ("observation type",)).casefold()
        return "live" if kind.startswith("live") else "images" if _IMAGES.search(kind) else ""

    def lost(self, line: int, reason: str) -> None:
        """Tell why a row was left out; what is said of all of an observation is said once."""
        if reason not in self._lost:
            self.problems.append(Problem(self.table.path, line, reason))
        if reason.endswith("(--video NAME)."):
            self._lost.add(reason)

    def _kept(self, key: object, value: object = None) -> Any:
        """One object for all that are equal: a table has many rows and few names."""
        return self._once.setdefault(key, key if value is None else value)

    def _tell(self, files: Sequence[str], cells: Sequence[str], offset: float) -> dict[str, str]:
        """Note what a row says of its media files; returns its independent variables."""
        rates = self._numbers(self.cell(cells, FPS), len(files), repeat=True)
        said = dict(self.above.variables)
        said |= {key: cells[n].strip() for n, key in self._variables.items() if cells[n].strip()}
        said[OFFSET] = f"{offset:g}"
        for file, fps in zip(files, rates, strict=True):
            self.videos.setdefault(file)
            if fps is not None:
                self.fps.setdefault(file, fps)
            tell(self.said_of, file, said)
        return without_offset_0(said)

    def _media(self, observation: str, cells: Sequence[str], offset: float) -> tuple[Clock | None, str]:
        """Return the clock of an observation of several files, and the file that the row names."""
        video = self.cell(cells, MEDIA)
        video = "" if video.casefold() in NO_FILE else video
        written = self.cell(cells, ("media duration (s)",))
        source = "" if self._other_than_media(cells) else self.cell(cells, ("source",))
        files = whole_names(sources(source), len(first_player(written)), video)
        if len(files) > 1:
            known = self._numbers(written, len(files))
            total = number_or_none(written, self.table.delimiter)
            return Clock(observation, tuple(files), tuple(known), total, names_files=not offset), video
        clock = self._clocks.get(observation)
        if clock is not None:
            return clock, video
        return None, video or (files[0] if files else "") or self.default_video or ""

    def _guessed_clocks(self) -> dict[str, Clock]:
        """Clocks of observations whose files are only named by their rows, or by lines above the header."""
        if not self.named(OBSERVATION) and not self.above.observation:
            return {}
        found: dict[str, dict[str, tuple[float, float]]] = {}
        totals: dict[str, float | None] = {}
        for _, cells, _ in self.rows():
            observation = self.cell(cells, OBSERVATION) or self.above.observation
            video, time = self.cell(cells, MEDIA), self._rough(self.cell(cells, (*TIME, *BEGIN)))
            if not observation or video.casefold() in NO_FILE or time is None:
                continue
            first, last = found.setdefault(observation, {}).get(video, (time, time))
            found[observation][video] = (min(first, time), max(last, time))
            totals[observation] = number_or_none(self.cell(cells, ("total length",)), self.table.delimiter)
        offset = bool(self.above.offset) or self.named(TIME_OFFSET)
        clocks = {}
        for observation, files in found.items():
            names = self.above.files if observation == self.above.observation else ()
            names = tuple(names) if set(files) <= set(names) else tuple(sorted(files, key=files.__getitem__))
            if len(names) < 2:
                continue
            spans = [files[name] for name in names if name in files]
            if any(after[0] < before[1] for before, after in pairwise(spans)):
                reason = (
                    f"observation {observation!r}: the times of its videos overlap, so each was taken to count from the begin of "
                    "its own video. Check a few bouts."
                )
                self.notes.append(Problem(self.table.path, None, reason))
                continue
            clocks[observation] = Clock(
                observation, names, (None,) * len(names), totals[observation], names_files=not offset
            )
        return clocks

    def _rough(self, cell: str) -> float | None:
        try:
            return read_seconds(cell, self.table.delimiter) if cell.strip() else None
        except ProjectError:
            return None

    def rows(self) -> Iterator[tuple[int, tuple[str, ...], bool]]:
        """Line and cells of each row, and whether all of its cells are those of a row above it."""
        return ((line, cells, bool(self._doubled[n])) for n, (line, cells) in enumerate(self.table.rows))

    def _doubles(self) -> np.ndarray:
        count = len(self.table.rows)
        marks = np.fromiter((hash(cells) for _, cells in self.table.rows), np.int64, count)
        doubled = np.ones(count, bool)
        doubled[np.unique(marks, return_index=True)[1]] = False
        return doubled

    def read_twice(self, lines: Sequence[int]) -> None:
        """Note that these rows were skipped, as they stand in the table once more."""
        if lines:
            reason = f"{len(lines):,} rows stand in the table twice, as in an export that was joined to itself. Each was read once."
            self.notes.append(Problem(self.table.path, lines[0], reason))

    def _numbers(self, cell: str, count: int, repeat: bool = False) -> list[float | None]:
        found = [number_or_none(part, self.table.delimiter) for part in first_player(cell)]
        return (
            found if len(found) == count else found * count if len(found) == 1 and repeat else [None] * count
        )

    def observations(self) -> int:
        """Return how many observations the table has rows of, 0 where it names none."""
        if not self.named(OBSERVATION):
            return int(bool(self.above.observation))
        return len({self.cell(cells, OBSERVATION) for _, cells, _ in self.rows()} - {""})

    def facets(self) -> dict[str, dict[str, str]]:
        """Return the facets that are equal for each media file; differing ones stay with the bouts."""
        return agreed(self.said_of, self.table.path, self.notes)


def _of(observation: str) -> str:
    return f"observation {observation!r}: " if observation else ""
