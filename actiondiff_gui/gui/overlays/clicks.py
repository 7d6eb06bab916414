"""Clicks on the video in the viewer, told apart from drags, with the tile they fall in."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakMethod

from actiondiff_gui.gui.overlays.layers import OverlayLayers
from actiondiff_gui.gui.player.video_axes import video_pixel

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host


class OverlayClicks:
    """Calls ``clicked(row, column, number of the overlay)`` for clicks in the viewer while ``wanted()``.

    Both are bound methods and held weakly: a viewer outlives the docks that listen to it.
    """

    def __init__(
        self, host: "Host", layers: OverlayLayers, wanted: Callable[[], bool], clicked: Callable[..., object]
    ) -> None:
        self.host, self.layers = host, layers
        self._wanted, self._clicked = WeakMethod(wanted), WeakMethod(clicked)
        host.viewer.mouse_drag_callbacks.append(self.pressed)

    def stop(self) -> None:
        """Stop listening."""
        callbacks = self.host.viewer.mouse_drag_callbacks
        if self.pressed in callbacks:
            callbacks.remove(self.pressed)

    def pressed(self, viewer: Any, event: Any):
        """Tell a click from a drag by napari's generator protocol: a click is a release without a drag."""
        wanted, clicked = self._wanted(), self._clicked()
        if wanted is None or clicked is None or event.button != 1 or not wanted():
            return
        position = event.position
        dragged = False
        yield
        while event.type == "mouse_move":
            dragged = True
            yield
        if not dragged:
            found = self.layers.tile_at(*video_pixel(self.host.player.layer, position))
            if found is not None:
                number, row, column = found
                self.host.guarded(clicked)(row, column, number)
