"""First stage: the VAE learns to compress and restore single frames."""

from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from sample_data.tiny_model.networks import USUAL, Shape, new_vae
from sample_data.tiny_model.pool import to_pixels
from sample_data.tiny_model.steps import Average, Log, load_checkpoint, save_checkpoint
from sample_data.tiny_model.stopping import learning_rate

KL_WEIGHT = 1e-5
EDGE_WEIGHT = 0.5


def train_vae(
    pool: np.ndarray,
    folder: Path,
    *,
    steps: int,
    batch: int,
    seed: int,
    device: str,
    shape: Shape = USUAL,
    amp: bool = False,
) -> dict:
    """Train the VAE on frames of ``pool`` and return its averaged weights.

    The loss is the absolute error of pixels and of their differences to the right and below (which keeps
    thin limbs from washing out), plus a small Kullback-Leibler term. With ``amp`` networks compute in bfloat16.
    """
    vae = new_vae(seed, shape).to(device)
    average = Average({"vae": vae}, decay=0.995)
    optimiser = torch.optim.AdamW(vae.parameters(), lr=1e-3, weight_decay=1e-4)
    file, log, begun = folder / "vae.pt", Log(folder / "log.jsonl"), 0
    if state := load_checkpoint(file):
        vae.load_state_dict(state["vae"])
        optimiser.load_state_dict(state["optimiser"])
        average.restore(state["average"])
        begun = state["step"]
    for step in range(begun, steps):
        random = np.random.default_rng([seed, 1, step])
        clips = random.integers(len(pool), size=batch)
        frames = pool[clips, random.integers(pool.shape[1], size=batch)]
        pixels = to_pixels(frames).to(device)
        if random.random() < 0.5:
            pixels = pixels.flip(-1)
        torch.manual_seed(int(random.integers(2**31)))
        with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=amp):
            posterior = vae.encode(pixels).latent_dist
            # Frames of a batch are unrelated, so the decoder's temporal layers see windows of one frame.
            restored = vae.decode(posterior.sample(), num_frames=1).sample
        restored = restored.float()
        error = (restored - pixels).abs().mean()
        edges = sum(F.l1_loss(restored.diff(dim=d), pixels.diff(dim=d)) for d in (2, 3))
        loss = error + EDGE_WEIGHT * edges + KL_WEIGHT * posterior.kl().float().mean()
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(step, steps, 1e-3)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        optimiser.step()
        average.update({"vae": vae}, step)
        if (step + 1) % 100 == 0 or step + 1 == steps:
            log(
                stage="vae",
                step=step + 1,
                pixel_error=round(error.item(), 4),
                edge_error=round(edges.item(), 4),
            )
            save_checkpoint(
                file,
                {
                    "vae": vae.state_dict(),
                    "optimiser": optimiser.state_dict(),
                    "average": average.weights,
                    "step": step + 1,
                },
            )
    return average.weights["vae"]
