"""Partial forward pass of SVD's UNet that ends after the last requested layer.

:func:`walk` runs a diffusers ``UNetSpatioTemporalConditionModel`` from its input to the last layer
asked for. It differs from the model's own ``forward`` in two points: every frame brings its own CLIP
token, as in the paper's extractor (``forward`` repeats one token over all frames), and nothing after
that layer is run, so the up blocks need not exist.
"""

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from actiondiff_gui.backbones.svd.parts import Transformer, UNet

FPS_ID = 6.0
MOTION_BUCKET = 127.0
NOISE_AUGMENTATION = 0.02
"""SVD's micro-conditions at the paper's values: frames per second - the released code passes 6 as it
stands - motion bucket, and standard deviation of the noise on the condition frames."""


def walk(
    unet: UNet, latents: Tensor, condition: Tensor, clip: Tensor, sigma: float, layers: Sequence[int]
) -> dict[int, Tensor]:
    """Run the UNet at noise level ``sigma`` and return the outputs of ``layers``.

    Parameters
    ----------
    unet : UNet
        ``UNetSpatioTemporalConditionModel``, with or without its up blocks.
    latents : Tensor
        ``[B, T, c, h, w]`` scaled latents, before the division by ``sqrt(sigma^2 + 1)``.
    condition : Tensor
        ``[B, T, c, h, w]`` condition latents, one per frame.
    clip : Tensor
        ``[B, T, d]`` image embedding of every frame.
    sigma : float
        Noise level.
    layers : sequence of int
        Layer numbers, see :func:`~actiondiff_gui.backbones.svd.shape.layers_of`.

    Returns
    -------
    dict of int to Tensor
        For each layer its map ``[B, T, C, h', w']`` in the UNet's dtype.
    """
    batch, frames = latents.shape[:2]
    last, wanted = max(layers), set(layers)
    maps: dict[int, Tensor] = {}
    for number, hidden in enumerate(_stations(unet, latents, condition, clip, sigma), start=1):
        if number in wanted:
            maps[number] = hidden.reshape(batch, frames, *hidden.shape[1:])
        if number == last:
            break
    return maps


def _stations(unet: UNet, latents: Tensor, condition: Tensor, clip: Tensor, sigma: float) -> Iterator[Tensor]:
    batch, frames = latents.shape[:2]
    # Scaled in float32: at sigma 700 half precision would lose the latents' small differences.
    scaled = latents.float() / math.sqrt(sigma**2 + 1)
    hidden = torch.cat([scaled.to(condition.dtype), condition], dim=2).flatten(0, 1)
    context = clip.flatten(0, 1).unsqueeze(1)
    emb = _time_embedding(unet, sigma, batch, hidden).repeat_interleave(frames, dim=0)
    image_only = torch.zeros(batch, frames, dtype=hidden.dtype, device=hidden.device)

    def attend(block: Transformer, hidden: Tensor) -> Tensor:
        return block(
            hidden, encoder_hidden_states=context, image_only_indicator=image_only, return_dict=False
        )[0]

    hidden = unet.conv_in(hidden)
    yield hidden
    for block in unet.down_blocks:
        attentions = block.attentions if getattr(block, "has_cross_attention", False) else None
        for r, resnet in enumerate(block.resnets):
            hidden = resnet(hidden, emb, image_only_indicator=image_only)
            if attentions is not None:
                hidden = attend(attentions[r], hidden)
            yield hidden
        for downsampler in block.downsamplers or ():
            hidden = downsampler(hidden)
            yield hidden
    yield unet.mid_block(
        hidden_states=hidden, temb=emb, encoder_hidden_states=context, image_only_indicator=image_only
    )


def _time_embedding(unet: UNet, sigma: float, batch: int, like: Tensor) -> Tensor:
    """Embedding of the timestep ``0.25 ln(sigma)`` and of the micro-conditions, ``[B, D]``."""
    device, dtype = like.device, like.dtype
    time = torch.full((batch,), 0.25 * math.log(sigma), dtype=torch.float32, device=device)
    ids = torch.tensor([FPS_ID, MOTION_BUCKET, NOISE_AUGMENTATION], dtype=torch.float32, device=device)
    added = unet.add_time_proj(ids).reshape(1, -1).expand(batch, -1)
    return unet.time_embedding(unet.time_proj(time).to(dtype)) + unet.add_embedding(added.to(dtype))
