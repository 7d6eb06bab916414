"""Drawable primitives: sets of tapered capsules in world space, stacked to batches."""

from dataclasses import dataclass, field

import numpy as np

CAPSULE_COUNTS = (1, 2, 3, 4, 6, 9, 12)
"""A part is padded to the next of these numbers of capsules."""
HIDDEN = -1e3
"""Radius of a padding capsule: far from touching any pixel."""


@dataclass
class Parts:
    """``N`` parts, each a smooth union of ``K`` tapered capsules over ``T`` frames.

    World axes: x to the right of the picture, y away from the viewer, z up; lengths in world units. All
    fields broadcast to the shapes given.

    Attributes
    ----------
    a, b : array [N, T, K, 3]
        End points of the capsules.
    ra, rb : array [N, T, K]
        Radii at the end points.
    colour : array [N, K, 3]
        RGB in [0, 1].
    line : array [N, 3]
        Colour of the outline.
    width : array [N]
        Width of the outline; 0 for none.
    blend : array [N]
        Distance over which capsules melt into one another.
    shade : array [N]
        Strength of the rounding shade; 0 is flat.
    alpha : array [N, T]
        Opacity.
    bias : array [N]
        Distance by which the part is moved towards the viewer when the painter's order is decided.
    soft : array [N]
        Width of a soft edge; 0 is sharp.
    root : array [N, T, 3], optional
        Where the part grows out of another one; its outline fades within ``root_radius`` [N] of it.
    anchor : array [N, T, 3], optional
        The point whose distance decides the painter's order; by default the middle of the part.
    flat : bool
        Whether the part lies on the ground, so that its height in the picture is foreshortened.
    """

    a: np.ndarray
    b: np.ndarray
    ra: np.ndarray
    rb: np.ndarray
    colour: np.ndarray
    line: np.ndarray = field(default_factory=lambda: np.zeros(3))
    width: np.ndarray | float = 0.0
    blend: np.ndarray | float = 0.02
    shade: np.ndarray | float = 0.25
    alpha: np.ndarray | float = 1.0
    bias: np.ndarray | float = 0.0
    soft: np.ndarray | float = 0.0
    root: np.ndarray | None = None
    root_radius: np.ndarray | float = 0.0
    anchor: np.ndarray | None = None
    flat: bool = False


def pack(clips: list[list[Parts]], frames: int) -> dict[int, dict[str, np.ndarray]]:
    """Stack the parts of a batch by their number of capsules.

    Returns
    -------
    dict
        For each capsule count ``K`` the fields of :class:`Parts` as float32 arrays, the first axis running
        over all parts of all clips, and ``clip`` [N] saying whose they are.
    """
    stacks: dict[int, list[dict[str, np.ndarray]]] = {}
    for clip, sets in enumerate(clips):
        for parts in sets:
            n, _, k, _ = np.broadcast_shapes(parts.a.shape, parts.b.shape, (1, 1, 1, 1))
            n = max(n, np.shape(parts.colour)[0] if np.ndim(parts.colour) == 3 else 1)
            padded = next(count for count in CAPSULE_COUNTS if count >= k)
            stacks.setdefault(padded, []).append(_padded(parts, clip, n, frames, k, padded))
    return {
        count: {name: np.concatenate([entry[name] for entry in entries]) for name in entries[0]}
        for count, entries in stacks.items()
    }


def _padded(parts: Parts, clip: int, n: int, t: int, k: int, padded: int) -> dict[str, np.ndarray]:
    def points(value):
        out = np.zeros((n, t, padded, 3), np.float32)
        out[:, :, :k] = value
        if padded > k:
            out[:, :, k:] = out[:, :, :1]
        return out

    def radii(value):
        out = np.full((n, t, padded), HIDDEN, np.float32)
        out[:, :, :k] = value
        return out

    def full(value, *shape):
        out = np.empty((n, *shape), np.float32)
        out[...] = value
        return out

    colour = np.zeros((n, padded, 3), np.float32)
    colour[:, :k] = parts.colour
    return {
        "a": points(parts.a),
        "b": points(parts.b),
        "ra": radii(parts.ra),
        "rb": radii(parts.rb),
        "colour": colour,
        "line": full(parts.line, 3),
        "width": full(parts.width),
        "blend": full(parts.blend),
        "shade": full(parts.shade),
        "alpha": full(parts.alpha, t),
        "bias": full(parts.bias),
        "soft": full(parts.soft),
        "root": full(0.0 if parts.root is None else parts.root, t, 3),
        "root_radius": full(0.0 if parts.root is None else parts.root_radius),
        "anchor": full(np.nan if parts.anchor is None else parts.anchor, t, 3),
        "flat": full(float(parts.flat)),
        "clip": np.full(n, clip, np.int64),
    }
