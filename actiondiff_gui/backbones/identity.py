"""Which backbone is it exactly, told from its files without loading it? Enough to find its features again."""

from dataclasses import dataclass, fields

from actiondiff_gui.backbones.description import Description
from actiondiff_gui.backbones.registry import choose_device, choose_precision, needed_offer
from actiondiff_gui.errors import BackboneError


@dataclass(frozen=True)
class Identity(Description):
    """A description with what tells one set of features from another, as the loaded backbone would say it.

    Attributes
    ----------
    digest : str
    device, precision : str
        What "auto" stands for here.
    weight_bytes : int
        Size of its files.
    """

    digest: str = ""
    device: str = ""
    precision: str = ""
    weight_bytes: int = 0


def identify(name: str, device: str = "auto", precision: str = "auto") -> Identity | None:
    """Tell what :func:`~actiondiff_gui.backbones.registry.load_backbone` would load.

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
    half = precision != "float32"
    told = offer.digest(half)
    shape = offer.shape() if told is not None else None
    if told is None or shape is None:
        return None
    digest, size = told
    return Identity(
        id=offer.id,
        title=offer.title,
        **vars(shape),
        note=offer.note,
        digest=digest,
        device=device,
        precision=precision,
        weight_bytes=size,
    )


def description(identity: Identity) -> Description:
    """The description within an identity."""
    return Description(**{field.name: getattr(identity, field.name) for field in fields(Description)})
