"""Compare timesteps on held-out domains, for the sample's model and its untrained copy on validation clips.

    python scripts/noisier_timesteps.py --layers 1,4,7 --force

Logistic regression on mean, deviation and change over time of 360 validation clips (sample_data.difficulty), each species,
viewpoint and context held out in turn, for each timestep and pooling. The untrained copy keeps VAE and image encoder and
draws the UNet anew. Prints accuracies and differences with 95 % intervals, clip by clip on the same clips, and writes
docs/images/noisier_timesteps.png. Tokens are kept in --cache and used again for the same weights.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from actiondiff_gui.backbones.reading import POOLINGS
from actiondiff_gui.backbones.registry import load_backbone
from actiondiff_gui.evaluation.intervals import Estimate, paired_difference
from actiondiff_gui.outputs import Output, check_all
from sample_data.difficulty import FACETS, FRAMES, SIZE, STRIDE, side_by_side, tokens_of, validation_clips
from sample_data.world import ClipSpec, render_batch

TIMESTEPS = ("t0", "t10", "t20", "t25")
NOISY, CLEAN = TIMESTEPS[:2], TIMESTEPS[-1:]
"""What is compared: the mean of the noisier timesteps, and the usual, cleaner one."""
MODEL, COPY = "tiny", "tiny:untrained"
COLOURS = {MODEL: "#0072b2", COPY: "#8a8f94"}


class At(NamedTuple):
    """A network, a pooling and a timestep."""

    name: str
    pooling: str
    timestep: str


def right_of(features: np.ndarray, specs: Sequence[ClipSpec]) -> np.ndarray:
    """Return how often each clip's action was named with its species, viewpoint or context held out, ``[N]`` from 0 to 1."""
    actions, right = np.array([spec.action for spec in specs]), np.zeros(len(specs))
    for facet in FACETS:
        domains = np.array([getattr(spec, facet) for spec in specs])
        for held in np.unique(domains):
            test = domains == held
            model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=500))
            model.fit(features[~test], actions[~test])
            right[test] += (model.predict(features[test]) == actions[test]) / len(FACETS)
    return right


def tokens_by_name(name: str, clips: np.ndarray, layers: Sequence[int], cache: Path) -> dict:
    """Tokens of :func:`sample_data.difficulty.tokens_of`, from the cache where it has those of these weights."""
    backbone = load_backbone(name, "cpu", "float32")
    file = cache / f"{name.replace(':', '-')}-{backbone.digest}-{len(clips)}.npz"
    if file.exists():
        with np.load(file) as kept:
            found = {(key.split("/")[0], int(key.split("/")[1])): kept[key] for key in kept.files}
        if {(step, layer) for step in TIMESTEPS for layer in layers} <= set(found):
            return found
    steps = [step for step in backbone.schedule if step.key in TIMESTEPS]
    found = tokens_of(backbone, clips, steps, layers)
    cache.mkdir(parents=True, exist_ok=True)
    np.savez(file, **{f"{step}/{layer}": values for (step, layer), values in found.items()})
    return found


def words(found: Estimate) -> str:
    """ "+0.031 (+0.012 to +0.050)"."""
    return f"{found.value:+.3f} ({found.low:+.3f} to {found.high:+.3f})"


def told(right: Mapping[At, np.ndarray]) -> list[str]:
    """Return the tables, as Markdown."""
    lines = ["| features | pooling | " + " | ".join(TIMESTEPS) + " | noisier less cleaner |"]
    lines.append("|---" * (len(TIMESTEPS) + 3) + "|")
    for name in (MODEL, COPY):
        for pooling in POOLINGS:
            values = " | ".join(f"{right[At(name, pooling, step)].mean():.3f}" for step in TIMESTEPS)
            slope = slope_of({step: right[At(name, pooling, step)] for step in TIMESTEPS})
            lines.append(f"| {name} | {pooling} | {values} | {words(paired(slope))} |")
    lines.append("")
    for pooling in POOLINGS:
        ours, theirs = (
            {step: right[At(name, pooling, step)] for step in TIMESTEPS} for name in (MODEL, COPY)
        )
        apart = {step: paired(ours[step] - theirs[step]) for step in TIMESTEPS}
        lines.append(
            f"{MODEL} less {COPY}, {pooling}: " + "; ".join(f"{s} {words(e)}" for s, e in apart.items())
        )
        lines.append(
            f"slope of {MODEL} less slope of {COPY}, {pooling}: {words(paired(slope_of(ours) - slope_of(theirs)))}"
        )
    return lines


def slope_of(right: Mapping[str, np.ndarray]) -> np.ndarray:
    """For each clip how much more often it is right at the noisier timesteps than at the cleaner, ``[N]``."""
    noisy, clean = (np.mean([right[step] for step in part], axis=0) for part in (NOISY, CLEAN))
    return noisy - clean


def paired(differences: np.ndarray) -> Estimate:
    """Mean of differences ``[N]`` of independent clips with Student's 95 % interval."""
    zeros = np.zeros_like(differences)
    return paired_difference(differences, zeros, zeros.astype(int), np.arange(differences.size))


def drawn(right: Mapping[At, np.ndarray], layers: Sequence[int]):
    """Accuracy against timestep, one panel for each pooling."""
    from actiondiff_gui.report.style import new_figure, styled

    @styled
    def draw():
        figure = new_figure(
            3.4,
            "Do noisier timesteps travel better?",
            f"layers {', '.join(map(str, layers))}; bands: 95 % intervals",
        )
        axes = figure.subplots(1, len(POOLINGS), sharey=True)
        for ax, pooling in zip(axes, POOLINGS, strict=True):
            for name in (MODEL, COPY):
                found = [paired(right[At(name, pooling, step)]) for step in TIMESTEPS]
                where = range(len(TIMESTEPS))
                ax.plot(where, [e.value for e in found], color=COLOURS[name], label=name)
                ax.fill_between(
                    where,
                    [e.low for e in found],
                    [e.high for e in found],
                    color=COLOURS[name],
                    alpha=0.2,
                    lw=0,
                )
            ax.axhline(1 / 6, color="0.6", lw=0.8, ls=":")
            ax.set_xticks(range(len(TIMESTEPS)), TIMESTEPS)
            ax.set_title(pooling)
            ax.set_xlabel("timestep, noisiest first")
        axes[0].set_ylabel("accuracy, held out")
        axes[0].legend()
        return figure

    return draw()


def main() -> None:
    """Measure, print and draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("docs/images/noisier_timesteps.png"))
    parser.add_argument("--layers", default="1,4,7", help="read side by side")
    parser.add_argument("--repeats", type=int, default=5, help="clips of each combination")
    parser.add_argument("--cache", type=Path, default=Path("runs/noisier_timesteps"))
    parser.add_argument("--force", action="store_true", help="replace the picture that is there")
    options = parser.parse_args()
    out = Output(options.out, force=options.force)
    check_all([out])
    layers = tuple(int(part) for part in options.layers.split(","))
    specs = validation_clips(options.repeats)
    batches = [
        render_batch(specs[i : i + 24], FRAMES, SIZE, stride=STRIDE).numpy() for i in range(0, len(specs), 24)
    ]
    clips = np.concatenate(batches)
    right = {}
    for name in (MODEL, COPY):
        tokens = tokens_by_name(name, clips, layers, options.cache)
        for pooling in POOLINGS:
            for step in TIMESTEPS:
                right[At(name, pooling, step)] = right_of(side_by_side(tokens, step, layers, pooling), specs)
    print("\n".join(told(right)))
    from actiondiff_gui.report.style import save

    save(drawn(right, layers), out, 100)


if __name__ == "__main__":
    main()
