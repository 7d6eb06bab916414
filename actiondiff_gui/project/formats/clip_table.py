"""How do clips and labels get in from a table?

One row is one clip, or one more label of it. Columns go by name::

    video,start_frame,end_frame,label,subject,roi,source_group,species
    walk/a.mp4,0,250,walk;!run,mouse 1,10 20 300 200,session 4,mouse

``video`` is a path, taken from the table's own folder; ``label`` holds actions separated by ";", with "!"
or "-" in front of one the clip does not show; ``roi`` is ``x y width height`` in pixels. All but ``video``
may be missing. An empty start is the first frame, an empty end the end of the video. Every other column
is a facet.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project import checks
from actiondiff_gui.project.formats.cells import Unit, read_labels, read_roi, read_time, read_video_path
from actiondiff_gui.project.formats.entry import Entry, Tally, enter, measured_or_reason
from actiondiff_gui.project.formats.measure import MeasuredVideo, first_frame_at, measure_video
from actiondiff_gui.project.formats.report import ImportReport, Problem, ProblemList
from actiondiff_gui.project.formats.table import Table, read_table
from actiondiff_gui.project.place import absolute
from actiondiff_gui.project.project import Project
from actiondiff_gui.tables import text_of

TOLD = ("first_seconds", "last_seconds", "duration_seconds", "said_by", "predicted", "confidence")
"""Columns of an exported table of bouts that are told for other programs; together they are no facets."""

PAST_END_S = 1.0
"""An end in seconds may lie this far behind the last frame: annotation tools round up."""


def import_clip_table(
    project: Project,
    path: str | os.PathLike,
    *,
    unit: Unit | None = None,
    allow_outside: bool = False,
    measure: Callable[[Path], MeasuredVideo] = measure_video,
) -> Job[ImportReport]:
    """Add the clips of a table to a project; see the module's text for the columns.

    Rows with mistakes are reported, the others go in, video by video. Importing a table again adds
    nothing; a label that changed in it is changed, unless a person said something, which always stays
    beside it.

    Parameters
    ----------
    unit : {"seconds", "frames"}, optional
        What columns called just ``start`` and ``end`` count. ``start_s`` and ``start_frame`` (and so for
        the end) say it themselves.
    allow_outside : bool
        Whether a relative path may climb out of the table's folder with "..". Absolute paths are taken as
        they are: they only ever name a video to be opened for reading.
    measure : callable
        Measures a video file.

    Raises
    ------
    ProjectError
        The file is no such table. Nothing was imported.
    """
    if unit not in (None, "seconds", "frames"):
        raise ProjectError(f'Times are counted in "seconds" or "frames", not in {unit!r}.')
    path = absolute(path)
    yield Progress(0, 0, f"reading {path.name}")
    table = read_table(path, "video")
    rows, problems = _rows(table, unit, allow_outside)
    tally = Tally({video.id for video in project.videos()}, problems=problems)
    videos: dict[Path, list[_Row]] = {}
    for row in rows:
        videos.setdefault(row.video, []).append(row)

    failed = tally.failed()
    for done, (video, its_rows) in enumerate(videos.items()):
        yield Progress(done, len(videos), f"reading {video.name}", failed)
        before = len(tally.problems)
        _import_video(project, path, video, its_rows, measure, tally)
        failed += tuple(map(str, tally.problems[before:]))
    yield Progress(len(videos), len(videos), f"read {path.name}", failed)
    return tally.report(by_line=True)


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    video: Path
    start: tuple[Unit, float] | None
    end: tuple[Unit, float] | None
    labels: dict[str, int]
    subject: str | None
    roi: tuple[int, ...] | None
    source_group: str | None
    facets: dict[str, str]


def _import_video(
    project: Project,
    table: Path,
    video: Path,
    rows: list[_Row],
    measure: Callable[[Path], MeasuredVideo],
    tally: Tally,
) -> None:
    measured = measured_or_reason(video, measure)
    if isinstance(measured, str):
        tally.problems += (Problem(table, row.line, measured) for row in rows)
        return
    entries, group = [], next((row.source_group for row in rows if row.source_group), None)
    for row in rows:
        try:
            if row.source_group not in (None, group):
                raise ProjectError(
                    f"the video is in source group {group!r} in an earlier line and in {row.source_group!r} "
                    "in this one. A video has one group; correct one of them."
                )
            entries.append(_entry(row, measured))
        except ProjectError as error:
            tally.problems += (Problem(table, row.line, str(error)),)
        else:
            if row.end is not None and row.end[0] == "seconds" and _past_end(row.end[1], measured) > 0:
                note = "the clip was ended with its video, which ends a little earlier."
                tally.notes += (Problem(table, row.line, note),)
    if not entries:
        return
    try:
        enter(project, video, measured, entries, tally, table=table, by=table.name, source_group=group)
    except ProjectError as error:
        tally.problems += (Problem(table, entry.line, str(error)) for entry in entries)
    else:
        tally.notes += tuple(Problem(video, None, warning) for warning in measured.warnings)


def _entry(row: _Row, measured: MeasuredVideo) -> Entry:
    start, end = checks.bounds(
        0 if row.start is None else _frame(row.start, measured),
        measured.frame_count if row.end is None else _frame(row.end, measured),
        measured.frame_count,
    )
    roi = checks.roi(row.roi, measured.width, measured.height)
    return Entry(row.line, start, end, row.labels, row.subject, roi, row.facets)


def _frame(time: tuple[Unit, float], measured: MeasuredVideo) -> int:
    unit, value = time
    if unit == "frames":
        return int(value)
    if _past_end(value, measured) > PAST_END_S:
        raise ProjectError(
            f"{value:g} s lies behind the end of the video, whose last frame is shown at "
            f"{measured.timestamps[-1]:g} s. Check the times, and that it is the right video."
        )
    return first_frame_at(measured.timestamps, value)


def _past_end(seconds: float, measured: MeasuredVideo) -> float:
    """Seconds by which a time lies behind the moment the last frame's turn is over."""
    return seconds - (float(measured.timestamps[-1]) + 1.5 / measured.fps)


def _rows(table: Table, unit: Unit | None, allow_outside: bool) -> tuple[list[_Row], ProblemList]:
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
    filled = {names[place] for place in table.filled}
    clocks = set() if unit else _clock_columns(table, names)
    times = {
        name: _time_column(names, name, "seconds" if name in clocks else unit, table.path, filled)
        for name in ("start", "end")
    }
    path_of = _video_paths(table.path.parent, allow_outside)
    facet_names = {i: checks.facet_key(name) for i, name in enumerate(names) if name and name not in known}
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
                _Row(
                    line,
                    path_of(cell["video"]),
                    *(
                        None if column is None else read_time(cell[column[0]], column[1], table.delimiter)
                        for column in times.values()
                    ),
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
    return rows, problems


def _video_paths(folder: Path, allow_outside: bool) -> Callable[[str], Path]:
    """The file that a cell names, looked for once; rows that name a missing one may be many."""

    @lru_cache(maxsize=10_000)
    def found(cell: str) -> Path | str:
        try:
            return read_video_path(cell, folder, allow_outside)
        except ProjectError as error:
            return str(error)

    def path_of(cell: str) -> Path:
        path = found(cell)
        if isinstance(path, str):
            raise ProjectError(path)
        return path

    return path_of


def _clock_columns(table: Table, names: list[str]) -> set[str]:
    """Which of start and end hold times as minutes:seconds all through, and so count seconds."""
    found = {name for name in ("start", "end") if name in names}
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
    if units[there[0]] is None and there[0] not in filled:
        return None
    if units[there[0]] is None:
        raise ProjectError(
            f"{path} does not say whether its column {which!r} counts seconds or frames. "
            f"Name it {which}_s or {which}_frame, or say the unit when importing."
        )
    return there[0], units[there[0]]
