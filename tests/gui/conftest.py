"""Fixtures: a real viewer with a small real project, and sessions without a window."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from qtpy.QtWidgets import QApplication

from actiondiff_gui.gui.common.garbage import quick_removal
from actiondiff_gui.gui.session.preferences import Preferences
from actiondiff_gui.gui.session.session import Session
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the app's preferences in a folder of this test alone."""
    folder = tmp_path / "home"
    monkeypatch.setenv("ACTIONDIFF_GUI_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def _few_labels(tmp_path_factory: pytest.TempPathFactory, videos: list[Path]) -> Path:
    path = tmp_path_factory.mktemp("few_labels") / "pets.actiondiff"
    with Project.create(path) as project:
        run(import_videos(project, videos))
        project.add_action("walk")
        project.add_action("eat")
        project.label(project.clips()[0].id, "walk", by="Ada")
    return path


@pytest.fixture
def session(tmp_path: Path, _few_labels: Path) -> Session:
    """Open three short videos, one whole clip each; the first is labelled "walk", actions are walk and eat."""
    path = tmp_path / "pets.actiondiff"
    shutil.copyfile(_few_labels, path)
    session = Session(Preferences(tmp_path / "home"))
    session.open_project(path)
    session.annotator = "Bo"
    yield session
    session.close_project()


@pytest.fixture(scope="session")
def _pets(tmp_path_factory: pytest.TempPathFactory, videos: list[Path]) -> Path:
    path = tmp_path_factory.mktemp("pets") / "pets.actiondiff"
    with Project.create(path) as project:
        run(import_videos(project, videos))
        clips = project.clips()
        project.add_action("walk")
        project.add_action("eat")
        for clip, species in zip(clips, ("dog", "cat", "cat"), strict=True):
            project.set_facet(clip.id, "species", species)
        project.label(clips[0].id, "walk", by="Ada")
        project.label(clips[1].id, "walk", by="Ada")
        project.domain_facet = "species"
    return path


@pytest.fixture
def project_file(tmp_path: Path, _pets: Path) -> Path:
    """Write a project of the three short videos, one whole clip each: a walking dog and cat, a cat not labelled."""
    path = tmp_path / "pets.actiondiff"
    shutil.copyfile(_pets, path)
    return path


@pytest.fixture
def wait() -> Callable:
    """``wait(condition)`` processes the window's events until the condition holds, at most ``limit`` seconds."""

    def until(condition: Callable[[], object], limit: float = 60.0) -> None:
        end = time.monotonic() + limit
        while not condition():
            assert time.monotonic() < end, "the window did not get there in time"
            QApplication.processEvents()
            time.sleep(0.002)

    return until


@pytest.fixture(autouse=True)
def quick_ends() -> Iterator[None]:
    """Let viewers end without napari's collection of all garbage, which takes 0.2 to 0.5 s with torch loaded."""
    with quick_removal():
        yield


@pytest.fixture
def host(make_napari_viewer, home: Path, request: pytest.FixtureRequest):
    """Return the host of a fresh viewer, without a project."""
    from actiondiff_gui.gui.host import host_of

    viewer = make_napari_viewer()
    found = host_of(viewer)
    yield found
    found.close()
    # napari's fixture fails on viewers that are still referred to, and pytest refers to what a test was given.
    request.node.funcargs.clear()


@pytest.fixture
def pets(host, project_file: Path):
    """Return the host with the small project open, with Ada as the annotator."""
    host.session.set_annotator("Ada")
    host.session.open_project(project_file)
    return host


@pytest.fixture
def timeline(pets, wait):
    """Return the timeline in the window, with the second video open: 40 frames, a clip of 10 to 30 labelled "walk"."""
    from actiondiff_gui.gui.session import editing
    from actiondiff_gui.gui.timeline.dock import TimelineDock

    timeline = TimelineDock(pets)
    pets.viewer.window.add_dock_widget(timeline, name="timeline", area="bottom")
    session = pets.session
    row = session.table.rows[1]
    editing.set_edges(session, row.id, 10, 30)
    session.open_clip(row.id)
    wait(lambda: not pets.player.why_no_picture())
    pets.window.resize(1200, 900)
    pets.window.show()
    timeline.view.setFixedSize(1000, 150)
    QApplication.processEvents()
    return timeline
