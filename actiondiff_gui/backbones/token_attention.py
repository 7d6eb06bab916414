"""Where does a transformer over patches look from one point? Rows of its attention, as the looks ask for them."""

from typing import Literal

import numpy as np
import torch
from torch import Tensor

from actiondiff_gui.errors import BackboneError


class TokenRows:
    """Rows of the self-attention of one window, each computed when it is asked for.

    A model of images attends within each frame. One of videos attends to all places of all frames at once: then a
    spatial row is what it gives to the asked frame, a temporal row what it gives to the asked place in each frame,
    both scaled to sum to 1.

    Parameters
    ----------
    queries, keys : Tensor
        ``[N, heads, S, d]``: N frames of an image model, or 1. Each S holds ``first`` tokens that are no place (such as
        a class token), then the places, frame by frame. Weights of those tokens are left out.
    scale : float
        What products of queries and keys are multiplied by.
    kind : {"spatial", "temporal"}
    frames : int
        Frames T of the window.
    grid : tuple of int
        Height h and width w of the map.
    first : int
    step : int
        Frames that share a token.
    """

    def __init__(
        self,
        queries: Tensor,
        keys: Tensor,
        scale: float,
        kind: Literal["spatial", "temporal"],
        frames: int,
        grid: tuple[int, int],
        first: int = 0,
        step: int = 1,
    ) -> None:
        self._queries, self._keys, self._scale = queries, keys, scale
        self._first, self._step = first, step
        self.kind, self.frames, self.grid, self.heads = kind, frames, grid, queries.shape[1]

    @torch.inference_mode()
    def row(self, frame: int, row: int, column: int) -> np.ndarray:
        """Attention from one place.

        Returns
        -------
        ndarray
            float32 ``[heads, h, w]`` (spatial) or ``[heads, T]`` (temporal), each head summing to 1.

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
        joint = len(self._queries) == 1 and self.frames > 1
        group, time = (0, frame // self._step) if joint else (frame, 0)
        place = self._first + time * height * width + row * width + column
        query, keys = self._queries[group, :, place].float(), self._keys[group].float()
        weights = (torch.einsum("hd,hsd->hs", query, keys) * self._scale).softmax(dim=-1)[:, self._first :]
        weights = weights.unflatten(1, (-1, height, width))
        if self.kind == "spatial":
            weights = weights[:, time]
        else:
            weights = weights[:, :, row, column].repeat_interleave(self._step, dim=1)[:, : self.frames]
        weights = weights / weights.flatten(1).sum(dim=1).view(-1, *[1] * (weights.ndim - 1))
        return weights.cpu().numpy()


def check_attention(backbone: object, layer: int, kind: str, kinds: tuple[str, ...]) -> None:
    """Check that the layer of a backbone has attention of that kind.

    Raises
    ------
    BackboneError
        If not.
    """
    if kind not in kinds:
        raise BackboneError(f"{backbone.id} has no {kind} attention. It has: {', '.join(kinds)}.")
    able = [each.index for each in backbone.layers if each.heads]
    if layer not in able:
        raise BackboneError(
            f"Layer {layer} of {backbone.id} has no attention. Choose one of {', '.join(map(str, able))}."
        )
