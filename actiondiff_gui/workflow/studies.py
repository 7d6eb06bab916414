"""Report on all domains of a project."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from actiondiff_gui.backbones.protocol import Timestep
from actiondiff_gui.backbones.registry import choose_device
from actiondiff_gui.errors import AnalysisError
from actiondiff_gui.evaluation.scoreboard.playing import BoardSettings
from actiondiff_gui.evaluation.study.grid import grid_job
from actiondiff_gui.features.feature_set import FeatureSet
from actiondiff_gui.progress import Job
from actiondiff_gui.project.project import Project
from actiondiff_gui.report.cross_domain import CrossDomainResult, cross_domain_job
from actiondiff_gui.report.question import Question
from actiondiff_gui.report_folder import ReportFolder
from actiondiff_gui.workflow.grids import scores_folder, study_grid
from actiondiff_gui.workflow.scoreboards import Contestant, study_scoreboard_job


def study_project_job(
    project: Project,
    features: FeatureSet,
    timesteps: Sequence[Timestep],
    layers: Sequence[int],
    domain: str,
    out: Path | ReportFolder,
    *,
    title: str | None = None,
    measures: Sequence[str] = (),
    contestants: Sequence[Contestant] = (),
    board: BoardSettings | None = None,
    map_within: Sequence[str] = (),
    summary: str = "mean",
    **choices: Any,
) -> Job[CrossDomainResult]:
    """Compute what is missing and write the cross-domain report of a project to ``out``.

    Parameters
    ----------
    features : FeatureSet
        The map and the heads look at its timestep, layers and pooling; the grids have its pooling, too.
    measures : sequence of str
        Measures of :data:`~actiondiff_gui.evaluation.measures.ALL_MEASURES` to show grids of besides those of probes.
    contestants : sequence of Contestant
        Backbones for a scoreboard; none for no scoreboard.
    board : BoardSettings, optional
        How the scoreboard is played.
    map_within : sequence of str
        Facets whose differences are taken out of the map.
    summary : str
        How a clip's tokens become one vector, for probes, the map and the simpler heads; see :mod:`actiondiff_gui.features.summary`.
    **choices
        ``heads``, ``training``, ``seeds``, ``device``, ``further`` of
        :func:`~actiondiff_gui.report.cross_domain.cross_domain_job`.
    """
    about, device = features.description, choose_device(features.device)
    reading, pooling = features.reading, features.pooling
    steps = sorted({*timesteps, features.timestep}, key=lambda t: -(t.sigma or 0))
    numbers = sorted({*layers, *features.layers})
    report = yield from features.extract_job(features.plan(steps, numbers))
    load = features.load(domain=domain, layers=numbers)
    keys = tuple(t.key for t in steps)
    videos = {video.id: video.path.name for video in project.videos()}
    names = {clip.id: f"{videos[clip.video_id]} [{clip.start}, {clip.end})" for clip in project.clips()}
    failed = list(report.failed.values())
    grids = {}
    for measure in measures:
        asked = study_grid(
            project,
            features.store,
            keys,
            numbers,
            measure,
            domain=domain,
            pooling=pooling,
            summary=summary,
            training=choices.get("training"),
            seeds=choices.get("seeds", (0,)),
            device=device,
        )
        try:
            grids[measure] = yield from grid_job(asked)
        except AnalysisError as error:
            failed.append(f"There is no grid of {measure}: {error}")
    said = None
    if contestants:
        job = study_scoreboard_job(
            project,
            contestants,
            features.settings,
            domain=domain,
            settings=board,
            training=choices.get("training"),
            device=device,
            precision=features.store.provenance.values["precision"],
        )
        try:
            said = yield from job
        except AnalysisError as error:
            failed.append(f"There is no scoreboard: {error}")
    question = Question(
        load=load,
        timesteps=keys,
        layers=tuple(numbers),
        sigmas={t.key: t.sigma for t in steps if t.sigma is not None},
        reading=reading,
        domain=domain,
        names=names,
        action_colours={action.name: action.colour for action in project.actions()},
        settings={
            "project": project.path.name,
            "domain": domain,
            "backbone": about.id,
            "pooling": pooling,
            "summary": summary,
            **{k: v for k, v in features.store.provenance.values.items() if k != "sigmas"},
            **({"scoreboard": asdict(board or BoardSettings())} if contestants else {}),
        },
        failed=tuple(failed),
        clips=load.clips(load.with_features(keys)),
        folder=scores_folder(project),
        grids=grids,
        board=said,
        within={
            facet: {clip.id: clip.facets.get(facet, "") for clip in project.clips()} for facet in map_within
        },
        summary=summary,
    )
    return (yield from cross_domain_job(question, out, title=title or f"Actions across {domain}", **choices))
