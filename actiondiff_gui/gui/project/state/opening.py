"""Jobs that open and create projects and import videos, and guesses about what was dropped."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from actiondiff_gui.app_folders import home, made
from actiondiff_gui.errors import ProjectError
from actiondiff_gui.gui.session.clip_table import ClipTable
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.backups import restoring
from actiondiff_gui.project.backups.making import Backup
from actiondiff_gui.project.formats.imports.clip_table import import_clip_table
from actiondiff_gui.project.formats.imports.entry import Tally
from actiondiff_gui.project.formats.imports.folders import import_folders
from actiondiff_gui.project.formats.imports.measure import VIDEO_SUFFIXES
from actiondiff_gui.project.formats.imports.report import ImportReport
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.storage.database import holds_nothing
from actiondiff_gui.resources import sample_data

SUFFIX = ".actiondiff"
LAYOUTS = {
    "": ((), "videos without labels"),
    "domain": (("domain",), "folders are a metadata field (cage, camera), no labels"),
    "class": (("class",), "folders are actions"),
    "domain/class": (("domain", "class"), "folders are domains, in them actions"),
    "class/domain": (("class", "domain"), "folders are actions, in them domains"),
}
"""What folders can stand for: levels for :func:`import_folders`, and words for the window."""
MOST_LOOKED_AT = 2000


@dataclass(frozen=True)
class Opened:
    """A project that was opened, and the rows of its clips."""

    project: Project
    table: ClipTable


def open_job(path: Path, create: bool = False) -> Job[Opened]:
    """Open or create a project and read its clips.

    Raises
    ------
    ProjectError
        If it cannot be opened.
    """
    yield Progress(0, 0, f"opening {path.name}")
    project = Project.create(path) if create else Project.open(path)
    try:
        table = ClipTable.read(project)
        yield Progress(1, 1, f"opened {path.name}")
    except BaseException:
        project.close()
        raise
    return Opened(project, table)


def restore_job(path: Path, backup: Backup) -> Job[Opened]:
    """Replace the project at ``path`` with a backup, and open it.

    Raises
    ------
    ProjectError
        See :func:`~actiondiff_gui.project.backups.restoring.restore_job`.
    """
    yield from restoring.restore_job(path, backup)
    return (yield from open_job(path))


def sample_job() -> Job[Opened]:
    """Open the sample project, created on first use in the app's own folder."""
    folder = made(home() / "sample")
    file = folder / f"sample{SUFFIX}"
    project = Project.create(file) if holds_nothing(file) else Project.open(file)
    try:
        table = sample_data("clips", "clips.csv")
        if not project.setting("sample complete"):
            yield from import_clip_table(project, table)
            yield from import_videos(project, [sample_data("recording", "arena.mp4")])
            project.domain_facet = "species"
            # In the sample's short clips what changes from frame to frame tells the actions, and their mean hardly.
            project.set_setting("lab", {"summary": "mean+std+absdiff"})
            project.set_setting("sample complete", True)
        rows = ClipTable.read(project)
    except BaseException:
        project.close()
        raise
    return Opened(project, rows)


def import_job(
    project: Project, paths: Sequence[Path], layout: str = "", domain: str = "domain"
) -> Job[ImportReport]:
    """Import folders by ``layout``, and single videos, into a project; tables are read by :mod:`importing`.

    Parameters
    ----------
    paths : sequence of Path
    layout : str
        A key of :data:`LAYOUTS`: what the folders among ``paths`` stand for.
    domain : str
        Name of the facet that a folder level of domains tells.

    Raises
    ------
    ProjectError
        If a file is no video. What came before it is kept.
    """
    levels = LAYOUTS[layout][0]
    plain = "class" not in levels
    videos = [p for p in paths if p.suffix.lower() in VIDEO_SUFFIXES or (p.is_dir() and plain)]
    reports = []
    for path in paths:
        if path in videos:
            continue
        if path.is_dir():
            reports.append((yield from import_folders(project, path, levels=levels, domain_facet=domain)))
        else:
            raise ProjectError(
                f"{path} is neither a video, a folder of videos, nor a table of clips. Choose another file."
            )
    if videos:
        field = domain if "domain" in levels and plain else None
        reports.append((yield from import_videos(project, videos, folder_facet=field)))
    total = Tally(set())
    for report in reports:
        total.clips += report.clips_added
        total.videos += report.videos_added
        total.labels += report.labels_added
        total.problems += report.problems
        total.notes += report.notes
    return total.report()


def guess_layout(folder: Path) -> str:
    """Guess what the folders in ``folder`` stand for: the key of :data:`LAYOUTS` that fits most videos.

    Looks at the first two thousand files at most. Of two levels the outer one is taken for the domain.
    """
    depths = [0, 0, 0]
    looked = 0
    for place, _, names in os.walk(folder):
        depth = len(Path(place).relative_to(folder).parts)
        for name in names:
            looked += 1
            if Path(name).suffix.lower() in VIDEO_SUFFIXES:
                depths[min(depth, 2)] += 1
        if looked > MOST_LOOKED_AT:
            break
    best = max(range(3), key=lambda d: (depths[d], -d))
    return ("", "class", "domain/class")[best]


def new_project_path(name: str, folder: Path | None = None) -> Path:
    """Return an unused path for a new project called ``name``, by default in the app's own folder."""
    folder = made(folder or home() / "projects")
    name = "".join(c if c.isalnum() or c in "-_ " else "_" for c in name).strip() or "project"
    for number in range(1, 10_000):
        path = folder / f"{name}{'' if number == 1 else f' {number}'}{SUFFIX}"
        if not path.exists():
            return path
    raise ProjectError(f"{folder} holds too many projects called {name}. Choose another name.")
