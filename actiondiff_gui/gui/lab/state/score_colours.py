"""Colours of scores, safe for colour-blind readers, and short number formats."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from actiondiff_gui.evaluation.measures import Measure

CIVIDIS = (
    "#00224e",
    "#123570",
    "#3b496c",
    "#575d6d",
    "#707173",
    "#8a8678",
    "#a59c74",
    "#c3b369",
    "#e1cc55",
    "#fee838",
)
"""Ten colours of cividis (Nunez, Anderton and Renslow, 2018), dark for low, bright for high values."""

NARROWEST = 0.25
"""Minimum range of the colours, so that noise does not look like a large difference."""


@dataclass(frozen=True)
class Scale:
    """Values from ``low`` to ``high`` as colours from dark to bright."""

    low: float
    high: float

    def colour(self, value: float) -> str:
        """Return the colour "#rrggbb" of a value."""
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        at = min(max(share, 0.0), 1.0) * (len(CIVIDIS) - 1)
        first = min(int(at), len(CIVIDIS) - 2)
        one, other = _rgb(CIVIDIS[first]), _rgb(CIVIDIS[first + 1])
        return "#" + "".join(
            f"{round(a + (b - a) * (at - first)):02x}" for a, b in zip(one, other, strict=True)
        )


def scale_of(values: Sequence[float], chance: float | None = None) -> Scale:
    """Return a scale that spans ``values`` and the chance level, and at least :data:`NARROWEST`."""
    known = [float(v) for v in values if np.isfinite(v)]
    if chance is not None and np.isfinite(chance):
        known.append(float(chance))
    if not known:
        return Scale(0.0, 1.0)
    low, high = min(known), max(known)
    # A hundredth's edge, so that the numbers at the ends of the legend are round.
    low = np.floor(low * 100) / 100
    return Scale(float(low), float(max(np.ceil(high * 100) / 100, low + NARROWEST)))


def ink_on(colour: str) -> str:
    """Return black or white, whichever is more legible on a colour (relative luminance as in WCAG 2)."""
    light = [
        v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (c / 255 for c in _rgb(colour))
    ]
    return "#000000" if 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2] > 0.179 else "#ffffff"


def short(value: float) -> str:
    """Return a value from -1 to 1 in as few characters as a small cell has room for: ".31", "-.05", "1"."""
    text = f"{value:.2f}"
    if text in ("1.00", "-1.00"):
        return text[:-3]
    return "0" if text in ("0.00", "-0.00") else text.replace("0.", ".", 1)


def tells(measure: Measure, low: float, high: float, chance: float) -> bool:
    """Return whether an interval lies beyond chance on the meaningful side."""
    if not all(np.isfinite(each) for each in (low, high, chance)):
        return False
    return low > chance if measure.kind != "difference" else low > 0 or high < 0


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return red, green, blue
