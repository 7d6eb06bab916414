"""Jobs that apply a model to clips and recordings, and the report of what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from actiondiff_gui.backbones.identity import describe
from actiondiff_gui.classifier.models.library import load_model
from actiondiff_gui.classifier.models.saved import Description
from actiondiff_gui.classifier.models.trained import TrainedClassifier
from actiondiff_gui.errors import ActionDiffError, ClassifierError
from actiondiff_gui.features.cost import Pace, duration_text
from actiondiff_gui.gui.session.address import Address
from actiondiff_gui.gui.session.clip_table import ClipTable
from actiondiff_gui.gui.session.loaded import LoadedFeatures
from actiondiff_gui.inference.bouts import untouched
from actiondiff_gui.inference.clips import predict_clips_job
from actiondiff_gui.inference.folders import (
    Applied,
    apply_to_folder_job,
    apply_to_recordings_job,
    videos_in,
)
from actiondiff_gui.inference.footage import measured, other_footage
from actiondiff_gui.inference.recordings import Sliding
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.formats.imports.videos import CLIP_SECONDS
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.records import Video

if TYPE_CHECKING:
    from actiondiff_gui.features.feature_set import FeatureSet

Scope = Literal["all", "selected", "unlabelled", "video", "recordings", "folder"]
SCOPES = {
    "all": "all clips",
    "unlabelled": "clips without a label",
    "selected": "the selected clips",
    "video": "the open video, in bouts",
    "recordings": "all recordings, in bouts",
    "folder": "a folder of videos...",
}
BOUTS = ("video", "recordings", "folder")
"""Scopes that use the settings of bouts."""


@dataclass(frozen=True)
class Asked:
    """What a model is to be applied to.

    Attributes
    ----------
    model : str
    scope : str
    clip_ids : tuple of str
        Of the clip scopes.
    video_ids : tuple of str
        Of "video" and "recordings".
    folder : Path or None
    sliding : Sliding
    """

    model: str
    scope: Scope
    clip_ids: tuple[str, ...] = ()
    video_ids: tuple[str, ...] = ()
    folder: Path | None = None
    sliding: Sliding = field(default_factory=Sliding)


@dataclass(frozen=True)
class Outcome:
    """Outcome of applying a model, in words, and the present clips."""

    text: str
    failures: tuple[str, ...]
    table: ClipTable


def is_recording(video: Video) -> bool:
    """Return whether a video is too long to be one clip."""
    return video.frame_count > CLIP_SECONDS * video.fps


def forecast(videos: Sequence[Video], about: Description, paces: Mapping[tuple, Pace]) -> str:
    """Say what applying a model to recordings takes: their length, windows of the network, and time if one was measured here.

    Parameters
    ----------
    about : Description
        Of the model.
    paces : mapping
        As :class:`~actiondiff_gui.gui.features.extraction.Extractions` keeps them, by backbone and settings, and deepest layer.
    """
    if not videos:
        return ""
    address, stride = about.address, about.extraction.get("stride")
    seconds = sum(video.frame_count / video.fps for video in videos)
    told = f"{_count(len(videos), 'recording')}, {duration_text(seconds)} of video"
    try:
        length = describe(address.backbone).window
    except ActionDiffError:
        return f"{told}."
    step = length * (stride if isinstance(stride, int) and stride > 0 else 1)
    windows = sum(-(-video.frame_count // step) for video in videos)
    told += f", {_count(windows, 'window')} of the network"
    known = [
        pace
        for (about_it, deepest), pace in paces.items()
        if about_it[0] == address.backbone and deepest >= max(address.layers)
    ]
    if not known:
        return f"{told}; those that are stored take no time."
    pace = known[-1]
    taken = duration_text(windows * (pace.shared + pace.step + pace.decode))
    return f"{told}: about {taken}, less where features are stored."


def look_job(folder: Path, about: Description) -> Job[tuple[int, str]]:
    """Return how many videos a folder holds, and how they differ from what a model was trained on.

    Raises
    ------
    ProjectError
        The folder cannot be read.
    """
    files = videos_in(folder)
    films = []
    for done, file in enumerate(files):
        yield Progress(done, len(files), f"looking at {file.name}")
        films.append(measured(file))
    return len(files), other_footage(about.metrics, [film for film in films if film is not None], "video")


def apply_job(project: Project, loaded: LoadedFeatures, address: Address, asked: Asked) -> Job[Outcome]:
    """Apply a model of the project; features that are missing are computed first.

    Parameters
    ----------
    address : Address
        Of the session, for the device, and for where the backbone lies if the model does not know.

    Raises
    ------
    ActionDiffError
        The model, its backbone or the folder cannot be used, or nothing was chosen.
    """
    yield Progress(0, 0, f"reading {asked.model}")
    classifier = load_model(project, asked.model)

    def load() -> "FeatureSet":
        return loaded_for(project, loaded, address, classifier)

    if asked.scope == "folder":
        if asked.folder is None:
            raise ClassifierError("No folder is chosen. Choose one that holds videos.")
        done = yield from apply_to_folder_job(
            project, classifier, asked.model, asked.folder, asked.sliding, load
        )
        return _outcome(project, asked, done)
    if asked.scope in BOUTS:
        if not asked.video_ids:
            raise ClassifierError("There is no recording to apply the model to. Open a video, or add some.")
        done = yield from apply_to_recordings_job(
            project, classifier, asked.model, asked.video_ids, asked.sliding, load
        )
        return _outcome(project, asked, done)
    clips = list(asked.clip_ids)
    if asked.scope != "selected":
        # Bouts that a model found are answers already.
        bouts = untouched(project)
        clips = [clip for clip in clips if clip not in bouts]
    if not clips:
        raise ClassifierError("There are no such clips to apply the model to. Choose others.")
    said = yield from predict_clips_job(project, classifier, asked.model, clips, load)
    return _outcome(project, asked, Applied(clips=said, failed=dict(said.failed)))


def loaded_for(
    project: Project, loaded: LoadedFeatures, address: Address, classifier: TrainedClassifier
) -> "FeatureSet":
    """Return the features that a classifier reads; the network, where it is needed, is cached for the next time.

    Raises
    ------
    ActionDiffError
        There is no such backbone, or it gives other features.
    """
    from actiondiff_gui.workflow import features_of_classifier

    try:
        return features_of_classifier(project, classifier, None, address.device, loaded.backbone)
    except ActionDiffError:
        if address.backbone == classifier.address.backbone:
            raise
        # The session may know the backbone by the folder it lies in.
        return features_of_classifier(project, classifier, address.backbone, address.device, loaded.backbone)


def _outcome(project: Project, asked: Asked, done: Applied) -> Outcome:
    parts = []
    if done.added:
        parts.append(f"{_count(done.added, 'video')} added")
    if done.clips is not None:
        parts.append(f"{_count(len(done.clips), 'clip')} predicted")
    if done.bouts or asked.scope in ("video", "recordings"):
        bouts = sum(map(len, done.bouts.values()))
        parts.append(f"{_count(bouts, 'bout')} in {_count(len(done.bouts), 'recording')}")
    if done.touched:
        stay = "stays as it is" if done.touched == 1 else "stay as they are"
        parts.append(f"{_count(done.touched, 'bout')} that you had edited {stay}")
    if done.failed:
        parts.append(f"{len(done.failed)} failed")
    text = f"{asked.model}: {', '.join(parts)}."
    return Outcome(text, tuple(dict.fromkeys(done.failed.values())), ClipTable.read(project))


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def usual_sliding(lengths: Sequence[float]) -> Sliding:
    """Return the default sliding window for clips of these lengths in seconds: as long as at least half of them."""
    if not lengths:
        return Sliding()
    middle = sorted(lengths)[len(lengths) // 2]
    window = round(min(max(middle, 0.5), 20.0), 1)
    return Sliding(window=window, hop=round(max(window / 5, 0.1), 1))
