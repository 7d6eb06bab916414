"""Timestep slider that marks the timesteps with stored features, and snaps to them."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QRectF, Qt, Signal
from qtpy.QtGui import QColor, QPainter
from qtpy.QtWidgets import QSlider, QStyle

from actiondiff_gui.backbones.description import Description
from actiondiff_gui.features.dataset import features_folder
from actiondiff_gui.gui.common.listening import listen
from actiondiff_gui.gui.features.state.extracting import Outlook, outlook_job
from actiondiff_gui.gui.services.background_query import BackgroundQuery
from actiondiff_gui.progress import Job

if TYPE_CHECKING:
    from actiondiff_gui.gui.services.context import WindowContext

MOST_CLIPS = 300
"""So many clips, evenly spaced among all, tell which timesteps have features."""
SOON_MS = 600


class StepSlider(QSlider):
    """A slider over a schedule with a mark below each stored timestep, fainter where some clips lack it."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.shares: dict[int, float] = {}
        self.ink = QColor("grey")
        self.sliderMoved.connect(self._snap)

    def show_shares(self, shares: dict[int, float]) -> None:
        """Mark places by the share, 0 to 1, of clips that have features there."""
        if shares != self.shares:
            self.shares = shares
            self.update()

    def x_of(self, place: int) -> float:
        """Return where the handle's middle lies at a place, in pixels."""
        handle = self.style().pixelMetric(QStyle.PixelMetric.PM_SliderLength, None, self)
        span = max(self.maximum() - self.minimum(), 1)
        return handle / 2 + (self.width() - handle) * (place - self.minimum()) / span

    def _snap(self, place: int) -> None:
        # Of the two neighbours the one that more clips have; a stored place itself is kept.
        if self.shares and not self.shares.get(place):
            near = max((place - 1, place + 1), key=lambda other: self.shares.get(other, 0.0))
            if self.shares.get(near):
                self.setSliderPosition(near)

    def paintEvent(self, event) -> None:
        """Paint the slider, and the marks below its groove."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for place, share in self.shares.items():
            if share:
                shade = QColor(self.ink)
                shade.setAlphaF(1.0 if share == 1 else 0.45)
                painter.setBrush(shade)
                painter.drawRoundedRect(QRectF(self.x_of(place) - 1.5, self.height() - 4, 3, 4), 1, 1)
        painter.end()


class StoredSteps(QObject):
    """Looks up which timesteps have features at the session's layers, pooling and settings.

    Signals: ``changed`` when more is known.

    Attributes
    ----------
    shares : dict of str to float
        For each timestep's key the share of clips, 0 to 1, that have features there; empty while nothing is known.
    by_layer : dict of (str, int) to float
        The same for each timestep and layer.
    """

    changed = Signal()

    def __init__(self, host: "WindowContext", parent: QObject) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self.shares: dict[str, float] = {}
        self.by_layer: dict[tuple[str, int], float] = {}
        self._about: Description | None = None
        self._inventory = None
        self._query = BackgroundQuery(
            self, host, "checking stored timesteps", self._question, self._found, self._forget
        )
        self._query.seen = True
        session = self.session
        listen(self, (session.features_changed, self._refresh), (session.project_changed, self._forget))

    def words(self, timesteps: Iterable[str], layers: Iterable[int]) -> str:
        """Return how much is stored at all of some timesteps and layers: "all", "87%", or "" for nothing."""
        share = min((self.by_layer.get(key, 0.0) for key in product(timesteps, layers)), default=0.0)
        # Of a sample: what rounds to all, or to nothing, may be neither.
        return "all" if share == 1 else f"{min(max(share, 0.01), 0.99):.0%}" if share else ""

    def look(self, about: Description | None) -> None:
        """Look again, for the session's address at a backbone; nothing is known of it until then."""
        self._about = about
        self._forget()

    def _refresh(self, *_: object) -> None:
        self._query.refresh(SOON_MS)

    def _question(self) -> Callable[[], Job[Outlook]] | None:
        project, address, about = self.session.needed(), self.session.address, self._about
        if about is None or not about.schedule or not features_folder(project).is_dir():
            return None
        address = replace(address, timestep="")
        steps, layers = [step.key for step in about.schedule], address.layers or about.usual_layers
        ids = [row.id for row in self.session.table]
        ids = ids[:: -(-len(ids) // MOST_CLIPS)] if ids else []
        inventory = self._inventory
        return lambda: outlook_job(project, address, steps, layers, ids, inventory)

    def _found(self, outlook: Outlook) -> None:
        self._inventory, coverage = outlook.inventory, outlook.coverage
        counts = coverage.there if coverage is not None and coverage.clips else {}
        self.shares = {key: count / coverage.clips for key, count in counts.items()}
        layers = coverage.by_layer if counts else {}
        self.by_layer = {key: count / coverage.clips for key, count in layers.items()}
        self.changed.emit()

    def _forget(self, *_: object) -> None:
        self._query.leave()
        if self.shares:
            self.shares, self.by_layer = {}, {}
            self.changed.emit()
        self._refresh()
