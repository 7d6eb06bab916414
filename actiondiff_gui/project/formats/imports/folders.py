"""Import of clips from folders that are named after actions or domains.

::

    walk/a.mp4                  levels=("class",)
    mouse/walk/a.mp4            levels=("domain", "class")
    walk/mouse/a.mp4            levels=("class", "domain")

Each video becomes one clip from its first frame to its last.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project import checks
from actiondiff_gui.project.formats.imports.entry import Entry, Tally, enter, measured_or_reason
from actiondiff_gui.project.formats.imports.measure import (
    VIDEO_SUFFIXES,
    MeasuredVideo,
    measure_video,
    passed_over,
)
from actiondiff_gui.project.formats.imports.report import ImportReport, Problem
from actiondiff_gui.project.paths import absolute
from actiondiff_gui.project.project import Project


def import_folders(
    project: Project,
    root: str | os.PathLike[str],
    *,
    levels: Sequence[str] = ("class",),
    domain_facet: str = "domain",
    source_group: Callable[[Path], str | None] | None = None,
    measure: Callable[[Path], MeasuredVideo] = measure_video,
) -> Job[ImportReport]:
    """Add the videos under ``root``, labelled by the folders they lie in.

    Hidden files are skipped, and so are files that are no videos, with a note; a video at another depth is
    reported.
    Importing the same folder again adds nothing.

    Parameters
    ----------
    levels : sequence of {"class", "domain"}
        What the names of the folders on each level stand for: "class" once, "domain" at most once.
    domain_facet : str
        Facet of the videos that holds the name of the domain folder. If the project has no domain yet,
        this facet becomes it.
    source_group : callable, optional
        Names the recording a file was cut from (None: it is a group of its own), for data sets whose file
        names tell it.
    measure : callable
        Measures a video file.

    Raises
    ------
    ProjectError
        ``levels`` make no sense, or ``root`` is not a folder. Nothing was imported.
    """
    levels, root = tuple(levels), absolute(root)
    if levels not in (("class",), ("domain", "class"), ("class", "domain")):
        raise ProjectError(
            f'Folder levels are "class", or "class" and "domain" in some order, not {levels!r}.'
        )
    domain_facet = checks.facet_key(domain_facet)
    if not root.is_dir():
        raise ProjectError(f"There is no folder {root}. Choose the folder that holds the class folders.")
    yield Progress(0, 0, f"looking through {root.name}")
    tally = Tally({video.id for video in project.videos()})
    files = []
    for path, problem, note in _look(root, len(levels)):
        if problem is not None:
            tally.problems += (Problem(path, None, problem),)
        elif note is not None:
            tally.notes += (Problem(path, None, note),)
        else:
            files.append(path)

    failed = tally.failed()
    for done, path in enumerate(files):
        yield Progress(done, len(files), f"reading {path.name}", failed)
        names = dict(zip(levels, path.relative_to(root).parts, strict=False))
        group = None if source_group is None else source_group(path)
        facets = {domain_facet: names["domain"]} if "domain" in names else {}
        reason = _enter(project, root, path, names["class"], facets, group, measure, tally)
        if reason is not None:
            tally.problems += (Problem(path, None, reason),)
            failed += (str(tally.problems[-1]),)
    if "domain" in levels and tally.videos and project.domain_facet is None:
        project.domain_facet = domain_facet
    yield Progress(len(files), len(files), f"read {root.name}", failed)
    return tally.report()


def _enter(
    project: Project,
    root: Path,
    path: Path,
    action: str,
    facets: dict[str, str],
    group: str | None,
    measure: Callable[[Path], MeasuredVideo],
    tally: Tally,
) -> str | None:
    """Add one video; returns why it could not be added."""
    try:
        labels = {checks.action_name(action): 1}
        facets = {key: checks.text(value, f"The facet {key}") for key, value in facets.items()}
        measured = measured_or_reason(path, measure)
        if isinstance(measured, str):
            return measured
        entry = Entry(None, 0, measured.frame_count, labels)
        by = checks.optional_text(root.name, "The name of the folder") or "folders"
        enter(
            *(project, path, measured, [entry], tally),
            table=path,
            by=by,
            source_group=checks.optional_text(group, "The source group"),
            video_facets=facets,
        )
    except ProjectError as error:
        return str(error)
    tally.notes += tuple(Problem(path, None, warning) for warning in measured.warnings)
    return None


def _look(folder: Path, depth: int) -> Iterator[tuple[Path, str | None, str | None]]:
    """Videos ``depth`` folders down, by name; what lies elsewhere with the problem; what is no video with a note."""
    try:
        inside = sorted((p for p in folder.iterdir() if not p.name.startswith(".")), key=lambda p: p.name)
    except OSError as error:
        yield folder, f"the folder cannot be read: {error.strerror or error}.", None
        return
    files = [p for p in inside if p.is_file()]
    videos = [p for p in files if p.suffix.lower() in VIDEO_SUFFIXES]
    folders = [p for p in inside if p.is_dir()]
    for video in videos:
        above = "the video lies above the folders of its class. Move it into one of them."
        yield video, above if depth else None, None
    others = passed_over(files)
    if others is not None:
        yield folder, None, others
    for deeper in folders:
        if depth == 0:
            below = "the folder lies below the folders of a class and was not read. Check the levels."
            yield deeper, below, None
        else:
            yield from _look(deeper, depth - 1)
    if depth == 0 and not videos and not folders:
        yield folder, "the folder holds no video.", None
