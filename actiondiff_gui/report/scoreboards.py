"""Scoreboard figures: matrices of trained and tested domains, and means with intervals."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from actiondiff_gui.evaluation.scoreboard.rows import BoardMean
from actiondiff_gui.report.grids import cell_lines
from actiondiff_gui.report.style import (
    FAINT,
    INK,
    MAP,
    PALETTE,
    SMALL,
    TEXT,
    WIDTH,
    new_figure,
    plain,
    plain_names,
    styled,
    text_on,
)


@styled
def board_figure(
    matrices: Mapping[str, Mapping[str, np.ndarray]],
    domains: Sequence[str],
    title: str = "Trained on one domain, tested on another",
    subtitle: str = "",
    last_row: str = "all others",
) -> Figure:
    """One matrix for each method, on one scale of colours; above chance by its interval is bold, else faint.

    Parameters
    ----------
    matrices : mapping
        For each method its ``"value"``, ``"low"``, ``"high"`` and ``"chance"``, each ``[D + 1, D]`` with NaN where
        unknown: rows trained on, the last on all other domains, columns tested.
    domains : sequence of str
        The D domains.
    """
    count = len(domains)
    everything = np.stack([m["value"] for m in matrices.values()])
    chances = np.stack([m["chance"] for m in matrices.values()])
    bounds = [*everything[np.isfinite(everything)], *chances[np.isfinite(chances)]]
    # From 0, and half of all at least: differences of noise shall not look large.
    norm = Normalize(0, max([*bounds, 0.5]))
    colour_map = colormaps[MAP].with_extremes(bad="#eef1f4")
    columns = min(len(matrices), 5 if count <= 3 else 3 if count <= 6 else 2)
    lines = -(-len(matrices) // columns)
    cell = min(1.0, (WIDTH - 2.2) / columns / max(count, 1))
    figure = new_figure(1.5 + lines * (0.9 + cell * 0.72 * (count + 1)), title, subtitle)
    axes = figure.subplots(lines, columns, squeeze=False)
    shown = plain_names(domains, 14 if count <= 6 else 9)
    image = None
    for position, ax in enumerate(axes.flat):
        if position >= len(matrices):
            ax.set_axis_off()
            continue
        name, parts = list(matrices.items())[position]
        image = ax.imshow(parts["value"], cmap=colour_map, norm=norm, aspect="auto")
        ax.set_title(plain(name, 30), loc="left", weight="bold")
        ax.set_xticks(range(count), [shown[domain] for domain in domains])
        if count > 3:
            for label in ax.get_xticklabels():
                label.set(rotation=40, ha="right", rotation_mode="anchor")
        first = position % columns == 0
        ax.set_yticks(
            range(count + 1), [shown[d] for d in domains] + [last_row] if first else [""] * (count + 1)
        )
        if first:
            ax.set_ylabel("trained on")
        if position >= len(matrices) - columns:
            ax.set_xlabel("tested on")
        cell_lines(ax, count + 1, count)
        ax.axhline(count - 0.5, color=INK, lw=1.5)
        for row, column in np.ndindex(count + 1, count):
            value = parts["value"][row, column]
            if not np.isfinite(value):
                ax.text(column, row, "–", ha="center", va="center", color=FAINT)
                continue
            above = parts["low"][row, column] > parts["chance"][row, column]
            ink = text_on(colour_map(norm(value)))
            ax.text(
                column,
                row,
                f"{value:.0%}",
                ha="center",
                va="bottom" if count <= 6 else "center",
                size=TEXT if count <= 6 else SMALL,
                weight="bold" if above else "normal",
                color=ink,
            )
            if count <= 6:
                span = f"{parts['low'][row, column]:.0%} to {parts['high'][row, column]:.0%}"
                ax.text(column, row + 0.06, span, ha="center", va="top", size=7, color=ink)
    if image is not None:
        bar = figure.colorbar(image, ax=axes, pad=0.012, fraction=0.03, aspect=22)
        bar.outline.set_visible(False)
        bar.ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        bar.set_label("accuracy")
        chance = float(np.nanmean(chances)) if np.isfinite(chances).any() else float("nan")
        if np.isfinite(chance):
            for colour, width in (("white", 4), (_MARK, 2)):
                bar.ax.axhline(chance, color=colour, lw=width)
    return figure


@styled
def means_figure(
    means: Sequence[BoardMean],
    kinds: Mapping[str, str],
    heads: Mapping[str, str],
    title: str = "Methods side by side",
    subtitle: str = "",
) -> Figure:
    """For each part of the board a panel: methods by row, heads by colour and shape, with intervals and chance.

    Parameters
    ----------
    means : sequence
        In the order of methods that the figure is to have.
    kinds, heads : mapping of str to str
        Keys as in ``means``, with the words to show.
    """
    methods = list(dict.fromkeys(mean.method for mean in means))
    kinds = {kind: words for kind, words in kinds.items() if any(mean.kind == kind for mean in means)}
    heads = {head: words for head, words in heads.items() if any(mean.head == head for mean in means)}
    figure = new_figure(2.2 + len(methods) * (0.28 + 0.2 * len(heads)), title, subtitle)
    axes = figure.subplots(1, max(len(kinds), 1), sharey=True, sharex=True, squeeze=False)[0]
    shown = plain_names(methods, 28)
    top = max([mean.high for mean in means if np.isfinite(mean.high)] + [0.5])
    for ax, (kind, words) in zip(axes, kinds.items(), strict=False):
        here = [mean for mean in means if mean.kind == kind]
        for mean in here:
            shift = (list(heads).index(mean.head) - (len(heads) - 1) / 2) * 0.22
            colour = PALETTE[list(heads).index(mean.head) % len(PALETTE)]
            position = methods.index(mean.method) + shift
            half = [[max(0.0, mean.value - mean.low)], [max(0.0, mean.high - mean.value)]]
            ax.errorbar(
                mean.value,
                position,
                xerr=half if np.isfinite(half).all() else None,
                color=colour,
                marker="os^"[list(heads).index(mean.head) % 3],
                ms=7,
                elinewidth=1.8,
                capsize=3,
                ls="none",
            )
        if here:
            ax.axvline(np.mean([mean.chance for mean in here]), color=FAINT, lw=1.4, ls=(0, (2, 2)), zorder=0)
        ax.set_title("\n".join(_wrapped(words, 34)), size=TEXT)
        ax.set_yticks(range(len(methods)), [shown[name] for name in methods])
        ax.set_ylim(len(methods) - 0.5, -0.5)
        ax.set_xlim(0, min(1.02, top * 1.12))
        ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        ax.set_xlabel("accuracy")
        ax.grid(axis="x", lw=0.8)
        ax.set_axisbelow(True)
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
    handles = [
        Line2D([], [], color=PALETTE[i % len(PALETTE)], marker="os^"[i % 3], ls="none", ms=7, label=words)
        for i, words in enumerate(heads.values())
    ]
    handles.append(Line2D([], [], color=FAINT, lw=1.4, ls=(0, (2, 2)), label="chance"))
    figure.legend(handles=handles, loc="outside lower right", ncols=len(handles))
    return figure


def _wrapped(words: str, longest: int) -> list[str]:
    import textwrap

    return textwrap.wrap(words, longest)


_MARK = "#d55e00"
