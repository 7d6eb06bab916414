"""Prediction of a folder of videos, which are added to the project."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from actiondiff_gui.classifier.bouts import Bout
from actiondiff_gui.classifier.models.trained import TrainedClassifier
from actiondiff_gui.errors import ActionDiffError, FeatureWriteError, ProjectError
from actiondiff_gui.inference.bouts import keep_bouts
from actiondiff_gui.inference.clips import ClipPredictions, predict_clips_job
from actiondiff_gui.inference.origin import Loader
from actiondiff_gui.inference.recordings import RecordingBouts, Sliding, predict_video_job
from actiondiff_gui.progress import Job, Progress, told
from actiondiff_gui.project.formats.imports.measure import VIDEO_SUFFIXES
from actiondiff_gui.project.formats.imports.videos import CLIP_SECONDS, import_videos
from actiondiff_gui.project.project import Project


@dataclass
class Applied:
    """What came of applying a classifier.

    Attributes
    ----------
    clips : ClipPredictions or None
    bouts : dict of str to list of Bout
        What was found in each recording, by the id of its video.
    changed : list of str
        Ids of the videos in which bouts were kept.
    touched : int
        Bouts that stay as a person wants them.
    failed : dict of str to str
        For each clip or video without an answer, why.
    added : int
        Videos that are new in the project.
    """

    clips: ClipPredictions | None = None
    bouts: dict[str, list[Bout]] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    touched: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    added: int = 0


def recordings(project: Project) -> list[str]:
    """Return the ids of the videos that are recordings: too long to be one clip."""
    return [v.id for v in project.videos() if v.frame_count > CLIP_SECONDS * v.fps]


def apply_to_recordings_job(
    project: Project,
    classifier: TrainedClassifier,
    by: str,
    video_ids: Sequence[str],
    sliding: Sliding,
    load: Loader | None = None,
    applied: Applied | None = None,
) -> Job[Applied]:
    """Find bouts in recordings and keep them as predictions of ``by``; a recording that fails is skipped.

    Raises
    ------
    FeatureWriteError
        If nothing more can be kept.
    """
    applied = applied or Applied()
    names = {video.id: video.path.name for video in project.videos()}
    for number, video in enumerate(video_ids):
        try:
            found: RecordingBouts = yield from _named(
                predict_video_job(project, classifier, video, sliding, load),
                f"{names[video]} ({number + 1} of {len(video_ids)})" if len(video_ids) > 1 else names[video],
                applied,
            )
        except FeatureWriteError:
            raise
        except ActionDiffError as error:
            applied.failed[video] = f"{names[video]}: {error}"
            continue
        bouts = found.found(sliding)
        kept = keep_bouts(project, video, bouts, by, sliding.to_dict())
        applied.bouts[video] = bouts
        applied.changed.append(video)
        applied.touched += kept.touched
    return applied


def apply_to_folder_job(
    project: Project,
    classifier: TrainedClassifier,
    by: str,
    folder: Path,
    sliding: Sliding,
    load: Loader | None = None,
) -> Job[Applied]:
    """Predict all videos in a folder and the folders in it.

    Videos that the project does not have are added. Those of up to a minute are clips and get predictions as such; in
    longer ones bouts are found.

    Raises
    ------
    ProjectError
        If there is no video in it.
    """
    folder = Path(folder)
    files = videos_in(folder)
    if not files:
        raise ProjectError(f"There is no video in {folder}. Choose another folder.")
    before = {video.id for video in project.videos()}
    report = yield from import_videos(project, files)
    applied = Applied(failed={str(p.file): str(p) for p in report.problems})
    known = {video.path: video for video in project.videos()}
    applied.added = len({video.id for video in known.values()} - before)
    here = [known[path] for path in (p.resolve() for p in files) if path in known]
    long = [video.id for video in here if video.frame_count > CLIP_SECONDS * video.fps]
    short = {video.id for video in here} - set(long)
    clips = [clip.id for clip in project.clips() if clip.video_id in short]
    if clips:
        applied.clips = yield from predict_clips_job(project, classifier, by, clips, load)
        applied.failed |= applied.clips.failed
    yield from apply_to_recordings_job(project, classifier, by, long, sliding, load, applied)
    return applied


def videos_in(folder: Path) -> list[Path]:
    """Video files in a folder and the folders in it, sorted; hidden ones are left out.

    Raises
    ------
    ProjectError
        If it is no folder, or cannot be read.
    """
    if not folder.is_dir():
        raise ProjectError(f"{folder} is no folder. Choose one that holds videos.")
    try:
        found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in VIDEO_SUFFIXES)
    except OSError as error:
        raise ProjectError(f"The folder {folder} cannot be read ({error.strerror or error}).") from error
    return [path for path in found if path.is_file() and not path.name.startswith(".")]


def _named(job: Job[RecordingBouts], name: str, applied: Applied) -> Job[RecordingBouts]:
    def named(inner: Progress) -> Progress:
        failed = (*applied.failed.values(), *inner.failed)
        return Progress(inner.done, inner.total, f"{name}: {inner.message}", failed)

    return told(job, named)
