"""Controls to compare backbones with: pixels, motion, optical flow, and copies of a backbone with untrained weights.

They are loaded by name like any backbone, and are not part of the list of backbones.
"""

from collections.abc import Callable
from typing import Any

from actiondiff_gui.backbones.controls.names import RANDOM, SIMPLE, UNTRAINED, copy_of, is_control
from actiondiff_gui.backbones.offers import Offer
from actiondiff_gui.backbones.svd.configs import WINDOWS
from actiondiff_gui.backbones.svd.family import svd_folder
from actiondiff_gui.errors import BackboneError

Loader = Callable[[str, str, str], Any]
"""Loads a backbone by name, device and precision."""


def controls_of(name: str) -> tuple[str, ...]:
    """Return the controls of a backbone: the simple ones, and its untrained copy where one can surely be made.

    A plugin's backbone has an untrained copy too if it tells how its network is drawn (docs/plugins.md); that is known
    once it is loaded, so its copy is only made when it is asked for by name.
    """
    copy = not is_control(name) and (name in WINDOWS or svd_folder(name) is not None)
    return (*([name + UNTRAINED] if copy else []), *(simple for simple in SIMPLE if simple != name))


def control_offer(name: str, find: Callable[[str], Offer | None], load_original: Loader) -> Offer | None:
    """Return the offer of a control; None for another name. ``find`` and ``load_original`` know the backbones that are copied."""
    if not is_control(name):
        return None

    def load(device: str, precision: str) -> Any:
        return load_control(name, device, precision, load_original)

    copy = copy_of(name)
    if copy is None:
        return Offer(name, SIMPLE[name], load, origin="control")
    if copy.kind == RANDOM:
        return Offer(name, "networks as they were before training", load, origin="control")

    original = find(copy.original)
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


def load_control(name: str, device: str, precision: str, load_original: Loader) -> Any:
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
    from actiondiff_gui.backbones.controls.untrained import random_copy, untrain
    from actiondiff_gui.backbones.torch_errors import as_backbone_errors

    with as_backbone_errors(f"making {name}"):
        if copy.kind == UNTRAINED:
            return untrain(load_original(copy.original, device, precision), copy.seed)
        return random_copy(copy.original, copy.seed, device=device, precision=precision)
