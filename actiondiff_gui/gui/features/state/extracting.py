"""Jobs of the features dock: coverage, cost and extraction."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from actiondiff_gui.backbones.description import Description
from actiondiff_gui.backbones.identity import identify
from actiondiff_gui.backbones.protocol import NO_TIMESTEP, Backbone
from actiondiff_gui.backbones.registry import choose_device, choose_precision, find_offer
from actiondiff_gui.backbones.waking import wake_job
from actiondiff_gui.errors import BackboneError
from actiondiff_gui.features.clips import ClipSource, Unit
from actiondiff_gui.features.cost import Pace, duration_text, scaled, size_text
from actiondiff_gui.features.coverage import Coverage, Inventory, coverage_job
from actiondiff_gui.features.dataset import clip_sources
from actiondiff_gui.features.extraction import ExtractionProgress
from actiondiff_gui.gui.session.address import Address
from actiondiff_gui.gui.session.loaded import LoadedFeatures
from actiondiff_gui.gui.session.session import Session
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.project import Project
from actiondiff_gui.workflow.cluster.settings import WorkerSettings

Scope = Literal["all", "selected", "labelled"]
MOST_BESIDES = 3000
"""With more clips, only the chosen timesteps are checked."""
SMALL_BYTES = 1_000_000_000
"""A model of at most this size is loaded for a measurement without being asked for."""


def scope_ids(session: Session, scope: Scope) -> list[str] | None:
    """Return the ids of the clips in ``scope``; None for all."""
    if scope == "selected":
        return list(session.selection)
    if scope == "labelled":
        return [row.id for row in session.table if row.labelled]
    return None


# What is there


@dataclass(frozen=True)
class Outlook:
    """What is there at an address and what lacks.

    Attributes
    ----------
    address : Address
    about : Description or None
        None where the backbone has to be downloaded or loaded before anything can be said.
    coverage : Coverage or None
    inventory : Inventory or None
        To be passed on to the next look.
    download_bytes : int
        About what has to be downloaded before anything is computed; 0 where nothing has, or its size is not known.
    licence : str
        Of the weights that have to be downloaded.
    devices : tuple of str
        Devices that are here.
    """

    address: Address
    about: Description | None
    coverage: Coverage | None
    inventory: Inventory | None
    download_bytes: int = 0
    licence: str = ""
    devices: tuple[str, ...] = ("cpu",)

    @property
    def here(self) -> bool:
        """Whether it is known, without loading it, that the weights are on this computer."""
        return self.about is not None and bool(self.about.digest)


def outlook_job(
    project: Project,
    address: Address,
    timesteps: Sequence[str],
    layers: Sequence[int],
    clip_ids: Sequence[str] | None,
    inventory: Inventory | None = None,
) -> Job[Outlook]:
    """Look which of the features asked for are there; the weights need not be.

    Raises
    ------
    BackboneError
        If the backbone is none, or the device or precision cannot be had.
    """
    yield from wake_job(networks=False)
    from actiondiff_gui.features.feature_set import FeatureSet

    choose_precision(address.precision, choose_device(address.device))  # those that cannot be had are told
    try:
        features = FeatureSet(
            project,
            address.backbone,
            settings=address.settings,
            device=address.device,
            precision=address.precision,
            load=_not_now,
        )
    except _NotNow:
        features = None
    if features is None or not features.known:
        identify(address.backbone, address.device, address.precision)  # says what is wrong with its files
        return Outlook(address, None, None, None, *_download(address), devices=_devices())
    about, store, first = features.description, features.store, _download(address)
    if not timesteps or not layers:
        return Outlook(address, about, None, inventory, *first, devices=_devices())
    if inventory is None or inventory.store.folder != store.folder:
        inventory = Inventory(store)
    yield Progress(0, 0, "checking stored features")
    clips = clip_sources(project, clip_ids)
    besides = about.schedule if len(clips) <= MOST_BESIDES else ()
    pooling = address.pooling or about.default_pooling
    coverage = yield from coverage_job(clips, about, inventory, timesteps, layers, besides, pooling)
    return Outlook(address, about, coverage, inventory, *first, devices=_devices())


class _NotNow(BackboneError):
    """The network has to be loaded before the backbone can be described."""


def _not_now(name: str, device: str, precision: str) -> Backbone:
    raise _NotNow(f"The timesteps and layers of {name} are known once it is loaded.")


def _download(address: Address) -> tuple[int, str]:
    """Return the approximate download, and its licence."""
    offer = find_offer(address.backbone)
    half = choose_precision(address.precision, choose_device(address.device)) != "float32"
    return (0, "") if offer is None else (offer.first_bytes(half), offer.licence)


def _devices() -> tuple[str, ...]:
    import torch

    here = ["cpu"]
    if torch.backends.mps.is_available():
        here.insert(0, "mps")
    if torch.cuda.is_available():
        here.insert(0, "cuda")
    return tuple(here)


# What the rest would take


def pace_job(loaded: LoadedFeatures, project: Project, address: Address, unit: Unit) -> Job[Pace]:
    """Measure one window, as ``extract --estimate`` does.

    Raises
    ------
    ActionDiffError
        If the backbone cannot be loaded, where that is needed, or the clip cannot be read.
    """
    yield from wake_job(backbone=address.backbone)
    yield Progress(0, 0, "measuring one window")
    return loaded.features(project, replace(address, timestep="", layers=())).pace(unit)


def forecast(outlook: Outlook, pace: Pace | None) -> str:
    """Say what computing the rest will take, as far as it is known; "" if nothing is left."""
    if outlook.coverage is None or outlook.about is None or not outlook.coverage.units:
        return ""
    units, settings = outlook.coverage.units, outlook.address.settings
    unknown = Pace(0.0, 0.0, 0.0, 0, 0)
    cost = scaled(pace or unknown, units, outlook.about, settings)
    damaged = sum(unit.damaged for unit in units)
    again = f" ({damaged:,} damaged, will be computed again)" if damaged else ""
    parts = [clips_in_words(len(units)) + again]
    if cost.seconds is not None and pace is not None:
        parts.append(f"about {duration_text(cost.seconds)}")
    parts.append(f"{size_text(cost.disk_bytes)} of disk")
    if pace is not None and cost.memory_bytes:
        kind = "GPU memory" if outlook.about.device.startswith("cuda") else "memory"
        parts.append(f"{size_text(cost.memory_bytes)} of {kind}")
        if not cost.fits:
            parts.append(f"which does not fit: {size_text(cost.free_bytes)} are there")
    return ", ".join(parts)


def clips_in_words(count: int) -> str:
    """Return a count in words: "1 clip", "144 clips"."""
    return "1 clip" if count == 1 else f"{count:,} clips"


# Computing it


@dataclass(eq=False)
class Extraction:
    """Progress of an extraction, written by the job's thread and read by the window.

    Attributes
    ----------
    address : Address
    timesteps : tuple of str
    layers : tuple of int
    batch_size : int or None
        Windows in one pass; None for what suits the backbone.
    where : WorkerSettings
        Which processes compute.
    clips, there : int
        Clips asked for, and how many of them were complete before.
    computed : int
        Clips whose features were kept since.
    failures : dict of str to str
        For each clip that failed, why.
    """

    address: Address
    timesteps: tuple[str, ...]
    layers: tuple[int, ...]
    batch_size: int | None = None
    where: WorkerSettings = field(default_factory=WorkerSettings)
    clips: int = 0
    there: int = 0
    computed: int = 0
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def kept(self) -> int:
        """Clips that have all that was asked for."""
        return self.there + self.computed

    def ending(self, stopped: bool = False) -> str:
        """Return the outcome, in a sentence or two."""
        if stopped and not self.clips:
            return "Stopped before the first clip."
        if stopped and self.where.slurm:
            return (
                f"No longer watched: {self.kept:,} of {clips_in_words(self.clips)} are kept. The jobs of SLURM go on; press "
                "Compute to watch them again, or end them with scancel."
            )
        if stopped:
            return (
                f"Stopped: {self.kept:,} of {clips_in_words(self.clips)} are kept. Press Compute to continue."
            )
        have = "has" if self.kept == 1 else "have"
        at = "" if self.timesteps == (NO_TIMESTEP.key,) else f" at {listed(self.timesteps)}"
        told = f"{clips_in_words(self.kept)} {have} features{at}."
        if self.failures:
            told += f" {clips_in_words(len(self.failures))} failed."
        return told


def extraction_job(
    loaded: LoadedFeatures,
    project: Project,
    extraction: Extraction,
    clip_ids: Sequence[str] | None = None,
) -> Job[Extraction]:
    """Compute what is lacking of ``extraction``, which tells how far it is; the backbone is loaded if anything is.

    Raises
    ------
    BackboneError
        If the backbone cannot be loaded or the network fails.
    FeatureWriteError
        If nothing more can be kept.
    """
    yield from wake_job(backbone=extraction.address.backbone)
    from actiondiff_gui.workflow.cluster.spreading import spread_job

    yield Progress(0, 0, "checking stored features")
    features = loaded.features(project, replace(extraction.address, timestep="", layers=()))
    clips: list[ClipSource] = clip_sources(project, clip_ids)
    timesteps = extraction.timesteps if features.description.schedule else ("-",)
    units = features.plan(timesteps, extraction.layers, clip_ids)
    lacking = {unit.clip.key for unit in units}
    extraction.there = sum(clip.key not in lacking for clip in clips)
    # Clips that show the same are computed once and count once.
    extraction.clips = extraction.there + len(units)
    running = spread_job(features, units, extraction.where, extraction.batch_size)
    try:
        while True:
            progress = next(running)
            if isinstance(progress, ExtractionProgress):
                extraction.computed, extraction.failures = progress.computed, progress.failures
            yield progress
    except StopIteration as stop:
        extraction.computed, extraction.failures = len(stop.value.computed), stop.value.failed
    finally:
        running.close()
    return extraction


def network_job(loaded: LoadedFeatures, project: Project, address: Address) -> Job[Backbone]:
    """Load the backbone of an address, step by step so that the window stays alive."""
    yield from wake_job(backbone=address.backbone)
    yield Progress(0, 0, f"loading {address.backbone}")
    return loaded.features(project, replace(address, timestep="", layers=())).network()


def listed(keys: Sequence[str]) -> str:
    """Return a list in words: "t20", "t5 and t20", "t0, t5 and t20", or the count of a long one."""
    if len(keys) > 7:
        return f"{len(keys)} timesteps"
    return " and ".join(filter(None, [", ".join(keys[:-1]), keys[-1]])) if keys else "no timestep"
