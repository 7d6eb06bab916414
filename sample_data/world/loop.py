"""Path of a creature in front of a static camera: a loop of two lanes and two half circles."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Loop:
    """A stadium on the ground about the origin, gone round counterclockwise, or clockwise if ``mirrored``.

    Attributes
    ----------
    half : float
        Half the length of a lane, in world units.
    radius : float
        Of the half circles that join the lanes.
    turn : float
        Angle of the lanes against the picture's horizontal, in radians.
    mirrored : bool
    """

    half: float
    radius: float
    turn: float = 0.0
    mirrored: bool = False

    @property
    def length(self) -> float:
        """Way once round, in world units."""
        return 4 * self.half + 2 * np.pi * self.radius

    def at(self, distance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return position [T, 3] and heading [T] after ``distance`` [T], from the beginning of the near lane."""
        rounds, rest = np.divmod(distance, self.length)
        lane, bend = 2 * self.half, np.pi * self.radius
        second = rest >= lane + bend
        rest = rest - second * (lane + bend)
        along, angle = np.minimum(rest, lane), np.maximum(rest - lane, 0) / self.radius
        x = along - self.half + self.radius * np.sin(angle)
        y = -self.radius * np.cos(angle)
        x, y = np.where(second, -x, x), np.where(second, -y, y)
        heading = 2 * np.pi * rounds + np.pi * second + angle
        if self.mirrored:
            x, heading = -x, np.pi - heading
        c, s = np.cos(self.turn), np.sin(self.turn)
        return np.stack([x * c - y * s, x * s + y * c, 0 * x], -1), heading + self.turn
