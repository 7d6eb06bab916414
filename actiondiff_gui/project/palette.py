"""Default colours of actions.

The first seven colours are those of Okabe and Ito ("Color Universal Design", 2008) without black, which
disappears on a dark canvas, and in an order that sets the first few far apart. The others come from Paul
Tol's schemes (SRON technical note 09-002, 2021), picked for their distance to the earlier ones under
simulated protanopia, deuteranopia and tritanopia. Grey is left out: it means "not labelled".
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
    "#332288",
    "#882255",
    "#FFAABB",
    "#99DDFF",
    "#117733",
    "#999933",
)


def next_colour(used: Iterable[str]) -> str:
    """First colour of the palette among those that ``used`` holds least often."""
    used = [colour.upper() for colour in used]
    return min(PALETTE, key=used.count)
