"""Stable Diffusion 2.1 models as backbones: image diffusion, frame by frame."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from actiondiff_gui.backbones.description import Description
from actiondiff_gui.backbones.diffusers_family import DiffusersFamily
from actiondiff_gui.backbones.plugin_toml import stated_beside
from actiondiff_gui.backbones.protocol import Timestep
from actiondiff_gui.backbones.svd.shape import layers_of
from actiondiff_gui.errors import BackboneError

STEPS = 30
_UNET = {
    "block_out_channels": (320, 640, 1280, 1280),
    "down_block_types": ("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
    "attention_head_dim": (5, 10, 20, 20),
    "layers_per_block": 2,
}
_VAE = {"block_out_channels": (128, 256, 512, 512)}
_SCHEDULER = {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
}


def noise_levels(scheduler: Mapping[str, Any]) -> np.ndarray:
    """Sigma of every step that the model was trained on, cleanest first, ``[1000]`` float64.

    The model saw ``sqrt(a) z + sqrt(1 - a) noise`` with ``a`` the cumulative product of ``1 - beta`` (Ho et al. 2020);
    sigma is ``sqrt((1 - a) / a)``.

    Raises
    ------
    BackboneError
        If the settings name another kind of schedule.
    """
    kind, count = scheduler.get("beta_schedule"), int(scheduler["num_train_timesteps"])
    first, last = float(scheduler["beta_start"]), float(scheduler["beta_end"])
    if kind == "scaled_linear":
        betas = np.linspace(first**0.5, last**0.5, count) ** 2
    elif kind == "linear":
        betas = np.linspace(first, last, count)
    else:
        raise BackboneError(f"The noise schedule {kind!r} is not known. Choose another model.")
    kept = np.cumprod(1 - betas)
    return np.sqrt((1 - kept) / kept)


class SD21Family(DiffusersFamily):
    """Pipeline folders of Stable Diffusion 1 and 2."""

    class_name = "UNet2DConditionModel"
    networks = ("unet", "vae", "text_encoder")
    settings = ("scheduler/scheduler_config.json",)
    further = ("tokenizer/*.json", "tokenizer/*.txt")
    modules = (
        "diffusers",
        "transformers",
        "diffusers.models.modeling_utils",
        "diffusers.models.autoencoders.autoencoder_kl",
        "diffusers.models.unets.unet_2d_condition",
        "transformers.models.clip.modeling_clip",
        "actiondiff_sd21.backbone",
    )
    note = (
        "A model of images: each frame is seen by itself, so there is no attention between frames. Cross-attention is "
        "not offered, for the model is given an empty text."
    )

    def reads(self, folder: Path) -> bool:
        """As any of the family, but not Stable Diffusion XL, which needs more than a text."""
        return super().reads(folder) and not (folder / "text_encoder_2").is_dir()

    def shape_of(self, config: Mapping[str, Any]) -> Description:
        """Layers as SVD's, from the input convolution to the middle; 30 indices of the training schedule."""
        unet, vae = config["unet"], config["vae"]
        reduction = 2 ** (len(vae["block_out_channels"]) - 1)
        side = int(unet.get("sample_size") or 64) * reduction
        # diffusers keeps the number of heads of this UNet under the name of their size.
        heads = unet.get("num_attention_heads") or unet["attention_head_dim"]
        layers = layers_of({**unet, "num_attention_heads": heads}, reduction)
        levels = noise_levels(config["scheduler"])
        indices = np.linspace(len(levels) - 1, 0, STEPS).round().astype(int)
        schedule = tuple(Timestep(n, float(levels[at])) for n, at in enumerate(indices))
        return Description(
            window=8,
            stride=4,
            multiple=reduction * 2 ** (len(unet["down_block_types"]) - 1),
            resolution=(side, side),
            schedule=schedule,
            layers=layers,
            default_timestep=schedule[20],
            default_layer=min(9, layers[-1].index),
        )

    def load_folder(self, folder: Path, *, id: str, digest: str, device: str, precision: str) -> Any:
        """Load what is run."""
        from actiondiff_sd21.backbone import load

        config = self.config(folder)
        shape = self.shape_of(config)
        return load(folder, config, shape, id=id, digest=digest, device=device, precision=precision)


FAMILY = SD21Family(
    stated_beside(__file__).checkpoints(
        {
            name: {"unet": {**_UNET, "sample_size": size}, "vae": _VAE, "scheduler": _SCHEDULER}
            for name, size in (("sd21", 96), ("sd21-base", 64))
        }
    )
)
