"""Batches of clips of different lengths: subsampling, normalisation and padding."""

from collections.abc import Sequence

import numpy as np

from actiondiff_gui.errors import ClassifierError


def check_clips(clip_ids: Sequence[str], tokens: Sequence[np.ndarray], channels: int | None = None) -> int:
    """Return the number of channels that all clips share.

    Parameters
    ----------
    clip_ids : sequence of str
        Ids of the clips, for the error.
    tokens : sequence of ndarray
        ``[L, C]`` each.
    channels : int, optional
        The channels they must have.

    Raises
    ------
    ClassifierError
        A clip has no tokens, other channels, or values that are not finite.
    """
    for clip, token in zip(clip_ids, tokens, strict=True):
        if token.ndim != 2 or 0 in token.shape:
            raise ClassifierError(
                f"Clip {clip} has no tokens (their shape is {list(token.shape)}): extract its features again."
            )
        if channels is None:
            channels = token.shape[1]
        if token.shape[1] != channels:
            raise ClassifierError(
                f"Clip {clip} has tokens of {token.shape[1]} channels where {channels} are expected: clips "
                "of different layers or backbones cannot be mixed. Choose one feature address for all."
            )
        if not np.isfinite(token).all():
            raise ClassifierError(
                f"The features of clip {clip} hold values that are not numbers (NaN or infinity): extract "
                "them again, in bfloat16 or float32 where float16 was used."
            )
    return channels or 0


def shorten(tokens: np.ndarray, max_tokens: int) -> np.ndarray:
    """At most ``max_tokens`` of the tokens [L, C]: evenly spaced, the first and the last among them."""
    if len(tokens) <= max_tokens:
        return tokens
    read: np.ndarray = tokens[np.round(np.linspace(0, len(tokens) - 1, max_tokens)).astype(int)]
    return read


def pad(tokens: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Batch ``[B, L, C]`` float32, zero after the end of each clip, and mask ``[B, L]``, True if real."""
    batch = np.zeros((len(tokens), max(map(len, tokens)), tokens[0].shape[1]), np.float32)
    mask = np.zeros(batch.shape[:2], bool)
    for row, token in enumerate(tokens):
        batch[row, : len(token)] = token
        mask[row, : len(token)] = True
    return batch, mask
