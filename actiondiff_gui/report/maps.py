"""Figures of clip maps, coloured by action and by domain."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from actiondiff_gui.embedding.maps import Embedding
from actiondiff_gui.report.style import (
    FAINT,
    SMALL,
    TEXT,
    colours,
    counted,
    markers,
    new_figure,
    styled,
)

MOST_ENTRIES = 18
LAYERS_OF_POINTS = 5


@styled
def map_figure(
    embeddings: Sequence[Embedding],
    actions: Sequence[str],
    domains: Sequence[str],
    action_colours: Mapping[str, str] | None = None,
    title: str = "Map of clips",
    subtitle: str = "",
) -> Figure:
    """One column for each embedding: above coloured by action, below by domain; shapes are domains in both.

    Parameters
    ----------
    embeddings : sequence of Embedding
        One to three, of the same N clips.
    actions, domains : sequence of str
        ``[N]``; "" for a clip without one.
    action_colours : mapping of str to colour, optional
        The project's colours; actions that it lacks get one of the palette.
    """
    colour_of_action = colours(sorted(set(actions)), action_colours)
    colour_of_domain = colours(sorted(set(domains)))
    shapes = markers(sorted(set(domains) - {""})) | {"": "."}
    figure = new_figure(9.6, title, subtitle)
    grid = figure.add_gridspec(2, len(embeddings) + 1, width_ratios=[1] * len(embeddings) + [0.42])
    rows = (
        ("colour: action, shape: domain", actions, colour_of_action, shapes),
        ("colour and shape: domain", domains, colour_of_domain, shapes),
    )
    for row, (what, names, palette, shape) in enumerate(rows):
        for column, embedding in enumerate(embeddings):
            ax = figure.add_subplot(grid[row, column])
            _points(ax, embedding.coordinates, np.asarray(names), domains, palette, shape)
            _axes(ax, embedding, what)
        keys = figure.add_subplot(grid[row, -1])
        keys.axis("off")
        if row == 0:
            texts = counted(list(names), "unlabelled")
            entries = [(palette[name], "o", text) for name, text in texts.items()]
            _legend(keys, "Action (clips)", entries)
        else:
            texts = counted(list(names), "unknown")
            entries = [(palette[name], shape[name], text) for name, text in texts.items()]
            _legend(keys, "Domain (clips)", entries)
    return figure


def _points(
    ax: Axes,
    coordinates: np.ndarray,
    names: np.ndarray,
    domains: Sequence[str],
    palette: Mapping[str, str],
    shapes: Mapping[str, str],
) -> None:
    count = len(names)
    shape = np.array([shapes[domain] for domain in domains])
    colour = np.array([to_rgba(palette[name], 0.9 if count < 1000 else 0.65) for name in names])
    # Points are drawn in layers that mix all shapes, so that the last one does not cover the others.
    layer = np.random.default_rng(0).permutation(count) % LAYERS_OF_POINTS
    layer[names == ""] = -1
    for depth in range(-1, LAYERS_OF_POINTS):
        for marker in np.unique(shape[layer == depth]):
            here = (layer == depth) & (shape == marker)
            ax.scatter(
                coordinates[here, 0],
                coordinates[here, 1],
                s=float(np.clip(12000 / max(count, 1), 9, 70)),
                c=colour[here],
                marker=str(marker),
                linewidths=0.4 if count < 1000 else 0,
                edgecolors="white",
                rasterized=count > 2000,
            )


def _axes(ax: Axes, embedding: Embedding, what: str) -> None:
    name = {"pca": "PCA", "umap": "UMAP"}[embedding.method]
    ax.set_title(f"{name}  ·  {what}")
    ax.set_xticks([])
    ax.set_yticks([])
    ax.margins(0.06)
    for side in ("top", "right"):
        ax.spines[side].set_visible(True)
    for spine in ax.spines.values():
        spine.set_edgecolor("#c9d0d6")
    if embedding.explained_variance:
        first, second = (*embedding.explained_variance, 0)[:2]
        ax.set_xlabel(f"first axis: {first:.0%} of the variance", size=TEXT, color=FAINT)
        ax.set_ylabel(f"second axis: {second:.0%}", size=TEXT, color=FAINT)
    else:
        neighbours = embedding.parameters.get("n_neighbors")
        ax.set_xlabel(
            f"only small distances are meaningful  ({neighbours} neighbours)", size=TEXT, color=FAINT
        )


def _legend(ax: Axes, title: str, entries: Sequence[tuple[str, str, str]]) -> None:
    """List ``entries`` of colour, shape and text; past the room that there is, only their number."""
    shown = list(entries)
    if len(shown) > MOST_ENTRIES:
        shown = shown[: MOST_ENTRIES - 1]
    handles = [
        Line2D([], [], ls="", marker=shape, ms=8, color=colour, label=text) for colour, shape, text in shown
    ]
    if len(shown) < len(entries):
        handles.append(Line2D([], [], ls="", label=f"… and {len(entries) - len(shown)} more"))
    ax.legend(
        handles=handles,
        loc="upper left",
        title=title,
        borderaxespad=0,
        borderpad=0,
        handletextpad=0.3,
        labelspacing=0.35,
        alignment="left",
        fontsize=SMALL + 0.5,
        title_fontproperties={"size": SMALL + 0.5, "weight": "bold"},
    )
