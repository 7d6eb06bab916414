"""Gait cycles and two-bone limbs over time, in body coordinates."""

import numpy as np

from sample_data.world.motion import Motion, smooth


def gait(
    motion: Motion, offsets: np.ndarray, stride: tuple[float, float], duty: tuple[float, float], lift
) -> tuple[np.ndarray, np.ndarray]:
    """Return how far forward and how high each foot is, relative to its home.

    Parameters
    ----------
    offsets : array [2, L]
        Phase of each leg, in cycles, when walking and when running.
    stride, duty, lift : (walk, run)
        Length of a stance, share of the cycle on the ground, height of a step.

    Returns
    -------
    array [L, T], array [L, T]
    """
    forward = height = 0.0
    for i, share in enumerate((motion.walk, motion.run)):
        cycle = (motion.phase + offsets[i][:, None]) % 1.0
        stance = cycle < duty[i]
        swing = np.clip((cycle - duty[i]) / (1 - duty[i]), 0, 1)
        x = np.where(stance, 0.5 - cycle / duty[i], smooth(swing) - 0.5) * stride[i]
        forward = forward + share * x
        height = height + share * lift[i] * np.sin(np.pi * swing)
    return forward, height


def joint(root: np.ndarray, tip: np.ndarray, upper: float, lower: float, pole) -> np.ndarray:
    """Return the middle joint [..., 3] of a two-bone limb that bends towards ``pole``.

    A tip out of reach is met by stretching: the joint then lies on the straight line.
    """
    along = tip - root
    length = np.maximum(np.linalg.norm(along, axis=-1, keepdims=True), 1e-6)
    along = along / length
    reach = np.minimum(length, (upper + lower) * 0.999)
    a = (upper**2 - lower**2 + reach**2) / (2 * reach)
    out = np.sqrt(np.maximum(upper**2 - a**2, 0.0))
    pole = np.asarray(pole, float)
    side = pole - (pole * along).sum(-1, keepdims=True) * along
    side = side / np.maximum(np.linalg.norm(side, axis=-1, keepdims=True), 1e-6)
    return root + along * a * (length / reach) + side * out


def tilt(points: np.ndarray, angle: np.ndarray, pivot: np.ndarray) -> np.ndarray:
    """Rotate points [..., T, 3] about the sideways axis through ``pivot`` [T, 3]; positive is nose down."""
    c, s = np.cos(angle), np.sin(angle)
    x, z = points[..., 0] - pivot[..., 0], points[..., 2] - pivot[..., 2]
    out = np.array(points, float)
    out[..., 0] = pivot[..., 0] + x * c + z * s
    out[..., 2] = pivot[..., 2] - x * s + z * c
    return out


def track(frames: int, x, y, z) -> np.ndarray:
    """Return points [T, 3] of coordinates that are numbers or arrays [T]."""
    points = np.empty((frames, 3))
    points[:, 0], points[:, 1], points[:, 2] = x, y, z
    return points
