"""Accuracy of features on validation clips: a model's, pixels, motion and optical flow.

``python -m sample_data.difficulty tiny tiny:untrained --timesteps t20 t25 --layers 1,4,7 3,6,9``
``python -m sample_data.difficulty pixels motion flow --camera moving``
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from actiondiff_gui.backbones.protocol import EncodeSettings, Timestep
from actiondiff_gui.backbones.reading import POOLINGS, Pooling
from actiondiff_gui.backbones.registry import load_backbone
from actiondiff_gui.features.pooling import pooled_windows
from actiondiff_gui.features.summary import summary_vectors
from sample_data.world import (
    ACTIONS,
    CAMERAS,
    CONTEXTS,
    SPECIES,
    VALIDATION_SEEDS,
    VIEWPOINTS,
    ClipSpec,
    render_batch,
)

FRAMES, STRIDE, SIZE = 8, 4, 64
GRID = 8
EDGES = (0, 0.01, 0.02, 0.04, 0.06, 0.09, 0.13, 0.18, 0.25, 0.35, 0.5, 1.01)
"""Bins of absolute grey-value change between two frames."""


FACETS = ("species", "viewpoint", "context")


def validation_clips(repeats: int, camera: str = "fixed") -> list[ClipSpec]:
    """Return ``repeats`` clips of each of the 72 cells, of seeds kept for validation."""
    cells = [(a, s, v, c) for s in SPECIES for v in VIEWPOINTS for c in CONTEXTS for a in ACTIONS]
    first = VALIDATION_SEEDS.start
    return [ClipSpec(*cell, first + i, camera) for i, cell in enumerate(cells * repeats)]


def pixel_features(clips: np.ndarray) -> np.ndarray:
    """Return mean, deviation and mean absolute change over time of 8 x 8 mean colours [N, 576].

    ``clips`` is uint8 [N, T, H, W, 3].
    """
    n, t, size = clips.shape[:3]
    cell = size // GRID
    small = (
        clips.reshape(n, t, GRID, cell, GRID, cell, 3).mean((3, 5), dtype=np.float32).reshape(n, t, -1) / 255
    )
    return np.concatenate([small.mean(1), small.std(1), np.abs(np.diff(small, axis=1)).mean(1)], 1)


def motion_features(clips: np.ndarray) -> np.ndarray:
    """Return how much the grey values change, where and how evenly, for clips uint8 [N, T, H, W, 3]."""
    change = np.abs(np.diff(clips.mean(-1, dtype=np.float32) / 255, axis=1))
    n, t, size = change.shape[:3]
    cell = size // GRID
    grid = change.reshape(n, t, GRID, cell, GRID, cell).mean((3, 5)).reshape(n, t, -1)
    counts = np.stack([np.histogram(one, EDGES)[0] for one in change]) / change[0].size
    pace = change.mean((2, 3))
    return np.concatenate([grid.mean(1), grid.std(1), counts, pace.mean(1)[:, None], pace.std(1)[:, None]], 1)


def left_out_accuracy(features: np.ndarray, actions: np.ndarray, domains: np.ndarray) -> dict[str, float]:
    """Return the accuracy on each domain of a logistic regression trained on all others.

    Parameters
    ----------
    features : array [N, C]
    actions, domains : array [N]
    """
    scores = {}
    for held_out in np.unique(domains).tolist():
        test = domains == held_out
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=500))
        model.fit(features[~test], actions[~test])
        scores[held_out] = float((model.predict(features[test]) == actions[test]).mean())
    return scores


def held_out(features: np.ndarray, specs: Sequence[ClipSpec]) -> dict[str, float]:
    """Return the mean accuracy over the domains of each facet, held out in turn, for features [N, C]."""
    actions = np.array([spec.action for spec in specs])
    return {
        facet: float(
            np.mean(
                list(
                    left_out_accuracy(
                        features, actions, np.array([getattr(spec, facet) for spec in specs])
                    ).values()
                )
            )
        )
        for facet in FACETS
    }


def tokens_of(
    backbone: Any, clips: np.ndarray, timesteps: Sequence[Timestep], layers: Sequence[int], batch: int = 12
) -> dict[tuple[str, int], np.ndarray]:
    """Return means and changes [N, T, 2 C] of windows uint8 [N, T, H, W, 3] by key of the timestep and layer."""
    parts: dict[tuple[str, int], list[np.ndarray]] = {}
    for at in range(0, len(clips), batch):
        some = clips[at : at + batch]
        encoded = backbone.encode(some, range(at, at + len(some)), EncodeSettings(backbone.resolution))
        for step, found in ((step, backbone.features(encoded, step, list(layers))) for step in timesteps):
            for layer, maps in found.items():
                parts.setdefault((step.key, layer), []).extend(
                    pooled_windows(maps, [maps.shape[1]] * len(some))
                )
    return {address: np.stack(windows) for address, windows in parts.items()}


def side_by_side(tokens: dict, step: str, layers: Sequence[int], pooling: Pooling) -> np.ndarray:
    """Return one vector a clip [N, C] from :func:`tokens_of`: mean, deviation and change over time of several layers."""
    beside = [tokens[step, layer] for layer in layers]
    if pooling == "mean":
        beside = [both[..., : both.shape[-1] // 2] for both in beside]
    return summary_vectors(np.concatenate(beside, -1), "mean+std+absdiff")


def rows(
    name: str, specs: Sequence[ClipSpec], clips: np.ndarray, timesteps: Sequence[str], layers: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Yield what each address of a backbone scores: timesteps times sets of layers ("1,4,7") times poolings.

    A control without a network has one address, its layers side by side without their change.
    """
    backbone = load_backbone(name, "cpu", "float32")
    if backbone.schedule:
        steps = [step for step in backbone.schedule if step.key in timesteps]
        sets, poolings = [tuple(map(int, some.split(","))) for some in layers], POOLINGS
    else:
        steps, sets, poolings = (
            [backbone.default_timestep],
            [tuple(layer.index for layer in backbone.layers)],
            ("mean",),
        )
    tokens = tokens_of(backbone, clips, steps, sorted({layer for some in sets for layer in some}))
    for step, some, pooling in product(steps, sets, poolings):
        scores = held_out(side_by_side(tokens, step.key, some, pooling), specs)
        yield {
            "features": name,
            "digest": backbone.digest,
            "camera": specs[0].camera,
            "clips": len(specs),
            "timestep": step.key,
            "layers": list(some),
            "pooling": pooling,
            **scores,
        }


def table(found: Sequence[dict[str, Any]]) -> list[str]:
    """Return rows of :func:`rows` as a Markdown table."""
    lines = [
        "| camera | features | address | unseen species | unseen viewpoint | unseen context | mean |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in found:
        where = (
            ""
            if row["timestep"] == "-"
            else f"{row['timestep']}, layers {', '.join(map(str, row['layers']))}, "
        )
        scores = [row[facet] for facet in FACETS]
        cells = [row["camera"], row["features"], where + row["pooling"]]
        lines.append(f"| {' | '.join(cells + [f'{score:.3f}' for score in (*scores, np.mean(scores))])} |")
    return lines


def main(arguments: list[str] | None = None) -> None:
    """Print accuracies with each species, viewpoint and context held out; chance is 1/6."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "backbones", nargs="+", help="names, or pipeline folders; ':untrained' behind one too"
    )
    parser.add_argument("--repeats", type=int, default=5, help="clips per cell")
    parser.add_argument("--camera", choices=CAMERAS, default="fixed")
    parser.add_argument("--timesteps", nargs="+", default=["t20"])
    parser.add_argument("--layers", nargs="+", default=["1,4,7"], help="layers side by side, each as 1,4,7")
    parser.add_argument("--add-to", type=Path, help="JSON file that the rows are added to")
    wanted = parser.parse_args(arguments)
    specs = validation_clips(wanted.repeats, wanted.camera)
    clips = np.concatenate(
        [
            render_batch(specs[i : i + 24], FRAMES, SIZE, stride=STRIDE).numpy()
            for i in range(0, len(specs), 24)
        ]
    )
    found: list[dict[str, Any]] = []
    for name in wanted.backbones:
        for row in rows(name, specs, clips, wanted.timesteps, wanted.layers):
            found.append(row)
            print(table([row])[-1], flush=True)
    if wanted.add_to:
        before = json.loads(wanted.add_to.read_text("utf-8")) if wanted.add_to.exists() else []
        wanted.add_to.write_text(json.dumps(before + found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
