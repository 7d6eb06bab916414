"""What does a classifier say of a project's clips, and of a recording?"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from actiondiff_gui.backbones.protocol import Backbone, Timestep, resolve_timestep
from actiondiff_gui.classifier.bouts import Bout, BoutSettings, find_bouts
from actiondiff_gui.classifier.metrics import decisions
from actiondiff_gui.classifier.predict import RecordingPrediction, predict_recording_job
from actiondiff_gui.classifier.trained import TrainedClassifier
from actiondiff_gui.errors import BackboneError, ClassifierError
from actiondiff_gui.features.clips import ClipSource, pieces
from actiondiff_gui.features.dataset import ProjectTokens, clip_sources
from actiondiff_gui.features.extraction import extract_job, plan
from actiondiff_gui.features.settings import ExtractionSettings
from actiondiff_gui.progress import Job
from actiondiff_gui.project.project import Project
from actiondiff_gui.workflow.features import Features, open_features

PIECE_SECONDS = 60.0
"""A recording is computed in pieces of at most this length."""


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


def _timestep(backbone: Backbone, classifier: TrainedClassifier) -> Timestep:
    return resolve_timestep(backbone, classifier.address.timestep)
