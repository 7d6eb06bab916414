"""Which clips does the tiny model see in training? A pool rendered from seeds no sample clip uses."""

from pathlib import Path

import numpy as np
import torch

from sample_data.tiny_model.networks import FRAMES, SIZE, STRIDE
from sample_data.world import TRAINING_SEEDS, VALIDATION_SEEDS, render_batch, sample_spec

BATCH = 16


def rendered_pool(file: Path, clips: int, *, validation: bool = False, device: str = "cpu") -> np.ndarray:
    """Windows ``[clips, FRAMES, SIZE, SIZE, 3]`` uint8, rendered into ``file`` once and then mapped from it.

    An interrupted rendering goes on where it was: how far it came lies in a text file beside it.
    """
    shape = (clips, FRAMES, SIZE, SIZE, 3)
    reached = file.with_suffix(".done")
    done = int(reached.read_text()) if reached.exists() and file.exists() else 0
    pool = np.lib.format.open_memmap(file, mode="r+" if file.exists() else "w+", dtype=np.uint8, shape=shape)
    if pool.shape != shape:
        raise SystemExit(
            f"{file} holds {pool.shape[0]} clips, not {clips}. Delete it or name another folder."
        )
    first = (VALIDATION_SEEDS if validation else TRAINING_SEEDS).start
    for at in range(done, clips, BATCH):
        specs = [sample_spec(first + i) for i in range(at, min(at + BATCH, clips))]
        pool[at : at + BATCH] = render_batch(specs, FRAMES, SIZE, stride=STRIDE, device=device).cpu().numpy()
        reached.write_text(str(at + len(specs)))
    return pool


def to_pixels(frames: np.ndarray | torch.Tensor) -> torch.Tensor:
    """Turn uint8 ``[..., H, W, 3]`` into float32 ``[..., 3, H, W]`` in [-1, 1]."""
    return torch.as_tensor(np.asarray(frames)).movedim(-1, -3).float() / 127.5 - 1
