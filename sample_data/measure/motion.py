"""Do features know how much moves? ``python -m sample_data.measure.motion --model runs/pipeline --twin runs/untrained --measured runs/measured``.

Optical flow names the actions better than anything else, so this asks features for it: ridge regression from a clip's
features to the logarithm of its flow (root mean square over the frame, mean over time; the camera's motion is a part of it),
at every address that was measured. The answer is the correlation of estimated and predicted flow within each held-out domain,
averaged over domains, then over shifts. Pixels are asked the same.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from actiondiff_gui.backbones.registry import load_backbone
from actiondiff_gui.features.summary import summarise
from actiondiff_gui.features.tokens import TokenSet
from actiondiff_gui.files import whole_file
from actiondiff_gui.project.project import Project
from actiondiff_gui.report.style import styled
from sample_data.measure.addresses import NETWORKS, grid_figure
from sample_data.measure.averaged import PARTS, opened
from sample_data.measure.clips import SHIFTS
from sample_data.measure.plain import FlowBackbone, PixelBackbone
from sample_data.measure.subjects import Subject, addresses, subject
from sample_data.measure.work import Desk
from sample_data.tiny_model.pictures import save_small
from sample_data.tiny_model.sections import fill

PENALTIES = np.logspace(0, 5, 11)
"""Of the ridge regression; the best one is chosen within what it learns from."""
STILL = 1e-3
"""Pixels a frame, added before the logarithm."""


def main(arguments: list[str] | None = None) -> None:
    """Answer at every address, write ``motion.json``, the figure and the table."""
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--model", type=Path, required=True, help="pipeline folder")
    made.add_argument("--twin", type=Path, required=True, help="untrained twin")
    made.add_argument(
        "--measured", type=Path, required=True, help="folder that sample_data.measure filled with both"
    )
    made.add_argument("--out", type=Path, help="folder of the figure; the measured one if not given")
    made.add_argument("--into", type=Path, help="Markdown file with a part called 'motion'")
    wanted = made.parse_args(arguments)
    found, file, plain = opened(wanted.measured)
    asked = found["asked"]
    networks = {
        name: load_backbone(str(folder), "cpu", asked["precision"])
        for name, folder in zip(NETWORKS, (wanted.model, wanted.twin), strict=True)
    }
    if networks["model"].digest != found["model"]["digest"]:
        made.error(f"{wanted.measured} was measured on other weights than those in {wanted.model}")
    with Project.open(file) as project:
        desk = Desk(project, "", asked["summary"], 1, None, "cpu")
        flow, pixels = (
            subject(one.id, project, one, plain.settings, ("-",), None)
            for one in (FlowBackbone(plain.frames), PixelBackbone(plain.frames))
        )
        moved = flow_of_clips(desk.tokens(flow, "-", 1, SHIFTS[0]))
        result: dict[str, Any] = {"asked": asked, "clips": found["clips"], "grids": {}}
        result["pixels"] = {
            title: correlation(desk, pixels, "-", 1, moved, part) for title, part in PARTS["pixels"].items()
        }
        for regime in asked["regimes"]:
            draws = asked["draws"] if regime == "noised" else 1
            settings = replace(plain.settings, regime=regime, draws=draws)
            for name, backbone in networks.items():
                one = subject(
                    name, project, backbone, settings, tuple(asked["timesteps"]), tuple(asked["layers"])
                )
                values = [
                    correlation(desk, one, timestep, layer, moved) for timestep, layer in addresses(one)
                ]
                grid = np.reshape(values, (len(one.timesteps), len(one.layers))).tolist()
                result["grids"].setdefault(regime, {})[name] = grid
    with whole_file(wanted.measured / "motion.json") as part:
        part.write_text(json.dumps(result, indent=1), encoding="utf-8")
    save_small(motion_figure(result), (wanted.out or wanted.measured) / "small_world_motion.png", 64)
    table = motion_table(result)
    print("\n".join(table))
    if wanted.into and "motion" not in fill(wanted.into, {"motion": table}):
        made.error(f"{wanted.into} has no part <!-- printed: motion --> ... <!-- end -->")


def flow_of_clips(flow: TokenSet) -> dict[str, float]:
    """For each clip the logarithm of its flow in pixels a frame: root mean square over the frame, mean over time."""
    means = np.array([float(tokens[:, -1].mean()) for tokens in flow.tokens])
    return dict(zip(flow.clip_ids, np.log(means + STILL), strict=True))


def correlation(
    desk: Desk,
    one: Subject,
    timestep: str,
    layer: int,
    moved: dict[str, float],
    part: Callable[[np.ndarray], np.ndarray] | None = None,
) -> float:
    """Mean over shifts and their domains of what :func:`held_out_correlation` says; of a ``part`` of the tokens if given."""
    tokens = desk.tokens(one, timestep, layer, SHIFTS[0])
    seen = tokens if part is None else replace(tokens, tokens=tuple(map(part, tokens.tokens)))
    features = summarise(seen, desk.summary).astype(np.float64)
    truth = np.array([moved[clip] for clip in tokens.clip_ids])
    means = []
    for shift in SHIFTS:
        domains = np.array(desk.domains(tokens.clip_ids, shift))
        rates = [held_out_correlation(features, truth, domains == domain) for domain in np.unique(domains)]
        means.append(np.mean(rates))
    return float(np.mean(means))


def held_out_correlation(features: np.ndarray, truth: np.ndarray, held_out: np.ndarray) -> float:
    """Correlation of truth and prediction on the clips held out, of a ridge regression learned on the others."""
    model = make_pipeline(StandardScaler(), RidgeCV(PENALTIES)).fit(features[~held_out], truth[~held_out])
    predicted = model.predict(features[held_out])
    # A prediction that is the same for all clips, but for rounding, says nothing.
    if predicted.std() < 1e-9 * truth[held_out].std():
        return 0.0
    return float(np.corrcoef(predicted, truth[held_out])[0, 1])


def motion_table(result: dict[str, Any]) -> list[str]:
    """A Markdown table: for each regime and timestep the mean over the layers, and the best layer; then pixels."""
    lines = ["| regime | timestep | tiny, mean of layers | best layer | untrained twin, mean | best layer |"]
    lines.append("|---|---|---|---|---|---|")
    layers = result["asked"]["layers"]
    for regime, by_name in result["grids"].items():
        for at, timestep in enumerate(result["asked"]["timesteps"]):
            cells = []
            for name in NETWORKS:
                row = by_name[name][at]
                best = int(np.argmax(row))
                cells += [f"{np.mean(row):.2f}", f"{row[best]:.2f} (layer {layers[best]})"]
            lines.append(f"| {regime} | {timestep} | {' | '.join(cells)} |")
    told = "; ".join(f"{value:.2f} from the {title}" for title, value in result["pixels"].items())
    return [*lines, "", f"Pixels: {told}."]


@styled
def motion_figure(result: dict[str, Any]) -> Figure:
    """A grid of colours for each network (across) and regime (down)."""
    grids, asked = result["grids"], result["asked"]
    title = (
        f"How much moves, predicted from features in held-out domains: correlation, {result['clips']} clips"
    )
    rows = {regime: {name: np.array(by_name[name]) for name in NETWORKS} for regime, by_name in grids.items()}
    top = max(0.1, *(values.max() for by_name in rows.values() for values in by_name.values()))
    figure, bar = grid_figure(title, rows, asked, 0, top)
    bar.set_label("correlation with the estimated flow")
    return figure


if __name__ == "__main__":
    main()
