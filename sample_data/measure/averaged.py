"""Is it the average over the frame that loses the action? Parts of flow and pixels, with and without their places.

``python -m sample_data.measure.averaged --measured runs/measured --into docs/small_world.md``

The networks' maps are averaged over the frame before a head sees them; flow and pixels keep 8 x 8 cells. Here the linear
probe gets parts of flow and pixels from a folder that was measured: only what is averaged over the frame, and only where.
"""

import argparse
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from actiondiff_gui.features.settings import ExtractionSettings
from actiondiff_gui.project.project import Project
from sample_data.measure.answers import linear_answer
from sample_data.measure.clips import FRAMES, SHIFTS
from sample_data.measure.plain import GRID, FlowBackbone, PixelBackbone
from sample_data.measure.subjects import Subject, subject
from sample_data.measure.work import Desk
from sample_data.tiny_model.sections import fill

CELLS = GRID * GRID
PARTS = {
    "flow": {
        "energy in 8 x 8 cells": lambda tokens: tokens[..., :CELLS],
        "how fast and which way, over the whole frame": lambda tokens: tokens[..., CELLS:],
    },
    "pixels": {
        "colours of 8 x 8 cells": lambda tokens: tokens,
        "mean colour of the whole frame": lambda tokens: tokens.reshape(*tokens.shape[:-1], CELLS, 3).mean(
            -2
        ),
    },
}


def main(arguments: list[str] | None = None) -> None:
    """Print the table, and put it into the docs if asked to."""
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--measured", type=Path, required=True, help="folder that sample_data.measure filled")
    made.add_argument("--into", type=Path, help="Markdown file with a part called 'averaged'")
    wanted = made.parse_args(arguments)
    found, file, plain = opened(wanted.measured)
    with Project.open(file) as project:
        lines = averaged_table(project, plain, found["asked"]["summary"])
    print("\n".join(lines))
    if wanted.into and "averaged" not in fill(wanted.into, {"averaged": lines}):
        made.error(f"{wanted.into} has no part <!-- printed: averaged --> ... <!-- end -->")


@dataclass(frozen=True)
class Plain:
    """How pixels and flow were extracted: the frames of a clip, and the settings."""

    frames: int
    settings: ExtractionSettings


def opened(measured: Path) -> tuple[dict[str, Any], Path, Plain]:
    """Results of a folder that was measured, its project file, and how pixels and flow were extracted.

    Raises
    ------
    SystemExit
        If the clips are not there.
    """
    found = json.loads((measured / "results.json").read_text(encoding="utf-8"))
    name = found["clip_set"].split(" ")[0]
    file = measured / f"{name}.actiondiff"
    if not file.exists():
        raise SystemExit(f"{file} is not there: {measured} holds results, but not the clips behind them.")
    frames = re.search(r"_(\d+)frames", name)
    # Drawn clips have the rate at which they are looked at; the sample's have a higher one.
    settings = ExtractionSettings(stride=None if name == "sample" else 1)
    return found, file, Plain(int(frames[1]) if frames else FRAMES, settings)


def averaged_table(project: Project, plain: Plain, summary: str) -> list[str]:
    """A Markdown table of the linear probe's accuracy on each part, held out and within, averaged over the shifts."""
    lines = ["| what the linear probe gets | values a frame | held-out | within |", "|---|---|---|---|"]
    desk = Desk(project, "", summary, 1, None, "cpu")
    for backbone in (FlowBackbone(plain.frames), PixelBackbone(plain.frames)):
        one = subject(backbone.id, project, backbone, plain.settings, ("-",), None)
        for title, part in PARTS[backbone.id].items():
            channels, held_out, within = _accuracy(desk, one, part)
            lines.append(f"| {backbone.id}: {title} | {channels} | {held_out:.3f} | {within:.3f} |")
    return lines


def _accuracy(desk: Desk, one: Subject, part: Callable[[np.ndarray], np.ndarray]) -> tuple[int, float, float]:
    tokens = desk.tokens(one, one.timesteps[0], one.layers[0], SHIFTS[0])
    tokens = replace(tokens, tokens=tuple(map(part, tokens.tokens)))
    rates = []
    for shift in SHIFTS:
        answer = linear_answer(replace(tokens, domains=desk.domains(tokens.clip_ids, shift)), desk.summary)
        rates.append([answer.share().mean(), answer.share("within").mean()])
    held_out, within = np.mean(rates, axis=0)
    return tokens.tokens[0].shape[-1], float(held_out), float(within)


if __name__ == "__main__":
    main()
