"""Files that a project refers to and that no output may replace."""

from collections.abc import Iterable
from pathlib import Path

from actiondiff_gui.project.records import Video
from actiondiff_gui.protected import Known


def known_files(project: Path, videos: Iterable[Video]) -> Known:
    """Return the file of a project and its videos. Files in the folders beside it are recognised by their path."""
    files = {video.path: f"a video of the project {project.name}" for video in videos}
    return Known({**files, project: "the project itself"})
