"""Reader of one-hot tables: a row for each frame and a column of 0 and 1 for each behaviour.

DeepEthogram writes ``<video>_labels.csv`` with a nameless column that counts frames and a column
"background"; BORIS's binary tables and A-SOiD have a column of times in seconds in front; SimBA puts such
columns behind those of poses and features. The video is named by the file. Where a column counts frames, its
numbers say which frame a row is about, whether they begin at 0 or not.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.formats.imports.report import Problem, ProblemList
from actiondiff_gui.project.formats.readers.contents import DEEPETHOGRAM, FRAMES, ForeignTable, Stretch
from actiondiff_gui.project.formats.tables.cells import Unit, read_time
from actiondiff_gui.project.formats.tables.table import Table, find_table

BACKGROUND = "background"
TIME_COLUMNS = ("time", "time (s)", "seconds", "time_s", "timestamp")
COUNT_COLUMNS = (
    *(
        "",
        "frame",
        "frames",
        "frame_number",
        "frame number",
        "frame_idx",
        "frame idx",
        "frame_index",
        "frame index",
    ),
    *(
        "image",
        "image_name",
        "image name",
        "frame_no",
        "frame no",
        "frame_id",
        "frame id",
        "framenumber",
        "image index",
        "index",
        "unnamed: 0",
    ),
)
ENDINGS = ("_labels", "_predictions", "_annotations", "_binary", "_no focal subject", "_targets_inserted")
"""What tools put behind the name of the video."""
_SAID = {"": 0, "0": 0, "0.0": 0, "1": 1, "1.0": 1, "-1": -1, "-1.0": -1, "false": 0, "true": 1, "nan": -1}


def is_frame_table(path: Path) -> bool:
    """Return whether a file is a table with a column, other than one that counts or tells time, that holds only 0, 1 and -1."""
    try:
        table = find_table(path, lambda names: True, "at least two columns", within=1)
    except ProjectError:
        return False
    names = [name.casefold() for name in table.columns]
    _, counting = _counters(table, names)
    named = {index for index, name in enumerate(names) if name and name not in TIME_COLUMNS}
    left = (named - counting) & table.filled
    for _, cells in table.rows:
        left = {index for index in left if _code(cells[index]) != _OTHER}
        if not left:
            break
    return bool(left) and len(table.rows) > 0


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
    counter, counting = _counters(table, names)
    _refuse_nameless(table, names, counter)
    clock = next((index for index, name in enumerate(names[:3]) if name in TIME_COLUMNS), None)
    if counter is None and clock is None:
        refuse_uncounted(table, names)
        table = every_row(table)
    timed = clock is not None and (counter is None or "frame" not in names[counter])
    wanted = [index for index in _wanted(table, names, columns) if index not in counting and index != clock]
    values = _said(table, wanted)
    binary = [index for index, said in values.items() if not (said == _OTHER).any()]
    others = [table.columns[index] for index in values if index not in binary]
    problems = ProblemList(table.problems)
    if columns is not None and others:
        problems += _unread(table, list(values))
        binary = list(values)
    if not binary or not len(table.rows):
        raise ProjectError(
            f"{path} has no {'row' if binary else 'column that holds only 0 and 1'}. "
            "A table of frames has a row for each frame and a column for each behaviour."
        )
    notes = ProblemList()
    binary = _joined(table, names, binary, values, notes)
    written = video or video_name(path)
    frames = None if timed or counter is None else numbered(table, counter)
    if frames is not None and clock is not None and frames[0] == 1 and _begins_at_0(table, clock):
        frames -= 1
        reason = f"row 1 is at {table.columns[clock]} 0, so it was taken for the first frame: the rows are numbered from 1."
        notes.append(Problem(path, None, reason))
    starts, ends, unit = _spans(table, clock if timed else None, frames)
    behaviours = [index for index in binary if names[index] != BACKGROUND]
    lines = np.fromiter((line for line, _ in table.rows), np.int64, len(table.rows))
    stretches = [
        stretch
        for index in behaviours
        for stretch in _stretches(
            lines, table.columns[index], values[index] == 1, written, starts, ends, unit
        )
    ]
    stretches.sort(key=lambda s: (s.start, s.line))
    if columns is None and others:
        reason = f"{len(others)} columns hold other numbers than 0 and 1 and were not read ({_few(others)})."
        notes.append(Problem(path, None, reason))
    if path.stem.casefold().endswith("_predictions"):
        reason = (
            "the name of the file says that these are predictions. They become labels with the source import."
        )
        notes.append(Problem(path, None, reason))
    unsure = sum(int((values[index] == -1).any()) for index in behaviours)
    if unsure:
        notes.append(
            Problem(path, None, "frames marked -1 or empty say nothing of a behaviour; they became no bout.")
        )
    return ForeignTable(
        path,
        kind or (DEEPETHOGRAM if BACKGROUND in names else FRAMES),
        tuple(stretches),
        tuple(table.columns[index] for index in behaviours),
        (written,),
        rows={} if timed else {written: len(table.rows)},
        numbers={} if timed else {written: (int(starts[0]), int(starts[-1]))},
        last_times={written: float(starts[-1])} if timed else {},
        doubtful=tuple(table.columns[p] for p in behaviours) if others and columns is None else (),
        problems=problems.sealed(),
        notes=notes.sealed(),
    )


_OTHER = -2
_MOST_LOST_S = 1.0
_MOST_LOST_STEPS = 5
_EVEN_STEP = 0.1
_EVEN_SHARE = 0.9
_ZEROS = re.compile(r"[.,]0+$")
_PICTURE = re.compile(r"(?:.*\D)?(\d{1,12})\.(?:png|jpe?g|tiff?|bmp)", re.IGNORECASE)
"""Name of a frame that was saved as a picture: "img_0010.png"."""


def _wanted(table: Table, names: Sequence[str], columns: Sequence[str] | None) -> list[int]:
    if columns is None:
        return [index for index, name in enumerate(names) if name and index in table.filled]
    missing = [name for name in columns if name.casefold() not in names]
    if missing:
        raise ProjectError(
            f"{table.path} has no column {missing[0]!r}. Its columns are: {_few(table.columns)}."
        )
    return [index for name in columns for index, found in enumerate(names) if found == name.casefold()]


def _said(table: Table, indices: Sequence[int]) -> dict[int, np.ndarray]:
    """For each column ``[rows]`` int8: 1, 0, -1 for not said, -2 for anything else."""
    found = np.empty((len(indices), len(table.rows)), np.int8)
    for row, (_, cells) in enumerate(table.rows):
        found[:, row] = [_code(cells[index]) for index in indices]
    return dict(zip(indices, found, strict=True))


def _code(cell: str) -> int:
    cell = cell.strip()
    if cell.endswith("00") or "," in cell:  # "0,0", "1.000"
        cell = _ZEROS.sub("", cell)
    return _SAID.get(cell.casefold(), _OTHER)


def _unread(table: Table, indices: Sequence[int]) -> ProblemList:
    out = ProblemList()
    for line, cells in table.rows:
        for index in indices:
            if _code(cells[index]) == _OTHER:
                reason = f"{cells[index]!r} in column {table.columns[index]!r} is none of 0, 1 and -1. It was not read."
                out.append(Problem(table.path, line, reason))
    return out


def _counters(table: Table, names: Sequence[str]) -> tuple[int | None, set[int]]:
    """Return the column whose numbers say which frame a row is about, and all columns that count rows or frames."""
    counting, whole = _counting(
        table, {index for index, name in enumerate(names) if name not in TIME_COLUMNS}, names
    )
    if len(table.rows) < 3:  # 0 and 1 in two rows may be a behaviour
        counting = {index for index in counting if names[index] in COUNT_COLUMNS}
    named = [index for index, name in enumerate(names) if name in COUNT_COLUMNS and (name or index == 0)]
    numbered = next((index for index in named if index in counting), None)
    if numbered is None:
        numbered = next((index for index in named if index in whole), 0 if 0 in counting else None)
    return numbered, counting | set(named)


def _counting(table: Table, indices: set[int], names: Sequence[str]) -> tuple[set[int], set[int]]:
    """Columns in which each number is one more than that above it, and those of a known name that hold whole numbers."""
    counting, whole = set(indices), {index for index in indices if names[index] in COUNT_COLUMNS}
    above: dict[int, int] = {}
    for _, cells in table.rows:
        for index in counting | whole:
            number = whole_number(cells[index])
            if number is None:
                whole.discard(index)
            if number is None or number != above.get(index, number - 1) + 1:
                counting.discard(index)
            else:
                above[index] = number
        if not counting and not whole:
            break
    return (counting, whole) if len(table.rows) else (set(), set())


def whole_number(cell: str) -> int | None:
    """Return the whole number from 0 to 2**53 that a cell holds, also as "3.0" or in a picture's name; None for anything else."""
    picture = _PICTURE.fullmatch(cell.strip())
    if picture is not None:
        return int(picture[1])
    if "_" in cell:  # Python alone reads 1_0 as 10
        return None
    try:
        value = float(_ZEROS.sub("", cell) if cell.endswith((",0", ",00")) else cell)
    except ValueError:
        return None
    return int(value) if 0 <= value < 1 << 53 and value == int(value) else None


def numbered(table: Table, counter: int) -> np.ndarray:
    """``[rows]`` the frame that each row is about."""
    frames = np.empty(len(table.rows), np.int64)
    for row, (line, cells) in enumerate(table.rows):
        number = whole_number(cells[counter])
        if number is None:
            raise ProjectError(
                f"{table.path}, line {line}: {cells[counter]!r} in the column that counts frames is no whole number. "
                "Nothing was imported."
            )
        frames[row] = number
        if row and frames[row] <= frames[row - 1]:
            raise ProjectError(
                f"{table.path}, line {line}: {cells[counter]!r} in the column that counts frames does not lie behind the "
                "number above it. Nothing was imported; a table is about one video, row after row."
            )
    return frames


def _begins_at_0(table: Table, clock: int) -> bool:
    try:
        return read_time(next(iter(table.rows))[1][clock], "seconds", table.delimiter) == ("seconds", 0.0)
    except ProjectError:
        return False


def _refuse_nameless(table: Table, names: Sequence[str], counter: int | None) -> None:
    """Raise ProjectError where the first line holds a row of frames instead of the names of the columns."""
    numbers = [name for name in names if _code(name) != _OTHER or whole_number(name) is not None]
    if len(numbers) == len(names) and (
        len({*names}) < len(names) or (counter is not None and names[counter])
    ):
        raise ProjectError(
            f"{table.path} holds no names of behaviours: its first line consists of numbers ({_few(table.columns)}). Put a line "
            "with the name of each column above it."
        )


def refuse_uncounted(table: Table, names: Sequence[str]) -> None:
    """Raise ProjectError where a column is called after frames, but not all of its cells are numbers of frames."""
    index = next((n for n, name in enumerate(names) if "frame" in name and name in COUNT_COLUMNS), None)
    if index is None:
        return
    odd = ((line, cells[index]) for line, cells in table.rows if whole_number(cells[index]) is None)
    line, cell = next(odd, (0, ""))
    if not line:
        return
    raise ProjectError(
        f"{table.path}, line {line}: {cell!r} in the column {table.columns[index]!r} is no number of a frame. Nothing was "
        "imported; write whole numbers without a separator of thousands."
    )


def _joined(
    table: Table,
    names: Sequence[str],
    indices: Sequence[int],
    values: dict[int, np.ndarray],
    notes: ProblemList,
) -> list[int]:
    """One column for each name: columns of one name (BORIS writes one for each set of modifiers) are joined."""
    first: dict[str, int] = {}
    for index in indices:
        name = names[index]
        if name not in first:
            first[name] = index
            continue
        values[first[name]] = np.maximum(values[first[name]], values[index])
        reason = (
            f"several columns are named {table.columns[index]!r}. They were joined: 1 where any of them is 1."
        )
        if not any(note.reason == reason for note in notes):
            notes.append(Problem(table.path, None, reason))
    return list(first.values())


def every_row(table: Table) -> Table:
    """Return a table whose rows are frames one after the other with those that are empty; raises where one cannot be read."""
    table = table.with_empty_rows()
    last = max((line for line, _ in table.rows), default=0)
    lost = next((p for p in table.problems if p.line is not None and p.line < last), None)
    if lost is not None:
        raise ProjectError(
            f"{table.path}, line {lost.line}: {lost.reason} Nothing was imported, as rows are not numbered and those below would be "
            "about other frames."
        )
    return table


def frame_ends(frames: np.ndarray) -> np.ndarray:
    """``[rows]`` where each row ends that is about a frame ``[rows]``: at the next one where, say, every third frame is told."""
    steps = np.diff(frames)
    return frames + (int(steps.min()) if len(steps) > 1 and np.gcd.reduce(steps) == steps.min() else 1)


def time_ends(times: np.ndarray, step: float) -> np.ndarray:
    """``[rows]`` where each row ends that begins at a time ``[rows]``: at the next one, if no rows were left out between.

    A camera loses a few frames now and then. Between rows that are evenly spaced elsewhere, a hole of more than a second
    and of five steps is one in the table.
    """
    steps = np.append(np.diff(times), step)
    if (np.abs(steps - step) <= _EVEN_STEP * step).mean() < _EVEN_SHARE:
        return np.asarray(times + steps)
    return np.asarray(times + np.where(steps > max(_MOST_LOST_S, _MOST_LOST_STEPS * step), step, steps))


def _spans(table: Table, clock: int | None, frames: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, Unit]:
    """``[rows]`` where each row begins, ``[rows]`` where it ends, and the unit."""
    count = len(table.rows)
    if clock is None:
        starts = np.arange(count) if frames is None else frames
        return starts.astype(float), frame_ends(starts).astype(float), "frames"
    times = np.empty(count)
    for row, (line, cells) in enumerate(table.rows):
        cell = cells[clock].strip()
        try:
            time = read_time(cell, "seconds", table.delimiter)
        except ProjectError:
            time = None
        if time is None or (row and time[1] <= times[row - 1]):
            raise ProjectError(
                f"{table.path}, line {line}: {cell!r} is not a time after the one in the row before. Nothing was imported."
            )
        times[row] = time[1]
    step = float(np.median(np.diff(times))) if count > 1 else 0.0
    if step <= 0:
        raise ProjectError(f"{table.path} has one row only, so the time between rows is not known.")
    return times, time_ends(times, step), "seconds"


def _stretches(
    lines: np.ndarray,
    behaviour: str,
    on: np.ndarray,
    video: str,
    starts: np.ndarray,
    ends: np.ndarray,
    unit: Unit,
) -> list[Stretch]:
    """Return a stretch for each run of rows that follow each other without a gap."""
    rows = np.flatnonzero(on)
    if not len(rows):
        return []
    breaks = np.flatnonzero((np.diff(rows) > 1) | (ends[rows[:-1]] < starts[rows[1:]])) + 1
    return [
        Stretch(int(lines[run[0]]), video, behaviour, float(starts[run[0]]), float(ends[run[-1]]), unit)
        for run in np.split(rows, breaks)
    ]


def video_name(path: Path) -> str:
    """Return the name of the video that a table is named after, without the suffixes of tools."""
    stem = path.stem
    for ending in ENDINGS:
        if stem.casefold().endswith(ending) and len(stem) > len(ending):
            return stem[: -len(ending)]
    return stem


def _few(names: Sequence[str], most: int = 6) -> str:
    shown = ", ".join(name or "(no name)" for name in names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown
