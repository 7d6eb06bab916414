"""Time axis of a timeline: the visible frames, their positions on the screen, and the ticks."""

import math
from dataclasses import dataclass, replace

FEWEST_FRAMES = 10.0
"""Fewest visible frames at the closest zoom."""
SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """The visible range of a video.

    Frame ``i`` lies between positions ``i`` and ``i + 1``, so that a clip of the frames ``start`` up to
    ``end`` is drawn between just these two.

    Attributes
    ----------
    count : int
        Frames of the whole video.
    width : int
        Pixels on which the stretch is drawn.
    begin, end : float
        Positions at the left and right border, in frames.
    """

    count: int
    width: int
    begin: float
    end: float

    @classmethod
    def whole(cls, count: int, width: int) -> "TimeAxis":
        """Return an axis that shows all of a video."""
        count, width = max(1, count), max(1, width)
        return cls(count, width, 0.0, float(count))

    @property
    def scale(self) -> float:
        """Pixels per frame."""
        return self.width / (self.end - self.begin)

    @property
    def fits(self) -> bool:
        """Whether the whole video is visible."""
        return self.begin <= 0 and self.end >= self.count

    def x(self, position: float) -> float:
        """Return the pixels from the left border to a position."""
        return (position - self.begin) * self.scale

    def position(self, x: float) -> float:
        """Return the position at a pixel, fractions of frames included."""
        return self.begin + x / self.scale

    def frame(self, x: float) -> int:
        """Return the frame at a pixel, the nearest one that is visible and that the video has."""
        x = max(0.0, min(x, self.width - 1))
        return max(0, min(math.floor(self.position(x)), self.count - 1))

    def border(self, x: float) -> int:
        """Return the border between two frames that is nearest to a pixel, 0 up to the number of frames."""
        x = max(0.0, min(x, float(self.width)))
        return max(0, min(round(self.position(x)), self.count))

    def resized(self, width: int) -> "TimeAxis":
        """Return the same range on another width."""
        return replace(self, width=max(1, width))

    def fitted(self) -> "TimeAxis":
        """Return an axis that shows the whole video."""
        return TimeAxis.whole(self.count, self.width)

    def zoomed(self, factor: float, x: float) -> "TimeAxis":
        """Return an axis with ``factor`` times the range, the position at pixel ``x`` kept in place."""
        span = self.end - self.begin
        wanted = min(float(self.count), max(min(FEWEST_FRAMES, self.count), span * factor))
        at = self.position(x)
        return self.spanning(at - (at - self.begin) * wanted / span, wanted)

    def moved(self, frames: float) -> "TimeAxis":
        """Return an axis shifted by ``frames``, within the video."""
        return self.spanning(self.begin + frames, self.end - self.begin)

    def spanning(self, begin: float, span: float) -> "TimeAxis":
        """Return an axis of ``span`` frames from ``begin``, shifted to lie within the video."""
        span = min(float(self.count), max(min(FEWEST_FRAMES, self.count), span))
        begin = max(0.0, min(begin, self.count - span))
        return replace(self, begin=begin, end=begin + span)

    def holding(self, frame: int, ahead: bool = False) -> "TimeAxis":
        """Return an axis that shows ``frame``: centred on it where it was not visible, or with ``ahead`` mostly after it."""
        if self.begin <= frame and frame + 1 <= self.end:
            return self
        span = self.end - self.begin
        return self.spanning(frame + 0.5 - span * (0.05 if ahead else 0.5), span)

    def around(self, start: int, end: int) -> "TimeAxis":
        """Return an axis of a range with as much again before and after it."""
        length = max(1, end - start)
        return self.spanning(start - length, 3.0 * length)


@dataclass(frozen=True, slots=True)
class Tick:
    """A tick of the time axis at a position in frames; ``text`` is "" for minor ticks."""

    position: float
    text: str = ""


def ticks(axis: TimeAxis, fps: float, room: float = 90.0) -> tuple[str, list[Tick]]:
    """Return ticks at round frames or times.

    Parameters
    ----------
    axis : TimeAxis
    fps : float
        Frames per second of the video.
    room : float
        Pixels between two marks with a text, at least.

    Returns
    -------
    unit : {"frame", "min:s", "h:min:s"}
        What the texts are.
    marks : list of Tick
        In order; those of the visible stretch.
    """
    least = room / axis.scale
    # Under a second apart the marks count frames, since that is what one moves by there.
    if least <= fps / 2:
        step, parts = next((n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500) if n >= least), 1000), 1
        parts = min(5 if step >= 5 else step, step)
        unit, text = "frame", lambda n: f"{n * step}"
    else:
        seconds = next((n for n in SECONDS if n * fps >= least), SECONDS[-1])
        step, parts = seconds * fps, 6 if seconds % 6 == 0 else 5 if seconds % 5 == 0 else max(1, seconds)
        parts = 4 if seconds in (1, 2) else parts
        hours = axis.count / fps >= 3600
        unit, text = ("h:min:s" if hours else "min:s"), lambda n: whole_clock(n * seconds, hours)
    small = step / parts
    first, last = math.ceil(axis.begin / small - 1e-9), math.floor(axis.end / small + 1e-9)
    return unit, [Tick(n * small, text(n // parts) if n % parts == 0 else "") for n in range(first, last + 1)]


def whole_clock(seconds: int, hours: bool) -> str:
    """Return whole seconds as ``2:03``, or ``1:02:03`` with ``hours``."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def clock(seconds: float) -> str:
    """Return a time as ``1:02:03.45``, hours only where there are any."""
    hundredths = round(seconds * 100)
    minutes, rest = divmod(hundredths, 6000)
    hours, minutes = divmod(minutes, 60)
    within = f"{rest // 100:02}.{rest % 100:02}"
    return f"{hours}:{minutes:02}:{within}" if hours else f"{minutes}:{within}"
