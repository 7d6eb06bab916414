"""Retraining of a model on the answers of a review, from stored features."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from actiondiff_gui.backbones.waking import wake_job
from actiondiff_gui.classifier.models.library import keep_model, load_model
from actiondiff_gui.classifier.models.trained import TrainedClassifier
from actiondiff_gui.features.dataset import ProjectTokens
from actiondiff_gui.gui.session.clip_table import ClipTable
from actiondiff_gui.gui.train.state.training import LABELS_READ, train_quickly_job, without_number
from actiondiff_gui.inference.clips import predict_clips_job
from actiondiff_gui.inference.origin import store_of
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.project import Project

AGAIN = "again"
"""Among a model's metrics: the model that it was trained after."""


@dataclass(frozen=True)
class Retrained:
    """A retrained model.

    Attributes
    ----------
    name : str
    clips : int
        That it learned from, those included that chose its epoch.
    predicted : int
        Clips with a new prediction.
    table : ClipTable
        The clips as they were when the predictions were kept.
    """

    name: str
    clips: int
    predicted: int
    table: ClipTable


def retrain_job(project: Project, name: str) -> Job[Retrained]:
    """Retrain the model called ``name`` on all present labels, store the result under a new name, and predict.

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
    if isinstance(old.metrics.get("plan"), dict):
        found = yield from train_quickly_job(project, name)
        data = found.metrics["data"]
        done = Retrained(found.name, data["train"] + data["validation"], found.predicted, found.table)
    else:
        done = yield from _retrained_as_it_is(project, name, old)
    if AGAIN in old.metrics:
        project.remove_predictions(name)
    return done


def _retrained_as_it_is(project: Project, name: str, old: TrainedClassifier) -> Job[Retrained]:
    """Retrain a model without a plan, from a library call or an older version: same head, same settings."""
    from actiondiff_gui.classifier.training.fitting import fit_job, simple_options
    from actiondiff_gui.classifier.training.presets import TrainingSettings
    from actiondiff_gui.evaluation.splits import train_on_all

    yield Progress(0, 0, "reading features")
    read, address = datetime.now(UTC).isoformat(), old.address
    tokens = ProjectTokens(project, store_of(project, old), address.layers)(*address.reading)
    fold = train_on_all(tokens)
    if old.kind == "transformer":
        settings, options = TrainingSettings.from_dict(old.settings), {}
    else:
        settings, options = None, simple_options(old.settings)
    more: dict[str, Any] = {"extraction": old.extraction, "single_source": True, **options}
    model = yield from fit_job(old.kind, tokens, fold.train, fold.validation, settings, **more)
    model = replace(model, metrics=model.metrics | {LABELS_READ: read, AGAIN: name})
    kept = keep_model(project, model, without_number(name))
    said = yield from predict_clips_job(project, model, kept)
    return Retrained(kept, len(fold.train) + len(fold.validation), len(said), ClipTable.read(project))
