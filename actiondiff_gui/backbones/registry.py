"""Registry of backbones: listing them and loading one by name."""

from functools import lru_cache
from typing import cast

from actiondiff_gui.backbones import plugins
from actiondiff_gui.backbones.compute import ComputeSettings, Precision
from actiondiff_gui.backbones.controls.offers import control_offer
from actiondiff_gui.backbones.offers import FolderFamily, Offer, folder_named
from actiondiff_gui.backbones.protocol import Backbone
from actiondiff_gui.backbones.svd.family import SVD, SVD_SPATIAL, sample_offers
from actiondiff_gui.errors import BackboneError
from actiondiff_gui.resources import sample_data


@lru_cache(maxsize=1)
def _built_in() -> tuple[Offer, ...]:
    return (*sample_offers(sample_data("tiny")), *SVD.offers(), *SVD_SPATIAL.offers())


def available() -> list[Offer]:
    """List the available backbones: built in, then from plugins, whose code is not run for it.

    ``origin`` says where each comes from, ``is_here(half)`` whether it can be loaded without a download, and
    ``problem`` why it cannot be used, if so.
    """
    built_in = _built_in()
    return [*built_in, *plugins.listed(tuple(each.id for each in built_in))]


def find_offer(name: str) -> Offer | None:
    """Return the backbone called ``name``: one of :func:`available`, a folder, a hub id or a control; None if it is none of these.

    No plugin's code is run: the offer may be ``asleep``. A folder that no family reads is taken for a damaged one of
    the SVD family, which says what is missing.
    """
    return _known(name) or _guessed(name)


def needed_offer(name: str) -> Offer:
    """Return the same as :func:`find_offer`, with the backbone's plugin imported.

    Raises
    ------
    BackboneError
        If there is no such backbone.
    """
    offer = _known(name)
    if offer is None:
        plugins.wake_silent()
    elif offer.asleep:
        plugins.wake(name)
    offer = find_offer(name)
    if offer is not None:
        return offer
    if others := plugins.own_names(name):
        raise BackboneError(f"The plugin {name} offers {', '.join(others)}. Choose one of these.")
    raise no_such_backbone(name)


def no_such_backbone(name: str) -> BackboneError:
    """Return the error that names the backbones that exist."""
    return BackboneError(
        f"There is no backbone {name!r}. Choose one of {', '.join(e.id for e in available() if not e.problem)}, "
        "the folder of a model, or a hub id such as owner/model."
    )


def _known(name: str) -> Offer | None:
    offers = available()
    for offer in offers:
        if offer.id == name:
            return offer
    families: list[FolderFamily | plugins.Plugin] = [SVD, SVD_SPATIAL, *plugins.plugins()]
    for family in families:
        if found := family.find_folder(name):
            return found
    if control := control_offer(name, find_offer, _load_original):
        return control
    if folder_named(name) is not None:
        return None
    for offer in offers:
        if offer.source == name and looks_like_hub_id(name) and not offer.problem:
            return offer
    return None


def _load_original(name: str, device: str, precision: str) -> Backbone:
    original: Backbone = needed_offer(name).load(device, precision)
    return original


def _guessed(name: str) -> Offer | None:
    if folder := folder_named(name):
        return SVD.of_folder(folder)
    return SVD.of_hub(name) if looks_like_hub_id(name) else None


def choose_device(device: str = "auto") -> str:
    """Return ``device``, or for ``"auto"`` the fastest one here: cuda, then mps, then cpu.

    Raises
    ------
    BackboneError
        If the device asked for is not here.
    """
    import torch

    here = ["cpu"]
    if torch.backends.mps.is_available():
        here.insert(0, "mps")
    if torch.cuda.is_available():
        here.insert(0, "cuda")
    if device == "auto":
        return here[0]
    if device.split(":")[0] not in here:
        raise BackboneError(
            f"The device {device} is not available on this computer. Choose one of {', '.join(here)}."
        )
    return device


def choose_precision(precision: str, device: str) -> str:
    """Return ``precision``, or for ``"auto"`` bfloat16 on cuda and float32 elsewhere.

    Raises
    ------
    BackboneError
        If it is unknown, or float16 on a CPU, where it is slow and saves nothing.
    """
    kind = device.split(":")[0]
    if precision == "auto":
        return "bfloat16" if kind == "cuda" else "float32"
    ComputeSettings(precision=cast("Precision", precision))  # which raises where it is none
    if precision == "float16" and kind == "cpu":
        raise BackboneError("float16 is not reliable on a CPU. Choose float32 or bfloat16.")
    return precision


def load_backbone(name: str, device: str = "auto", precision: str = "auto") -> Backbone:
    """Load a backbone: a name from :func:`available`, the folder of a model, or a hub id.

    Parameters
    ----------
    name : str
        ``"tiny"``, ``"svd-xt"``, ``"svd-xt-spatial"``, a plugin's name, a folder, or ``"owner/model"``; or a control
        of :mod:`~actiondiff_gui.backbones.controls.names`, such as ``"tiny:untrained"``.
    device : str
        ``"auto"``, ``"cuda"``, ``"mps"`` or ``"cpu"``.
    precision : str
        ``"auto"``, ``"float32"``, ``"bfloat16"`` or ``"float16"``.

    Raises
    ------
    BackboneError
        If it cannot be found, downloaded or read.
    """
    device = choose_device(device)
    precision = choose_precision(precision, device)
    offer = needed_offer(name)
    from actiondiff_gui.backbones.torch_errors import as_backbone_errors

    with as_backbone_errors(f"loading {name}"):
        backbone: Backbone = offer.load(device=device, precision=precision)
    return backbone


def looks_like_hub_id(name: str) -> bool:
    """Return whether ``name`` is written as ``owner/model``."""
    return (
        name.count("/") == 1
        and not name.startswith((".", "/", "~"))
        and "\\" not in name
        and all(name.split("/"))
    )
