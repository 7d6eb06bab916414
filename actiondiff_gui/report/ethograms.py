"""Figures of an ethogram for print: raster and transitions."""

from collections.abc import Mapping

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import Normalize, to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from actiondiff_gui.ethogram.bouts import Bouts
from actiondiff_gui.ethogram.transitions import Transitions
from actiondiff_gui.report.grids import cell_lines
from actiondiff_gui.report.style import (
    FAINT,
    SMALL,
    TEXT,
    colours,
    new_figure,
    plain_names,
    styled,
    text_on,
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
    found: Transitions, title: str = "Transitions", subtitle: str = "", as_counts: bool = False
) -> Figure:
    """Draw transitions: rows are actions, columns the action that follows; colour is the share of the row, text share and count."""
    number = len(found.actions)
    shares = found.shares
    side = float(np.clip(0.7 * number, 3.4, 9.5))
    figure = new_figure(side + 2.2, title, subtitle)
    ax = figure.add_subplot()
    colour_map, norm = colormaps["Blues"].with_extremes(bad="#eef1f4"), Normalize(0, 1.15)
    drawn = np.where(np.isnan(shares), 0, shares)
    if not found.with_own:
        drawn[np.diag_indices(number)] = np.nan
    ax.imshow(drawn, cmap=colour_map, norm=norm)
    shown = plain_names(found.actions, 22)
    ax.set_xticks(range(number), [shown[name] for name in found.actions])
    if number and 0.095 * max(map(len, shown.values())) > side / number:
        for label in ax.get_xticklabels():
            label.set(rotation=40, ha="right", rotation_mode="anchor")
    sums = found.counts.sum(axis=1)
    ax.set_yticks(range(number), [f"{shown[n]} ({s:,})" for n, s in zip(found.actions, sums, strict=True)])
    ax.set_xlabel("followed by")
    ax.set_ylabel("action (transitions out of it)")
    cell_lines(ax, number, number)
    for i, j in np.ndindex(number, number):
        if i == j and not found.with_own:
            text, ink = "–", FAINT
        elif np.isnan(shares[i, j]):
            text, ink = "", FAINT
        else:
            count = int(found.counts[i, j])
            text = f"{count:,}" if as_counts else f"{shares[i, j]:.2f}\n{count:,}"
            ink = text_on(colour_map(norm(drawn[i, j])))
        ax.text(j, i, text, ha="center", va="center", size=SMALL, color=ink)
    return figure
