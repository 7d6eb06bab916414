"""Estimated duration of a training, from one timed step on random tokens of the same size."""

import math
import time
from dataclasses import replace

import numpy as np

from actiondiff_gui.classifier.training.plan import TrainingPlan
from actiondiff_gui.features.tokens import FeatureAddress, TokenSet


def seconds_per_step(
    plan: TrainingPlan, channels: int, tokens: int, classes: int, device: str = "cpu"
) -> float:
    """Seconds of one training step of the plan's transformer; the second of two is timed.

    Parameters
    ----------
    channels : int
        Of the tokens.
    tokens : int
        Of a usual clip.
    """
    from actiondiff_gui.classifier.torch_errors import usable_device
    from actiondiff_gui.classifier.training.loop import _Training
    from actiondiff_gui.classifier.training.part import training_part

    settings = replace(plan.settings, epochs=1, warmup_epochs=0)
    count, classes = settings.batch_size, max(classes, 2)
    random = np.random.default_rng(0)
    length = max(1, min(tokens, settings.max_tokens))
    labels = np.eye(classes, dtype=np.int8)[np.arange(max(count, classes)) % classes]
    clips = TokenSet(
        tuple(map(str, range(len(labels)))),
        tuple(random.normal(size=(length, channels)).astype(np.float32) for _ in labels),
        tuple(map(str, range(classes))),
        labels,
        ("",) * len(labels),
        tuple(map(str, range(len(labels)))),
        FeatureAddress("", "", "", ()),
    )
    part = training_part(clips, range(len(labels)))
    run = _Training(part, None, settings, usable_device(device), {})
    rows = np.arange(count)
    run.step(1, 0, rows)
    began = time.perf_counter()
    run.step(1, 0, rows)
    return time.perf_counter() - began


def total_seconds(plan: TrainingPlan, step: float, train: int, folds: int) -> float:
    """Seconds of all trainings of a plan, if none ends early; simple heads take next to nothing.

    Parameters
    ----------
    step : float
        As :func:`seconds_per_step` measures it.
    train : int
        Clips that the kept model learns from.
    folds : int
        Trainings beside that of the kept model.
    """
    steps = math.ceil(train / plan.settings.batch_size) * plan.settings.epochs
    return step * steps * (1 + folds)
