"""Motion of a body by action over time, in channels that all species share."""

from dataclasses import dataclass, fields

import numpy as np

from sample_data.world.spec import ACTIONS, CLIP_SECONDS


@dataclass
class Manner:
    """How one creature goes about its actions: tempos in cycles per second, phases in cycles."""

    walk_rate: float
    run_rate: float
    jump_rate: float
    eat_rate: float
    wave_rate: float
    phase: float
    breath_phase: float
    vigour: float
    fidget: float


@dataclass
class Motion:
    """Channels over time, all [T].

    ``walk`` to ``wave`` are weights in [0, 1]; ``phase`` counts gait cycles; ``lift`` and ``crouch`` belong
    to the jump (0 to 1), ``peck`` to eating (0 up, 1 at the food), ``swing`` to waving (-1 to 1); ``breath``
    and ``sway`` run from -1 to 1, ``blink`` from 0 to 1. ``travel`` is the distance covered, in world units.
    """

    time: np.ndarray
    walk: np.ndarray
    run: np.ndarray
    jump: np.ndarray
    eat: np.ndarray
    wave: np.ndarray
    phase: np.ndarray
    travel: np.ndarray
    lift: np.ndarray
    crouch: np.ndarray
    peck: np.ndarray
    swing: np.ndarray
    breath: np.ndarray
    blink: np.ndarray
    sway: np.ndarray

    def __getitem__(self, frames: slice) -> "Motion":
        return Motion(*(getattr(self, entry.name)[frames] for entry in fields(self)))


def draw_manner(rng: np.random.Generator) -> Manner:
    """Draw the tempo of one creature: gaits of 0.5 to 1 s, jumps of 1 to 1.3 s, waves of 0.45 to 0.7 s."""
    return Manner(
        walk_rate=rng.uniform(0.95, 1.25),
        run_rate=rng.uniform(1.65, 2.05),
        jump_rate=rng.uniform(0.78, 0.98),
        eat_rate=rng.uniform(1.4, 2.0),
        wave_rate=rng.uniform(1.5, 2.1),
        phase=rng.uniform(0, 1),
        breath_phase=rng.uniform(0, 1),
        vigour=rng.uniform(0.85, 1.15),
        fidget=rng.uniform(0.5, 1.0),
    )


def bump(u: np.ndarray, start: float, top: float, end: float) -> np.ndarray:
    """Return a smooth hill that is 0 outside [start, end] and 1 at ``top``."""
    rise = np.clip((u - start) / (top - start), 0, 1)
    fall = np.clip((end - u) / (end - top), 0, 1)
    return smooth(np.minimum(rise, fall))


def smooth(u: np.ndarray) -> np.ndarray:
    """Return the smoothstep of ``u`` in [0, 1]."""
    return u * u * (3 - 2 * u)


def perform(
    time: np.ndarray,
    weights: np.ndarray,
    manner: Manner,
    stride: tuple[float, float],
    duty: tuple[float, float],
) -> Motion:
    """Turn weights of actions into the channels of a body.

    Parameters
    ----------
    time : array [T]
        Seconds.
    weights : array [T, 6]
        Share of each action, in the order of :data:`ACTIONS`.
    stride, duty : (walk, run)
        Length on the ground of one stance in world units, and the share of the cycle a foot stands.
    """
    share = {name: weights[:, i] for i, name in enumerate(ACTIONS)}
    gait = np.maximum(share["walk"] + share["run"], 1e-6)
    rate = (share["walk"] * manner.walk_rate + share["run"] * manner.run_rate) / gait
    speed = share["walk"] * stride[0] * manner.walk_rate / duty[0]
    speed = speed + share["run"] * stride[1] * manner.run_rate / duty[1]
    if np.ptp(weights, axis=0).max() > 0:
        step = np.diff(time, prepend=time[0])
        cycles, travel = np.cumsum(rate * step), np.cumsum(speed * step)
    else:
        cycles, travel = rate * time, speed * (time - CLIP_SECONDS / 2)
    jump = (manner.jump_rate * time + manner.phase) % 1.0
    air = np.clip((jump - 0.34) / 0.4, 0, 1)
    eat = 2 * np.pi * (manner.eat_rate * time + manner.phase)
    wave = 2 * np.pi * (manner.wave_rate * time + manner.phase)
    breath = 2 * np.pi * (0.45 * time + manner.breath_phase)
    blink = (time * 0.6 + manner.breath_phase) % 1.0
    return Motion(
        time=time,
        **{name: share[name] for name in ACTIONS[1:]},
        phase=cycles + manner.phase,
        travel=travel,
        lift=share["jump"] * 4 * air * (1 - air) * manner.vigour,
        crouch=share["jump"] * (bump(jump, 0.0, 0.24, 0.37) + 0.85 * bump(jump, 0.71, 0.79, 0.98)),
        peck=share["eat"] * (0.5 + 0.5 * np.sin(eat) + 0.12 * np.sin(3 * eat)),
        swing=share["wave"] * np.sin(wave) * manner.vigour,
        breath=np.sin(breath),
        blink=bump(blink, 0.0, 0.05, 0.1),
        sway=np.sin(breath * 0.9 + 1) * manner.fidget,
    )
