"""Forward pass through the transformer blocks of Wan 2.1 at a noise level, without a prompt."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from actiondiff_gui.backbones.attention import taken_on_the_way
from actiondiff_gui.backbones.description import Description
from actiondiff_gui.backbones.diffusers_family import built
from actiondiff_gui.backbones.frozen import DTYPES, Encoded, FrozenBackbone, one_by_one
from actiondiff_gui.backbones.noise import noised_latents
from actiondiff_gui.backbones.protocol import EncodeSettings, Timestep, check_layers
from actiondiff_gui.backbones.token_attention import TokenRows, check_attention
from actiondiff_gui.backbones.weights.files import weight_files
from actiondiff_gui.backbones.weights.loading import load_into
from actiondiff_gui.errors import BackboneError

EXACT = ("time_embedder.", "scale_shift_table", ".norm2.")
"""Weights that the library keeps in float32."""


def load(folder: Path, config: Mapping[str, Any], shape: Description, **about: str) -> "Wan21Backbone":
    """Load the transformer without its output, and the VAE's encoder; the text encoder is never needed."""
    from diffusers import AutoencoderKLWan, WanTransformer3DModel

    dtype, device = DTYPES[about["precision"]], about["device"]
    half = about["precision"] != "float32"
    network = built(WanTransformer3DModel, config["transformer"], folder)
    network.norm_out = network.proj_out = network.scale_shift_table = None
    vae = built(AutoencoderKLWan, config["vae"], folder)
    vae.decoder = vae.post_quant_conv = None
    load_into(
        network,
        weight_files(folder / "transformer", half),
        dtype=dtype,
        device=device,
        skip=("proj_out.", "scale_shift_table"),
        exact=EXACT,
    )
    load_into(
        vae,
        weight_files(folder / "vae", half),
        dtype=torch.float32,
        device=device,
        skip=("decoder.", "post_quant_conv."),
    )
    return Wan21Backbone(network.to(device), vae.to(device), shape, **about)


class Wan21Backbone(FrozenBackbone):
    """A flow model: a timestep's sigma is the share of noise, and what is left is the share of the picture."""

    mean = std = (0.5, 0.5, 0.5)

    def __init__(self, network: nn.Module, vae: nn.Module, shape: Description, **about: str) -> None:
        super().__init__(shape, **about)
        self.network, self.vae = network, vae

    def fresh_network(self) -> nn.Module:
        """Return the transformer before training; the VAE's encoder before it stays as it is."""
        from diffusers import WanTransformer3DModel

        return WanTransformer3DModel.from_config(self.network.config)

    @torch.inference_mode()
    def encode(self, frames: np.ndarray, seeds: Sequence[int], settings: EncodeSettings) -> Encoded:
        """Compute the latents of every window, the mode of the VAE's posterior, normalised as in training."""
        found = super().encode(frames, seeds, settings)
        config = self.vae.config
        mean, std = (
            torch.tensor(each, device=self.device).view(1, -1, 1, 1, 1)
            for each in (config.latents_mean, config.latents_std)
        )

        def latents(part: slice) -> Tensor:
            mode = self.vae.encode(found.pixels[part].transpose(1, 2)).latent_dist.mode()
            return ((mode.float() - mean) / std).transpose(1, 2)

        return Encoded(one_by_one(len(frames), 1, latents), found.seeds, settings)

    @torch.inference_mode()
    def features(self, encoded: Encoded, timestep: Timestep, layers: Sequence[int]) -> dict[int, Tensor]:
        """Return the maps of ``layers`` at ``timestep``, each ``[B, T, C, h, w]`` float32; frames that share a latent share a map."""
        wanted = check_layers(self, layers)
        total: dict[int, Tensor] = {}
        draws = list(self._inputs(encoded, timestep))
        for inputs in draws:
            for layer, each in self._walk(inputs, timestep.sigma, wanted).items():
                total[layer] = total.get(layer, 0) + each.float() / len(draws)
        return {layer: each[:, self.times] for layer, each in total.items()}

    @property
    def times(self) -> list[int]:
        """The latent frame of every frame of a window: the first has its own, then four share one."""
        return [-(-frame // 4) for frame in range(self.window)]

    @torch.inference_mode()
    def attention(
        self, encoded: Encoded, timestep: Timestep, layer: int, kind: str, window: int = 0
    ) -> TokenRows:
        """Self-attention of a block in one window; of several draws of noise, the first."""
        check_attention(self, layer, kind, ("spatial", "temporal"))
        one = Encoded(
            encoded.pixels[window : window + 1], encoded.seeds[window : window + 1], encoded.settings
        )
        inputs = next(self._inputs(one, timestep))
        module = self.network.blocks[layer - 1].attn1
        hidden = taken_on_the_way(module, lambda: self._walk(inputs, timestep.sigma, [layer]), Tensor.clone)
        cos, sin = self.network.rope(inputs.transpose(1, 2))
        queries, keys = (
            _rotated(norm(to(hidden)).unflatten(2, (module.heads, -1)), cos, sin).transpose(1, 2)
            for norm, to in ((module.norm_q, module.to_q), (module.norm_k, module.to_k))
        )
        grid = tuple(side // self.multiple for side in encoded.settings.resolution)
        return TokenRows(queries, keys, queries.shape[-1] ** -0.5, kind, self.window, grid, times=self.times)

    def _inputs(self, encoded: Encoded, timestep: Timestep) -> Iterator[Tensor]:
        """Latents as the transformer gets them, once or for each draw of noise."""
        if timestep.sigma is None:
            raise BackboneError(f"{self.id} needs a timestep; give an index or a sigma.")
        if timestep.sigma > 1:
            raise BackboneError(
                f"A sigma of {timestep.sigma:g} makes no sense for {self.id}: it is the share of noise, from 0 to 1."
            )
        for latents in noised_latents(
            encoded.pixels, encoded.seeds, encoded.settings, timestep.sigma, kept=1 - timestep.sigma
        ):
            yield latents.to(self.dtype)

    def _walk(self, inputs: Tensor, sigma: float, layers: Sequence[int]) -> dict[int, Tensor]:
        network = self.network
        height, width = (side // network.config.patch_size[1] for side in inputs.shape[-2:])
        latents = inputs.transpose(1, 2)
        where = network.rope(latents)
        hidden = network.patch_embedding(latents).flatten(2).transpose(1, 2).contiguous()
        time = torch.full((len(inputs),), 1000 * sigma, dtype=torch.float32, device=hidden.device)
        # No text: one token of zeros. The 512 that the pipeline pads with are all the same, and attention to one is
        # attention to them all.
        text = hidden.new_zeros(len(inputs), 1, network.config.text_dim)
        _, time, text, _ = network.condition_embedder(time, text, None)
        time = time.unflatten(1, (6, -1))
        maps = {}
        for number, block in enumerate(network.blocks[: max(layers)], start=1):
            hidden = block(hidden, text, time, where)
            if number in layers:
                maps[number] = hidden.transpose(1, 2).unflatten(2, (-1, height, width)).transpose(1, 2)
        return maps


def _rotated(values: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary positions of ``[1, S, heads, d]``: each pair of channels is turned by its angle."""
    one, other = values.unflatten(-1, (-1, 2)).unbind(-1)
    cos, sin = cos[..., 0::2], sin[..., 1::2]
    return torch.stack((one * cos - other * sin, one * sin + other * cos), dim=-1).flatten(-2)
