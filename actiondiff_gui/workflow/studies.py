"""Report on all domains of a project."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actiondiff_gui.backbones.protocol import Timestep
from actiondiff_gui.backbones.registry import choose_device
from actiondiff_gui.classifier.models.heads import HEAD_KINDS
from actiondiff_gui.classifier.training.held_out import held_out_job
from actiondiff_gui.errors import ActionDiffError, AnalysisError, ClassifierError, FeatureStoreError
from actiondiff_gui.evaluation.scoreboard.playing import BoardSettings
from actiondiff_gui.evaluation.study.grid import grid_job
from actiondiff_gui.evaluation.study.stored_scores import Share, only_share, sharing
from actiondiff_gui.evaluation.study.study import study_job
from actiondiff_gui.features.feature_set import FeatureSet
from actiondiff_gui.progress import Job
from actiondiff_gui.project.project import Project
from actiondiff_gui.report.question import Question
from actiondiff_gui.report_folder import ReportFolder
from actiondiff_gui.workflow.cluster.settings import HERE, WorkerSettings
from actiondiff_gui.workflow.cluster.spreading import spread_job
from actiondiff_gui.workflow.grids import scores_folder, study_grid
from actiondiff_gui.workflow.scoreboards import (
    Contestant,
    contestant_features_job,
    study_scoreboard_job,
)

if TYPE_CHECKING:
    from actiondiff_gui.report.cross_domain import CrossDomainResult


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
    where: WorkerSettings = HERE,
    **choices: Any,
) -> Job["CrossDomainResult"]:
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
    where : WorkerSettings
        Where missing features are computed.
    **choices
        ``heads``, ``training``, ``seeds``, ``device``, ``further`` of
        :func:`~actiondiff_gui.report.cross_domain.cross_domain_job`.
    """
    question = yield from _question_job(
        project,
        features,
        timesteps,
        layers,
        _Asked(domain, tuple(measures), tuple(contestants), board, tuple(map_within), summary, where),
        choices,
    )
    # It loads matplotlib, which a window needs only once it shows a figure.
    from actiondiff_gui.report.cross_domain import cross_domain_job

    return (yield from cross_domain_job(question, out, title=title or f"Actions across {domain}", **choices))


def study_features_job(
    features: FeatureSet,
    timesteps: Sequence[Timestep],
    layers: Sequence[int],
    contestants: Sequence[Contestant],
    where: WorkerSettings,
) -> Job[None]:
    """Compute all features that a study lacks, its own and those of the backbones on its scoreboard, where ``where`` says."""
    steps = sorted({*timesteps, features.timestep}, key=lambda t: -(t.sigma or 0))
    numbers = sorted({*layers, *features.layers})
    yield from spread_job(features, features.plan(steps, numbers), where)
    for contestant in contestants:
        with suppress(ActionDiffError):  # the report says what could not be computed, and why
            yield from contestant_features_job(contestant, features, where)


def study_share_job(
    project: Project,
    features: FeatureSet,
    timesteps: Sequence[Timestep],
    layers: Sequence[int],
    domain: str,
    share: Share,
    *,
    measures: Sequence[str] = (),
    contestants: Sequence[Contestant] = (),
    board: BoardSettings | None = None,
    summary: str = "mean",
    **choices: Any,
) -> Job[list[str]]:
    """Compute one share of the scores that the report of :func:`study_project_job` shows, and keep them; no report is written.

    The shares need not know of each other. On a scoreboard the address of each cell is chosen first, so a second round of the same
    shares computes what waited for the choices of the others. What is left after that the report computes itself.

    Returns
    -------
    list of str
        A sentence for each thing that could not be computed.

    Raises
    ------
    FeatureStoreError
        Features are missing; a share computes none.
    """
    with only_share(share):
        asked = _Asked(domain, tuple(measures), tuple(contestants), board, (), summary, HERE)
        question = yield from _question_job(project, features, timesteps, layers, asked, choices)
        with suppress(AnalysisError):  # no cell is of this share
            yield from study_job(
                question.load,
                question.timesteps,
                question.layers,
                summary=summary,
                clips=question.clips,
                folder=question.folder,
            )
        tokens = question.load(*question.reading)
        with suppress(ClassifierError):
            yield from held_out_job(
                tokens,
                choices.get("heads", HEAD_KINDS),
                choices.get("seeds", (0,)),
                choices.get("device", "cpu"),
                question.folder,
                choices.get("training"),
                choices.get("protocol"),
                summary,
            )
    return list(question.failed)


@dataclass(frozen=True)
class _Asked:
    """What a study asks; see :func:`study_project_job`."""

    domain: str
    measures: tuple[str, ...]
    contestants: tuple[Contestant, ...]
    board: BoardSettings | None
    map_within: tuple[str, ...]
    summary: str
    where: WorkerSettings


def _question_job(
    project: Project,
    features: FeatureSet,
    timesteps: Sequence[Timestep],
    layers: Sequence[int],
    asked: _Asked,
    choices: Mapping[str, Any],
) -> Job[Question]:
    """Compute the features that are missing, the grids and the scoreboard, and return the question of the report."""
    about, device = features.description, choose_device(features.device)
    reading, pooling = features.reading, features.pooling
    steps = sorted({*timesteps, features.timestep}, key=lambda t: -(t.sigma or 0))
    numbers = sorted({*layers, *features.layers})
    domain, summary, board, contestants = asked.domain, asked.summary, asked.board, asked.contestants
    units = features.plan(steps, numbers)
    if units and sharing():
        raise FeatureStoreError(
            f"{len(units)} clips lack features of {features.backbone}, and a part of a study computes none. Compute them first: "
            "the same command without --shard, or extract."
        )
    report = yield from spread_job(features, units, asked.where)
    load = features.load(domain=domain, layers=numbers)
    keys = tuple(t.key for t in steps)
    videos = {video.id: video.path.name for video in project.videos()}
    names = {clip.id: f"{videos[clip.video_id]} [{clip.start}, {clip.end})" for clip in project.clips()}
    failed = list(report.failed.values())
    grids = {}
    for measure in asked.measures:
        grid = study_grid(
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
            grids[measure] = yield from grid_job(grid)
        except AnalysisError as error:
            if not sharing():  # its cells may be of other shares
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
            where=asked.where,
        )
        try:
            said = yield from job
        except AnalysisError as error:
            if not sharing():
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
            facet: {clip.id: clip.facets.get(facet, "") for clip in project.clips()}
            for facet in asked.map_within
        },
        summary=summary,
    )
    return question
