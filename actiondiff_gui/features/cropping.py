"""Cropping of a clip to its region of interest, before it goes to the network."""

import numpy as np

from actiondiff_gui.errors import FeatureStoreError
from actiondiff_gui.features.clips import ClipSource


def crop(frames: np.ndarray, clip: ClipSource) -> np.ndarray:
    """Cut the clip's region of interest out of frames ``[T, H, W, 3]``.

    Raises
    ------
    FeatureStoreError
        If the region lies outside the picture.
    """
    if clip.roi is None:
        return frames
    x, y, width, height = clip.roi
    left, top = max(0, x), max(0, y)
    part = frames[:, top : max(0, y + height), left : max(0, x + width)]
    if not part.size:
        raise FeatureStoreError(
            f"The region of interest of clip {clip.id} lies outside the picture of {clip.path} "
            f"({frames.shape[2]} x {frames.shape[1]} pixels). Draw it again."
        )
    return part
