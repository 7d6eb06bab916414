"""Second stage: the UNet and the image encoder learn to denoise windows of latents, as SVD was trained.

Preconditioning, weighting and v-prediction follow Karras et al. (2022) and Blattmann et al. (2023): with
latents of unit scale, the network sees x / sqrt(sigma^2 + 1) at time 0.25 ln(sigma) and its output F gives
the clean latents as x / (sigma^2 + 1) - F sigma / sqrt(sigma^2 + 1).
"""

from pathlib import Path

import numpy as np
import torch

from actiondiff_gui.backbones.svd_inputs import clip_inputs
from actiondiff_gui.backbones.svd_walk import FPS_ID, MOTION_BUCKET, NOISE_AUGMENTATION
from sample_data.tiny_model.networks import new_image_encoder, new_unet
from sample_data.tiny_model.pool import to_pixels
from sample_data.tiny_model.steps import Average, Log, learning_rate, load_checkpoint, save_checkpoint

SIGMA_MEAN, SIGMA_STD = 0.5, 1.4
"""ln(sigma) is normal with this mean and deviation."""
DROP_CONDITION = 0.5
"""How often latents and image embedding of the first frame are withheld."""


def train_unet(
    pool: np.ndarray,
    latents: np.ndarray,
    scale: float,
    held: tuple[np.ndarray, np.ndarray],
    folder: Path,
    *,
    steps: int,
    batch: int,
    seed: int,
    device: str,
    peak: float = 4e-4,
) -> dict[str, dict]:
    """Train on scaled latents and return the averaged weights of ``unet`` and ``image_encoder``.

    ``held`` are validation windows and their latents; their loss at fixed noise is logged.
    """
    networks = {"unet": new_unet(seed).to(device), "image_encoder": new_image_encoder(seed).to(device)}
    average = Average(networks, decay=0.998)
    optimiser = torch.optim.AdamW(
        [p for n in networks.values() for p in n.parameters()], lr=peak, weight_decay=1e-3
    )
    file, log, begun = folder / "unet.pt", Log(folder / "log.jsonl"), 0
    if state := load_checkpoint(file):
        for name, network in networks.items():
            network.load_state_dict(state[name])
        optimiser.load_state_dict(state["optimiser"])
        average.restore(state["average"])
        begun = state["step"]
    recent = []
    for step in range(begun, steps):
        random = np.random.default_rng([seed, 2, step])
        loss = _loss(networks, pool, latents, scale, random.integers(len(pool), size=batch), random, device)
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(step, steps, peak)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for n in networks.values() for p in n.parameters()], 1.0)
        optimiser.step()
        average.update(networks, step)
        recent.append(loss.item())
        if (step + 1) % 50 == 0 or step + 1 == steps:
            values = {"stage": "unet", "step": step + 1, "loss": round(float(np.mean(recent[-200:])), 4)}
            if (step + 1) % 250 == 0 or step + 1 == steps:
                values["validation_loss"] = round(validation_loss(networks, *held, scale, device), 4)
            log(**values)
            parts = {name: network.state_dict() for name, network in networks.items()}
            rest = {"optimiser": optimiser.state_dict(), "average": average.weights, "step": step + 1}
            save_checkpoint(file, {**parts, **rest})
    return average.weights


@torch.no_grad()
def validation_loss(
    networks: dict, pool: np.ndarray, latents: np.ndarray, scale: float, device: str
) -> float:
    """Loss on all of ``pool`` with the same noise each time."""
    losses = []
    for at in range(0, len(pool), 8):
        clips = np.arange(at, min(at + 8, len(pool)))
        losses.append(
            _loss(networks, pool, latents, scale, clips, np.random.default_rng([0, at]), device).item()
        )
    return float(np.mean(losses))


def _loss(
    networks: dict,
    pool: np.ndarray,
    latents: np.ndarray,
    scale: float,
    clips: np.ndarray,
    random: np.random.Generator,
    device: str,
) -> torch.Tensor:
    picked = torch.from_numpy(latents[clips].astype(np.float32)).to(device)
    clean = picked[:, :-1] * scale
    condition = picked[:, -1:].expand_as(clean)
    first = to_pixels(pool[clips, 0]).to(device)
    embedding = networks["image_encoder"](clip_inputs(first, first.shape[-1])).image_embeds[:, None]
    kept = torch.from_numpy(random.random(len(clips)) >= DROP_CONDITION).float().to(device)
    condition, embedding = condition * kept.view(-1, 1, 1, 1, 1), embedding * kept.view(-1, 1, 1)
    log_sigma = torch.from_numpy(random.normal(SIGMA_MEAN, SIGMA_STD, size=len(clips))).float().to(device)
    sigma = log_sigma.exp().view(-1, 1, 1, 1, 1)
    noise = torch.from_numpy(random.standard_normal(clean.shape, dtype=np.float32)).to(device)
    norm = (sigma**2 + 1).sqrt()
    noisy = clean + sigma * noise
    ids = torch.tensor([[FPS_ID, MOTION_BUCKET, NOISE_AUGMENTATION]], device=device).expand(len(clips), -1)
    inputs = torch.cat([noisy / norm, condition], dim=2)
    predicted = networks["unet"](inputs, 0.25 * log_sigma, embedding, ids, return_dict=False)[0]
    # The loss of the denoised latents, weighted by (1 + sigma^2) / sigma^2, is the plain error of F.
    target = (noisy / (sigma**2 + 1) - clean) * norm / sigma
    return torch.nn.functional.mse_loss(predicted, target)
