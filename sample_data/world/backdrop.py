"""Background of a scene: ground, sky or arena wall, and the light on the finished picture."""

import math

import numpy as np
import torch

from sample_data.world.camera import Camera

WAVES = 7


def draw_surface(rng: np.random.Generator, night: bool, steady: bool = False) -> dict[str, np.ndarray]:
    """Draw what a clip's backdrop looks like: palettes, waves of its texture, its lights.

    With ``steady`` light nothing flickers, clouds and their shadows stand still, and there is less grain.
    """
    turn = rng.uniform(0, 2 * np.pi, WAVES)
    size = np.array([0.8, 1.3, 2.2, 3.6, 5.5, 8.5, 12.0]) * rng.uniform(0.85, 1.15, WAVES)
    meadow = [
        ((0.50, 0.66, 0.30), (0.62, 0.74, 0.36), (0.72, 0.60, 0.40)),
        ((0.42, 0.60, 0.34), (0.56, 0.70, 0.40), (0.78, 0.70, 0.50)),
        ((0.66, 0.66, 0.34), (0.78, 0.74, 0.44), (0.62, 0.50, 0.36)),
        ((0.46, 0.58, 0.42), (0.60, 0.68, 0.48), (0.66, 0.62, 0.54)),
    ]
    skies = [
        ((0.44, 0.68, 0.90), (0.86, 0.93, 0.95)),
        ((0.52, 0.66, 0.86), (0.98, 0.88, 0.78)),
        ((0.40, 0.72, 0.82), (0.94, 0.95, 0.86)),
    ]
    floor = np.array(((0.52, 0.52, 0.50), (0.44, 0.44, 0.42), (0.30, 0.30, 0.30))) * rng.uniform(0.8, 1.15)
    tints = [(0.72, 1.0, 0.80), (0.86, 0.95, 1.08), (1.04, 0.97, 0.86), (0.92, 0.90, 1.08)]
    ground = floor if night else np.array(meadow[rng.integers(len(meadow))])
    sky = np.array(((0.17, 0.17, 0.19), (0.34, 0.34, 0.36)) if night else skies[rng.integers(len(skies))])
    surface = {
        "wave": np.stack([np.cos(turn) * size, np.sin(turn) * size, rng.uniform(0, 6.28, WAVES)]),
        "ground": ground,
        "sky": sky,
        "night": np.array(float(night)),
        "tint": np.array(tints[rng.integers(len(tints))]) if night else rng.uniform(0.96, 1.04, 3),
        "path": np.array(
            [rng.uniform(-1.2, 2.5), rng.uniform(0.3, 0.6), rng.uniform(0.25, 0.7), rng.uniform(0, 6)]
        ),
        "wall": np.array(rng.uniform(2.6, 4.2)),
        "hills": rng.uniform(0, 6.28, 4),
        "cloud": np.array(
            [
                rng.uniform(0, 6.28),
                rng.choice([-1, 1]) * rng.uniform(0.15, 0.5),
                rng.uniform(0.1, 0.34),
                rng.uniform(0.6, 1.2),
                rng.uniform(0, 6.28),
            ]
        ),
        "flicker": np.array(
            [
                rng.uniform(0.0, 0.10),
                rng.uniform(0.0, 0.07),
                rng.uniform(1.5, 6.0),
                rng.uniform(0, 6),
                rng.uniform(0.1, 0.3),
            ]
        ),
        "lamp": np.array([rng.uniform(-0.2, 0.2), rng.uniform(-0.15, 0.15), rng.uniform(0.55, 0.8)]),
        "grain": np.array(rng.uniform(0.012, 0.03) if night else rng.uniform(0.003, 0.01)),
    }
    if steady:
        surface["flicker"][:2] = 0
        surface["cloud"][1] = 0
        surface["grain"] *= 0.4
    return surface


def _spread(surface, name, device):
    """Return a drawn quantity as [B, 1, 1, 1, ...] so that it broadcasts over frames and pixels."""
    value = torch.as_tensor(surface[name], dtype=torch.float32, device=device)
    return value.reshape(value.shape[0], 1, 1, 1, *value.shape[1:])


def backdrop(
    surface: dict, camera: Camera, time: np.ndarray, height: int, width: int, device
) -> torch.Tensor:
    """Return ground, sky and walls [B, T, H, W, 3] in [0, 1] as the camera (fields [B, T]) sees them."""

    def cam(value):
        value = torch.as_tensor(value, dtype=torch.float32, device=device)
        return value[..., None, None]

    u = (torch.arange(width, device=device) + 0.5) / height - width / height / 2
    v = 0.5 - (torch.arange(height, device=device) + 0.5) / height
    u = u[None, None, None, :] - cam(camera.offset[..., 0])
    v = v[None, None, :, None] + cam(camera.offset[..., 1])
    c, s = cam(np.cos(camera.roll)), cam(np.sin(camera.roll))
    u, v = (u * c - v * s) / cam(camera.focal), (v * c + u * s) / cam(camera.focal)
    sin, cos = cam(np.sin(camera.pitch)), cam(np.cos(camera.pitch))
    away, rise = cos + v * sin, v * cos - sin
    px, py, pz = (cam(camera.position[..., i]) for i in range(3))
    night = _spread(surface, "night", device)
    t_ground = torch.where(rise < -1e-3, pz / (-rise).clamp(min=1e-3), 1e3).clamp(max=60)
    x, y = px + t_ground * u, py + t_ground * away
    footprint = t_ground / cam(camera.focal) / height / (-rise).clamp(min=0.03)

    wave = _spread(surface, "wave", device)
    rough = torch.zeros_like(x)
    coarse = None
    for k in range(WAVES):
        kx, ky, shift = wave[..., 0, k], wave[..., 1, k], wave[..., 2, k]
        size = torch.sqrt(kx * kx + ky * ky)
        fade = (1.5 - footprint * size).clamp_(0, 1)
        rough += torch.sin(kx * x + ky * y + shift + 0.8 * rough) * fade * (1.0 if k < 3 else 0.6)
        if k == 2:
            coarse = rough * 0.34
    rough = rough * 0.26
    ground = _spread(surface, "ground", device)
    mix = (0.5 + 0.5 * (0.6 * coarse + 0.6 * rough)).clamp_(0, 1)[..., None]
    colour = torch.lerp(ground[..., 0, :], ground[..., 1, :], mix)

    path = _spread(surface, "path", device)
    middle = path[..., 0] + 0.5 * torch.sin(path[..., 2] * x + path[..., 3])
    on_path = ((path[..., 1] - (y - middle).abs() + 0.10 * rough) / (0.06 + footprint)).clamp_(0, 1) * (
        1 - night
    )
    tile = torch.minimum(_line(x, footprint), _line(y, footprint))
    colour = torch.lerp(colour, ground[..., 2, :] * (1 + 0.10 * rough[..., None]), on_path[..., None])
    colour = torch.lerp(ground[..., 2, :], colour, (1 - night * 0.55 * (1 - tile))[..., None])
    haze = (1 - torch.exp(-(t_ground - 12).clamp(min=0) * 0.035))[..., None] * (1 - night)[..., None]
    sky = _spread(surface, "sky", device)
    colour = torch.lerp(colour, torch.lerp(colour, sky[..., 1, :], 0.75), haze)

    level = np.flatnonzero(camera.pitch.min(1) < 0.45)
    if len(level):
        chosen = torch.as_tensor(level, device=device)
        shape = x.shape
        rays = [
            value.expand(shape)[chosen]
            for value in (u, away, rise, px, py, pz, 1 / cam(camera.focal) / height)
        ]
        some = {name: value[level] for name, value in surface.items()}
        colour[chosen] = _above(colour[chosen], some, rays, time[level], device)
    return colour.contiguous()


def _line(value: torch.Tensor, footprint: torch.Tensor) -> torch.Tensor:
    """Return 0 on the lines of a grid one unit wide, 1 elsewhere."""
    off = (torch.remainder(value, 1.0) - 0.5).abs()
    return ((0.5 - off) / (0.025 + footprint)).clamp_(0, 1)


def _above(colour, surface, rays, time, device):
    """Paint sky, clouds and hills over the field, and the wall behind the arena."""
    u, away, rise, px, py, pz, focal = rays
    wall_y, night = _spread(surface, "wall", device), _spread(surface, "night", device)
    sky = _spread(surface, "sky", device)
    angle = u / away
    lift = rise / away
    high = (lift * 2.2).clamp(0, 1)[..., None]
    heaven = torch.lerp(sky[..., 1, :], sky[..., 0, :], high)
    cloud = _spread(surface, "cloud", device)
    now = torch.as_tensor(time, dtype=torch.float32, device=device)[:, :, None, None]
    cx, cy = angle * 6 + cloud[..., 0] + 0.15 * now * cloud[..., 1], lift * 14
    puff = (
        torch.sin(cx + 0.6 * torch.sin(cy))
        + torch.sin(2.3 * cx + cy + 1) * 0.6
        + 0.4 * torch.sin(4.1 * cx - 2.1 * cy)
    )
    white = ((puff - 0.55) * 2.2).clamp(0, 1) * (lift * 9).clamp(0, 1) * 0.85
    heaven = torch.lerp(heaven, torch.ones_like(heaven), white[..., None])
    hills = _spread(surface, "hills", device)
    tones = _spread(surface, "ground", device)
    for k, (tall, size, blend) in enumerate(((0.075, 5.0, 0.62), (0.04, 8.0, 0.35))):
        bearing = angle + px * (0.01 + 0.015 * k)
        edge = tall * (
            0.7
            + 0.4 * torch.sin(size * bearing + hills[..., k])
            + 0.25 * torch.sin(2.7 * size * bearing + hills[..., k + 2])
        )
        cover = ((edge - lift) * 160).clamp(0, 1)[..., None]
        tone = torch.lerp(tones[..., 0, :] * 0.85, sky[..., 1, :] * 0.92, blend)
        heaven = torch.lerp(heaven, tone, cover)
    in_sky = (rise * 160 + 0.6).clamp(0, 1)[..., None]
    field = torch.lerp(colour, heaven, in_sky)

    t_wall = (wall_y - py) / away
    z = pz + t_wall * rise
    across = px + t_wall * u
    pixel = t_wall * focal
    panel = _line(across * 0.5, 0.01 + 0 * across)
    wall = sky[..., 0, :] + (sky[..., 1, :] - sky[..., 0, :]) * (0.2 + 0.5 * (z * 0.5).clamp(0, 1))[..., None]
    board = ((z - 0.10) / pixel + 0.5).clamp(0, 1)
    wall = wall * ((0.75 + 0.25 * panel) * (0.55 + 0.45 * board))[..., None]
    arena = torch.lerp(colour, wall, (z / pixel + 0.5).clamp(0, 1)[..., None])
    return torch.lerp(field, arena, night[..., None])


def finish(canvas: torch.Tensor, surface: dict, seeds: np.ndarray, time: np.ndarray) -> torch.Tensor:
    """Return the picture under its light, as its camera records it: uint8 [B, T, H, W, 3].

    Cloud shadows and flicker on all clips; on night clips also a lamp's falloff, a single-colour sensor and
    grain. The grain is a hash of seed, time and place on a grid of 64 cells a frame height, so that it is
    the same at any size.
    """
    device = canvas.device
    _, _, height, width, _ = canvas.shape
    x = ((torch.arange(width, device=device) + 0.5) / height - width / height / 2)[None, None, None, :]
    y = ((torch.arange(height, device=device) + 0.5) / height - 0.5)[None, None, :, None]
    now = torch.as_tensor(time, dtype=torch.float32, device=device)[:, :, None, None]
    night = _spread(surface, "night", device)
    cloud, flicker, lamp = (_spread(surface, name, device) for name in ("cloud", "flicker", "lamp"))
    along = cloud[..., 3] * (x * torch.cos(cloud[..., 4]) + y * torch.sin(cloud[..., 4])) * 3
    shade = torch.sin(along + 2 * math.pi * cloud[..., 1] * now + cloud[..., 0]) + 0.5 * torch.sin(
        1.7 * along - 1.9 * y + 2 * math.pi * 0.6 * cloud[..., 1] * now
    )
    gain = 1 - cloud[..., 2] * (0.5 + 0.8 * shade).clamp_(0, 1)
    pulse = flicker[..., 0] * torch.sin(2 * math.pi * flicker[..., 4] * now + flicker[..., 3])
    pulse = pulse + flicker[..., 1] * torch.sin(2 * math.pi * flicker[..., 2] * now + flicker[..., 3] * 3) * (
        0.4 + night
    )
    gain = gain * (1 + pulse)
    off = ((x - lamp[..., 0]) ** 2 + (y - lamp[..., 1]) ** 2) / (lamp[..., 2] ** 2)
    gain = gain * (1 - night * (0.62 * off / (0.8 + off)) - (1 - night) * 0.10 * off.clamp(max=2))
    noise = _grain(seeds, time, height, width, device) * _spread(surface, "grain", device)
    tint = _spread(surface, "tint", device)
    lit = canvas * gain[..., None]
    grey = lit @ torch.tensor([0.45, 0.40, 0.15], device=device)
    grey = (0.03 + 1.22 * grey)[..., None] * tint
    seen = torch.lerp(lit * tint, grey, night[..., None]) + noise[..., None]
    return (seen.clamp_(0, 1) * 255 + 0.5).to(torch.uint8)


def _grain(seeds: np.ndarray, time: np.ndarray, height: int, width: int, device) -> torch.Tensor:
    """Return noise [B, T, H, W] of about unit deviation, from an integer hash."""
    cells = 64
    across = max(1, round(cells * width / height))
    cell = torch.arange(cells * across, device=device, dtype=torch.int32)
    tick = torch.as_tensor(np.round(time * 960).astype(np.int64) & 0xFFFFF, device=device).to(torch.int32)
    seed = torch.as_tensor((seeds.astype(np.int64) * 2654435 + 97) & 0x7FFFFFFF, device=device).to(
        torch.int32
    )
    value = cell[None, None] * 374761393 + tick[:, :, None] * 668265263 + seed[:, None, None]
    value = (value ^ ((value >> 13) & 0x7FFFF)) * 1274126177
    value = value ^ ((value >> 16) & 0xFFFF)
    noise = (value & 0xFFFF).float() / 65536 * 3.46 - 1.73
    noise = noise.view(*tick.shape, cells, across)
    if (cells, across) != (height, width):
        noise = torch.nn.functional.interpolate(noise, (height, width), mode="bilinear", align_corners=False)
    return noise
