"""Timelines of true and predicted bouts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from actiondiff_gui.report.style import FAINT, SMALL, TEXT, WIDTH, colours, new_figure, plain_names, styled


@dataclass(frozen=True)
class Bout:
    """An action from ``start`` to ``end`` (seconds); ``probability`` (0 to 1) of a predicted one."""

    start: float
    end: float
    action: str
    probability: float = 1.0


@dataclass(frozen=True)
class Recording:
    """Bouts of one recording of so many seconds; ``true`` or ``predicted`` may be empty."""

    name: str
    seconds: float
    true: tuple[Bout, ...] = ()
    predicted: tuple[Bout, ...] = ()


@styled
def ethogram_figure(
    recordings: Sequence[Recording],
    action_colours: Mapping[str, str] | None = None,
    title: str = "True and predicted bouts",
    subtitle: str = "",
) -> Figure:
    """For each recording a strip of its true bouts and one of its predicted bouts below, on one time axis.

    Bouts that overlap share the height of the strip. A predicted bout is the paler, the less probable.
    """
    everything = [bout for recording in recordings for bout in (*recording.true, *recording.predicted)]
    names = sorted({bout.action for bout in everything})
    palette = colours(names, action_colours)
    longest = max((recording.seconds for recording in recordings), default=1.0)
    seconds = dict.fromkeys(names, 0.0)
    for bout in (bout for recording in recordings for bout in recording.true):
        seconds[bout.action] += bout.end - bout.start
    entries = {
        name: f"{text or 'unlabelled'} ({clock(seconds[name], longest)})"
        for name, text in plain_names(names).items()
    }
    shown = plain_names([recording.name for recording in recordings], 34)
    # In inches: a letter takes at most 0.095, a patch with its gaps 0.65.
    room = WIDTH - 0.3 - 0.095 * (max(map(len, shown.values()), default=0) + 8)
    columns = int(room / (0.65 + 0.08 * max(map(len, entries.values()), default=0)))
    lines = -(-max(len(names), 1) // columns)
    figure = new_figure(1.7 + 0.26 * lines + 0.84 * max(len(recordings), 1), title, subtitle)
    ax = figure.add_subplot()
    ticks, labels = [], []
    for row, recording in enumerate(recordings):
        for strip, what in enumerate(("true", "predicted")):
            top = row * 1.0 + strip * 0.44
            bouts = getattr(recording, what)
            ax.add_patch(_strip(top, recording.seconds))
            _draw(ax, bouts, top, palette)
            ticks.append(top + 0.2)
            labels.append(f"{shown[recording.name]}   {what}" if strip == 0 else what)
    ax.set_yticks(ticks, labels, size=TEXT)
    for label in ax.get_yticklabels()[1::2]:
        label.set_color(FAINT)
    ax.set_xlim(0, longest)
    ax.set_ylim(max(len(recordings), 1) - 0.08, -0.08)
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    time_axis(ax, longest)
    handles = [Patch(color=palette[name], label=text) for name, text in entries.items()]
    if handles:
        ax.legend(
            handles=handles,
            loc="lower left",
            bbox_to_anchor=(0, 1.0),
            ncols=columns,
            borderaxespad=0.3,
            columnspacing=1.6,
            handlelength=1.2,
            title="Action (true time)",
            alignment="left",
            fontsize=SMALL + 0.5,
            title_fontproperties={"size": SMALL + 0.5, "weight": "bold"},
        )
    return figure


def lanes(bouts: Sequence[Bout]) -> list[int]:
    """For each bout the lowest lane in which it overlaps no bout that starts before it."""
    ends: list[float] = []
    chosen = [0] * len(bouts)
    for index in sorted(range(len(bouts)), key=lambda i: (bouts[i].start, bouts[i].end)):
        bout = bouts[index]
        lane = next((lane for lane, end in enumerate(ends) if end <= bout.start), len(ends))
        if lane == len(ends):
            ends.append(bout.end)
        ends[lane] = bout.end
        chosen[index] = lane
    return chosen


def _strip(top: float, seconds: float) -> Patch:
    return Rectangle((0, top), seconds, 0.4, color="#eef1f4", lw=0, zorder=0)


def _draw(ax: Axes, bouts: Sequence[Bout], top: float, palette: Mapping[str, str]) -> None:
    if not bouts:
        ax.text(0, top + 0.2, "  none", va="center", size=SMALL, color=FAINT)
    lane = np.array(lanes(bouts), int)
    height = 0.4 / (lane.max(initial=0) + 1)
    for level in np.unique(lane):
        inside = [bout for bout, at in zip(bouts, lane, strict=True) if at == level]
        spans = [(bout.start, bout.end - bout.start) for bout in inside]
        full = [palette[bout.action] for bout in inside]
        pale = [
            to_rgba(colour, 0.2 + 0.8 * float(np.clip(bout.probability, 0, 1)))
            for colour, bout in zip(full, inside, strict=True)
        ]
        base = top + level * height
        edge = 0.6 if len(inside) < 200 else 0
        ax.broken_barh(spans, (base, height), facecolors=pale, lw=0)
        # A pale blue is not to be taken for another action's light blue: the lower edge stays full.
        ax.broken_barh(spans, (base + 0.75 * height, 0.25 * height), facecolors=full, lw=0)
        ax.broken_barh(spans, (base, height), facecolors="none", edgecolors="white", linewidths=edge)


def time_axis(ax: Axes, longest: float) -> None:
    """Set up a time axis in seconds or minutes, as suits the longest recording."""
    if longest < 180:
        ax.set_xlabel("time (s)")
        ax.xaxis.set_major_locator(MaxNLocator(10, steps=[1, 2, 5, 10]))
    else:
        ax.set_xlabel("time (h:min:s)" if longest >= 3600 else "time (min:s)")
        step = next((s for s in (30, 60, 120, 300, 600, 900, 1800, 3600, 7200) if longest / s <= 12), 14400)
        ax.set_xticks(np.arange(0, longest + 1e-9, step))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: clock(value, longest)))


def clock(seconds: float, longest: float) -> str:
    """Return a time as text, in the unit that suits the longest recording."""
    if longest < 180:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if longest >= 3600 else f"{minutes}:{rest:02d}"
