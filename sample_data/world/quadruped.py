"""Body of the four-legged species: a fox-like animal with ears, a muzzle and a bushy tail."""

import numpy as np

from sample_data.world.creature import Limb, Placement, blob, eyes, ground_shadow, limb_parts
from sample_data.world.limbs import gait, joint, tilt, track
from sample_data.world.motion import Motion
from sample_data.world.parts import Parts

STRIDE = (0.40, 0.56)
DUTY = (0.64, 0.44)
FOOD = 0.96
TALL = 1.25
HOP = 0.60
PALETTES = (
    {
        "coat": (0.87, 0.45, 0.18),
        "belly": (0.99, 0.91, 0.80),
        "mark": (0.25, 0.16, 0.15),
        "nose": (0.12, 0.09, 0.10),
    },
    {
        "coat": (0.52, 0.54, 0.60),
        "belly": (0.92, 0.92, 0.93),
        "mark": (0.27, 0.28, 0.34),
        "nose": (0.80, 0.45, 0.47),
    },
    {
        "coat": (0.56, 0.34, 0.20),
        "belly": (0.88, 0.70, 0.48),
        "mark": (0.22, 0.13, 0.10),
        "nose": (0.12, 0.08, 0.08),
    },
    {
        "coat": (0.93, 0.80, 0.56),
        "belly": (1.00, 0.96, 0.86),
        "mark": (0.68, 0.45, 0.24),
        "nose": (0.30, 0.18, 0.16),
    },
    {
        "coat": (0.33, 0.30, 0.36),
        "belly": (0.86, 0.84, 0.86),
        "mark": (0.18, 0.16, 0.20),
        "nose": (0.85, 0.52, 0.54),
    },
)


def parts(
    motion: Motion, place: Placement, pitch, slant, look: dict, rng: np.random.Generator
) -> list[Parts]:
    """Return the animal's parts, standing at ``place``, seen by a camera of this ``pitch`` [T]."""
    t = len(motion.time)
    leg, long, stout = rng.uniform(0.88, 1.15), rng.uniform(0.92, 1.1), rng.uniform(0.88, 1.12)
    coat, belly, mark, nose = (np.array(look[name]) for name in ("coat", "belly", "mark", "nose"))
    line = coat * 0.36
    under_tone = belly + (coat - belly) * min(1.0, 1.15 * float(np.sin(pitch[0])))

    def at(x, y, z):
        return track(t, x, y, z)

    stepping = np.cos(4 * np.pi * motion.phase)
    gallop = 2 * np.pi * motion.phase
    rise = 0.62 * leg - 0.018 * motion.walk * stepping + 0.075 * motion.run * np.sin(gallop + 0.6)
    rise = (
        rise
        - 0.24 * motion.crouch
        - 0.06 * motion.run
        + 0.008 * motion.breath
        - 0.04 * motion.eat
        + 0.12 * motion.wave
    )
    up = HOP * motion.lift
    middle = at(0, 0, rise + up)
    lean = 0.15 * motion.run * np.cos(gallop) + 0.16 * motion.eat - 0.95 * motion.wave - 0.10 * motion.lift
    lean = lean + 0.16 * motion.crouch
    arch = 0.07 * motion.run * np.cos(gallop + 0.4)
    squeeze = 1 + 0.10 * motion.run * np.sin(gallop + 1.2) + 0.08 * motion.lift - 0.08 * motion.crouch

    def body(x, y, z):
        return tilt(middle + at(x * squeeze, y, z), lean, middle)

    rump, back, chest = body(-0.36 * long, 0, 0.04), body(0, 0, 0.07 + arch), body(0.32 * long, 0, 0.07)
    under = (body(-0.14, 0, -0.06), body(0.30, 0, -0.03))
    nod = 0.03 * motion.walk * stepping + 0.06 * motion.run * np.cos(gallop + 1)
    head_up = chest + at(
        0.30 + 0.10 * motion.run - 0.20 * motion.wave, 0.03 * motion.sway, 0.46 + nod - 0.18 * motion.run
    )
    head_down = at(0.70 * long, 0, 0.27 + 0.24 * (1 - motion.peck))
    head = head_up + motion.eat[:, None] * (head_down - head_up)
    dip = (0.22 + 0.75 * motion.eat - 0.05 * motion.lift - 0.15 * motion.wave)[:, None]
    forward = np.concatenate([np.cos(dip), np.zeros((t, 1)), -np.sin(dip)], -1)
    crown = np.concatenate([np.sin(dip), np.zeros((t, 1)), np.cos(dip)], -1)
    nape = chest + at(0.10, 0, 0.13)

    out: list[Parts] = [
        blob(
            np.stack([[rump, back], [back, chest], list(under), [nape, head - forward * 0.06]]),
            [0.21 * stout, 0.20 * stout, 0.14 * stout, 0.18],
            [0.20 * stout, 0.22 * stout, 0.17 * stout, 0.13],
            [coat, coat, under_tone, coat],
            line,
            place,
            blend=0.16,
        )
    ]
    swell = 1 + 0.025 * motion.breath
    out[-1].ra, out[-1].rb = out[-1].ra * swell[None, :, None], out[-1].rb * swell[None, :, None]
    jaw = (0.05 * motion.eat * (0.5 + 0.5 * np.sin(2 * np.pi * 3.1 * motion.time)))[:, None]
    tip = head + forward * 0.29 - crown * 0.06
    cheek = head + forward * 0.04 - crown * 0.08
    out.append(
        blob(
            np.stack([[head, head], [head + forward * 0.08, tip], [cheek, tip - crown * (0.02 + jaw)]]),
            [0.195, 0.125, 0.12],
            [0.195, 0.065, 0.05],
            [coat, coat, belly],
            line,
            place,
            bias=0.12,
            blend=0.04,
            anchor=head,
        )
    )
    snout = tip + forward * 0.045 + crown * 0.02
    out.append(
        blob(
            np.stack([snout, snout])[None],
            [0.042],
            [0.042],
            [nose],
            nose * 0.4,
            place,
            bias=0.14,
            width=0.012,
        )
    )
    for side in (1.0, -1.0):
        root = head + crown * 0.11 + at(-0.03, side * 0.10, 0)
        end = head + crown * 0.37 - forward * (0.02 + 0.10 * motion.run)[:, None] + at(0, side * 0.16, 0)
        out.append(
            blob(
                np.stack([[root, end], [root + forward * 0.03, root + 0.6 * (end - root) + forward * 0.02]]),
                [0.095, 0.05],
                [0.018, 0.014],
                [coat, mark],
                line,
                place,
                bias=0.08,
                blend=0.01,
            )
        )
    out += eyes(head, forward, 0.195, motion, place, pitch, coat * 0.9)

    limbs = []
    swish = 0.16 * motion.sway + 0.05 * motion.walk * stepping
    tail_1 = body(
        -0.62 * long, 0.6 * swish, 0.10 + 0.10 * motion.run + 0.06 * motion.wave - 0.1 * motion.crouch
    )
    tail_2 = body(-0.82 * long, 1.2 * swish, 0.26 + 0.02 * motion.run + 0.16 * motion.lift + 0.10 * nod)
    tail_3 = body(-0.95 * long, 1.5 * swish, 0.44 - 0.16 * motion.run + 0.30 * motion.lift)
    limbs.append(
        Limb(
            np.stack([body(-0.44 * long, 0, 0.09), tail_1, tail_2, tail_3]),
            np.array([0.07, 0.11, 0.12, 0.04]),
            np.stack([coat, coat, belly]),
            line,
            bias=-0.05,
            blend=0.08,
        )
    )

    # left hind, left fore, right hind, right fore: a lateral-sequence walk and a half-bound
    offsets = np.array([[0.0, 0.75, 0.5, 0.25], [0.0, 0.48, 0.10, 0.60]])
    forward_step, height = gait(motion, offsets, STRIDE, DUTY, (0.12, 0.22))
    tuck = np.clip(motion.lift * 1.6, 0, 1)
    # seen from above, the paw on the far side is the one that the body does not hide
    waver = np.where(pitch > 0.5, -1.0, 1.0) * place.near_side()
    for i in range(4):
        front, side = bool(i % 2), 1.0 if i < 2 else -1.0
        home = (0.30 if front else -0.36) * long
        root = body(home, side * 0.12 * stout, -0.02)
        reach = (0.16 if front else -0.20) * tuck
        foot = at(home + forward_step[i] + reach, side * 0.17, 0.05 + height[i] + up + 0.20 * tuck)
        if front:
            turn = 0.80 + 0.80 * motion.swing
            raised = root + at(0.20 + 0.46 * np.cos(turn), side * 0.24, 0.10 + 0.60 * np.sin(turn))
            hanging = root + at(0.26, side * 0.02, -0.28)
            target = np.where((waver == side)[:, None], raised, hanging)
            foot = foot + motion.wave[:, None] * (target - foot)
        knee = joint(root, foot, 0.33 * leg, 0.32 * leg, (-1.0, 0, 0) if front else (1.0, 0, 0))
        paw = foot + at(0.08, 0, -0.01 - 0.4 * np.clip(height[i], 0, 0.2))
        limbs.append(
            Limb(
                np.stack([root, knee, foot, paw]),
                np.array([0.135 if not front else 0.115, 0.07, 0.055, 0.06]),
                np.stack([coat, coat * 0.9, mark]),
                line,
                blend=0.05,
                rooted=0.19,
            )
        )
    out += limb_parts(limbs, place)
    feet = [limb.points[2] for limb in limbs[-4:]]
    out.append(
        ground_shadow(
            np.stack(
                [
                    [rump, chest],
                    [chest, head],
                    [rump, feet[0]],
                    [chest, feet[1]],
                    [rump, feet[2]],
                    [chest, feet[3]],
                ]
            ),
            [0.2, 0.12, 0.06, 0.06, 0.06, 0.06],
            place,
            slant,
            motion.lift,
        )
    )
    return out
