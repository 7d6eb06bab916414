"""Denoising objective of the UNet on windows of latents, as SVD was trained.

Preconditioning, weighting and v-prediction follow Karras et al. (2022) and Blattmann et al. (2023): with
latents of unit scale, the network sees x / sqrt(sigma^2 + 1) at time 0.25 ln(sigma) and its output F gives
the clean latents as x / (sigma^2 + 1) - F sigma / sqrt(sigma^2 + 1).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from actiondiff_gui.backbones.svd.walk import FPS_ID, MOTION_BUCKET, NOISE_AUGMENTATION
from sample_data.tiny_model.data import Batch, Windows

SIGMA_MEAN, SIGMA_STD = 0.5, 1.4
"""ln(sigma) is normal with this mean and deviation."""
DROP_CONDITION = 0.5
"""How often latents and image embeddings are withheld."""


@dataclass(frozen=True)
class Draw:
    """What chance decides in a step on B windows.

    Attributes
    ----------
    log_sigma : Tensor
        ``[B]``.
    noise : Tensor
        Shaped like the clean latents.
    kept : Tensor
        ``[B]``, 1 where the condition is shown and 0 where it is withheld.
    """

    log_sigma: Tensor
    noise: Tensor
    kept: Tensor


def drawn(
    batch: Batch, random: np.random.Generator, drop: float = DROP_CONDITION, on_device: bool = False
) -> Draw:
    """Draw from ``random``; with ``on_device`` the noise is drawn where the latents are, from a seed of ``random``."""
    device, count = batch.clean.device, len(batch.clean)
    noise = None
    if on_device:
        generator = torch.Generator(device).manual_seed(int(random.integers(2**62)))
        noise = torch.randn(batch.clean.shape, generator=generator, device=device)
    kept = torch.from_numpy(random.random(count) >= drop).float().to(device)
    log_sigma = torch.from_numpy(random.normal(SIGMA_MEAN, SIGMA_STD, size=count)).float().to(device)
    if noise is None:
        noise = torch.from_numpy(random.standard_normal(batch.clean.shape, dtype=np.float32)).to(device)
    return Draw(log_sigma, noise, kept)


def denoising_loss(
    networks: dict[str, nn.Module],
    batch: Batch,
    draw: Draw,
    *,
    amp: bool = False,
) -> Tensor:
    """Mean squared error of F for each window, ``[B]``; 1 is what the best linear filter of single values reaches.

    Parameters
    ----------
    networks : dict
        ``unet`` and ``image_encoder``.
    amp : bool
        Let the networks compute in bfloat16.

    Nothing here is copied to the device or read from it, so that a CUDA graph can hold it.
    """
    device, seen = batch.clean.device, batch.seen
    log_sigma, noise, kept = draw.log_sigma, draw.noise, draw.kept
    with torch.autocast(device.type, torch.bfloat16, enabled=amp):
        embedding = networks["image_encoder"](seen.flatten(0, 1)).image_embeds.unflatten(0, seen.shape[:2])
    shown, embedding = batch.shown * kept.view(-1, 1, 1, 1, 1), embedding * kept.view(-1, 1, 1)
    sigma = log_sigma.exp().view(-1, 1, 1, 1, 1)
    norm = (sigma**2 + 1).sqrt()
    noisy = batch.clean + sigma * noise
    fixed = (FPS_ID, MOTION_BUCKET, NOISE_AUGMENTATION)
    ids = torch.stack([torch.full((len(noisy),), float(value), device=device) for value in fixed], dim=1)
    unet = networks["unet"]
    with torch.autocast(device.type, torch.bfloat16, enabled=amp), own_contexts(unet, embedding):
        inputs = torch.cat([noisy / norm, shown], dim=2)
        predicted = unet(inputs, 0.25 * log_sigma, embedding[:, :1], ids, return_dict=False)[0]
    # The loss of the denoised latents, weighted by (1 + sigma^2) / sigma^2, is the plain error of F.
    target = (noisy / (sigma**2 + 1) - batch.clean) * norm / sigma
    return (predicted.float() - target).square().flatten(1).mean(dim=1)


@contextmanager
def own_contexts(unet: nn.Module, embedding: Tensor) -> Iterator[None]:
    """Let cross-attention of every frame see its own embedding, of ``[B, T, d]``; with ``[B, 1, d]`` change nothing.

    The UNet's own forward shows all frames the first embedding.
    """
    if embedding.shape[1] == 1:
        yield
        return
    context = embedding.flatten(0, 1).unsqueeze(1)

    def swap(_module: nn.Module, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
        return args, kwargs | {"encoder_hidden_states": context}

    blocks = [m for m in unet.modules() if type(m).__name__ == "TransformerSpatioTemporalModel"]
    hooks = [block.register_forward_pre_hook(swap, with_kwargs=True) for block in blocks]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


@torch.no_grad()
def validation_loss(networks: dict[str, nn.Module], held: Windows, drop: float = DROP_CONDITION) -> float:
    """Loss on all windows of ``held`` with the same noise each time."""
    losses = []
    for at in range(0, len(held), 8):
        batch = held.batch(np.arange(at, min(at + 8, len(held))))
        draw = drawn(batch, np.random.default_rng([0, at]), drop)
        losses.append(denoising_loss(networks, batch, draw).mean().item())
    return float(np.mean(losses))
