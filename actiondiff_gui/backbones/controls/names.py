"""Names of the controls that backbones are compared with: pixels, motion, optical flow, and untrained copies of a backbone."""

from typing import NamedTuple

UNTRAINED = ":untrained"
"""Behind a name: the network that makes the features is drawn anew, what stands before it stays trained."""
RANDOM = ":random"
"""Behind a name: all networks are drawn anew, also those that encode the pictures for the one that makes the features."""
SIMPLE = {
    "pixels": "the picture in 8 x 8 fields of colour",
    "motion": "how much, and which way, brightness moves in fields of the picture",
    "flow": "optical flow: how fast, and which way, things move",
}
"""Controls that need no network, with what they see."""


class Copy(NamedTuple):
    """A copy of a backbone with untrained weights.

    Attributes
    ----------
    original : str
        The backbone's name.
    kind : str
        :data:`UNTRAINED` or :data:`RANDOM`.
    seed : int
        What its weights are drawn from.
    """

    original: str
    kind: str
    seed: int = 0

    @property
    def suffix(self) -> str:
        """What stands behind the original's name."""
        return self.kind + (f":{self.seed}" if self.seed else "")


def is_control(name: str) -> bool:
    """Return whether ``name`` is one of :data:`SIMPLE`, or a copy: "tiny:untrained", "tiny:untrained:3", "tiny:random"."""
    return name in SIMPLE or copy_of(name) is not None


def copy_of(name: str) -> Copy | None:
    """Return the untrained copy that ``name`` refers to, None where it refers to none."""
    for kind in (UNTRAINED, RANDOM):
        original, found, seed = name.rpartition(kind)
        if not found or not original:
            continue
        if not seed:
            return Copy(original, kind)
        if seed[0] == ":" and seed[1:].isascii() and seed[1:].isdigit():
            return Copy(original, kind, int(seed[1:]))
    return None
