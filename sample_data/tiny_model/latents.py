"""Latents of the training pool, encoded once."""

from pathlib import Path
from typing import Literal, get_args

import numpy as np
import torch

from sample_data.tiny_model.pool import to_pixels

AUGMENTATION = 0.02
BATCH = 64
"""Windows encoded at once."""
Condition = Literal["first", "each"]
"""Whether the UNet is shown the first frame of a window, as SVD was trained, or each frame its own picture, as the
paper's extractor does."""
CONDITIONS = get_args(Condition)


@torch.no_grad()
def encoded_pool(
    vae: torch.nn.Module, pool: np.ndarray, file: Path, *, device: str, condition: Condition = "first"
) -> np.ndarray:
    """Latents ``[clips, T + 1, c, h, w]`` float16, unscaled modes of the posterior, encoded once into ``file``.

    The last one of each window is of its first frame with slight noise: the condition. With ``each`` the last T
    are of all frames with slight noise, ``[clips, 2 T, c, h, w]``.
    """
    frames = pool.shape[1]
    shown = 1 if condition == "first" else frames
    if file.exists():
        kept = np.load(file, mmap_mode="r")
        if kept.shape[:2] != (len(pool), frames + shown):
            raise SystemExit(
                f"{file} holds latents {list(kept.shape)} of another pool or condition. Delete it or name another "
                "folder."
            )
        return kept
    random = torch.Generator().manual_seed(0)
    side = vae.config.sample_size // 2 ** (len(vae.config.block_out_channels) - 1)
    out = np.empty((len(pool), frames + shown, vae.config.latent_channels, side, side), dtype=np.float16)
    for at in range(0, len(pool), BATCH):
        pixels = to_pixels(pool[at : at + BATCH])
        noise = torch.stack([torch.randn(one[:shown].shape, generator=random) for one in pixels])
        both = torch.cat([pixels, pixels[:, :shown] + AUGMENTATION * noise], dim=1).to(device)
        modes = vae.encode(both.flatten(0, 1)).latent_dist.mode().unflatten(0, both.shape[:2])
        out[at : at + BATCH] = modes.cpu().numpy()
    part = file.with_suffix(".part.npy")
    np.save(part, out)
    part.rename(file)
    return np.load(file, mmap_mode="r")
