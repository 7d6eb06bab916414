"""How do backbones compare on a project's clips? Their features, then the scoreboard."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from actiondiff_gui.backbones.hub import cached
from actiondiff_gui.backbones.protocol import Backbone, Timestep
from actiondiff_gui.backbones.registry import BackboneEntry, available, choose_device
from actiondiff_gui.errors import ActionDiffError, ClassifierError
from actiondiff_gui.features.dataset import ProjectTokens, clip_sources
from actiondiff_gui.features.extraction import extract_job, plan
from actiondiff_gui.features.settings import ExtractionSettings
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.project import Project
from actiondiff_gui.studies.board_rows import Scoreboard
from actiondiff_gui.studies.scoreboard import BoardSettings, Method, scoreboard_job
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
    """

    name: str
    timesteps: Callable[[Backbone], Sequence[Timestep]]
    layers: Callable[[Backbone], Sequence[int]]
    features: Features | None = None


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
    for entry in available():
        if download or entry.origin == "sample" or _is_here(entry, precision):
            names.append(entry.id)
        else:
            left_out.append(f"{entry.id} was left out: its weights are not on this computer (--download).")
    return names, left_out


def _is_here(entry: BackboneEntry, precision: str) -> bool:
    if entry.origin != "hub":
        return True
    return cached(entry.source, half=precision != "float32") is not None


def study_scoreboard_job(
    project: Project,
    contestants: Sequence[Contestant],
    extraction: ExtractionSettings,
    *,
    domain: str | None = None,
    settings: BoardSettings | None = None,
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
    methods, failed = [], []
    for contestant in contestants:
        try:
            methods.append(
                (yield from _method_job(project, contestant, extraction, domain, device, precision))
            )
        except ActionDiffError as error:
            failed.append(f"{contestant.name} was passed over: {error}")
            yield Progress(0, 0, f"{contestant.name} was passed over", tuple(failed))
    if not methods:
        raise ClassifierError("No backbone can be compared. " + " ".join(failed[:3]))
    board = yield from scoreboard_job(
        methods, settings, folder=scores_folder(project), device=choose_device(device)
    )
    return replace(board, failed=(*failed, *board.failed))


def _method_job(
    project: Project,
    contestant: Contestant,
    extraction: ExtractionSettings,
    domain: str | None,
    device: str,
    precision: str,
) -> Job[Method]:
    yield Progress(0, 0, f"loading {contestant.name}")
    features = contestant.features or open_features(project, contestant.name, extraction, device, precision)
    backbone, store = features.backbone, features.store
    steps = sorted(contestant.timesteps(backbone), key=lambda t: -(t.sigma or 0))
    layers = tuple(contestant.layers(backbone))
    labelled = set(ProjectTokens(project, store, layers, domain_facet=domain).clips().clip_ids)
    sources = [source for source in clip_sources(project) if source.id in labelled]
    units = plan(sources, backbone, store, steps, layers)
    yield from extract_job(units, backbone, features.settings, store)
    load = ProjectTokens(project, store, layers, domain_facet=domain)
    keys = [step.key for step in steps]
    return Method(
        contestant.name,
        load,
        load.clips(load.with_features(keys)),
        tuple((key, layer) for key in keys for layer in layers),
    )
