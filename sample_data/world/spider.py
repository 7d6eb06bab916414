"""Body of the eight-legged species: a spider with a big patterned abdomen and banded legs."""

import numpy as np

from sample_data.world.creature import Limb, Placement, blob, eyes, ground_shadow, limb_parts, seen
from sample_data.world.limbs import gait, joint, tilt, track
from sample_data.world.motion import Motion
from sample_data.world.parts import Parts

STRIDE = (0.44, 0.62)
DUTY = (0.60, 0.42)
FOOD = 0.62
TALL = 0.85
HOP = 0.64
PALETTES = (
    {"coat": (0.28, 0.25, 0.34), "belly": (0.55, 0.46, 0.60), "mark": (0.96, 0.62, 0.24)},
    {"coat": (0.45, 0.28, 0.20), "belly": (0.72, 0.52, 0.36), "mark": (0.97, 0.86, 0.62)},
    {"coat": (0.20, 0.32, 0.36), "belly": (0.40, 0.58, 0.58), "mark": (0.95, 0.84, 0.40)},
    {"coat": (0.58, 0.22, 0.26), "belly": (0.80, 0.44, 0.42), "mark": (0.24, 0.14, 0.20)},
    {"coat": (0.40, 0.42, 0.28), "belly": (0.64, 0.66, 0.44), "mark": (0.90, 0.45, 0.30)},
)
SPREAD = np.deg2rad([32.0, 68.0, 108.0, 146.0])


def parts(
    motion: Motion, place: Placement, pitch, slant, look: dict, rng: np.random.Generator
) -> list[Parts]:
    """Return the spider's parts, standing at ``place``, seen by a camera of this ``pitch`` [T]."""
    t = len(motion.time)
    leg, big = rng.uniform(0.92, 1.12), rng.uniform(0.88, 1.12)
    coat, belly, mark = (np.array(look[name]) for name in ("coat", "belly", "mark"))
    line = coat * 0.35

    def at(x, y, z):
        return track(t, x, y, z)

    step = np.cos(4 * np.pi * motion.phase)
    rise = 0.36 * leg + 0.030 * motion.walk * step + 0.055 * motion.run * step - 0.20 * motion.crouch
    rise = rise - 0.02 * motion.eat - 0.10 * motion.peck + 0.006 * motion.breath
    up = HOP * motion.lift
    middle = at(0, 0, rise + up)
    lean = (
        0.30 * motion.eat + 0.20 * motion.peck - 0.22 * motion.wave + 0.08 * motion.run - 0.12 * motion.lift
    )
    roll = 0.03 * motion.run * np.sin(2 * np.pi * motion.phase)

    def body(x, y, z):
        return tilt(middle + at(x, y, z + roll * 0.3), lean, middle)

    front, neck = body(0.30, 0, 0.03), body(0.06, 0, 0.03)
    waist, rear = body(-0.20, 0, 0.08), body(-0.46, 0, 0.14)
    out: list[Parts] = [
        blob(
            np.stack([[waist, rear], [body(-0.62, 0, 0.10), body(-0.62, 0, 0.10)]]),
            [0.19 * big, 0.06],
            [0.27 * big, 0.06],
            [coat, coat],
            line,
            place,
            bias=0.06,
            anchor=rear,
        ),
        blob(
            np.stack([[neck, front]]),
            [0.18],
            [0.165],
            [0.6 * coat + 0.4 * belly],
            line,
            place,
            bias=0.10,
            anchor=front,
        ),
    ]
    swell = 1 + 0.035 * motion.breath
    out[0].ra, out[0].rb = out[0].ra * swell[None, :, None], out[0].rb * swell[None, :, None]
    for along, radius in ((-0.30, 0.055), (-0.45, 0.075), (-0.60, 0.055)):
        for side in (1.0, -1.0):
            normal = tilt(at(0.0, 0.62 * side, 0.78), lean, at(0, 0, 0))
            girth = (0.27 - 0.9 * abs(along + 0.46)) * big
            spot = body(along, 0, 0.13) + normal * girth * 0.9
            out.append(
                blob(
                    np.stack([spot, spot])[None],
                    [radius],
                    [radius],
                    [mark],
                    line,
                    place,
                    bias=0.065,
                    anchor=rear,
                    width=0.0,
                    shade=0.1,
                    alpha=seen(normal, place, pitch)[None],
                )
            )
    dip = (lean + 0.1)[:, None]
    forward = np.concatenate([np.cos(dip), np.zeros((t, 1)), -np.sin(dip)], -1)
    out += eyes(front, forward, 0.19, motion, place, pitch, coat * 0.9, spread=0.55)

    limbs = []
    munch = 0.05 * motion.eat * np.sin(2 * np.pi * 3.4 * motion.time)
    for side in (1.0, -1.0):
        palp = front + forward * 0.10 + at(0, side * 0.08, -0.08)
        grab = palp + at(0.06, -side * 0.03 + side * munch, -0.11 - 0.05 * motion.eat + munch)
        limbs.append(
            Limb(np.stack([palp, grab]), np.array([0.042, 0.032]), np.stack([coat * 1.1]), line, bias=0.08)
        )

    # alternating tetrapods: neighbours on a side, and the two of a pair, are half a cycle apart
    pair = np.array([0.0, 0.5, 0.0, 0.5])
    offsets = np.concatenate([pair, pair + 0.5])
    forward_step, height = gait(motion, np.stack([offsets, offsets]), STRIDE, DUTY, (0.17, 0.24))
    tuck = np.clip(motion.lift * 1.6, 0, 1)
    # seen from above, the leg on the far side is the one that the body does not hide
    waver = np.where(pitch > 0.5, -1.0, 1.0) * place.near_side()
    for i in range(8):
        side, k = (1.0, i) if i < 4 else (-1.0, i - 4)
        angle = SPREAD[k]
        root = body(0.20 - 0.10 * k, side * 0.12, 0.0)
        radius = 0.78 * leg * (1 - 0.22 * tuck + 0.10 * motion.crouch)
        foot = at(
            0.04 + radius * np.cos(angle) + forward_step[i],
            side * radius * np.sin(angle) * 0.92,
            0.02 + height[i] + up + 0.16 * tuck,
        )
        bend = np.array([0.15 * np.cos(angle), side * 0.15, 1.0])
        if k == 0:
            turn = 0.90 + 0.75 * motion.swing
            raised = root + at(0.26 + 0.50 * np.cos(turn), side * 0.22, 0.24 + 0.62 * np.sin(turn))
            foot = foot + (motion.wave * (waver == side))[:, None] * (raised - foot)
            # both front legs bring food from the ground to the mouth
            food, mouth = at(FOOD, side * 0.12, 0.05), front + at(0.20, side * 0.07, 0.02)
            foot = foot + motion.eat[:, None] * (mouth + motion.peck[:, None] * (food - mouth) - foot)
        knee = joint(root, foot, 0.50 * leg, 0.56 * leg, bend)
        shin = knee + 0.45 * (foot - knee)
        limbs.append(
            Limb(
                np.stack([root, knee, shin, foot]),
                np.array([0.055, 0.055, 0.042, 0.022]),
                np.stack([coat, mark, coat]),
                line,
                blend=0.02,
                rooted=0.08,
                width=0.018,
            )
        )
    out += limb_parts(limbs, place)
    shade = [[rear, front]] + [[limb.points[0], limb.points[3]] for limb in limbs[2:]]
    out.append(ground_shadow(np.stack(shade), [0.2] + [0.035] * 8, place, slant, motion.lift))
    return out
