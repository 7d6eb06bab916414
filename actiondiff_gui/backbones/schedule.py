"""Noise levels of a diffusion schedule."""

import numpy as np

PAPER_PLACES = (0, 5, 10, 15, 20, 25, 29)
"""Indices that the paper searched, in its schedule of 30 steps."""


def paper_indices(steps: int) -> list[int]:
    """Return the paper's seven indices into a schedule of ``steps``, each index once."""
    return list(dict.fromkeys(round(i * (steps - 1) / 29) for i in PAPER_PLACES)) if steps else []


def karras_sigmas(
    steps: int, sigma_min: float = 0.002, sigma_max: float = 700.0, rho: float = 7.0
) -> np.ndarray:
    """Noise levels of the EDM schedule, noisiest first, ``[steps]`` float64.

    Karras et al., "Elucidating the Design Space of Diffusion-Based Generative Models" (2022), eq. 5,
    with Stable Video Diffusion's bounds as defaults.
    """
    ramp = np.linspace(0, 1, steps)
    top, bottom = sigma_max ** (1 / rho), sigma_min ** (1 / rho)
    sigmas: np.ndarray = (top + ramp * (bottom - top)) ** rho
    return sigmas
