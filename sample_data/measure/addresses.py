"""How well does each address do on held-out domains? Every timestep and layer, as a figure."""

from typing import Any

import numpy as np
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
    figure = new_figure(1.0 + 2.9 * len(rows), title)
    axes = figure.subplots(len(rows), len(NETWORKS), squeeze=False, sharex=True, sharey=True)
    shape = (len(asked["timesteps"]), len(asked["layers"]))
    drawn = {
        (regime, head, name): np.array(grids[regime][name][head], float)
        if head in grids[regime].get(name, {})
        else np.full(shape, np.nan)
        for regime, head in rows
        for name in NETWORKS
    }
    top = max(np.nanmax(values, initial=found["chance"] + 0.05) for values in drawn.values())
    image = None
    for line, (regime, head) in zip(axes, rows, strict=True):
        for axis, name in zip(line, NETWORKS, strict=True):
            axis.set_title(f"{NAMES[name]}, {regime}, {TITLES[head]}", pad=6)
            values = drawn[regime, head, name]
            image = axis.imshow(values, cmap=MAP, vmin=found["chance"], vmax=top, aspect="auto")
            axis.set_xticks(range(len(asked["layers"])), [str(n) for n in asked["layers"]], size=SMALL)
            axis.set_yticks(range(len(asked["timesteps"])), asked["timesteps"], size=SMALL)
        line[0].set_ylabel("timestep")
    for axis in axes[-1]:
        axis.set_xlabel("layer")
    bar = figure.colorbar(image, ax=axes, format=PercentFormatter(1, decimals=0), extend="min", aspect=40)
    bar.set_label("accuracy, from chance upwards")
    return figure
