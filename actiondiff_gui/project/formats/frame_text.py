"""What do tables say that name what is shown in each row: Solomon Coder's, and syllables of keypoint-MoSeq and VAME?

A row is a frame, or a time where there is a column of times. Numbers are syllables and get the column's name in front.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.inputs import regular_file
from actiondiff_gui.project.formats.cells import read_time
from actiondiff_gui.project.formats.foreign import FRAME_TEXT, ForeignTable, Stretch
from actiondiff_gui.project.formats.frame_table import (
    COUNT_COLUMNS,
    TIME_COLUMNS,
    numbered,
    video_name,
    whole_number,
)
from actiondiff_gui.project.formats.reader import Options, Reader
from actiondiff_gui.project.formats.report import ProblemList
from actiondiff_gui.project.formats.runs import runs, without_nothing
from actiondiff_gui.project.formats.table import Table, find_table

SYLLABLES = ("syllable", "syllables", "motif", "motifs", "syllable index", "cluster")
BEHAVIOURS = ("behaviour", "behavior")


def _fits(names: Sequence[str]) -> bool:
    solomon = names[0] in TIME_COLUMNS and any(name in names for name in BEHAVIOURS)
    return solomon or any(name in names for name in SYLLABLES)


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
    missing = [name for name in wanted if name not in names]
    if missing or not wanted or not len(table.rows):
        raise ProjectError(
            f"{path} has no row or no column {(missing or ['behaviour'])[0]!r} with what is shown in each row. Name the column "
            f"(--columns); there are: {', '.join(name or '(no name)' for name in table.columns[:12])}."
        )
    video = options.video or video_name(path)
    starts, ends, unit = _spans(table, names)
    lines = np.fromiter((line for line, _ in table.rows), np.int64, len(table.rows))
    stretches = []
    for name in wanted:
        place = names.index(name)
        label = table.columns[place]
        for text, a, b in runs(cells[place].strip() for _, cells in table.rows):
            behaviour = named(label, str(text))
            stretches.append(
                Stretch(int(lines[a]), video, behaviour, float(starts[a]), float(ends[b - 1]), unit)
            )
    numbers = (int(starts[0]), int(starts[-1])) if unit == "frames" else None
    return _table(path, video, stretches, numbers, len(table.rows), ProblemList(table.problems))


def named(column: str, text: str) -> str:
    """What a cell calls its behaviour: numbers are told with the name of their column."""
    number = whole_number(text.lstrip("-")) if text else None
    return text if number is None else f"{column.casefold()} {text.split('.')[0]}"


def _array(path: Path, options: Options) -> ForeignTable:
    """A NumPy array with a whole number for each frame, as VAME keeps its motifs."""
    try:
        regular_file(path, ProjectError, "an array of syllables")
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise ProjectError(f"{path} is no NumPy array of numbers ({error}). Choose another file.") from error
    if values.ndim != 1 or values.dtype.kind not in "iu" or not len(values):
        raise ProjectError(f"{path} is not as VAME writes it: it holds no whole number for each frame.")
    video = options.video or path.stem.split("_label_")[-1]
    stretches = [Stretch(None, video, f"motif {v}", a, b, "frames") for v, a, b in runs(values.tolist())]
    return _table(path, video, stretches, (0, len(values) - 1), len(values), ProblemList())


def _spans(table: Table, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray, str]:
    """``[rows]`` where each row begins and ends, and the unit."""
    clock = next((place for place, name in enumerate(names[:3]) if name in TIME_COLUMNS), None)
    if clock is None:
        counter = next(
            (n for n, name in enumerate(names) if name in COUNT_COLUMNS and (name or n == 0)), None
        )
        counts = counter is not None and all(whole_number(c[counter]) is not None for _, c in table.rows)
        starts = numbered(table, counter) if counts else np.arange(len(table.rows))
        return starts.astype(float), starts + 1.0, "frames"
    times = np.empty(len(table.rows))
    for row, (line, cells) in enumerate(table.rows):
        try:
            time = read_time(cells[clock], "seconds", table.delimiter)
        except ProjectError:
            time = None
        if time is None or (row and time[1] <= times[row - 1]):
            raise ProjectError(
                f"{table.path}, line {line}: {cells[clock]!r} is not a time after the one in the row before. Nothing was imported."
            )
        times[row] = time[1]
    step = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    return times, np.append(times[1:], times[-1] + step), "seconds"


def _table(
    path: Path,
    video: str,
    stretches: list[Stretch],
    numbers: tuple[int, int] | None,
    rows: int,
    problems: ProblemList,
) -> ForeignTable:
    notes = ProblemList()
    kept = without_nothing([s for s in stretches if s.behaviour], path, notes)
    return ForeignTable(
        path,
        FRAME_TEXT,
        tuple(sorted(kept, key=lambda s: s.start)),
        tuple(dict.fromkeys(s.behaviour for s in kept)),
        (video,),
        rows={video: rows} if numbers else {},
        numbers={video: numbers} if numbers else {},
        problems=problems.sealed(),
        notes=notes.sealed(),
    )


READERS = (
    Reader(FRAME_TEXT, lambda peek: peek.suffix == ".npy", read_frame_text),
    Reader(FRAME_TEXT, lambda peek: peek.header(_fits, within=1) is not None, read_frame_text),
)
