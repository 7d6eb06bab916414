"""Networks of the tiny model: small instances of the classes of Stable Video Diffusion."""

from dataclasses import dataclass

import torch
from diffusers import AutoencoderKLTemporalDecoder, UNetSpatioTemporalConditionModel
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

SIZE = 64
"""Frames are SIZE x SIZE pixels."""
STRIDE = 4
"""Frames of the 24-per-second world between two frames of a window."""
HEAD_CHANNELS = 16
"""Channels of one attention head."""


@dataclass(frozen=True)
class Shape:
    """How large the networks are; the defaults are those of the model that ships.

    Attributes
    ----------
    frames : int
        Frames per window.
    channels : tuple of int
        Of the UNet's four levels, multiples of 32.
    latent_channels : int
        Of the VAE.
    latent_side : int
        Side of the latents: 16 or 8.
    """

    frames: int = 8
    channels: tuple[int, ...] = (32, 64, 64, 64)
    latent_channels: int = 24
    latent_side: int = 8

    def __post_init__(self) -> None:
        if len(self.channels) != 4 or any(c < 32 or c % 32 for c in self.channels):
            raise ValueError(f"The UNet needs four multiples of 32 as channels, not {self.channels}.")
        if self.latent_side not in (8, 16):
            raise ValueError(f"The side of the latents must be 8 or 16, not {self.latent_side}.")
        if self.frames < 2 or self.latent_channels < 1:
            raise ValueError("A window needs at least two frames, and the latents at least one channel.")


USUAL = Shape()


def new_vae(seed: int, shape: Shape = USUAL) -> AutoencoderKLTemporalDecoder:
    """VAE whose last level has the two channels a group that :mod:`components` needs."""
    channels = {16: (32, 32, 64), 8: (32, 32, 32, 64)}[shape.latent_side]
    torch.manual_seed(seed)
    return AutoencoderKLTemporalDecoder(
        block_out_channels=channels,
        down_block_types=("DownEncoderBlock2D",) * len(channels),
        latent_channels=shape.latent_channels,
        layers_per_block=1,
        sample_size=SIZE,
    )


def new_unet(seed: int, shape: Shape = USUAL) -> UNetSpatioTemporalConditionModel:
    """UNet with SVD's 13 feature layers (6.0 million weights)."""
    torch.manual_seed(seed)
    return UNetSpatioTemporalConditionModel(
        sample_size=shape.latent_side,
        in_channels=2 * shape.latent_channels,
        out_channels=shape.latent_channels,
        block_out_channels=shape.channels,
        num_attention_heads=tuple(c // HEAD_CHANNELS for c in shape.channels),
        cross_attention_dim=64,
        addition_time_embed_dim=64,
        projection_class_embeddings_input_dim=192,
        num_frames=shape.frames,
    )


def new_image_encoder(seed: int) -> CLIPVisionModelWithProjection:
    """Image encoder of CLIP's class (0.15 million weights), trained together with the UNet."""
    torch.manual_seed(seed)
    return CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=64,
            intermediate_size=192,
            num_hidden_layers=3,
            num_attention_heads=4,
            patch_size=8,
            image_size=SIZE,
            projection_dim=64,
        )
    )
