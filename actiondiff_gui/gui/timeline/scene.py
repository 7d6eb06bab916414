"""Everything that a picture of the timeline depends on, with its colours and fonts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtGui import QColor, QFont

from actiondiff_gui.gui.common.theme import MUTED, colour, mixed
from actiondiff_gui.gui.session.frame_weights import FrameWeights
from actiondiff_gui.gui.session.session import UNLABELLED
from actiondiff_gui.gui.timeline.state.lane_geometry import TimelineLayout
from actiondiff_gui.gui.timeline.state.lanes import Lanes
from actiondiff_gui.gui.timeline.state.time_axis import TimeAxis
from actiondiff_gui.video.sound import Waveform

if TYPE_CHECKING:
    from napari.viewer import Viewer


@dataclass(frozen=True)
class TimelineStyle:
    """Colours of the timeline by their use."""

    back: QColor
    band: QColor
    grid: QColor
    text: QColor
    quiet: QColor
    mark: QColor
    light: bool

    @classmethod
    def of(cls, viewer: "Viewer") -> "TimelineStyle":
        """Return the colours for the viewer's theme."""
        back, text = colour(viewer, "background"), colour(viewer, "text")
        return cls(
            back,
            mixed(back, text, 0.045),
            mixed(back, text, 0.16),
            text,
            mixed(back, text, MUTED),
            colour(viewer, "current"),
            back.lightness() > 127,
        )


@dataclass(frozen=True)
class Scene:
    """Everything that a picture of the timeline depends on, except the cursor.

    Attributes
    ----------
    lanes : Lanes
    axis : TimeAxis
    parts : TimelineLayout
    style : TimelineStyle
    colours : sequence of str
        Colour of each lane, that of unlabelled clips last.
    names : sequence of str
        What stands at the left of each lane.
    fps : float
    chosen : ndarray of bool
        ``[rows]``: selected clips.
    current : int
        Index of the clip that is open, or -1.
    overview : ndarray, optional
        What the painter's ``overview_picture`` made of the lanes.
    weights : FrameWeights, optional
        How much each frame of a clip counts.
    sound : Waveform, optional
        The waveform of the recording.
    """

    lanes: Lanes
    axis: TimeAxis
    parts: TimelineLayout
    style: TimelineStyle
    colours: Sequence[str]
    names: Sequence[str]
    fps: float
    chosen: np.ndarray
    current: int = -1
    overview: np.ndarray | None = None
    weights: FrameWeights | None = None
    sound: Waveform | None = None


def small(font: QFont) -> QFont:
    """Return a font for numbers beside other elements."""
    font = QFont(font)
    if font.pointSizeF() > 0:
        font.setPointSizeF(max(6.5, font.pointSizeF() * 0.86))
    else:
        font.setPixelSize(max(9, round(font.pixelSize() * 0.86)))
    return font


def lane_colours(lanes: Lanes, colour_of: Callable[[str], str]) -> list[str]:
    """Return the colour of each lane, grey for headings and for the clips without a label."""
    return [*(colour_of(name) if name else UNLABELLED for name in lanes.names), UNLABELLED]
