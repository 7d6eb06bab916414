"""Static objects of a scene: plants, stones, posts and food."""

import numpy as np

from sample_data.world.parts import Parts

FOODS = ("apple", "seeds", "leaf")


def _still(points: np.ndarray) -> np.ndarray:
    return points[:, None]


def tufts(rng: np.random.Generator, at: np.ndarray, colour, time: np.ndarray) -> Parts:
    """Return grass tufts of four swaying blades at ground points ``at`` [N, 3]."""
    n = len(at)
    height = rng.uniform(0.14, 0.34, (n, 4))
    lean = np.linspace(-0.8, 0.8, 4) + rng.normal(0, 0.12, (n, 4))
    sway = 0.25 * np.sin(2 * np.pi * 0.6 * time[None, :, None] + rng.uniform(0, 6.28, (n, 1, 1)))
    base = np.repeat(at[:, None, None, :], 4, 2) + np.zeros((1, len(time), 1, 1))
    base = base + np.stack([np.linspace(-0.05, 0.05, 4), np.zeros(4), np.zeros(4)], -1)
    tip = base.copy()
    tip[..., 0] += height[:, None] * (0.6 * lean[:, None] + sway)
    tip[..., 2] += height[:, None]
    tone = np.asarray(colour) * rng.uniform(0.82, 1.15, (n, 4, 1))
    return Parts(
        base,
        tip,
        np.float32(0.03),
        np.float32(0.008),
        tone,
        line=np.asarray(colour) * 0.55,
        width=0.008,
        blend=0.01,
        shade=0.2,
    )


def flowers(rng: np.random.Generator, at: np.ndarray, petals: np.ndarray, time: np.ndarray) -> list[Parts]:
    """Return flowers: stems, and heads of four petals around a yellow eye, coloured ``petals`` [N, 3]."""
    n = len(at)
    height = rng.uniform(0.16, 0.30, (n, 1))
    sway = 0.04 * np.sin(2 * np.pi * 0.5 * time[None] + rng.uniform(0, 6.28, (n, 1)))
    base = np.repeat(at[:, None, :], len(time), 1)
    head = base.copy()
    head[..., 0] += sway
    head[..., 2] += height
    stem = Parts(base[:, :, None], head[:, :, None], 0.014, 0.012, np.full((n, 1, 3), (0.30, 0.50, 0.24)))
    turn = np.deg2rad([0, 72, 144, 216, 288])
    around = 0.052 * np.stack([np.cos(turn), -0.4 * np.sin(turn), np.sin(turn)], -1)
    a = np.concatenate([head[:, :, None] + around, head[:, :, None] + np.array([0, -0.02, 0])], 2)
    radii = np.array([0.036] * 5 + [0.032])
    tone = np.concatenate([np.repeat(petals[:, None], 5, 1), np.full((n, 1, 3), (0.98, 0.82, 0.30))], 1)
    bloom = Parts(
        a, a, radii, radii, tone, line=petals * 0.5, width=0.008, blend=0.008, shade=0.15, bias=0.02
    )
    return [stem, bloom]


def stones(rng: np.random.Generator, at: np.ndarray, colour, size=(0.10, 0.26)) -> list[Parts]:
    """Return rounded stones half sunk into the ground, and their shadows."""
    n = len(at)
    radius = rng.uniform(*size, (n, 1))
    x = radius * (np.array([-0.75, 0.1, 0.85]) + rng.uniform(-0.15, 0.15, (n, 3)))
    z = radius * (np.array([0.18, 0.42, 0.12]) + rng.uniform(-0.10, 0.15, (n, 3)))
    points = (at[:, None] + np.stack([x, 0 * x, z], -1))[:, None]
    tone = np.asarray(colour) * rng.uniform(0.85, 1.12, (n, 1, 1)) * np.array([0.93, 1.05, 0.98])[:, None]
    body = Parts(
        points,
        points,
        (radius * np.array([0.62, 0.75, 0.55]))[:, None],
        (radius * np.array([0.62, 0.75, 0.55]))[:, None],
        tone,
        line=np.asarray(colour) * 0.45,
        width=0.018,
        blend=0.10,
        shade=0.42,
    )
    return [body, shadow_under(at, 1.35 * radius[:, 0], 0.35)]


def shadow_under(at: np.ndarray, radius: np.ndarray, strength: float) -> Parts:
    """Return soft round shadows on the ground beneath points [N, 3] or [N, T, 3]."""
    flat = at[:, None] if at.ndim == 2 else at
    flat = flat.copy()
    flat[..., 2] = 0
    flat[..., 0] += 0.06
    reach = np.asarray(radius).reshape(-1, 1, 1)
    return Parts(
        flat[:, :, None],
        flat[:, :, None],
        reach,
        reach,
        np.full((1, 1, 3), (0.05, 0.06, 0.12)),
        shade=0.0,
        alpha=strength,
        soft=0.18,
        flat=True,
    )


def bushes(rng: np.random.Generator, at: np.ndarray, colour, size=(0.35, 0.6)) -> list[Parts]:
    """Return bushes of six round clumps, and their shadows."""
    n = len(at)
    scale = rng.uniform(*size, (n, 1))
    x = np.array([-0.75, -0.3, 0.25, 0.75, -0.15, 0.35]) * scale
    z = np.array([0.30, 0.45, 0.50, 0.28, 0.85, 0.75]) * scale + rng.uniform(-0.05, 0.05, (n, 6))
    points = at[:, None] + np.stack([x, np.zeros_like(x), z], -1)
    radii = np.array([0.42, 0.45, 0.45, 0.40, 0.36, 0.32]) * scale
    tone = np.asarray(colour) * (0.86 + 0.24 * (z / z.max())[..., None])
    body = Parts(
        points[:, None],
        points[:, None],
        radii[:, None],
        radii[:, None],
        tone,
        line=np.asarray(colour) * 0.5,
        width=0.022,
        blend=0.06,
        shade=0.45,
    )
    return [body, shadow_under(at, 1.1 * scale[:, 0], 0.35)]


def trees(rng: np.random.Generator, at: np.ndarray, colour) -> list[Parts]:
    """Return trees: a trunk and a crown of four clumps, and their shadows."""
    n = len(at)
    tall = rng.uniform(1.1, 1.9, n)
    top = at + np.stack([rng.uniform(-0.1, 0.1, n), np.zeros(n), tall], -1)
    bark = np.array([0.42, 0.29, 0.20])
    trunk = Parts(
        _still(at[:, None]),
        _still(top[:, None]),
        0.13,
        0.08,
        np.full((n, 1, 3), bark),
        line=bark * 0.45,
        width=0.022,
        shade=0.4,
    )
    x = np.array([-0.45, 0.45, 0.0, 0.05]) * tall[:, None] * 0.7
    z = np.array([0.0, 0.05, 0.42, 0.05]) * tall[:, None] * 0.7
    points = top[:, None] + np.stack([x, np.zeros_like(x), z], -1)
    radii = np.array([0.38, 0.40, 0.42, 0.42]) * tall[:, None] * 0.75
    tone = np.asarray(colour) * rng.uniform(0.85, 1.1, (n, 4, 1))
    crown = Parts(
        points[:, None],
        points[:, None],
        radii[:, None],
        radii[:, None],
        tone,
        line=np.asarray(colour) * 0.5,
        width=0.024,
        blend=0.08,
        shade=0.45,
        bias=0.05,
    )
    return [trunk, crown, shadow_under(at, 0.7 * tall, 0.32)]


def posts(rng: np.random.Generator, at: np.ndarray, colour) -> list[Parts]:
    """Return short cylinders, as stand about in an arena, and their shadows."""
    n = len(at)
    height = rng.uniform(0.08, 0.28, n)
    radius = rng.uniform(0.14, 0.24, n)[:, None, None]
    low = at + np.array([0, 0, 0.05])
    high = low + np.stack([np.zeros(n), np.zeros(n), height], -1)
    tone = np.asarray(colour) * rng.uniform(0.6, 1.3, (n, 1, 1))
    body = Parts(
        _still(low[:, None]),
        _still(high[:, None]),
        radius,
        radius,
        tone,
        line=np.asarray(colour) * 0.35,
        width=0.02,
        shade=0.45,
        anchor=at[:, None],
    )
    lid = high.copy()
    cap = Parts(
        _still(lid[:, None]),
        _still(lid[:, None]),
        radius * 0.62,
        radius * 0.62,
        np.minimum(tone * 1.25, 1),
        shade=0.1,
        bias=0.002,
        anchor=at[:, None],
    )
    return [body, cap, shadow_under(at, 1.7 * radius.ravel(), 0.35)]


def food(kind: str, at: np.ndarray, alpha=1.0) -> list[Parts]:
    """Return one of :data:`FOODS` at the ground point ``at`` [3], of opacity ``alpha`` [T]."""
    where = at[None, None, None]
    if kind == "apple":
        red = np.array([0.86, 0.22, 0.20])
        body = where + np.array([[-0.03, 0, 0.10], [0.03, 0, 0.10]])
        stem = where + np.array([0.0, 0.0, 0.20])
        out = [
            Parts(
                body,
                body,
                0.10,
                0.10,
                np.stack([red, red])[None],
                line=red * 0.4,
                width=0.018,
                shade=0.4,
                alpha=alpha,
            ),
            Parts(
                stem,
                stem + np.array([0.05, 0, 0.06]),
                0.014,
                0.02,
                np.array([[[0.34, 0.5, 0.2]]]),
                bias=0.08,
                alpha=alpha,
            ),
        ]
    elif kind == "seeds":
        spots = where + np.array(
            [[-0.12, 0, 0.04], [0.02, -0.08, 0.04], [0.12, 0.03, 0.04], [0.0, 0.08, 0.04]]
        )
        tone = np.array([0.88, 0.70, 0.36])
        out = [
            Parts(
                spots,
                spots + np.array([0.03, 0, 0.02]),
                0.042,
                0.03,
                np.stack([tone] * 4)[None],
                line=tone * 0.4,
                width=0.014,
                blend=0.001,
                alpha=alpha,
            )
        ]
    else:
        green = np.array([0.46, 0.70, 0.26])
        base = where + np.array([[0, 0, 0.03]] * 3)
        tips = where + np.array([[-0.17, 0, 0.14], [0.0, 0, 0.24], [0.17, 0, 0.15]])
        out = [
            Parts(
                base,
                tips,
                0.035,
                0.05,
                np.stack([green, green * 1.12, green * 0.9])[None],
                line=green * 0.4,
                width=0.016,
                blend=0.01,
                alpha=alpha,
            )
        ]
    return [*out, shadow_under(at[None], np.array([0.2]), 0.3 * np.asarray(alpha))]
