"""Where does the network look from one point? Rows of its self-attention, computed for the asked points only.

What goes into a self-attention is kept while the network is walked; the walk itself is not touched. A row
then needs one query and the keys of one frame (spatial) or of one place (temporal), so the full map, which at
SVD-XT's first layers would hold 9,216 x 9,216 values per head and frame, never exists.

SVD's cross-attention has a single key, so its weights are 1 everywhere: there is nothing to see in it.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from actiondiff_gui.backbones.protocol import Layer
from actiondiff_gui.errors import BackboneError

Kind = Literal["spatial", "temporal"]
KINDS: tuple[Kind, ...] = ("spatial", "temporal")


class AttentionRows:
    """Rows of one self-attention for one window at one address.

    Attributes
    ----------
    kind : {"spatial", "temporal"}
    frames : int
        Frames T of the window.
    grid : tuple of int
        Height h and width w of the layer's map.
    heads : int
    """

    def __init__(self, attention: nn.Module, inputs: Sequence[Tensor], kind: Kind, grid: tuple[int, int]):
        self._attention, self._inputs = attention, list(inputs)
        self.kind, self.grid, self.heads = kind, grid, attention.heads
        self.frames = self._inputs[0].shape[0 if kind == "spatial" else 1]

    @torch.inference_mode()
    def row(self, frame: int, row: int, column: int) -> np.ndarray:
        """Attention from one place, which sums to 1 over what it looks at.

        Parameters
        ----------
        frame : int
            Frame of the window.
        row, column : int
            Place in the layer's map.

        Returns
        -------
        ndarray
            float32: ``[heads, h, w]`` within the frame (spatial), or ``[heads, T]`` over the frames at the
            place (temporal). Where several noise draws were made it is their mean.

        Raises
        ------
        BackboneError
            If there is no such frame or place.
        """
        height, width = self.grid
        if not (0 <= frame < self.frames and 0 <= row < height and 0 <= column < width):
            raise BackboneError(
                f"There is no frame {frame}, row {row}, column {column}: the map has {self.frames} frames of "
                f"{height} x {width} places."
            )
        place = row * width + column
        total = 0
        for inputs in self._inputs:
            seen, at = (inputs[frame], place) if self.kind == "spatial" else (inputs[place], frame)
            total = total + attention_row(self._attention, seen, at)
        weights = (total / len(self._inputs)).cpu().numpy()
        return weights.reshape(self.heads, height, width) if self.kind == "spatial" else weights


def attention_row(attention: nn.Module, inputs: Tensor, at: int) -> Tensor:
    """One row of the softmax of queries and keys for ``inputs`` ``[S, C]``: ``[heads, S]`` float32."""
    query = attention.to_q(inputs[at : at + 1]).float()
    keys = attention.to_k(inputs).float()
    heads = attention.heads
    query = query.view(heads, -1)
    keys = keys.view(len(inputs), heads, -1)
    scores = torch.einsum("hd,shd->hs", query, keys) * attention.scale
    return scores.softmax(dim=-1)


def attention_module(unet: nn.Module, layer: Layer, kind: Kind) -> nn.Module:
    """The self-attention of a layer of an SVD UNet."""
    block = unet.mid_block.attentions[0] if layer.name == "mid_block" else unet.get_submodule(layer.name)
    blocks = block.transformer_blocks if kind == "spatial" else block.temporal_transformer_blocks
    return blocks[0].attn1


def captured_inputs(
    attention: nn.Module, run: Callable[[], object], keep: Callable[[Tensor], Tensor]
) -> Tensor:
    """What goes into ``attention`` while ``run`` is called, as ``keep`` cuts it out of ``[S, N, C]``.

    The network is as it was afterwards, also where ``run`` fails.
    """
    found: list[Tensor] = []

    def look(_module: nn.Module, args: tuple, options: dict) -> None:
        found.append(keep(args[0] if args else options["hidden_states"]))

    handle = attention.register_forward_pre_hook(look, with_kwargs=True)
    try:
        run()
    finally:
        handle.remove()
    if len(found) != 1:
        raise BackboneError(f"The attention was run {len(found)} times instead of once. Report this.")
    return found[0]
