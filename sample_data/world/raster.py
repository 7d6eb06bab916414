"""Rasterisation of parts by signed distances, painted back to front in torch."""

import numpy as np
import torch

from sample_data.world.camera import Camera, project

PATCH_STEPS = np.array((6, 12, 20, 32, 48, 64, 96, 128, 192, 256, 384, 512, 1024, 2048))
"""A part is drawn in the smallest rectangle with sides of these lengths (pixels) that holds it."""
PIXELS_AT_ONCE = {"cpu": 1 << 14, "cuda": 1 << 24}
"""Pixels of one kind of part that are computed together; on a CPU few enough to stay in its cache."""


def paint(canvas: torch.Tensor, packs: dict, camera: Camera, light: np.ndarray) -> None:
    """Paint parts over ``canvas``, farthest first.

    Parameters
    ----------
    canvas : tensor [B, T, H, W, 3]
        Contiguous, float, changed in place.
    packs : dict
        What :func:`sample_data.world.parts.pack` returned.
    camera : Camera
        Fields [B, T].
    light : array [B, 3]
        Direction towards the light in picture space: right, down, towards the viewer.
    """
    frames, height, width = canvas.shape[1:4]
    batches = [_placed(pack, camera, light, frames, height, width) for pack in packs.values()]
    frame = np.concatenate([batch["frame"] for batch in batches])
    depth = np.concatenate([batch["depth"] for batch in batches])
    order = np.lexsort((-depth, frame))
    counts = np.bincount(frame, minlength=canvas.shape[0] * frames)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)

    pixels = canvas.view(-1, 3)
    most = PIXELS_AT_ONCE.get(canvas.device.type, 1 << 22)
    segments = []
    at = 0
    for batch in batches:
        ranks = rank[at : at + len(batch["frame"])]
        at += len(batch["frame"])
        kind = (batch["size"] @ [4096, 2]) + batch["plain"]
        for chosen in np.split(np.argsort(kind, kind="stable"), np.flatnonzero(np.diff(np.sort(kind))) + 1):
            chosen = chosen[np.argsort(ranks[chosen], kind="stable")]
            h, w = np.minimum(batch["size"][chosen[0]], (height, width)).tolist() if len(chosen) else (1, 1)
            step = max(1, most // (h * w))
            for first in range(0, len(chosen), step):
                part = chosen[first : first + step]
                rows = {name: value[part] for name, value in batch.items()}
                where, colour, alpha = _draw(rows, h, w, height, width, canvas)
                levels, starts = np.unique(ranks[part], return_index=True)
                for level, lo, hi in zip(levels, starts, [*starts[1:], len(part)], strict=True):
                    segments.append((level, where[lo:hi], colour[lo:hi], alpha[lo:hi]))
    for _, where, colour, alpha in sorted(segments, key=lambda entry: entry[0]):
        at_pixels = where.reshape(-1)
        over = colour.expand(*where.shape, 3).reshape(-1, 3)
        under = pixels.index_select(0, at_pixels)
        pixels.index_copy_(0, at_pixels, under.lerp_(over, alpha.reshape(-1, 1)))


def _placed(pack: dict, camera: Camera, light: np.ndarray, frames: int, height: int, width: int) -> dict:
    """Project a pack and keep the instances (part at a frame) that can be seen, one row each."""
    clip = pack["clip"]
    cam = Camera(*(getattr(camera, name)[clip] for name in ("position", "pitch", "roll", "focal", "offset")))
    a, depth_a, scale_a = project(pack["a"], cam)
    b, depth_b, scale_b = project(pack["b"], cam)
    root, _, root_scale = project(pack["root"][:, :, None], cam)
    ra, rb = pack["ra"] * scale_a, pack["rb"] * scale_b
    shown = pack["ra"] > -1.0
    depth = np.where(shown, (depth_a + depth_b) / 2, 0).sum(-1) / shown.sum(-1)
    _, anchored, _ = project(pack["anchor"][:, :, None], cam)
    depth = np.where(np.isnan(anchored[..., 0]), depth, anchored[..., 0]) - pack["bias"][:, None]
    scale = scale_a[..., 0]
    squash = np.where(pack["flat"][:, None] > 0, np.maximum(np.sin(cam.pitch), 0.12), 1.0).astype(np.float32)
    margin = pack["soft"][:, None] * scale / 2 + 1.0 / height
    reach = np.maximum(np.maximum(ra, rb), 0)[..., None]
    hide = np.where(shown, 0, 1e6)[..., None]
    low = np.minimum(a, b) - reach
    high = np.maximum(a, b) + reach
    low = (low + hide).min(2) - margin[..., None]
    high = (high - hide).max(2) + margin[..., None]
    half = np.array([width / height / 2, 0.5], np.float32)
    visible = (
        (pack["alpha"] > 0.01)
        & (depth > 0.5)
        & (high > -half).all(-1)
        & (low < half).all(-1)
        & (depth_a.min(-1) > 0.3)
    )
    low, high = np.maximum(low, -half)[visible], np.minimum(high, half)[visible]
    corner = np.floor((low + half) * height).astype(np.int64)
    extent = np.ceil((high + half) * height).astype(np.int64) - corner
    size = PATCH_STEPS[np.minimum(np.searchsorted(PATCH_STEPS, extent[:, ::-1]), len(PATCH_STEPS) - 1)]
    plain = (
        (pack["shade"] == 0)
        & (pack["width"] == 0)
        & ((pack["colour"] == pack["colour"][:, :1]).all(-1) | ~shown[:, 0]).all(-1)
    )
    row = np.nonzero(visible)

    def per_part(name):
        return pack[name][row[0]]

    def scaled(name):
        return per_part(name) * scale[row]

    return {
        "frame": clip[row[0]] * frames + row[1],
        "depth": depth[row] + 1e3 * per_part("flat"),
        "corner": corner,
        "size": size,
        "plain": plain[row[0]].astype(np.int64),
        "a": a[row],
        "b": b[row],
        "ra": ra[row],
        "rb": rb[row],
        "colour": per_part("colour"),
        "line": per_part("line"),
        "width": scaled("width"),
        "blend": scaled("blend"),
        "shade": per_part("shade"),
        "alpha": pack["alpha"][row],
        "soft": scaled("soft"),
        "squash": squash[row],
        "root": root[:, :, 0][row],
        "root_radius": per_part("root_radius") * root_scale[:, :, 0][row],
        "light": light[clip[row[0]]].astype(np.float32),
    }


def _draw(rows: dict, h: int, w: int, height: int, width: int, canvas: torch.Tensor):
    """Return pixel indices [M, h, w], colours [M, h, w or 1, 3] and opacity [M, h, w] of M instances."""
    device = canvas.device

    def tensor(name):
        return torch.as_tensor(rows[name], device=device)

    corner = tensor("corner")
    left = corner[:, 0].clamp(max=width - w)
    top = corner[:, 1].clamp(max=height - h)
    columns = left[:, None] + torch.arange(w, device=device)
    lines = top[:, None] + torch.arange(h, device=device)
    where = ((tensor("frame") * height)[:, None] + lines)[:, :, None] * width + columns[:, None]
    x = ((columns + 0.5) / height - width / height / 2)[:, None, :]
    y = ((lines + 0.5) / height - 0.5)[:, :, None]

    plain = bool(rows["plain"][0])
    squash = tensor("squash")[:, None, None]
    a, b, ra, rb = tensor("a"), tensor("b"), tensor("ra"), tensor("rb")
    colour, blend = tensor("colour"), tensor("blend").clamp(min=1e-4)[:, None, None]
    look = distance = None
    for k in range(a.shape[1]):
        ax, ay, bx, by = (end[:, k, i, None, None] for end in (a, b) for i in (0, 1))
        bax, bay = bx - ax, (by - ay) / squash
        px, py = x - ax, (y - ay) / squash
        norm = (bax * bax + bay * bay).clamp_(min=1e-9)
        along = (px * (bax / norm) + py * (bay / norm)).clamp_(0, 1)
        qx = torch.addcmul(px, along, bax, value=-1)
        qy = torch.addcmul(py, along, bay, value=-1)
        radius = torch.addcmul(ra[:, k, None, None], along, (rb[:, k] - ra[:, k])[:, None, None])
        d = torch.addcmul(qx * qx, qy, qy).sqrt_() - radius
        if not plain:
            inverse = radius.clamp_(min=1e-4).reciprocal_()
            flat = colour[:, k, :, None, None]
            layer = torch.cat(
                [flat.expand(-1, -1, h, w), (qx * inverse)[:, None], (qy * inverse)[:, None]], 1
            )
        if distance is None:
            distance, look = d, None if plain else layer
        else:
            mix = torch.sub(distance, d).div_(2 * blend).add_(0.5).clamp_(0, 1)
            distance = torch.lerp(distance, d, mix).addcmul_(blend * mix, mix - 1)
            if not plain:
                look.lerp_(layer, mix[:, None])

    reach = (tensor("soft") + 1 / height)[:, None, None]
    alpha = torch.div(distance, -reach).add_(0.5).clamp_(0, 1).mul_(tensor("alpha")[:, None, None])
    if plain:
        return where, colour[:, None, :1], alpha
    light = tensor("light")[:, :, None, None]
    nx, ny = look[:, 3], look[:, 4]
    out = torch.addcmul(nx * nx, ny, ny).clamp_(max=1).neg_().add_(1).sqrt_()
    facing = torch.addcmul(nx * light[:, 0] + ny * light[:, 1], out, light[:, 2])
    tone = 1 + tensor("shade")[:, None, None] * (facing - 0.6)
    edge, fade, root = tensor("width")[:, None, None], tensor("root_radius")[:, None, None], tensor("root")
    ink = ((distance + edge) * height).add_(0.5).clamp_(0, 1).mul_((edge * height * 1.5).clamp_(max=1))
    if rows["root_radius"].any():
        away = torch.sqrt((x - root[:, 0, None, None]) ** 2 + (y - root[:, 1, None, None]) ** 2)
        ink = ink * torch.where(fade > 0, (away / fade.clamp(min=1e-4) - 0.6).mul_(2.5).clamp_(0, 1), 1.0)
    shaded = torch.lerp(look[:, :3] * tone[:, None], tensor("line")[:, :, None, None], ink[:, None])
    return where, shaded.permute(0, 2, 3, 1), alpha
