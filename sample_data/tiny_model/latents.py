"""What does the UNet train on? Latents of the pool, encoded once."""

from pathlib import Path

import numpy as np
import torch

from sample_data.tiny_model.pool import to_pixels

AUGMENTATION = 0.02


@torch.no_grad()
def encoded_pool(vae: torch.nn.Module, pool: np.ndarray, file: Path, *, device: str) -> np.ndarray:
    """Latents ``[clips, T + 1, 4, h, w]`` float16, unscaled modes of the posterior, encoded once into ``file``.

    The last one of each window is of its first frame with slight noise: the condition.
    """
    if file.exists():
        return np.load(file, mmap_mode="r")
    random = torch.Generator().manual_seed(0)
    side = pool.shape[2] // 4
    out = np.empty((len(pool), pool.shape[1] + 1, 4, side, side), dtype=np.float16)
    for i, frames in enumerate(pool):
        pixels = to_pixels(frames)
        noisy = pixels[:1] + AUGMENTATION * torch.randn(pixels[:1].shape, generator=random)
        out[i] = vae.encode(torch.cat([pixels, noisy]).to(device)).latent_dist.mode().cpu().numpy()
    part = file.with_suffix(".part.npy")
    np.save(part, out)
    part.rename(file)
    return np.load(file, mmap_mode="r")
