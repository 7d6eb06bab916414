"""Training pool of the tiny model, rendered from seeds that no sample clip uses."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch

from sample_data.tiny_model.networks import SIZE, STRIDE, USUAL
from sample_data.world import TRAINING_SEEDS, VALIDATION_SEEDS, render_batch, sample_spec

BATCH = 16


def rendered_pool(
    file: Path,
    clips: int,
    *,
    frames: int = USUAL.frames,
    validation: bool = False,
    device: str = "cpu",
    processes: int = 1,
) -> np.ndarray:
    """Windows ``[clips, frames, SIZE, SIZE, 3]`` uint8, rendered into ``file`` once and then mapped from it.

    An interrupted rendering goes on where it was: how far it came lies in a text file beside it. With several
    ``processes`` the CPU renders, whatever the ``device``.
    """
    shape = (clips, frames, SIZE, SIZE, 3)
    reached = file.with_suffix(".done")
    done = int(reached.read_text()) if reached.exists() and file.exists() else 0
    pool = np.lib.format.open_memmap(file, mode="r+" if file.exists() else "w+", dtype=np.uint8, shape=shape)
    if pool.shape != shape:
        raise SystemExit(
            f"{file} holds {pool.shape[0]} clips of {pool.shape[1]} frames, not {clips} of {frames}. Delete it or "
            "name another folder."
        )
    first = (VALIDATION_SEEDS if validation else TRAINING_SEEDS).start
    batches = [(first, at, min(at + BATCH, clips), frames) for at in range(done, clips, BATCH)]
    for (_, at, end, _), pictures in zip(batches, _rendered(batches, device, processes), strict=True):
        pool[at:end] = pictures
        reached.write_text(str(end))
    return pool


def to_pixels(frames: np.ndarray | torch.Tensor) -> torch.Tensor:
    """Turn uint8 ``[..., H, W, 3]`` into float32 ``[..., 3, H, W]`` in [-1, 1]."""
    if not isinstance(frames, torch.Tensor):
        frames = torch.as_tensor(np.asarray(frames))
    return frames.movedim(-1, -3).float() / 127.5 - 1


def _rendered(batches: list, device: str, processes: int) -> Iterator[np.ndarray]:
    if processes == 1:
        yield from (_batch(batch, device) for batch in batches)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_one_thread) as workers:
        yield from workers.map(_batch, batches)


def _batch(batch: tuple[int, int, int, int], device: str = "cpu") -> np.ndarray:
    first, at, end, frames = batch
    specs = [sample_spec(first + i) for i in range(at, end)]
    return render_batch(specs, frames, SIZE, stride=STRIDE, device=device).cpu().numpy()


def _one_thread() -> None:
    torch.set_num_threads(1)
