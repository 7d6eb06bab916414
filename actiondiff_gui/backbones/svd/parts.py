"""Types of the networks of Stable Video Diffusion, restricted to what this package uses.

diffusers' own classes satisfy them; checking against those would mean to check that library too.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

Function = Callable[[Tensor], Tensor]


class Hooked(Protocol):
    """A module with forward pre-hooks."""

    def register_forward_pre_hook(
        self, hook: Callable[..., None], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook`` before each pass."""
        ...


class SelfAttention(Hooked, Protocol):
    """Attention of a sequence on itself."""

    heads: int
    scale: float
    to_q: nn.Linear
    to_k: nn.Linear


class AttentionBlock(Protocol):
    """One transformer block; its first attention is the self-attention."""

    attn1: SelfAttention


class Transformer(Protocol):
    """A layer with attention within frames, and over time at each position."""

    transformer_blocks: Sequence[AttentionBlock]
    temporal_transformer_blocks: Sequence[AttentionBlock]

    def __call__(
        self,
        hidden_states: Tensor,
        *,
        encoder_hidden_states: Tensor,
        image_only_indicator: Tensor,
        return_dict: bool,
    ) -> tuple[Tensor, ...]:
        """Run it; the first of the tuple is its map."""
        ...


class ResidualBlock(Protocol):
    """A layer of convolutions."""

    def __call__(self, hidden: Tensor, emb: Tensor, *, image_only_indicator: Tensor) -> Tensor:
        """Run it."""
        ...


class DownBlock(Protocol):
    """Layers at one resolution; ``attentions`` are there where ``has_cross_attention`` is true."""

    resnets: Sequence[ResidualBlock]
    attentions: Sequence[Transformer]
    downsamplers: Sequence[Function] | None


class MidBlock(Protocol):
    """The layers at the lowest resolution."""

    attentions: Sequence[Transformer]

    def __call__(
        self,
        *,
        hidden_states: Tensor,
        temb: Tensor,
        encoder_hidden_states: Tensor,
        image_only_indicator: Tensor,
    ) -> Tensor:
        """Run them."""
        ...


class UNet(Protocol):
    """``UNetSpatioTemporalConditionModel``, with or without its up blocks."""

    config: Mapping[str, Any]
    conv_in: Function
    down_blocks: Sequence[DownBlock]
    mid_block: MidBlock
    up_blocks: nn.ModuleList
    conv_norm_out: nn.Module | None
    conv_out: nn.Module | None
    time_proj: Function
    time_embedding: Function
    add_time_proj: Function
    add_embedding: Function

    def modules(self) -> Iterator[nn.Module]:
        """All modules in it."""
        ...

    def get_submodule(self, target: str) -> Transformer:
        """Return the layer with attention at that path."""
        ...


class VAE(Protocol):
    """``AutoencoderKLTemporalDecoder``, with or without its decoder."""

    config: Mapping[str, Any]
    encoder: Function
    decoder: nn.Module | None
    quant_conv: nn.Conv2d


class ImageEmbedding(Protocol):
    """What an image encoder gives."""

    image_embeds: Tensor


class ImageEncoderConfig(Protocol):
    """Its configuration."""

    image_size: int


class ImageEncoder(Protocol):
    """``CLIPVisionModelWithProjection``."""

    config: ImageEncoderConfig

    def __call__(self, pixel_values: Tensor) -> ImageEmbedding:
        """Embed pictures ``[N, 3, size, size]``."""
        ...
