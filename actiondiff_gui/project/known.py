"""Which files does a project know, so that no output may replace them?"""

from collections.abc import Iterable
from pathlib import Path

from actiondiff_gui.outputs import Known
from actiondiff_gui.project.records import Video


def known_files(project: Path, videos: Iterable[Video]) -> Known:
    """The file of a project and its videos. What lies in the folders beside it is known by where it lies."""
    files = {video.path: f"a video of the project {project.name}" for video in videos}
    return Known({**files, project: "the project itself"})
