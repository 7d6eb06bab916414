"""Does the paper's finding hold here? ``python -m sample_data.measure.figures --measured runs/measured --out docs/images``.

Accuracy against timestep, held-out against within-domain, for each shift; the rows of the figure are the heads. Beside
it accuracy at every address, as far as it was measured.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from actiondiff_gui.report.style import FAINT, PALETTE, SMALL, new_figure, styled
from sample_data.measure.addresses import addresses_figure
from sample_data.measure.printed import HEADS, NAMES
from sample_data.tiny_model.pictures import save_small

CURVES = (
    ("model", "within", "within domain", "-", "o"),
    ("model", "held_out", "held-out domain", "-", "s"),
    ("twin", "held_out", "untrained twin, held-out domain", "--", "^"),
)


@styled
def timesteps_figure(found: dict[str, Any], regime: str) -> Figure:
    """Curves with 95 % intervals for each shift (across) and head (down), in one regime."""
    curves = found["curves"][regime]
    heads = [h for h in HEADS if any(h in by.get("model", {}) for by in curves.values())]
    title = f"Accuracy against timestep: features {regime}, {found['clips']} clips, 95 % intervals"
    figure = new_figure(1.1 + 3.4 * len(heads), title)
    steps = list(found["asked"]["timesteps"])
    sigmas = {p["timestep"]: p["sigma"] for by in curves.values() for p in by["model"][heads[-1]]}
    grid = figure.subplots(len(heads), len(curves), sharey=True, squeeze=False)
    for line, head in zip(grid, heads, strict=True):
        for axis, (shift, by_subject) in zip(line, curves.items(), strict=True):
            for i, (subject, kind, label, style, marker) in enumerate(CURVES):
                points = by_subject.get(subject, {}).get(head, [])
                _curve(axis, points, steps, kind, i, label, style, marker)
            _lines(axis, found, shift, head)
            _ticks(axis, steps, sigmas, last=head == heads[-1])
            axis.set_title(f"{shift} held out: {head}", pad=6)
        line[0].set_ylabel("accuracy")
    top = max(
        point[kind]["high"]
        for by_subject in curves.values()
        for by_head in by_subject.values()
        for points in by_head.values()
        for point in points
        for kind in ("held_out", "within")
        if point[kind]
    )
    grid[0, 0].set_ylim(0, min(1.02, np.ceil(top * 10) / 10 + 0.02))
    grid[0, 0].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    named = dict(zip(*grid[-1, 0].get_legend_handles_labels()[::-1], strict=True))
    figure.legend(named.values(), named.keys(), loc="outside lower center", ncols=len(named))
    return figure


def _curve(
    axis: Axes,
    points: list[dict],
    steps: list[str],
    kind: str,
    number: int,
    label: str,
    style: str,
    marker: str,
) -> None:
    places = [(steps.index(point["timestep"]), point[kind]) for point in points if point[kind]]
    if not places:
        return
    x = np.array([i for i, _ in places]) + (number - 1) * 0.07
    line_with_intervals(axis, x, [e for _, e in places], PALETTE[number], marker, label, style)


def line_with_intervals(
    axis: Axes,
    x: np.ndarray,
    estimates: Sequence[dict[str, float]],
    colour: str,
    marker: str,
    label: str,
    style: str = "-",
) -> None:
    """Draw estimates with their intervals at ``x``, joined by a line."""
    value, low, high = (np.array([e[part] for e in estimates]) for part in ("value", "low", "high"))
    axis.errorbar(
        x,
        value,
        yerr=[np.maximum(value - low, 0), np.maximum(high - value, 0)],
        color=colour,
        marker=marker,
        ms=6,
        lw=2,
        ls=style,
        elinewidth=1.2,
        capsize=2.5,
        label=label,
    )


def _lines(axis: Axes, found: dict[str, Any], shift: str, head: str) -> None:
    axis.axhline(found["chance"], color=FAINT, lw=1.4, ls=(0, (2, 2)), zorder=1, label="chance")
    for name, colour in (("pixels", PALETTE[4]), ("flow", PALETTE[5])):
        plain = found["shifts"][shift].get(name, {}).get(head)
        if plain:
            axis.axhline(
                plain["held_out"]["value"], color=colour, lw=1.6, ls="-.", zorder=1, label=f"{NAMES[name]}"
            )


def _ticks(axis: Axes, steps: list[str], sigmas: dict[str, float], last: bool) -> None:
    known = {step: sigma for step, sigma in sigmas.items() if sigma is not None}
    labels = [f"{step}\n{known[step]:.3g}" if step in known else step for step in steps]
    axis.set_xticks(range(len(steps)), labels if last else [""] * len(steps), size=SMALL)
    axis.set_xlim(-0.4, len(steps) - 0.6)
    if last:
        axis.set_xlabel("noisier  ←  timestep, σ  →  cleaner")
    axis.grid(axis="y", lw=0.8)
    axis.set_axisbelow(True)


def timesteps_table(found: dict[str, Any]) -> list[str]:
    """The same numbers as a Markdown table, the mean over shifts of held-out and within."""
    rows = [
        "| regime | timestep | head | held-out | within | untrained twin, held-out |",
        "|---|---|---|---|---|---|",
    ]
    for regime, curves in found["curves"].items():
        for head in HEADS:
            series = [by.get("model", {}).get(head, []) for by in curves.values()]
            for timestep in dict.fromkeys(p["timestep"] for points in series for p in points):
                values = [
                    _mean(curves, subject, head, timestep, kind)
                    for subject, kind in (("model", "held_out"), ("model", "within"), ("twin", "held_out"))
                ]
                rows.append(f"| {regime} | {timestep} | {head} | {' | '.join(values)} |")
    return rows


def _mean(curves: dict[str, Any], subject: str, head: str, timestep: str, kind: str) -> str:
    found = [
        point[kind]["value"]
        for by_subject in curves.values()
        for point in by_subject.get(subject, {}).get(head, [])
        if point["timestep"] == timestep and point[kind]
    ]
    return f"{np.mean(found):.3f}" if len(found) == len(curves) else "-"


def main(arguments: list[str] | None = None) -> None:
    """Draw one figure for each regime that was measured, and one of every address."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--measured", type=Path, required=True, help="folder with results.json")
    parser.add_argument("--out", type=Path, default=Path("docs/images"), help="folder of the figures")
    wanted = parser.parse_args(arguments)
    found = json.loads((wanted.measured / "results.json").read_text(encoding="utf-8"))
    if not found["curves"]:
        raise SystemExit("Nothing was measured at any timestep yet.")
    for regime in found["curves"]:
        file = wanted.out / f"small_world_{regime}.png"
        save_small(timesteps_figure(found, regime), file, 64)
        print(f"Written to {file}.")
    file = wanted.out / "small_world_addresses.png"
    save_small(addresses_figure(found), file, 64)
    print(f"Written to {file}.")
    print("\n".join(timesteps_table(found)))


if __name__ == "__main__":
    main()
