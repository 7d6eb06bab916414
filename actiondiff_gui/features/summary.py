"""Summary of a clip's tokens as one vector."""

from collections.abc import Sequence

import numpy as np

from actiondiff_gui.errors import AnalysisError
from actiondiff_gui.features.tokens import TokenSet

SUMMARIES = ("mean", "mean+std", "mean+std+absdiff")
"""What :func:`summarise` can take over time: the mean, the standard deviation, and the mean absolute
difference between tokens that follow each other."""


def summarise(tokens: TokenSet, kind: str = "mean") -> np.ndarray:
    """One vector per clip from its tokens, whatever its length.

    Parameters
    ----------
    tokens : TokenSet
        Tokens ``[L, C]`` of N clips.
    kind : str
        One of :data:`SUMMARIES`; parts stand one after the other along the channels. A clip of a
        single token has no spread and no change: its last two parts are 0.

    Returns
    -------
    ndarray
        ``[N, C]``, ``[N, 2 C]`` or ``[N, 3 C]`` float32.

    Raises
    ------
    AnalysisError
        If there are no clips, if a clip has no tokens or other channels than the first, or if a
        value is not finite.
    """
    if kind not in SUMMARIES:
        raise AnalysisError(f"There is no summary called {kind!r}; choose one of {', '.join(SUMMARIES)}.")
    if not len(tokens):
        raise AnalysisError("There are no clips to summarise. Extract features of some clips first.")
    channels = tokens.tokens[0].shape[-1]
    for clip_id, clip in zip(tokens.clip_ids, tokens.tokens, strict=True):
        if clip.ndim != 2 or clip.shape[1] != channels or not len(clip):
            raise AnalysisError(
                f"The features of clip {clip_id} have the shape {clip.shape}, where [tokens, {channels}] "
                "with at least one token was expected. Extract this clip again."
            )
        if not np.isfinite(clip).all():
            raise AnalysisError(
                f"The features of clip {clip_id} hold values that are not finite. Extract this clip again "
                "in bfloat16 or float32, or leave it out."
            )
    return summary_vectors(tokens.tokens, kind)


def summary_vectors(tokens: Sequence[np.ndarray], kind: str = "mean") -> np.ndarray:
    """:func:`summarise` for token arrays ``[L, C]`` that were checked before."""
    # Row by row into one array: joining very many small ones at once would stop every other thread of Python for as long.
    width = tokens[0].shape[1] * (1 + ("std" in kind) + ("absdiff" in kind))
    vectors = np.empty((len(tokens), width), np.float32)
    for vector, clip in zip(vectors, tokens, strict=True):
        clip = clip.astype(np.float64)
        parts = [clip.mean(axis=0)]
        if "std" in kind:
            parts.append(clip.std(axis=0))
        if "absdiff" in kind:
            steps = np.abs(np.diff(clip, axis=0))
            parts.append(steps.mean(axis=0) if len(steps) else np.zeros(clip.shape[1]))
        vector[:] = np.concatenate(parts)
    return vectors
