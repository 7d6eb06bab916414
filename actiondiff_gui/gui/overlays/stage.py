"""Display of an overlay in the viewer: layers, marked point, legend, captions and frame weights."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from actiondiff_gui.gui.overlays.layers import OverlayLayers
from actiondiff_gui.gui.overlays.legend import OverlayLegend, canvas_picture, cells_of
from actiondiff_gui.gui.overlays.state.computing import OverlayJobs
from actiondiff_gui.gui.session.clip_table import ClipRow
from actiondiff_gui.gui.session.frame_weights import FrameWeights

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host


class OverlayStage:
    """Everything that overlays add to a viewer, and remove from it again.

    Attributes
    ----------
    layers : OverlayLayers
    legend : OverlayLegend or None
        The pane over the canvas, once something was painted.
    shown : list
        What is painted: clips' rows with their overlays.
    """

    def __init__(self, host: "Host", overlay_jobs: OverlayJobs) -> None:
        self.host, self.overlay_jobs, self.layers = host, overlay_jobs, OverlayLayers(host)
        self.legend: OverlayLegend | None = None
        self.shown: list[tuple[ClipRow, Any]] = []

    @property
    def weights(self) -> FrameWeights | None:
        """The weights of frames that are shown."""
        return self.host.session.frame_weights

    @property
    def empty(self) -> bool:
        """Whether nothing is shown."""
        return not self.shown and self.weights is None

    @property
    def clips(self) -> set[str]:
        """Ids of the clips that something is shown of."""
        weights = {self.weights.clip} if self.weights is not None else set()
        return {row.id for row, _ in self.shown} | weights

    def paint(self, rows: Sequence[ClipRow], overlays: Sequence[Any], opacity: float) -> None:
        """Paint overlays over their clips; several of one clip are shown beside each other like several clips."""
        several = rows if len(overlays) == len(rows) else [rows[0]] * len(overlays)
        self.host.session.show_weights(None)
        self.shown = list(zip(several, overlays, strict=True))
        self.layers.show(self.shown, opacity)
        if self.legend is None:
            self.legend = OverlayLegend(self.host, self.layers)
        self.legend.show_legend(self._legend())

    def weigh(self, weights: FrameWeights) -> None:
        """Show frame weights instead of overlays."""
        self._unpaint()
        self.host.session.show_weights(weights)

    def point(self, clip: str, row: float, column: float) -> None:
        """Mark a point of a clip."""
        number = next((n for n, (shown, _) in enumerate(self.shown) if shown.id == clip), 0)
        self.layers.show_point(row, column, number)

    def clear(self, at_once: bool = False) -> None:
        """Show nothing; many layers go over several turns of the event loop, unless ``at_once``."""
        self._unpaint(at_once)
        self.layers.forget_point()
        self.host.session.show_weights(None)

    def end(self) -> None:
        """Remove everything, and show nothing any more."""
        self.clear(at_once=True)
        if self.legend is not None:
            legend, self.legend = self.legend, None
            legend.deleteLater()

    def picture(self) -> tuple[Any, Any, Sequence[tuple]]:
        """Return what the canvas shows ``[H, W, 3]``, its legend, None where nothing is painted, and the cells of captions."""
        picture = canvas_picture(self.host)
        if not self.shown:
            return picture, None, ()
        height, width = picture.shape[:2]
        return picture, self._legend(), cells_of(self.host, self.layers, width, height)

    def words(self) -> str:
        """Return a description of what is shown, in a sentence."""
        if self.weights is not None:
            return f"{self.weights.words()} The line marks equal weights."
        what = self.shown[0][0].video_name
        if len(self.shown) > 1:
            several = len(self.clips) > 1
            what = f"{len(self.shown)} clips" if several else f"{len(self.shown)} timesteps of {what}"
        return f"{self._legend().title}, {what}."

    def _legend(self) -> Any:
        from actiondiff_gui.overlays.legend import legend_of

        names = [self.overlay_jobs.name_of(row) for row, _ in self.shown]
        return legend_of([overlay for _, overlay in self.shown], names)

    def _unpaint(self, at_once: bool = False) -> None:
        self.layers.clear(at_once)
        self.shown = []
        if self.legend is not None:
            self.legend.clear()
