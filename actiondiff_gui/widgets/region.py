"""How is a clip's region of interest drawn and shown? As a rectangle over the video."""

from typing import TYPE_CHECKING

import numpy as np

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.session import editing

if TYPE_CHECKING:
    from actiondiff_gui.widgets.host import Host

LAYER = "region of interest"
COLOUR = "#F0E442"


def draw_region(host: "Host") -> None:
    """Let the user draw a box on the video, which becomes the region of the chosen clips.

    Raises
    ------
    ProjectError
        If no clip is open.
    """
    session, viewer = host.session, host.viewer
    if session.current is None:
        raise ProjectError("Choose a clip first; then draw the box in which the animal stays.")
    host.player.pause()
    layer = _layer(viewer)
    layer.data = []
    layer.mode = "add_rectangle"
    viewer.layers.selection.active = layer
    ids = session.selection if session.current in session.selection else (session.current,)
    host.tell("Draw a box around where the animal stays. Escape leaves the region as it is.")

    def finished(event) -> None:
        if len(layer.data) == 0 or layer._is_creating:
            return
        layer.events.data.disconnect(finished)
        box = box_of(layer.data[-1], session.videos[session.video])
        layer.mode = "pan_zoom"
        host.guarded(editing.set_roi)(session, ids, box)
        show_region(host)

    layer.events.data.connect(finished)


def box_of(corners: np.ndarray, video) -> tuple[int, int, int, int] | None:
    """Box x, y, width, height in whole pixels around ``corners`` ``[n, 2 or 3]`` (row, column last), inside the picture.

    None where nothing of it lies inside.
    """
    rows, columns = corners[:, -2], corners[:, -1]
    left, top = max(0, int(np.floor(columns.min() + 0.5))), max(0, int(np.floor(rows.min() + 0.5)))
    right = min(video.width, int(np.ceil(columns.max() + 0.5)))
    bottom = min(video.height, int(np.ceil(rows.max() + 0.5)))
    return (left, top, right - left, bottom - top) if right > left and bottom > top else None


def show_region(host: "Host", *_: object) -> None:
    """Show the region of the current clip, or nothing where it has none."""
    session, viewer = host.session, host.viewer
    clip = session.project.clip(session.current) if session.project and session.current else None
    if clip is None or clip.roi is None:
        if LAYER in viewer.layers and viewer.layers[LAYER].mode != "add_rectangle":
            viewer.layers.remove(LAYER)
        return
    x, y, width, height = clip.roi
    # Pixel centres lie at whole numbers, so the box's edges lie half a pixel before and behind them.
    top, left, bottom, right = y - 0.5, x - 0.5, y + height - 0.5, x + width - 0.5
    layer = _layer(viewer)
    with layer.events.data.blocker():
        layer.data = []
        layer.add_rectangles(np.array([[top, left], [top, right], [bottom, right], [bottom, left]]))
    if host.player.layer is not None and host.player.layer in viewer.layers:
        viewer.layers.selection.active = host.player.layer


def _layer(viewer):
    if LAYER not in viewer.layers:
        viewer.add_shapes(
            name=LAYER, ndim=2, edge_color=COLOUR, face_color="transparent", edge_width=2, opacity=0.9
        )
    return viewer.layers[LAYER]
