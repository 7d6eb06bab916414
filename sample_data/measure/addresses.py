"""How well does each address do on held-out domains? Every timestep and layer, as a figure."""

from typing import Any

import numpy as np
from matplotlib.colorbar import Colorbar
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from actiondiff_gui.report.style import MAP, SMALL, new_figure, styled
from sample_data.measure.printed import HEADS, NAMES, TITLES

NETWORKS = ("model", "twin")


@styled
def addresses_figure(found: dict[str, Any]) -> Figure:
    """A grid of colours for each network (across), regime and head (down); chance is the darkest colour."""
    grids, asked = found["grids"], found["asked"]
    rows = [
        (regime, head) for regime, by in grids.items() for head in HEADS if any(head in by[n] for n in by)
    ]
    title = f"Accuracy on held-out domains at every address, mean of the shifts, {found['clips']} clips"
    shape = (len(asked["timesteps"]), len(asked["layers"]))
    drawn = {
        f"{regime}, {TITLES[head]}": {
            name: np.array(grids[regime][name][head], float)
            if head in grids[regime].get(name, {})
            else np.full(shape, np.nan)
            for name in NETWORKS
        }
        for regime, head in rows
    }
    chance = found["chance"]
    top = max(np.nanmax(values, initial=chance + 0.05) for by in drawn.values() for values in by.values())
    figure, bar = grid_figure(title, drawn, asked, chance, top)
    bar.formatter = PercentFormatter(1, decimals=0)
    bar.set_label("accuracy, from chance upwards")
    return figure


def grid_figure(
    title: str, rows: dict[str, dict[str, np.ndarray]], asked: dict[str, Any], low: float, top: float
) -> tuple[Figure, Colorbar]:
    """Grids of timesteps by layers between ``low`` and ``top``, networks across and named rows down, and their bar."""
    figure = new_figure(1.0 + 2.9 * len(rows), title)
    axes = figure.subplots(len(rows), len(NETWORKS), squeeze=False, sharex=True, sharey=True)
    image = None
    for line, (row, by_name) in zip(axes, rows.items(), strict=True):
        for axis, name in zip(line, NETWORKS, strict=True):
            axis.set_title(f"{NAMES[name]}, {row}", pad=6)
            image = axis.imshow(by_name[name], cmap=MAP, vmin=low, vmax=top, aspect="auto")
            axis.set_xticks(range(len(asked["layers"])), [str(n) for n in asked["layers"]], size=SMALL)
            axis.set_yticks(range(len(asked["timesteps"])), asked["timesteps"], size=SMALL)
        line[0].set_ylabel("timestep")
    for axis in axes[-1]:
        axis.set_xlabel("layer")
    return figure, figure.colorbar(image, ax=axes, extend="min", aspect=40)
