"""How do other tools' tables get into the window? Jobs that read them, say what would come of it, and enter it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.formats.detect import CLIPS, kind_of, read_foreign
from actiondiff_gui.project.formats.foreign import ForeignTable
from actiondiff_gui.project.formats.foreign_import import carry_out
from actiondiff_gui.project.formats.foreign_plan import Choice, Plan, plan_job
from actiondiff_gui.project.formats.measure import MeasuredVideo, measure_video
from actiondiff_gui.project.formats.report import ImportReport, ProblemList, Problems
from actiondiff_gui.project.project import Project
from actiondiff_gui.session.clip_table import ClipTable

TABLES = (
    *(".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".ods", ".boris", ".gz"),
    *(".json", ".eaf", ".xml", ".annot", ".npy"),
)
"""Endings of files that may be tables."""


@dataclass(frozen=True, eq=False)
class Planned:
    """Tables of other tools, and what would come of each.

    Attributes
    ----------
    tables : tuple of ForeignTable
    choice : Choice
        What the plans follow.
    plans : tuple of Plan
    """

    tables: tuple[ForeignTable, ...]
    choice: Choice
    plans: tuple[Plan, ...]

    @property
    def behaviours(self) -> dict[str, int]:
        """Each behaviour with the number of its bouts, in the order of the files."""
        counts: dict[str, int] = {}
        for table in self.tables:
            for behaviour in table.behaviours:
                counts.setdefault(behaviour, 0)
            for stretch in table.stretches:
                counts[stretch.behaviour] += 1
        return counts

    @property
    def actions(self) -> dict[str, str | None]:
        """The action that each behaviour becomes."""
        return {behaviour: action for plan in self.plans for behaviour, action in plan.actions.items()}

    @property
    def videos(self) -> dict[str, str | None]:
        """Each media file as written, with the id of its video; "" for one that would be added, None for none."""
        found: dict[str, str | None] = {}
        for plan in self.plans:
            found.update(plan.matched)
        return found

    @property
    def spellings(self) -> tuple[tuple[str, ...], ...]:
        """Behaviours that differ by capitals only and for that reason lose bouts: to be asked whether each is one.

        If so, the files are to be read again with ``unite_case``.
        """
        return tuple(dict.fromkeys(names for table in self.tables for names in table.spellings))

    @property
    def points(self) -> int:
        """How many events have no duration."""
        return sum(stretch.point for table in self.tables for stretch in table.stretches)

    @property
    def bouts(self) -> int:
        """How many bouts would go in."""
        return sum(plan.bouts for plan in self.plans)

    @property
    def problems(self) -> Problems:
        """What would not go in."""
        return _together(plan.problems for plan in self.plans)

    @property
    def notes(self) -> Problems:
        """What would go in, with something to know about it."""
        return _together(plan.notes for plan in self.plans)


def _together(parts: Iterable[Problems]) -> Problems:
    found = ProblemList()
    for part in parts:
        found += part
    return found.sealed()


def sort_job(paths: Sequence[Path]) -> Job[tuple[list[Path], list[Path]]]:
    """Which of some files are tables of other tools, and which are something else?

    Raises
    ------
    ProjectError
        A table is in no format that is known.
    """
    foreign, ours = [], []
    for done, path in enumerate(paths):
        yield Progress(done, len(paths), f"looking at {path.name}")
        table = not path.is_dir() and path.suffix.casefold() in TABLES
        (foreign if table and kind_of(path) != CLIPS else ours).append(path)
    return foreign, ours


def read_job(project: Project, paths: Sequence[Path], unite_case: bool = False) -> Job[Planned]:
    """Read tables of other tools and plan their import. Columns of 0 and 1 among others are left out at first.

    With ``unite_case`` behaviours that differ by capitals only are one.

    Raises
    ------
    ProjectError
        One of them cannot be read.
    """
    tables = []
    for done, path in enumerate(paths):
        yield Progress(done, len(paths), f"reading {path.name}")
        tables.append(read_foreign(path, unite_case=unite_case))
    choice = Choice({name: None for table in tables for name in table.doubtful})
    return (yield from replan_job(project, tables, choice))


def replan_job(project: Project, tables: Sequence[ForeignTable], choice: Choice) -> Job[Planned]:
    """Plan the import of tables by another choice."""
    plans = []
    for table in tables:
        plans.append((yield from plan_job(project, table, choice, measured)))
    return Planned(tuple(tables), choice, tuple(plans))


def measured(path: Path) -> MeasuredVideo:
    """Measure a video, once for each state of its file: a choice that changes shall not read it anew."""
    try:
        stamp = path.stat()
    except OSError:
        return measure_video(path)
    return _measured(path, stamp.st_mtime_ns, stamp.st_size)


@lru_cache(maxsize=32)
def _measured(path: Path, *_: int) -> MeasuredVideo:
    return measure_video(path)


def enter_job(project: Project, planned: Planned, by: str | None) -> Job[tuple[ImportReport, ClipTable]]:
    """Enter what was planned, all together or nothing."""
    report = yield from carry_out(project, planned.plans, by)
    return report, ClipTable.read(project)
