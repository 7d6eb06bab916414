"""Time of a training step of the tiny model on a GPU: launched kernel by kernel, and as one CUDA graph.

    python benchmarks/training_step.py --device cuda --amp

Random latents, everything on the device. Both ways make the same steps from the same weights; "last loss" says whether
they agree.
"""

import argparse
import time

import numpy as np
import torch

from sample_data.tiny_model.data import Windows
from sample_data.tiny_model.denoising import drawn
from sample_data.tiny_model.networks import SIZE, Shape, new_image_encoder, new_unet
from sample_data.tiny_model.update import Update

SHAPES = {
    "shipped": Shape(),
    "latents 16 x 16 x 8": Shape(latent_side=16, latent_channels=8),
    "16 frames": Shape(frames=16),
}


def main() -> None:
    """Print seconds per step for each shape, batch and way."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--amp", action="store_true")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--batches", default="16,128")
    wanted = parser.parse_args()
    gpu = wanted.device == "cuda"
    print(f"torch {torch.__version__}, {torch.cuda.get_device_name() if gpu else 'CPU'}\n")
    print("| networks | batch | way | ms per step | windows per second | last loss |")
    print("|---|---:|---|---:|---:|---:|")
    for name, shape in SHAPES.items():
        for batch in map(int, wanted.batches.split(",")):
            for way in ("kernels", "graph")[: 1 + gpu]:
                seconds, loss = measured(shape, batch, wanted, graph=way == "graph")
                rate = batch / seconds
                print(
                    f"| {name} | {batch} | {way} | {1e3 * seconds:.1f} | {rate:.0f} | {loss:.4f} |",
                    flush=True,
                )


def measured(shape: Shape, batch: int, wanted: argparse.Namespace, graph: bool) -> tuple[float, float]:
    """Seconds per step in the second half of the steps, and the last loss."""
    random = np.random.default_rng(0)
    pool = random.integers(0, 255, (256, shape.frames, SIZE, SIZE, 3), dtype=np.uint8)
    side, channels = shape.latent_side, shape.latent_channels
    latents = random.normal(size=(256, shape.frames + 1, channels, side, side)).astype(np.float16)
    windows = Windows(pool, latents, 1.0, "first", wanted.device, resident=True)
    networks = {"unet": new_unet(0, shape), "image_encoder": new_image_encoder(0)}
    update = Update(
        {n: net.to(wanted.device) for n, net in networks.items()}, 1e-4, amp=wanted.amp, graph=graph
    )
    half, began, loss = wanted.steps // 2, 0.0, torch.zeros(())
    for step in range(wanted.steps):
        if step == wanted.steps - half:
            _wait(wanted.device)
            began = time.perf_counter()
        draws = np.random.default_rng([1, step])
        picked = windows.batch(draws.integers(len(windows), size=batch))
        loss = update(picked, drawn(picked, draws, on_device=True))
    _wait(wanted.device)
    return (time.perf_counter() - began) / half, float(loss)


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


if __name__ == "__main__":
    main()
