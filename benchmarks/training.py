"""Time of a training on stored tokens of 500 clips, and error of its forecast.

Clips of 16 tokens whose action shows in a direction of their own, six actions, four domains of which one is held out.
The transformer of the small-data settings is trained through all its epochs, with the simple heads, the intervals and the
kept file that a training in the window makes too. Beside it the linear head alone, and the paper's transformer for one
epoch of its fifteen.

    python benchmarks/training.py
"""

import argparse
import os
import platform
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from actiondiff_gui.classifier.models.saved import load_classifier, save_classifier
from actiondiff_gui.classifier.training.cost import seconds_per_step, total_seconds
from actiondiff_gui.classifier.training.plan import TrainingPlan
from actiondiff_gui.classifier.training.presets import preset
from actiondiff_gui.classifier.training.run import TrainingRun, training_run_job
from actiondiff_gui.features.tokens import FeatureAddress, TokenSet
from actiondiff_gui.progress import run

DOMAINS = ("a", "b", "c", "d")


def made_up(clips: int, channels: int, length: int = 16, classes: int = 6) -> TokenSet:
    """Tokens that carry their action and their domain."""
    random = np.random.default_rng(0)
    directions, shifts = random.normal(size=(classes, channels)), random.normal(size=(len(DOMAINS), channels))
    action, domain = np.arange(clips) % classes, np.arange(clips) // classes % len(DOMAINS)
    tokens = (
        random.normal(size=(clips, length, channels)) + (0.25 * directions[action] + shifts[domain])[:, None]
    )
    return TokenSet(
        tuple(f"clip {n:05}" for n in range(clips)),
        tuple(tokens.astype(np.float16)),
        tuple(f"action {k}" for k in range(classes)),
        np.eye(classes, dtype=np.int8)[action],
        tuple(DOMAINS[d] for d in domain),
        tuple(f"source {n // 2}/{d}" for n, d in enumerate(domain)),
        FeatureAddress("made-up", "0", "t20", 9),
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=500)
    parser.add_argument("--threads", type=int, default=0)
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    plan = TrainingPlan(domain="domain", train_domains=DOMAINS[:3], test_domains=DOMAINS[3:])
    small = preset("small-data", patience=None)
    paper = replace(preset("animal-kingdom-unseen-species"), epochs=1, warmup_epochs=0)
    cases = (
        ("transformer, small-data, 30 epochs", 320, replace(plan, settings=small)),
        ("transformer, small-data, 30 epochs", 1280, replace(plan, settings=small)),
        ("linear", 1280, replace(plan, head="linear")),
        ("paper's transformer, 1 of 15 epochs", 320, replace(plan, settings=paper, compare=False)),
    )
    print(f"{options.clips} clips of 16 tokens, one domain of four held out; {torch.get_num_threads()} threads of "
          f"{os.cpu_count()} cores, {platform.machine()}, load {os.getloadavg()[0]:.1f} before\n")  # fmt: skip
    print(
        "| training, test, intervals, file | channels | forecast, s | seconds | of the processor | top-1 held out |"
    )
    print("|---|---|---|---|---|---|")
    for name, channels, chosen in cases:
        tokens = made_up(options.clips, channels)
        forecast = "-"
        if chosen.head == "transformer":
            pace = seconds_per_step(chosen, channels, 16, 6)
            forecast = f"{total_seconds(chosen, pace, round(options.clips * 0.6), 0):.1f}"
        began, worked = time.perf_counter(), time.process_time()
        model = run(training_run_job(tokens, TrainingRun(chosen)))
        with tempfile.TemporaryDirectory() as folder:
            save_classifier(model, Path(folder) / "m.safetensors")
            load_classifier(Path(folder) / "m.safetensors")
        took, processor = time.perf_counter() - began, time.process_time() - worked
        score = model.metrics["results"]["heads"][chosen.head]
        shown = score["top-1"]["value"] if "top-1" in score else score["mAP"]["value"]
        print(
            f"| {name} | {channels} | {forecast} | {took:.1f} | {processor:.1f} | {shown:.2f} |", flush=True
        )


if __name__ == "__main__":
    main()
