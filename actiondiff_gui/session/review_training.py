"""How does a model learn from the answers of a review? It is fitted again on the labels of now, on features that are there."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from actiondiff_gui.backbones.waking import wake_job
from actiondiff_gui.classifier.library import keep_model, load_model
from actiondiff_gui.classifier.metrics import decisions
from actiondiff_gui.classifier.trained import TrainedClassifier
from actiondiff_gui.features.dataset import ProjectTokens
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.project import Project
from actiondiff_gui.session.clip_table import ClipTable
from actiondiff_gui.session.review_numbers import READ
from actiondiff_gui.session.review_queue import Judged, judge_job, store_of

AGAIN = "again"
"""Among a model's metrics: the model that it was trained after."""
_OPTIONS = ("strength", "spread", "neighbours")


@dataclass(frozen=True)
class Retrained:
    """A model that was trained again.

    Attributes
    ----------
    name : str
    clips : int
        That it learned from.
    predicted : int
        Clips with a new prediction.
    notes : tuple of str
        What a reader must know of the division into training and validation.
    table : ClipTable
        The clips as they were when the predictions were kept.
    """

    name: str
    clips: int
    predicted: int
    notes: tuple[str, ...]
    table: ClipTable


def retrain_job(project: Project, name: str) -> Job[Retrained]:
    """Train again as the model called ``name`` was, on every label of now, keep the result under a new name, and predict.

    No backbone is loaded and nothing is extracted. An action with a single labelled clip waits for a second one. The new
    model's predictions take the place of those of ``name`` where a review had made that too; other models' stay.

    Raises
    ------
    ActionDiffError
        There is no such model, or the labels of now cannot train it. Nothing was changed.
    """
    yield from wake_job(networks=False)
    yield Progress(0, 0, f"reading {name}")
    old = load_model(project, name)
    began = datetime.now(UTC)
    model, notes = yield from _fitted(project, old)
    metrics = {READ: began.isoformat(), AGAIN: name}
    if isinstance(old.metrics.get("plan"), dict):
        metrics["plan"] = old.metrics["plan"] | {"test": "nothing", "train_domains": []}
    model = replace(model, metrics=model.metrics | metrics)
    judged = yield from judge_job(project, model)
    yield Progress(0, 0, "keeping the model")
    kept = keep_model(project, model, without_number(name))
    with project.transaction():
        if AGAIN in old.metrics:
            project.remove_predictions(name)
        project.add_labels(_said(model, judged), source="model", by=kept)
    return Retrained(kept, model.training_clips, len(judged.tokens), notes, ClipTable.read(project))


def _fitted(project: Project, old: TrainedClassifier) -> Job[tuple[TrainedClassifier, tuple[str, ...]]]:
    from actiondiff_gui.classifier.heads import fit_job
    from actiondiff_gui.classifier.presets import TrainingSettings
    from actiondiff_gui.classifier.splits import train_on_all

    yield Progress(0, 0, "reading features")
    address = old.address
    tokens = ProjectTokens(project, store_of(project, old), [address.layer])(address.timestep, address.layer)
    fold = train_on_all(tokens, drop_rare=True)
    if old.kind == "transformer":
        settings, options = TrainingSettings.from_dict(old.settings), {}
    else:
        settings, options = None, {key: old.settings[key] for key in _OPTIONS if key in old.settings}
    more: dict[str, Any] = {"extraction": old.extraction, "single_source": True, **options}
    model = yield from fit_job(old.kind, tokens, fold.train, fold.validation, settings, **more)
    return model, fold.notes


def _said(model: TrainedClassifier, judged: Judged) -> list[tuple[str, str, int, float]]:
    chosen = decisions(judged.probabilities, model.single_label)
    return [
        (clip, model.classes[k], 1, float(judged.probabilities[i, k]))
        for i, clip in enumerate(judged.tokens.clip_ids)
        for k in np.flatnonzero(chosen[i])
    ]


def without_number(name: str) -> str:
    """ "mice 3" as "mice", so that the next free number is found when it is kept."""
    stem, _, number = name.rpartition(" ")
    return stem if stem and number.isdigit() and not stem.endswith("layer") else name
