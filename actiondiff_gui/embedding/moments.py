"""Moments of a recording: one feature vector for each token along it.

A token stands for a fraction of a second. A recording whose whole length was computed (by applying a model to it, or for its map
of moments) has tokens from end to end; another has those of its clips.
"""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from actiondiff_gui.errors import DamagedFeaturesError, FeatureStoreError
from actiondiff_gui.features.dataset import clip_sources
from actiondiff_gui.features.feature_set import FeatureSet
from actiondiff_gui.features.recordings import recording_pieces, recording_tokens_job, whole_video
from actiondiff_gui.progress import Job, Progress

MOST = 20_000
"""Moments of one recording; of more every second, third, ... is taken."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Moments of one recording, in the order of time.

    Attributes
    ----------
    video_id : str
    frames : ndarray
        ``[N]`` int64, the frame that each stands for.
    vectors : ndarray
        ``[N, C]`` float32.
    whole : bool
        Whether they run from the first frame to the last, and not only over clips.
    step : float
        Usual distance of two moments, in frames.
    """

    video_id: str
    frames: np.ndarray
    vectors: np.ndarray
    whole: bool
    step: float

    def __len__(self) -> int:
        return len(self.frames)


def recording_moments_job(features: FeatureSet, video_id: str, compute: bool = False) -> Job[Moments]:
    """Read the moments of a recording of the project.

    Parameters
    ----------
    features : FeatureSet
        Where the features are read.
    video_id : str
    compute : bool
        Whether the whole recording is computed where it was not yet; otherwise the features of its clips are taken.

    Raises
    ------
    FeatureStoreError
        There are no features of it, or they cannot be computed.
    """
    whole = whole_video(features.project, video_id)
    yield Progress(0, 0, f"reading features of {whole.path.name}")
    store, reading = features.store, features.reading
    complete = compute or all(store.sound_at(p.key, reading) for p in recording_pieces(store, whole))
    if complete:
        tokens, frames = yield from recording_tokens_job(store, whole, reading, lambda: features)
    else:
        tokens, frames = _of_clips(features, video_id)
    frames, vectors = _each_frame_once(np.asarray(frames), np.asarray(tokens, np.float32))
    every = -(-len(frames) // MOST)
    frames, vectors = frames[::every], vectors[::every]
    step = float(np.median(np.diff(frames))) if len(frames) > 1 else 1.0
    return Moments(video_id, frames, vectors, complete, step)


def _of_clips(features: FeatureSet, video_id: str) -> tuple[np.ndarray, np.ndarray]:
    project, store, reading = features.project, features.store, features.reading
    ids = [clip.id for clip in project.clips(video_id=video_id)]
    found = []
    for source in clip_sources(project, ids):
        with contextlib.suppress(DamagedFeaturesError):
            if (read := store.find_at(source.key, reading)) is not None:
                found.append(read)
    if not found:
        raise FeatureStoreError(
            f"{project.video(video_id).path.name} has no features of {features.backbone} at {reading}. Compute its "
            "features first."
        )
    tokens, frames = (np.concatenate(each) for each in zip(*found, strict=True))
    return tokens, frames


def _each_frame_once(frames: np.ndarray, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the frames in order, each once, with the mean of its vectors: clips may overlap."""
    frames = np.rint(frames).astype(np.int64)
    once, place, count = np.unique(frames, return_inverse=True, return_counts=True)
    sums = np.zeros((len(once), vectors.shape[1]), np.float64)
    np.add.at(sums, place, vectors)
    return once, (sums / count[:, None]).astype(np.float32)


def stretches(
    frames: np.ndarray, chosen: Iterable[int], step: float, end: int, gap: int = 2
) -> list[tuple[int, int]]:
    """Return the stretches of a recording that chosen moments make up, as frames from a first up to one after the last.

    A moment stands for its frame and those up to the next moment. Chosen moments become one stretch across up to ``gap`` that
    were not chosen.

    Parameters
    ----------
    frames : ndarray
        ``[N]`` frames of all moments, rising.
    chosen : iterable of int
        Indices of moments.
    step : float
        Usual distance of two moments in frames.
    end : int
        Frames of the recording.
    gap : int
    """
    order = np.unique(np.fromiter(chosen, np.int64))
    if not len(order):
        return []
    # Moments far apart are of different clips, even where they are neighbours in the list.
    apart = (np.diff(order) > gap + 1) | (np.diff(frames[order]) > (gap + 1.5) * step)
    runs = np.split(order, np.flatnonzero(apart) + 1)
    starts = [int(frames[run[0]]) for run in runs]
    ends = [int(frames[run[-1]]) + max(1, round(step)) for run in runs]
    return [(start, min(stop, end)) for start, stop in zip(starts, ends, strict=True)]
