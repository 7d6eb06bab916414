"""Which backbone is it exactly, told from its files without loading it? Enough to find its features again."""

from dataclasses import dataclass, fields
from pathlib import Path

from actiondiff_gui.backbones.description import Description
from actiondiff_gui.backbones.registry import (
    HUB,
    choose_device,
    choose_precision,
    find_folder,
    looks_like_hub_id,
    plugin_names,
)
from actiondiff_gui.backbones.svd_shape import svd_shape
from actiondiff_gui.backbones.weight_files import digest_files, model_files, read_configs
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

    None for a plugin and for a hub model that is not on this computer: what they are is known once they are
    loaded. Imports torch, to see which devices there are, and reads up to a few hundred megabytes of weights.

    Raises
    ------
    BackboneError
        If there is no such backbone, its files are no model, or device or precision cannot be had.
    """
    device = choose_device(device)
    precision = choose_precision(precision, device)
    half = precision != "float32"
    found = find_folder(name)
    if found is None:
        if name not in HUB and name in plugin_names():
            return None
        if name not in HUB and not looks_like_hub_id(name):
            raise BackboneError(
                f"There is no backbone {name!r}. Choose one of the list, the folder of a model in diffusers format, "
                "or a hub id such as owner/model."
            )
        folder = _cached(name, half)
        if folder is None:
            return None
        found = name, folder
    id, folder = found
    configs = read_configs(folder)
    files = model_files(folder, prefer_half=half)
    return Identity(
        id=id,
        title=str(folder),
        **vars(svd_shape(configs["unet"], configs["vae"])),
        digest=digest_files(files),
        device=device,
        precision=precision,
        weight_bytes=sum(file.stat().st_size for file in files),
    )


def description(identity: Identity) -> Description:
    """The description within an identity."""
    return Description(**{field.name: getattr(identity, field.name) for field in fields(Description)})


def _cached(name: str, half: bool) -> Path | None:
    from actiondiff_gui.backbones.hub import cached

    return cached(HUB[name][0] if name in HUB else name, half=half)
