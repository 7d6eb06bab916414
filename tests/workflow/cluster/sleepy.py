"""A plugin whose network sleeps, and writes down each window that it computed: for who computes what, and how often."""

import os
import time

import numpy as np

from actiondiff_gui.backbones.description import Description
from actiondiff_gui.backbones.offers import Offer
from actiondiff_gui.backbones.protocol import NO_TIMESTEP, Layer

SHAPE = Description(
    window=4,
    stride=1,
    multiple=8,
    resolution=(8, 8),
    schedule=(),
    layers=(Layer(1, "mean", 3, 8),),
    default_timestep=NO_TIMESTEP,
    default_layer=1,
)


class Sleepy:
    """Gives the mean colour of each frame."""

    id, digest = "sleepy", "5" * 16
    window, stride, multiple, resolution = 4, 1, 8, (8, 8)
    schedule, layers = (), SHAPE.layers
    default_timestep, default_layer = NO_TIMESTEP, 1

    def __init__(self, device, precision):
        self.device, self.precision = device, precision
        note("loaded")

    def encode(self, frames, seeds, settings):
        for seed in seeds:
            time.sleep(float(os.environ.get("SLEEPY_SECONDS", "0.05")))
            note(f"{seed:x}")
        return np.array(frames)

    def features(self, encoded, timestep, layers):
        import torch

        means = encoded.astype(np.float32).mean(axis=(2, 3))
        return {1: torch.from_numpy(means)[..., None, None]}


def note(text):
    """Add a line to the common log: who, when, what. Lines as short as this are written whole."""
    with open(os.environ["SLEEPY_LOG"], "ab", buffering=0) as log:  # noqa: PTH123
        log.write(f"{os.getpid()} {time.time():.3f} {text}\n".encode())


OFFER = Offer(
    id="sleepy",
    title="A network that sleeps",
    load=lambda device, precision: Sleepy(device, precision),
    shape=lambda: SHAPE,
    digest=lambda half: ("5" * 16, 1),
)
