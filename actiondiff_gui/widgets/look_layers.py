"""How do overlays stand in the viewer? As layers that follow the frame, alone or beside other clips."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from actiondiff_gui.looking.overlay import COLOUR_MAPS, Overlay
from actiondiff_gui.looking.stack import OverlayStack
from actiondiff_gui.session.clip_table import ClipRow
from actiondiff_gui.video.array import LazyVideo
from actiondiff_gui.video.reader import VideoReader

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from actiondiff_gui.widgets.host import Host

POINT = "clicked point"


class LookLayers:
    """The layers that looking added to a viewer; the current video's own layer stays where it is."""

    def __init__(self, host: "Host") -> None:
        self.host = host
        self.overlays: list = []
        self._videos: list = []
        self._readers: list[VideoReader] = []

    @property
    def viewer(self) -> "Viewer":
        """The viewer that the layers stand in."""
        return self.host.viewer

    def show(self, shown: Sequence[tuple[ClipRow, Overlay]], opacity: float) -> None:
        """Put overlays over their clips: the current clip's over the player's layer, others side by side.

        Frames are linked at the clips' beginnings. All layers of one look share one colour scale.
        """
        alone = len(shown) == 1
        if alone and self._reuse(*shown[0]):
            return
        self.clear()
        session = self.host.session
        current = session.current_row
        begin = current.start if current is not None else 0
        player = self.host.player.layer
        if not alone:
            # Every layer of the grid has a cell of its own, the mark of a point too.
            self.forget_point()
        for row, overlay in shown:
            shift = begin - row.start
            if not alone and not (
                row.video_id == session.video and player is not None and not self._used(player)
            ):
                self._add_video(row, shift)
            elif not alone:
                # The grid takes layers in their order: a video, then what lies over it.
                self.viewer.layers.move(self.viewer.layers.index(player), len(self.viewer.layers))
                self._videos.append((player, False))
            self._add_overlay(row, overlay, shift, opacity)
        if not alone:
            if session.frame < begin:
                session.seek(begin)
            self.viewer.grid.stride = 2
            self.viewer.grid.shape = (-1, -1)
            self.viewer.grid.enabled = True
            self.viewer.reset_view()

    def set_opacity(self, opacity: float) -> None:
        """Let more or less of the video through."""
        for layer in self.overlays:
            layer.opacity = opacity

    def show_point(self, frame: int, row: float, column: float) -> None:
        """Mark the clicked point in all frames."""
        if POINT in self.viewer.layers:
            self.viewer.layers[POINT].data = [[row, column]]
            return
        layer = self.viewer.add_points(
            [[row, column]],
            ndim=2,
            name=POINT,
            size=8,
            symbol="cross",
            face_color="white",
            border_color="black",
        )
        layer.editable = False
        if self.host.player.layer is not None:
            self.viewer.layers.selection.active = self.host.player.layer

    def clear(self) -> None:
        """Take away what was added."""
        for layer in self.overlays:
            if layer in self.viewer.layers:
                self.viewer.layers.remove(layer)
        for layer, own in self._videos:
            if own and layer in self.viewer.layers:
                self.viewer.layers.remove(layer)
        for reader in self._readers:
            reader.close()
        if self._videos:
            self.viewer.grid.enabled = False
            if self.host.player.layer in self.viewer.layers:
                self.viewer.layers.move(self.viewer.layers.index(self.host.player.layer), 0)
        self.overlays, self._videos, self._readers = [], [], []

    def forget_point(self) -> None:
        """Take the mark of the clicked point away."""
        if POINT in self.viewer.layers:
            self.viewer.layers.remove(POINT)

    def _reuse(self, row: ClipRow, overlay: Overlay) -> bool:
        """Give a single overlay of the same clip and kind new values, which is much quicker than a new layer."""
        if len(self.overlays) != 1 or self._videos or self.overlays[0] not in self.viewer.layers:
            return False
        layer = self.overlays[0]
        same = layer.metadata == {"actiondiff_overlay": overlay.kind, "actiondiff_clip": row.id}
        if not same or layer.data.overlay.placement != overlay.placement:
            return False
        layer.data = OverlayStack(overlay, row.start, row.end)
        if overlay.kind != "colours":
            layer.contrast_limits_range = overlay.limits
            layer.contrast_limits = overlay.limits
        layer.name = f"{overlay.title}, {row.video_name}"
        return True

    def _used(self, layer: object) -> bool:
        return any(layer is video for video, _ in self._videos)

    def _add_video(self, row: ClipRow, shift: int) -> None:
        reader = VideoReader(self.host.session.videos[row.video_id].path)
        self._readers.append(reader)
        layer = self.viewer.add_image(
            LazyVideo(reader),
            name=f"{row.video_name} [{row.start}, {row.end})",
            rgb=True,
            translate=(shift, 0, 0),
        )
        self._videos.append((layer, True))

    def _add_overlay(self, row: ClipRow, overlay: Overlay, shift: int, opacity: float) -> None:
        where = overlay.placement
        options = {
            "name": f"{overlay.title}, {row.video_name}",
            "scale": (1, *where.step),
            "translate": (row.start + shift, *where.origin),
            "opacity": opacity,
            "interpolation2d": "linear",
            "metadata": {"actiondiff_overlay": overlay.kind, "actiondiff_clip": row.id},
        }
        stack = OverlayStack(overlay, row.start, row.end)
        if overlay.kind == "colours":
            layer = self.viewer.add_image(stack, rgb=True, **options)
        else:
            colormap = COLOUR_MAPS[overlay.kind]
            layer = self.viewer.add_image(
                stack, rgb=False, colormap=colormap, contrast_limits=overlay.limits, **options
            )
        self.overlays.append(layer)
        if self.host.player.layer is not None:
            self.viewer.layers.selection.active = self.host.player.layer
