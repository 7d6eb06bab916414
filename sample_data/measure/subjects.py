"""Whose features are compared? The model, its untrained twin, pixels and optical flow, in one project."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from actiondiff_gui.backbones.protocol import Backbone, resolve_timestep
from actiondiff_gui.features.clips import ClipSource
from actiondiff_gui.features.dataset import clip_sources, features_folder
from actiondiff_gui.features.extraction import extract_job, plan
from actiondiff_gui.features.settings import ExtractionSettings, Provenance
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.progress import Job, run
from actiondiff_gui.project.formats.clip_table import import_clip_table
from actiondiff_gui.project.project import Project


@dataclass(frozen=True)
class Subject:
    """One kind of features, at the timesteps and layers to be measured.

    Attributes
    ----------
    name : str
        ``model``, ``twin``, ``pixels`` or ``flow``.
    backbone : Backbone
        What computes them.
    settings : ExtractionSettings
        How frames are shown to it.
    store : TokenStore
        Where they are kept.
    timesteps : tuple of str
        As the backbone's keys, noisiest first.
    layers : tuple of int
        Numbers of layers.
    """

    name: str
    backbone: Backbone
    settings: ExtractionSettings
    store: TokenStore
    timesteps: tuple[str, ...]
    layers: tuple[int, ...]

    @property
    def regime(self) -> str:
        """``released`` or ``noised``; ``-`` where there is no noise schedule."""
        return self.settings.regime if self.backbone.schedule else "-"

    @property
    def digest(self) -> str:
        """Of weights and settings."""
        return self.store.provenance.digest

    def sigma(self, timestep: str) -> float | None:
        """Noise level of a timestep."""
        return resolve_timestep(self.backbone, timestep).sigma


def subject(
    name: str,
    project: Project,
    backbone: Backbone,
    settings: ExtractionSettings,
    timesteps: tuple[str, ...],
    layers: tuple[int, ...] | None,
) -> Subject:
    """One subject with its store beside the project; the timesteps in any way of writing them."""
    steps = [resolve_timestep(backbone, wanted) for wanted in timesteps]
    store = TokenStore(features_folder(project), Provenance.of(backbone, settings))
    known = tuple(layer.index for layer in backbone.layers)
    return Subject(
        name, backbone, settings, store, tuple(step.key for step in steps), layers if layers else known
    )


def opened_project(file: Path, table: Path) -> Project:
    """The project with the clips of ``table``, made where there is none."""
    project = Project.open(file) if file.exists() else Project.create(file)
    report = run(import_clip_table(project, table))
    if report.problems:
        raise SystemExit(f"{table} could not be read whole: {report.problems[0]}")
    return project


def extracted(project: Project, one: Subject, timesteps: tuple[str, ...]) -> Job[None]:
    """Compute what is missing of a subject's features."""
    steps = [resolve_timestep(one.backbone, wanted) for wanted in timesteps]
    units = plan(clip_sources(project), one.backbone, one.store, steps, one.layers)
    report = yield from extract_job(units, one.backbone, one.settings, one.store)
    if report.failed:
        clip, why = next(iter(report.failed.items()))
        raise SystemExit(f"{len(report.failed)} clips have no features; clip {clip}: {why}")


def clips_digest(clips: Iterable[ClipSource]) -> str:
    """Eight letters that are others for other clips: answers are kept by their order."""
    keys = sorted(clip.key for clip in clips)
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()[:8]


def check_twin(model: Backbone, twin: Backbone, folder: Path) -> None:
    """Refuse a twin of another model.

    Raises
    ------
    SystemExit
        If its VAE is not the model's, or its UNet has another shape.
    """
    ours, theirs = model.vae.state_dict(), twin.vae.state_dict()
    # A twin is written in float16.
    same = ours.keys() == theirs.keys() and all(
        torch.allclose(ours[name], theirs[name], rtol=2e-3, atol=1e-6) for name in ours
    )
    scaled = model.vae.config.scaling_factor == twin.vae.config.scaling_factor
    shapes = [{n: v.shape for n, v in one.unet.state_dict().items()} for one in (model, twin)]
    if not (same and scaled and shapes[0] == shapes[1]):
        raise SystemExit(
            f"{folder} is the twin of another model. Delete it, or name the right one with --twin."
        )


def addresses(one: Subject) -> Iterator[tuple[str, int]]:
    """All (timestep, layer), the layers of one timestep after each other."""
    return ((timestep, layer) for timestep in one.timesteps for layer in one.layers)
