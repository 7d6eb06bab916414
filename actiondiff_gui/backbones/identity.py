"""Description and digest of a backbone from its files, without loading it."""

from dataclasses import replace
from typing import Any

from actiondiff_gui.backbones.description import FACTS, Description
from actiondiff_gui.backbones.protocol import NO_TIMESTEP, Backbone
from actiondiff_gui.backbones.registry import (
    choose_device,
    choose_precision,
    find_offer,
    needed_offer,
    no_such_backbone,
)
from actiondiff_gui.errors import BackboneError


def describe(name: str) -> Description:
    """Describe a backbone by its name, folder or hub id, quickly: configuration files are read, no weights.

    A backbone whose offer tells no shape, and a hub model that is neither built in nor on this computer, has to be
    loaded to be described: see :func:`description_of`. One of a plugin has to be asked for first, see
    :func:`~actiondiff_gui.backbones.registry.needed_offer`: its code is not run by this.

    Raises
    ------
    BackboneError
        If there is no such backbone, its folder cannot be read, or it has to be loaded first.
    """
    offer = find_offer(name)
    if (offer is None or offer.problem) and name in _remembered:
        return _remembered[name]
    if offer is None:
        raise no_such_backbone(name)
    if offer.problem:
        raise BackboneError(offer.problem)
    shape = None if offer.asleep else offer.shape()
    if shape is not None:
        return replace(shape, id=offer.id, title=offer.title, note=offer.note)
    if name in _remembered:
        return _remembered[name]
    raise BackboneError(f"What {name} offers is known once it is loaded.")


def identify(name: str, device: str = "auto", precision: str = "auto") -> Description | None:
    """Tell what :func:`~actiondiff_gui.backbones.registry.load_backbone` would load, enough to find its features again.

    None where the weights are not on this computer, and for a plugin that does not tell: what it is is known once it
    is loaded. Imports torch, to see which devices there are, and reads up to a few hundred megabytes of weights.

    Raises
    ------
    BackboneError
        If there is no such backbone, its files are no model, or device or precision cannot be had.
    """
    device = choose_device(device)
    precision = choose_precision(precision, device)
    offer = needed_offer(name)
    if offer.problem:
        raise BackboneError(offer.problem)
    told = offer.digest(precision != "float32")
    shape = offer.shape() if told is not None else None
    if told is None or shape is None:
        return None
    digest, size = told
    about = replace(shape, id=offer.id, title=offer.title, note=offer.note)
    return replace(about, digest=digest, device=device, precision=precision, weight_bytes=size)


def description_of(backbone: Backbone) -> Description:
    """Describe a backbone that is loaded."""
    # Backbones of plugins need not name the last three.
    facts: dict[str, Any] = {"default_layers": (), "default_pooling": "mean", "generator": "numpy"}
    facts |= {name: getattr(backbone, name) for name in FACTS if hasattr(backbone, name)}
    for name in ("resolution", "schedule", "layers", "default_layers"):
        facts[name] = tuple(facts[name])
    if not facts["schedule"]:
        facts["default_timestep"] = NO_TIMESTEP
    own = {name: getattr(backbone, name) for name in ("id", "digest", "device", "precision")}
    return Description(**facts, **own, title=backbone.id)


def remember(name: str, description: Description) -> None:
    """Record the description of a backbone that had to be loaded, or whose stored features tell it, for :func:`describe`."""
    _remembered[name] = description


_remembered: dict[str, Description] = {}
