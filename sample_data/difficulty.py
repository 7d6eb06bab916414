"""How far do pixels or motion energy give the action away? ``python -m sample_data.difficulty`` measures."""

import argparse

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sample_data.world import (
    ACTIONS,
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


def validation_clips(repeats: int) -> list[ClipSpec]:
    """Return ``repeats`` clips of each of the 72 cells, of seeds kept for validation."""
    cells = [(a, s, v, c) for s in SPECIES for v in VIEWPOINTS for c in CONTEXTS for a in ACTIONS]
    first = VALIDATION_SEEDS.start
    return [ClipSpec(*cell, first + i) for i, cell in enumerate(cells * repeats)]


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


def main(arguments: list[str] | None = None) -> None:
    """Print accuracies with each species, viewpoint and context held out; chance is 1/6."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=10, help="clips per cell")
    specs = validation_clips(parser.parse_args(arguments).repeats)
    clips = np.concatenate(
        [
            render_batch(specs[i : i + 24], FRAMES, SIZE, stride=STRIDE).numpy()
            for i in range(0, len(specs), 24)
        ]
    )
    actions = np.array([spec.action for spec in specs])
    for name, features in (("pixels", pixel_features(clips)), ("motion", motion_features(clips))):
        for facet in ("species", "viewpoint", "context"):
            scores = left_out_accuracy(features, actions, np.array([getattr(spec, facet) for spec in specs]))
            each = ", ".join(f"{domain} {score:.2f}" for domain, score in scores.items())
            print(f"{name:8} unseen {facet:10} {np.mean(list(scores.values())):.3f}  ({each})")


if __name__ == "__main__":
    main()
