"""Figures of an ethogram for print: raster and transitions."""

from collections.abc import Mapping

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from actiondiff_gui.ethogram.bouts import Bouts
from actiondiff_gui.ethogram.transitions import Transitions
from actiondiff_gui.report.grids import action_cells
from actiondiff_gui.report.style import (
    SMALL,
    TEXT,
    colours,
    look,
    new_figure,
    plain_names,
    styled,
)
from actiondiff_gui.report.timelines import clock, time_axis

MOST_ROWS = 60
"""So many recordings fit a figure that can be read; the others are named in its subtitle."""
LIGHTER = 0.45
"""Opacity of predicted bouts beside labelled ones."""


@styled
def raster_figure(
    bouts: Bouts,
    action_colours: Mapping[str, str] | None = None,
    title: str = "Ethogram",
    subtitle: str = "",
    by_action: bool = False,
) -> Figure:
    """Draw a row for each recording, or for each action of the first one; predictions lighter than labels.

    Recordings without a bout are left out.
    """
    palette = colours(bouts.actions, action_colours)
    if by_action:
        rows = list(range(len(bouts.actions)))
        row_of, names = bouts.action, list(bouts.actions)
        seconds = [bouts.recordings[0].seconds] * len(rows) if bouts.recordings else []
    else:
        rows = [int(r) for r in np.unique(bouts.recording)]
        row_of, names = bouts.recording, [bouts.recordings[row].name for row in rows]
        seconds = [bouts.recordings[row].seconds for row in rows]
        if len(rows) > MOST_ROWS:
            left = len(rows) - MOST_ROWS
            subtitle = f"{subtitle}. {left} further recordings are not shown".lstrip(". ")
            rows, names, seconds = rows[:MOST_ROWS], names[:MOST_ROWS], seconds[:MOST_ROWS]
    longest = max(seconds, default=1.0)
    figure = new_figure(2.0 + 0.3 * max(len(rows), 1), title, subtitle)
    ax = figure.add_subplot()
    fps = bouts.fps
    for at, row in enumerate(rows):
        ax.broken_barh([(0, seconds[at])], (at + 0.12, 0.76), facecolors="#eef1f4", lw=0, zorder=0)
        mine = np.flatnonzero(row_of == row)
        spans = np.column_stack([bouts.start[mine], bouts.end[mine] - bouts.start[mine]]) / fps[mine, None]
        faces = [
            to_rgba(palette[bouts.actions[bouts.action[i]]], LIGHTER if bouts.predicted[i] else 1.0)
            for i in mine.tolist()
        ]
        if len(mine):
            ax.broken_barh(spans.tolist(), (at + 0.12, 0.76), facecolors=faces, lw=0)
    shown = plain_names(names, 34)
    ax.set_yticks(np.arange(len(rows)) + 0.5, [shown[name] for name in names], size=TEXT)
    ax.set_ylim(max(len(rows), 1), 0)
    ax.set_xlim(0, longest)
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    time_axis(ax, longest)
    totals = [float(bouts.seconds[bouts.action == k].sum()) for k in range(len(bouts.actions))]
    handles = [
        Patch(color=palette[name], label=f"{text} ({clock(total, longest)})")
        for (name, text), total in zip(plain_names(bouts.actions).items(), totals, strict=True)
        if total
    ]
    if handles:
        ax.legend(
            handles=handles,
            loc="lower left",
            bbox_to_anchor=(0, 1.0),
            ncols=6,
            borderaxespad=0.3,
            handlelength=1.2,
            fontsize=SMALL + 0.5,
        )
    return figure


@styled
def transitions_figure(
    found: Transitions,
    title: str = "Transitions",
    subtitle: str = "",
    as_counts: bool = False,
    action_colours: Mapping[str, str] | None = None,
) -> Figure:
    """Draw transitions: rows are actions, columns the action that follows; colour is the share of the row, text share and count."""
    shares = found.shares
    if not found.with_own:
        shares[np.diag_indices(len(shares))] = np.nan
    texts = {}
    for i, j in np.ndindex(shares.shape):
        count = int(found.counts[i, j])
        if i == j and not found.with_own:
            texts[i, j] = "–"
        elif count:
            share = f"{shares[i, j]:.2f}"
            texts[i, j] = f"{count:,}" if as_counts else f"{share}\n{count:,}" if look().page else share
    sums = found.counts.sum(axis=1)
    figure, ax = action_cells(shares, texts, found.actions, sums, title, subtitle, action_colours)
    ax.set_xlabel("followed by")
    ax.set_ylabel("action (transitions out of it)" if look().page else "")
    return figure
