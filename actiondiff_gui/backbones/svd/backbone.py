"""The Stable Video Diffusion family as a backbone."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from actiondiff_gui.backbones.attention import KINDS, AttentionRows, Kind, attention_module
from actiondiff_gui.backbones.diffusers_family import vae_dtype
from actiondiff_gui.backbones.noise import noise_generator, noised_latents, normal
from actiondiff_gui.backbones.protocol import EncodeSettings, Timestep, check_layers, check_windows
from actiondiff_gui.backbones.svd.inputs import clip_inputs, resize_frames
from actiondiff_gui.backbones.svd.notes import Notes, read_notes
from actiondiff_gui.backbones.svd.parts import VAE, ImageEncoder, UNet
from actiondiff_gui.backbones.svd.shape import svd_shape
from actiondiff_gui.backbones.svd.walk import NOISE_AUGMENTATION, walk
from actiondiff_gui.backbones.weights import loading as weights
from actiondiff_gui.backbones.weights.files import read_configs, weight_files
from actiondiff_gui.errors import BackboneError

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
UP_PARTS = ("up_blocks.", "conv_norm_out.", "conv_out.")
TIME_PARTS = (".temporal_res_block.", ".temporal_transformer_blocks.", ".time_pos_embed.", ".time_mixer.")
VAE_CHUNK_PIXELS = 8 * 576 * 1024
"""The VAE sees at most this many pixels at once: its first layers hold 128 maps at full resolution."""


@dataclass(frozen=True)
class SVDEncoded:
    """What all timesteps of a batch of windows share.

    Attributes
    ----------
    latents : Tensor
        ``[B, T, c, h, w]`` float32, mode of the VAE's posterior times its scaling factor.
    condition : Tensor
        ``[B, T, c, h, w]`` mode of the posterior of the frames with slight noise, unscaled.
    clip : Tensor
        ``[B, T, d]`` image embeddings.
    seeds : tuple of int
        One per window.
    settings : EncodeSettings
        Regime and noise draws.
    """

    latents: Tensor
    condition: Tensor
    clip: Tensor
    seeds: tuple[int, ...]
    settings: EncodeSettings


class SVDBackbone:
    """The frozen networks of a Stable Video Diffusion model, without those that features never need."""

    feature_network = "unet"

    def __init__(
        self,
        unet: UNet,
        vae: VAE,
        image_encoder: ImageEncoder,
        *,
        id: str,
        digest: str,
        device: str,
        precision: str,
        spatial: bool = False,
        notes: Notes | None = None,
    ) -> None:
        self.spatial, notes = spatial, notes or Notes()
        self.id, self.digest, self.device, self.precision = id, digest, device, precision
        self.unet, self.vae, self.image_encoder = unet, vae, image_encoder
        self.dtype = DTYPES[precision]
        if notes.norms == "released":
            set_released_norms(unet)
        shape = svd_shape(unet.config, vae.config, notes)
        self.window, self.stride, self.multiple = shape.window, shape.stride, shape.multiple
        self.resolution, self.schedule, self.layers = shape.resolution, shape.schedule, shape.layers
        self.default_timestep, self.default_layer = shape.default_timestep, shape.default_layer
        self.default_layers, self.default_pooling = shape.default_layers, shape.default_pooling

    @classmethod
    def from_folder(
        cls, folder: Path, *, id: str, digest: str, device: str, precision: str, spatial: bool = False
    ) -> "SVDBackbone":
        """Load the parts that are run from a pipeline folder in diffusers format.

        With ``spatial`` the temporal layers are neither loaded nor run: every temporal mixer passes on what the
        spatial layer before it gave.

        Raises
        ------
        BackboneError
            If the folder is not such a pipeline or a file of it is damaged.
        """
        from diffusers import AutoencoderKLTemporalDecoder, UNetSpatioTemporalConditionModel
        from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

        configs = read_configs(folder)
        half = precision != "float32"
        files = {part: weight_files(folder / part, prefer_half=half) for part in configs}
        try:
            with torch.device("meta"):
                unet = UNetSpatioTemporalConditionModel.from_config(configs["unet"])
                vae = AutoencoderKLTemporalDecoder.from_config(configs["vae"])
                clip = CLIPVisionModelWithProjection(CLIPVisionConfig.from_dict(configs["image_encoder"]))
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise BackboneError(f"The configuration in {folder} is not a valid network: {error}.") from error
        strip_unet(unet)
        strip_vae(vae)
        if spatial:
            strip_time(unet)
        dtype = DTYPES[precision]
        weights.load_into(
            unet,
            files["unet"],
            dtype=dtype,
            device=device,
            skip=UP_PARTS,
            without=TIME_PARTS if spatial else (),
        )
        weights.load_into(vae, files["vae"], dtype=vae_dtype(dtype), device=device, skip=("decoder.",))
        _settle_position_ids(clip, device)
        weights.load_into(
            clip,
            files["image_encoder"],
            dtype=dtype,
            device=device,
            skip=("vision_model.embeddings.position_ids",),
        )
        return cls(
            unet,
            vae,
            clip,
            id=id,
            digest=digest,
            device=device,
            precision=precision,
            spatial=spatial,
            notes=read_notes(folder),
        )

    def fresh_network(self) -> nn.Module:
        """Return the whole UNet before training, drawn from torch's random state."""
        from diffusers import UNetSpatioTemporalConditionModel

        network: nn.Module = UNetSpatioTemporalConditionModel.from_config(self.unet.config)
        return network

    @torch.inference_mode()
    def encode(self, frames: np.ndarray, seeds: Sequence[int], settings: EncodeSettings) -> SVDEncoded:
        """Compute latents, condition and image embeddings of ``frames`` ``[B, T, H, W, 3]`` uint8."""
        check_windows(self, frames, seeds, settings)
        batch, count = frames.shape[:2]
        latents: list[Tensor] = []
        conditions: list[Tensor] = []
        embeddings: list[Tensor] = []
        chunk = max(1, VAE_CHUNK_PIXELS // (settings.resolution[0] * settings.resolution[1]))
        for window, seed in zip(frames, seeds, strict=True):
            random = noise_generator(seed)
            for at in range(0, count, chunk):
                part = np.ascontiguousarray(window[at : at + chunk])
                # Drawn while a GPU still computes the frames before: a copy to it would wait for them.
                noise = normal(random, (len(part), 3, *settings.resolution))
                pixels = resize_frames(torch.from_numpy(part).to(self.device), settings.resolution)
                blurred = pixels + NOISE_AUGMENTATION * noise.to(self.device)
                latents.append(self._posterior_mode(pixels) * self.vae.config["scaling_factor"])
                conditions.append(self._posterior_mode(blurred))
                size = self.image_encoder.config.image_size
                embeddings.append(self.image_encoder(clip_inputs(pixels, size).to(self.dtype)).image_embeds)

        def by_window(parts: list[Tensor]) -> Tensor:
            joined = torch.cat(parts)
            return joined.reshape(batch, count, *joined.shape[1:])

        return SVDEncoded(
            latents=by_window(latents),
            condition=by_window(conditions).to(self.dtype),
            clip=by_window(embeddings),
            seeds=tuple(seeds),
            settings=settings,
        )

    @torch.inference_mode()
    def features(self, encoded: SVDEncoded, timestep: Timestep, layers: Sequence[int]) -> dict[int, Tensor]:
        """Return the maps of ``layers`` at ``timestep``, each ``[B, T, C, h, w]`` float32 on the backbone's device."""
        wanted = check_layers(self, layers)
        sigma = self._sigma(timestep)
        sums: dict[int, Tensor] = {}
        draws = 0
        for latents in self._noised(encoded, sigma):
            maps = walk(self.unet, latents, encoded.condition, encoded.clip, sigma, wanted)
            sums = {layer: sums.get(layer, 0) + each.float() for layer, each in maps.items()}
            draws += 1
        return {layer: total / draws for layer, total in sums.items()}

    @property
    def attention_layers(self) -> tuple[int, ...]:
        """Numbers of the layers with self-attention."""
        return tuple(layer.index for layer in self.layers if layer.heads)

    def attention(
        self, encoded: SVDEncoded, timestep: Timestep, layer: int, kind: Kind, window: int = 0
    ) -> AttentionRows:
        """Self-attention of ``layer`` at ``timestep`` in one of the encoded windows, ready to be asked for rows.

        The network is walked when the first point is asked for.

        Raises
        ------
        BackboneError
            If the layer has no attention.
        """
        if kind not in KINDS:
            raise BackboneError(f"There is no {kind!r} attention. Choose one of {', '.join(KINDS)}.")
        if self.spatial and kind == "temporal":
            raise BackboneError(
                f"{self.id} has no temporal attention: its temporal layers are switched off. Choose the spatial one."
            )
        if layer not in self.attention_layers:
            raise BackboneError(
                f"Layer {layer} of {self.id} has no attention. Choose one of "
                f"{', '.join(map(str, self.attention_layers))}."
            )
        sigma = self._sigma(timestep)
        chosen = next(each for each in self.layers if each.index == layer)
        module = attention_module(self.unet, chosen, kind)
        frames = encoded.latents.shape[1]
        height, width = (-(-side // chosen.reduction) for side in encoded.settings.resolution)
        # Spatial attention has a row of the batch per frame, temporal attention one per position.
        rows = frames if kind == "spatial" else height * width
        nbytes = frames * height * width * module.to_q.in_features * self.dtype.itemsize

        def walks() -> Iterator[Callable[[], object]]:
            for latents in self._noised(encoded, sigma):
                yield partial(walk, self.unet, latents, encoded.condition, encoded.clip, sigma, [layer])

        return AttentionRows(
            module,
            walks,
            slice(window * rows, (window + 1) * rows),
            kind,
            frames,
            (height, width),
            nbytes * (1 if encoded.settings.regime == "released" else encoded.settings.draws),
        )

    def _sigma(self, timestep: Timestep) -> float:
        if timestep.sigma is None:
            raise BackboneError(f"{self.id} needs a timestep; give an index or a sigma.")
        return timestep.sigma

    def _noised(self, encoded: SVDEncoded, sigma: float) -> Iterator[Tensor]:
        """Latents as the UNet gets them before scaling: as they are, or once per noise draw with noise added."""
        return noised_latents(encoded.latents, encoded.seeds, encoded.settings, sigma)

    def _posterior_mode(self, pixels: Tensor) -> Tensor:
        """Mode of the VAE's posterior for ``[N, 3, H, W]`` in [-1, 1], ``[N, c, h, w]`` float32, unscaled."""
        moments: Tensor = self.vae.quant_conv(self.vae.encoder(pixels.to(self.vae.quant_conv.weight.dtype)))
        return moments.chunk(2, dim=1)[0].float()


def set_released_norms(unet: UNet) -> None:
    """Give all group normalisations of the residual blocks the epsilon of the code that SVD was trained with, 1e-5.

    diffusers builds those of blocks with attention with 1e-6.
    """
    from diffusers.models.resnet import ResnetBlock2D, TemporalResnetBlock

    for block in unet.modules():
        if isinstance(block, ResnetBlock2D | TemporalResnetBlock):
            block.norm1.eps = block.norm2.eps = 1e-5


def strip_unet(unet: UNet) -> None:
    """Remove the parts of a UNet that lie behind its last feature layer."""
    unet.up_blocks = nn.ModuleList()
    unet.conv_norm_out = unet.conv_out = None


def strip_time(unet: UNet) -> None:
    """Remove the temporal layers of a UNet and let what they were mixed with pass as it is.

    The same as ``time_mixer`` with a factor of 1 for the spatial branch, without computing the other one.
    """
    from diffusers.models.resnet import SpatioTemporalResBlock
    from diffusers.models.transformers.transformer_temporal import TransformerSpatioTemporalModel

    for module in list(unet.modules()):
        if isinstance(module, SpatioTemporalResBlock):
            module.temporal_res_block = _Same()
            module.time_mixer = _SpatialOnly()
        elif isinstance(module, TransformerSpatioTemporalModel):
            module.temporal_transformer_blocks = nn.ModuleList(
                _Same() for _ in module.temporal_transformer_blocks
            )
            module.time_pos_embed = _NoPlace()
            module.time_mixer = _SpatialOnly()


class _Same(nn.Module):
    """Stands for a temporal layer and gives what it gets."""

    def forward(self, hidden: Tensor, *_: object, **__: object) -> Tensor:
        return hidden


class _NoPlace(nn.Module):
    """Stands for the embedding of a frame's position in time, which only temporal layers see."""

    def forward(self, embedding: Tensor) -> Tensor:
        return embedding.new_zeros(1, 1)


class _SpatialOnly(nn.Module):
    """Stands for a mixer of the spatial and the temporal branch."""

    def forward(self, x_spatial: Tensor, x_temporal: Tensor, image_only_indicator: Tensor) -> Tensor:
        return x_spatial


def strip_vae(vae: VAE) -> None:
    """Remove a VAE's decoder."""
    vae.decoder = None


def _settle_position_ids(clip: nn.Module, device: str) -> None:
    """Fill the one buffer that CLIP's weight files need not hold."""
    count = clip.get_submodule("vision_model.embeddings.position_embedding").get_parameter("weight").shape[0]
    clip.get_submodule("vision_model.embeddings").register_buffer(
        "position_ids", torch.arange(count, device=device).unsqueeze(0), persistent=False
    )
