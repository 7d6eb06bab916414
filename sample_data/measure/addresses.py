"""How well does each address do on held-out domains? Every timestep and layer, as a figure."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from actiondiff_gui.report.style import MAP, SMALL, new_figure, styled
from sample_data.measure.clips import SHIFTS
from sample_data.measure.printed import HEADS, NAMES, TITLES

if TYPE_CHECKING:
    from sample_data.measure.results import Table

NETWORKS = ("model", "twin")


def address_grids(tables: Mapping[str, "Table"]) -> dict[str, Any]:
    """Mean over shifts and domains of accuracy on held-out domains, by regime, network and head.

    Each grid is a list of one row for each timestep with one value for each layer; None where the address was not
    measured for every shift. Grids without any value are left out.
    """
    out: dict[str, Any] = {}
    for name in NETWORKS:
        for regime, one in tables[name].subjects.items() if name in tables else ():
            for head in HEADS:
                grid = [
                    [_mean(tables[name], regime, t, layer, head) for layer in one.layers]
                    for t in one.timesteps
                ]
                if any(value is not None for row in grid for value in row):
                    out.setdefault(regime, {}).setdefault(name, {})[head] = grid
    return out


def _mean(table: "Table", regime: str, timestep: str, layer: int, head: str) -> float | None:
    means = []
    for shift in SHIFTS:
        domains = table.facts.domains[shift]
        share = table.at(dict.fromkeys(np.unique(domains).tolist(), (regime, timestep, layer)), head, shift)
        if share is None:
            return None
        means.append(np.mean([share[domains == domain].mean() for domain in np.unique(domains)]))
    return float(np.mean(means))


@styled
def addresses_figure(found: dict[str, Any]) -> Figure:
    """A grid of colours for each network (across), regime and head (down); chance is the darkest colour."""
    grids, asked = found["grids"], found["asked"]
    rows = [
        (regime, head)
        for regime, by in grids.items()
        for head in HEADS
        if any(_enough(by[name].get(head)) for name in by)
    ]
    title = f"Accuracy on held-out domains at every address, mean of the shifts, {found['clips']} clips"
    figure = new_figure(1.0 + 2.9 * len(rows), title)
    axes = figure.subplots(len(rows), len(NETWORKS), squeeze=False, sharex=True, sharey=True)
    top = max(
        value
        for by in grids.values()
        for heads in by.values()
        for grid in heads.values()
        for row in grid
        for value in row
        if value is not None
    )
    image = None
    for line, (regime, head) in zip(axes, rows, strict=True):
        for axis, name in zip(line, NETWORKS, strict=True):
            axis.set_title(f"{NAMES[name]}, {regime}, {TITLES[head]}", pad=6)
            grid = grids[regime].get(name, {}).get(head)
            values = np.full((len(asked["timesteps"]), len(asked["layers"])), np.nan)
            if grid:
                values[:] = [[np.nan if v is None else v for v in row] for row in grid]
            image = axis.imshow(
                values, cmap=MAP, vmin=found["chance"], vmax=max(top, found["chance"] + 0.05), aspect="auto"
            )
            axis.set_xticks(range(len(asked["layers"])), [str(n) for n in asked["layers"]], size=SMALL)
            axis.set_yticks(range(len(asked["timesteps"])), asked["timesteps"], size=SMALL)
        line[0].set_ylabel("timestep")
    for axis in axes[-1]:
        axis.set_xlabel("layer")
    bar = figure.colorbar(image, ax=axes, format=PercentFormatter(1, decimals=0), extend="min", aspect=40)
    bar.set_label("accuracy, from chance upwards")
    return figure


def _enough(grid: list[list[float | None]] | None) -> bool:
    """Whether more than half of the addresses were measured: the few chosen ones are no picture of all."""
    values = [value for row in grid or [] for value in row]
    return 2 * sum(value is not None for value in values) > len(values)
