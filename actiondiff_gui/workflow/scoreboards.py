"""Scoreboard of backbones on a project's clips, with the extraction of their features."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from actiondiff_gui.backbones.controls.names import is_control
from actiondiff_gui.backbones.description import Description
from actiondiff_gui.backbones.plugins import wake_silent
from actiondiff_gui.backbones.protocol import Timestep
from actiondiff_gui.backbones.reading import POOLINGS, Pooling
from actiondiff_gui.backbones.registry import available, choose_device
from actiondiff_gui.classifier.scored import transformer_answers
from actiondiff_gui.classifier.training.presets import TrainingSettings, preset, usual_preset
from actiondiff_gui.errors import ActionDiffError, BackboneError, ClassifierError, FeatureStoreError
from actiondiff_gui.evaluation.scoreboard.candidates import candidates
from actiondiff_gui.evaluation.scoreboard.playing import BoardSettings, Method, scoreboard_job
from actiondiff_gui.evaluation.scoreboard.rows import Scoreboard
from actiondiff_gui.evaluation.study.stored_scores import sharing
from actiondiff_gui.features.clips import Unit
from actiondiff_gui.features.cost import Cost
from actiondiff_gui.features.feature_set import FeatureSet
from actiondiff_gui.features.settings import ExtractionSettings
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.project import Project
from actiondiff_gui.workflow.cluster.settings import HERE, WorkerSettings
from actiondiff_gui.workflow.cluster.spreading import spread_job
from actiondiff_gui.workflow.grids import scores_folder


@dataclass(frozen=True)
class Contestant:
    """A backbone on a scoreboard: its name, and the timesteps and layers that may be chosen from.

    Attributes
    ----------
    name : str
        As :func:`~actiondiff_gui.backbones.registry.load_backbone` takes it.
    timesteps : callable
        Takes the description of the backbone, returns timesteps.
    layers : callable
        Takes the description of the backbone, returns layer numbers.
    features : FeatureSet, optional
        Its features, where they are known already.
    pooling : {"mean", "mean+change"}
        What is computed: of features with the change the mean alone may be chosen too.
    """

    name: str
    timesteps: Callable[[Description], Sequence[Timestep]]
    layers: Callable[[Description], Sequence[int]]
    features: FeatureSet | None = None
    pooling: Pooling = "mean"


def installed_backbones(precision: str = "float32", download: bool = False) -> tuple[list[str], list[str]]:
    """Return the names of the backbones that can be loaded here, and a sentence on each that is left out.

    Parameters
    ----------
    precision : str
        Some weights are on this computer in full or in half precision only.
    download : bool
        Count those in whose weights have to be downloaded first.
    """
    names, left_out = [], []
    wake_silent()
    for offer in available():
        if offer.problem:
            left_out.append(f"{offer.id} was left out: {offer.problem}")
        elif download or offer.is_here(precision != "float32"):
            names.append(offer.id)
        else:
            left_out.append(f"{offer.id} was left out: its weights are not on this computer (--download).")
    return names, left_out


def study_scoreboard_job(
    project: Project,
    contestants: Sequence[Contestant],
    extraction: ExtractionSettings,
    *,
    domain: str | None = None,
    settings: BoardSettings | None = None,
    training: TrainingSettings | None = None,
    device: str = "auto",
    precision: str = "auto",
    where: WorkerSettings = HERE,
) -> Job[Scoreboard]:
    """Compute what is missing of every backbone and let them name actions across all pairs of domains.

    One backbone is in memory at a time. One that cannot be loaded or computes nothing is skipped and named in
    the result's ``failed``.

    Parameters
    ----------
    where : WorkerSettings
        Where missing features are computed.

    Raises
    ------
    ActionDiffError
        If none is left, or labels or domains allow no scores.
    """
    training = training or preset(usual_preset(True))
    methods, failed = [], []
    for contestant in contestants:
        try:
            methods.append(
                (yield from _method_job(project, contestant, extraction, domain, device, precision, where))
            )
        except ActionDiffError as error:
            if sharing() and isinstance(error, FeatureStoreError):
                raise
            failed.append(f"{contestant.name} was skipped: {error}")
        except Exception as error:  # A plugin is a stranger's code; it must not end the run of all others.
            failed.append(f"{contestant.name} was skipped: it failed ({type(error).__name__}: {error}).")
        yield Progress(0, 0, f"prepared {contestant.name}", tuple(failed))
    if not methods:
        raise ClassifierError("No backbone can be compared. " + " ".join(failed[:3]))
    board = yield from scoreboard_job(
        methods,
        settings,
        folder=scores_folder(project),
        further={"transformer": transformer_answers(training, choose_device(device))},
        choices={"training": training.to_dict()},
    )
    return replace(board, failed=(*failed, *board.failed))


def study_costs_job(
    project: Project,
    contestants: Sequence[Contestant],
    extraction: ExtractionSettings,
    *,
    domain: str | None = None,
    device: str = "auto",
    precision: str = "auto",
) -> Job[dict[str, Cost | str]]:
    """Measure what computing the missing features of each backbone will take, or say why it cannot be told."""
    costs: dict[str, Cost | str] = {}
    for contestant in contestants:
        yield Progress(len(costs), len(contestants), f"measuring {contestant.name}")
        try:
            features, units, _, _ = _wanted(project, contestant, extraction, domain, device, precision)
            costs[contestant.name] = features.cost(units)
        except ActionDiffError as error:
            costs[contestant.name] = str(error)
    return costs


def contestant_features_job(contestant: Contestant, like: FeatureSet, where: WorkerSettings) -> Job[None]:
    """Compute the features that a backbone on a scoreboard lacks, with the settings of ``like``, where ``where`` says."""
    precision = str(like.store.provenance.values["precision"])
    features, units, _, _ = _wanted(like.project, contestant, like.settings, None, like.device, precision)
    yield from spread_job(features, units, where)


def _method_job(
    project: Project,
    contestant: Contestant,
    extraction: ExtractionSettings,
    domain: str | None,
    device: str,
    precision: str,
    where: WorkerSettings,
) -> Job[Method]:
    yield Progress(0, 0, f"looking which features of {contestant.name} are there")
    features, units, keys, layers = _wanted(project, contestant, extraction, domain, device, precision)
    if units and sharing():
        raise FeatureStoreError(
            f"{len(units)} clips have no features of {contestant.name}, and a part of a study computes none. Compute them first: "
            "the same command without --shard, or extract."
        )
    job = spread_job(features, units, where)
    try:
        while True:
            inner = next(job)
            yield replace(inner, message=f"{contestant.name}: {inner.message}")
    except StopIteration:
        load = features.load(domain=domain, layers=layers)
    finally:
        job.close()
    poolings = POOLINGS if contestant.pooling == "mean+change" else ("mean",)
    readings = candidates(keys, layers, poolings, usual=features.description.usual_layers)
    return Method(contestant.name, load, load.clips(load.with_features(keys)), readings, load.forget)


def _wanted(
    project: Project,
    contestant: Contestant,
    extraction: ExtractionSettings,
    domain: str | None,
    device: str,
    precision: str,
) -> tuple[FeatureSet, list[Unit], list[str], tuple[int, ...]]:
    """Return the features, what is to be computed of labelled clips, and the timesteps and layers."""
    features = contestant.features
    if features is None:
        features = FeatureSet(
            project,
            contestant.name,
            pooling=contestant.pooling,
            settings=extraction,
            device=device,
            precision=precision,
        )
        if is_control(contestant.name):
            # A control does not say before it is made what it gives; where it cannot be made, what is stored counts.
            with suppress(BackboneError):
                features.network(anew=True)
    steps = sorted(contestant.timesteps(features.description), key=lambda t: -(t.sigma or 0))
    layers = tuple(contestant.layers(features.description))
    labelled = features.load(domain=domain, layers=layers).clips().clip_ids
    units = features.plan(steps, layers, labelled)
    return features, units, [step.key for step in steps], layers
