"""What do features without a network say? Pixels and optical-flow energy, in the shape of a backbone.

They go through the same extraction, store, splits and heads as the network's features.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from actiondiff_gui.backbones.protocol import NO_TIMESTEP, EncodeSettings, Layer, Timestep
from actiondiff_gui.backbones.svd_inputs import resize_frames

SIZE, GRID = 64, 8
SIZES = (0.0, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.5, 7.0, np.inf)
"""Bins of the length of a flow vector, pixels per frame at 64 x 64."""
DIRECTIONS = 8
RADIUS = 5
"""Half-width in pixels of the window in which the flow is taken as constant."""
WARPS = 4
"""Refinements at each scale: with scikit-image's 10 warped frames are no nearer to the next ones (mean error 0.030)."""


class _PlainBackbone:
    """What both have in common: a grid of 64 x 64 pixels, one layer, no noise.

    Parameters
    ----------
    window : int
        Frames of a window. Shorter windows would be filled up with black, and flow to black frames is no flow.
    """

    id = ""
    channels = 0
    stride, multiple = 4, 1
    resolution = (SIZE, SIZE)
    schedule: tuple[Timestep, ...] = ()
    default_timestep, default_layer = NO_TIMESTEP, 1
    device, precision, digest = "cpu", "float32", ""

    def __init__(self, window: int = 16) -> None:
        self.window = window

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The only layer."""
        return (Layer(1, self.id, self.channels, SIZE),)

    def encode(self, frames: np.ndarray, seeds: Sequence[int], settings: EncodeSettings) -> np.ndarray:
        """Colours ``[B, T, 64, 64, 3]`` float32 in [0, 1] of uint8 windows ``[B, T, H, W, 3]``."""
        resized = [resize_frames(torch.from_numpy(window), settings.resolution) for window in frames]
        return ((torch.stack(resized) + 1) / 2).movedim(2, -1).numpy()

    def features(self, encoded: np.ndarray, timestep: Timestep, layers: Sequence[int]) -> dict[int, Tensor]:
        """The tokens as a map of one cell, ``[B, T, C, 1, 1]``."""
        tokens = np.stack([self.tokens(window) for window in encoded]).astype(np.float32)
        return {1: torch.from_numpy(tokens)[..., None, None]}

    def tokens(self, frames: np.ndarray) -> np.ndarray:
        """Tokens ``[T, C]`` of one window of colours ``[T, H, W, 3]``."""
        raise NotImplementedError


class PixelBackbone(_PlainBackbone):
    """Mean colours of 8 x 8 cells."""

    id, digest, channels = "pixels", "pixels-1", 3 * GRID * GRID

    def tokens(self, frames: np.ndarray) -> np.ndarray:
        """``[T, 192]``."""
        return by_cell(frames).reshape(len(frames), -1)


class FlowBackbone(_PlainBackbone):
    """Optical-flow energy: how much moves where (8 x 8 cells), how fast (10 bins), which way (8 bins)."""

    id, digest, channels = "flow", "flow-1", GRID * GRID + len(SIZES) - 1 + DIRECTIONS + 1

    def tokens(self, frames: np.ndarray) -> np.ndarray:
        """``[T, 83]``; the last frame of a window says the same as the one before."""
        return flow_energy(optical_flow(frames))


def by_cell(values: np.ndarray) -> np.ndarray:
    """Means of ``[T, H, W, ...]`` over 8 x 8 cells, ``[T, 8, 8, ...]``."""
    t, height, width = values.shape[:3]
    cells = values.reshape(t, GRID, height // GRID, GRID, width // GRID, *values.shape[3:])
    return cells.mean(axis=(2, 4))


def optical_flow(frames: np.ndarray) -> np.ndarray:
    """Flow from each frame to the next, ``[T, H, W, 2]`` (x, y) in pixels; the last is repeated.

    The iterative Lucas-Kanade method (Le Besnerais and Champagnat 2005) as scikit-image has it.
    """
    from skimage.registration import optical_flow_ilk

    grey = frames @ np.array([0.299, 0.587, 0.114], np.float32)
    if len(grey) < 2:
        return np.zeros((*grey.shape, 2), np.float32)
    # A moving flat patch has no gradient; the method then divides by nearly 0.
    flows = [
        np.nan_to_num(
            np.stack(optical_flow_ilk(a, b, radius=RADIUS, num_warp=WARPS)[::-1], axis=-1), posinf=0, neginf=0
        )
        for a, b in pairwise(grey)
    ]
    bound = max(grey.shape[1:]) / 2
    return np.clip(np.stack([*flows, flows[-1]]), -bound, bound).astype(np.float32)


def flow_energy(flow: np.ndarray) -> np.ndarray:
    """Tokens ``[T, 83]`` of a flow ``[T, H, W, 2]``: energy is the squared length, told on a root scale."""
    length = np.hypot(flow[..., 0], flow[..., 1])
    energy = length**2
    where = np.sqrt(by_cell(energy)).reshape(len(flow), -1)
    share = np.stack([np.histogram(one, SIZES)[0] for one in length]) / length[0].size
    angle = np.floor((np.arctan2(flow[..., 1], flow[..., 0]) / (2 * np.pi) % 1.0) * DIRECTIONS)
    pixels = energy[0].size
    way = np.stack([(energy * (angle == d)).sum(axis=(1, 2)) for d in range(DIRECTIONS)], axis=1) / pixels
    total = np.sqrt(energy.mean(axis=(1, 2)))[:, None]
    return np.concatenate([where, share, np.sqrt(way), total], axis=1)
