"""An empty project, and videos to put into it."""

from collections.abc import Callable

import pytest

from actiondiff_gui.project.project import Project
from actiondiff_gui.project.records import Video


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "study"
    folder.mkdir()
    with Project.create(folder / "mice.sqlite") as project:
        yield project


@pytest.fixture
def add_video(project) -> Callable[..., Video]:
    """Return a function that adds a video of 1000 frames to the project, without a file."""

    def add(name: str = "a.mp4", **given) -> Video:
        known = {"frame_count": 1000, "fps": 25.0, "width": 640, "height": 480, "fingerprint": f"of {name}"}
        return project.add_video(project.path.parent / name, **{**known, **given})

    return add
