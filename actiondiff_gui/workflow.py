"""How do the rooms work together? The jobs that window and command line share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from actiondiff_gui.analysis.grid import Grid, GridQuestion, grid_job
from actiondiff_gui.analysis.probes import ProbeSettings
from actiondiff_gui.backbones.protocol import Backbone, Timestep, resolve_timestep
from actiondiff_gui.backbones.registry import choose_device, load_backbone
from actiondiff_gui.classifier.bouts import Bout, BoutSettings, find_bouts
from actiondiff_gui.classifier.metrics import decisions
from actiondiff_gui.classifier.predict import RecordingPrediction, predict_recording_job
from actiondiff_gui.classifier.presets import TrainingSettings, preset, usual_preset
from actiondiff_gui.classifier.trained import TrainedClassifier
from actiondiff_gui.errors import ActionDiffError, BackboneError, ClassifierError
from actiondiff_gui.features.clips import ClipSource, pieces
from actiondiff_gui.features.dataset import ProjectTokens, clip_sources, features_folder
from actiondiff_gui.features.extraction import extract_job, plan
from actiondiff_gui.features.settings import ExtractionSettings, Provenance
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.project import Project
from actiondiff_gui.report.cross_domain import CrossDomainResult, Question, cross_domain_job
from actiondiff_gui.studies.board_rows import Scoreboard
from actiondiff_gui.studies.scoreboard import BoardSettings, Method, scoreboard_job
from actiondiff_gui.studies.transformer import transformer_family

PIECE_SECONDS = 60.0
"""A recording is computed in pieces of at most this length."""


@dataclass(frozen=True)
class Features:
    """A loaded backbone, how it is used, and the store of its tokens."""

    backbone: Backbone
    settings: ExtractionSettings
    store: TokenStore


def open_features(
    project: Project,
    backbone: str,
    settings: ExtractionSettings,
    device: str = "auto",
    precision: str = "auto",
) -> Features:
    """Load the backbone called ``backbone`` and open the project's store of its tokens.

    Raises
    ------
    BackboneError
        If the backbone cannot be loaded.
    """
    loaded = load_backbone(backbone, device, precision)
    return Features(loaded, settings, TokenStore(features_folder(project), Provenance.of(loaded, settings)))


def features_of_classifier(
    project: Project, classifier: TrainedClassifier, backbone: str | None = None, device: str = "auto"
) -> Features:
    """Load the backbone and settings that ``classifier`` was trained on.

    Parameters
    ----------
    backbone : str, optional
        Where the backbone is now, if its name in the classifier does not find it.

    Raises
    ------
    BackboneError
        If the backbone cannot be loaded.
    ClassifierError
        If it gives other features than the classifier was trained on.
    """
    kept = classifier.extraction
    try:
        settings = ExtractionSettings(
            stride=kept["stride"],
            resolution=kept["resolution"]
            if isinstance(kept["resolution"], str)
            else tuple(kept["resolution"]),
            regime=kept["regime"],
            draws=kept["draws"],
            max_seconds=kept["max_seconds"],
        )
        precision = kept["precision"]
    except (KeyError, TypeError) as error:
        raise ClassifierError(
            "The classifier does not say how its features were extracted, so it cannot be applied to videos. Train "
            "it again with this program."
        ) from error
    name = backbone or classifier.address.backbone
    try:
        features = open_features(project, name, settings, device, precision)
    except BackboneError as error:
        if backbone:
            raise
        raise BackboneError(
            f"The backbone {name} that the classifier was trained on cannot be loaded here: {error} Say where it is "
            "(--backbone)."
        ) from error
    digest = features.store.provenance.digest
    if digest != classifier.address.digest:
        raise ClassifierError(
            f"The classifier was trained on features [{classifier.address}], but {features.backbone.id} as loaded "
            f"here gives features {digest}: other weights or another version. Train a new classifier, or name the "
            "backbone it was trained on."
        )
    return features


@dataclass(frozen=True)
class ClipPredictions:
    """What a classifier said of clips.

    Attributes
    ----------
    rows : list of dict
        Clip id, video, first and end frame, predicted actions, and the probability of every action.
    failed : dict of str to str
        For each clip without an answer, why.
    """

    rows: list[dict[str, Any]]
    failed: dict[str, str]


def predict_clips_job(
    project: Project,
    classifier: TrainedClassifier,
    features: Features,
    by: str,
    clip_ids: Sequence[str] | None = None,
) -> Job[ClipPredictions]:
    """Predict clips, all or ``clip_ids``, and keep the answers in the project as predictions of ``by``.

    Features that are missing are computed first. Labels are never touched.
    """
    address = classifier.address
    step = _timestep(features.backbone, classifier)
    sources = clip_sources(project, clip_ids)
    units = plan(sources, features.backbone, features.store, [step], [address.layer])
    report = yield from extract_job(units, features.backbone, features.settings, features.store)
    load = ProjectTokens(project, features.store, [address.layer], clip_ids=clip_ids, labelled=False)
    tokens = load(address.timestep, address.layer)
    probabilities = classifier.predict_proba(tokens)
    chosen = decisions(probabilities, classifier.single_label)
    said = [
        (clip, classifier.classes[k], 1, float(probabilities[i, k]))
        for i, clip in enumerate(tokens.clip_ids)
        for k in np.flatnonzero(chosen[i])
    ]
    with project.transaction():
        project.remove_predictions(by, clip_ids)
        project.add_labels(said, source="model", by=by)
    clips = {clip.id: clip for clip in project.clips(tokens.clip_ids)}
    names = {video.id: video.path.name for video in project.videos()}
    rows = []
    for i, clip in enumerate(tokens.clip_ids):
        rows.append(
            {
                "clip": clip,
                "video": names[clips[clip].video_id],
                "start_frame": clips[clip].start,
                "end_frame": clips[clip].end,
                "predicted": ";".join(classifier.classes[k] for k in np.flatnonzero(chosen[i])),
                **{
                    f"p({name})": round(float(p), 4)
                    for name, p in zip(classifier.classes, probabilities[i], strict=True)
                },
            }
        )
    failed = {clip: report.failed.get(clip, "It has no features.") for clip in load.missing}
    return ClipPredictions(rows, failed)


@dataclass(frozen=True)
class RecordingBouts:
    """What a classifier said along a recording of ``frames`` frames at ``fps`` frames per second."""

    prediction: RecordingPrediction
    fps: float
    frames: int

    def bouts(self, min_seconds: float, gap_seconds: float, smooth_seconds: float = 0.5) -> list[Bout]:
        """Bouts of at least ``min_seconds``; those of one action within ``gap_seconds`` are joined."""
        settings = BoutSettings(
            threshold=0.0 if self.prediction.single_label else 0.5,
            min_length=max(1, round(min_seconds * self.fps)),
            max_gap=max(0, round(gap_seconds * self.fps)),
            smoothing=max(1, round(smooth_seconds * self.fps)),
        )
        per_frame = self.prediction.per_frame(0, self.frames)
        return find_bouts(per_frame, self.prediction.classes, settings, self.prediction.single_label)


def predict_recording(
    classifier: TrainedClassifier, features: Features, path: Path, window_seconds: float, hop_seconds: float
) -> Job[RecordingBouts]:
    """Slide a window along a video and predict the action at every moment.

    The recording need not be in the project; its features are kept like those of clips.
    """
    from actiondiff_gui.video.fingerprint import fingerprint
    from actiondiff_gui.video.reader import VideoReader

    address, path = classifier.address, Path(path).resolve()
    with VideoReader(path) as reader:
        frames, fps = reader.frame_count, reader.fps
    if not all(0 < seconds < float("inf") for seconds in (window_seconds, hop_seconds)):
        raise ClassifierError(
            f"A window of {window_seconds} s every {hop_seconds} s makes no sense. Give positive numbers of seconds."
        )
    stride = features.settings.stride or features.backbone.stride
    longest = min(PIECE_SECONDS, features.settings.max_seconds or PIECE_SECONDS)
    whole = ClipSource(path.name, path, fingerprint(path), 0, frames, fps)
    parts = pieces(whole, stride, features.backbone.window, longest)
    step = _timestep(features.backbone, classifier)
    units = plan(parts, features.backbone, features.store, [step], [address.layer])
    report = yield from extract_job(units, features.backbone, features.settings, features.store)
    if report.failed:
        raise ClassifierError(next(iter(report.failed.values())))
    read = [features.store.read(part.key, address.timestep, [address.layer]) for part in parts]
    tokens = np.concatenate([found[address.layer] for found, _ in read])
    at = np.concatenate([frames_of_part for _, frames_of_part in read])
    per_second = fps / stride
    window = max(1, round(window_seconds * per_second))
    hop = max(1, min(window, round(hop_seconds * per_second)))
    prediction = yield from predict_recording_job(classifier, tokens, at, address, window, hop)
    return RecordingBouts(prediction, fps, frames)


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
    training: TrainingSettings | None = None,
    seeds: Sequence[int] = (0,),
    device: str = "cpu",
) -> GridQuestion:
    """Ask for a grid of scores of a project's labelled clips, by the features that ``store`` holds.

    Scored are the clips that have features at one of the timesteps or more; a cell that lacks some of them says so.
    Answer it with :func:`~actiondiff_gui.analysis.grid.kept_grid` (what is known already, at once) and
    :func:`~actiondiff_gui.analysis.grid.grid_job` (all of it). Labels and facets are those of this moment.

    Parameters
    ----------
    timesteps : sequence of str
        Keys such as ``"t20"``, noisiest first.
    layers : sequence of int
    measure : str
        A key of :data:`~actiondiff_gui.analysis.measures.ALL_MEASURES`.
    domain : str, optional
        Facet that is the domain; by default the project's.
    clip_ids : sequence of str, optional
        Score these clips only.
    width : mapping of int to int, optional
        Channels of each layer, by which cheaper cells come first.
    settings, summary
        Of the probes; see :mod:`actiondiff_gui.analysis.probes` and :mod:`~actiondiff_gui.analysis.summary`.
    training, seeds, device
        Of the transformer.
    """
    load = ProjectTokens(project, store, layers, clip_ids=clip_ids, domain_facet=domain)
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
    features: Features,
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
    backbone = features.backbone
    steps = sorted(dict.fromkeys(timesteps), key=lambda t: -(t.sigma or 0))
    choices = {"width": {n.index: n.channels for n in backbone.layers}, "device": backbone.device, **choices}
    keys = [step.key for step in steps]

    def ask() -> GridQuestion:
        return study_grid(project, features.store, keys, layers, measure, **choices)

    if compute:
        units = plan(clip_sources(project, choices.get("clip_ids")), backbone, features.store, steps, layers)
        lacking = {step.key for unit in units for step in unit.timesteps}
        if lacking != set(keys):
            there = [key for key in keys if key not in lacking]
            yield from grid_job(replace(ask(), timesteps=tuple(there)))
        yield from extract_job(units, backbone, features.settings, features.store)
    return (yield from grid_job(ask()))


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
    """

    name: str
    timesteps: Callable[[Backbone], Sequence[Timestep]]
    layers: Callable[[Backbone], Sequence[int]]


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
    features = open_features(project, contestant.name, extraction, device, precision)
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


def study_project_job(
    project: Project,
    features: Features,
    timesteps: Sequence[Timestep],
    layers: Sequence[int],
    domain: str,
    out: Path,
    *,
    address: tuple[Timestep, int] | None = None,
    title: str | None = None,
    **choices: Any,
) -> Job[CrossDomainResult]:
    """Compute what is missing and write the cross-domain report of a project to ``out``.

    Parameters
    ----------
    address : (Timestep, int), optional
        Where the map and the heads look; by default the backbone's usual timestep and layer.
    **choices
        ``heads``, ``training``, ``seeds``, ``device``, ``further`` of
        :func:`~actiondiff_gui.report.cross_domain.cross_domain_job`.
    """
    backbone = features.backbone
    step, layer = address or (backbone.default_timestep, backbone.default_layer)
    steps = sorted({*timesteps, step}, key=lambda t: -(t.sigma or 0))
    numbers = sorted({*layers, layer})
    units = plan(clip_sources(project), backbone, features.store, steps, numbers)
    report = yield from extract_job(units, backbone, features.settings, features.store)
    load = ProjectTokens(project, features.store, numbers, domain_facet=domain)
    videos = {video.id: video.path.name for video in project.videos()}
    question = Question(
        load=load,
        timesteps=tuple(t.key for t in steps),
        layers=tuple(numbers),
        sigmas={t.key: t.sigma for t in steps if t.sigma is not None},
        address=(step.key, layer),
        domain=domain,
        names={clip.id: f"{videos[clip.video_id]} [{clip.start}, {clip.end})" for clip in project.clips()},
        action_colours={action.name: action.colour for action in project.actions()},
        settings={
            "project": project.path.name,
            "domain": domain,
            "backbone": backbone.id,
            **{k: v for k, v in features.store.provenance.values.items() if k != "sigmas"},
        },
        failed=tuple(report.failed.values()),
    )
    return (yield from cross_domain_job(question, out, title=title or f"Actions across {domain}", **choices))


def _timestep(backbone: Backbone, classifier: TrainedClassifier) -> Timestep:
    return resolve_timestep(backbone, classifier.address.timestep)
