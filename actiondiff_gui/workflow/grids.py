"""Grid of scores of a project's stored features."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from actiondiff_gui.backbones.protocol import Timestep
from actiondiff_gui.backbones.reading import Pooling
from actiondiff_gui.backbones.registry import choose_device
from actiondiff_gui.classifier.scored import transformer_family
from actiondiff_gui.classifier.training.presets import TrainingSettings, preset, usual_preset
from actiondiff_gui.evaluation.classifiers import ProbeSettings
from actiondiff_gui.evaluation.study.grid import Grid, GridQuestion, grid_job
from actiondiff_gui.features.dataset import ProjectTokens, features_folder
from actiondiff_gui.features.feature_set import FeatureSet
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.progress import Job
from actiondiff_gui.project.project import Project


def scores_folder(project: Project) -> Path:
    """Folder beside the project's features in which scores of studies are kept."""
    return features_folder(project) / "scores"


def study_grid(
    project: Project,
    store: TokenStore,
    timesteps: Sequence[str],
    layers: Sequence[int],
    measure: str = "across_linear",
    *,
    domain: str | None = None,
    clip_ids: Sequence[str] | None = None,
    width: Mapping[int, int] | None = None,
    settings: ProbeSettings | None = None,
    summary: str = "mean",
    pooling: Pooling = "mean",
    training: TrainingSettings | None = None,
    seeds: Sequence[int] = (0,),
    device: str = "cpu",
) -> GridQuestion:
    """Ask for a grid of scores of a project's labelled clips, by the features that ``store`` holds.

    Scored are the clips that have features at one of the timesteps or more; a cell that lacks some of them says so.
    Answer it with :func:`~actiondiff_gui.evaluation.study.grid.kept_grid` (what is known already, at once) and
    :func:`~actiondiff_gui.evaluation.study.grid.grid_job` (all of it). Labels and facets are those of this moment.

    Parameters
    ----------
    timesteps : sequence of str
        Keys such as ``"t20"``, noisiest first.
    layers : sequence of int
    measure : str
        A key of :data:`~actiondiff_gui.evaluation.measures.ALL_MEASURES`.
    domain : str, optional
        Facet that is the domain; by default the project's.
    clip_ids : sequence of str, optional
        Score these clips only.
    width : mapping of int to int, optional
        Channels of each layer, by which cheaper cells come first.
    settings, summary
        Of the probes; see :mod:`actiondiff_gui.evaluation.classifiers` and :mod:`~actiondiff_gui.features.summary`.
    pooling : {"mean", "mean+change"}
        Of all cells.
    training, seeds, device
        Of the transformer.
    """
    load = ProjectTokens(project, store, layers, clip_ids=clip_ids, domain_facet=domain, pooling=pooling)
    clips = load.clips(load.with_features(timesteps))
    training = training or preset(usual_preset(True))
    return GridQuestion(
        load=load,
        clips=clips,
        timesteps=tuple(timesteps),
        layers=tuple(layers),
        measure=measure,
        settings=settings or ProbeSettings(),
        summary=summary,
        folder=scores_folder(project),
        width=dict(width or {}),
        further={"transformer": transformer_family(training, seeds, device)},
        choices={"training": training.to_dict(), "seeds": list(seeds)},
    )


def study_grid_job(
    project: Project,
    features: FeatureSet,
    timesteps: Sequence[Timestep],
    layers: Sequence[int],
    measure: str = "across_linear",
    *,
    compute: bool = False,
    **choices: Any,
) -> Job[Grid]:
    """Score every (timestep, layer) of a project; see :func:`study_grid`, whose choices these are.

    Parameters
    ----------
    compute : bool
        Compute features that are missing, after the cells have been scored that lack none. All timesteps and layers
        of a clip are computed together; ask :func:`~actiondiff_gui.features.cost.estimate` before what it takes.
    """
    steps = sorted(dict.fromkeys(timesteps), key=lambda t: -(t.sigma or 0))
    width = {n.index: n.channels for n in features.description.layers}
    choices = {"width": width, "device": choose_device(features.device), **choices}
    keys = [step.key for step in steps]

    def ask() -> GridQuestion:
        return study_grid(project, features.store, keys, layers, measure, **choices)

    if compute:
        units = features.plan(steps, layers, choices.get("clip_ids"))
        lacking = {step.key for unit in units for step in unit.timesteps}
        if lacking != set(keys):
            there = [key for key in keys if key not in lacking]
            yield from grid_job(replace(ask(), timesteps=tuple(there)))
        yield from features.extract_job(units)
    return (yield from grid_job(ask()))
