"""Entry points of the napari plugin: menu, reader and sample."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import ref

from actiondiff_gui.project.formats.imports.measure import VIDEO_SUFFIXES

if TYPE_CHECKING:
    import napari
    from qtpy.QtWidgets import QWidget


def get_reader(path: str | Sequence[str]) -> Callable[[Any], list] | None:
    """Return a reader for video files, which napari uses where no workbench takes the drop; None for other files."""
    paths = [path] if isinstance(path, str) else list(path)
    if all(Path(each).suffix.lower() in VIDEO_SUFFIXES for each in paths):
        return read_videos
    return None


def read_videos(path: str | Sequence[str]) -> list[tuple]:
    """Return lazily decoded layers, one per file."""
    from actiondiff_gui.video.array import LazyVideo
    from actiondiff_gui.video.reader import open_video

    paths = [path] if isinstance(path, str) else list(path)
    return [(LazyVideo(open_video(each)), {"name": Path(each).name, "rgb": True}, "image") for each in paths]


def sample_project() -> list[tuple]:
    """Open the workbench with the sample project.

    napari wants a layer of every sample, so it gets one clip; it goes when the workbench is there.
    """
    import napari
    from qtpy.QtCore import QTimer

    from actiondiff_gui.resources import sample_data

    viewer = napari.current_viewer()
    if viewer is not None:
        # A viewer that is closed before is not kept for it.
        known = ref(viewer)
        QTimer.singleShot(0, lambda: _open_sample(known()))
    clip = sample_data("clips", "biped", "walk", "biped_walk_side_field_0.mp4")
    ((data, options, kind),) = read_videos(str(clip))
    return [(data, {**options, "metadata": {PLACE_HOLDER: True}}, kind)]


PLACE_HOLDER = "actiondiff_sample"


def _open_sample(viewer: "napari.viewer.Viewer | None") -> None:
    from actiondiff_gui.gui.host import host_of
    from actiondiff_gui.gui.project import menu as projects

    if viewer is None:
        return
    for layer in [layer for layer in viewer.layers if PLACE_HOLDER in layer.metadata]:
        viewer.layers.remove(layer)
    open_workbench(viewer)
    projects.open_sample(host_of(viewer))


def open_workbench(viewer: "napari.viewer.Viewer") -> "QWidget":
    """Dock the workbench in ``viewer``, once, and return it."""
    from actiondiff_gui.gui.workbench import WORKBENCH, Workbench

    # napari's menu gives the dock another name, so it is looked for by its kind.
    docked = viewer.window._qt_window.findChild(Workbench)
    if docked is not None:
        return docked
    bench = Workbench(viewer)
    viewer.window.add_dock_widget(bench, name=WORKBENCH, area="right", add_vertical_stretch=False)
    return bench
