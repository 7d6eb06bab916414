"""Renderer of the sample world: creatures and their actions, in clips of any size."""

from sample_data.world.recording import bout_frames, render_recording
from sample_data.world.render import render_batch
from sample_data.world.spec import (
    ACTIONS,
    CAMERAS,
    CLIP_SECONDS,
    CONTEXTS,
    SAMPLE_SEEDS,
    SPECIES,
    TEST_SEEDS,
    TRAINING_SEEDS,
    VALIDATION_SEEDS,
    VIEWPOINTS,
    Bout,
    ClipSpec,
    sample_spec,
)

__all__ = [
    "ACTIONS",
    "CAMERAS",
    "CLIP_SECONDS",
    "CONTEXTS",
    "SAMPLE_SEEDS",
    "SPECIES",
    "TEST_SEEDS",
    "TRAINING_SEEDS",
    "VALIDATION_SEEDS",
    "VIEWPOINTS",
    "Bout",
    "ClipSpec",
    "bout_frames",
    "render_batch",
    "render_recording",
    "sample_spec",
]
