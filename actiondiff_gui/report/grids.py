"""Figures made of cells: score grids and confusion matrices."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.transforms import ScaledTranslation

from actiondiff_gui.report.style import (
    FAINT,
    MAP,
    SMALL,
    TEXT,
    colours,
    look,
    new_figure,
    plain,
    plain_names,
    styled,
    text_on,
)


def timestep_label(timestep: str, sigma: float | None = None) -> str:
    """``"t20 (σ 1.66)"``, or the timestep alone where its noise level is not known."""
    if sigma is None or not np.isfinite(sigma):
        return plain(timestep)
    return f"{plain(timestep)} (σ {sigma:.3g})"


@styled
def heat_map_figure(
    values: np.ndarray,
    timesteps: Sequence[str],
    layers: Sequence[int],
    sigmas: Mapping[str, float] | None = None,
    chance: float | None = None,
    best: tuple[str, int] | None = None,
    title: str = "Action in a held-out domain",
    subtitle: str = "",
    quantity: str = "accuracy",
    sure: np.ndarray | None = None,
) -> Figure:
    """Draw a score for every (timestep, layer) as a grid of cells, the noisiest timestep at the top.

    Parameters
    ----------
    values : ndarray
        ``[timesteps, layers]``; NaN where an address was skipped.
    timesteps, layers : sequence
        Names of rows, noisiest first, and of columns.
    sigmas : mapping of str to float, optional
        Noise level of each timestep.
    chance : float, optional
        Marked on the colour bar, which reaches at least down to it.
    best : (timestep, layer), optional
        The cell to mark; by default the one of the highest value.
    sure : ndarray, optional
        ``[timesteps, layers]`` bool: cells to write in bold.
    """
    values = np.asarray(values, float)
    known = values[np.isfinite(values)]
    bounds = [*known, chance] if chance is not None and np.isfinite(chance) else list(known)
    low, high = (min(bounds), max(bounds)) if bounds else (0.0, 1.0)
    # Differences of noise shall not look large: the colours span at least a quarter.
    norm = Normalize(low, high := max(high, low + 0.25))
    rows, columns = values.shape
    figure = new_figure(2.3 + 0.46 * max(rows, 3), title, subtitle)
    ax = figure.add_subplot()
    colour_map = colormaps[MAP].with_extremes(bad="#eef1f4")
    image = ax.imshow(values, cmap=colour_map, norm=norm, aspect="auto")
    ax.set_xticks(range(columns), [plain(str(layer)) for layer in layers])
    ax.set_yticks(range(rows), [timestep_label(name, (sigmas or {}).get(name)) for name in timesteps])
    ax.set_xlabel("layer")
    ax.set_ylabel("cleaner  ←  timestep  →  noisier" if rows > 1 else "timestep")
    cell_lines(ax, rows, columns)
    size = TEXT if columns <= 16 else SMALL if columns <= 24 else 7
    for row, column in np.ndindex(rows, columns):
        value = values[row, column]
        text = f"{value:.2f}" if np.isfinite(value) else "–"
        ink = text_on(colour_map(norm(value))) if np.isfinite(value) else FAINT
        weight = "bold" if sure is not None and sure[row, column] else "normal"
        ax.text(column, row, text, ha="center", va="center", size=size, color=ink, weight=weight)
    if best is None and len(known):
        top_row, top_column = np.unravel_index(np.nanargmax(values), values.shape)
        best = timesteps[int(top_row)], layers[int(top_column)]
    if best is not None and best[0] in list(timesteps) and best[1] in list(layers):
        row, column = list(timesteps).index(best[0]), list(layers).index(best[1])
        for edge, width in (("white", 6), (_MARK, 3)):
            ax.add_patch(
                Rectangle(
                    (column - 0.5, row - 0.5), 1, 1, fill=False, ec=edge, lw=width, clip_on=False, zorder=3
                )
            )
        ax.set_title(
            "framed: "
            + (f"{plain(best[0])}, " if best[0] != "-" else "")
            + f"layer {plain(str(best[1]))}, {values[row, column]:.2f}",
            loc="right",
            color=_MARK,
            size=TEXT,
        )
    bar = figure.colorbar(image, ax=ax, pad=0.015, fraction=0.03, aspect=max(18, rows))
    bar.outline.set_visible(False)
    bar.set_label(quantity)
    if chance is not None and np.isfinite(chance):
        bar.ax.axhline(chance, color="white", lw=4)
        bar.ax.axhline(chance, color=_MARK, lw=2)
        ticks = [
            tick
            for tick in bar.get_ticks()
            if low <= tick <= high and abs(tick - chance) > 0.06 * (high - low)
        ]
        bar.set_ticks([*ticks, chance], labels=[*(f"{tick:.2g}" for tick in ticks), f"chance {chance:.2g}"])
    return figure


@styled
def confusion_figure(
    counts: np.ndarray,
    classes: Sequence[str],
    title: str = "Confusion matrix, held-out domains",
    subtitle: str = "",
    action_colours: Mapping[str, str] | None = None,
) -> Figure:
    """Draw a confusion matrix: rows are labels, columns predictions; colour is the share of the row, text the count.

    Parameters
    ----------
    counts : ndarray
        ``[K, K]`` clips, true action by predicted action, as from scikit-learn's ``confusion_matrix``.
    classes : sequence of str
        The K actions.
    action_colours : mapping of str to str, optional
        Shown beside the names.
    """
    counts = np.asarray(counts)
    sums = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, sums, out=np.zeros(counts.shape), where=sums > 0)
    texts = {
        (row, column): f"{counts[row, column]:g}"
        for row, column in np.ndindex(counts.shape)
        if counts[row, column] or row == column
    }
    figure, ax = action_cells(shares, texts, classes, sums[:, 0], title, subtitle, action_colours)
    ax.set_xlabel("predicted")
    ax.set_ylabel("true (clips)")
    if look().page:
        recall = [
            f"{share:.0%}" if total else "–" for share, total in zip(np.diag(shares), sums[:, 0], strict=True)
        ]
        right = ax.secondary_yaxis("right")
        right.set_yticks(range(len(classes)), recall)
        right.set_ylabel("recall", labelpad=10)
        right.spines[:].set_visible(False)
        right.tick_params(length=0)
    return figure


def action_cells(
    shares: np.ndarray,
    texts: Mapping[tuple[int, int], str],
    actions: Sequence[str],
    sums: np.ndarray,
    title: str,
    subtitle: str,
    action_colours: Mapping[str, str] | None,
) -> tuple[Figure, Axes]:
    """Draw a share for every pair of actions, with a text in the cell; ``sums`` stand beside the names of the rows.

    On a page cells are square; in the window they fill the room.
    """
    number, seen = len(actions), look()
    side = float(np.clip(0.65 * number, 3.4, 9))
    figure = new_figure(side + 2.4, title, subtitle)
    ax = figure.add_subplot()
    fills, norm = seen.shares, Normalize(0, 1)
    ax.imshow(shares, cmap=fills, norm=norm, aspect="equal" if seen.page else "auto")
    shown = plain_names(actions, 22 if seen.page else 16)
    rows = [f"{shown[name]} ({int(total):,})" for name, total in zip(actions, sums, strict=True)]
    # In inches: a letter takes at most 0.095.
    room = side if seen.page else seen.width - 0.5 - 0.085 * max(map(len, rows), default=0)
    cell = max(room, 1.0) / max(number, 1)
    ax.set_xticks(range(number), [shown[name] for name in actions])
    if 0.095 * max(map(len, shown.values()), default=0) > cell:
        turned = (
            {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if cell > 0.3 else {"rotation": 90}
        )
        for label in ax.get_xticklabels():
            label.set(**turned)
    ax.set_yticks(range(number), rows)
    cell_lines(ax, number, number)
    if action_colours is not None:
        ax.tick_params(axis="y", pad=15)
        beside = ax.get_yaxis_transform() + ScaledTranslation(-9 / 72, 0, figure.dpi_scale_trans)
        palette = colours(actions, action_colours)
        own = [palette[name] for name in actions]
        at = [0] * number, range(number)
        ax.scatter(*at, s=52, c=own, marker="s", linewidths=0, transform=beside, clip_on=False)
    longest = max((len(line) for text in texts.values() for line in text.split("\n")), default=1)
    size = min(TEXT, 72 * (cell - 0.05) / (0.65 * longest))
    for (row, column), text in texts.items() if size >= 5 else ():
        ink = text_on(fills(norm(shares[row, column])))
        weight = "bold" if row == column else "normal"
        written = ax.text(column, row, text, ha="center", va="center", size=size, color=ink, weight=weight)
        written.set_in_layout(False)
    return figure, ax


_MARK = "#d55e00"


def cell_lines(ax: Axes, rows: int, columns: int) -> None:
    """Lines in the colour of the ground between cells, no frame."""
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    ax.tick_params(axis="both", labelcolor=look().ink)
    for draw, at, most in ((ax.hlines, rows, columns), (ax.vlines, columns, rows)):
        draw(np.arange(1, at) - 0.5, -0.5, most - 0.5, color=look().ground, lw=1.5)
