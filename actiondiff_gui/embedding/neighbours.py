"""Clips that resemble others, by their stored features: no network is loaded.

From some clips, from a moment of a recording, or from a box on its picture, to the nearest clips or moments of all recordings, of
other domains only, or only those that are labelled otherwise ("hard negatives": near, and a model that goes by these features
will confuse them). Only for a box a network is run: what is in it has no features yet.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np

from actiondiff_gui.embedding.nearest import VectorIndex
from actiondiff_gui.embedding.vectors import clip_vectors_job
from actiondiff_gui.errors import AnalysisError, DamagedFeaturesError, FeatureStoreError
from actiondiff_gui.features.dataset import clip_sources
from actiondiff_gui.features.feature_set import FeatureSet
from actiondiff_gui.features.recordings import tokens_job, whole_video
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.facets import is_excluded
from actiondiff_gui.project.records import Clip
from actiondiff_gui.settings import Setting, check

_AT_ONCE = 64
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

    moments: Annotated[
        bool,
        Setting("moments", "Compare each clip by its most similar moment, not by the mean of its features"),
    ] = False

    def __post_init__(self) -> None:
        check(self, AnalysisError)


@dataclass(frozen=True)
class Moment:
    """A moment of a recording, or what is in a box at that moment.

    Attributes
    ----------
    video_id : str
    frame : int
    box : tuple of int, optional
        x, y, width, height in pixels of the upright frame.
    """

    video_id: str
    frame: int
    box: tuple[int, int, int, int] | None = None


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
        The clips that were asked for and have features; for a moment the clip that it lies in, for a box none.
    searched : int
        How many clips were searched.
    missing : int
        How many clips have no features at this address and could not be found.
    exact : bool
        Whether these are certainly the nearest.
    frames : tuple of int
        ``[k]`` frame of the most similar moment of each clip; empty where clips were compared by their means.
    """

    clip_ids: tuple[str, ...]
    distances: np.ndarray
    asked: tuple[str, ...]
    searched: int
    missing: int
    exact: bool
    frames: tuple[int, ...] = ()


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
    clips = {clip.id: clip for clip in project.clips()}
    row_of = {clip: row for row, clip in enumerate(ids)}
    if isinstance(asked, Moment):
        origin: tuple[str, ...] = ()
        if asked.box is not None:
            queries = yield from _box_job(features, asked)
        else:
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
        where = origin or _there(clips, spans[0])
        allowed &= _elsewhere(features, domain, clips, ids, where)
    if settings.labelled_otherwise:
        allowed &= _otherwise(features, ids, origin or _there(clips, spans[0]))
    if not settings.moments:
        yield Progress(0, 0, "comparing clips")
        found = VectorIndex(vectors, exact).nearest(queries, settings.count, allowed)
        names = tuple(ids[place] for place in found.places)
        return Similar(names, found.distances, origin, int(allowed.sum()), len(missing), found.exact)
    owners, frames, vectors = yield from _moments_job(features, ids)
    yield Progress(0, 0, "comparing moments")
    index = VectorIndex(vectors, exact)
    # The nearest moments may all be of a few clips.
    wanted, places = settings.count, np.zeros(0, np.int64)
    while True:
        found = index.nearest(queries, wanted, allowed[owners])
        _, first = np.unique(owners[found.places], return_index=True)
        places = np.sort(first)[: settings.count]
        if len(places) == settings.count or len(found.places) < wanted:
            break
        wanted *= 4
    of = found.places[places]
    return Similar(
        tuple(ids[row] for row in owners[of]),
        found.distances[places],
        origin,
        int(allowed.sum()),
        len(missing),
        found.exact,
        tuple(frames[of].tolist()),
    )


def _there(clips: dict[str, Clip], span: tuple[str, int, int]) -> tuple[str, ...]:
    """Return the clips of the recording of ``span`` that hold its first frame; all of the recording where none does."""
    video, frame, _ = span
    of_video = [clip for clip in clips.values() if clip.video_id == video]
    return tuple(c.id for c in of_video if c.start <= frame < c.end) or tuple(c.id for c in of_video)


def _moments_job(features: FeatureSet, ids: Sequence[str]) -> Job[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return the moments of clips: row of the clip in ``ids`` ``[M]``, frame in the middle ``[M]``, mean features ``[M, C]``.

    A clip is cut into moments of about twice :data:`MOMENT_SECONDS`.
    """
    owners, middles, rows = [], [], []
    row_of = {clip: row for row, clip in enumerate(ids)}
    for done, source in enumerate(clip_sources(features.project, ids)):
        with contextlib.suppress(DamagedFeaturesError, FileNotFoundError):
            tokens, frames = features.store.read_at(source.key, features.reading)
            seconds = (source.end - source.start) / source.fps
            parts = max(1, min(len(frames), round(seconds / (2 * MOMENT_SECONDS))))
            for part in np.array_split(np.arange(len(frames)), parts):
                owners.append(row_of[source.id])
                middles.append(int(frames[part[len(part) // 2]]))
                rows.append(np.asarray(tokens[part], np.float32).mean(axis=0))
        if done % _AT_ONCE == 0:
            yield Progress(done, len(ids), "reading moments")
    return np.array(owners, np.int64), np.array(middles, np.int64), np.stack(rows)


def _box_job(features: FeatureSet, at: Moment) -> Job[np.ndarray]:
    """Return the mean features ``[1, C]`` of what is in a box at a moment: of one window around it, computed where needed."""
    whole = whole_video(features.project, at.video_id)
    kept = features.store.provenance.values
    length = int(kept["window"]) * int(kept["stride"])
    start = max(0, min(at.frame - length // 2, whole.end - length))
    window = replace(whole, start=start, end=min(whole.end, start + length), roi=at.box)
    tokens, _ = yield from tokens_job([window], features.store, features.reading, lambda: features)
    mean: np.ndarray = tokens.astype(np.float32).mean(axis=0, keepdims=True)
    return mean


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
