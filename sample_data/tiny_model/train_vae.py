"""First stage of training: the VAE, whose encoder stays fixed at principal components of patches."""

from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from sample_data.tiny_model.components import begin_as_components
from sample_data.tiny_model.networks import USUAL, Shape, new_vae
from sample_data.tiny_model.pool import to_pixels
from sample_data.tiny_model.steps import Average, Log, load_checkpoint, save_checkpoint
from sample_data.tiny_model.stopping import learning_rate

EDGE_WEIGHT = 0.5
PEAK = 2e-3
BEGUN_ON = 1000
"""Windows, of which one frame each gives the components."""
VAE_WINDOWS = 6000
"""Windows of the pool that a VAE sees at most, so that longer runs of the UNet have the same one."""
VAE_FILE = "vae.pt"


def begin_vae(pool: np.ndarray, folder: Path, *, seed: int, shape: Shape = USUAL) -> None:
    """Write the checkpoint of a VAE whose encoder holds components of ``pool``, where there is none."""
    if (folder / VAE_FILE).exists():
        return
    vae = new_vae(seed, shape)
    windows = np.linspace(0, len(pool) - 1, min(BEGUN_ON, len(pool))).astype(int)
    begin_as_components(vae, pool[windows, 0].astype(np.float64) / 127.5 - 1)
    weights = {name: value.clone() for name, value in vae.state_dict().items()}
    save_checkpoint(folder / VAE_FILE, {"vae": weights, "average": {"vae": weights}, "step": 0})


def train_decoder(
    pool: np.ndarray,
    folder: Path,
    *,
    steps: int,
    batch: int,
    seed: int,
    device: str,
    shape: Shape = USUAL,
    amp: bool = False,
) -> None:
    """Train the decoder on frames of ``pool``, from the checkpoint of :func:`begin_vae` or later.

    The loss is the absolute error of pixels and of their differences to the right and below (which keeps
    thin limbs from washing out). With ``amp`` the network computes in bfloat16.
    """
    vae = new_vae(seed, shape).to(device)
    file, log = folder / VAE_FILE, Log(folder / "log.jsonl")
    state = load_checkpoint(file)
    vae.load_state_dict(state["vae"])
    vae.requires_grad_(False)
    learning = list(vae.decoder.requires_grad_(True).parameters())
    average = Average({"vae": vae}, decay=0.995)
    average.restore(state["average"])
    optimiser = torch.optim.AdamW(learning, lr=PEAK, weight_decay=1e-4)
    if "optimiser" in state:
        optimiser.load_state_dict(state["optimiser"])
    for step in range(state["step"], steps):
        random = np.random.default_rng([seed, 1, step])
        clips = random.integers(len(pool), size=batch)
        frames = pool[clips, random.integers(pool.shape[1], size=batch)]
        pixels = to_pixels(frames).to(device)
        if random.random() < 0.5:
            pixels = pixels.flip(-1)
        with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=amp):
            # Frames of a batch are unrelated, so the decoder's temporal layers see windows of one frame.
            restored = vae.decode(vae.encode(pixels).latent_dist.mode(), num_frames=1).sample
        restored = restored.float()
        error = (restored - pixels).abs().mean()
        edges = sum(F.l1_loss(restored.diff(dim=d), pixels.diff(dim=d)) for d in (2, 3))
        loss = error + EDGE_WEIGHT * edges
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(step, steps, PEAK)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learning, 1.0)
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
