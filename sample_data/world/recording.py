"""Scene of a long recording: a creature in an arena that shows one bout after the other."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from sample_data.world.creature import Placement
from sample_data.world.motion import draw_manner, perform, smooth
from sample_data.world.render import render_scenes
from sample_data.world.scene import BODIES, PACE, SIZE, Take, compose, draw_loop, still
from sample_data.world.spec import ACTIONS, Bout, ClipSpec

CHANGE = 0.5
"""Seconds over which one action turns into the next; a bout's bound lies in the middle."""


def bout_frames(bouts: Sequence[Bout], fps: float = 24.0) -> list[tuple[int, int]]:
    """Return first frame and end frame (exclusive) of every bout; each begins where the one before ends."""
    ends = np.round(np.cumsum([bout.seconds for bout in bouts]) * fps).astype(int).tolist()
    return list(zip([0, *ends[:-1]], ends, strict=True))


def render_recording(
    spec: ClipSpec,
    bouts: Sequence[Bout],
    size: int | tuple[int, int] = 192,
    fps: float = 24.0,
    frames_at_once: int = 48,
    device: str | torch.device = "cpu",
) -> Iterator[torch.Tensor]:
    """Render one creature that performs ``bouts`` one after another, a few frames at a time.

    Parameters
    ----------
    spec : ClipSpec
        Species, viewpoint, context and seed; its action plays no part.
    bouts : sequence of Bout
    size : int or (height, width)
        Pixels.
    frames_at_once : int
        Longest batch that is yielded.

    Yields
    ------
    tensor, uint8 [n, height, width, 3]
    """
    body, size_of = BODIES[spec.species], SIZE[spec.species]
    spans = bout_frames(bouts, fps)
    time = np.arange(spans[-1][1]) / fps
    motion = perform(time, _weights(bouts, time), draw_manner(spec.rng(1)), body.STRIDE, body.DUTY)
    take = _arena_take(spec)
    loop, begin = draw_loop(spec.rng(10), take.view / 2, size_of)
    position, heading = loop.at(begin + PACE * size_of * motion.travel)
    place = Placement(position, heading, size_of)
    way, _ = loop.at(np.linspace(0, loop.length, 40))
    meals = []
    for bout, (first, end) in zip(bouts, spans, strict=True):
        if bout.action == "eat":
            middle = (first + end) // 2
            ahead = np.array([np.cos(place.heading[middle]), np.sin(place.heading[middle]), 0.0])
            inside = np.clip(np.minimum(time - time[first] + 1.0, time[end - 1] + 0.7 - time) / 0.4, 0, 1)
            meals.append((position[middle] + body.FOOD * size_of * ahead, smooth(inside)))
    for first in range(0, len(time), frames_at_once):
        part = slice(first, first + frames_at_once)
        here = Placement(position[part], place.heading[part], size_of)
        food = [(at, alpha[part]) for at, alpha in meals]
        scene = compose(spec, motion[part], here, take, np.zeros_like(position[part]), way, food)
        yield render_scenes([scene], [spec], time[None, part], size, device)[0]


def _weights(bouts: Sequence[Bout], time: np.ndarray) -> np.ndarray:
    """Return weights [T, 6] that blend from bout to bout and sum to 1."""
    bounds = np.cumsum([bout.seconds for bout in bouts])[:-1]
    begun = smooth(np.clip((time[:, None] - bounds) / CHANGE + 0.5, 0, 1))
    begun = np.concatenate([np.ones((len(time), 1)), begun, np.zeros((len(time), 1))], 1)
    weights = np.zeros((len(time), len(ACTIONS)))
    for i, bout in enumerate(bouts):
        weights[:, ACTIONS.index(bout.action)] += begun[:, i] - begun[:, i + 1]
    return weights


def _arena_take(spec: ClipSpec) -> Take:
    """Return a camera over the arena that stands still, or hardly moves."""
    take = Take(
        heading=0.0,
        in_place=False,
        follow=0.0,
        pan=np.array([0.10, 0.08]),
        pan_rate=np.array([0.06, 0.09]),
        pan_phase=spec.rng(8).uniform(0, 2 * np.pi, 2),
        pitch=np.deg2rad(48 if spec.viewpoint == "raised" else 8),
        view=3.0,
        shake=0.002,
        zoom=0.01,
        off=np.zeros(2),
        bounce=np.array([0.0, 1.0, 0.0]),
        follow_up=0.0,
    )
    return still(take) if spec.camera == "fixed" else take
