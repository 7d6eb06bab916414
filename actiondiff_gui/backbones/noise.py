"""Noise of a window, drawn from its seed so that every device gets the same values.

There are two kinds. ``philox`` is counter-based and drawn where it is needed: each number follows from seed, draw, frame and place alone
(Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011: Philox4x32-10), by whole numbers, and becomes a normal one by
Box and Muller's method, so that devices differ by the rounding of a logarithm and a cosine. ``numpy`` is drawn on the CPU, one number after
the other; features of earlier versions were computed with it.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from actiondiff_gui.backbones.protocol import EncodeSettings, Generator

_MASK = 0xFFFFFFFF
_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_WEYL = (0x9E3779B9, 0xBB67AE85)
ROUNDS = 10


def philox(counter: Sequence[Tensor], key: tuple[int, int]) -> tuple[Tensor, ...]:
    """Compute four random words of 32 bits for each counter of four words, all held in int64.

    Parameters
    ----------
    counter : sequence of Tensor
        Four tensors of one shape.
    key : tuple of int
        Two words.
    """
    a, b, c, d = counter
    k0, k1 = key
    for _ in range(ROUNDS):
        (high0, low0), (high1, low1) = (
            _product(m, word) for m, word in zip(_MULTIPLIERS, (a, c), strict=True)
        )
        a, b, c, d = high1 ^ b ^ k0, low1, high0 ^ d ^ k1, low0
        k0, k1 = (k0 + _WEYL[0]) & _MASK, (k1 + _WEYL[1]) & _MASK
    return a, b, c, d


def _product(factor: int, word: Tensor) -> tuple[Tensor, Tensor]:
    """Upper and lower word of a product; in two halves, for a signed number has no room for 64 bits."""
    lower, upper = (word & 0xFFFF) * factor, (word >> 16) * factor
    carried = (lower >> 16) + upper
    return carried >> 16, (lower & 0xFFFF) | ((carried & 0xFFFF) << 16)


def philox_normal(
    seed: int, stream: int, frames: range, shape: Sequence[int], device: torch.device | str = "cpu"
) -> Tensor:
    """Draw standard normal noise ``[len(frames), *shape]`` float32 of some frames of a window, whatever others are drawn.

    Parameters
    ----------
    seed : int
        Of the window.
    stream : int
        0 for the condition, 1 and on for the draws added to latents.
    frames : range
        Places of the frames in their window.
    """
    count = math.prod(shape)
    place = torch.arange(-(-count // 4), device=device).expand(len(frames), -1)
    frame = torch.arange(frames.start, frames.stop, device=device)[:, None].expand_as(place)
    key = (seed & _MASK, (seed >> 32) & _MASK)
    words = philox((place, frame, torch.full_like(place, stream), torch.zeros_like(place)), key)
    # 24 bits are what a float32 holds exactly: (0, 1] for the length, [0, 1) for the angle.
    unit = [(word >> 8).to(torch.float32) for word in words]
    drawn = []
    for length, angle in (unit[:2], unit[2:]):
        radius = torch.sqrt(-2.0 * torch.log((length + 1.0) * 2.0**-24))
        turn = angle * (2.0**-24 * 2.0 * math.pi)
        drawn += [radius * torch.cos(turn), radius * torch.sin(turn)]
    return torch.stack(drawn, dim=2).flatten(1)[:, :count].reshape(len(frames), *shape)


def noise_generator(seed: int, stream: int = 0) -> np.random.Generator:
    """Return the generator ``numpy`` of a window; each stream is independent of the others."""
    # numpy rounds a seed from 2^63 on to a multiple of 2048, and the last ones would not fit. Features that are kept were
    # computed so, and a seed need not be exact.
    return np.random.Generator(np.random.Philox(key=[min(seed % 2**64, 2**64 - 2048), stream]))


def normal(generator: np.random.Generator, shape: Sequence[int]) -> Tensor:
    """Return standard normal noise of this shape, on the CPU."""
    return torch.from_numpy(generator.standard_normal(math.prod(shape), dtype=np.float32).reshape(shape))


class FrameNoise:
    """Noise of the frames of a window, in any pieces.

    Parameters
    ----------
    kind : {"numpy", "philox"}
    seed, stream : int
        As in :func:`philox_normal`.
    device : torch.device or str
        Where it is wanted.
    count : int
        Frames of the window.
    """

    def __init__(
        self, kind: Generator, seed: int, stream: int, device: torch.device | str, count: int
    ) -> None:
        self._kind, self._seed, self._stream, self._device, self._count = kind, seed, stream, device, count
        self._drawn: Tensor | None = None

    def at(self, frames: range, shape: Sequence[int]) -> Tensor:
        """Noise ``[len(frames), *shape]`` of frames of the window."""
        if str(self._device) == "meta":
            return torch.empty(len(frames), *shape, device="meta")
        if self._kind == "philox":
            return philox_normal(self._seed, self._stream, frames, shape, self._device)
        if self._drawn is None:
            # One number follows the other: those of a frame are known once those before it are drawn.
            self._drawn = normal(noise_generator(self._seed, self._stream), (self._count, *shape))
        return self._drawn[frames.start : frames.stop].to(self._device)


def noised_latents(
    latents: Tensor, seeds: Sequence[int], settings: EncodeSettings, sigma: float, kept: float = 1.0
) -> Iterator[Tensor]:
    """``kept`` times the latents ``[B, T, c, h, w]`` as they are, or, once per draw, with noise of ``sigma`` added.

    The same draw serves every timestep, so that timesteps differ by their level alone.
    """
    if settings.regime == "released":
        yield latents * kept
        return
    frames, shape = latents.shape[1], latents.shape[2:]
    for draw in range(settings.draws):
        noise = torch.stack(
            [
                FrameNoise(settings.generator, seed, 1 + draw, latents.device, frames).at(
                    range(frames), shape
                )
                for seed in seeds
            ]
        )
        yield latents * kept + sigma * noise
