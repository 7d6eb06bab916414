"""Which backbones are there, and how is one loaded by name?"""

from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from actiondiff_gui.backbones.controls import is_control, load_control
from actiondiff_gui.errors import BackboneError
from actiondiff_gui.resources import sample_data

GROUP = "actiondiff_gui.backbones"
"""Entry-point group in which plugins announce a callable ``load(device, precision) -> Backbone``."""


@dataclass(frozen=True)
class BackboneEntry:
    """A backbone that can be asked for by name.

    Attributes
    ----------
    id : str
        The name.
    title : str
        One line about it.
    origin : str
        ``"sample"``, ``"hub"`` or ``"plugin"``.
    source : str
        Folder, hub id or entry point.
    """

    id: str
    title: str
    origin: str
    source: str


HUB = {
    "svd-xt": (
        "stabilityai/stable-video-diffusion-img2vid-xt",
        "Stable Video Diffusion XT, 25 frames: the paper's backbone (licence to accept on the hub)",
    ),
    "svd": (
        "stabilityai/stable-video-diffusion-img2vid",
        "Stable Video Diffusion, 14 frames (licence to accept on the hub)",
    ),
}


def available() -> list[BackboneEntry]:
    """List the backbones that can be asked for by name: built in, then from plugins."""
    entries = [
        BackboneEntry(
            "tiny",
            "Small SVD trained on drawn creatures, for trying the app",
            "sample",
            str(sample_data("tiny")),
        )
    ]
    entries += [BackboneEntry(id, title, "hub", repo) for id, (repo, title) in HUB.items()]
    entries += [
        BackboneEntry(p.name, f"From the plugin {p.value}", "plugin", p.value) for p in _plugins().values()
    ]
    return entries


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
    if precision not in ("float32", "bfloat16", "float16"):
        raise BackboneError(f"The precision {precision!r} is not known. Choose float32, bfloat16 or float16.")
    if precision == "float16" and kind == "cpu":
        raise BackboneError("float16 is not sound on a CPU. Choose float32 or bfloat16.")
    return precision


def load_backbone(name: str, device: str = "auto", precision: str = "auto") -> Any:
    """Load a backbone: a name from :func:`available`, a folder in diffusers format, or a hub id.

    Parameters
    ----------
    name : str
        ``"tiny"``, ``"svd"``, ``"svd-xt"``, a plugin's name, a folder, or ``"owner/model"``; or a control of
        :mod:`~actiondiff_gui.backbones.controls`, such as ``"tiny:untrained"``.
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
    if is_control(name):
        return load_control(name, device, precision)
    plugins = _plugins()
    if name in plugins and name not in HUB and name != "tiny":
        return _load_plugin(plugins[name], device, precision)
    from actiondiff_gui.backbones.torch_errors import as_backbone_errors

    id, folder = find_folder(name) or _fetched(name, half=precision != "float32")
    with as_backbone_errors(f"loading {name}"):
        from actiondiff_gui.backbones.svd import SVDBackbone

        return SVDBackbone.from_folder(folder, id=id, device=device, precision=precision)


def find_folder(name: str) -> tuple[str, Path] | None:
    """Id and folder of a backbone that needs no download: the sample's, or any folder; None for others."""
    if name == "tiny":
        return name, sample_data("tiny")
    if name not in HUB and Path(name).expanduser().is_dir():
        folder = Path(name).expanduser().resolve()
        return folder.name, folder
    return None


def _fetched(name: str, half: bool) -> tuple[str, Path]:
    if name in HUB or looks_like_hub_id(name):
        from actiondiff_gui.backbones.hub import fetch

        return name, fetch(HUB[name][0] if name in HUB else name, half=half)
    raise BackboneError(
        f"There is no backbone {name!r}. Choose one of {', '.join(e.id for e in available())}, the folder of a "
        "model in diffusers format, or a hub id such as owner/model."
    )


def looks_like_hub_id(name: str) -> bool:
    """Whether ``name`` is written as ``owner/model``."""
    return (
        name.count("/") == 1
        and not name.startswith((".", "/", "~"))
        and "\\" not in name
        and all(name.split("/"))
    )


def plugin_names() -> list[str]:
    """Names of backbones that installed plugins offer."""
    return list(_plugins())


def _plugins() -> dict:
    return {point.name: point for point in entry_points(group=GROUP)}


def _load_plugin(point: Any, device: str, precision: str) -> Any:
    try:
        return point.load()(device=device, precision=precision)
    except BackboneError:
        raise
    except Exception as error:
        raise BackboneError(
            f"The plugin {point.value} could not be loaded ({error}). Reinstall or remove it; all other backbones work."
        ) from error
