"""Controls to compare backbones with: pixels, motion, optical flow, and copies of a backbone with untrained weights.

They can be asked for by name like any backbone, and are left out of the list of backbones to work with.
"""

from typing import Any, NamedTuple

from actiondiff_gui.backbones.offers import Offer
from actiondiff_gui.errors import BackboneError

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
    """Whether ``name`` is one of :data:`SIMPLE`, or a copy: "tiny:untrained", "tiny:untrained:3", "tiny:random"."""
    return name in SIMPLE or copy_of(name) is not None


def copy_of(name: str) -> Copy | None:
    """The copy that ``name`` asks for, None where it asks for none."""
    for kind in (UNTRAINED, RANDOM):
        original, found, seed = name.rpartition(kind)
        if not found or not original:
            continue
        if not seed:
            return Copy(original, kind)
        if seed[0] == ":" and seed[1:].isascii() and seed[1:].isdigit():
            return Copy(original, kind, int(seed[1:]))
    return None


def controls_of(name: str) -> tuple[str, ...]:
    """The controls that a backbone is to be compared with: its untrained copy, where one can surely be made, and the simple.

    A plugin's backbone has an untrained copy too if it tells how its network is drawn (docs/plugins.md); that is known
    once it is loaded, so its copy is only made when it is asked for by name.
    """
    from actiondiff_gui.backbones.registry import svd_folder
    from actiondiff_gui.backbones.svd.configs import WINDOWS

    copy = not is_control(name) and (name in WINDOWS or svd_folder(name) is not None)
    return (*([name + UNTRAINED] if copy else []), *(simple for simple in SIMPLE if simple != name))


def control_offer(name: str) -> Offer | None:
    """The offer of a control; None for another name."""
    if not is_control(name):
        return None

    def load(device: str, precision: str) -> Any:
        return load_control(name, device, precision)

    copy = copy_of(name)
    if copy is None:
        return Offer(name, SIMPLE[name], load, origin="control")
    if copy.kind == RANDOM:
        return Offer(name, "networks as they were before training", load, origin="control")

    from actiondiff_gui.backbones.registry import find_offer

    original = find_offer(copy.original)
    title = "the network of the features as it was before training"
    if original is None:
        return Offer(name, title, load, origin="control")
    return Offer(
        name,
        title,
        load,
        is_here=original.is_here,
        source=original.source,
        licence=original.licence,
        download_bytes=original.download_bytes,
        half_bytes=original.half_bytes,
        modules=original.modules,
        origin="control",
    )


def load_control(name: str, device: str, precision: str) -> Any:
    """Load a control; ``device`` and ``precision`` are already decided.

    Raises
    ------
    BackboneError
        If there is no such control, or no such copy of that backbone can be made.
    """
    if name in SIMPLE:
        from actiondiff_gui.backbones.controls.flow import FlowBackbone
        from actiondiff_gui.backbones.controls.pixels import MotionBackbone, PixelsBackbone

        return {"pixels": PixelsBackbone, "motion": MotionBackbone, "flow": FlowBackbone}[name](device)
    copy = copy_of(name)
    if copy is None:
        raise BackboneError(f"There is no control called {name!r}.")
    from actiondiff_gui.backbones.controls.untrained import random_copy, untrained_copy
    from actiondiff_gui.backbones.torch_errors import as_backbone_errors

    with as_backbone_errors(f"making {name}"):
        make = untrained_copy if copy.kind == UNTRAINED else random_copy
        return make(copy.original, copy.seed, device=device, precision=precision)
