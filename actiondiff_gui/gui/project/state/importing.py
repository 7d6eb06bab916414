"""Import of tables of clips and labels: reading, planning, preview and writing to the project."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.gui.session.clip_table import ClipTable
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.formats.imports.clip_rows import ClipRows, read_clips
from actiondiff_gui.project.formats.imports.clip_table import plan_clips_job
from actiondiff_gui.project.formats.imports.labels import carry_out
from actiondiff_gui.project.formats.imports.measure import MeasuredVideo, measure_video
from actiondiff_gui.project.formats.imports.plan import Choice, Plan, plan_job
from actiondiff_gui.project.formats.imports.report import ImportReport, Problem, ProblemList, Problems
from actiondiff_gui.project.formats.imports.video_match import beside
from actiondiff_gui.project.formats.readers.contents import NAMES, ForeignTable
from actiondiff_gui.project.formats.readers.detect import CLIPS, kind_of, read_foreign
from actiondiff_gui.project.formats.readers.reader import Unsaid
from actiondiff_gui.project.formats.tables.cells import Unit
from actiondiff_gui.project.project import Project

TABLES = (
    *(".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".ods", ".boris", ".gz"),
    *(".json", ".eaf", ".xml", ".annot", ".npy", ".nwb"),
)
"""Endings of files that may be tables."""
KINDS = {CLIPS: "Table of clips", **NAMES}
"""Description of all formats that can be read."""
MOST_SHOWN = 100
"""Largest number of bouts in the preview of an import."""
_OF_ONE_VIDEO = 20


@dataclass(frozen=True)
class Reading:
    """Settings of reading that a person set; None where the file decides.

    Attributes
    ----------
    kind : str, optional
        A key of :data:`KINDS`.
    unit : {"seconds", "frames"}, optional
        What ``start`` and ``end`` of a table of clips count.
    video : str, optional
        The video of a file that names none.
    columns : tuple of str, optional
        Columns of a table with a row for each frame.
    unite_case : bool
        Whether behaviours that differ by capitals only are one.
    """

    kind: str | None = None
    unit: Unit | None = None
    video: str | None = None
    columns: tuple[str, ...] | None = None
    unite_case: bool = False


@dataclass(frozen=True, eq=False)
class Draft:
    """Files that were read, and the questions that remain about them.

    Attributes
    ----------
    paths : tuple of Path
    reading : Reading
    tables : tuple of (ForeignTable or ClipRows)
    unread : Problems
        Files that cannot be read, each with its reason.
    asks : Unsaid or None
        What has to be said first.
    kinds : tuple of str
        What the files were recognised as, or are said to be: keys of :data:`KINDS`.
    """

    paths: tuple[Path, ...]
    reading: Reading
    tables: tuple[ForeignTable | ClipRows, ...]
    unread: Problems
    asks: Unsaid | None = None
    kinds: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The file, or how many there are."""
        return self.paths[0].name if len(self.paths) == 1 else f"{len(self.paths):,} files"

    @property
    def recognised(self) -> str:
        """What the files were recognised as: "BORIS tabular events, 3 observations"."""
        kinds = [KINDS[kind] for kind in self.kinds]
        count = sum(getattr(table, "observations", 0) for table in self.tables)
        told = [f"{count:,} observation{'' if count == 1 else 's'}"] if count else []
        return ", ".join([*kinds, *told])

    @property
    def counts(self) -> dict[str, int]:
        """Each behaviour with the number of its bouts or labels, in the order of the files."""
        counts: dict[str, int] = {}
        for table in self.tables:
            counts |= {name: counts.get(name, 0) for name in table.behaviours}
            if isinstance(table, ClipRows):
                said = [label for row in table.rows for label in row.labels]
            else:
                said = [stretch.behaviour for stretch in table.stretches]
            for name in said:
                counts[name] += 1
        return counts

    @property
    def points(self) -> int:
        """How many events have no duration."""
        return sum(s.point for table in self._foreign for s in table.stretches)

    @property
    def spellings(self) -> tuple[tuple[str, ...], ...]:
        """Behaviours that differ in capitals only and would lose bouts: to be asked whether each is one."""
        return tuple(dict.fromkeys(names for table in self._foreign for names in table.spellings))

    @property
    def doubtful(self) -> tuple[str, ...]:
        """Columns of 0 and 1 among columns of other numbers, which may be no behaviours."""
        return tuple(name for table in self._foreign for name in table.doubtful)

    @property
    def fields(self) -> tuple[str, ...]:
        """Metadata fields of tables of clips, one of which may be the domain."""
        tables = [table for table in self.tables if isinstance(table, ClipRows)]
        return tuple(dict.fromkeys(name for table in tables for name in table.fields))

    @property
    def unit(self) -> bool:
        """Whether the unit of times has to be asked for."""
        return (self.asks is not None and self.asks.what == "unit") or any(
            isinstance(table, ClipRows) and table.asks_unit for table in self.tables
        )

    @property
    def leads_out(self) -> bool:
        """Whether a table of clips names videos outside its own folder."""
        return any(isinstance(table, ClipRows) and table.leads_out for table in self.tables)

    @property
    def _foreign(self) -> list[ForeignTable]:
        return [table for table in self.tables if isinstance(table, ForeignTable)]


def read_job(paths: Sequence[Path], reading: Reading) -> Job[Draft]:
    """Read files of tables; an unreadable file does not stop the others.

    Raises
    ------
    ProjectError
        None of them can be read, and nothing that could be said would help.
    """
    tables, unread, asks, kinds = [], ProblemList(), None, {}
    for done, path in enumerate(paths):
        yield Progress(done, len(paths), f"reading {path.name}")
        try:
            kind = reading.kind or kind_of(path)
            kinds.setdefault(kind)
            if kind == CLIPS:
                tables.append(read_clips(path, reading.unit))
            else:
                columns = list(reading.columns) if reading.columns else None
                tables.append(read_foreign(path, kind, columns, reading.video, reading.unite_case))
        except Unsaid as error:
            asks = asks or error
            unread.append(Problem(path, None, str(error)))
        except ProjectError as error:
            unread.append(Problem(path, None, str(error)))
    if not tables and asks is None and reading.kind is None:
        raise ProjectError(unread[0].reason)
    return Draft(tuple(paths), reading, tuple(tables), unread.sealed(), asks, tuple(kinds))


@dataclass(frozen=True)
class Bout:
    """One bout that would be imported, for the preview.

    Attributes
    ----------
    path : Path
        Its video.
    start, end : int
        First frame, and the frame after the last one.
    fps : float
    actions : str
        What it is labelled as, "not walk" for an action that it does not show.
    line : int or None
        Line of the table.
    subject : str or None
    """

    path: Path
    start: int
    end: int
    fps: float
    actions: str
    line: int | None
    subject: str | None


@dataclass(frozen=True, eq=False)
class Planned:
    """Outcome that an import would have.

    Attributes
    ----------
    draft : Draft
    choice : Choice
        What the plans follow.
    plans : tuple of Plan
        One for each table of the draft.
    """

    draft: Draft
    choice: Choice
    plans: tuple[Plan, ...]

    @property
    def actions(self) -> dict[str, str | None]:
        """The action that each behaviour becomes."""
        return {behaviour: action for plan in self.plans for behaviour, action in plan.actions.items()}

    @property
    def videos(self) -> dict[str, str | None]:
        """Each media file as written, with the id of its video; "" for one that would be added, None for none."""
        return {written: found for plan in self.plans for written, found in plan.matched.items()}

    @property
    def missing(self) -> list[str]:
        """Media files as written that were not found."""
        return [written for written, found in self.videos.items() if found is None]

    @property
    def clips(self) -> int:
        """How many bouts or clips would go in."""
        return sum(plan.bouts for plan in self.plans)

    @property
    def filled(self) -> int:
        """How many videos they are in."""
        return len({one.path for plan in self.plans for one in plan.videos if one.entries})

    @property
    def problems(self) -> Problems:
        """What would not go in."""
        found = ProblemList(self.draft.unread)
        for plan in self.plans:
            found += plan.problems
        return found.sealed()

    @property
    def notes(self) -> Problems:
        """What would go in, with something to know about it."""
        found = ProblemList()
        for plan in self.plans:
            found += plan.notes
        return found.sealed()

    def bouts(self) -> list[Bout]:
        """Return the first bouts of each video, a hundred at most."""
        found = [
            Bout(
                one.path, e.start, e.end, (one.measured or one.video).fps, _said(e.labels), e.line, e.subject
            )
            for plan in self.plans
            for one in plan.videos
            for e in sorted(one.entries, key=lambda entry: entry.start)[:_OF_ONE_VIDEO]
        ]
        return found[:MOST_SHOWN]


def _said(labels: Mapping[str, int]) -> str:
    return ", ".join(name if value > 0 else f"not {name}" for name, value in labels.items())


@dataclass(eq=False)
class Measures:
    """Measured videos of one import, each measured once for each state of its file, however often choices change."""

    known: dict[tuple[Path, int, int], MeasuredVideo] = field(default_factory=dict)

    def __call__(self, path: Path) -> MeasuredVideo:
        """Measure a video; raises VideoError where it cannot be read."""
        try:
            state = path.stat()
        except OSError:
            return measure_video(path)
        key = (path, state.st_size, state.st_mtime_ns)
        if key not in self.known:
            self.known[key] = measure_video(path)
        return self.known[key]


def planned_job(project: Project, draft: Draft, choice: Choice | None, measure: Measures) -> Job[Planned]:
    """Plan the import of files that were read; without a choice, doubtful columns are left out."""
    choice = choice or Choice(dict.fromkeys(draft.doubtful))
    plans = []
    for table in draft.tables:
        plan = plan_clips_job if isinstance(table, ClipRows) else plan_job
        plans.append((yield from plan(project, table, choice, measure)))
    return Planned(draft, choice, tuple(plans))


def found_in(missing: Sequence[str], folder: Path) -> dict[str, Path]:
    """Return which media files lie in a folder, by name, or by the folders that they are written with."""
    found = {}
    for written in missing:
        parts = [
            part
            for part in written.replace("\\", "/").split("/")
            if part not in ("", ".", "..") and ":" not in part
        ]
        for directory in (folder.joinpath(*parts[-2:-1]), folder):
            path = beside(written, directory)
            if path is not None:
                found[written] = path
                break
    return found


def pictures_job(bout: Bout, width: int, height: int) -> Job[tuple[np.ndarray, np.ndarray]]:
    """Return the first and the last frame of a bout, scaled to fit: uint8 ``[h, w, 3]`` each.

    Raises
    ------
    VideoError
        The video cannot be read.
    """
    from actiondiff_gui.video.preview import shrunk
    from actiondiff_gui.video.reader import VideoReader, kept_index

    yield Progress(0, 2, "reading frames")
    with VideoReader(bout.path, kept_index(bout.path)) as video:
        first = shrunk(video.view(bout.start), width, height)
        yield Progress(1, 2, "reading frames")
        return first, shrunk(video.view(bout.end - 1), width, height)


def enter_job(
    project: Project, planned: Planned, by: str | None, domain: str | None = None
) -> Job[tuple[ImportReport, ClipTable]]:
    """Import the plan, all or nothing; ``domain`` is the metadata field that becomes the domain."""
    report = yield from carry_out(project, planned.plans, by)
    if domain and domain in project.facets():
        project.domain_facet = domain
    problems = ProblemList(planned.draft.unread)
    problems += report.problems
    return replace(report, problems=problems.sealed()), ClipTable.read(project)
