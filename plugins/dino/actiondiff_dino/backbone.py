"""Forward pass through the blocks of DINOv2 and DINOv3."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from actiondiff_gui.backbones.description import Description
from actiondiff_gui.backbones.frozen import DTYPES, Encoded, FrozenBackbone
from actiondiff_gui.backbones.protocol import Timestep
from actiondiff_gui.backbones.token_attention import TokenRows, check_attention
from actiondiff_gui.backbones.transformers_family import load_pretrained, queries_and_keys, walked


def load(folder: Path, shape: Description, *, precision: str, device: str, **about: str) -> "DinoBackbone":
    """Load the model of a folder."""
    from transformers import AutoConfig, Dinov2Model, Dinov2WithRegistersModel, DINOv3ViTModel

    kinds = {
        "dinov2": Dinov2Model,
        "dinov2_with_registers": Dinov2WithRegistersModel,
        "dinov3_vit": DINOv3ViTModel,
    }
    kind = AutoConfig.from_pretrained(folder, local_files_only=True).model_type
    network = load_pretrained(kinds[kind], folder, DTYPES[precision], device)
    return DinoBackbone(network, shape, precision=precision, device=device, **about)


class DinoBackbone(FrozenBackbone):
    """Maps of patch tokens; class and register tokens are left out of them."""

    def __init__(self, network: torch.nn.Module, shape: Description, **about: str) -> None:
        super().__init__(shape, **about)
        self.network = network
        self._first = 1 + getattr(network.config, "num_register_tokens", 0)

    def fresh_network(self) -> torch.nn.Module:
        """Return the network before training, as its library draws it."""
        return type(self.network)(self.network.config)

    def walk(self, pixels: Tensor, layers: Sequence[int]) -> dict[int, Tensor]:
        """Frames are the batch of the network."""
        batch, frames = pixels.shape[:2]
        height, width = (side // self.multiple for side in pixels.shape[-2:])
        images, network = pixels.flatten(0, 1), self.network
        hidden = network.embeddings(images)
        if hasattr(network, "rope_embeddings"):
            where = network.rope_embeddings(images)
            blocks = [partial(block, position_embeddings=where) for block in network.model.layer]
            last = network.norm
        else:
            blocks, last = network.encoder.layer, network.layernorm

        def laid_out(tokens: Tensor) -> Tensor:
            return (
                tokens[:, self._first :]
                .transpose(1, 2)
                .unflatten(2, (height, width))
                .unflatten(0, (batch, frames))
            )

        return walked(hidden, blocks, last, layers, laid_out)

    @torch.inference_mode()
    def attention(
        self, encoded: Encoded, timestep: Timestep, layer: int, kind: str, window: int = 0
    ) -> TokenRows:
        """Attention of a block within each frame of one window."""
        check_attention(self, layer, kind, ("spatial",))
        pixels = encoded.pixels[window : window + 1].to(self.dtype)
        module = self.network.get_submodule(self.layer(layer).name).attention
        module = getattr(module, "attention", module)
        queries, keys = queries_and_keys(module, lambda: self.walk(pixels, [layer]), Tensor.clone)
        grid = tuple(side // self.multiple for side in pixels.shape[-2:])
        return TokenRows(queries, keys, module.scaling, "spatial", pixels.shape[1], grid, first=self._first)
