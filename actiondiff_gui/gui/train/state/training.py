"""Jobs that train a classifier on a project's labels, store it and apply it, for train and review docks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from actiondiff_gui.backbones.description import Description
from actiondiff_gui.backbones.reading import Reading
from actiondiff_gui.backbones.waking import wake_job
from actiondiff_gui.classifier.models.library import keep_model, load_model
from actiondiff_gui.classifier.training.plan import HEADS, TrainingPlan
from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.features.dataset import ProjectTokens
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.gui.session.address import Address
from actiondiff_gui.gui.session.clip_table import ClipTable
from actiondiff_gui.gui.session.feature_sets import feature_set_job
from actiondiff_gui.gui.session.loaded import LoadedFeatures
from actiondiff_gui.gui.session.session import Session
from actiondiff_gui.inference.bouts import applied_to, keep_bouts, untouched
from actiondiff_gui.inference.clips import predict_clips_job
from actiondiff_gui.inference.footage import footage_of
from actiondiff_gui.inference.origin import store_of
from actiondiff_gui.inference.recordings import Sliding, predict_video_job
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.facets import is_excluded
from actiondiff_gui.project.project import Project

if TYPE_CHECKING:
    from actiondiff_gui.classifier.training.run import TrainingRun

LABELS_READ = "labels_read"
"""Among a model's metrics: when the labels were read that it was trained on; later labels are newer."""
FEW_CLIPS = 5000
"""Largest number of clips that are read again in the window's thread without a noticeable delay."""


@dataclass(frozen=True)
class TokenLocation:
    """Location of the tokens of an address: store, timestep, layers and pooling; their channels, and the training device.

    ``backbone`` tells which other addresses there are.
    """

    store: TokenStore
    backbone: Description
    reading: Reading
    channels: int
    device: str


def token_location_job(project: Project, loaded: LoadedFeatures, address: Address) -> Job[TokenLocation]:
    """Find the tokens of an address; no weights are needed where they are stored.

    Raises
    ------
    BackboneError, FeatureStoreError
        If there is no such backbone, or neither features of it are stored nor its weights here.
    """
    features = yield from feature_set_job(project, loaded, address)
    from actiondiff_gui.backbones.registry import choose_device

    return TokenLocation(
        features.store,
        features.description,
        features.reading,
        features.channels,
        choose_device(address.device),
    )


# Training


@dataclass(frozen=True)
class Trained:
    """A trained and stored model: its name, its metrics, and labelled clips without features."""

    name: str
    metrics: dict[str, Any]
    missing: tuple[str, ...]


def model_name(plan: TrainingPlan, reading: Reading) -> str:
    """Return the default name of a model: "transformer t20 layer 9"."""
    return f"{HEADS[plan.head]} {reading.name}"


def train_job(
    project: Project, loaded: LoadedFeatures, address: Address, run: "TrainingRun", name: str = ""
) -> Job[Trained]:
    """Train by ``run.plan`` on the tokens at ``address``, test the model, and store it in the project.

    Raises
    ------
    ActionDiffError
        There are no features or too few labels, or the model cannot be kept.
    """
    location = yield from token_location_job(project, loaded, address)
    yield Progress(0, 0, "reading features")
    read = _now()
    load = ProjectTokens(project, location.store, location.reading.layers, domain_facet=run.plan.domain)
    tokens = load(*location.reading)
    from actiondiff_gui.classifier.training.run import training_run_job

    choice = None
    if run.plan.automatic:
        from actiondiff_gui.evaluation.automatic import automatic_choice_job

        chosen = run.plan.chosen(tokens)
        choice = yield from automatic_choice_job(project, location.store, location.backbone, chosen, run.plan)
    extraction = dict(location.store.provenance.values)
    model = yield from training_run_job(
        tokens, run, location.device, extraction, choice=choice, footage=partial(footage_of, project)
    )
    model = replace(model, metrics=model.metrics | {"missing": len(load.missing), LABELS_READ: read})
    kept = keep_model(project, model, name or model_name(run.plan, model.address.reading))
    return Trained(kept, model.metrics, tuple(load.missing))


# Training again, as a review does


@dataclass(frozen=True)
class Retrained:
    """A model retrained on the present labels, and its predictions.

    Attributes
    ----------
    name : str
        Of the new model.
    metrics : dict
        As kept with it; ``metrics["data"]`` tells what it learned from.
    predicted : int
        Clips with a new prediction.
    without_features : tuple of str
        Clips that have no features at the model's address, and so no prediction.
    table : ClipTable
        The clips as they are now.
    """

    name: str
    metrics: dict[str, Any]
    predicted: int
    without_features: tuple[str, ...]
    table: ClipTable


def train_quickly_job(
    project: Project,
    name: str,
    *,
    clip_ids: Sequence[str] | None = None,
    hold_out: bool = False,
    device: str = "auto",
    run: "TrainingRun | None" = None,
) -> Job[Retrained]:
    """Retrain the model called ``name`` on the present labels, store the result and predict.

    Only features that are there are used: no backbone is loaded and nothing is extracted. The new model gets the old
    one's name with a number. Recordings whose bouts the old model found are gone through again; bouts that a person
    touched stay.

    Parameters
    ----------
    clip_ids : sequence of str, optional
        Clips to predict; by default all but the bouts that a model found.
    hold_out : bool
        Keep the domains that the old model left out of training out of it again, and test on them. Otherwise the new
        model learns from every label, as a review wants, and nothing is left to test it on.
    run : TrainingRun, optional
        Tells the curve and takes the wish to stop; its plan is set here.

    Raises
    ------
    ActionDiffError
        There is no such model, it does not say how it was trained, or the labels of now cannot train it.
    """
    yield from wake_job(networks=False)
    from actiondiff_gui.backbones.registry import choose_device
    from actiondiff_gui.classifier.training.run import TrainingRun, training_run_job

    yield Progress(0, 0, f"reading {name}")
    old = load_model(project, name)
    plan = TrainingPlan.from_dict(old.metrics.get("plan"))
    plan = replace(plan, compare=False)
    if not (hold_out and plan.test == "domains"):
        plan = replace(plan, test="nothing", train_domains=())
    run = run or TrainingRun(plan)
    run.plan = plan
    store, address, read = store_of(project, old), old.address, _now()
    load = ProjectTokens(project, store, address.layers, domain_facet=plan.domain)
    tokens = load(*address.reading)
    model = yield from training_run_job(
        tokens,
        run,
        choose_device(device),
        old.extraction,
        resamples=200,
        footage=partial(footage_of, project),
    )
    model = replace(
        model, metrics=model.metrics | {"missing": len(load.missing), "again": name, LABELS_READ: read}
    )
    kept = keep_model(project, model, without_number(name))
    if clip_ids is None:
        bouts = untouched(project)
        clip_ids = [c.id for c in project.clips() if c.id not in bouts and not is_excluded(c.facets)]
    said = yield from predict_clips_job(project, model, kept, clip_ids)
    for video, about in applied_to(project, name).items():
        try:
            found = yield from predict_video_job(project, model, video, Sliding.from_dict(about))
        except ActionDiffError:
            # The bouts of the old model stay where the new one has no features to look at.
            continue
        sliding = Sliding.from_dict(about)
        keep_bouts(project, video, found.found(sliding), kept, sliding.to_dict())
    return Retrained(kept, model.metrics, len(said), tuple(said.failed), ClipTable.read(project))


def show_changes(session: Session, table: ClipTable) -> None:
    """Show a project whose predictions or bouts were changed by a job that read ``table`` afterwards."""
    # Somebody may have labelled since the job read the table, so it is used only where reading again takes long.
    session.reread(table if len(table) > FEW_CLIPS else None)


def _now() -> str:
    return datetime.now(UTC).isoformat()


def without_number(name: str) -> str:
    """Return a name without its number: "mice 3" as "mice"; a free number is found when it is stored."""
    stem, _, number = name.rpartition(" ")
    # "layer 9" is part of what a model is called at first.
    return stem if stem and number.isdigit() and not stem.endswith("layer") else name
