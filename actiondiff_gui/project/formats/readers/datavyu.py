"""Reader of Datavyu exports (.csv).

Each of its columns is written as ``name.ordinal, name.onset, name.offset, name.code...`` in milliseconds. The behaviour is
the column's name with its first code, the other codes are facets.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.formats.imports.report import Problem, ProblemList
from actiondiff_gui.project.formats.readers.contents import DATAVYU, ForeignTable, Stretch
from actiondiff_gui.project.formats.readers.reader import Options, Reader
from actiondiff_gui.project.formats.tables.cells import read_time
from actiondiff_gui.project.formats.tables.table import find_table


def _fits(names: Sequence[str]) -> bool:
    return any(name.endswith(".onset") and f"{name[:-6]}.offset" in names for name in names)


def read_datavyu(path: Path, options: Options) -> ForeignTable:
    """Read all columns; an onset that is also the offset is an event without a duration.

    Raises
    ------
    ProjectError
        The file is none of Datavyu's.
    """
    table = find_table(path, _fits, "the columns NAME.onset and NAME.offset of Datavyu", within=1)
    index = {name.casefold(): n for n, name in enumerate(table.columns)}
    columns = [
        name[: -len(".onset")]
        for name in table.columns
        if name.casefold().endswith(".onset") and f"{name[:-6]}.offset".casefold() in index
    ]
    video = options.video or path.stem
    problems, stretches = ProblemList(table.problems), []
    for line, cells in table.rows:
        for column in columns:
            onset, offset = (
                cells[index[f"{column}.{edge}".casefold()]].strip() for edge in ("onset", "offset")
            )
            if not onset and not offset:
                continue
            codes = {
                name[len(column) + 1 :]: cells[n].strip()
                for n, name in enumerate(table.columns)
                if name.startswith(f"{column}.")
                and name.casefold().rsplit(".", 1)[1] not in ("onset", "offset", "ordinal")
            }
            try:
                start, stop = (_milliseconds(cell, table.delimiter) for cell in (onset, offset))
                if start is None or stop is None or stop < start:
                    raise ProjectError(
                        f"{column} from {onset or 'nothing'} to {offset or 'nothing'} ms is no stretch of time."
                    )
            except ProjectError as error:
                problems.append(Problem(path, line, f"{error} It was left out."))
                continue
            first = next(iter(codes.values()), "")
            facets = {f"{column} {name}": value for name, value in list(codes.items())[1:] if value}
            stretches.append(
                Stretch(
                    line,
                    video,
                    f"{column} {first}".strip(),
                    start / 1000,
                    stop / 1000,
                    point=start == stop,
                    facets=facets,
                )
            )
    stretches.sort(key=lambda s: s.start)
    return ForeignTable(
        path,
        DATAVYU,
        tuple(stretches),
        tuple(dict.fromkeys(s.behaviour for s in stretches)),
        (video,),
        problems=problems.sealed(),
    )


def _milliseconds(cell: str, delimiter: str) -> float | None:
    """Milliseconds of a cell, which Datavyu also writes as hours:minutes:seconds:milliseconds; others write a point before them."""
    clock = re.fullmatch(r"(\d+):(\d\d):(\d\d):(\d{1,3})", cell)
    if clock:
        hours, minutes, seconds, rest = map(int, clock.groups())
        return 1000.0 * (3600 * hours + 60 * minutes + seconds) + rest
    time = read_time(cell, "seconds", delimiter)
    return None if time is None else float(time[1]) * (1000 if ":" in cell else 1)


READER = Reader(DATAVYU, lambda peek: peek.header(_fits, within=1) is not None, read_datavyu)
