"""What does the UNet train on? Latents of the pool, encoded once."""

from pathlib import Path
from typing import Literal, get_args

import numpy as np
import torch

from sample_data.tiny_model.pool import to_pixels

AUGMENTATION = 0.02
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
    for i, window in enumerate(pool):
        pixels = to_pixels(window)
        noisy = pixels[:shown] + AUGMENTATION * torch.randn(pixels[:shown].shape, generator=random)
        out[i] = vae.encode(torch.cat([pixels, noisy]).to(device)).latent_dist.mode().cpu().numpy()
    part = file.with_suffix(".part.npy")
    np.save(part, out)
    part.rename(file)
    return np.load(file, mmap_mode="r")
