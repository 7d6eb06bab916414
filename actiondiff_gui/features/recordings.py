"""Tokens along a whole recording, computed in pieces that are kept like the features of clips."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from actiondiff_gui.backbones.reading import Reading
from actiondiff_gui.errors import FeatureStoreError
from actiondiff_gui.features.clips import ClipSource, pieces
from actiondiff_gui.features.extraction import plan
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.progress import Job
from actiondiff_gui.project.project import Project

if TYPE_CHECKING:
    from actiondiff_gui.features.feature_set import FeatureSet

PIECE_SECONDS = 60.0
"""A recording is computed in pieces of at most this length."""


def whole_video(project: Project, video_id: str) -> ClipSource:
    """Return all frames of a project's video."""
    video = project.video(video_id)
    return ClipSource(video.path.name, video.path, video.fingerprint, 0, video.frame_count, video.fps)


def recording_pieces(store: TokenStore, whole: ClipSource) -> list[ClipSource]:
    """Cut ``whole`` into the pieces in which ``store`` keeps it."""
    kept = store.provenance.values
    longest = min(PIECE_SECONDS, kept.get("max_seconds") or PIECE_SECONDS)
    return pieces(whole, int(kept["stride"]), int(kept["window"]), longest)


def recording_tokens_job(
    store: TokenStore,
    whole: ClipSource,
    reading: Reading,
    load: "Callable[[], FeatureSet] | None" = None,
) -> Job[tuple[np.ndarray, np.ndarray]]:
    """Read the tokens of a whole recording ``[N, C]`` and the frames that they stand for ``[N]``.

    Parameters
    ----------
    load : callable, optional
        Gives the features that compute pieces which are missing; without it a missing one is an error.

    Raises
    ------
    FeatureStoreError
        Features are missing and there is no ``load``, or they cannot be computed.
    """
    return (yield from tokens_job(recording_pieces(store, whole), store, reading, load))


def tokens_job(
    parts: Sequence[ClipSource],
    store: TokenStore,
    reading: Reading,
    load: "Callable[[], FeatureSet] | None" = None,
) -> Job[tuple[np.ndarray, np.ndarray]]:
    """Read the tokens of stretches of videos, one after the other; see :func:`recording_tokens_job`."""
    lacking = [part for part in parts if not store.sound_at(part.key, reading)]
    if lacking:
        if load is None:
            raise FeatureStoreError(f"The features of {lacking[0].path.name} have not been computed.")
        features = load()
        units = plan(
            lacking, features.description, store, [reading.timestep], reading.layers, reading.pooling
        )
        report = yield from features.extract_job(units)
        if report.failed:
            raise FeatureStoreError(next(iter(report.failed.values())))
    read = [store.read_at(part.key, reading) for part in parts]
    tokens, at = (np.concatenate(each) for each in zip(*read, strict=True))
    return tokens, at
