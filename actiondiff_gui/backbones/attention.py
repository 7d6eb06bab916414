"""Self-attention rows of an SVD UNet for one query point, computed for that point only.

The forward pass ends at the requested self-attention: its input is all that rows need. A row then takes one query and the keys of one frame (spatial) or of one position (temporal), so the full map, which at
SVD-XT's first layers would hold 9,216 x 9,216 values per head and frame, never exists.

The input is cached for the next point where it is small enough. Otherwise the rows of the requested point are
computed during the forward pass, and another point needs another pass.

SVD's cross-attention has a single key, so its weights are 1 everywhere and it is not offered.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from actiondiff_gui.backbones.protocol import Layer
from actiondiff_gui.backbones.svd.parts import Hooked, SelfAttention, UNet
from actiondiff_gui.errors import BackboneError

Kind = Literal["spatial", "temporal"]
KINDS: tuple[Kind, ...] = ("spatial", "temporal")

MOST_KEPT = 150_000_000
"""Bytes of inputs that are kept for further points: a window of SVD-XT at full size in half precision."""
ANSWERS_KEPT = 2
"""Points whose rows are remembered, so that another head of the same point costs nothing."""


class AttentionRows:
    """Rows of one self-attention for one window at one address.

    Nothing is computed before the first point is asked for.

    Parameters
    ----------
    attention : SelfAttention
        The self-attention.
    walks : callable
        Gives what runs the network up to it, one function per noise draw.
    batch : slice
        The window's rows of what goes in, ``[S, N, C]``: a row per frame (spatial) or per position (temporal).
    kind : {"spatial", "temporal"}
    frames : int
        Frames T of the window.
    grid : tuple of int
        Height h and width w of the layer's map.
    nbytes : int
        Memory of what goes in, for all walks together; afterwards what it takes with the rows that are remembered.
    most_kept : int
        It is kept if it takes no more than so many bytes.

    Attributes
    ----------
    heads : int
    kept : bool
        Whether what goes in is kept.
    """

    def __init__(
        self,
        attention: SelfAttention,
        walks: Callable[[], Iterable[Callable[[], object]]],
        batch: slice,
        kind: Kind,
        frames: int,
        grid: tuple[int, int],
        nbytes: int,
        most_kept: int = MOST_KEPT,
    ) -> None:
        self._attention, self._walks, self._batch = attention, walks, batch
        self.kind, self.frames, self.grid, self.heads = kind, frames, grid, attention.heads
        self.kept = nbytes <= most_kept
        answer = frames * self.heads * (grid[0] * grid[1] if kind == "spatial" else frames) * 4
        self.nbytes = (nbytes if self.kept else 0) + ANSWERS_KEPT * answer
        self._inputs: list[Tensor] | None = None
        self._answers: OrderedDict[tuple[int, int], np.ndarray] = OrderedDict()

    def ready(self, row: int, column: int) -> bool:
        """Return whether a point can be answered without running the network."""
        return (row, column) in self._answers or self._inputs is not None

    @torch.inference_mode()
    def at(self, row: int, column: int) -> np.ndarray:
        """Attention from one position in every frame of the window; each row sums to 1 over what it looks at.

        Returns
        -------
        ndarray
            float32: ``[T, heads, h, w]`` within each frame (spatial), or ``[T, heads, T]`` over the frames at the
            position (temporal), the frame that looks first. Where several noise draws were made it is their mean.

        Raises
        ------
        BackboneError
            If there is no such position.
        """
        height, width = self.grid
        if not (0 <= row < height and 0 <= column < width):
            raise BackboneError(
                f"There is no row {row}, column {column}: the map has {height} x {width} cells."
            )
        if (row, column) in self._answers:
            self._answers.move_to_end((row, column))
            return self._answers[row, column]
        position = row * width + column
        if self.kept:
            if self._inputs is None:
                self._inputs = [self._seen(walk, lambda inputs: inputs.clone()) for walk in self._walks()]
            found = [self._rows(inputs, position) for inputs in self._inputs]
        else:
            found = [self._seen(walk, lambda inputs: self._rows(inputs, position)) for walk in self._walks()]
        weights: np.ndarray = (sum(found[1:], found[0]) / len(found)).cpu().numpy()
        if self.kind == "spatial":
            weights = weights.reshape(self.frames, self.heads, height, width)
        self._answers[row, column] = weights
        while len(self._answers) > ANSWERS_KEPT:
            self._answers.popitem(last=False)
        return weights

    def row(self, frame: int, row: int, column: int) -> np.ndarray:
        """Attention from one position of one frame: ``[heads, h, w]`` (spatial) or ``[heads, T]`` (temporal).

        Raises
        ------
        BackboneError
            If there is no such frame or position.
        """
        if not 0 <= frame < self.frames:
            raise BackboneError(f"There is no frame {frame}: the window has {self.frames} frames.")
        weights: np.ndarray = self.at(row, column)[frame]
        return weights

    def _seen(self, walk: Callable[[], object], take: Callable[[Tensor], Tensor]) -> Tensor:
        return taken_on_the_way(self._attention, walk, lambda inputs: take(inputs[self._batch]))

    def _rows(self, inputs: Tensor, position: int) -> Tensor:
        """Rows of all frames, ``[T, heads, S]``."""
        if self.kind == "spatial":
            return torch.stack([attention_rows(self._attention, each, [position])[0] for each in inputs])
        return attention_rows(self._attention, inputs[position], range(self.frames))


def attention_rows(attention: SelfAttention, inputs: Tensor, at: Iterable[int]) -> Tensor:
    """Return rows ``at`` of the softmax of queries and keys for ``inputs`` ``[S, C]``: ``[len(at), heads, S]`` float32."""
    heads = attention.heads
    queries = attention.to_q(inputs[list(at)]).float()
    keys = attention.to_k(inputs).float()
    queries, keys = (each.view(len(each), heads, -1) for each in (queries, keys))
    scores = torch.einsum("qhd,shd->qhs", queries, keys) * attention.scale
    return scores.softmax(dim=-1)


def attention_module(unet: UNet, layer: Layer, kind: Kind) -> SelfAttention:
    """Return the self-attention of a layer of an SVD UNet."""
    block = unet.mid_block.attentions[0] if layer.name == "mid_block" else unet.get_submodule(layer.name)
    blocks = block.transformer_blocks if kind == "spatial" else block.temporal_transformer_blocks
    return blocks[0].attn1


class _Enough(Exception):
    """The asked attention was reached: nothing behind it need be computed."""


def taken_on_the_way(
    attention: Hooked, walk: Callable[[], object], take: Callable[[Tensor], Tensor]
) -> Tensor:
    """Return ``take`` applied to the input ``[S, N, C]`` of ``attention``, from a forward pass that ends there.

    The network is as it was afterwards, also where the walk fails.
    """
    found: list[Tensor] = []

    def keep(_module: object, args: tuple[Any, ...], options: dict[str, Any]) -> None:
        found.append(take(args[0] if args else options["hidden_states"]))
        raise _Enough

    handle = attention.register_forward_pre_hook(keep, with_kwargs=True)
    try:
        walk()
    except _Enough:
        pass
    finally:
        handle.remove()
    if not found:
        raise BackboneError(
            "The forward pass did not reach the requested attention layer. Please report this."
        )
    return found[0]
