"""Contact sheet of the sample world's cells: ``python -m sample_data.contact_sheet``."""

import argparse
import io
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from sample_data.make_clips import sample_clips
from sample_data.world import ACTIONS, CONTEXTS, SPECIES, VIEWPOINTS, render_batch

SECONDS = 1.0


def contact_sheet(pixels: int = 120) -> Figure:
    """Return a figure with one frame of the first sample clip of every cell: actions across, cells down."""
    rows = [
        (species, viewpoint, context)
        for species in SPECIES
        for viewpoint in VIEWPOINTS
        for context in CONTEXTS
    ]
    figure = Figure(figsize=(6.9, 12.35), layout="none")
    axes = figure.subplots(len(rows), len(ACTIONS), gridspec_kw={"wspace": 0.03, "hspace": 0.03})
    figure.subplots_adjust(left=0.115, right=0.995, top=0.975, bottom=0.003)
    first = {}
    for _, spec in sample_clips():
        first.setdefault((spec.species, spec.viewpoint, spec.context, spec.action), spec)
    for line, row in zip(axes, rows, strict=True):
        pictures = render_batch([first[(*row, action)] for action in ACTIONS], 1, pixels, start=SECONDS)
        for axis, picture in zip(line, np.asarray(pictures)[:, 0], strict=True):
            axis.imshow(picture)
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
        line[0].set_ylabel("\n".join(row), fontsize=8, rotation=0, ha="right", va="center")
    for axis, action in zip(axes[0], ACTIONS, strict=True):
        axis.set_title(action, fontsize=9, pad=3)
    return figure


def main(arguments: list[str] | None = None) -> None:
    """Write the contact sheet to ``docs/images/sample_world.png``, or to ``--out``."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(__file__).parents[1] / "docs" / "images" / "sample_world.png"
    parser.add_argument("--out", type=Path, default=default, help="file to write")
    target = parser.parse_args(arguments).out
    target.parent.mkdir(parents=True, exist_ok=True)
    drawn = io.BytesIO()
    contact_sheet().savefig(drawn, dpi=100)
    picture = Image.open(drawn).convert("RGB")
    palette = picture.quantize(256, method=Image.Quantize.MAXCOVERAGE, kmeans=2)
    picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG).save(target, optimize=True)


if __name__ == "__main__":
    main()
