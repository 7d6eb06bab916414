"""What is the tiny model made of? The classes of Stable Video Diffusion, small."""

import torch
from diffusers import AutoencoderKLTemporalDecoder, UNetSpatioTemporalConditionModel
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

SIZE = 64
"""Frames are SIZE x SIZE pixels; latents are a quarter of that."""
FRAMES = 8
"""Frames per window."""
STRIDE = 4
"""Frames of the 24-per-second world between two frames of a window."""


def new_vae(seed: int) -> AutoencoderKLTemporalDecoder:
    """VAE with 4 latent channels at a quarter of the frame's side (1.0 million weights)."""
    torch.manual_seed(seed)
    return AutoencoderKLTemporalDecoder(
        block_out_channels=(32, 64, 64),
        down_block_types=("DownEncoderBlock2D",) * 3,
        latent_channels=4,
        layers_per_block=1,
        sample_size=SIZE,
    )


def new_unet(seed: int) -> UNetSpatioTemporalConditionModel:
    """UNet with SVD's 13 feature layers (6.0 million weights)."""
    torch.manual_seed(seed)
    return UNetSpatioTemporalConditionModel(
        sample_size=SIZE // 4,
        block_out_channels=(32, 64, 64, 64),
        num_attention_heads=(2, 4, 4, 4),
        cross_attention_dim=64,
        addition_time_embed_dim=64,
        projection_class_embeddings_input_dim=192,
        num_frames=FRAMES,
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
