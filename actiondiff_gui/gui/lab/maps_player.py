"""Slider that interpolates one map through a series of maps, and plays it."""

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QSlider, QWidget
from superqt.utils import signals_blocked

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

_FINE = 100
"""Steps of the slider from map to map."""
_FRAME_MS, _SECONDS_A_MAP = 33, 1.2
_LANDS_WITHIN = 0.18
"""Share of the way to the next map within which a released slider snaps to a map."""


class MapPlayer(QWidget):
    """A button and a slider whose position is between maps 0 and ``count - 1``.

    Signals
    -------
    moved
        To another position.
    """

    moved = Signal()

    def __init__(self, host: "Host") -> None:
        super().__init__()
        self.host = host
        self.slider, self.play = QSlider(Qt.Orientation.Horizontal), QPushButton("Play")
        self.play.setCheckable(True)
        self.play.setToolTip("Move through all maps")
        self.slider.setToolTip("From map to map; clips glide between")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.play)
        row.addWidget(self.slider, 1)
        self._frames = QTimer(self)
        self._frames.setInterval(_FRAME_MS)
        # A bound method: a closure can be collected before the timer it waits for is gone.
        self._frames.timeout.connect(self._frame_now)
        self.slider.valueChanged.connect(host.guarded(lambda *_: self.moved.emit()))
        self.slider.sliderReleased.connect(host.guarded(self._rest))
        self.play.toggled.connect(host.guarded(self._toggled))

    @property
    def position(self) -> float:
        """Position: 0 on the first map, 0.5 half way to the second."""
        return self.slider.value() / _FINE

    def set_count(self, maps: int) -> None:
        """Set the number of maps, without a signal."""
        with signals_blocked(self.slider):
            self.slider.setRange(0, _FINE * max(0, maps - 1))

    def go_to(self, position: float) -> None:
        """Move to a position."""
        self.slider.setValue(round(position * _FINE))

    def stop(self) -> None:
        """Stop playing."""
        self.play.setChecked(False)

    def _rest(self) -> None:
        nearest = round(self.position)
        if abs(self.position - nearest) <= _LANDS_WITHIN:
            self.go_to(nearest)

    def _toggled(self, on: bool) -> None:
        self.play.setText("Pause" if on else "Play")
        if on and self.slider.value() == self.slider.maximum():
            self.go_to(0)
        if on:
            self._frames.start()
        else:
            self._frames.stop()

    def _frame_now(self) -> None:
        self.host.guarded(self._next_frame)()

    def _next_frame(self) -> None:
        self.go_to(self.position + _FRAME_MS / 1000 / _SECONDS_A_MAP)
        if self.slider.value() >= self.slider.maximum() or not self.isVisible():
            self.stop()
