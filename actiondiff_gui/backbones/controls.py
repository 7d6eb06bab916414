"""What do features score that nobody trained? Pixels, motion, and untrained copies, to compare backbones with.

They can be asked for by name like any backbone, and are left out of the list of backbones to work with.
"""

from typing import Any

from actiondiff_gui.backbones.offers import Offer
from actiondiff_gui.errors import BackboneError

UNTRAINED = ":untrained"
SIMPLE = {
    "pixels": "the picture in 8 x 8 fields of colour",
    "motion": "how much, and which way, brightness moves in fields of the picture",
}
"""Controls that need no network, with what they see."""


def is_control(name: str) -> bool:
    """Whether ``name`` is one of :data:`SIMPLE`, or an untrained copy: "tiny:untrained", "tiny:untrained:3"."""
    return name in SIMPLE or untrained_of(name) is not None


def untrained_of(name: str) -> tuple[str, int] | None:
    """The backbone that ``name`` is an untrained copy of, and the seed it is drawn from."""
    original, found, seed = name.rpartition(UNTRAINED)
    if not found or not original:
        return None
    if not seed:
        return original, 0
    return (original, int(seed[1:])) if seed[0] == ":" and seed[1:].isascii() and seed[1:].isdigit() else None


def controls_of(name: str) -> tuple[str, ...]:
    """The controls that a backbone is to be compared with: its untrained copy, where one can be made, and the simple."""
    from actiondiff_gui.backbones.registry import svd_folder
    from actiondiff_gui.backbones.svd_configs import WINDOWS

    copy = not is_control(name) and (name in WINDOWS or svd_folder(name) is not None)
    return (*([name + UNTRAINED] if copy else []), *(simple for simple in SIMPLE if simple != name))


def control_offer(name: str) -> Offer | None:
    """The offer of a control; None for another name."""
    if not is_control(name):
        return None
    title = SIMPLE.get(name, "networks as they were before training")
    return Offer(
        name, title, lambda device, precision: load_control(name, device, precision), origin="control"
    )


def load_control(name: str, device: str, precision: str) -> Any:
    """Load a control; ``device`` and ``precision`` are already decided.

    Raises
    ------
    BackboneError
        If there is no such control, or no untrained copy of that backbone can be made.
    """
    if name in SIMPLE:
        from actiondiff_gui.backbones.pixels import MotionBackbone, PixelsBackbone

        return (PixelsBackbone if name == "pixels" else MotionBackbone)(device)
    found = untrained_of(name)
    if found is None:
        raise BackboneError(f"There is no control called {name!r}.")
    from actiondiff_gui.backbones.torch_errors import as_backbone_errors
    from actiondiff_gui.backbones.untrained import untrained_copy

    with as_backbone_errors(f"making {name}"):
        return untrained_copy(*found, device=device, precision=precision)
