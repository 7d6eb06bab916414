"""Import of another tool's labels: the whole file in one step, or nothing."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.formats.imports.behaviours import check_chosen
from actiondiff_gui.project.formats.imports.entry import Tally, enter
from actiondiff_gui.project.formats.imports.measure import MeasuredVideo, measure_video
from actiondiff_gui.project.formats.imports.plan import Choice, Plan, plan_job
from actiondiff_gui.project.formats.imports.report import ImportReport
from actiondiff_gui.project.formats.readers.detect import read_foreign
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.records import Video


def import_foreign(
    project: Project,
    path: Path,
    *,
    kind: str | None = None,
    choice: Choice | None = None,
    columns: list[str] | None = None,
    video: str | None = None,
    unite_case: bool = False,
    by: str | None = None,
    measure: Callable[[Path], MeasuredVideo] = measure_video,
) -> Job[ImportReport]:
    """Read, compare and enter a file of another tool as labels with the source "import".

    Parameters
    ----------
    project, path
    kind, columns, video, unite_case
        See :func:`~actiondiff_gui.project.formats.readers.detect.read_foreign`.
    choice : Choice, optional
    by : str, optional
        Name kept with each label; the file's by default.
    measure : callable
        Measures a video file.

    Raises
    ------
    ProjectError
        The file is in no format that is known, or the project cannot take it. Nothing was changed.
    """
    path = Path(path)
    yield Progress(0, 0, f"reading {path.name}")
    table = read_foreign(path, kind, columns, video, unite_case)
    if table.doubtful:
        raise ProjectError(
            f"{path} holds other numbers beside columns of 0 and 1, so it cannot be told which are behaviours. Name the "
            f"columns that are (--columns); those of 0 and 1 are: {', '.join(table.doubtful[:20])}."
        )
    check_chosen(table, choice.actions if choice else {})
    plan = yield from plan_job(project, table, choice, measure)
    return (yield from carry_out(project, [plan], by))


def carry_out(project: Project, plans: Sequence[Plan], by: str | None = None) -> Job[ImportReport]:
    """Enter what was planned, in one step for each video that undo takes back, and all together or not at all.

    Parameters
    ----------
    project : Project
    plans : sequence of Plan
        One for each file.
    by : str, optional
        Name kept with each label; that of its file by default.

    Raises
    ------
    ProjectError
        The project cannot take it. Nothing was changed.
    """
    yield Progress(0, 1, f"entering {sum(plan.bouts for plan in plans):,} bouts")
    tally = Tally({video.id for video in project.videos()})
    with project.transaction():
        for plan in plans:
            tally.problems += plan.problems
            tally.notes += plan.notes
            path = plan.table.path
            for one in plan.videos:
                if not one.entries:
                    continue
                measured = one.measured
                if measured is None:
                    assert one.video is not None  # a video that is not in the project was measured
                    measured = _as_kept(one.video)
                enter(
                    project,
                    one.path,
                    measured,
                    one.entries,
                    tally,
                    table=path,
                    by=by or path.name,
                    source_group=one.source_group,
                    video_facets=one.facets,
                )
    yield Progress(1, 1, "entered")
    return tally.report()


def _as_kept(video: Video) -> MeasuredVideo:
    return MeasuredVideo(
        video.frame_count, video.fps, video.width, video.height, video.fingerprint, np.zeros(0)
    )
