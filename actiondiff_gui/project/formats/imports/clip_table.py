"""Import of a clip table; its columns are those of :mod:`clip_rows`."""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project import checks
from actiondiff_gui.project.formats.imports.behaviours import check_chosen
from actiondiff_gui.project.formats.imports.clip_rows import ClipRows, Row, read_clips
from actiondiff_gui.project.formats.imports.entry import Entry, Tally, enter, measured_or_reason
from actiondiff_gui.project.formats.imports.measure import MeasuredVideo, first_frame_at, measure_video
from actiondiff_gui.project.formats.imports.plan import Choice, Plan, VideoPlan
from actiondiff_gui.project.formats.imports.report import ImportReport, Problem, ProblemList
from actiondiff_gui.project.formats.tables.cells import Unit, read_video_path
from actiondiff_gui.project.paths import absolute
from actiondiff_gui.project.project import Project

PAST_END_S = 1.0
"""An end in seconds may lie this far behind the last frame: annotation tools round up."""


def import_clip_table(
    project: Project,
    path: str | os.PathLike[str],
    *,
    unit: Unit | None = None,
    allow_outside: bool = False,
    choice: Choice | None = None,
    by: str | None = None,
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
    choice : Choice, optional
        Other actions for labels, and other videos.
    by : str, optional
        Name kept with each label; the table's by default.
    measure : callable
        Measures a video file.

    Raises
    ------
    ProjectError
        The file is no such table. Nothing was imported.
    """
    path = absolute(path)
    yield Progress(0, 0, f"reading {path.name}")
    clips, choice = read_clips(path, unit), choice or Choice()
    choice = replace(choice, outside=allow_outside or choice.outside)
    check_chosen(clips, choice.actions)
    films = _Films(project, clips, choice, measure)
    tally = Tally({video.id for video in project.videos()}, problems=films.problems, notes=films.notes)
    failed = tally.failed()
    for done, video in enumerate(films.rows):
        yield Progress(done, len(films.rows), f"reading {video.name}", failed)
        before = len(tally.problems)
        plan = films.plan(video)
        if plan is not None:
            _enter(project, clips, plan, by, tally)
        failed += tuple(map(str, tally.problems[before:]))
    yield Progress(len(films.rows), len(films.rows), f"read {path.name}", failed)
    return tally.report(by_line=True)


def plan_clips_job(
    project: Project,
    clips: ClipRows,
    choice: Choice | None = None,
    measure: Callable[[Path], MeasuredVideo] = measure_video,
) -> Job[Plan]:
    """Return what :func:`import_clip_table` would do; nothing is changed."""
    choice = choice or Choice()
    films = _Films(project, clips, choice, measure)
    plans = []
    for done, video in enumerate(films.rows):
        yield Progress(done, len(films.rows), f"reading {video.name}")
        plans.append(films.plan(video))
    yield Progress(len(films.rows), len(films.rows), "compared")
    return Plan(
        clips,
        {label: choice.actions.get(label, label) for label in clips.behaviours},
        tuple(plan for plan in plans if plan is not None),
        films.problems.sealed(by_line=True),
        films.notes.sealed(by_line=True),
        films.matched,
    )


class _Films:
    """The video files of a table of clips with their rows, and the clips of each.

    Attributes
    ----------
    rows : dict of Path to (list of Row)
    matched : dict of str to (str or None)
        As :attr:`Plan.matched`.
    problems, notes : ProblemList
    """

    def __init__(
        self,
        project: Project,
        clips: ClipRows,
        choice: Choice,
        measure: Callable[[Path], MeasuredVideo],
    ) -> None:
        self.clips, self.choice, self.measure = clips, choice, measure
        self.problems, self.notes = ProblemList(clips.problems), ProblemList()
        videos = project.videos()
        self._by_id, self._by_path = ({getattr(v, key): v for v in videos} for key in ("id", "path"))
        self.rows: dict[Path, list[Row]] = {}
        self.matched: dict[str, str | None] = {}
        found = {name: self._found(name) for name in clips.videos}
        for row in clips.rows:
            path = found[row.video]
            if isinstance(path, str):
                self.problems.append(Problem(clips.path, row.line, path))
            else:
                self.rows.setdefault(path, []).append(row)

    def _found(self, name: str) -> Path | str:
        """Return the file that a name means, or why there is none."""
        self.matched[name] = None
        try:
            if name in self.choice.files:
                path = absolute(self.choice.files[name])
            elif self.choice.videos.get(name) in self._by_id:
                path = self._by_id[self.choice.videos[name]].path
            else:
                path = read_video_path(name, self.clips.path.parent, self.choice.outside)
        except ProjectError as error:
            return str(error)
        video = self._by_path.get(path)
        self.matched[name] = "" if video is None else video.id
        return path

    def plan(self, path: Path) -> VideoPlan | None:
        """Return the clips of one video; None where none of its rows can go in."""
        measured, table, rows = measured_or_reason(path, self.measure), self.clips.path, self.rows[path]
        if isinstance(measured, str):
            self.problems += (Problem(table, row.line, measured) for row in rows)
            return None
        entries, group = [], next((row.source_group for row in rows if row.source_group), None)
        for row in rows:
            try:
                if row.source_group not in (None, group):
                    raise ProjectError(
                        f"the video is in source group {group!r} in an earlier line and in {row.source_group!r} "
                        "in this one. A video has one group; correct one of them."
                    )
                entries.append(_entry(row, measured, self.choice.actions))
            except ProjectError as error:
                self.problems.append(Problem(table, row.line, str(error)))
            else:
                if row.end is not None and row.end[0] == "seconds" and _past_end(row.end[1], measured) > 0:
                    note = "the clip was ended with its video, which ends a little earlier."
                    self.notes.append(Problem(table, row.line, note))
        if not entries:
            return None
        self.notes += (Problem(path, None, warning) for warning in measured.warnings)
        return VideoPlan(path, self._by_path.get(path), measured, tuple(entries), source_group=group)


def _enter(project: Project, clips: ClipRows, plan: VideoPlan, by: str | None, tally: Tally) -> None:
    table, entries = clips.path, plan.entries
    assert plan.measured is not None  # a table of clips is planned with measured videos only
    try:
        enter(
            project,
            plan.path,
            plan.measured,
            entries,
            tally,
            table=table,
            by=by or table.name,
            source_group=plan.source_group,
        )
    except ProjectError as error:
        tally.problems += (Problem(table, entry.line, str(error)) for entry in entries)


def _entry(row: Row, measured: MeasuredVideo, actions: Mapping[str, str | None]) -> Entry:
    start, end = checks.bounds(
        0 if row.start is None else _frame(row.start, measured),
        measured.frame_count if row.end is None else _frame(row.end, measured),
        measured.frame_count,
    )
    roi = checks.roi(row.roi, measured.width, measured.height)
    labels = _renamed(row.labels, actions) if actions else row.labels
    return Entry(row.line, start, end, labels, row.subject, roi, row.facets)


def _renamed(labels: Mapping[str, int], actions: Mapping[str, str | None]) -> dict[str, int]:
    """Labels under the names that were chosen for them, without those that are left out."""
    out: dict[str, int] = {}
    for label, value in labels.items():
        name = actions.get(label, label)
        if name is not None and out.setdefault(checks.action_name(name), value) != value:
            raise ProjectError(
                f"{label!r} says the opposite of another label that becomes the action {name!r}. Choose another action for one."
            )
    return out


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
