"""Grids of all measures over timesteps and layers, side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from actiondiff_gui.report.grids import cell_lines, timestep_label
from actiondiff_gui.report.style import FAINT, MAP, SMALL, new_figure, plain, styled, text_on


@dataclass(frozen=True)
class MeasureGrid:
    """One measure at every (timestep, layer), each part ``[timesteps, layers]``, NaN where it is not known.

    Attributes
    ----------
    title : str
    kind : str
        Grids of one kind share their colours: "accuracy", "difference" or "silhouette".
    value, low, high, chance : ndarray
    """

    title: str
    kind: str
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    chance: np.ndarray

    @property
    def apart(self) -> np.ndarray:
        """``[timesteps, layers]`` bool: whether the interval leaves chance out."""
        with np.errstate(invalid="ignore"):
            return (self.low > self.chance) | (self.high < self.chance)


@styled
def measures_figure(
    grids: Sequence[MeasureGrid],
    timesteps: Sequence[str],
    layers: Sequence[int],
    sigmas: Mapping[str, float] | None = None,
    title: str = "All measures",
    subtitle: str = "bold: the 95 % interval leaves chance out, above it or below",
) -> Figure:
    """Draw a small grid for each measure, the noisiest timestep at the top; grids of one kind share their colours.

    Parameters
    ----------
    grids : sequence of MeasureGrid
    timesteps, layers : sequence
        Rows, noisiest first, and columns.
    sigmas : mapping of str to float, optional
        Noise level of each timestep.
    """
    columns = min(3 if len(layers) <= 14 else 2 if len(layers) <= 24 else 1, max(len(grids), 1))
    lines = -(-len(grids) // columns)
    figure = new_figure(1.2 + lines * (1.0 + 0.27 * max(len(timesteps), 2)), title, subtitle)
    axes = figure.subplots(lines, columns, squeeze=False)
    norms = {kind: _norm(kind, [g for g in grids if g.kind == kind]) for kind in {g.kind for g in grids}}
    colour_map = colormaps[MAP].with_extremes(bad="#eef1f4")
    for index, ax in enumerate(axes.flat):
        if index >= len(grids):
            ax.set_axis_off()
            continue
        grid = grids[index]
        norm = norms[grid.kind]
        image = ax.imshow(grid.value, cmap=colour_map, norm=norm, aspect="auto")
        ax.set_title(plain(grid.title, 46), loc="left", size=SMALL, weight="bold")
        ax.set_xticks(range(len(layers)), [plain(str(n)) for n in layers], size=SMALL)
        first = index % columns == 0
        labels = [timestep_label(t, (sigmas or {}).get(t)) if first else "" for t in timesteps]
        ax.set_yticks(range(len(timesteps)), labels, size=SMALL)
        if index >= len(grids) - columns:
            ax.set_xlabel("layer", size=SMALL)
        cell_lines(ax, len(timesteps), len(layers))
        for row, column in np.ndindex(grid.value.shape):
            value = grid.value[row, column]
            known = np.isfinite(value)
            ax.text(
                column,
                row,
                _short(float(value)) if known else "–",
                ha="center",
                va="center",
                size=7 if len(layers) * columns <= 42 else 6,
                weight="bold" if grid.apart[row, column] else "normal",
                color=text_on(colour_map(norm(value))) if known else FAINT,
            )
        bar = figure.colorbar(image, ax=ax, pad=0.015, fraction=0.05, aspect=14)
        bar.outline.set_visible(False)
        bar.ax.tick_params(labelsize=7)
        if np.isfinite(grid.chance).any():
            chance = float(np.nanmean(grid.chance))
            for colour, width in (("white", 4), (_MARK, 2)):
                bar.ax.axhline(chance, color=colour, lw=width)
    return figure


def _norm(kind: str, grids: Sequence[MeasureGrid]) -> Normalize:
    """Wide enough that differences of noise do not look large."""
    values = np.concatenate([np.concatenate([g.value.ravel(), g.chance.ravel()]) for g in grids])
    values = values[np.isfinite(values)]
    low, high = (values.min(), values.max()) if len(values) else (0.0, 1.0)
    if kind == "accuracy":
        return Normalize(0, max(high, 0.5))
    middle, half = (low + high) / 2, max(high - low, 0.4) / 2
    return Normalize(middle - half, middle + half)


def _short(value: float) -> str:
    """Two digits: ".17", "-.03", "1"."""
    text = f"{value:.2f}"
    return {"1.00": "1", "-1.00": "-1", "-0.00": ".00"}.get(text, text.replace("0.", ".", 1))


_MARK = "#d55e00"
