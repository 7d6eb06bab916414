"""Scene of one clip over given times: creature, camera and surroundings, drawn from its seed."""

from dataclasses import dataclass, replace

import numpy as np

from sample_data.world import biped, clutter, quadruped, spider
from sample_data.world.camera import Camera, aim
from sample_data.world.creature import Placement
from sample_data.world.loop import Loop
from sample_data.world.motion import Motion, draw_manner, perform
from sample_data.world.movers import movers, wander
from sample_data.world.parts import Parts
from sample_data.world.spec import ACTIONS, CLIP_SECONDS, ClipSpec

BODIES = {"biped": biped, "quadruped": quadruped, "spider": spider}
SIZE = {"biped": 1.0, "quadruped": 1.02, "spider": 1.25}
PACE = 0.7
"""Share of a straight run's speed that is left on a small loop."""


@dataclass
class Scene:
    """Everything a clip's frames are painted from: parts, camera (fields [T]) and light direction [3]."""

    parts: list[Parts]
    camera: Camera
    light: np.ndarray


@dataclass
class Take:
    """How a clip is staged: which way the creature goes, how the camera follows and moves."""

    heading: float
    in_place: bool
    follow: float
    pan: np.ndarray
    pan_rate: np.ndarray
    pan_phase: np.ndarray
    pitch: float
    view: float
    shake: float
    zoom: float
    off: np.ndarray
    bounce: np.ndarray
    follow_up: float
    roll: float = 0.02


def draw_take(rng: np.random.Generator, spec: ClipSpec) -> Take:
    """Draw the staging of a clip, from the same distributions whatever the action."""
    raised = spec.viewpoint == "raised"
    heading = rng.uniform(-0.55, 0.55) if not raised else rng.uniform(-0.95, 0.8)
    if rng.random() < 0.5:
        heading = np.pi - heading
    return Take(
        heading=heading,
        in_place=bool(rng.random() < 0.6),
        follow=float(rng.choice([1.0, rng.uniform(0.0, 1.0)])),
        pan=rng.uniform(0.10, 0.42, 2) * np.array([1.0, 0.55]),
        pan_rate=rng.uniform(0.2, 0.8, 2),
        pan_phase=rng.uniform(0, 2 * np.pi, 2),
        pitch=np.deg2rad(rng.uniform(40, 56)) if raised else np.deg2rad(rng.uniform(2.5, 9)),
        view=rng.uniform(2.5, 3.2),
        shake=rng.uniform(0.0, 0.006) if rng.random() < 0.7 else rng.uniform(0.006, 0.014),
        zoom=rng.uniform(-0.06, 0.06),
        off=rng.uniform(-0.14, 0.14, 2),
        bounce=np.array(
            [(rng.random() < 0.7) * rng.uniform(0.08, 0.34), rng.uniform(0.7, 1.5), rng.uniform(0, 1)]
        ),
        follow_up=rng.uniform(0.3, 1.0),
    )


def still(take: Take) -> Take:
    """Return the take with a camera that stands still."""
    nothing = {
        "pan": np.zeros(2),
        "shake": 0.0,
        "zoom": 0.0,
        "bounce": np.array([0.0, 1.0, 0.0]),
        "roll": 0.0,
    }
    return replace(take, in_place=False, follow=0.0, follow_up=0.0, off=take.off / 2, **nothing)


def draw_loop(rng: np.random.Generator, half_view: float, size: float) -> tuple[Loop, float]:
    """Draw the loop of a creature of this size that fits into the picture, and where on its lanes the clip's middle is."""
    loop = Loop(
        half=max(0.2, half_view - 1.05 * size),
        radius=0.34 * size,
        turn=rng.uniform(-0.3, 0.3),
        mirrored=bool(rng.random() < 0.5),
    )
    along = rng.uniform(0, 2 * loop.half)
    return loop, along + rng.choice([0, loop.length / 2])


def clip_weights(spec: ClipSpec, frames: int) -> np.ndarray:
    """Return the weights [T, 6] of a clip that shows one action from end to end."""
    weights = np.zeros((frames, len(ACTIONS)))
    weights[:, ACTIONS.index(spec.action)] = 1.0
    return weights


def stage_clip(spec: ClipSpec, time: np.ndarray) -> Scene:
    """Return the scene of ``spec`` at ``time`` [T] seconds."""
    body = BODIES[spec.species]
    manner = draw_manner(spec.rng(1))
    motion = perform(time, clip_weights(spec, len(time)), manner, body.STRIDE, body.DUTY)
    take = draw_take(spec.rng(2), spec)
    size = SIZE[spec.species] * spec.rng(3).uniform(0.85, 1.12)
    if spec.camera == "fixed":
        take = still(take)
        return _stage_on_loop(spec, motion, take, size, *draw_loop(spec.rng(10), take.view / 2, size))
    direction = np.array([np.cos(take.heading), np.sin(take.heading), 0.0])
    pace = 0.0 if take.in_place else size
    place = Placement(pace * motion.travel[:, None] * direction, np.full(len(time), take.heading), size)
    ends = perform(
        np.array([0.0, CLIP_SECONDS]), clip_weights(spec, 2), manner, body.STRIDE, body.DUTY
    ).travel
    way = pace * np.linspace(*ends, 30)[:, None] * direction
    slack = min(1.0, 0.24 * take.view / max(np.abs(way).max(), 1e-6))
    follow = 1 - (1 - take.follow) * slack
    meals = []
    if spec.action == "eat":
        meals.append((body.FOOD * size * direction, 1.0))
    return compose(spec, motion, place, take, follow * place.position, way, meals)


def _stage_on_loop(
    spec: ClipSpec, motion: Motion, take: Take, size: float, loop: Loop, begin: float
) -> Scene:
    """Return the scene of a creature that goes round ``loop`` from ``begin``, or stays there."""
    position, heading = loop.at(begin + PACE * size * motion.travel)
    way, _ = loop.at(np.linspace(0, loop.length, 40))
    meals = []
    if spec.action == "eat":
        ahead = np.array([np.cos(heading[0]), np.sin(heading[0]), 0.0])
        meals.append((position[0] + BODIES[spec.species].FOOD * size * ahead, 1.0))
    return compose(
        spec, motion, Placement(position, heading, size), take, np.zeros_like(position), way, meals
    )


def compose(
    spec: ClipSpec,
    motion: Motion,
    place: Placement,
    take: Take,
    watched: np.ndarray,
    way: np.ndarray,
    meals: list,
) -> Scene:
    """Return the scene of a creature that moves and stands as given.

    The camera is aimed near ``watched`` [T, 3]. ``way`` [M, 3] are points of the creature's whole way, on
    which nothing is put; ``meals`` are pairs of a point on the ground and an opacity [T] or number.
    """
    body = BODIES[spec.species]
    time, t = motion.time, len(motion.time)
    rng = spec.rng(4)
    wave = np.sin(2 * np.pi * take.pan_rate * time[:, None] + take.pan_phase)
    target = watched + np.array([0, 0, 0.5 * body.TALL * place.size])
    target[:, 0] += take.pan[0] * wave[:, 0] * 0.9 + take.off[0]
    target[:, 2 if spec.viewpoint == "side" else 1] += (take.pan[1] * wave[:, 1] + take.off[1]) * 0.6
    hop = np.abs(np.sin(np.pi * (take.bounce[1] * time + take.bounce[2]))) - 0.5
    target[:, 2] += take.bounce[0] * hop + take.follow_up * body.HOP * place.size * motion.lift
    shake = wander(rng, np.zeros((3, 3)), time, (1, 1, 1), 1.7)[:2, :, 0].T * take.shake
    roll = take.roll * np.sin(2 * np.pi * 0.3 * time + take.pan_phase[0])
    distance = 7.5
    focal = distance / take.view * (1 + take.zoom * np.sin(0.9 * time))
    camera = aim(target, take.pitch, focal, distance, roll, shake)

    look = draw_look(rng, body.PALETTES, spec.context == "night")
    light = np.array([rng.uniform(-0.6, 0.6), rng.uniform(-0.75, -0.45), 0.6])
    light /= np.linalg.norm(light)
    slant = np.array([-0.7 * light[0], 0.25])
    parts = body.parts(motion, place, np.full(t, take.pitch), slant, look, spec.rng(5))
    parts += surroundings(spec, time, watched, way, meals)
    return Scene(parts, camera, light)


def draw_look(rng: np.random.Generator, palettes, night: bool) -> dict[str, np.ndarray]:
    """Draw a creature's colours; at night they are pulled to light or dark, away from the floor's grey."""
    palette = palettes[rng.integers(len(palettes))]
    look = {
        name: np.clip(np.array(tone) * rng.uniform(0.88, 1.12) + rng.normal(0, 0.02, 3), 0, 1)
        for name, tone in palette.items()
    }
    aim_at = rng.choice([0.13, 0.78], p=[0.2, 0.8])
    if night:
        shift = 0.8 * (aim_at - look["coat"].mean())
        look = {
            name: np.clip(tone + shift * (1.0 if name == "coat" else 0.5), 0.04, 1)
            for name, tone in look.items()
        }
    return look


def surroundings(spec: ClipSpec, time, watched: np.ndarray, way: np.ndarray, meals: list) -> list[Parts]:
    """Return plants or props, food and small moving things about the creature's way."""
    rng, night, raised = spec.rng(6), spec.context == "night", spec.viewpoint == "raised"
    wind = time if spec.camera == "moving" else np.zeros_like(time)
    out: list[Parts] = []
    far = (-2.0, 2.4) if raised else (-1.3, 5.0)

    def spots(count, margin=0.0, low=far[0], high=far[1]):
        cells = np.arange(-5, 5)
        every = np.random.default_rng([spec.seed, 7, len(out)])
        rows = every.random((len(cells), int(np.ceil(count)), 3))
        keep = rows[..., 2] < count / np.ceil(count)
        x = (cells[:, None] + rows[..., 0]) * 1.3
        y = low + rows[..., 1] * (high - low)
        at = np.stack([x, y, np.zeros_like(x)], -1)[keep]
        return at[np.linalg.norm(at[:, None] - way, axis=-1).min(1) > margin] if margin else at

    if night:
        out += _maybe(clutter.posts, rng, spots(1, 0.75), (0.50, 0.50, 0.52))
        out += _maybe(clutter.stones, rng, spots(1, 0.5), (0.44, 0.44, 0.44), (0.05, 0.12))
    else:
        green = np.array((0.40, 0.58, 0.26)) * rng.uniform(0.85, 1.15, 3)
        out.append(clutter.tufts(np.random.default_rng([spec.seed, 8]), spots(4, 0.12), green, wind))
        blooms = spots(1, 0.3)
        if len(blooms):
            petals = np.array(
                [(0.96, 0.96, 0.98), (0.93, 0.55, 0.70), (0.70, 0.60, 0.92), (0.98, 0.80, 0.35)]
            )
            out += clutter.flowers(rng, blooms, petals[rng.integers(0, 4, len(blooms))], wind)
        out += _maybe(clutter.stones, rng, spots(1, 0.5), (0.62, 0.61, 0.60))
        out += _maybe(clutter.bushes, rng, spots(0.55, 0, 1.6, far[1]), green * 0.85)
        if not raised:
            out += _maybe(clutter.trees, rng, spots(0.45, 0, 4.5, 9.0), green * 0.95)
    if spec.camera == "moving":
        out += movers(rng, watched, time, night)

    kind = clutter.FOODS[rng.integers(len(clutter.FOODS))]
    decoy, spot = rng.random() < 0.6, np.append(rng.uniform((-1.3, -0.9), (1.3, 0.9)), 0.0)
    for at, alpha in meals or [(way[len(way) // 2] + spot, 1.0)] * decoy:
        out += clutter.food(kind, at, alpha)
    return out


def _maybe(make, rng, at, *looks) -> list[Parts]:
    return make(rng, at, *looks) if len(at) else []
