"""Clips that resemble others, by their stored features: no network is loaded.

From some clips, or from a moment of a recording, to the nearest clips of all recordings, of other domains only, or only those
that are labelled otherwise ("hard negatives": near, and a model that goes by these features will confuse them).
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from actiondiff_gui.embedding.nearest import VectorIndex
from actiondiff_gui.embedding.vectors import clip_vectors_job
from actiondiff_gui.errors import AnalysisError, DamagedFeaturesError, FeatureStoreError
from actiondiff_gui.features.dataset import clip_sources
from actiondiff_gui.features.feature_set import FeatureSet
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.facets import is_excluded
from actiondiff_gui.project.records import Clip
from actiondiff_gui.settings import Setting, check

MOMENT_SECONDS = 0.5
"""A moment is the mean of the tokens up to so far before and after it."""


@dataclass(frozen=True)
class SimilarSettings:
    """Which similar clips are found.

    Raises
    ------
    AnalysisError
        A value makes no sense.
    """

    count: Annotated[int, Setting("clips", "How many clips are found at most", 1, 10_000)] = 60
    other_domains: Annotated[
        bool, Setting("other domains", "Only clips of other domains than the asked ones")
    ] = False
    labelled_otherwise: Annotated[
        bool,
        Setting("labelled otherwise", "Only clips that are labelled and share no label with the asked ones"),
    ] = False

    def __post_init__(self) -> None:
        check(self, AnalysisError)


@dataclass(frozen=True)
class Moment:
    """A moment of a recording: a video's id and a frame of it."""

    video_id: str
    frame: int


@dataclass(frozen=True)
class Similar:
    """Clips found, nearest first.

    Attributes
    ----------
    clip_ids : tuple of str
        ``[k]``.
    distances : ndarray
        ``[k]`` float64, cosine distance of standardised features to the nearest asked clip: 0 alike, 1 unrelated.
    asked : tuple of str
        The clips that were asked for and have features; for a moment the clip that it lies in.
    searched : int
        How many clips were searched.
    missing : int
        How many clips have no features at this address and could not be found.
    exact : bool
        Whether these are certainly the nearest.
    """

    clip_ids: tuple[str, ...]
    distances: np.ndarray
    asked: tuple[str, ...]
    searched: int
    missing: int
    exact: bool


def similar_job(
    features: FeatureSet,
    asked: Sequence[str] | Moment,
    settings: SimilarSettings | None = None,
    domain: str | None = None,
    exact: bool | None = None,
) -> Job[Similar]:
    """Find the clips that are most similar to some clips, or to a moment of a recording.

    Left out are the asked clips, clips that overlap one of them in its recording, and excluded clips.

    Parameters
    ----------
    features : FeatureSet
        Where the features are read.
    asked : sequence of str, or Moment
        Ids of clips; bouts are clips too.
    settings : SimilarSettings, optional
    domain : str, optional
        Metadata field that is the domain; by default the project's.
    exact : bool, optional
        As for :class:`~actiondiff_gui.embedding.nearest.VectorIndex`.

    Raises
    ------
    AnalysisError
        There is no domain, or no label, that others could differ from.
    FeatureStoreError
        What was asked for has no features at this address.
    """
    settings, project = settings or SimilarSettings(), features.project
    ids, _, vectors, _, missing = yield from clip_vectors_job(project, features.store, features.reading, None)
    yield Progress(0, 0, "comparing clips")
    clips = {clip.id: clip for clip in project.clips()}
    row_of = {clip: row for row, clip in enumerate(ids)}
    if isinstance(asked, Moment):
        origin, queries = _moment(features, asked, clips, row_of)
        spans = [(asked.video_id, asked.frame, asked.frame + 1)]
    else:
        origin = tuple(clip for clip in asked if clip in row_of)
        if not origin:
            raise FeatureStoreError(
                f"{'The clip has' if len(asked) == 1 else 'The clips have'} no features of {features.backbone} at "
                f"{features.reading}. Compute them first (Features tab, or actiondiff-gui extract)."
            )
        queries = vectors[[row_of[clip] for clip in origin]]
        spans = [(clips[i].video_id, clips[i].start, clips[i].end) for i in origin]
    allowed = np.array([_free(clips[i], spans) for i in ids], bool)
    if settings.other_domains:
        allowed &= _elsewhere(features, domain, clips, ids, origin)
    if settings.labelled_otherwise:
        allowed &= _otherwise(features, ids, origin)
    found = VectorIndex(vectors, exact).nearest(queries, settings.count, allowed)
    names = tuple(ids[place] for place in found.places)
    return Similar(names, found.distances, origin, int(allowed.sum()), len(missing), found.exact)


def _free(clip: Clip, spans: Sequence[tuple[str, int, int]]) -> bool:
    """Return whether a clip may be found: it is not excluded, and shows no frame that was asked for."""
    shared = any(
        clip.video_id == video and clip.start < end and start < clip.end for video, start, end in spans
    )
    return not shared and not is_excluded(clip.facets)


def _elsewhere(
    features: FeatureSet,
    domain: str | None,
    clips: dict[str, Clip],
    ids: Sequence[str],
    origin: Sequence[str],
) -> np.ndarray:
    facet = domain or features.project.domain_facet
    here = {clips[i].facets.get(facet, "") for i in origin} - {""} if facet else set()
    if not here:
        raise AnalysisError(
            "What was asked for has no domain that others could differ from. Choose the domain in the address bar (--domain), "
            "and set it for these clips."
        )
    return np.array([clips[i].facets.get(facet or "", "") not in {"", *here} for i in ids], bool)


def _otherwise(features: FeatureSet, ids: Sequence[str], origin: Sequence[str]) -> np.ndarray:
    _, matrix = features.project.label_matrix(ids)
    rows = [row for row, clip in enumerate(ids) if clip in set(origin)]
    shown = (matrix[rows] == 1).any(axis=0)
    if not shown.any():
        raise AnalysisError(
            "What was asked for is not labelled, so nothing is labelled otherwise. Label it first."
        )
    found: np.ndarray = (matrix == 1).any(axis=1) & ~(matrix[:, shown] == 1).any(axis=1)
    return found


def _moment(
    features: FeatureSet, at: Moment, clips: dict[str, Clip], row_of: dict[str, int]
) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the shortest clip with features that a moment lies in, and the mean of its tokens around it ``[1, C]``."""
    video = features.project.video(at.video_id)
    there = [
        clip
        for clip in clips.values()
        if clip.video_id == at.video_id and clip.start <= at.frame < clip.end and clip.id in row_of
    ]
    for clip in sorted(there, key=lambda clip: clip.end - clip.start):
        (source,) = clip_sources(features.project, [clip.id])
        with contextlib.suppress(DamagedFeaturesError):
            tokens, frames = features.store.read_at(source.key, features.reading)
            away = np.abs(np.asarray(frames) - at.frame)
            near = away <= max(MOMENT_SECONDS * video.fps, away.min())
            return (clip.id,), tokens[near].astype(np.float32).mean(axis=0, keepdims=True)
    raise FeatureStoreError(
        f"No clip with features of {features.backbone} at {features.reading} covers frame {at.frame} of {video.path.name}. "
        "Compute features of a clip there first (Features tab, or actiondiff-gui extract)."
    )
