"""Wan 2.1 models as backbones: a video diffusion transformer with a flow-matching schedule."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from actiondiff_gui.backbones.description import Description
from actiondiff_gui.backbones.diffusers_family import DiffusersFamily
from actiondiff_gui.backbones.plugin_toml import stated_beside
from actiondiff_gui.backbones.protocol import Layer, Timestep

STEPS = 30
WINDOW = 25
"""Frames per window: one, and then four for each of the VAE's latent frames."""


def flow_sigmas(steps: int, shift: float, trained: int = 1000) -> np.ndarray:
    """Shares of noise, noisiest first, ``[steps]`` float64, from just below 1.

    Even steps from 1 down to ``1 / trained``, without that, moved towards noise by ``shift s / (1 + (shift - 1) s)``
    (Esser et al. 2024, section 5.3.2), as the released pipeline's scheduler does.
    """
    even = np.linspace(1, 1 / trained, steps + 1)[:-1]
    return np.minimum(shift * even / (1 + (shift - 1) * even), 1 - 1e-6)


class Wan21Family(DiffusersFamily):
    """Pipeline folders of Wan 2.1 from text to video."""

    main = "transformer"
    class_name = "WanTransformer3DModel"
    networks = ("transformer", "vae")
    settings = ("scheduler/scheduler_config.json",)
    modules = (
        "diffusers",
        "diffusers.models.modeling_utils",
        "diffusers.models.autoencoders.autoencoder_kl_wan",
        "diffusers.models.transformers.transformer_wan",
        "actiondiff_wan21.backbone",
    )
    note = (
        "The model attends to all positions of all frames at once. What is shown is that attention cut to one frame "
        "(spatial) or to one position (temporal). Cross-attention is not offered, for the model is given no text."
    )

    def reads(self, folder: Path) -> bool:
        """As any of the family, but no model that starts from a picture."""
        return super().reads(folder) and self.config(folder)["transformer"].get("image_dim") is None

    def shape_of(self, config: Mapping[str, Any]) -> Description:
        """Every transformer block is a layer; 30 timesteps of the flow schedule."""
        network, vae = config["transformer"], config["vae"]
        patch = network["patch_size"][1]
        reduction = (vae.get("scale_factor_spatial") or 8) * patch
        channels = network["num_attention_heads"] * network["attention_head_dim"]
        layers = tuple(
            Layer(n + 1, f"blocks.{n}", channels, reduction, network["num_attention_heads"])
            for n in range(network["num_layers"])
        )
        sigmas = flow_sigmas(STEPS, float(config["scheduler"].get("flow_shift") or 1.0))
        schedule = tuple(Timestep(n, float(sigma)) for n, sigma in enumerate(sigmas))
        return Description(
            window=WINDOW,
            stride=4,
            multiple=reduction,
            resolution=(480, 832) if len(layers) >= 30 else (4 * reduction, 4 * reduction),
            schedule=schedule,
            layers=layers,
            default_timestep=schedule[20],
            default_layer=-(-len(layers) // 2),
        )

    def load_folder(self, folder: Path, *, id: str, digest: str, device: str, precision: str) -> Any:
        """Load what is run."""
        from actiondiff_wan21.backbone import load

        config = self.config(folder)
        shape = self.shape_of(config)
        return load(folder, config, shape, id=id, digest=digest, device=device, precision=precision)


FAMILY = Wan21Family(
    stated_beside(__file__).checkpoints(
        {
            "wan21-1.3b": {
                "transformer": {
                    "patch_size": (1, 2, 2),
                    "num_attention_heads": 12,
                    "attention_head_dim": 128,
                    "num_layers": 30,
                },
                "vae": {"scale_factor_spatial": 8},
                "scheduler": {"flow_shift": 3.0},
            }
        }
    )
)
