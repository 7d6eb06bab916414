"""Layout of the parts of a timeline, in pixels."""

from dataclasses import dataclass, field

LANE = (19, 26)
"""Least and largest height of a lane in pixels."""
PREDICTED_LANE = (28, 34)
"""The same where a lane has predictions below its labels, with name and confidence written on them."""


@dataclass(slots=True)
class TimelineLayout:
    """Layout of a timeline in pixels: names at the left; ruler, sound, frame weights, lanes, overview.

    Parameters
    ----------
    width, height : int
        Of the whole.
    names, ruler, overview : int
        Width of the names, heights of ruler and overview.
    lanes : int
        How many lanes there are.
    scrolled : int
        Pixels by which the lanes are moved up.
    weights : int
        Height of the weights of frames between ruler and lanes; 0 where there are none.
    sound : int
        Height of the waveform between ruler and weights; 0 where there is none.
    predicted : bool
        Whether there are predictions: lanes are then high enough to write on them.

    Attributes
    ----------
    weights_top : int
        Top of the weights of frames.
    head : int
        Top of the lanes: below ruler, sound and weights.
    view : int
        Height in which lanes are visible.
    lane_height : int
        Height of one lane: the space divided, within limits.
    hidden : int
        Pixels of lanes that do not fit: the scroll range.
    """

    width: int
    height: int
    names: int
    lanes: int
    scrolled: int = 0
    weights: int = 0
    predicted: bool = False
    sound: int = 0
    ruler: int = 21
    overview: int = 16
    weights_top: int = field(init=False)
    head: int = field(init=False)
    view: int = field(init=False)
    lane_height: int = field(init=False)
    hidden: int = field(init=False)

    def __post_init__(self) -> None:
        self.weights_top = self.ruler + self.sound
        self.head = self.weights_top + self.weights
        self.view = max(1, self.height - self.head - self.overview)
        least, most = PREDICTED_LANE if self.predicted else LANE
        self.lane_height = max(least, min(most, self.view // max(1, self.lanes)))
        self.hidden = max(0, self.lanes * self.lane_height - self.view)

    def top(self, lane: int) -> int:
        """Return the upper border of a lane."""
        return self.head + lane * self.lane_height - self.scrolled

    def zone(self, x: float, y: float) -> str:
        """Return the part at a point: "names", "ruler", "sound", "weights", "lanes" or "overview"."""
        if y >= self.height - self.overview:
            return "overview" if x >= self.names else "names"
        if x < self.names:
            return "names"
        if y < self.head:
            return "ruler" if y < self.ruler else "sound" if y < self.weights_top else "weights"
        return "lanes"

    def lane(self, y: float) -> int | None:
        """Return the lane at a height, None below the last one or outside."""
        if not self.head <= y < self.height - self.overview:
            return None
        number = int(y - self.head + self.scrolled) // self.lane_height
        return number if number < self.lanes else None
