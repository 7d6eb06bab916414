"""Noise of a window, drawn from its seed on the CPU so that every device gets the same values."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from actiondiff_gui.backbones.protocol import EncodeSettings


def noise_generator(seed: int, stream: int = 0) -> np.random.Generator:
    """Return the random generator of a window; each stream is independent of the others."""
    # numpy rounds a seed from 2^63 on to a multiple of 2048, and the last ones would not fit. Features that are kept were
    # computed so, and a seed need not be exact.
    return np.random.Generator(np.random.Philox(key=[min(seed % 2**64, 2**64 - 2048), stream]))


def normal(generator: np.random.Generator, shape: Sequence[int]) -> Tensor:
    """Return standard normal noise of this shape, on the CPU."""
    return torch.from_numpy(generator.standard_normal(math.prod(shape), dtype=np.float32).reshape(shape))


def noised_latents(
    latents: Tensor, seeds: Sequence[int], settings: EncodeSettings, sigma: float, kept: float = 1.0
) -> Iterator[Tensor]:
    """``kept`` times the latents as they are, or, once per draw, with noise of ``sigma`` added.

    The same draw serves every timestep, so that timesteps differ by their level alone.
    """
    if settings.regime == "released":
        yield latents * kept
        return
    for draw in range(settings.draws):
        noise = torch.stack([normal(noise_generator(seed, 1 + draw), latents.shape[1:]) for seed in seeds])
        yield latents * kept + sigma * noise.to(latents.device)
