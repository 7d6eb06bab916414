"""Forward pass down the UNet of Stable Diffusion at a noise level, with an empty prompt."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from actiondiff_gui.backbones.attention import AttentionRows, attention_module
from actiondiff_gui.backbones.description import Description
from actiondiff_gui.backbones.diffusers_family import built, vae_dtype
from actiondiff_gui.backbones.frozen import DTYPES, Encoded, FrozenBackbone, one_by_one
from actiondiff_gui.backbones.noise import noised_latents
from actiondiff_gui.backbones.protocol import EncodeSettings, Timestep, check_layers
from actiondiff_gui.backbones.token_attention import check_attention
from actiondiff_gui.backbones.transformers_family import load_pretrained
from actiondiff_gui.backbones.weights.files import weight_files
from actiondiff_gui.backbones.weights.loading import load_into
from actiondiff_gui.errors import BackboneError
from actiondiff_sd21 import noise_levels

UP_PARTS = ("up_blocks.", "conv_norm_out.", "conv_out.")


def load(folder: Path, config: Mapping[str, Any], shape: Description, **about: str) -> "SD21Backbone":
    """Load the UNet's way down and the VAE's encoder; the text encoder is run once and let go."""
    from diffusers import AutoencoderKL, UNet2DConditionModel

    dtype, device = DTYPES[about["precision"]], about["device"]
    half = about["precision"] != "float32"
    unet = built(UNet2DConditionModel, config["unet"], folder)
    unet.up_blocks, unet.conv_norm_out, unet.conv_out = nn.ModuleList(), None, None
    vae = built(AutoencoderKL, config["vae"], folder)
    vae.decoder = vae.post_quant_conv = None
    load_into(unet, weight_files(folder / "unet", half), dtype=dtype, device=device, skip=UP_PARTS)
    load_into(
        vae,
        weight_files(folder / "vae", half),
        dtype=vae_dtype(dtype),
        device=device,
        skip=("decoder.", "post_quant_conv."),
    )
    text = empty_text(folder, device, half)
    levels = noise_levels(config["scheduler"])
    return SD21Backbone(unet.to(device), vae.to(device), text, levels, shape, **about)


@torch.inference_mode()
def empty_text(folder: Path, device: str, half: bool = False) -> Tensor:
    """Return the model's own text embedding of "", ``[1, tokens, C]`` float32.

    Raises
    ------
    BackboneError
        If the tokenizer or the text encoder cannot be read.
    """
    from transformers import CLIPTextModel, CLIPTokenizer

    try:
        tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True)
    except Exception as error:  # Tokenizers raise whatever their files make them.
        raise BackboneError(
            f"The tokenizer in {folder} cannot be read ({error}). Download the model again."
        ) from error
    encoder = load_pretrained(CLIPTextModel, folder / "text_encoder", torch.float32, device, half)
    length = encoder.config.max_position_embeddings
    tokens = tokenizer("", padding="max_length", max_length=length, return_tensors="pt").input_ids
    return encoder(tokens.to(device)).last_hidden_state


class SD21Backbone(FrozenBackbone):
    """Each frame is a picture with noise of a level, and no text."""

    mean = std = (0.5, 0.5, 0.5)

    def __init__(
        self,
        unet: nn.Module,
        vae: nn.Module,
        text: Tensor,
        levels: np.ndarray,
        shape: Description,
        **about: str,
    ) -> None:
        super().__init__(shape, **about)
        self.unet, self.vae, self._levels = unet, vae, levels
        self.text = text.to(self.dtype)

    feature_network = "unet"

    def fresh_network(self) -> nn.Module:
        """Return the UNet before training; VAE and text encoder stay as they are."""
        from diffusers import UNet2DConditionModel

        return UNet2DConditionModel.from_config(self.unet.config)

    @torch.inference_mode()
    def encode(self, frames: np.ndarray, seeds: Sequence[int], settings: EncodeSettings) -> Encoded:
        """Compute the latents of every frame, the mode of the VAE's posterior."""
        found = super().encode(frames, seeds, settings)
        pixels = found.pixels.flatten(0, 1)

        def latents(part: slice) -> Tensor:
            moments = self.vae.quant_conv(
                self.vae.encoder(pixels[part].to(next(self.vae.parameters()).dtype))
            )
            return moments.chunk(2, dim=1)[0].float() * self.vae.config.scaling_factor

        values = one_by_one(len(pixels), 1, latents).unflatten(0, frames.shape[:2])
        return Encoded(values, found.seeds, settings)

    @torch.inference_mode()
    def features(self, encoded: Encoded, timestep: Timestep, layers: Sequence[int]) -> dict[int, Tensor]:
        """Return the maps of ``layers`` at ``timestep``, each ``[B, T, C, h, w]`` float32."""
        wanted = check_layers(self, layers)
        total: dict[int, Tensor] = {}
        draws = list(self._inputs(encoded, timestep))
        for inputs in draws:
            for layer, each in self._walk(inputs, timestep.sigma, wanted).items():
                total[layer] = total.get(layer, 0) + each.float() / len(draws)
        return total

    def attention(
        self, encoded: Encoded, timestep: Timestep, layer: int, kind: str, window: int = 0
    ) -> AttentionRows:
        """Spatial self-attention of a layer in one window; the network is walked when the first point is asked for."""
        check_attention(self, layer, kind, ("spatial",))
        one = Encoded(
            encoded.pixels[window : window + 1], encoded.seeds[window : window + 1], encoded.settings
        )
        draws = 1 if encoded.settings.regime == "released" else encoded.settings.draws
        module, frames = attention_module(self.unet, self.layer(layer), "spatial"), encoded.pixels.shape[1]
        height, width = (-(-side // self.layer(layer).reduction) for side in encoded.settings.resolution)
        nbytes = draws * frames * height * width * module.to_q.in_features * self.dtype.itemsize

        def walks() -> Iterator[Callable[[], object]]:
            for inputs in self._inputs(one, timestep):
                yield partial(self._walk, inputs, timestep.sigma, [layer])

        return AttentionRows(module, walks, slice(0, frames), "spatial", frames, (height, width), nbytes)

    def _inputs(self, encoded: Encoded, timestep: Timestep) -> Iterator[Tensor]:
        """Latents as the UNet gets them at a noise level, once or for each draw of noise."""
        if timestep.sigma is None:
            raise BackboneError(f"{self.id} needs a timestep; give an index or a sigma.")
        for latents in noised_latents(encoded.pixels, encoded.seeds, encoded.settings, timestep.sigma):
            yield (latents / math.sqrt(timestep.sigma**2 + 1)).to(self.dtype)

    def _walk(self, inputs: Tensor, sigma: float, layers: Sequence[int]) -> dict[int, Tensor]:
        maps = {}
        for number, hidden in enumerate(self._stations(inputs.flatten(0, 1), sigma), start=1):
            if number in layers:
                maps[number] = hidden.unflatten(0, inputs.shape[:2])
            if number == max(layers):
                return maps
        return maps

    def _stations(self, hidden: Tensor, sigma: float) -> Iterator[Tensor]:
        unet = self.unet
        # The UNet knows its noise level by the step of training, also between two of them.
        step = float(np.interp(math.log(sigma), np.log(self._levels), np.arange(len(self._levels))))
        time = torch.full((len(hidden),), step, dtype=torch.float32, device=hidden.device)
        emb = unet.time_embedding(unet.time_proj(time).to(hidden.dtype))
        text = self.text.expand(len(hidden), -1, -1)
        hidden = unet.conv_in(hidden)
        yield hidden
        for block in unet.down_blocks:
            attentions = block.attentions if getattr(block, "has_cross_attention", False) else None
            for number, resnet in enumerate(block.resnets):
                hidden = resnet(hidden, emb)
                if attentions is not None:
                    hidden = attentions[number](hidden, encoder_hidden_states=text, return_dict=False)[0]
                yield hidden
            for downsampler in block.downsamplers or ():
                hidden = downsampler(hidden)
                yield hidden
        yield unet.mid_block(hidden, emb, encoder_hidden_states=text)
