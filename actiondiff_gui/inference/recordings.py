"""Prediction along a recording: probabilities over time, and bouts."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from actiondiff_gui.classifier.bouts import Bout, BoutSettings, find_bouts
from actiondiff_gui.classifier.models.trained import TrainedClassifier
from actiondiff_gui.classifier.predict import RecordingPrediction, predict_recording_job
from actiondiff_gui.errors import ClassifierError
from actiondiff_gui.features.clips import ClipSource
from actiondiff_gui.features.recordings import recording_tokens_job, whole_video
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.inference.origin import Loader, store_of
from actiondiff_gui.progress import Job
from actiondiff_gui.project.project import Project
from actiondiff_gui.settings import Setting, check, kept_settings, to_dict

if TYPE_CHECKING:
    from actiondiff_gui.features.feature_set import FeatureSet


@dataclass(frozen=True)
class Sliding:
    """How a recording is looked at, and how answers become bouts; all in seconds.

    Raises
    ------
    ClassifierError
        A value makes no sense.
    """

    window: Annotated[
        float,
        Setting(
            "window",
            "Length of the sliding window, best about that of the training clips",
            0.01,
            3600,
            "s",
            flag="window-seconds",
            step=0.1,
        ),
    ] = 2.7
    hop: Annotated[
        float, Setting("step", "Distance between two windows", 0.01, 3600, "s", flag="hop-seconds", step=0.1)
    ] = 0.5
    shortest: Annotated[
        float,
        Setting("shortest bout", "Shorter bouts are dropped", 0, 3600, "s", flag="min-seconds", step=0.1),
    ] = 0.5
    gap: Annotated[
        float,
        Setting(
            "largest gap",
            "Bouts of one action with a shorter gap between them are joined",
            0,
            3600,
            "s",
            flag="gap-seconds",
            step=0.1,
        ),
    ] = 0.3
    smooth: Annotated[
        float,
        Setting(
            "smoothing",
            "Length of the moving mean over the probabilities",
            0,
            3600,
            "s",
            flag="smooth-seconds",
            step=0.1,
        ),
    ] = 0.5
    threshold: Annotated[
        float,
        Setting(
            "least confidence",
            "Frames at which the model is less confident belong to no bout; 0 takes the most likely action",
            0,
            1,
            step=0.01,
            percent=True,
        ),
    ] = 0.0

    def __post_init__(self) -> None:
        check(self, ClassifierError)

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return to_dict(self)

    @classmethod
    def from_dict(cls, values: object) -> "Sliding":
        """Return what :meth:`to_dict` wrote; the defaults where it is invalid."""
        return kept_settings(cls, values)


@dataclass(frozen=True)
class RecordingBouts:
    """What a classifier said along a recording of ``frames`` frames at ``fps`` frames per second."""

    prediction: RecordingPrediction
    fps: float
    frames: int

    def found(self, sliding: Sliding) -> list[Bout]:
        """Bouts by ``sliding``; of several actions at once each counts from one half on."""
        single = self.prediction.single_label
        settings = BoutSettings(
            threshold=sliding.threshold if single else max(sliding.threshold, 0.5),
            min_length=max(1, round(sliding.shortest * self.fps)),
            max_gap=max(0, round(sliding.gap * self.fps)),
            smoothing=max(1, round(sliding.smooth * self.fps)),
        )
        per_frame = self.prediction.per_frame(0, self.frames)
        return find_bouts(per_frame, self.prediction.classes, settings, single)


def predict_recording(
    classifier: TrainedClassifier,
    features: "FeatureSet",
    path: Path,
    sliding: Sliding,
) -> Job[RecordingBouts]:
    """Slide a window along a video and predict the action at every moment.

    The recording need not be in a project; its features are kept like those of clips.

    Raises
    ------
    ActionDiffError
        The video cannot be read, its features not be computed, or the window makes no sense.
    """
    from actiondiff_gui.video.fingerprint import fingerprint
    from actiondiff_gui.video.reader import VideoReader

    path = Path(path).resolve()
    with VideoReader(path) as reader:
        frames, fps = reader.frame_count, reader.fps
    whole = ClipSource(path.name, path, fingerprint(path), 0, frames, fps)
    return (yield from slide_job(classifier, features.store, whole, sliding, lambda: features))


def predict_video_job(
    project: Project,
    classifier: TrainedClassifier,
    video_id: str,
    sliding: Sliding,
    load: Loader | None = None,
) -> Job[RecordingBouts]:
    """:func:`predict_recording` for a video of a project.

    Parameters
    ----------
    load : callable, optional
        Loads the backbone, to compute features that are missing.

    Raises
    ------
    ActionDiffError
        As there, or features are missing and there is no ``load``.
    """
    whole = whole_video(project, video_id)
    return (yield from slide_job(classifier, store_of(project, classifier), whole, sliding, load))


def slide_job(
    classifier: TrainedClassifier,
    store: TokenStore,
    whole: ClipSource,
    sliding: Sliding,
    load: Loader | None,
) -> Job[RecordingBouts]:
    """Answers along ``whole``; features that are missing are computed in pieces and kept in ``store``."""
    address = classifier.address
    tokens, at = yield from recording_tokens_job(store, whole, address.reading, load)
    per_second = whole.fps / int(store.provenance.values["stride"])
    window = max(1, round(sliding.window * per_second))
    hop = max(1, min(window, round(sliding.hop * per_second)))
    prediction = yield from predict_recording_job(classifier, tokens, at, address, window, hop)
    return RecordingBouts(prediction, whole.fps, whole.end)
