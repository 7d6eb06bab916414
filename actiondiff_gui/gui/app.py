"""The desktop app: napari with the workbench docked and its own panels folded."""

import sys
from pathlib import Path

import numpy as np

from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.gui.display import check_display, library_missing


def run(project: Path | None = None) -> None:
    """Open the app, with a project if one is given, and return when its window is closed.

    Raises
    ------
    ActionDiffError
        If napari, a Qt binding or a library of the system is not installed, or there is no screen.
    """
    if sys.platform == "win32":
        # On Windows torch's libraries can fail to load after Qt's.
        import torch  # noqa: F401
    try:
        import napari
        import qtpy.QtWidgets  # noqa: F401
    except Exception as error:
        if ".so" in str(error):
            raise library_missing(error) from error
        raise ActionDiffError(
            'The window needs a Qt binding. Install one with: pip install "actiondiff-gui[pyqt6]" (or [pyside6]). '
            "The commands work without it."
        ) from error
    check_display()
    viewer = napari.Viewer(title="ActionDiff", show=True)
    open_in(viewer, project)
    napari.run()


def open_in(viewer, project: Path | None = None):
    """Dock the workbench in ``viewer``, fold napari's own panels, and open ``project``; returns the workbench."""
    from actiondiff_gui.gui.plugin import open_workbench
    from actiondiff_gui.gui.project import menu as projects

    _make_first_layer(viewer)
    bench = open_workbench(viewer)
    for dock in (viewer.window._qt_viewer.dockLayerList, viewer.window._qt_viewer.dockLayerControls):
        dock.setVisible(False)
    if project is not None:
        projects.open_project(bench.host, project)
    return bench


def _make_first_layer(viewer) -> None:
    """Add a picture and take it away again: what napari loads for the first one takes a second, rather now than at a clip."""
    viewer.layers.remove(viewer.add_image(np.zeros((2, 1, 1, 3), np.uint8), rgb=True))
