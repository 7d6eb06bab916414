"""Figures of the training report."""

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from actiondiff_gui.classifier.result_words import NAMES, with_interval
from actiondiff_gui.report.style import BLUE, PALETTE, SMALL, look, new_figure, styled


@styled
def curves_figure(
    history: Sequence[Mapping[str, Any]], metric: str, best: int, epochs: int | None = None
) -> Figure:
    """Loss of training and validation, and the score on the validation clips, by epoch; the kept epoch is marked.

    While a training goes on, ``epochs`` is how many it may take.
    """
    figure = new_figure(4.4, "Loss and validation score")
    at = [row["epoch"] for row in history]
    with_metric = any(row.get("metric") is not None for row in history)
    axes = figure.subplots(1, 2 if with_metric else 1, squeeze=False)[0]
    for ax, names in zip(axes, (("loss", "validation_loss"), ("metric",)), strict=False):
        for name in names:
            values = np.array([np.nan if row.get(name) is None else row[name] for row in history], float)
            if np.isfinite(values).any():
                label = {
                    "loss": "training",
                    "validation_loss": "validation",
                    "metric": f"{metric}, validation",
                }
                colour, line = (BLUE, "-") if name == "loss" else (PALETTE[1], "--")
                ax.plot(at, values, color=colour, lw=2.2, ls=line, label=label[name])
                ax.plot(at[-1:], values[-1:], "o", color=colour, ms=4.5, clip_on=False)
        if best:
            ax.axvline(best, color=look().faint, lw=1.2, ls=(0, (2, 2)))
        ax.set_xlabel(f"epoch (best: {best})" if best else "epoch")
        ax.set_ylabel("loss" if "loss" in names else "")
        ax.set_xlim(1, max(epochs or 0, *at, 2))
        ax.set_ylim(bottom=0)
        ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        ax.yaxis.set_major_locator(MaxNLocator(3))
        ax.grid(axis="y", lw=0.8)
        if ax.get_legend_handles_labels()[0]:
            ax.legend(
                loc="lower left",
                bbox_to_anchor=(0, 1.0),
                ncols=2,
                borderpad=0,
                borderaxespad=0.4,
                columnspacing=1.2,
                handlelength=1.6,
                handletextpad=0.5,
                fontsize=SMALL,
            )
    if with_metric:
        axes[1].set_ylim(0, 1.02)
        axes[1].set_yticks([0, 0.5, 1])
        axes[1].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    return figure


@styled
def heads_figure(heads: Mapping[str, Mapping[str, Any]], score: str, chosen: str) -> Figure:
    """Draw a bar for each head with its 95 % interval; the chosen one in colour."""
    figure = new_figure(1.5 + 0.55 * len(heads), f"{score} on held-out clips")
    ax = figure.add_subplot()
    numbers = []
    for position, (head, values) in enumerate(heads.items()):
        found = values[score]
        value = found["value"] if found["value"] is not None else 0.0
        ax.barh(position, value, 0.62, color=BLUE if head == chosen else look().faint)
        if found.get("low") is not None:
            half = [[max(0.0, value - found["low"])], [max(0.0, found["high"] - value)]]
            ax.errorbar(value, position, xerr=half, color=look().ink, elinewidth=1.6, capsize=4)
        numbers.append(with_interval(found))
    names = ["\n".join(wrap(NAMES[head], 60 if look().page else 20)) for head in heads]
    ax.set_yticks(range(len(heads)), names)
    ax.set_ylim(len(heads) - 0.5, -0.5)
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.grid(axis="x", lw=0.8)
    ax.set_axisbelow(True)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    right = ax.secondary_yaxis("right")
    right.set_yticks(range(len(heads)), numbers)
    right.tick_params(length=0)
    right.spines[:].set_visible(False)
    return figure


@styled
def reliability_figure(calibration: Mapping[str, Any], parts: Sequence[str] = ("before", "after")) -> Figure:
    """Draw how often answers are right, by their confidence; before and after the temperature."""
    figure = new_figure(4.6, f"Reliability on {calibration['on']}")
    axes = figure.subplots(1, len(parts), sharey=True, squeeze=False)[0]
    for ax, name in zip(axes, parts, strict=True):
        found = calibration[name]
        for row in found["bins"]:
            middle = (row["low"] + row["high"]) / 2
            ax.bar(middle, row["right"], 0.088, color=BLUE)
            ax.text(middle, row["right"] + 0.015, row["answers"], ha="center", size=SMALL)
        ax.plot([0, 1], [0, 1], color=look().faint, lw=1.4, ls=(0, (3, 2)))
        error = found["error"]
        words = "–" if error is None else f"{error:.1%}"
        temperature = calibration.get("temperature")
        when = (
            "as trained"
            if name == "before"
            else f"temperature {temperature:.2f}"
            if temperature
            else "as kept"
        )
        if look().page:
            ax.set_title(f"{when}: expected calibration error {words}")
        ax.set_xlabel("confidence")
        ax.set_xlim(0, 1)
        ax.set_ylim(0, 1.12)
        ax.set_yticks(np.linspace(0, 1, 5 if look().page else 3))
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes[0].set_ylabel("share of correct predictions" if look().page else "correct")
    return figure
