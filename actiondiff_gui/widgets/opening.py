"""What does napari call? The functions behind the plugin's menu, its reader and its sample."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actiondiff_gui.project.formats.measure import VIDEO_SUFFIXES

if TYPE_CHECKING:
    import napari
    from qtpy.QtWidgets import QWidget


def get_reader(path: str | Sequence[str]) -> Callable[[Any], list] | None:
    """A reader for video files, which napari uses where no workbench takes the drop; None for other files."""
    paths = [path] if isinstance(path, str) else list(path)
    if all(Path(each).suffix.lower() in VIDEO_SUFFIXES for each in paths):
        return read_videos
    return None


def read_videos(path: str | Sequence[str]) -> list[tuple]:
    """Layers that decode the frames they show, one per file."""
    from actiondiff_gui.video.array import LazyVideo
    from actiondiff_gui.video.reader import VideoReader

    paths = [path] if isinstance(path, str) else list(path)
    return [(LazyVideo(VideoReader(each)), {"name": Path(each).name, "rgb": True}, "image") for each in paths]


def sample_project() -> list[tuple]:
    """Open the workbench with the sample project; gives napari no layer of its own."""
    import napari
    from qtpy.QtCore import QTimer

    viewer = napari.current_viewer()
    if viewer is not None:
        QTimer.singleShot(0, lambda: _open_sample(viewer))
    return [(None,)]


def _open_sample(viewer: "napari.viewer.Viewer") -> None:
    from actiondiff_gui.widgets import projects
    from actiondiff_gui.widgets.host import host_of

    open_workbench(viewer)
    projects.open_sample(host_of(viewer))


def open_workbench(viewer: "napari.viewer.Viewer") -> "QWidget":
    """Dock the workbench in ``viewer``, once, and return it."""
    from actiondiff_gui.widgets.workbench import WORKBENCH, Workbench

    docked = viewer.window.dock_widgets
    for name in (WORKBENCH, "Workbench (ActionDiff GUI)"):
        if name in docked:
            return docked[name]
    bench = Workbench(viewer)
    viewer.window.add_dock_widget(bench, name=WORKBENCH, area="right", add_vertical_stretch=False)
    return bench
