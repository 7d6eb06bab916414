"""Coordinates of the video among the viewer's layers: frames and pixels to and from the viewer.

napari aligns layers at their last axes, so the frame is the third from the last of the viewer's axes, whatever else is
shown. Its slider counts steps of all layers together: only the video's own transform tells which frame is on screen.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import pint
from qtpy.QtCore import QObject

from actiondiff_gui.overlays.stack import VideoStretch
from actiondiff_gui.video.array import LazyVideo

if TYPE_CHECKING:
    from actiondiff_gui.gui.services.context import WindowContext

FRAME_AXIS = -3
MOST_AT_ONCE = 64
"""Frames that a view may take at once, as a thick slice does; in 3-D napari would take all of them."""


class ShownVideo(LazyVideo):
    """A video that a viewer shows frame by frame; for very many frames at once it returns a single black point."""

    def __getitem__(self, key: Any) -> np.ndarray:
        """Index frames as :class:`LazyVideo` does."""
        time, _ = self._split(key)
        wanted = len(range(*time.indices(len(self)))) if isinstance(time, slice) else np.size(time)
        if wanted <= MOST_AT_ONCE:
            return super().__getitem__(key)
        shape = np.broadcast_to(np.uint8(0), self.shape)[key].shape
        return np.zeros((*(1 for _ in shape[:-1]), shape[-1]), np.uint8)


def frame_at(layer: Any, dims: Any) -> int:
    """Return the frame of a video's layer that the viewer shows; one out of range where it shows none of it."""
    # napari rounds like this, halves to the even number.
    return int(np.round(_frame_at_place(layer, dims, dims.point[FRAME_AXIS])))


def show_frame(layer: Any, dims: Any, frame: int) -> None:
    """Show a frame of a video's layer in the viewer."""
    # napari's slider moves the viewer on to its own nearest step, once; with another layer's steps that may be the next
    # frame.
    for _ in range(2):
        if frame_at(layer, dims) != frame:
            first = _frame_at_place(layer, dims, 0.0)
            steps = _frame_at_place(layer, dims, 1.0) - first
            dims.set_point(dims.ndim + FRAME_AXIS, (frame - first) / steps)


def unit_of_frames(layer: Any, dims: Any) -> float:
    """Return the unit of the viewer's axis of frames in those of a video's layer: 1 unless both have physical units."""
    shown = (getattr(dims, "units", None) or ())[FRAME_AXIS:]  # napari before 0.7 knows none
    own = layer.units
    if len(shown) < len(own) or shown[0] == own[0]:
        return 1.0
    base = pint.get_application_registry().get_base_units
    return float(base(shown[0])[0] / base(own[0])[0])


def _frame_at_place(layer: Any, dims: Any, place: float) -> float:
    """Return the frame, with a fraction, at a place on the viewer's axis of frames, which napari slices by alone."""
    return float(layer.world_to_data((place * unit_of_frames(layer, dims), 0, 0))[0])


def placement(layer: Any, ndim: int) -> np.ndarray:
    """Return the matrix ``[ndim + 1, ndim + 1]`` from the last ``ndim`` axes of a video's layer to those of the viewer.

    Where there is no layer, as if it lay at the viewer's origin.
    """
    if layer is None:
        return np.eye(ndim + 1)
    origin = np.array(layer.data_to_world((0, 0, 0)))
    matrix = np.eye(4)
    matrix[:3, 3] = origin
    matrix[:3, :3] = np.column_stack([np.array(layer.data_to_world(unit)) - origin for unit in np.eye(3)])
    kept = [*range(3 - ndim, 3), 3]
    return matrix[np.ix_(kept, kept)]


def video_pixel(layer: Any, position: Any) -> tuple[float, float]:
    """Return row and column in pixels of a video's layer of a position in the viewer; unchanged where there is no layer."""
    point = position if layer is None else layer.world_to_data(position)
    return float(point[-2]), float(point[-1])


class Flat(QObject):
    """Keeps a viewer with a video from showing time as a spatial axis."""

    def __init__(self, host: "WindowContext") -> None:
        super().__init__(host)
        self.host = host
        events = host.viewer.dims.events
        for event in (events.ndisplay, events.order):
            event.connect(self._changed)

    def restore(self) -> None:
        """Show rows and columns again, where other axes are shown."""
        dims = self.host.viewer.dims
        if dims.ndisplay > 2:
            dims.ndisplay = 2
            self._tell("3-D view")
        if any(axis < dims.ndim - 2 for axis in dims.displayed):
            dims.order = tuple(range(dims.ndim))
            self._tell("view along another axis")

    def _changed(self, _: object = None) -> None:
        if not self.host.closed and any(_is_video(layer) for layer in self.host.viewer.layers):
            self.restore()

    def _tell(self, view: str) -> None:
        self.host.tell(
            f"A video has no {view}: all its frames would have to be read at once. It is shown in 2-D."
        )


def _is_video(layer: Any) -> bool:
    return isinstance(layer.data, LazyVideo | VideoStretch)
