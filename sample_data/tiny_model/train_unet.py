"""Second stage of training: UNet and image encoder, until the validation loss is flat."""

import time
from pathlib import Path

import numpy as np
import torch

from sample_data.tiny_model.data import Windows
from sample_data.tiny_model.denoising import DROP_CONDITION, drawn, validation_loss
from sample_data.tiny_model.networks import USUAL, Shape, new_image_encoder, new_unet
from sample_data.tiny_model.steps import Average, Log, load_checkpoint, save_checkpoint
from sample_data.tiny_model.stopping import Plateau, held_rate, learning_rate
from sample_data.tiny_model.update import Update


def train_unet(
    windows: Windows,
    held: Windows,
    folder: Path,
    *,
    steps: int,
    batch: int,
    seed: int,
    device: str,
    shape: Shape = USUAL,
    peak: float = 4e-4,
    drop: float = DROP_CONDITION,
    amp: bool = False,
    noise_on_device: bool = False,
    graph: bool = False,
    minutes: float = 0.0,
    patience: int = 0,
    progress: float = 0.002,
    cooldown: int = 0,
    check_every: int = 250,
    save_every: int = 50,
) -> dict[str, dict]:
    """Train and return the averaged weights of ``unet`` and ``image_encoder``.

    Parameters
    ----------
    windows, held : Windows
        To learn from, and to check on at fixed noise.
    steps : int
        Steps at most.
    amp : bool
        Let the networks compute in bfloat16; weights, loss and optimiser stay in float32.
    noise_on_device : bool
        Draw noise where the network is, which a GPU does faster; the CPU's draws differ.
    graph : bool
        Replay each step as one CUDA graph.
    minutes : float
        At the first check after so many minutes of this call the rate falls as if the loss were flat; 0: never.
    patience : int
        Checks in which the loss of the averaged weights may stay flat; then the rate falls over ``cooldown``
        steps (0: a tenth of ``steps``) and training ends. Neither this nor ``minutes``: a cosine over all ``steps``.
    progress : float
        Relative fall of that loss that is not flat.
    check_every, save_every : int
        Steps between checks, and between checkpoints.
    """
    networks = _networks(seed, shape, device)
    average, shadow = Average(networks, decay=0.998), _networks(seed, shape, device)
    update = Update(networks, peak, amp=amp, graph=graph)
    file, log, begun, end = folder / "unet.pt", Log(folder / "log.jsonl"), 0, steps
    plateau, cooldown = Plateau(patience, progress), cooldown or max(1, steps // 10)
    if state := load_checkpoint(file):
        for name, network in networks.items():
            network.load_state_dict(state[name])
        update.restore(state["optimiser"])
        average.restore(state["average"])
        begun = state["step"]
        plateau.restore(state.get("plateau", plateau.state()))
        if (patience or minutes) and state.get("flat_at"):
            end = min(steps, state["flat_at"] + cooldown)
    flat_at = end - cooldown if end < steps else 0
    recent: list[torch.Tensor] = []
    started = time.monotonic()
    step = begun
    while step < end:
        random = np.random.default_rng([seed, 2, step])
        picked = windows.batch(random.integers(len(windows), size=batch))
        draw = drawn(picked, random, drop, on_device=noise_on_device)
        update.set_rate(
            held_rate(step, end, cooldown, peak) if patience or minutes else learning_rate(step, steps, peak)
        )
        loss = update(picked, draw)
        average.update(networks, step)
        recent = [*recent[-199:], loss]
        step += 1
        checked = step % check_every == 0 or step == end
        if checked or step % save_every == 0:
            values = {"stage": "unet", "step": step, "loss": round(float(torch.stack(recent).mean()), 4)}
            if checked:
                for name, network in shadow.items():
                    network.load_state_dict(average.weights[name])
                values["validation_loss"] = round(validation_loss(networks, held, drop), 4)
                values["averaged_validation_loss"] = round(validation_loss(shadow, held, drop), 4)
                flat = plateau.flat(values["averaged_validation_loss"])
                late = bool(minutes) and time.monotonic() - started > 60 * minutes
                if (flat or late) and not flat_at and step < steps:
                    flat_at, end = step, min(steps, step + cooldown)
                    values["flat" if flat else "late"] = True
            log(**values)
            parts = {name: network.state_dict() for name, network in networks.items()}
            rest = {"optimiser": update.state(), "average": average.weights, "step": step}
            kept = {"plateau": plateau.state(), "flat_at": flat_at}
            save_checkpoint(file, {**parts, **rest, **kept})
    return average.weights


def _networks(seed: int, shape: Shape, device: str) -> dict[str, torch.nn.Module]:
    return {"unet": new_unet(seed, shape).to(device), "image_encoder": new_image_encoder(seed).to(device)}
