"""Forward pass through VideoMAE's encoder; decoder and classifier are not loaded."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import VideoMAEModel

from actiondiff_gui.backbones.description import Description
from actiondiff_gui.backbones.frozen import DTYPES, Encoded, FrozenBackbone
from actiondiff_gui.backbones.protocol import Timestep
from actiondiff_gui.backbones.token_attention import TokenRows, check_attention
from actiondiff_gui.backbones.transformers_family import load_pretrained, queries_and_keys, walked


def load(
    folder: Path, shape: Description, *, precision: str, device: str, **about: str
) -> "VideoMAEBackbone":
    """Load the encoder of a folder."""
    network = load_pretrained(VideoMAEModel, folder, DTYPES[precision], device)
    return VideoMAEBackbone(network, shape, precision=precision, device=device, **about)


class VideoMAEBackbone(FrozenBackbone):
    """Maps of patch tokens. A token covers two frames, whose maps are the same."""

    def __init__(self, network: torch.nn.Module, shape: Description, **about: str) -> None:
        super().__init__(shape, **about)
        self.network = network
        self._step = network.config.tubelet_size

    def fresh_network(self) -> torch.nn.Module:
        """Return the network before training, as its library draws it."""
        return VideoMAEModel(self.network.config)

    def walk(self, pixels: Tensor, layers: Sequence[int]) -> dict[int, Tensor]:
        """All frames of a window are seen together."""
        frames = pixels.shape[1]
        height, width = (side // self.multiple for side in pixels.shape[-2:])
        embeddings = self.network.embeddings
        # The library's own embedding takes pictures of one size only.
        hidden = embeddings.patch_embeddings.projection(pixels.transpose(1, 2)).flatten(2).transpose(1, 2)
        hidden = hidden + self._places(frames // self._step, height, width).to(hidden)

        def laid_out(tokens: Tensor) -> Tensor:
            maps = tokens.transpose(1, 2).unflatten(2, (-1, height, width)).transpose(1, 2)
            return maps.repeat_interleave(self._step, dim=1)

        return walked(hidden, self.network.encoder.layer, self.network.layernorm, layers, laid_out)

    @torch.inference_mode()
    def attention(
        self, encoded: Encoded, timestep: Timestep, layer: int, kind: str, window: int = 0
    ) -> TokenRows:
        """Attention of a block in one window."""
        check_attention(self, layer, kind, ("spatial", "temporal"))
        pixels = encoded.pixels[window : window + 1].to(self.dtype)
        module = self.network.encoder.layer[layer - 1].attention.attention
        queries, keys = queries_and_keys(module, lambda: self.walk(pixels, [layer]), Tensor.clone)
        grid = tuple(side // self.multiple for side in pixels.shape[-2:])
        times = [frame // self._step for frame in range(pixels.shape[1])]
        return TokenRows(queries, keys, module.scaling, kind, len(times), grid, times=times)

    def _places(self, frames: int, height: int, width: int) -> Tensor:
        """Embeddings of the positions ``[1, S, C]``, between those of training where the picture has another size."""
        known = self.network.embeddings.position_embeddings
        side = self.network.config.image_size // self.multiple
        if (height, width) == (side, side):
            return known
        grid = known.float().unflatten(1, (frames, side, side)).squeeze(0).movedim(-1, 1)
        grid = F.interpolate(grid, size=(height, width), mode="bicubic", align_corners=False)
        return grid.movedim(1, -1).reshape(1, -1, known.shape[-1])
