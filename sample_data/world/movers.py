"""Distractors that move: butterflies, falling leaves and rolling balls."""

import numpy as np

from sample_data.world.clutter import shadow_under
from sample_data.world.parts import Parts


def butterflies(
    rng: np.random.Generator, at: np.ndarray, colours: np.ndarray, time: np.ndarray
) -> list[Parts]:
    """Return butterflies (or moths) that flutter about points ``at`` [N, 3]."""
    n, t = len(at), len(time)
    where = wander(rng, at, time, (0.5, 0.25, 0.25), 0.5)
    flap = np.abs(np.sin(2 * np.pi * rng.uniform(2.2, 4.0, (n, 1)) * time + rng.uniform(0, 6.28, (n, 1))))
    size = rng.uniform(0.8, 1.25, (n, 1))
    open_ = (0.035 + 0.09 * flap) * size
    ends, radii = [], []
    for side in (-1, 1):
        for up, reach, radius in ((0.06, 1.0, 0.055), (-0.05, 0.75, 0.042)):
            ends.append(where + np.stack([side * open_ * reach, np.zeros((n, t)), up + 0.3 * open_], -1))
            radii.append(radius * size)
    a = np.stack([where] * 4, 2)
    tone = np.repeat(colours[:, None], 4, 1)
    wings = Parts(
        a,
        np.stack(ends, 2),
        np.float32(0.02),
        np.stack(radii, 2),
        tone,
        line=colours * 0.4,
        width=0.012,
        blend=0.01,
        shade=0.1,
    )
    head = np.array([0, -0.02, 0.07])
    body = Parts(
        (where - head)[:, :, None],
        (where + head)[:, :, None],
        0.016,
        0.018,
        np.full((n, 1, 3), (0.16, 0.12, 0.12)),
        bias=0.03,
    )
    return [wings, body]


def leaves(rng: np.random.Generator, at: np.ndarray, colours: np.ndarray, time: np.ndarray) -> Parts:
    """Return leaves that fall across the picture, turning as they go."""
    n = len(at)
    drift = rng.uniform(-1, 1, (n, 1)) * 0.7 + 0.35 * rng.choice([-1, 1])
    fall = rng.uniform(0.25, 0.7, (n, 1))
    height = 0.05 + (at[:, 2:] + 0.6 - fall * time) % 2.4
    turn = 2 * np.pi * rng.uniform(0.4, 1.2, (n, 1)) * time + rng.uniform(0, 6.28, (n, 1))
    x = at[:, :1] + (drift * time + 1.6) % 3.2 - 1.6 + 0.10 * np.sin(turn)
    centre = np.stack([x, at[:, 1:2] + 0 * x, height], -1)
    arm = 0.075 * np.stack([np.cos(turn), 0 * turn, 0.7 * np.sin(turn)], -1)
    return Parts(
        (centre - arm)[:, :, None],
        (centre + arm)[:, :, None],
        0.034,
        0.012,
        colours[:, None],
        line=colours * 0.5,
        width=0.010,
        shade=0.2,
    )


def balls(rng: np.random.Generator, at: np.ndarray, colours: np.ndarray, time: np.ndarray) -> list[Parts]:
    """Return balls with a patch that roll to and fro, and their shadows."""
    n = len(at)
    radius = rng.uniform(0.10, 0.17, (n, 1))
    speed, phase = rng.uniform(0.2, 0.45, (n, 1)), rng.uniform(0, 6.28, (n, 1))
    reach = rng.uniform(0.3, 0.9, (n, 1))
    shift = reach * np.sin(2 * np.pi * speed * time + phase)
    centre = np.stack([at[:, :1] + shift, at[:, 1:2] + 0 * shift, radius + 0 * shift], -1)
    turn = shift / radius
    size = np.repeat(radius, len(time), 1)[..., None]
    ball = Parts(
        centre[:, :, None],
        centre[:, :, None],
        size,
        size,
        colours[:, None],
        line=colours * 0.4,
        width=0.02,
        shade=0.45,
        anchor=centre,
    )
    spots = []
    for k in (0, 1):
        angle = turn + np.pi * k
        off = 0.55 * radius[..., None] * np.stack([np.sin(angle), 0 * angle - 0.5, np.cos(angle)], -1)
        spots.append(centre + off)
    patch = np.stack(spots, 2)
    light = np.minimum(colours[:, None] * 0.35 + 0.62, 1)
    spot = Parts(
        patch, patch, size * 0.30, size * 0.30, light, shade=0.2, bias=0.002, blend=0.001, anchor=centre
    )
    return [ball, spot, shadow_under(centre, 1.25 * radius[:, 0], 0.35)]


def wander(rng: np.random.Generator, at: np.ndarray, time: np.ndarray, reach, rate: float) -> np.ndarray:
    """Return smooth paths [N, T, 3] about points ``at``: two sines an axis, near ``rate`` in Hz."""
    n = len(at)
    path = np.zeros((n, len(time), 3))
    for weight, scale in ((0.7, 1.0), (0.3, 2.3)):
        speed = rng.uniform(0.7, 1.4, (n, 1, 3)) * rate * scale
        path += weight * np.sin(2 * np.pi * speed * time[None, :, None] + rng.uniform(0, 6.28, (n, 1, 3)))
    return at[:, None] + path * np.asarray(reach)


def movers(rng: np.random.Generator, watched: np.ndarray, time, night: bool) -> list[Parts]:
    """Return butterflies, falling leaves and rolling balls that keep near the camera's aim."""
    out: list[Parts] = []
    bright = np.array(
        [(0.95, 0.60, 0.25), (0.45, 0.60, 0.92), (0.96, 0.90, 0.55), (0.90, 0.45, 0.55), (0.96, 0.96, 0.98)]
    )
    dull = np.array(
        [(0.75, 0.75, 0.75), (0.60, 0.60, 0.60), (0.85, 0.85, 0.85), (0.5, 0.5, 0.5), (0.7, 0.7, 0.7)]
    )
    tones = dull if night else bright
    follow = watched[None]

    def near(count, low, high):
        return rng.uniform(low, high, (count, 3))

    count = int(rng.integers(1, 4))
    for part in butterflies(
        rng, near(count, (-1.3, -1.0, 0.3), (1.3, 1.0, 1.7)), tones[rng.integers(0, 5, count)], time
    ):
        out.append(_carried(part, follow))
    count = int(rng.integers(1, 7))
    autumn = np.array([(0.85, 0.50, 0.20), (0.80, 0.68, 0.25), (0.60, 0.62, 0.25), (0.72, 0.35, 0.25)])
    shades = dull[:4] * 0.8 if night else autumn
    out.append(
        _carried(
            leaves(
                rng, near(count, (-1.5, -1.2, 0), (1.5, 1.2, 2.4)), shades[rng.integers(0, 4, count)], time
            ),
            follow,
        )
    )
    count = int(rng.integers(0, 3))
    if count:
        at = near(count, (-1.2, -1.3, 0), (1.2, 1.3, 0))
        at[:, 1] = np.where(np.abs(at[:, 1]) < 0.5, np.sign(at[:, 1]) * 0.6, at[:, 1])
        for part in balls(rng, at, tones[rng.integers(0, 5, count)], time):
            out.append(_carried(part, follow))
    return out


def _carried(part: Parts, follow: np.ndarray) -> Parts:
    shift = follow[:, :, None] * np.array([1, 1, 0])
    part.a, part.b = part.a + shift, part.b + shift
    return part
