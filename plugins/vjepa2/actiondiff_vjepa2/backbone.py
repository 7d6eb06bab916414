"""Forward pass through V-JEPA 2's encoder; its predictor is not loaded."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch
from torch import Tensor
from transformers.models.vjepa2.modeling_vjepa2 import VJEPA2Encoder, VJEPA2PreTrainedModel

from actiondiff_gui.backbones.description import Description
from actiondiff_gui.backbones.frozen import DTYPES, Encoded, FrozenBackbone
from actiondiff_gui.backbones.protocol import Timestep
from actiondiff_gui.backbones.token_attention import TokenRows, check_attention
from actiondiff_gui.backbones.transformers_family import load_pretrained, queries_and_keys, walked


class _EncoderOnly(VJEPA2PreTrainedModel):
    """The model without its predictor, so that the weights of that are not read."""

    def __init__(self, config: object) -> None:
        super().__init__(config)
        self.encoder = VJEPA2Encoder(config)
        self.post_init()


def load(folder: Path, shape: Description, *, precision: str, device: str, **about: str) -> "VJEPA2Backbone":
    """Load the encoder of a folder."""
    network = load_pretrained(_EncoderOnly, folder, DTYPES[precision], device).encoder
    return VJEPA2Backbone(network, shape, precision=precision, device=device, **about)


class VJEPA2Backbone(FrozenBackbone):
    """Maps of patch tokens. A token covers two frames, whose maps are the same."""

    def __init__(self, network: torch.nn.Module, shape: Description, **about: str) -> None:
        super().__init__(shape, **about)
        self.network = network
        self._step = network.config.tubelet_size
        # The library reads a token's row and column off its number in a square grid. Numbers in a grid as large as
        # any picture mean the same positions, and let pictures be oblong.
        self._grid = 4096
        for block in network.layer:
            block.attention.grid_size = self._grid

    def fresh_network(self) -> torch.nn.Module:
        """Return the encoder before training, as its library draws it."""
        return _EncoderOnly(self.network.config).encoder

    def walk(self, pixels: Tensor, layers: Sequence[int]) -> dict[int, Tensor]:
        """All frames of a window are seen together."""
        batch, frames = pixels.shape[:2]
        height, width = (side // self.multiple for side in pixels.shape[-2:])
        hidden = self.network.embeddings(pixels)
        time, row, column = (
            torch.arange(count, device=hidden.device)
            for count in (hidden.shape[1] // (height * width), height, width)
        )
        positions = (time[:, None, None] * self._grid + row[:, None]) * self._grid + column
        positions = positions.flatten().expand(batch, -1)
        blocks = [partial(block, position_mask=positions) for block in self.network.layer]

        def laid_out(tokens: Tensor) -> Tensor:
            maps = tokens.transpose(1, 2).unflatten(2, (-1, height, width)).transpose(1, 2)
            return maps.repeat_interleave(self._step, dim=1)[:, :frames]

        return walked(hidden, blocks, self.network.layernorm, layers, laid_out)

    @torch.inference_mode()
    def attention(
        self, encoded: Encoded, timestep: Timestep, layer: int, kind: str, window: int = 0
    ) -> TokenRows:
        """Attention of a block in one window."""
        check_attention(self, layer, kind, ("spatial", "temporal"))
        pixels = encoded.pixels[window : window + 1].to(self.dtype)
        module = self.network.layer[layer - 1].attention
        queries, keys = queries_and_keys(module, lambda: self.walk(pixels, [layer]), Tensor.clone)
        grid = tuple(side // self.multiple for side in pixels.shape[-2:])
        times = [frame // self._step for frame in range(pixels.shape[1])]
        return TokenRows(queries, keys, module.scaling, kind, len(times), grid, times=times)
