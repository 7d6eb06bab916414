"""Colours, shapes and sizes that all figures share, on a page and in the window.

On a page a figure is 1280 pixels wide (12.8 inches at 100 dots per inch) on a white ground. In the window the same function
draws it in the colours, the size and the room that a :class:`Look` gives (:func:`in_pixels`).
"""

import colorsys
import os
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, ParamSpec

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from actiondiff_gui.errors import AnalysisError
from actiondiff_gui.report.files import write_whole

if TYPE_CHECKING:
    from matplotlib.typing import ColorType, RcKeyType

WIDTH = 12.8
"""Width of a figure on a page in inches; 1280 pixels at 100 dots per inch."""

TITLE, LABEL, TEXT, SMALL = 15, 12, 11, 9.5
"""The four font sizes, in points."""

INK, FAINT, GRID, UNLABELLED = "#1c2733", "#5b6772", "#d9dee3", "#9aa3ab"

BLUE = "#3d8fd1"
"""Colour of what a figure is about, seen on light and on dark grounds."""

PALETTE = (
    "#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#f0e442", "#332288",
    "#882255", "#999933", "#117733", "#8c6d4f", "#aa4499", "#000000",
)  # fmt: skip
"""Okabe and Ito's colours (2008) without black, then darker ones of Tol's muted scheme that stay apart
from them, and black last, for it is the colour of text and lines."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h", "*")
"""Shapes of domains, filled ones only."""

MAP = "cividis"
"""Colour map of scores, perceptually uniform and that of the window (Nunez, Anderton and Renslow, 2018)."""


@dataclass(frozen=True)
class Look:
    """Colours and room of a figure; by default those of a page.

    Attributes
    ----------
    ink, faint, grid, ground : str
        Colours of text, of lines and notes, of the grid, and of the ground.
    empty : str
        Colour of a cell that holds nothing.
    width : float
        In inches.
    height : float or None
        In inches; None for what the figure's content needs.
    dots : float
        Pixels per inch.
    """

    ink: str = INK
    faint: str = FAINT
    grid: str = GRID
    ground: str = "white"
    empty: str = "#eef1f4"
    width: float = WIDTH
    height: float | None = None
    dots: float = 100

    @property
    def page(self) -> bool:
        """Whether the figure is for a page, where it has a heading and room for everything."""
        return self.height is None

    @property
    def shares(self) -> Colormap:
        """Colours of a share, from nothing to :data:`BLUE`."""
        return LinearSegmentedColormap.from_list("shares", [self.empty, BLUE]).with_extremes(bad=self.empty)

    @property
    def settings(self) -> "dict[RcKeyType, Any]":
        """What matplotlib has to be told."""
        return {
            "axes.edgecolor": self.faint,
            "axes.facecolor": self.ground,
            "axes.labelcolor": self.ink,
            "axes.labelsize": LABEL if self.page else TEXT,
            "axes.linewidth": 0.8,
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlecolor": self.ink,
            "axes.titlesize": LABEL,
            "axes.titlelocation": "left",
            "figure.facecolor": self.ground,
            "figure.dpi": self.dots,
            "font.family": "sans-serif",
            "font.sans-serif": ["DejaVu Sans"],
            "font.size": TEXT,
            "grid.color": self.grid,
            "hatch.color": self.grid,
            "legend.fontsize": TEXT,
            "legend.frameon": False,
            "svg.fonttype": "path",
            "svg.hashsalt": "actiondiff",
            "text.color": self.ink,
            "xtick.color": self.faint,
            "xtick.labelcolor": self.ink,
            "xtick.labelsize": TEXT,
            "ytick.color": self.faint,
            "ytick.labelcolor": self.ink,
            "ytick.labelsize": TEXT,
        }


PAGE = Look()

_look = ContextVar("look", default=PAGE)
_alone = RLock()
"""matplotlib's settings are those of the whole process: one thread draws at a time."""

_Parameters = ParamSpec("_Parameters")


def look() -> Look:
    """Return the look of the figure that is being drawn."""
    return _look.get()


def styled(draw: Callable[_Parameters, Figure]) -> Callable[_Parameters, Figure]:
    """Let a function that draws a figure use the common style, whatever the settings around it."""

    @wraps(draw)
    def drawn(*args: _Parameters.args, **parameters: _Parameters.kwargs) -> Figure:
        with _alone, matplotlib.rc_context():
            matplotlib.rcdefaults()
            matplotlib.rcParams.update(look().settings)
            return draw(*args, **parameters)

    return drawn


def new_figure(height: float, title: str = "", subtitle: str = "") -> Figure:
    """Return an empty figure; on a page ``height`` inches high, with a heading at its top left."""
    seen = look()
    pad = 0.12 if seen.page else 0.04
    spaced = ConstrainedLayoutEngine(w_pad=pad, h_pad=pad, wspace=0.03, hspace=0.04)
    figure = Figure(figsize=(seen.width, seen.height or height), layout=spaced)
    FigureCanvasAgg(figure)
    if title and seen.page:
        heading = figure.suptitle(plain(title, 110), x=0.012, ha="left", size=TITLE, weight="bold")
        heading.set_in_layout(True)
    if subtitle and seen.page:
        figure.supxlabel(plain(subtitle, 170), x=0.012, ha="left", size=SMALL, color=FAINT)
    return figure


@dataclass(frozen=True, eq=False)
class Drawn:
    """A figure as pixels.

    Attributes
    ----------
    pixels : ndarray of uint8
        ``[H, W, 4]``, red, green, blue and opacity.
    cell : tuple of float
        Left, top, width and height in pixels of what lies from -0.5 to 0.5 in the figure's first axes: where a figure
        consists of cells, the first one, beside which the others lie.
    """

    pixels: np.ndarray
    cell: tuple[float, float, float, float]


def in_pixels(draw: Callable[[], Figure], seen: Look) -> Drawn:
    """Draw a figure for the window."""
    before = _look.set(seen)
    try:
        with _alone, _quietly(seen):
            figure = draw()
            figure.canvas.draw()
            pixels = np.array(figure.canvas.buffer_rgba())  # type: ignore[attr-defined]
            (left, top), (right, bottom) = figure.axes[0].transData.transform([(-0.5, -0.5), (0.5, 0.5)])
        return Drawn(pixels, (left, len(pixels) - top, right - left, top - bottom))
    finally:
        _look.reset(before)


def save(figure: Figure, path: str | os.PathLike[str], pixels_per_inch: int = 200) -> Path:
    """Write a figure as PNG or SVG, by the ending of ``path``, which only a whole file replaces.

    At 200 pixels per inch a figure is 2560 pixels wide: sharp on a high-resolution screen and in print.

    Raises
    ------
    AnalysisError
        If the ending is neither ``.png`` nor ``.svg``, or the file cannot be written.
    """
    kind = Path(path).suffix.lower().lstrip(".")
    if kind not in ("png", "svg"):
        raise AnalysisError(
            f"A figure is saved as .png or .svg, not as {Path(path).name!r}. Choose another name."
        )
    metadata = {"Date": None} if kind == "svg" else {"Software": None}

    def write(part: Path) -> None:
        with _alone, _quietly(PAGE):
            figure.savefig(part, format=kind, dpi=pixels_per_inch, metadata=metadata)

    return write_whole(path, write, "figure")


@contextmanager
def _quietly(seen: Look) -> Iterator[None]:
    with matplotlib.rc_context(seen.settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        yield


def plain(name: str, longest: int = 26) -> str:
    """Return a name as matplotlib should show it: on one line, no formulas, cut in its middle if it is long."""
    name = " ".join(str(name).split())
    if len(name) > longest:
        tail = (longest - 1) // 3
        name = f"{name[: longest - 1 - tail].rstrip()}…{name[len(name) - tail :].lstrip()}"
    name = name.replace("$", r"\$")
    # matplotlib leaves labels that start with an underscore out of legends.
    return f"\u2009{name}" if name.startswith("_") else name


def plain_names(names: Iterable[str], longest: int = 26) -> dict[str, str]:
    """Each name as :func:`plain` shows it; those that would look alike lose the words they share."""
    shown = {name: plain(name, longest) for name in names}
    by_look: dict[str, list[str]] = {}
    for name, look in shown.items():
        by_look.setdefault(look, []).append(name)
    for alike in by_look.values():
        first, last = min(alike), max(alike)
        differ = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), 0)
        start = len(re.sub(r"[^\s_./-]*\Z", "", first[:differ]))
        if len(alike) > 1 and start > 1:
            shown |= {name: plain(f"…{name[start:]}", longest) for name in alike}
    return shown


def colours(names: Iterable[str], given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return a colour for each name, ``given`` ones first, the others from the palette in the order of ``names``.

    Past the end of the palette its colours return lighter, then darker. "" (not labelled) is grey.
    """
    given = {name: to_hex(colour) for name, colour in (given or {}).items()}
    wanted = [name for name in dict.fromkeys(names) if name]
    free = (colour for colour in _endless_palette() if colour not in given.values())
    chosen = {name: given[name] if name in given else next(free) for name in wanted}
    return {**chosen, "": given.get("", UNLABELLED)}


def markers(domains: Iterable[str]) -> dict[str, str]:
    """Return a marker shape for each domain in the order given; after twelve they repeat."""
    return {name: MARKERS[i % len(MARKERS)] for i, name in enumerate(dict.fromkeys(domains))}


def counted(names: Sequence[str], instead_of_empty: str) -> dict[str, str]:
    """For each name its legend text with a count, "walk (24)", in order of name, the empty one last."""
    counts = Counter(names)
    order = sorted(counts, key=lambda name: (not name, name))
    shown = plain_names(counts)
    return {name: f"{shown[name] or instead_of_empty} ({counts[name]})" for name in order}


def text_on(colour: "ColorType") -> str:
    """Black or white, whichever is easier to read on ``colour`` (WCAG 2 relative luminance)."""
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in to_rgb(colour))
    return "#000000" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 else "#ffffff"


def _endless_palette() -> Iterable[str]:
    yield from PALETTE
    turn = 1
    while True:
        for colour in PALETTE[:-1]:
            hue, light, saturation = colorsys.rgb_to_hls(*to_rgb(colour))
            step = 0.5 ** ((turn + 1) // 2)
            light = light + (1 - light) * step * 0.9 if turn % 2 else light * (1 - step * 0.9)
            yield to_hex(colorsys.hls_to_rgb(hue, light, saturation * 0.8))
        turn += 1
