"""Specification of all clips: the cells of the world, and the seeds for samples, validation and training."""

from dataclasses import dataclass

import numpy as np

ACTIONS = ("still", "walk", "run", "jump", "eat", "wave")
SPECIES = ("biped", "quadruped", "spider")
VIEWPOINTS = ("side", "raised")
CONTEXTS = ("field", "night")
CAMERAS = ("fixed", "moving")

SAMPLE_SEEDS = range(0, 100_000)
"""Seeds of the clips that ship with the app."""
VALIDATION_SEEDS = range(100_000, 200_000)
"""Seeds on which difficulty and training choices are tuned."""
TEST_SEEDS = range(200_000, 1_000_000)
"""Seeds of the clips on which a finished model is measured; nothing is tuned on them."""
TRAINING_SEEDS = range(1_000_000, 2**31)
"""Seeds of the clips a small diffusion model is trained on."""

CLIP_SECONDS = 64 / 24
"""Length of a clip. Creatures are sure to be in view between 0 and this time."""


@dataclass(frozen=True)
class ClipSpec:
    """One clip: the cell it belongs to, and a seed that decides everything else about it.

    With a ``fixed`` camera, as over most arenas, nothing but the creature moves: the camera stands still for the clip, the
    light is steady, plants are still and nobody passes by. A ``moving`` camera pans, shakes and bounces, light flickers,
    butterflies, leaves and balls pass.
    """

    action: str
    species: str
    viewpoint: str
    context: str
    seed: int
    camera: str = "fixed"

    def __post_init__(self):
        for value, allowed in (
            (self.action, ACTIONS),
            (self.species, SPECIES),
            (self.viewpoint, VIEWPOINTS),
            (self.context, CONTEXTS),
            (self.camera, CAMERAS),
        ):
            if value not in allowed:
                raise ValueError(f"{value!r} is not one of {', '.join(allowed)}")

    def rng(self, topic: int) -> np.random.Generator:
        """Return the generator of one topic, so that a draw added to one leaves the others as they were."""
        return np.random.default_rng([self.seed, topic])


@dataclass(frozen=True)
class Bout:
    """One stretch of a recording, in which the creature performs one action for ``seconds``."""

    action: str
    seconds: float


def sample_spec(seed: int, camera: str = "fixed") -> ClipSpec:
    """Return the clip of ``seed``, in a cell drawn uniformly from all 72."""
    rng = np.random.default_rng([seed, 99])
    action, species, viewpoint, context = (
        choices[rng.integers(len(choices))] for choices in (ACTIONS, SPECIES, VIEWPOINTS, CONTEXTS)
    )
    return ClipSpec(action, species, viewpoint, context, seed, camera)
