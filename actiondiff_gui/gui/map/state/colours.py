"""Colours and shapes of the points of a map, as arrays."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

import numpy as np

from actiondiff_gui.gui.session.clip_table import ClipRow
from actiondiff_gui.gui.session.session import UNLABELLED
from actiondiff_gui.project.palette import PALETTE

ACTION, PREDICTION, CONFIDENCE, SAID_BY = "action", "prediction", "confidence", "said by"
RIGHT, RECORDING, SUBJECT, START, LENGTH = "right", "recording", "subject", "start", "length"
FACET = "facet: "
"""What colours can stand for; a facet is named after this prefix."""

NOTHING = {
    ACTION: "not labelled",
    PREDICTION: "not predicted",
    CONFIDENCE: "not predicted",
    SAID_BY: "not labelled",
    RIGHT: "no label or no prediction",
    SUBJECT: "no subject",
}
UNKNOWN = "unknown"

SHAPES = ("disc", "square", "triangle_up", "diamond", "star", "cross", "triangle_down")
"""Shapes in vispy's names, in the order in which values get them; after the last they repeat."""

NO_SHAPE = "ring"
"""Shape of clips without a value."""

BINS = ((0.0, 0.5), (0.5, 0.6), (0.6, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.0))
"""Ranges of confidence in the legend."""

MOST_BINS = 6
"""Ranges of a number in the legend."""

MOST_NUMBERS = 12
"""More different numbers of a facet are shown by their ranges."""

_CIVIDIS = ("#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fee838")
"""Six colours of cividis (Nunez, Anderton and Renslow, 2018), readable for colour-blind people."""


_SHORT_TO_LONG = ("#5e81c0", "#5aa0b0", "#68ad7d", "#9fb355", "#d0a848", "#e07f4f")
"""Six colours from blue to orange of about one lightness, so that none is lost on a black or a white map."""
_RIGHT_WRONG = {"right": "#0072b2", "wrong": "#d55e00"}


@dataclass(frozen=True, eq=False)
class Coding:
    """Which value each clip has, and how values are shown.

    Attributes
    ----------
    codes : ndarray
        ``[N]`` int64, for each clip the index of its value in the other three.
    values : tuple of str
        The V values, "" for clips without one, which comes last.
    texts : tuple of str
        ``[V]`` names for the legend.
    styles : tuple of str
        ``[V]`` colours as "#rrggbb", or shapes.
    """

    codes: np.ndarray
    values: tuple[str, ...]
    texts: tuple[str, ...]
    styles: tuple[str, ...]

    def counts(self) -> list[int]:
        """Return ``[V]`` clips of each value."""
        return [int(count) for count in np.bincount(self.codes, minlength=len(self.values))]

    def chosen(self, value: str) -> np.ndarray:
        """Return ``[N]`` bool: the clips of one value."""
        clips: np.ndarray = self.codes == self.values.index(value)
        return clips


def values_of(rows: Sequence[ClipRow | None], by: str) -> list[str]:
    """Return the value of ``by`` for each row; "" for none, and for a deleted row."""
    if by == ACTION:
        return ["" if row is None else row.label for row in rows]
    if by == PREDICTION:
        return ["" if row is None else row.prediction for row in rows]
    if by == SAID_BY:
        return ["" if row is None else row.said_by for row in rows]
    if by == CONFIDENCE:
        return ["" if row is None else _bin(row.confidence) for row in rows]
    if by == RIGHT:
        return ["" if row is None else _verdict(row) for row in rows]
    if by == RECORDING:
        return ["" if row is None else row.video_name for row in rows]
    if by == SUBJECT:
        return ["" if row is None else row.subject for row in rows]
    if by == START:
        return ranges([None if row is None else row.start / row.fps for row in rows])
    if by == LENGTH:
        return ranges([None if row is None else (row.end - row.start) / row.fps for row in rows])
    key = by.removeprefix(FACET)
    return _in_ranges(["" if row is None else row.facets.get(key, "") for row in rows])


def coloured(
    rows: Sequence[ClipRow | None], by: str, colour_of: Callable[[str], str], actions: Sequence[str] = ()
) -> Coding:
    """Return colours for rows by one of the codings above.

    Actions have the project's colours, several in one clip the mean of theirs; predictions the same, lighter;
    other values those of the palette, in the order of their names. Actions stand in the order of ``actions``.
    """
    return coding_of(values_of(rows, by), by, colour_of, actions)


def coding_of(
    values: Sequence[str], by: str, colour_of: Callable[[str], str], actions: Sequence[str] = ()
) -> Coding:
    """Return colours for the values of ``by``, "" for none; see :func:`coloured`."""
    ordered = False
    if by in (ACTION, PREDICTION):

        def style(value: str) -> str:
            mean = _mean([colour_of(name) for name in value.split(" + ")])
            return lighter(mean) if by == PREDICTION else mean

    elif by == CONFIDENCE:
        style = dict(zip(map(_bin_name, BINS), _CIVIDIS, strict=True)).__getitem__
    elif ordered := by in (START, LENGTH) or all(map(_is_range, set(values) - {""})):
        parts = sorted(set(values) - {""}, key=_lowest)
        places = np.linspace(0, len(_SHORT_TO_LONG) - 1, max(len(parts), 2)).round().astype(int)
        style = {name: _SHORT_TO_LONG[place] for name, place in zip(parts, places, strict=False)}.__getitem__
    elif by == RIGHT:
        style = _RIGHT_WRONG.__getitem__
    else:
        names = sorted(set(values) - {""})
        style = {name: PALETTE[i % len(PALETTE)] for i, name in enumerate(names)}.__getitem__
    index = {name: n for n, name in enumerate(actions if by in (ACTION, PREDICTION) else ())}
    order = sorted(set(values) - {""}, key=lambda v: (index.get(v, len(index)), v))
    if ordered:
        order.sort(key=_lowest)
    if by == CONFIDENCE:
        order.reverse()
    return _coding(values, order, style, UNLABELLED, NOTHING.get(by, UNKNOWN))


def shaped(rows: Sequence[ClipRow | None], facet: str | None) -> Coding:
    """Return shapes for rows by a facet; one shape without a facet."""
    if facet is None:
        return Coding(np.zeros(len(rows), np.int64), ("",), ("",), (SHAPES[0],))
    values = values_of(rows, FACET + facet)
    names = sorted(set(values) - {""})
    shapes = {name: SHAPES[i % len(SHAPES)] for i, name in enumerate(names)}
    return _coding(values, names, shapes.__getitem__, NO_SHAPE, UNKNOWN)


def _coding(
    values: Sequence[str], names: Sequence[str], style: Callable[[str], str], nothing: str, text: str
) -> Coding:
    order = list(names)
    styles = [style(value) for value in order]
    if "" in values:
        order.append("")
        styles.append(nothing)
    indices = {value: index for index, value in enumerate(order)}
    codes = np.fromiter((indices[value] for value in values), np.int64, len(values))
    return Coding(codes, tuple(order), tuple(value or text for value in order), tuple(styles))


def point_colours(
    colours: Coding, chosen: np.ndarray | None, dimmed: str, alpha: float = 0.9, dimmed_alpha: float = 0.35
) -> np.ndarray:
    """Return ``[N, 4]`` float32 RGBA, 0 to 1; with ``chosen`` ``[N]`` the points not chosen are ``dimmed``."""
    palette = np.array([(*rgb(style), alpha) for style in colours.styles], np.float32).reshape(-1, 4)
    found: np.ndarray = palette[colours.codes]
    if chosen is not None:
        found[~chosen] = (*rgb(dimmed), dimmed_alpha)
    return found


def drawing_order(colours: Coding, chosen: np.ndarray | None) -> np.ndarray:
    """Return ``[N]`` indices in drawing order: points without a value first, chosen ones last, the rest shuffled.

    Mixed, so that the value that comes last does not cover the others.
    """
    mixed = np.random.default_rng(0).permutation(len(colours.codes))
    empty = colours.codes == colours.values.index("") if "" in colours.values else np.zeros(len(mixed), bool)
    rank = (~empty).astype(np.int8)
    if chosen is not None:
        rank += 2 * chosen.astype(np.int8)
    return mixed[np.argsort(rank[mixed], kind="stable")]


NAMED_FROM = 3
"""Points that a value has at least for its name to be written on the map."""


def name_places(coding: Coding, positions: np.ndarray) -> list[tuple[str, float, float]]:
    """Return the names of values, each at the point nearest to the median of its points ``[N, 2]``; the most frequent first.

    A point and not the median itself, which may lie where there are none. Values of few points, and no value, have no name.
    """
    counts = coding.counts()
    order = sorted(range(len(counts)), key=lambda code: -counts[code])
    found = []
    for code in order:
        if coding.values[code] and counts[code] >= NAMED_FROM:
            points = positions[coding.codes == code]
            away = np.abs(points - np.median(points, axis=0)).sum(axis=1)
            x, y = points[int(away.argmin())].tolist()
            found.append((coding.texts[code], x, y))
    return found


def point_size(count: int) -> float:
    """Return the diameter in pixels that suits a number of points."""
    return float(np.interp(np.log10(max(count, 1)), (2, 3, 4, 5, 5.4), (12, 9, 6, 4, 3)))


def point_alpha(count: int) -> float:
    """Return the opacity that suits a number of points: above 5,000 they overlap, and transparency shows where they are dense."""
    return float(np.interp(np.log10(max(count, 1)), (np.log10(5_000), 5.4), (0.9, 0.3)))


def rgb(colour: str) -> tuple[float, float, float]:
    """Return red, green and blue, 0 to 1, of "#rrggbb"."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def lighter(colour: str, share: float = 0.4) -> str:
    """Return ``colour`` mixed with a share of white."""
    return _hex([value + (1 - value) * share for value in rgb(colour)])


def _mean(colours: Sequence[str]) -> str:
    return _hex(np.mean([rgb(colour) for colour in colours], axis=0))


def _hex(values: Sequence[float]) -> str:
    return "#" + "".join(f"{round(255 * float(value)):02x}" for value in values)


def _bin(confidence: float | None) -> str:
    if confidence is None:
        return ""
    return _bin_name(next(b for b in reversed(BINS) if confidence >= b[0] or b is BINS[0]))


def _bin_name(limits: tuple[float, float]) -> str:
    low, high = limits
    return f"{100 * low:.0f} to {100 * high:.0f}%"


def _verdict(row: ClipRow) -> str:
    if not row.labels or not row.prediction:
        return ""
    return "right" if row.prediction in row.labels else "wrong"


def _in_ranges(values: list[str]) -> list[str]:
    """Return the values of a facet; where they are many different numbers, the ranges that these fall into."""
    known = set(values) - {""}
    if len(known) <= MOST_NUMBERS:
        return values
    try:
        numbers = {value: float(value) for value in known}
    except ValueError:
        return values
    if not all(map(isfinite, numbers.values())):
        return values
    return ranges([numbers.get(value) for value in values], "")


def ranges(numbers: Sequence[float | None], unit: str = " s") -> list[str]:
    """Return for each number the range that it falls into, of at most :data:`MOST_BINS` that hold about as many clips."""
    values = np.array(numbers, float)  # None becomes NaN
    known = values[~np.isnan(values)]
    if not len(known):
        return [""] * len(numbers)
    edges = np.unique(np.round(np.quantile(known, np.linspace(0, 1, MOST_BINS + 1)), 2))
    if len(edges) == 1:
        edges = np.append(edges, edges)
    names = [
        f"{low:g} to {high:g}{unit}" if low < high else f"{low:g}{unit}" for low, high in pairwise(edges)
    ]
    places = np.searchsorted(edges[1:-1], np.round(values, 2), side="right")
    places[np.isnan(values)] = len(names)
    found: list[str] = np.array([*names, ""], object)[places].tolist()
    return found


def _is_range(name: str) -> bool:
    low, _, high = name.partition(" to ")
    try:
        return float(low) <= float(high)
    except ValueError:
        return False


def _lowest(name: str) -> float:
    return float(name.split()[0])
