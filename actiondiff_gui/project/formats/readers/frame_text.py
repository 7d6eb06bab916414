"""Reader of tables that name one behaviour in each row: Solomon Coder, keypoint-MoSeq and VAME.

A row is a frame, or a time where there is a column of times. Numbers are syllables and get the column's name in front. Of columns
that are numbered (Behaviour1, Behaviour2) all are read: they tell what is shown at the same time.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.inputs import regular_file
from actiondiff_gui.project.formats.imports.report import ProblemList
from actiondiff_gui.project.formats.readers.contents import FRAME_TEXT, ForeignTable, Stretch
from actiondiff_gui.project.formats.readers.frame_table import (
    COUNT_COLUMNS,
    TIME_COLUMNS,
    every_row,
    frame_ends,
    refuse_uncounted,
    time_ends,
    video_name,
    whole_number,
)
from actiondiff_gui.project.formats.readers.reader import Options, Peek, Reader, Unsaid
from actiondiff_gui.project.formats.tables.cells import Unit, read_time
from actiondiff_gui.project.formats.tables.runs import runs, without_nothing
from actiondiff_gui.project.formats.tables.table import Table, find_table

SYLLABLES = ("syllable", "syllables", "motif", "motifs", "syllable index", "cluster")
BEHAVIOURS = ("behaviour", "behavior", "behaviours", "behaviors", "label", "annotation", "activity")
NUMBERED = re.compile(r"behaviou?rs?[ _]?\d+")
"""Columns of Solomon Coder for behaviours at the same time; which of them names a behaviour says nothing."""
RECORDING = "name"
"""keypoint-MoSeq's column that names the recording of a row; it writes all of them to one table."""


def _fits(names: Sequence[str]) -> bool:
    first = names[0] in TIME_COLUMNS or names[0] in COUNT_COLUMNS
    return any(name in SYLLABLES for name in names) or (first and any(_is_behaviour(name) for name in names))


def _is_behaviour(name: str) -> bool:
    return name in BEHAVIOURS or NUMBERED.fullmatch(name) is not None


def _is_text(peek: Peek) -> bool:
    """Return whether a table names what is shown; a column of that name may hold 0 and 1 as well, and is no text then."""
    header = peek.header(_fits, within=1)
    if header is None:
        return False
    table = find_table(peek.path, _fits, "what is shown in each row", within=1)
    names = [name.casefold() for name in table.columns]
    indices = [index for index, name in enumerate(names) if name in SYLLABLES or _is_behaviour(name)]
    return (
        any(name in SYLLABLES for name in names)
        or not len(table.rows)
        or any(cells[index].strip() not in _BINARY for _, cells in table.rows for index in indices)
    )


_BINARY = ("", "0", "1", "-1")


def read_frame_text(path: Path, options: Options) -> ForeignTable:
    """Read one column, or those that are named by ``options.columns``.

    Raises
    ------
    ProjectError
        There is no such column, or rows that tell no time.
    """
    if path.suffix.casefold() == ".npy":
        return _array(path, options)
    table = find_table(path, lambda names: True, "at least two columns", within=1)
    names = [name.casefold() for name in table.columns]
    wanted = [name.casefold() for name in options.columns or ()]
    wanted = wanted or [name for name in names if name in SYLLABLES or name in BEHAVIOURS][:1]
    together = not wanted
    wanted = wanted or [name for name in names if NUMBERED.fullmatch(name)]
    missing = [name for name in wanted if name not in names]
    if missing or not wanted or not len(table.rows):
        raise Unsaid(
            f"{path} has no row or no column {(missing or ['behaviour'])[0]!r} with what is shown in each row. Name the column "
            f"(--columns); there are: {', '.join(name or '(no name)' for name in table.columns[:12])}.",
            "columns",
            [name for name in table.columns if name],
        )
    clock = next((index for index, name in enumerate(names[:3]) if name in TIME_COLUMNS), None)
    counter = clock if clock is not None else _counter(table, names)
    if counter is None:
        refuse_uncounted(table, names)
        table = every_row(table)
    several = RECORDING in names and any(name in SYLLABLES for name in wanted)
    indices = [names.index(name) for name in wanted]
    groups: dict[str, list[tuple[Any, ...]]] = {}
    for line, cells in table.rows:
        film = cells[names.index(RECORDING)].strip() if several else ""
        mark = "" if counter is None else cells[counter]
        groups.setdefault(film, []).append((line, mark, *(cells[index].strip() for index in indices)))
    stretches, numbers, rows, last_times = [], {}, {}, {}
    for film, its in groups.items():
        video = film or options.video or video_name(path)
        starts, ends, unit = _spans(table, its, clock is not None, counter is not None)
        gaps = np.flatnonzero(ends[:-1] < starts[1:]) + 1
        for behaviour, first, end in _shown(its, [table.columns[index] for index in indices], together):
            edges = [first, *gaps[(gaps > first) & (gaps < end)], end]
            stretches += [
                Stretch(int(its[a][0]), video, behaviour, float(starts[a]), float(ends[b - 1]), unit)
                for a, b in pairwise(edges)
            ]
        if unit == "frames":
            numbers[video], rows[video] = (int(starts[0]), int(starts[-1])), len(its)
        else:
            last_times[video] = float(starts[-1])
    videos = tuple(film or options.video or video_name(path) for film in groups)
    found = _table(path, videos, stretches, numbers, rows, ProblemList(table.problems))
    return replace(found, last_times=last_times)


def _counter(table: Table, names: Sequence[str]) -> int | None:
    """Return the column that counts frames; None where there is none."""
    index = next((n for n, name in enumerate(names) if name in COUNT_COLUMNS and (name or n == 0)), None)
    if index is None or any(whole_number(cells[index]) is None for _, cells in table.rows):
        return None
    return index


def _shown(
    rows: Sequence[tuple[Any, ...]], columns: Sequence[str], together: bool
) -> Iterator[tuple[str, int, int]]:
    """Behaviour, first row and end row of each bout; ``together`` where it may go on in another column."""
    if together:
        for behaviour in dict.fromkeys(text for row in rows for text in row[2:] if text):
            yield from ((behaviour, a, b) for on, a, b in runs(behaviour in row[2:] for row in rows) if on)
        return
    for n, column in enumerate(columns, 2):
        yield from ((named(column, str(text)), a, b) for text, a, b in runs(row[n] for row in rows))


def named(column: str, text: str) -> str:
    """Return the behaviour that a cell names: numbers get the name of their column."""
    number = whole_number(text.lstrip("-")) if text else None
    return text if number is None else f"{column.casefold()} {text.split('.')[0]}"


def _array(path: Path, options: Options) -> ForeignTable:
    """Return a NumPy array with a whole number for each frame, as VAME keeps its motifs."""
    try:
        regular_file(path, ProjectError, "an array of syllables")
        values = np.load(
            path, mmap_mode="r", allow_pickle=False
        )  # so a header can claim no more than there is
    except (OSError, ValueError, EOFError) as error:
        raise ProjectError(f"{path} is no NumPy array of numbers ({error}). Choose another file.") from error
    if (
        not isinstance(values, np.ndarray)
        or values.ndim != 1
        or values.dtype.kind not in "iu"
        or not len(values)
    ):
        raise ProjectError(f"{path} is not as VAME writes it: it holds no whole number for each frame.")
    video = options.video or path.stem.split("_label_")[-1]
    stretches = [Stretch(None, video, f"motif {v}", a, b, "frames") for v, a, b in runs(values.tolist())]
    counts = {video: (0, len(values) - 1)}, {video: len(values)}
    return _table(path, (video,), stretches, *counts, ProblemList())


def _spans(
    table: Table, rows: Sequence[tuple[Any, ...]], timed: bool, counted: bool
) -> tuple[np.ndarray, np.ndarray, Unit]:
    """``[rows]`` where each row (line, mark, ...) of a recording begins and ends, and the unit."""
    if not (timed or counted):
        starts = np.arange(len(rows))
        return starts.astype(float), starts + 1.0, "frames"
    marks = np.empty(len(rows))
    for n, (line, mark, *_) in enumerate(rows):
        try:
            found = read_time(mark, "seconds", table.delimiter) if timed else ("frames", whole_number(mark))
        except ProjectError:
            found = None
        if found is None or (n and found[1] <= marks[n - 1]):
            what = "time" if timed else "frame"
            raise ProjectError(
                f"{table.path}, line {line}: {mark!r} is not a {what} after the one in the row before. Nothing was imported; a "
                "table is about one video, row after row."
            )
        marks[n] = found[1]
    if counted and not timed:
        return marks, frame_ends(marks.astype(np.int64)).astype(float), "frames"
    step = float(np.median(np.diff(marks))) if len(marks) > 1 else 0.0
    return marks, time_ends(marks, step), "seconds"


def _table(
    path: Path,
    videos: tuple[str, ...],
    stretches: list[Stretch],
    numbers: dict[str, tuple[int, int]],
    rows: dict[str, int],
    problems: ProblemList,
) -> ForeignTable:
    notes = ProblemList()
    kept = without_nothing([s for s in stretches if s.behaviour], path, notes)
    return ForeignTable(
        path,
        FRAME_TEXT,
        tuple(sorted(kept, key=lambda s: s.start)),
        tuple(dict.fromkeys(s.behaviour for s in kept)),
        videos,
        rows=rows,
        numbers=numbers,
        problems=problems.sealed(),
        notes=notes.sealed(),
    )


READERS = (
    Reader(FRAME_TEXT, lambda peek: peek.suffix == ".npy", read_frame_text),
    Reader(FRAME_TEXT, _is_text, read_frame_text),
)
