"""A session with a small project, without any window."""

from pathlib import Path

import pytest

from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.videos import import_videos
from actiondiff_gui.project.project import Project
from actiondiff_gui.session.preferences import Preferences
from actiondiff_gui.session.session import Session


@pytest.fixture
def session(tmp_path: Path, videos: list[Path]) -> Session:
    """Three short videos, one whole clip each; the first is labelled "walk", actions are walk and eat."""
    path = tmp_path / "pets.actiondiff"
    with Project.create(path) as project:
        run(import_videos(project, videos))
        project.add_action("walk")
        project.add_action("eat")
        project.label(project.clips()[0].id, "walk", by="Ada")
    session = Session(Preferences(tmp_path / "home"))
    session.open_project(path)
    session.annotator = "Bo"
    yield session
    session.close_project()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the app keeps what it remembers, for this test alone."""
    folder = tmp_path / "home"
    monkeypatch.setenv("ACTIONDIFF_GUI_HOME", str(folder))
    return folder
