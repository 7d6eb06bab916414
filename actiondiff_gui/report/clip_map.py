"""Export of the map on screen: a figure with a legend, and a table of its points."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from actiondiff_gui.report.files import write_table
from actiondiff_gui.report.style import FAINT, SMALL, TEXT, new_figure, plain, styled
from actiondiff_gui.tables import table_text

_MATPLOTLIB = {
    "disc": "o", "square": "s", "triangle_up": "^", "diamond": "D", "star": "*", "cross": "P",
    "triangle_down": "v", "ring": ".",
}  # fmt: skip
_MOST_ENTRIES = 18


@styled
def clip_map_figure(
    coordinates: np.ndarray,
    colours: np.ndarray,
    shapes: Sequence[str],
    order: np.ndarray,
    legends: Sequence[tuple[str, Sequence[tuple[str, str, str]]]],
    title: str,
    subtitle: str = "",
    axes: tuple[str, str] = ("", ""),
) -> Figure:
    """Return a map as it is on the screen, on white, with its legends at the right.

    Parameters
    ----------
    coordinates : ndarray
        ``[N, 2]``.
    colours : ndarray
        ``[N, 4]`` RGBA, 0 to 1.
    shapes : sequence of str
        ``[N]`` names of shapes as in :mod:`actiondiff_gui.gui.map.state.colours`.
    order : ndarray
        ``[N]`` indices in the order of drawing.
    legends : sequence of (title, entries)
        Entries are colour, shape and text.
    title, subtitle : str
    axes : tuple of str
        Texts below and left of the map.
    """
    count = len(coordinates)
    figure = new_figure(8.4, title, subtitle)
    grid = figure.add_gridspec(1, 2, width_ratios=[1, 0.3])
    ax = figure.add_subplot(grid[0, 0])
    shape_of = np.asarray(shapes)
    # In ten layers, so that no shape covers all others and yet few collections are drawn.
    for part in np.array_split(order, min(10, max(1, count))):
        for shape in np.unique(shape_of[part]):
            here = part[shape_of[part] == shape]
            ax.scatter(
                coordinates[here, 0],
                coordinates[here, 1],
                s=float(np.clip(14000 / max(count, 1), 4, 80)),
                c=colours[here],
                marker=_MATPLOTLIB[str(shape)],
                linewidths=0.4 if count < 1000 else 0,
                edgecolors="white",
                rasterized=count > 2000,
            )
    ax.set_aspect("equal", adjustable="datalim")
    ax.set_xticks([])
    ax.set_yticks([])
    ax.margins(0.05)
    for spine in ax.spines.values():
        spine.set_visible(True)
        spine.set_edgecolor("#c9d0d6")
    ax.set_xlabel(axes[0], size=TEXT, color=FAINT)
    ax.set_ylabel(axes[1], size=TEXT, color=FAINT)
    keys = figure.add_subplot(grid[0, 1])
    keys.axis("off")
    top = 1.0
    for heading, entries in legends:
        top = _legend(keys, heading, entries, top)
    return figure


def _legend(ax: Axes, heading: str, entries: Sequence[tuple[str, str, str]], top: float) -> float:
    shown = entries if len(entries) <= _MOST_ENTRIES else entries[: _MOST_ENTRIES - 1]
    handles = [
        Line2D([], [], ls="", marker=_MATPLOTLIB[shape], ms=8, color=to_rgba(colour), label=plain(text, 30))
        for colour, shape, text in shown
    ]
    if len(shown) < len(entries):
        handles.append(Line2D([], [], ls="", label=f"… and {len(entries) - len(shown)} more"))
    legend = ax.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0, top),
        title=heading,
        borderaxespad=0,
        borderpad=0,
        handletextpad=0.3,
        labelspacing=0.35,
        alignment="left",
        fontsize=SMALL + 0.5,
        title_fontproperties={"size": SMALL + 0.5, "weight": "bold"},
    )
    ax.add_artist(legend)
    return top - 0.027 * (len(handles) + 1) - 0.04


def write_clip_map_table(path: Path, rows: Sequence[Mapping[str, Any]], facets: Sequence[str]) -> Path:
    """Write the points of a map as CSV, UTF-8: what a row lacks stays empty.

    Columns are clip_id, video, start_frame, end_frame (exclusive), x, y, label, one for each facet, prediction
    and confidence. Each mapping holds these names, and facets under ``"facets"``.
    """
    plain_columns = ("clip_id", "video", "start_frame", "end_frame", "x", "y", "label")
    last = ("prediction", "confidence")

    lines = (
        [
            *(row[name] for name in plain_columns),
            *(row["facets"].get(facet, "") for facet in facets),
            *(row[name] for name in last),
        ]
        for row in rows
    )
    return write_table(path, table_text([[*plain_columns, *facets, *last], *lines]))
