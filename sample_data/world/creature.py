"""Placement of a body in the scene, shared faces and shadows."""

from dataclasses import dataclass

import numpy as np

from sample_data.world.parts import Parts


@dataclass
class Placement:
    """Where a body stands: ``position`` [T, 3] on the ground, ``heading`` [T] in radians, ``size``."""

    position: np.ndarray
    heading: np.ndarray
    size: float

    def near_side(self) -> np.ndarray:
        """Return which side of the body is nearer to the viewer [T]: 1 left, -1 right."""
        return np.where(np.cos(self.heading) >= 0, -1.0, 1.0)

    def world(self, points: np.ndarray) -> np.ndarray:
        """Turn points [..., T, 3] of the body (x forward, y left, z up) into world points."""
        c, s = np.cos(self.heading), np.sin(self.heading)
        x, y = points[..., 0], points[..., 1]
        turned = np.stack([x * c - y * s, x * s + y * c, points[..., 2]], -1)
        return turned * self.size + self.position


@dataclass
class Limb:
    """A chain of capsules in body axes: ``points`` [J, T, 3], ``radii`` [J], ``colours`` [J - 1, 3]."""

    points: np.ndarray
    radii: np.ndarray
    colours: np.ndarray
    line: np.ndarray
    bias: float = 0.0
    blend: float = 0.03
    shade: float = 0.3
    width: float = 0.022
    rooted: float = 0.0
    alpha: np.ndarray | float = 1.0


def limb_parts(limbs: list[Limb], place: Placement) -> list[Parts]:
    """Return one set of parts for all chains with the same number of joints."""
    out = []
    for joints in sorted({len(limb.points) for limb in limbs}):
        group = [limb for limb in limbs if len(limb.points) == joints]
        points = place.world(np.stack([limb.points for limb in group]))
        radii = np.stack([limb.radii for limb in group]) * place.size
        frames = points.shape[2]
        if joints == 1:
            a = b = points.transpose(0, 2, 1, 3)
            ra = rb = radii[:, None, :]
        else:
            a, b = points[:, :-1].transpose(0, 2, 1, 3), points[:, 1:].transpose(0, 2, 1, 3)
            ra, rb = radii[:, None, :-1], radii[:, None, 1:]
        out.append(
            Parts(
                a,
                b,
                ra,
                rb,
                np.stack([limb.colours for limb in group]),
                line=np.stack([limb.line for limb in group]),
                width=np.array([limb.width for limb in group]) * place.size,
                blend=np.array([limb.blend for limb in group]) * place.size,
                shade=np.array([limb.shade for limb in group]),
                alpha=np.stack([np.broadcast_to(limb.alpha, (frames,)) for limb in group]),
                bias=np.array([limb.bias for limb in group]) * place.size,
                root=points[:, 0],
                root_radius=np.array([limb.rooted for limb in group]) * place.size,
            )
        )
    return out


def blob(points, radii_a, radii_b, colours, line, place: Placement, **looks) -> Parts:
    """Return one part from pairs of points [K, 2, T, 3] in body axes; so is ``anchor`` [T, 3], if given."""
    world = place.world(points)
    size = place.size
    if "anchor" in looks:
        looks["anchor"] = place.world(looks["anchor"])[None]
    for name in ("width", "blend", "bias"):
        looks[name] = looks.get(name, {"width": 0.022, "blend": 0.08, "bias": 0.0}[name]) * size
    return Parts(
        world[:, 0].transpose(1, 0, 2)[None],
        world[:, 1].transpose(1, 0, 2)[None],
        np.asarray(radii_a)[None, None] * size,
        np.asarray(radii_b)[None, None] * size,
        np.asarray(colours)[None],
        line=np.asarray(line)[None],
        **looks,
    )


def seen(normal: np.ndarray, place: Placement, pitch: np.ndarray) -> np.ndarray:
    """Return how visible a spot with outward ``normal`` [T, 3] (body axes) is, 0 to 1 [T]."""
    c, s = np.cos(place.heading), np.sin(place.heading)
    y = normal[..., 0] * s + normal[..., 1] * c
    towards = -y * np.cos(pitch) + normal[..., 2] * np.sin(pitch)
    return np.clip((towards + 0.12) / 0.3, 0, 1)


def eyes(
    head, forward, radius: float, motion, place: Placement, pitch, lid, spread: float = 0.62
) -> list[Parts]:
    """Return two eyes that blink.

    Parameters
    ----------
    head, forward : array [T, 3]
        Centre of the head and the direction of the gaze, in body axes.
    radius : float
        Radius of the head.
    lid : array [3]
        Colour of the lids.
    spread : float
        How far sideways the eyes sit, relative to ``forward``.
    """
    sides = np.array([1.0, -1.0])[:, None, None] * np.array([0, spread, 0])
    normal = 0.62 * forward + sides + np.array([0, 0, 0.42])
    normal = normal / np.linalg.norm(normal, axis=-1, keepdims=True)
    alpha = seen(normal, place, pitch)
    ball = head + normal * radius * 0.93
    pupil = ball + 0.02 * normal + forward * radius * 0.06
    glint = pupil + np.array([0, 0, 0.08 * radius])
    dark = np.array([0.08, 0.07, 0.10])
    size = radius * place.size
    out = []
    anchor = place.world(head)[None]
    for at, reach, colour, bias, opacity, width in (
        (ball, 0.27, (0.98, 0.97, 0.92), 0.000, alpha, 0.012),
        (pupil, 0.20, dark, 0.002, alpha, 0.0),
        (glint, 0.07, (1.0, 1.0, 1.0), 0.004, alpha, 0.0),
        (ball, 0.28, lid, 0.006, alpha * motion.blink, 0.016),
    ):
        where = place.world(at)[:, :, None]
        out.append(
            Parts(
                where,
                where,
                reach * size,
                reach * size,
                np.full((2, 1, 3), colour),
                line=dark,
                shade=0.0,
                width=width * place.size,
                alpha=opacity,
                bias=(0.13 + bias) * place.size,
                anchor=anchor,
            )
        )
    return out


def ground_shadow(
    points: np.ndarray, radii: np.ndarray, place: Placement, slant: np.ndarray, lift: np.ndarray
) -> Parts:
    """Return the soft shadow on the ground of capsules [K, 2, T, 3] given in body axes.

    ``slant`` [2] is how far the shadow is thrown to the right and away per unit of height; at the top of a jump
    (``lift`` [T], 0 to 1) it is smaller and fainter.
    """
    world = place.world(points)
    height = np.maximum(world[..., 2], 0)
    flat = world.copy()
    flat[..., 0] += slant[0] * height
    flat[..., 1] += slant[1] * height
    flat[..., 2] = 0.0
    radii = np.asarray(radii)[None, None] * (1 - 0.35 * lift)[None, :, None] * place.size
    return Parts(
        flat[:, 0].transpose(1, 0, 2)[None],
        flat[:, 1].transpose(1, 0, 2)[None],
        radii,
        radii,
        np.full((1, len(points), 3), (0.05, 0.06, 0.12)),
        blend=0.12,
        shade=0.0,
        alpha=0.42 * (1 - 0.45 * lift)[None],
        soft=0.14,
        flat=True,
    )
