"""Simulate reviews with the true labels as answers, and measure their worth.

    python scripts/review_simulated.py --force

From three labels of each action on, in all species but one, clips are asked in each order, the linear head is fitted again
after every ten answers, and its accuracy on the species that was left out is measured. Writes docs/images/review_simulated.png
and the numbers beside it as docs/images/review_simulated.json. Three kinds of features:

made-up   a structure that is known: six directions for actions, each with a common, a rarer and a rare variant, an offset for
          each species, and noise. Shows that the orders do what they should where features carry the action.
pixels    8 x 8 mean colours and frame differences of clips of the drawn world (sample_data.difficulty), which carry little.
tiny      the sample's model at its usual timestep, layers and pooling, on the 216 sample clips. Any other backbone: --backbone.
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from actiondiff_gui.classifier import review_order
from actiondiff_gui.classifier.training.fitting import fit_head
from actiondiff_gui.features.summary import summarise
from actiondiff_gui.features.tokens import FeatureAddress, TokenSet
from actiondiff_gui.outputs import Output, check_all

START, STEP, MOST = 3, 10, 80
SUMMARY = "mean+std+absdiff"
"""How the tokens of a clip become one vector, for pixels too."""
ASKED = (0, 20, 40, 80)
ORDERS = (review_order.RANDOM, review_order.UNCERTAINTY, review_order.NOVELTY)
COLOURS = {
    review_order.RANDOM: "#5b6772",
    review_order.UNCERTAINTY: "#0072b2",
    review_order.NOVELTY: "#e69f00",
}


def token_set(
    features: np.ndarray, actions: Sequence[str], domains: Sequence[str], keys: Sequence[str]
) -> TokenSet:
    """One token ``[1, C]`` for each of the clips, every clip a source of its own."""
    classes = tuple(sorted(set(actions)))
    labels = np.zeros((len(actions), len(classes)), np.int8)
    labels[np.arange(len(actions)), [classes.index(a) for a in actions]] = 1
    tokens = tuple(row[None].astype(np.float32) for row in features)
    address = FeatureAddress("simulated", "-", "-", 0)
    return TokenSet(tuple(keys), tokens, classes, labels, tuple(domains), tuple(keys), address, tuple(keys))


# Features


def made_up(_: argparse.Namespace) -> TokenSet:
    """480 clips: 4 species x 6 actions x 20, each action in three variants of 70, 20 and 10 %."""
    rng = np.random.default_rng(2026)
    channels, actions, species = 48, 6, 4
    main = rng.normal(size=(actions, channels))
    variants = main[:, None] + 0.9 * rng.normal(size=(actions, 3, channels))
    offsets = 1.5 * rng.normal(size=(species, channels))
    rows, names, domains = [], [], []
    for s in range(species):
        for a in range(actions):
            for variant in rng.choice(3, 20, p=(0.7, 0.2, 0.1)):
                rows.append(variants[a, variant] + offsets[s] + 1.6 * rng.normal(size=channels))
                names.append(f"action {a + 1}")
                domains.append(f"species {s + 1}")
    return token_set(np.array(rows), names, domains, [f"{n:04d}" for n in range(len(rows))])


def pixels(options: argparse.Namespace) -> TokenSet:
    """Clips of the drawn world that nothing was trained on, 8 frames of 64 x 64 pixels each."""
    from sample_data.difficulty import FRAMES, SIZE, STRIDE, motion_features, pixel_features, validation_clips
    from sample_data.world import render_batch

    specs = validation_clips(options.repeats)
    found = []
    for first in range(0, len(specs), 24):
        clips = render_batch(specs[first : first + 24], FRAMES, SIZE, stride=STRIDE).numpy()
        found.append(np.concatenate([pixel_features(clips), motion_features(clips)], axis=1))
    names, domains = [s.action for s in specs], [s.species for s in specs]
    return token_set(np.concatenate(found), names, domains, [f"{n:04d}" for n in range(len(specs))])


def of_backbone(name: str) -> Callable[[argparse.Namespace], TokenSet]:
    """Return the sample clips as a backbone sees them; features are computed where the project lacks them."""

    def load(options: argparse.Namespace) -> TokenSet:
        from actiondiff_gui.features.feature_set import FeatureSet
        from actiondiff_gui.progress import run
        from actiondiff_gui.project.formats.imports.clip_table import import_clip_table
        from actiondiff_gui.project.project import Project
        from actiondiff_gui.resources import sample_data

        with tempfile.TemporaryDirectory() as folder:
            path = options.project or Path(folder) / "sample.actiondiff"
            with Project.open(path) if path.exists() else Project.create(path) as project:
                if not project.clips():
                    run(import_clip_table(project, sample_data("clips", "clips.csv")))
                features = FeatureSet(project, name)
                run(features.extract_job())
                tokens = features.tokens(domain="species")
        names = [tokens.classes[k] for k in tokens.labels.argmax(axis=1)]
        return token_set(summarise(tokens, SUMMARY), names, tokens.domains, tokens.keys)

    return load


# One review


def reviewed(tokens: TokenSet, held_out: str, order: str, seed: int) -> dict[int, float]:
    """Accuracy on ``held_out`` after 0, 10, 20 ... answers, for as long as there is anything to ask."""
    domains = np.array(tokens.domains)
    pool, test = np.flatnonzero(domains != held_out), np.flatnonzero(domains == held_out)
    truth = tokens.labels.argmax(axis=1)
    rng = np.random.default_rng(seed)
    known = [
        i
        for k in range(len(tokens.classes))
        for i in rng.choice(pool[truth[pool] == k], START, replace=False)
    ]
    features = tokens.pooled()
    found = {}
    for answered in range(0, MOST + 1, STEP):
        model = fit_head("linear", tokens, known, single_source=True)
        named = model.predict_proba(tokens.subset(test)).argmax(axis=1)
        found[answered] = float((named == truth[test]).mean())
        left = np.setdiff1d(pool, known)
        if len(left) < STEP:
            break
        keys = [tokens.keys[i] for i in left]
        if order == review_order.RANDOM:
            indices = review_order.random_order(keys, seed)
        else:
            if order == review_order.UNCERTAINTY:
                scores = review_order.uncertainty(model.predict_proba(tokens.subset(left)), single_label=True)
            else:
                chosen = np.isin(pool, known)
                scores = review_order.novelty(features[pool], chosen)[~chosen]
            indices = review_order.varied(scores, features[left], [tokens.groups[i] for i in left], keys)
        known += [int(i) for i in left[indices[:STEP]]]
    return found


@dataclass(frozen=True)
class Curve:
    """Mean accuracy ``[n]`` after ``answers`` ``[n]``, with 95 % intervals over the seeds, and what it gains over random order."""

    order: str
    answers: list[int]
    mean: list[float]
    low: list[float]
    high: list[float]
    gain: list[float]
    gain_low: list[float]
    gain_high: list[float]


def simulated(tokens: TokenSet, seeds: int) -> list[Curve]:
    """All orders, each with ``seeds`` beginnings; one value for each seed, the mean over the species left out."""
    values = {}
    for order in ORDERS:
        runs = [
            [reviewed(tokens, d, order, seed) for d in sorted(set(tokens.domains))] for seed in range(seeds)
        ]
        answers = sorted(set.intersection(*(set(one) for several in runs for one in several)))
        values[order] = np.array(
            [[np.mean([one[a] for one in several]) for a in answers] for several in runs]
        )
    curves = []
    for order, found in values.items():
        gain = found - values[review_order.RANDOM]
        curves.append(Curve(order, answers, *_interval(found), *_interval(gain)))
    return curves


def _interval(found: np.ndarray) -> tuple[list[float], list[float], list[float]]:
    """Mean and Student's 95 % interval over the rows of ``[seeds, n]``."""
    from scipy.stats import t

    mean = found.mean(axis=0)
    half = t.ppf(0.975, len(found) - 1) * found.std(axis=0, ddof=1) / np.sqrt(len(found))
    return tuple([round(float(v), 4) for v in each] for each in (mean, mean - half, mean + half))


def drawn(results: dict[str, dict], seeds: int):
    """One panel for each kind of features."""
    from actiondiff_gui.report.style import FAINT, SMALL, new_figure, styled

    @styled
    def draw():
        figure = new_figure(
            4.6,
            "A review played through: accuracy on the species that was left out",
            f"Linear head, fitted again every {STEP} answers; means and 95% intervals over {seeds} beginnings of {START} labels an "
            "action, each species left out in turn.",
        )
        for panel, (name, result) in enumerate(results.items(), 1):
            axes = figure.add_subplot(1, len(results), panel)
            for curve in result["curves"]:
                shade = COLOURS[curve["order"]]
                axes.plot(curve["answers"], curve["mean"], color=shade, label=curve["order"], lw=2)
                axes.fill_between(
                    curve["answers"], curve["low"], curve["high"], color=shade, alpha=0.18, lw=0
                )
            top = max(max(curve["high"]) for curve in result["curves"])
            # Features that carry nothing are not enlarged until chance looks like learning.
            axes.set_ylim(0, 1 if top > 0.5 else 0.5)
            axes.axhline(result["chance"], color=FAINT, ls=":", lw=1)
            axes.text(
                MOST, result["chance"] - 0.01, "chance", ha="right", va="top", color=FAINT, fontsize=SMALL
            )
            axes.set_title(f"{name}: {result['clips']} clips")
            axes.set_xlabel("answers")
            axes.set_xticks(ASKED)
            axes.grid(alpha=0.6)
            if panel == 1:
                axes.set_ylabel("top-1")
                axes.legend(loc="center right")
        return figure

    return draw()


def main() -> None:
    """Play all reviews and write figure and numbers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("docs/images/review_simulated.png"))
    parser.add_argument("--seeds", type=int, default=10, help="beginnings")
    parser.add_argument(
        "--repeats", type=int, default=5, help="clips per cell of the drawn world, for pixels"
    )
    parser.add_argument(
        "--backbone", action="append", help="a backbone for the sample clips; by default tiny"
    )
    parser.add_argument(
        "--project", type=Path, help="the sample project, where its features are there already"
    )
    parser.add_argument(
        "--only", nargs="*", help="play these alone and take the others from the numbers that are there"
    )
    parser.add_argument("--force", action="store_true", help="replace the files that are there")
    options = parser.parse_args()
    out = Output(options.out, force=options.force)
    numbers = out.with_name(f"{out.stem}.json")
    check_all([out, numbers])
    before = json.loads(numbers.path.read_text("utf-8"))["features"] if options.only is not None else {}
    kinds = {"made-up": made_up, "pixels": pixels} | {n: of_backbone(n) for n in options.backbone or ["tiny"]}
    results = {}
    for name, load in kinds.items():
        if options.only is not None and name not in options.only:
            results[name] = before[name]
            continue
        tokens = load(options)
        curves = simulated(tokens, options.seeds)
        results[name] = {
            "clips": len(tokens),
            "species": sorted(set(tokens.domains)),
            "chance": round(1 / len(tokens.classes), 4),
            "curves": [asdict(curve) for curve in curves],
        }
        for curve in curves:
            at = [curve.answers.index(a) for a in ASKED if a in curve.answers] or [0]
            at = sorted({*at, len(curve.answers) - 1})
            told = "  ".join(f"{curve.answers[n]}: {curve.mean[n]:.3f}" for n in at)
            gains = "  ".join(
                f"{curve.gain[n]:+.3f} ({curve.gain_low[n]:+.3f} to {curve.gain_high[n]:+.3f})"
                for n in at[1:]
            )
            print(f"{name:10} {curve.order:12} {told}", flush=True)
            if curve.order != review_order.RANDOM:
                print(f"{'':24}over random {gains}", flush=True)
    from actiondiff_gui.report.style import save

    save(drawn(results, options.seeds), out, 100)
    about = {"start": START, "step": STEP, "seeds": options.seeds, "head": "linear", "features": results}
    with numbers.written() as part:
        part.write_text(json.dumps(about, indent=1) + "\n", "utf-8")
    print(f"written: {out} and {numbers.name}")


if __name__ == "__main__":
    main()
