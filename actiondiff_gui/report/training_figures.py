"""Figures of the training report."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from actiondiff_gui.classifier.result_words import NAMES
from actiondiff_gui.report.style import FAINT, INK, PALETTE, SMALL, TEXT, new_figure, plain, styled


@styled
def curves_figure(history: Sequence[Mapping[str, Any]], metric: str, best: int) -> Figure:
    """Loss of training and validation, and the score on the validation clips, by epoch; the kept epoch is marked."""
    figure = new_figure(4.4, "Loss and validation score")
    epochs = [row["epoch"] for row in history]
    with_metric = any(row.get("metric") is not None for row in history)
    axes = figure.subplots(1, 2 if with_metric else 1, squeeze=False)[0]
    for ax, names in zip(axes, (("loss", "validation_loss"), ("metric",)), strict=False):
        for position, name in enumerate(names):
            values = np.array([np.nan if row.get(name) is None else row[name] for row in history], float)
            if np.isfinite(values).any():
                label = {"loss": "training clips", "validation_loss": "validation clips", "metric": metric}[
                    name
                ]
                ax.plot(
                    epochs, values, color=PALETTE[position], lw=2.2, ls=["-", "--"][position], label=label
                )
        ax.axvline(best, color=FAINT, lw=1.2, ls=(0, (2, 2)), label=f"kept: epoch {best}")
        ax.set_xlabel("epoch")
        ax.set_ylabel("loss" if "loss" in names else metric)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.grid(axis="y", lw=0.8)
        ax.legend(loc="best")
    if with_metric:
        axes[1].set_ylim(0, 1.02)
        axes[1].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    return figure


@styled
def heads_figure(heads: Mapping[str, Mapping[str, Any]], score: str, chosen: str) -> Figure:
    """Draw a bar for each head with its 95 % interval; the chosen one in colour."""
    figure = new_figure(1.5 + 0.55 * len(heads), f"{score} on held-out clips")
    ax = figure.add_subplot()
    for position, (head, values) in enumerate(heads.items()):
        found = values[score]
        value = found["value"] if found["value"] is not None else 0.0
        ax.barh(position, value, 0.62, color=PALETTE[0] if head == chosen else FAINT, alpha=0.85)
        reach = value
        if found.get("low") is not None:
            half = [[max(0.0, value - found["low"])], [max(0.0, found["high"] - value)]]
            ax.errorbar(value, position, xerr=half, color=INK, elinewidth=1.6, capsize=4)
            reach = max(value, found["high"])
        ax.text(reach + 0.012, position, f"{value:.0%}", va="center", size=TEXT)
    ax.set_yticks(range(len(heads)), [plain(NAMES[head], 34) for head in heads])
    ax.set_ylim(len(heads) - 0.5, -0.5)
    ax.set_xlim(0, 1.08)
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.grid(axis="x", lw=0.8)
    ax.set_axisbelow(True)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    return figure


@styled
def reliability_figure(calibration: Mapping[str, Any]) -> Figure:
    """Draw how often answers are right, by their confidence; before and after the temperature."""
    figure = new_figure(4.6, f"Reliability on {calibration['on']}")
    axes = figure.subplots(1, 2, sharey=True)
    for ax, name in zip(axes, ("before", "after"), strict=True):
        found = calibration[name]
        for row in found["bins"]:
            ax.bar((row["low"] + row["high"]) / 2, row["right"], 0.088, color=PALETTE[0], alpha=0.8)
            ax.text(
                (row["low"] + row["high"]) / 2, row["right"] + 0.015, row["answers"], ha="center", size=SMALL
            )
        ax.plot([0, 1], [0, 1], color=FAINT, lw=1.4, ls=(0, (3, 2)))
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
        ax.set_title(f"{when}: expected calibration error {words}")
        ax.set_xlabel("confidence")
        ax.set_xlim(0, 1)
        ax.set_ylim(0, 1.08)
        ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes[0].set_ylabel("share of correct predictions")
    return figure
