"""Import of unlabelled video files.

A short video becomes one clip from its first frame to its last; a recording gets none, because its clips
are the bouts that are marked later.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.progress import Job, Progress
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

CLIP_SECONDS = 60.0
"""A longer video is a recording."""


def import_videos(
    project: Project,
    paths: Iterable[Path],
    *,
    clip_seconds: float = CLIP_SECONDS,
    folder_facet: str | None = None,
    measure: Callable[[Path], MeasuredVideo] = measure_video,
) -> Job[ImportReport]:
    """Add video files without labels. Adding a file again changes nothing.

    Parameters
    ----------
    paths : iterable of Path
        Video files; of folders, all videos in them and in the folders inside, but for hidden ones.
    clip_seconds : float
        A video of at most this length becomes one clip.
    folder_facet : str, optional
        Metadata field of the videos (cage, camera) that the names of the folders directly inside tell.
    measure : callable
        Measures a video file.
    """
    tally = Tally({video.id for video in project.videos()})
    files: list[Path] = []
    named: dict[Path, str] = {}
    for path in map(absolute, paths):
        if not path.is_dir():
            files.append(path)
            continue
        inside = _inside(path)
        found = [each for each in inside if each.suffix.lower() in VIDEO_SUFFIXES]
        files += found
        if folder_facet is not None:
            named |= {each: each.relative_to(path).parts[0] for each in found if each.parent != path}
        others = passed_over(inside)
        if others is not None:
            tally.notes += (Problem(path, None, others),)
    failed: tuple[str, ...] = ()
    for done, path in enumerate(files):
        yield Progress(done, len(files), f"reading {path.name}", failed)
        facets = {folder_facet: named[path]} if folder_facet is not None and path in named else {}
        reason = _enter(project, path, clip_seconds, facets, measure, tally)
        if reason is not None:
            tally.problems += (Problem(path, None, reason),)
            failed += (str(tally.problems[-1]),)
    yield Progress(len(files), len(files), "read", failed)
    return tally.report()


def _enter(
    project: Project,
    path: Path,
    clip_seconds: float,
    facets: dict[str, str],
    measure: Callable[[Path], MeasuredVideo],
    tally: Tally,
) -> str | None:
    measured = measured_or_reason(path, measure)
    if isinstance(measured, str):
        return measured
    whole = [Entry(None, 0, measured.frame_count, {})]
    short = measured.frame_count <= clip_seconds * measured.fps
    try:
        enter(
            *(project, path, measured, whole if short else [], tally),
            table=path,
            by="files",
            video_facets=facets,
        )
    except ProjectError as error:
        return str(error)
    tally.notes += tuple(Problem(path, None, warning) for warning in measured.warnings)
    return None


def _inside(folder: Path) -> list[Path]:
    """All files in a folder and in the folders inside, by name, without hidden ones."""
    found: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(place, name) for name in sorted(names) if not name.startswith(".")]
    return found
