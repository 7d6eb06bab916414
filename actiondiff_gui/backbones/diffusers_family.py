"""Pipelines of the diffusers library, read from a folder without the parts that are not run."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from actiondiff_gui.backbones.offers import FolderFamily
from actiondiff_gui.backbones.weights.files import read_json, weight_files
from actiondiff_gui.errors import BackboneError

if TYPE_CHECKING:
    import torch


class DiffusersFamily(FolderFamily):
    """Pipeline folders, told apart by the class of their main network.

    Attributes
    ----------
    main : str
        Folder of the main network.
    class_name : str
        Its class, as its configuration names it.
    networks : tuple of str
        Folders whose weights are loaded, the main network first.
    settings : tuple of str
        Other JSON files that are read; a folder without them is none of the family.
    further : tuple of str
        Other files that are loaded, as glob patterns.
    """

    main = "unet"
    class_name = ""
    networks: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    further: tuple[str, ...] = ()

    def reads(self, folder: Path) -> bool:
        """Return whether the main network is of the family's class and all parts are there."""
        try:
            config = self.config(folder)
        except BackboneError:
            return False
        return bool(config[self.main].get("_class_name") == self.class_name)

    def config(self, folder: Path) -> Mapping[str, Any]:
        """Return the configurations of all networks, and the other settings, by folder."""
        names = [f"{part}/config.json" for part in self.networks] + list(self.settings)
        return {name.split("/")[0]: read_json(folder / name) for name in names}

    def files(self, folder: Path, half: bool) -> list[Path]:
        """Return the configurations and weights of the networks, and the other files that are read."""
        files = [folder / part / "config.json" for part in self.networks]
        files += [folder / name for name in self.settings]
        files += [file for pattern in self.further for file in sorted(folder.glob(pattern))]
        return files + [file for part in self.networks for file in weight_files(folder / part, half)]

    def patterns(self, half: bool) -> list[str]:
        """Return patterns for the networks that are run, in half precision or full."""
        weights = "*.fp16.safetensors" if half else "*.safetensors"
        parts = [f"{part}/{each}" for part in self.networks for each in ("*.json", weights)]
        return ["model_index.json", *self.settings, *self.further, *parts]


class Configurable(Protocol):
    """A network's class in the diffusers library."""

    def from_config(self, config: dict[str, Any]) -> Any:
        """Make the network, without weights."""
        ...


def built(kind: Configurable, config: Mapping[str, Any], folder: Path) -> Any:
    """Return a network without weights: parameters take no memory, buffers are as the class makes them.

    Raises
    ------
    BackboneError
        If the configuration makes no network.
    """
    from accelerate import init_empty_weights

    try:
        with init_empty_weights(include_buffers=False):
            return kind.from_config(dict(config))
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise BackboneError(f"The configuration in {folder} is not a valid network: {error}.") from error


def vae_dtype(dtype: "torch.dtype") -> "torch.dtype":
    """Return the precision of a VAE: many overflow in float16."""
    import torch

    return torch.float32 if dtype == torch.float16 else dtype
