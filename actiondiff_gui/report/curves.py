"""Figures of accuracy by timestep and by domain."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from actiondiff_gui.evaluation.scores import Score
from actiondiff_gui.evaluation.study.study import StudyRow
from actiondiff_gui.report.grids import timestep_label
from actiondiff_gui.report.style import (
    FAINT,
    INK,
    PALETTE,
    SMALL,
    TEXT,
    new_figure,
    plain,
    plain_names,
    styled,
)

Scored = Score | StudyRow


@styled
def timestep_figure(
    timesteps: Sequence[str],
    series: Mapping[str, Sequence[Scored]],
    sigmas: Mapping[str, float] | None = None,
    title: str = "Accuracy against timestep",
    subtitle: str = "",
) -> Figure:
    """One curve for each of ``series`` with 95 % intervals, noisiest timestep at the left.

    Parameters
    ----------
    timesteps : sequence of str
        Noisiest first.
    series : mapping of str to sequence of scores
        For each curve one score for each timestep, for example "held-out domain" and "within domain".
        The chance line is the mean of the first curve's chance levels.
    sigmas : mapping of str to float, optional
        Noise level of each timestep.
    """
    figure = new_figure(5.4, title, subtitle)
    ax = figure.add_subplot()
    positions = np.arange(len(timesteps))
    shift = 0.06
    for i, (name, scores) in enumerate(series.items()):
        x = positions + (i - (len(series) - 1) / 2) * shift
        value, low, high = (
            np.array([getattr(s, part) for s in scores], float) for part in ("value", "low", "high")
        )
        colour = PALETTE[i % len(PALETTE)]
        ax.fill_between(x, low, high, color=colour, alpha=0.13, lw=0)
        ax.errorbar(
            x,
            value,
            yerr=[value - low, high - value],
            color=colour,
            marker="os^Dv"[i % 5],
            ms=8,
            lw=2.4,
            elinewidth=1.4,
            capsize=3,
            ls=["-", "--", "-.", ":"][i % 4],
            label=plain(name, 44),
        )
    for chance in [float(np.nanmean([s.chance for s in scores])) for scores in list(series.values())[:1]]:
        ax.axhline(chance, color=FAINT, lw=1.4, ls=(0, (2, 2)), zorder=1, label=f"chance ({chance:.0%})")
    labels = [timestep_label(name, (sigmas or {}).get(name)).replace(" (", "\n(") for name in timesteps]
    ax.set_xticks(positions, labels, size=TEXT if len(timesteps) <= 14 else SMALL)
    if len(timesteps) > 14:
        ax.tick_params(axis="x", rotation=90)
    ax.set_xlim(-0.4, len(timesteps) - 0.6)
    ax.set_xlabel("noisier  ←  timestep  →  cleaner")
    ax.set_ylabel("accuracy")
    ax.set_yticks(np.linspace(0, 1, 6))
    ax.set_ylim(0, 1.02)
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.grid(axis="y", lw=0.8)
    ax.set_axisbelow(True)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, borderaxespad=0.2, columnspacing=2.2)
    return figure


@styled
def domain_bars_figure(
    series: Mapping[str, Sequence[Scored]],
    title: str = "Accuracy in each domain",
    subtitle: str = "",
) -> Figure:
    """For each domain a bar with its 95 % interval, and a line at its chance level.

    Parameters
    ----------
    series : mapping of str to sequence of scores
        For each kind of bar ("held-out", "within") the scores of domains; kinds share the rows of domains.
        A domain that a kind lacks has no bar.
    """
    domains = list(dict.fromkeys(score.domain for scores in series.values() for score in scores))
    kinds = max(len(series), 1)
    thick = 0.76 / kinds
    figure = new_figure(1.9 + max(len(domains), 2) * (0.3 + 0.3 * kinds), title, subtitle)
    ax = figure.add_subplot()
    counts: dict[str, int] = {}
    for i, (name, scores) in enumerate(series.items()):
        colour = PALETTE[i % len(PALETTE)]
        for score in scores:
            position = domains.index(score.domain) + (i - (kinds - 1) / 2) * thick
            counts[score.domain] = max(counts.get(score.domain, 0), score.n)
            if not np.isfinite(score.value):
                ax.text(0.01, position, "not known", va="center", size=SMALL, color=FAINT)
                continue
            ax.barh(position, score.value, thick * 0.9, color=colour, alpha=0.85)
            ends = [position - thick / 2.2, position + thick / 2.2]
            for colour_of_line, width in (("white", 6), (_CHANCE, 3)):
                ax.plot([score.chance] * 2, ends, color=colour_of_line, lw=width, solid_capstyle="butt")
            known = np.isfinite(score.low) and np.isfinite(score.high)
            if known:
                # A bootstrap of a biased score, such as mAP, need not hold the score itself.
                half = [[max(0.0, score.value - score.low)], [max(0.0, score.high - score.value)]]
                ax.errorbar(
                    score.value, position, xerr=half, color=INK, elinewidth=1.6, capsize=4, capthick=1.6
                )
            ax.text(
                (max(score.value, score.high) if known else score.value) + 0.012,
                position,
                f"{score.value:.0%}",
                va="center",
                size=TEXT,
            )
        ax.barh([np.nan], [np.nan], color=colour, alpha=0.85, label=plain(name, 44))
    shown = plain_names(domains, 30)
    ax.set_yticks(range(len(domains)), [f"{shown[name] or 'all'} ({counts[name]})" for name in domains])
    ax.set_ylim(len(domains) - 0.5, -0.5)
    ax.set_xlim(0, 1.08)
    ax.set_xticks(np.linspace(0, 1, 6))
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.set_xlabel("accuracy")
    ax.grid(axis="x", lw=0.8)
    ax.set_axisbelow(True)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    handles, _ = ax.get_legend_handles_labels()
    handles += [
        Line2D([], [], color=_CHANCE, lw=3, label="chance"),
        Line2D([], [], color=INK, lw=1.6, label="95 % interval"),
    ]
    ax.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=4,
        borderaxespad=0.2,
        columnspacing=2.2,
    )
    return figure


_CHANCE = "#d55e00"
