"""Legend and captions of overlays that are shown together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from actiondiff_gui.overlays.overlay import Overlay, colours

WORDS = {
    "attention": ("least attention", "most attention"),
    "similarity": ("opposite", "alike"),
    "evidence": ("less evidence", "more evidence"),
}
COLOURS_NOTE = "Similar colours mean similar features."


@dataclass(frozen=True)
class Legend:
    """What stands beside overlays that share a scale.

    Attributes
    ----------
    title : str
        What is shown, and where it comes from as far as all have it in common.
    kind : str
        Kind of the overlays.
    low, high : str
        What the first and the last colour mean, in words and as values; "" for feature colours, which have no scale.
    note : str
        A sentence for feature colours, else "".
    captions : tuple of str
        For each overlay what it alone is; "" where there is nothing to tell apart.
    """

    title: str
    kind: str
    low: str
    high: str
    note: str
    captions: tuple[str, ...]


def legend_of(overlays: Sequence[Overlay], names: Sequence[str]) -> Legend:
    """Return the legend of overlays that are shown together; ``names`` are those of their clips."""
    first = overlays[0]
    parts = [[*each.address.split(", ")] if each.address else [] for each in overlays]
    shared = [part for part in parts[0] if all(part in each for each in parts)]
    one_clip = len(set(names)) == 1
    captions = [
        ", ".join([*([] if one_clip else [name]), *(part for part in own if part not in shared)])
        for name, own in zip(names, parts, strict=True)
    ]
    title = ", ".join([first.title, *shared])
    title = title[:1].upper() + title[1:]
    if first.kind == "colours":
        return Legend(title, first.kind, "", "", COLOURS_NOTE, tuple(captions))
    low, high = (f"{word} ({value:.2g})" for word, value in zip(WORDS[first.kind], first.limits, strict=True))
    return Legend(title, first.kind, low, high, "", tuple(captions))


def colour_bar(kind: str, width: int, height: int) -> np.ndarray:
    """Return the scale of a kind from its first to its last colour, ``[height, width, 3]`` uint8."""
    bar = colours(np.linspace(0, 1, width), kind, (0.0, 1.0))
    return np.repeat(np.round(bar * 255).astype(np.uint8)[None], height, axis=0)
