"""Static description of a plugin's backbones in a TOML file, readable before any of its code runs.

The file ``backbones.toml`` lies in the plugin's package; of a plugin that is a single module ``mine.py`` it is
``mine.toml`` beside it::

    reads = {file = "config.json", key = "model_type", values = ["dinov2"]}   # which folders; may be left out

    [backbones.dinov2-small]
    title = "DINOv2 small: image features, frame by frame"
    source = "facebook/dinov2-small"
    licence = "Apache 2.0"
    download_bytes = 88_000_000
    files = ["config.json", "model.safetensors"]    # of the hub's copy: with these it is here
    needs = ["a_module"]                            # modules without which it is not
"""

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypedDict, Unpack

from actiondiff_gui.backbones.description import Description
from actiondiff_gui.backbones.offers import Checkpoint, Offer
from actiondiff_gui.errors import ActionDiffError, BackboneError
from actiondiff_gui.inputs import regular_file

_TEXTS, _NUMBERS, _LISTS = (
    ("title", "source", "licence"),
    ("download_bytes", "half_bytes"),
    ("files", "needs"),
)


class Functions(TypedDict, total=False):
    """What a plugin knows of a backbone besides what its file states; see :class:`Offer`."""

    load: Callable[..., Any]
    shape: Callable[[], Description | None]
    digest: Callable[[bool], tuple[str, int] | None]
    is_here: Callable[[bool], bool]
    modules: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class Stated:
    """What a plugin's file says.

    Attributes
    ----------
    backbones : mapping of str to mapping
        For each name its title, source, licence, download_bytes, half_bytes, files and needs.
    reads : mapping
        The JSON file, key and values that tell the folders that the plugin reads; empty for none.
    """

    backbones: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    reads: Mapping[str, Any] = field(default_factory=dict)

    def offers(self) -> list[Offer]:
        """One for each backbone, as far as it is known; ``load`` and ``shape`` are left to others."""
        return [_offer(name, about) for name, about in self.backbones.items()]

    def offer(self, name: str, **functions: Unpack[Functions]) -> Offer:
        """Return the stated facts of one backbone, with ``load`` and whatever else a plugin knows of it: see :class:`Offer`."""
        return replace(_offer(name, self.backbones[name]), **functions)

    def checkpoints(self, configs: Mapping[str, Mapping[str, Any]]) -> list[Checkpoint]:
        """One for each backbone, with its configuration from ``configs``."""
        return [
            Checkpoint(
                id=name,
                title=about["title"],
                repo=about["source"],
                licence=about["licence"],
                config=configs[name],
                download_bytes=about["download_bytes"],
                half_bytes=about.get("half_bytes", 0),
            )
            for name, about in self.backbones.items()
        ]

    def reads_folder(self, folder: Path) -> bool:
        """Return whether the folder looks like one that the plugin reads."""
        if not self.reads:
            return False
        try:
            file = regular_file(folder / self.reads["file"])
            return json.loads(file.read_text("utf-8")).get(self.reads["key"]) in self.reads["values"]
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, ActionDiffError):
            return False


def stated_by(module: str) -> Stated | None:
    """Return what the plugin whose entry point leads to ``module`` states; None where it states nothing.

    Raises
    ------
    BackboneError
        If its file makes no sense.
    """
    spec = find_spec(module.partition(".")[0])  # of a module without dots this imports nothing
    if spec is None or spec.origin is None:
        return None
    file = _file(Path(spec.origin))
    return read_stated(file) if file.exists() else None


def stated_beside(module_file: str) -> Stated:
    """Return what the plugin with this ``__file__`` states, so that its code need not repeat it.

    Raises
    ------
    BackboneError
        If its file is missing or makes no sense.
    """
    return read_stated(_file(Path(module_file)))


def _file(origin: Path) -> Path:
    return origin.with_name("backbones.toml") if origin.stem == "__init__" else origin.with_suffix(".toml")


def read_stated(file: Path) -> Stated:
    """Read what a plugin states.

    Raises
    ------
    BackboneError
        If the file makes no sense.
    """
    try:
        values = tomllib.loads(regular_file(file, BackboneError).read_text("utf-8"))
        found = Stated(values["backbones"], values.get("reads", {}))
        if all(_fits(about) for about in found.backbones.values()) and isinstance(found.reads, dict):
            return found
        raise ValueError("a value is of the wrong kind")
    except (OSError, ValueError, KeyError, AttributeError, RecursionError) as error:
        raise BackboneError(f"{file} cannot be understood ({type(error).__name__}: {error}).") from error


def _fits(about: Mapping[str, Any]) -> bool:
    return (
        set(about) <= {*_TEXTS, *_NUMBERS, *_LISTS}
        and all(isinstance(about.get(name, ""), str) for name in _TEXTS)
        and all(isinstance(about.get(name, 0), int) for name in _NUMBERS)
        and all(isinstance(each, str) for name in _LISTS for each in about.get(name, []))
    )


def _offer(name: str, about: Mapping[str, Any]) -> Offer:
    def is_here(half: bool) -> bool:
        if not all(find_spec(module) for module in about.get("needs", ())):
            return False
        return not about.get("files") or _hub_has(about.get("source", ""), about["files"], half)

    return Offer(
        id=name,
        load=lambda device, precision: None,
        title=about.get("title", name),
        is_here=is_here,
        **{key: about[key] for key in ("source", "licence", *_NUMBERS) if key in about},
    )


def _hub_has(repo: str, patterns: list[str], half: bool) -> bool:
    from actiondiff_gui.backbones.weights.hub import cached

    folder = cached(repo)
    if folder is None:
        return False
    # As of a folder's offer: half precision that happens to be here is no reason not to get what is asked for.
    return all(
        any(half or ".fp16." not in file.name for file in folder.glob(pattern)) for pattern in patterns
    )
