"""Checkpoints, averaged weights and log of a training run, so that it can be stopped and resumed."""

import json
import time
from pathlib import Path

import torch
from torch import nn


class Average:
    """Exponential moving average of networks' weights, the copy that is kept in the end."""

    def __init__(self, networks: dict[str, nn.Module], decay: float) -> None:
        self.decay = decay
        self.weights = {
            n: {k: v.detach().clone() for k, v in net.state_dict().items()} for n, net in networks.items()
        }

    def restore(self, weights: dict[str, dict[str, torch.Tensor]]) -> None:
        """Take over the weights of a checkpoint, on the device of the present ones."""
        for name, kept in self.weights.items():
            for key, value in kept.items():
                value.copy_(weights[name][key])

    @torch.no_grad()
    def update(self, networks: dict[str, nn.Module], step: int) -> None:
        """Move the average towards the networks; faster in the first steps."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for name, net in networks.items():
            present = net.state_dict()
            kept = self.weights[name]
            moving = [key for key, value in present.items() if value.is_floating_point()]
            torch._foreach_lerp_([kept[key] for key in moving], [present[key] for key in moving], 1 - decay)
            for key in present.keys() - set(moving):
                kept[key].copy_(present[key])


def save_checkpoint(file: Path, state: dict) -> None:
    """Write ``state`` to ``file`` at once or not at all."""
    part = file.with_suffix(".part")
    torch.save(state, part)
    part.replace(file)


def load_checkpoint(file: Path) -> dict | None:
    """Read a checkpoint of an earlier run, tensors and plain values only; None if there is none."""
    return torch.load(file, map_location="cpu", weights_only=True) if file.exists() else None


class Log:
    """One JSON line per report, also printed, so that a card can say what was run."""

    def __init__(self, file: Path) -> None:
        self.file, self.began = file, time.time()

    def __call__(self, **values: object) -> None:
        """Write and print one report."""
        line = json.dumps({**values, "seconds": round(time.time() - self.began, 1)})
        print(line, flush=True)
        with self.file.open("a", encoding="utf-8") as stream:
            stream.write(line + "\n")
