"""Videos of a project that lie elsewhere now, found again by their content."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.formats.imports.measure import VIDEO_SUFFIXES
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.records import Video


def _fingerprint(path: Path) -> str:
    from actiondiff_gui.video.fingerprint import fingerprint

    return fingerprint(path)


@dataclass(frozen=True)
class Relinked:
    """What a search found.

    Attributes
    ----------
    found : tuple of str
        Ids of the videos that have a place again.
    missing : int
        How many have none yet.
    looked_at : int
        Files whose content was compared.
    problems : tuple of str
        Sentences on files that could not be read, and on folders that could not be looked into.
    """

    found: tuple[str, ...]
    missing: int
    looked_at: int
    problems: tuple[str, ...] = ()


def missing_videos(project: Project) -> list[Video]:
    """Return the videos of a project whose files are not where they were."""
    return [video for video in project.videos() if not video.path.is_file()]


def relink_job(
    project: Project,
    places: Sequence[Path],
    wanted: Sequence[str] | None = None,
    fingerprint: Callable[[Path], str] = _fingerprint,
) -> Job[Relinked]:
    """Look for missing videos in files and folders, and in all folders inside; those that are found get their new place.

    A file is taken for a video when its content has the fingerprint that the video had, whatever its name. Files with
    the name of a missing video are looked at first, so that a moved folder is done soon.

    Parameters
    ----------
    places : sequence of Path
    wanted : sequence of str, optional
        Ids of the videos to look for; at first all that are missing.
    """
    lost = missing_videos(project) if wanted is None else [project.video(each) for each in wanted]
    by_content: dict[str, list[Video]] = {}
    for video in lost:
        by_content.setdefault(video.fingerprint, []).append(video)
    problems: list[str] = []
    files = _files(places, problems)
    names = {video.path.name.casefold() for video in lost}
    files.sort(key=lambda file: file.name.casefold() not in names)
    known = {os.path.normcase(video.path) for video in project.videos() if video.path.is_file()}
    found: list[str] = []
    looked = 0
    for done, file in enumerate(files):
        if not by_content:
            break
        if os.path.normcase(file) in known:
            continue
        yield Progress(done, len(files), f"looking at {file.name}")
        looked += 1
        try:
            content = fingerprint(file)
        except (ActionDiffError, OSError) as error:
            problems.append(str(error))
            continue
        if content not in by_content:
            continue
        alike = by_content[content]
        alike.sort(key=lambda video: video.path.name.casefold() != file.name.casefold())
        video = alike.pop(0)
        if not alike:
            del by_content[content]
        project.move_video(video.id, file, content)
        found.append(video.id)
    yield Progress(len(files), len(files), "looked")
    return Relinked(tuple(found), len(lost) - len(found), looked, tuple(problems))


def _files(places: Sequence[Path], problems: list[str]) -> list[Path]:
    found: dict[Path, None] = {}
    for place in places:
        if not place.is_dir():
            found.setdefault(place)
            continue

        def told(error: OSError) -> None:
            problems.append(f"{error.filename} cannot be looked into: {error.strerror}.")

        for folder, _, names in os.walk(place, onerror=told):
            for name in sorted(names):
                if Path(name).suffix.lower() in VIDEO_SUFFIXES:
                    found.setdefault(Path(folder, name))
    return list(found)
