"""The Stable Video Diffusion family as a backbone."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from actiondiff_gui.backbones.attention import KINDS, AttentionRows, Kind, attention_module
from actiondiff_gui.backbones.diffusers_family import vae_dtype
from actiondiff_gui.backbones.memory import InPieces
from actiondiff_gui.backbones.noise import noised_latents
from actiondiff_gui.backbones.protocol import EncodeSettings, Timestep, check_layers, check_windows
from actiondiff_gui.backbones.svd.encoding import FrameEncoder
from actiondiff_gui.backbones.svd.notes import Notes, read_notes
from actiondiff_gui.backbones.svd.parts import VAE, ImageEncoder, UNet
from actiondiff_gui.backbones.svd.shape import svd_shape
from actiondiff_gui.backbones.svd.walk import walk
from actiondiff_gui.backbones.weights import loading as weights
from actiondiff_gui.backbones.weights.files import read_configs, weight_files
from actiondiff_gui.errors import BackboneError

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
UP_PARTS = ("up_blocks.", "conv_norm_out.", "conv_out.")
TIME_PARTS = (".temporal_res_block.", ".temporal_transformer_blocks.", ".time_pos_embed.", ".time_mixer.")


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
        self._encode_frames = FrameEncoder(vae, image_encoder, device, self.dtype)
        self._windows = InPieces(1 << 30)
        if notes.norms == "released":
            set_released_norms(unet)
        shape = svd_shape(unet.config, vae.config, notes)
        self.window, self.stride, self.multiple = shape.window, shape.stride, shape.multiple
        self.resolution, self.schedule, self.layers = shape.resolution, shape.schedule, shape.layers
        self.default_timestep, self.default_layer = shape.default_timestep, shape.default_layer
        self.default_layers, self.default_pooling = shape.default_layers, shape.default_pooling
        self.generator = shape.generator

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
        configs = read_configs(folder)
        half = precision != "float32"
        files = {part: weight_files(folder / part, prefer_half=half) for part in configs}
        try:
            unet, vae, clip = empty_parts(configs, spatial)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise BackboneError(f"The configuration in {folder} is not a valid network: {error}.") from error
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
        latents, condition, embedded = self._encode_frames(frames, seeds, settings)
        return SVDEncoded(
            latents=latents,
            condition=condition.to(self.dtype),
            clip=embedded,
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
            maps = self._walked(latents, encoded, sigma, wanted)
            sums = {layer: sums.get(layer, 0) + each.float() for layer, each in maps.items()}
            draws += 1
        return {layer: total / draws for layer, total in sums.items()}

    def _walked(
        self, latents: Tensor, encoded: SVDEncoded, sigma: float, layers: Sequence[int]
    ) -> dict[int, Tensor]:
        """Run the UNet up to the last layer, with as many windows at a time as memory holds."""
        parts = self._windows(
            lambda a, b: walk(
                self.unet, latents[a:b], encoded.condition[a:b], encoded.clip[a:b], sigma, layers
            ),
            len(latents),
        )
        return parts[0] if len(parts) == 1 else {n: torch.cat([each[n] for each in parts]) for n in parts[0]}

    @torch.inference_mode()
    def prepare(self, windows: int, settings: EncodeSettings) -> None:
        """Prepare for many windows: measure which way to run the VAE is fastest on this device, and use it."""
        from actiondiff_gui.backbones.svd.fused import settle

        settle(self._encode_frames, settings.resolution, windows)

    @property
    def remark(self) -> str:
        """Note for the user on how it runs: "", or that memory is short."""
        pieces = self._encode_frames.pieces
        if pieces is not None and pieces.halved:
            return f"little memory: {pieces.most} frames at a time"
        return f"little memory: {self._windows.most} windows at a time" if self._windows.halved else ""

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


def empty_parts(configs: Mapping[str, Any], spatial: bool = False) -> tuple[Any, Any, Any]:
    """UNet, VAE and image encoder on the device ``meta``, without the parts that features never need."""
    from diffusers import AutoencoderKLTemporalDecoder, UNetSpatioTemporalConditionModel
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    with torch.device("meta"):
        unet = UNetSpatioTemporalConditionModel.from_config(configs["unet"])
        vae = AutoencoderKLTemporalDecoder.from_config(configs["vae"])
        clip = CLIPVisionModelWithProjection(CLIPVisionConfig.from_dict(configs["image_encoder"]))
    strip_unet(unet)
    strip_vae(vae)
    if spatial:
        strip_time(unet)
    return unet, vae, clip


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
