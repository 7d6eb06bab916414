"""Pixels and frame differences as two backbones without a network."""

import hashlib
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from actiondiff_gui.backbones.protocol import NO_TIMESTEP, EncodeSettings, Layer, Timestep, check_layers
from actiondiff_gui.errors import BackboneError

VERSION = 1
"""To be raised when they see otherwise than before."""
FIELDS, COARSE = 8, 4
"""Fields along each side of the picture, and of the finer question which way things move."""
GREY = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in brightness (ITU-R BT.601)."""


class SimpleBackbone:
    """What the controls without a network share: small pictures, no noise, no weights."""

    window, stride, multiple = 16, 4, 8
    resolution = (64, 64)
    schedule: tuple[Timestep, ...] = ()
    default_timestep, default_layer = NO_TIMESTEP, 1
    precision = "float32"
    id = ""
    layers: tuple[Layer, ...] = ()

    def __init__(self, device: str = "cpu") -> None:
        self.device, self.digest = device, hashlib.sha256(f"{self.id} {VERSION}".encode()).hexdigest()[:16]

    @torch.inference_mode()
    def encode(self, frames: np.ndarray, seeds: Sequence[int], settings: EncodeSettings) -> Tensor:
        """Small pictures ``[B, T, 3, h, w]`` from 0 to 1 of ``frames`` ``[B, T, H, W, 3]`` uint8."""
        if frames.ndim != 5 or frames.shape[-1] != 3 or frames.dtype != np.uint8:
            raise BackboneError(
                f"Windows of uint8 frames [B, T, H, W, 3] are needed, not {frames.dtype} {list(frames.shape)}."
            )
        pixels = torch.from_numpy(np.ascontiguousarray(frames)).to(self.device)
        pixels = pixels.flatten(0, 1).permute(0, 3, 1, 2).float() / 255
        small = functional.interpolate(pixels, settings.resolution, mode="area")
        return small.reshape(*frames.shape[:2], *small.shape[1:])

    @torch.inference_mode()
    def features(self, encoded: Tensor, timestep: Timestep, layers: Sequence[int]) -> dict[int, Tensor]:
        """Return the maps ``[B, T, C, 1, 1]`` of ``layers``."""
        return {layer: self._layer(encoded, layer)[..., None, None] for layer in check_layers(self, layers)}

    def _layer(self, pictures: Tensor, layer: int) -> Tensor:
        raise NotImplementedError


class PixelsBackbone(SimpleBackbone):
    """The picture in 8 x 8 fields of mean colour."""

    id = "pixels"
    layers = (Layer(1, "8 x 8 fields of colour", 3 * FIELDS**2, 64),)

    def _layer(self, pictures: Tensor, layer: int) -> Tensor:
        return fields(pictures, FIELDS)


class MotionBackbone(SimpleBackbone):
    """How much brightness changes from frame to frame, and which way it moves.

    Layer 1 is the mean absolute difference to the frame before. Layer 2 is normal flow, the part of the optical flow
    that the brightness constraint of Horn and Schunck (1981) gives without smoothing, averaged to the right, left, down
    and up by themselves. The first frame of a window has none before it and gets zeros.
    """

    id = "motion"
    layers = (
        Layer(1, "motion energy, 8 x 8 fields", FIELDS**2, 64),
        Layer(2, "normal flow, 4 x 4 fields", 4 * COARSE**2, 64),
    )

    def _layer(self, pictures: Tensor, layer: int) -> Tensor:
        grey = (pictures * torch.tensor(GREY, device=pictures.device)[:, None, None]).sum(dim=2)
        change = torch.zeros_like(grey)
        change[:, 1:] = grey[:, 1:] - grey[:, :-1]
        if layer == 1:
            return fields(change.abs()[:, :, None], FIELDS)
        middle = grey.clone()
        middle[:, 1:] = (grey[:, 1:] + grey[:, :-1]) / 2
        down, right = torch.gradient(middle, dim=(-2, -1))
        steep = down.square() + right.square() + 1e-3
        flow = [-change * slope / steep for slope in (right, down)]
        ways = torch.stack([part for way in flow for part in (way.clamp(min=0), (-way).clamp(min=0))], dim=2)
        return fields(ways, COARSE)


def fields(pictures: Tensor, side: int) -> Tensor:
    """Means over ``side`` x ``side`` fields of ``[B, T, C, h, w]``, as ``[B, T, C * side * side]``."""
    pooled = functional.adaptive_avg_pool2d(pictures.flatten(0, 1), side)
    return pooled.reshape(*pictures.shape[:2], pictures.shape[2] * side**2)
