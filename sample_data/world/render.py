"""Rendering of clips: scenes are prepared in numpy and painted in torch, a batch at a time."""

from collections.abc import Sequence

import numpy as np
import torch

from sample_data.world.backdrop import backdrop, draw_surface, finish
from sample_data.world.camera import Camera
from sample_data.world.parts import pack
from sample_data.world.raster import paint
from sample_data.world.scene import Scene, stage_clip
from sample_data.world.spec import CLIP_SECONDS, ClipSpec


def render_batch(
    specs: Sequence[ClipSpec],
    frames: int,
    size: int | tuple[int, int],
    fps: float = 24.0,
    stride: int = 1,
    start: float | None = None,
    device: str | torch.device = "cpu",
) -> torch.Tensor:
    """Render clips.

    Parameters
    ----------
    specs : sequence of ClipSpec
    frames : int
        Frames per clip; frame ``k`` is the picture at ``start + k * stride / fps`` seconds.
    size : int or (height, width)
        Pixels. The content does not depend on it.
    fps : float
        Frames per second of the video that the clip is part of.
    stride : int
        Every how many frames of that video to render one.
    start : float, optional
        Seconds. By default every clip starts at a time of its own between 0 and half of
        :data:`CLIP_SECONDS`, drawn from its seed.
    device : str or torch.device
        Where pixels are computed.

    Returns
    -------
    tensor, uint8 [B, frames, height, width, 3]
    """
    steps = np.arange(frames) * stride / fps
    begin = [spec.rng(0).uniform(0, CLIP_SECONDS / 2) if start is None else start for spec in specs]
    time = np.array(begin)[:, None] + steps
    scenes = [stage_clip(spec, moment) for spec, moment in zip(specs, time, strict=True)]
    return render_scenes(scenes, specs, time, size, device)


def render_scenes(
    scenes: Sequence[Scene],
    specs: Sequence[ClipSpec],
    time: np.ndarray,
    size: int | tuple[int, int],
    device="cpu",
) -> torch.Tensor:
    """Paint staged scenes at ``time`` [B, T]; see :func:`render_batch`."""
    height, width = (size, size) if isinstance(size, int) else size
    camera = Camera(
        *(
            np.stack([getattr(scene.camera, name) for scene in scenes])
            for name in ("position", "pitch", "roll", "focal", "offset")
        )
    )
    drawn = [draw_surface(spec.rng(9), spec.context == "night", spec.camera == "fixed") for spec in specs]
    surface = {name: np.stack([entry[name] for entry in drawn]) for name in drawn[0]}
    with torch.no_grad():
        canvas = backdrop(surface, camera, time, height, width, device)
        packs = pack([scene.parts for scene in scenes], time.shape[1])
        paint(canvas, packs, camera, np.stack([scene.light for scene in scenes]))
        return finish(canvas, surface, np.array([spec.seed for spec in specs]), time)
