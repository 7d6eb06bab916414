"""Batches for the UNet's training: latents and pictures, from disk or on the device."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from actiondiff_gui.backbones.svd.inputs import clip_inputs
from sample_data.tiny_model.latents import Condition
from sample_data.tiny_model.pool import to_pixels


@dataclass(frozen=True)
class Batch:
    """What a step sees of B windows.

    Attributes
    ----------
    clean : Tensor
        ``[B, T, c, h, w]`` latents of unit scale.
    shown : Tensor
        ``[B, T, c, h, w]`` condition latents, unscaled.
    seen : Tensor
        ``[B, 1, 3, H, W]``, or ``[B, T, 3, H, W]`` where each frame is its own condition: inputs of the image encoder.
    """

    clean: Tensor
    shown: Tensor
    seen: Tensor


def seen_of(pixels: Tensor) -> Tensor:
    """Return inputs of the image encoder ``[B, F, 3, H, W]`` from pictures in [-1, 1], ``[B, 3, H, W]`` or ``[B, F, 3, H, W]``."""
    if pixels.ndim == 4:
        pixels = pixels.unsqueeze(1)
    return clip_inputs(pixels.flatten(0, 1), pixels.shape[-1]).unflatten(0, pixels.shape[:2])


class Windows:
    """The pool and its latents, ready to give batches.

    Parameters
    ----------
    pool : ndarray
        ``[N, T, H, W, 3]`` uint8.
    latents : ndarray
        As from :func:`sample_data.tiny_model.latents.encoded_pool`.
    scale : float
        Brings latents to unit scale.
    condition : {"first", "each"}
        What is shown.
    device : str
        Where batches are wanted.
    resident : bool
        Keep everything on the device from the beginning: no copy in each step.
    """

    def __init__(
        self,
        pool: np.ndarray,
        latents: np.ndarray,
        scale: float,
        condition: Condition = "first",
        device: str = "cpu",
        resident: bool = False,
    ) -> None:
        self.frames, self.scale, self.condition, self.device = pool.shape[1], scale, condition, device
        self._pictures = pool[:, 0] if condition == "first" else pool
        self._latents = latents
        if resident:
            self._pictures = torch.from_numpy(np.array(self._pictures)).to(device)
            self._latents = torch.from_numpy(np.array(latents)).to(device)

    def __len__(self) -> int:
        return len(self._latents)

    def batch(self, clips: np.ndarray) -> Batch:
        """Return the windows with these numbers."""
        latents = self._taken(self._latents, clips).float()
        clean = latents[:, : self.frames] * self.scale
        shown = latents[:, self.frames :].expand_as(clean)
        return Batch(clean, shown, seen_of(to_pixels(self._taken(self._pictures, clips))))

    def _taken(self, values: np.ndarray | Tensor, clips: np.ndarray) -> Tensor:
        if isinstance(values, Tensor):
            return values[torch.from_numpy(clips).to(values.device)]
        return torch.from_numpy(np.ascontiguousarray(values[clips])).to(self.device)
