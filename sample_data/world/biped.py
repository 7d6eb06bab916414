"""Body of the two-legged species: a long-legged bird with a crest, a beak and wings."""

import numpy as np

from sample_data.world.creature import Limb, Placement, blob, eyes, ground_shadow, limb_parts
from sample_data.world.limbs import gait, joint, tilt, track
from sample_data.world.motion import Motion
from sample_data.world.parts import Parts

STRIDE = (0.42, 0.55)
DUTY = (0.62, 0.42)
FOOD = 0.80
TALL = 1.45
HOP = 0.60
PALETTES = (
    {
        "coat": (0.16, 0.55, 0.62),
        "belly": (0.93, 0.90, 0.78),
        "mark": (0.95, 0.62, 0.20),
        "beak": (0.97, 0.70, 0.22),
    },
    {
        "coat": (0.80, 0.30, 0.27),
        "belly": (0.98, 0.86, 0.72),
        "mark": (0.36, 0.18, 0.30),
        "beak": (0.98, 0.76, 0.30),
    },
    {
        "coat": (0.30, 0.36, 0.66),
        "belly": (0.88, 0.90, 0.96),
        "mark": (0.93, 0.80, 0.36),
        "beak": (0.92, 0.52, 0.26),
    },
    {
        "coat": (0.95, 0.74, 0.26),
        "belly": (1.00, 0.95, 0.78),
        "mark": (0.86, 0.40, 0.24),
        "beak": (0.90, 0.45, 0.20),
    },
    {
        "coat": (0.55, 0.38, 0.62),
        "belly": (0.95, 0.88, 0.94),
        "mark": (0.30, 0.66, 0.62),
        "beak": (0.98, 0.72, 0.34),
    },
)


def parts(
    motion: Motion, place: Placement, pitch, slant, look: dict, rng: np.random.Generator
) -> list[Parts]:
    """Return the bird's parts, standing at ``place``, seen by a camera of this ``pitch`` [T]."""
    t = len(motion.time)
    leg, neck, plump = rng.uniform(0.9, 1.12), rng.uniform(0.85, 1.2), rng.uniform(0.9, 1.12)
    coat, belly, mark, beak = (np.array(look[name]) for name in ("coat", "belly", "mark", "beak"))
    line = coat * 0.38

    def at(x, y, z):
        return track(t, x, y, z)

    step = np.cos(4 * np.pi * motion.phase)
    rise = 0.66 * leg - 0.035 * motion.walk * step - 0.07 * motion.run * step - 0.30 * motion.crouch
    rise = rise - 0.12 * motion.eat + 0.012 * motion.breath
    up = HOP * motion.lift
    hip = at(0, 0, rise + up)
    lean = (
        0.34 * motion.run + 0.08 * motion.walk + 0.45 * motion.eat + 0.35 * motion.crouch - 0.18 * motion.lift
    )
    lean = lean + 0.10 * motion.peck - 0.12 * motion.wave

    def body(x, y, z):
        return tilt(hip + at(x, y, z), lean, hip)

    rump, breast, chest = body(-0.24, 0, 0.12), body(0.12, 0, 0.17), body(0.20, 0, 0.27)
    under = body(0.12, 0, 0.07)
    swell = 1 + 0.02 * motion.breath
    nod = motion.walk * 0.07 * np.cos(4 * np.pi * motion.phase + 0.8)
    head_up = chest + at(
        0.13 + nod + 0.10 * motion.run, 0.02 * motion.sway, (0.36 - 0.08 * motion.run) * neck
    )
    head_down = at(0.60, 0, 0.27 + 0.24 * (1 - motion.peck))
    head = head_up + motion.eat[:, None] * (head_down - head_up)
    dip = (1.15 * motion.eat - 0.05 * motion.lift)[:, None]
    forward = np.concatenate([np.cos(dip), np.zeros((t, 1)), -np.sin(dip)], -1)
    middle = (chest + head) / 2 + at(-0.05 + 0.10 * motion.eat, 0, 0.02 + 0.10 * motion.eat)

    out: list[Parts] = []
    out.append(
        blob(
            np.stack([[rump, breast], [under, under], [chest, middle], [middle, head]]),
            [0.17 * plump, 0.20 * plump, 0.13, 0.10],
            [0.25 * plump, 0.20 * plump, 0.10, 0.09],
            [coat, belly, coat, coat],
            line,
            place,
            blend=0.10,
        )
    )
    out[-1].ra = out[-1].ra * swell[None, :, None]
    out[-1].rb = out[-1].rb * swell[None, :, None]
    face = head + forward * 0.05
    out.append(
        blob(
            np.stack([[head, head], [face - at(0, 0, 0.05), face - at(0, 0, 0.05)]]),
            [0.165, 0.11],
            [0.165, 0.11],
            [coat, belly],
            line,
            place,
            bias=0.1,
            blend=0.05,
            anchor=head,
        )
    )
    chew = 0.05 * motion.eat * (0.5 + 0.5 * np.sin(9.4 * motion.time * 2))
    for lip, shadow in ((-0.02 - chew, 0.82), (0.015 + chew * 0.3, 1.0)):
        base = head + forward * 0.14 + at(0, 0, -0.015)
        end = head + forward * 0.36 + at(0, 0, -0.03) + at(0, 0, lip)
        out.append(
            blob(
                np.stack([base, end])[None], [0.065], [0.014], [beak * shadow], beak * 0.45, place, bias=0.12
            )
        )
    for k, (back, high) in enumerate(((-0.02, 0.30), (-0.11, 0.28), (-0.19, 0.22))):
        root = head + at(-0.03 - 0.03 * k, 0, 0.12 - 0.03 * k)
        end = head + at(back - 0.05 * motion.run, 0.02 * motion.sway, high)
        out.append(blob(np.stack([root, end])[None], [0.03], [0.035], [mark], mark * 0.45, place, bias=0.02))
    out += eyes(head, forward, 0.165, motion, place, pitch, coat * 0.9)

    fan = []
    for spread in (-0.09, 0.0, 0.09):
        tail_end = body(
            -0.58, spread * 1.6 + 0.03 * motion.sway, 0.20 + 0.06 * motion.crouch - 0.3 * abs(spread)
        )
        fan.append([body(-0.30, spread * 0.4, 0.12), tail_end])
    out.append(
        blob(np.stack(fan), [0.07] * 3, [0.065] * 3, [mark] * 3, mark * 0.45, place, blend=0.02, bias=-0.05)
    )

    flap = np.sin(4 * np.pi * motion.phase)
    spread = np.clip(0.9 * motion.lift + 0.35 * motion.run + 0.25 * motion.crouch, 0, 1)
    # seen from above, the wing on the far side is the one that the body does not hide
    waver = np.where(pitch > 0.5, -1.0, 1.0) * place.near_side()
    limbs = []
    for side in (1.0, -1.0):
        shoulder = body(0.10, side * 0.20 * plump, 0.24)
        rest = (body(-0.10, side * 0.27 * plump, 0.12), body(-0.40, side * 0.18, 0.12))
        open_ = (
            body(-0.02, side * 0.46, 0.32 + 0.10 * flap * motion.run + 0.2 * motion.lift),
            body(-0.22, side * 0.80, 0.40 + 0.20 * flap * motion.run + 0.5 * motion.lift),
        )
        elbow, tip = (r + spread[:, None] * (o - r) for r, o in zip(rest, open_, strict=True))
        angle = 0.9 * motion.swing - 0.25
        raised_elbow = shoulder + at(-0.02 + 0.08 * motion.swing, side * 0.26, 0.26)
        raised_tip = raised_elbow + at(0.52 * np.sin(angle), side * 0.18, 0.52 * np.cos(angle))
        waving = (motion.wave * (waver == side))[:, None]
        elbow = elbow + waving * (raised_elbow - elbow)
        tip = tip + waving * (raised_tip - tip)
        limbs.append(
            Limb(
                np.stack([shoulder, elbow, tip]),
                np.array([0.10, 0.105, 0.045]),
                np.stack([coat * 0.86, mark]),
                line,
                bias=0.02,
                blend=0.05,
                rooted=0.12,
            )
        )

    offsets = np.array([[0.0, 0.5], [0.0, 0.5]])
    forward_step, height = gait(motion, offsets, STRIDE, DUTY, (0.13, 0.26))
    for i, side in enumerate((1.0, -1.0)):
        root = body(-0.03, side * 0.12, 0.02)
        tuck = np.clip(motion.lift * 1.6, 0, 1)
        foot = at(
            0.06 + forward_step[i],
            side * 0.13,
            0.035 + height[i] + up - 0.05 * tuck + 0.22 * tuck * motion.lift,
        )
        foot = foot + at(-0.10 * tuck, 0, 0)
        knee = joint(root, foot, 0.36 * leg, 0.38 * leg, (-1.0, 0, 0.2))
        droop = at(0.15, 0, -0.01 - 0.5 * np.clip(height[i], 0, 0.2) - 0.06 * tuck)
        limbs.append(
            Limb(
                np.stack([root, knee, foot, foot + droop]),
                np.array([0.085, 0.045, 0.04, 0.035]),
                np.stack([coat * 0.8, beak * 0.92, beak * 0.92]),
                beak * 0.4,
                blend=0.02,
                rooted=0.1,
            )
        )
    out += limb_parts(limbs, place)
    feet = [limb.points[2] for limb in limbs[-2:]]
    out.append(
        ground_shadow(
            np.stack([[rump, breast], [chest, head], [hip, feet[0]], [hip, feet[1]], [feet[0], feet[1]]]),
            [0.2, 0.11, 0.06, 0.06, 0.07],
            place,
            slant,
            motion.lift,
        )
    )
    return out
