"""How do backbones compare on a project's clips? Their features, then the scoreboard."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from actiondiff_gui.backbones.description import description_of
from actiondiff_gui.backbones.plugins import wake_silent
from actiondiff_gui.backbones.protocol import Backbone, Timestep
from actiondiff_gui.backbones.reading import POOLINGS, Pooling
from actiondiff_gui.backbones.registry import available, choose_device
from actiondiff_gui.classifier.presets import TrainingSettings, preset, usual_preset
from actiondiff_gui.classifier.scored import transformer_answers
from actiondiff_gui.errors import ActionDiffError, ClassifierError
from actiondiff_gui.evaluation.board_rows import Scoreboard
from actiondiff_gui.evaluation.candidates import candidates
from actiondiff_gui.evaluation.scoreboard import BoardSettings, Method, scoreboard_job
from actiondiff_gui.features.cost import Cost, estimate
from actiondiff_gui.features.dataset import ProjectTokens, clip_sources
from actiondiff_gui.features.extraction import Unit, extract_job, plan
from actiondiff_gui.features.settings import ExtractionSettings
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.project import Project
from actiondiff_gui.workflow.features import Features, open_features
from actiondiff_gui.workflow.grids import scores_folder


@dataclass(frozen=True)
class Contestant:
    """A backbone on a scoreboard: its name, and the timesteps and layers that may be chosen from.

    Attributes
    ----------
    name : str
        As :func:`~actiondiff_gui.backbones.registry.load_backbone` takes it.
    timesteps : callable
        Takes the loaded backbone, returns timesteps.
    layers : callable
        Takes the loaded backbone, returns layer numbers.
    features : Features, optional
        The backbone, where it is loaded already.
    pooling : {"mean", "mean+change"}
        What is computed: of features with the change the mean alone may be chosen too.
    """

    name: str
    timesteps: Callable[[Backbone], Sequence[Timestep]]
    layers: Callable[[Backbone], Sequence[int]]
    features: Features | None = None
    pooling: Pooling = "mean"


def installed_backbones(precision: str = "float32", download: bool = False) -> tuple[list[str], list[str]]:
    """Names of the backbones that can be loaded here, and a sentence on each that is left out.

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
) -> Job[Scoreboard]:
    """Compute what is missing of every backbone and let them name actions across all pairs of domains.

    One backbone is in memory at a time. One that cannot be loaded or computes nothing is passed over and named in
    the result's ``failed``.

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
                (yield from _method_job(project, contestant, extraction, domain, device, precision))
            )
        except ActionDiffError as error:
            failed.append(f"{contestant.name} was passed over: {error}")
        except Exception as error:  # A plugin is a stranger's code; it must not end the run of all others.
            failed.append(f"{contestant.name} was passed over: it failed ({type(error).__name__}: {error}).")
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
            costs[contestant.name] = estimate(units, features.backbone, features.settings)
        except ActionDiffError as error:
            costs[contestant.name] = str(error)
    return costs


def _method_job(
    project: Project,
    contestant: Contestant,
    extraction: ExtractionSettings,
    domain: str | None,
    device: str,
    precision: str,
) -> Job[Method]:
    yield Progress(0, 0, f"loading {contestant.name}")
    features, units, keys, layers = _wanted(project, contestant, extraction, domain, device, precision)
    job = extract_job(units, features.backbone, features.settings, features.store)
    try:
        while True:
            inner = next(job)
            yield replace(inner, message=f"{contestant.name}: {inner.message}")
    except StopIteration:
        load = ProjectTokens(project, features.store, layers, domain_facet=domain)
    finally:
        job.close()
    poolings = POOLINGS if contestant.pooling == "mean+change" else ("mean",)
    usual = description_of(features.backbone).usual_layers
    readings = candidates(keys, layers, poolings, usual=usual)
    return Method(contestant.name, load, load.clips(load.with_features(keys)), readings, load.forget)


def _wanted(
    project: Project,
    contestant: Contestant,
    extraction: ExtractionSettings,
    domain: str | None,
    device: str,
    precision: str,
) -> tuple[Features, list[Unit], list[str], tuple[int, ...]]:
    """The loaded backbone, what is to be computed of labelled clips, and the timesteps and layers."""
    features = contestant.features or open_features(project, contestant.name, extraction, device, precision)
    backbone, store = features.backbone, features.store
    steps = sorted(contestant.timesteps(backbone), key=lambda t: -(t.sigma or 0))
    layers = tuple(contestant.layers(backbone))
    labelled = set(ProjectTokens(project, store, layers, domain_facet=domain).clips().clip_ids)
    sources = [source for source in clip_sources(project) if source.id in labelled]
    units = plan(sources, backbone, store, steps, layers, contestant.pooling)
    return features, units, [step.key for step in steps], layers
