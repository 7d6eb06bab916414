"""Attention rows of a patch transformer for one query point."""

from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np
import torch
from torch import Tensor

from actiondiff_gui.backbones.protocol import Layer
from actiondiff_gui.errors import BackboneError


class TokenRows:
    """Rows of the self-attention of one window, each computed on request.

    A model of images attends within each frame. One of videos attends to all positions of all frames at once: then a
    spatial row is what it gives to the asked frame, a temporal row what it gives to the asked position in each frame,
    both scaled to sum to 1.

    Parameters
    ----------
    queries, keys : Tensor
        ``[N, heads, S, d]``: N frames of an image model, or 1. Each S holds ``first`` tokens that are no position (such as
        a class token), then the positions, frame by frame. Weights of those tokens are left out.
    scale : float
        What products of queries and keys are multiplied by.
    kind : {"spatial", "temporal"}
    frames : int
        Frames T of the window.
    grid : tuple of int
        Height h and width w of the map.
    first : int
    times : sequence of int, optional
        For a model of videos, the token's position in time of each frame: ``(0, 0, 1, 1, ...)`` where two frames share
        one. None for a model of images.
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
        times: Sequence[int] | None = None,
    ) -> None:
        self._queries, self._keys, self._scale = queries, keys, scale
        self._first, self._times = first, None if times is None else list(times)
        self.kind, self.frames, self.grid, self.heads = kind, frames, grid, queries.shape[1]
        self.nbytes = sum(each.numel() * each.element_size() for each in (queries, keys))

    def ready(self, row: int, column: int) -> bool:
        """Return whether a point can be answered without running the network: always."""
        return True

    @torch.inference_mode()
    def at(self, row: int, column: int) -> np.ndarray:
        """Attention from one position in every frame of the window.

        Returns
        -------
        ndarray
            float32 ``[T, heads, h, w]`` (spatial) or ``[T, heads, T]`` (temporal), each head summing to 1.

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
        if self._times is None:
            return np.stack([self._weights(frame, 0, row, column)[:, 0] for frame in range(self.frames)])
        # Frames that share a token share its rows.
        found = {time: self._weights(0, time, row, column) for time in dict.fromkeys(self._times)}
        if self.kind == "spatial":
            return np.stack([scaled(found[time][:, time]) for time in self._times])
        return np.stack([scaled(found[time][:, self._times, row, column]) for time in self._times])

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

    def _weights(self, group: int, time: int, row: int, column: int) -> np.ndarray:
        """Return the attention of one position to all positions, ``[heads, times, h, w]``, each head summing to 1."""
        height, width = self.grid
        position = self._first + (time * height + row) * width + column
        query, keys = self._queries[group, :, position].float(), self._keys[group].float()
        weights = (torch.einsum("hd,hsd->hs", query, keys) * self._scale).softmax(dim=-1)[:, self._first :]
        return scaled(weights.reshape(len(weights), -1, height, width).cpu().numpy())


def scaled(weights: np.ndarray) -> np.ndarray:
    """Weights ``[heads, ...]``, each head scaled to sum to 1."""
    sums = weights.reshape(len(weights), -1).sum(axis=1).reshape(-1, *[1] * (weights.ndim - 1))
    shares: np.ndarray = weights / sums
    return shares


class _Layered(Protocol):
    id: str
    layers: tuple[Layer, ...]


def check_attention(backbone: _Layered, layer: int, kind: str, kinds: tuple[str, ...]) -> None:
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
