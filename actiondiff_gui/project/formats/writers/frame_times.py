"""Conversion between frame edges and times in seconds, for tools with a clock."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from actiondiff_gui.errors import ProjectError

ROUNDED_S = 0.0006
"""A time that is written with three decimals may lie this far before the frame that it means."""
PAST_END_S = 1.0
"""A time may lie this far behind the end of the video: annotation tools round up."""


@dataclass(frozen=True, eq=False)
class FrameTimes:
    """When the frames of a video begin.

    Attributes
    ----------
    edges : ndarray
        ``[T + 1]`` seconds: frame ``i`` is shown from ``edges[i]`` up to ``edges[i + 1]``.
    exact : bool
        Whether these are the presentation times of the file, or only follow from its mean frame rate.
    """

    edges: np.ndarray
    exact: bool = True

    @classmethod
    def of_rate(cls, fps: float, count: int) -> "FrameTimes":
        """Evenly spaced frames."""
        return cls(np.arange(count + 1) / fps, exact=False)

    @classmethod
    def of_file(cls, timestamps: np.ndarray, fps: float) -> "FrameTimes":
        """Presentation times ``[T]``; the last frame is shown as long as the mean one."""
        return cls(np.append(timestamps, timestamps[-1] + 1 / fps))

    @property
    def count(self) -> int:
        """Number of frames."""
        return len(self.edges) - 1

    def seconds(self, edge: int) -> float:
        """Return when a frame begins; the number of frames stands for the end of the last one."""
        return float(self.edges[edge])

    @cached_property
    def shortest(self) -> float:
        """How long the shortest frame is shown, in seconds."""
        return float(np.diff(self.edges).min())

    def milliseconds(self, edge: int) -> int:
        """Return when a frame begins, for tools that count milliseconds.

        Not before the frame, so that a tool that goes to this time, or multiplies it by the rate and cuts off what is
        behind the point, shows this one; the nearest millisecond where frames are shorter than 4 ms.
        """
        exact = 1000 * self.seconds(edge)
        return math.ceil(round(exact, 6)) if self.shortest >= 0.004 else round(exact)

    def shown(self, seconds: float) -> int:
        """Return the frame that is shown at a time, which may be rounded to milliseconds; the number of frames behind the end."""
        if seconds <= 0:
            return 0
        rounded = min(ROUNDED_S, 0.5 * float(self.edges[-1] - self.edges[0]) / self.count)
        return int(np.searchsorted(self.edges, seconds + rounded, side="right")) - 1

    def edge(self, seconds: float) -> int:
        """Return the edge between two frames that is nearest to a time.

        Raises
        ------
        ProjectError
            The time lies behind the end of the video by more than :data:`PAST_END_S`.
        """
        if seconds > self.edges[-1] + PAST_END_S:
            raise ProjectError(
                f"{seconds:g} s lies behind the end of the video, which ends at {self.edges[-1]:g} s. "
                "Check the times, and that it is the right video."
            )
        after = int(np.searchsorted(self.edges, seconds))
        if after == 0:
            return 0
        if after > self.count:
            return self.count
        return after - 1 if seconds - self.edges[after - 1] <= self.edges[after] - seconds else after
