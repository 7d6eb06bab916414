"""From frames to latents, condition and image embeddings, in as few passes as memory allows."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from actiondiff_gui.backbones.memory import SPARE, InPieces, free_bytes
from actiondiff_gui.backbones.noise import FrameNoise
from actiondiff_gui.backbones.protocol import EncodeSettings
from actiondiff_gui.backbones.svd.inputs import clip_inputs, resize_frames
from actiondiff_gui.backbones.svd.parts import VAE, ImageEncoder
from actiondiff_gui.backbones.svd.walk import NOISE_AUGMENTATION

CHUNK_PIXELS = 8 * 576 * 1024
"""Away from a GPU the VAE sees at most this many pixels at once: its first layers hold 128 maps at full resolution."""
MAPS = 6
"""Maps of the VAE's first width at full resolution that are held at once, with room to spare."""


class FrameEncoder:
    """The VAE's encoder and CLIP.

    Parameters
    ----------
    vae, image_encoder
        The networks.
    device : str
    dtype : torch.dtype
        Of CLIP's input.

    Attributes
    ----------
    pieces : InPieces or None
        How many frames go through the VAE at a time; None before the first.
    channels_last : bool
        Whether the VAE runs in that layout; see :mod:`~actiondiff_gui.backbones.svd.fused`.
    """

    channels_last = False

    def __init__(self, vae: VAE, image_encoder: ImageEncoder, device: str, dtype: torch.dtype) -> None:
        self.vae, self.image_encoder, self.device, self.dtype = vae, image_encoder, device, dtype
        self.pieces: InPieces | None = None
        self._of: tuple[int, int] | None = None

    def __call__(
        self, frames: np.ndarray, seeds: Sequence[int], settings: EncodeSettings
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Compute scaled latents ``[B, T, c, h, w]``, unscaled condition and embeddings ``[B, T, d]`` of ``[B, T, H, W, 3]`` uint8."""
        batch, count = frames.shape[:2]
        if self.pieces is None or self._of != settings.resolution:
            self.pieces, self._of = InPieces(self._most(settings.resolution)), settings.resolution
        noise = [FrameNoise(settings.generator, seed, 0, self.device, count) for seed in seeds]
        flat = frames.reshape(batch * count, *frames.shape[2:])

        def encode(begin: int, end: int) -> tuple[Tensor, Tensor, Tensor]:
            pixels = resize_frames(self._moved(flat[begin:end]), settings.resolution)
            embedded = self.image_encoder(
                clip_inputs(pixels, self.image_encoder.config.image_size).to(self.dtype)
            ).image_embeds
            latents = self.posterior_mode(pixels)
            if settings.condition == "plain":
                return latents, latents, embedded
            drawn = [
                noise[window].at(
                    range(
                        max(begin, window * count) - window * count,
                        min(end, (window + 1) * count) - window * count,
                    ),
                    pixels.shape[1:],
                )
                for window in range(begin // count, -(-end // count))
            ]
            return latents, self.posterior_mode(pixels + NOISE_AUGMENTATION * torch.cat(drawn)), embedded

        # Elsewhere than on a GPU a window at a time: more frames at once gain nothing there.
        groups = [(0, len(flat))] if self._on_gpu else [(n * count, (n + 1) * count) for n in range(batch)]
        parts: list[tuple[Tensor, Tensor, Tensor]] = []
        for first, end in groups:

            def shifted(a: int, b: int, first: int = first) -> tuple[Tensor, Tensor, Tensor]:
                return encode(first + a, first + b)

            parts += self.pieces(shifted, end - first)
        joined = [torch.cat(each) for each in zip(*parts, strict=True)]
        latents, condition, embedded = (each.reshape(batch, count, *each.shape[1:]) for each in joined)
        return latents * self.vae.config["scaling_factor"], condition, embedded

    @property
    def _on_gpu(self) -> bool:
        return self.device.startswith("cuda")

    def _most(self, resolution: tuple[int, int]) -> int:
        """Frames that the VAE can take at a time."""
        pixels = resolution[0] * resolution[1]
        if not self._on_gpu:
            return CHUNK_PIXELS // pixels
        per_frame = MAPS * pixels * self.vae.config["block_out_channels"][0]
        per_frame *= self.vae.quant_conv.weight.dtype.itemsize
        return int(SPARE * free_bytes(self.device) / per_frame)

    def _moved(self, frames: np.ndarray) -> Tensor:
        """Frames on the device; pinned on the way to a GPU, so that the copy runs beside the work before it."""
        tensor = torch.from_numpy(np.ascontiguousarray(frames))
        if self._on_gpu:
            return tensor.pin_memory().to(self.device, non_blocking=True)
        return tensor.to(self.device)

    def posterior_mode(self, pixels: Tensor) -> Tensor:
        """Compute the mode of the VAE's posterior for ``[N, 3, H, W]`` in [-1, 1], ``[N, c, h, w]`` float32, unscaled."""
        weight = self.vae.quant_conv.weight
        given = pixels.to(weight.dtype)
        if self.channels_last:
            given = given.contiguous(memory_format=torch.channels_last)
        moments: Tensor = self.vae.quant_conv(self.vae.encoder(given))
        return moments.chunk(2, dim=1)[0].float()
