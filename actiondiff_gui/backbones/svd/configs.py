"""Published configuration of Stable Video Diffusion, for counting parameters and for timing.

:func:`random_parts` builds the networks at full size with random weights, so that memory and speed can be
measured without the released weights. Features of such a backbone mean nothing.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

SVD_UNET = {
    "sample_size": 96,
    "in_channels": 8,
    "out_channels": 4,
    "block_out_channels": (320, 640, 1280, 1280),
    "num_attention_heads": (5, 10, 20, 20),
    "cross_attention_dim": 1024,
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 768,
    "layers_per_block": 2,
    "transformer_layers_per_block": 1,
}
SVD_VAE = {
    "block_out_channels": (128, 256, 512, 512),
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "latent_channels": 4,
    "layers_per_block": 2,
    "sample_size": 768,
    "scaling_factor": 0.18215,
}
SVD_CLIP = {
    "hidden_size": 1280,
    "intermediate_size": 5120,
    "num_hidden_layers": 32,
    "num_attention_heads": 16,
    "patch_size": 14,
    "image_size": 224,
    "projection_dim": 1024,
    "hidden_act": "gelu",
}
WINDOWS = {"svd": 14, "svd-xt": 25}


def random_parts(name: str, dtype: "torch.dtype", device: str, whole: bool = False) -> tuple[Any, ...]:
    """Build UNet, VAE and image encoder of ``"svd"`` or ``"svd-xt"`` with random weights.

    Without ``whole``, the parts that features never need (up blocks, VAE decoder) are left out.
    """
    import torch
    from diffusers import AutoencoderKLTemporalDecoder, UNetSpatioTemporalConditionModel
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    from actiondiff_gui.backbones.svd.backbone import strip_unet, strip_vae

    with torch.device(device):
        default = torch.get_default_dtype()
        torch.set_default_dtype(dtype)
        try:
            unet = UNetSpatioTemporalConditionModel(**SVD_UNET, num_frames=WINDOWS[name])
            vae = AutoencoderKLTemporalDecoder(**SVD_VAE)
            clip = CLIPVisionModelWithProjection(CLIPVisionConfig(**SVD_CLIP))
        finally:
            torch.set_default_dtype(default)
    if not whole:
        strip_unet(unet)
        strip_vae(vae)
    # Some of diffusers' parameters are made on the CPU whatever the default device.
    return tuple(part.to(device).requires_grad_(False).eval() for part in (unet, vae, clip))
