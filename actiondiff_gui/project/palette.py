"""Default colours of actions.

The first seven colours are those of Okabe and Ito ("Color Universal Design", 2008) without black, which
disappears on a dark canvas, and in an order that sets the first few far apart. Each further one is the colour
whose difference to all earlier ones (CIE L*a*b*), seen as usual and under simulated protanopia, deuteranopia and
tritanopia, is largest among those that stand out from a dark and from a white canvas. Grey is left out: it means
"not labelled".
"""

from collections.abc import Iterable

PALETTE = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#56B4E9",
    "#CC79A7",
    "#F0E442",
    "#8700FF",
    "#00FF87",
    "#9678FF",
    "#695A2D",
    "#FF005A",
    "#B4F0E1",
    "#A50087",
    "#FFB4A5",
    "#E1D2FF",
    "#B4B45A",
    "#871EC3",
    "#F00FF0",
    "#A5E15A",
    "#874B00",
    "#A51E4B",
    "#5A961E",
    "#FF78E1",
    "#00D21E",
    "#B4695A",
    "#784B69",
    "#78C378",
    "#F01EC3",
    "#FF4B3C",
    "#B41E2D",
    "#4BD2D2",
)


def next_colour(used: Iterable[str]) -> str:
    """First colour of the palette among those that ``used`` holds least often."""
    used = [colour.upper() for colour in used]
    return min(PALETTE, key=used.count)
