"""How far do pixels, motion energy or a model's features name the action? Measured on validation clips.

``python -m sample_data.difficulty --camera moving``
``python -m sample_data.difficulty --model sample_data/tiny --timesteps t10 t20 --layers 1 3 6``
"""

import argparse
from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from actiondiff_gui.backbones.protocol import EncodeSettings
from actiondiff_gui.backbones.registry import load_backbone
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


def mean_and_change(maps: torch.Tensor) -> np.ndarray:
    """Return the spatial mean of maps [B, T, C, h, w] and that of their absolute change to the next frame, [B, T, 2 C].

    The last frame of a window repeats the change before it.
    """
    change = maps.diff(dim=1).abs().mean((-2, -1))
    return torch.cat([maps.mean((-2, -1)), torch.cat([change, change[:, -1:]], 1)], -1).cpu().numpy()


def tokens_of(
    model: str, clips: np.ndarray, timesteps: Sequence[str], layers: Sequence[int], batch: int = 12
) -> dict[tuple[str, int], np.ndarray]:
    """Return tokens [N, T, 2 C] of windows uint8 [N, T, H, W, 3] by timestep and layer."""
    backbone = load_backbone(model, "cpu", "float32")
    steps = [step for step in backbone.schedule if step.key in timesteps]
    parts: dict[tuple[str, int], list[np.ndarray]] = {}
    for at in range(0, len(clips), batch):
        some = clips[at : at + batch]
        encoded = backbone.encode(some, range(at, at + len(some)), EncodeSettings(backbone.resolution))
        for step in steps:
            for layer, maps in backbone.features(encoded, step, list(layers)).items():
                parts.setdefault((step.key, layer), []).append(mean_and_change(maps))
    return {address: np.concatenate(some) for address, some in parts.items()}


def rows(
    clips: np.ndarray, model: str, timesteps: Sequence[str], layer_sets: Sequence[Sequence[int]]
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the name and the vectors [N, C] of each timestep and set of layers of a model, side by side."""
    tokens = tokens_of(model, clips, timesteps, sorted({layer for some in layer_sets for layer in some}))
    for step, some in product(timesteps, layer_sets):
        beside = np.concatenate([tokens[step, layer] for layer in some], -1)
        yield f"{step} layers {','.join(map(str, some))}", summary_vectors(beside, "mean+std+absdiff")


def main(arguments: list[str] | None = None) -> None:
    """Print accuracies with each species, viewpoint and context held out; chance is 1/6."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=5, help="clips per cell")
    parser.add_argument("--camera", choices=CAMERAS, default="fixed")
    parser.add_argument("--model", help="pipeline folder or name of a backbone, asked for mean and change")
    parser.add_argument("--timesteps", nargs="+", default=["t20"])
    parser.add_argument("--layers", nargs="+", default=["1,3,6"], help="layers side by side, each as 1,3,6")
    wanted = parser.parse_args(arguments)
    specs = validation_clips(wanted.repeats, wanted.camera)
    clips = np.concatenate(
        [
            render_batch(specs[i : i + 24], FRAMES, SIZE, stride=STRIDE).numpy()
            for i in range(0, len(specs), 24)
        ]
    )
    named = iter([("pixels", pixel_features(clips)), ("motion energy", motion_features(clips))])
    if wanted.model:
        sets = [[int(layer) for layer in some.split(",")] for some in wanted.layers]
        named = rows(clips, wanted.model, wanted.timesteps, sets)
    for name, features in named:
        scores = held_out(features, specs)
        each = "  ".join(f"unseen {facet} {score:.3f}" for facet, score in scores.items())
        print(f"{name:24} {each}  mean {np.mean(list(scores.values())):.3f}", flush=True)


if __name__ == "__main__":
    main()
