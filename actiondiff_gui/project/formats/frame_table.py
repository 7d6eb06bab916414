"""What do tables say that have a row for each frame and a column of 0 and 1 for each behaviour?

DeepEthogram writes ``<video>_labels.csv`` with a nameless column that counts frames and a column
"background"; BORIS's binary tables and A-SOiD have a column of times in seconds in front; SimBA puts such
columns behind those of poses and features. The video is named by the file.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.formats.foreign import DEEPETHOGRAM, FRAMES, ForeignTable, Stretch
from actiondiff_gui.project.formats.report import Problem, ProblemList
from actiondiff_gui.project.formats.table import Table, find_table

BACKGROUND = "background"
TIME_COLUMNS = ("time", "time (s)", "seconds", "time_s", "timestamp")
COUNT_COLUMNS = ("", "frame", "frames", "frame_number", "frame_idx", "index", "unnamed: 0")
ENDINGS = ("_labels", "_predictions", "_annotations", "_binary", "_no focal subject", "_targets_inserted")
"""What tools put behind the name of the video."""
_SAID = {"": 0, "0": 0, "0.0": 0, "1": 1, "1.0": 1, "-1": -1, "-1.0": -1, "false": 0, "true": 1, "nan": -1}


def read_frame_table(
    path: Path, kind: str | None = None, columns: Sequence[str] | None = None, video: str | None = None
) -> ForeignTable:
    """Read a table of frames. Frames marked with 1 one after the other are a bout.

    Parameters
    ----------
    path : Path
    kind : str, optional
        DEEPETHOGRAM or FRAMES; by default told by the column "background".
    columns : sequence of str, optional
        The behaviours; by default every column that holds only 0, 1, -1 and empty cells.
    video : str, optional
        Name of the video; by default the file's, without what tools add to it.

    Raises
    ------
    ProjectError
        There is no such column, or the file is no table.
    """
    table = find_table(path, lambda names: True, "at least two columns", within=1)
    names = [name.casefold() for name in table.columns]
    twice = next((name for name in names if name and names.count(name) > 1), None)
    if twice is not None:
        raise ProjectError(f"{path} has two columns named {twice!r}. Rename one of them.")
    counts = names[0] in COUNT_COLUMNS
    timed = names[0] in TIME_COLUMNS
    first = 1 if counts or timed else 0
    values = _said(table, _wanted(table, names, columns, first))
    binary = [place for place, said in values.items() if not (said == _OTHER).any()]
    others = [table.columns[place] for place in values if place not in binary]
    problems = ProblemList(table.problems)
    if columns is not None and others:
        problems += _unread(table, list(values))
        binary = list(values)
    if not binary or not len(table.rows):
        raise ProjectError(
            f"{path} has no {'row' if binary else 'column that holds only 0 and 1'}. "
            "A table of frames has a row for each frame and a column for each behaviour."
        )
    written = video or _video_name(path)
    edges, unit = _edges(table, timed)
    behaviours = [place for place in binary if names[place] != BACKGROUND]
    lines = np.fromiter((line for line, _ in table.rows), np.int64, len(table.rows))
    stretches = [
        stretch
        for place in behaviours
        for stretch in _stretches(lines, table.columns[place], values[place] == 1, written, edges, unit)
    ]
    stretches.sort(key=lambda s: (s.start, s.line))
    notes = ProblemList()
    if columns is None and others:
        reason = f"{len(others)} columns hold other numbers than 0 and 1 and were not read ({_few(others)})."
        notes.append(Problem(path, None, reason))
    if path.stem.casefold().endswith("_predictions"):
        reason = (
            "the name of the file says that these are predictions. They become labels with the source import."
        )
        notes.append(Problem(path, None, reason))
    unsure = sum(int((values[place] == -1).any()) for place in behaviours)
    if unsure:
        notes.append(
            Problem(path, None, "frames marked -1 or empty say nothing of a behaviour; they became no bout.")
        )
    return ForeignTable(
        path,
        kind or (DEEPETHOGRAM if BACKGROUND in names else FRAMES),
        tuple(stretches),
        tuple(table.columns[place] for place in behaviours),
        (written,),
        rows={} if timed else {written: len(table.rows)},
        doubtful=tuple(table.columns[p] for p in behaviours) if others and columns is None else (),
        problems=problems.sealed(),
        notes=notes.sealed(),
    )


_OTHER = -2


def _wanted(table: Table, names: Sequence[str], columns: Sequence[str] | None, first: int) -> list[int]:
    if columns is None:
        return [place for place in range(first, len(names)) if names[place]]
    missing = [name for name in columns if name.casefold() not in names]
    if missing:
        raise ProjectError(
            f"{table.path} has no column {missing[0]!r}. Its columns are: {_few(table.columns)}."
        )
    return [names.index(name.casefold()) for name in columns]


def _said(table: Table, places: Sequence[int]) -> dict[int, np.ndarray]:
    """For each column ``[rows]`` int8: 1, 0, -1 for not said, -2 for anything else."""
    found = np.empty((len(places), len(table.rows)), np.int8)
    for row, (_, cells) in enumerate(table.rows):
        found[:, row] = [_code(cells[place]) for place in places]
    return dict(zip(places, found, strict=True))


def _code(cell: str) -> int:
    return _SAID.get(cell.strip().casefold(), _OTHER)


def _unread(table: Table, places: Sequence[int]) -> ProblemList:
    out = ProblemList()
    for line, cells in table.rows:
        for place in places:
            if _code(cells[place]) == _OTHER:
                reason = f"{cells[place]!r} in column {table.columns[place]!r} is none of 0, 1 and -1. It was not read."
                out.append(Problem(table.path, line, reason))
    return out


def _edges(table: Table, timed: bool) -> tuple[np.ndarray, str]:
    """``[rows + 1]`` where each row begins and the last one ends, and the unit."""
    count = len(table.rows)
    if not timed:
        return np.arange(count + 1, dtype=float), "frames"
    times = np.empty(count)
    for row, (line, cells) in enumerate(table.rows):
        cell = cells[0].strip().replace(",", ".") if table.delimiter != "," else cells[0].strip()
        try:
            times[row] = float(cell)
        except ValueError:
            times[row] = math.nan
        if not (math.isfinite(times[row]) and times[row] >= 0) or (row and times[row] <= times[row - 1]):
            raise ProjectError(
                f"{table.path}, line {line}: {cell!r} is not a time after the one in the row before. Nothing was imported."
            )
    step = float(np.median(np.diff(times))) if count > 1 else 0.0
    if step <= 0:
        raise ProjectError(f"{table.path} has one row only, so the time between rows is not known.")
    return np.append(times, times[-1] + step), "seconds"


def _stretches(
    lines: np.ndarray, behaviour: str, on: np.ndarray, video: str, edges: np.ndarray, unit: str
) -> list[Stretch]:
    steps = np.flatnonzero(np.diff(np.concatenate([[False], on, [False]]).astype(np.int8)))
    return [
        Stretch(int(lines[a]), video, behaviour, float(edges[a]), float(edges[b]), unit)
        for a, b in zip(steps[::2], steps[1::2], strict=True)
    ]


def _video_name(path: Path) -> str:
    stem = path.stem
    for ending in ENDINGS:
        if stem.casefold().endswith(ending) and len(stem) > len(ending):
            return stem[: -len(ending)]
    return stem


def _few(names: Sequence[str], most: int = 6) -> str:
    shown = ", ".join(name or "(no name)" for name in names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown
