"""Models of the transformers library, loaded from a folder, with their tokens laid out as maps."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from actiondiff_gui.backbones.offers import FolderFamily
from actiondiff_gui.backbones.weights.files import read_json, weight_files
from actiondiff_gui.errors import BackboneError

if TYPE_CHECKING:
    import torch


Station = Callable[["torch.Tensor"], "torch.Tensor | tuple[torch.Tensor, ...]"]
"""A part of a network: tokens in, tokens out, alone or as the first of a tuple."""


class TransformersFamily(FolderFamily):
    """Folders with ``config.json`` and safetensors weights, told apart by their ``model_type``.

    Attributes
    ----------
    model_types : tuple of str
    """

    model_types: tuple[str, ...] = ()

    def reads(self, folder: Path) -> bool:
        """Return whether the configuration names a model type of this family."""
        try:
            return self.config(folder).get("model_type") in self.model_types
        except BackboneError:
            return False

    def config(self, folder: Path) -> Mapping[str, Any]:
        """Read ``config.json``."""
        return read_json(folder / "config.json")

    def files(self, folder: Path, half: bool) -> list[Path]:
        """Return the configuration and the weights."""
        return [folder / "config.json", *weight_files(folder, prefer_half=False)]

    def patterns(self, half: bool) -> list[str]:
        """Return patterns for the configuration and the weights, no pickles and no other formats."""
        return ["config.json", "model*.safetensors", "model.safetensors.index.json"]


class Pretrained(Protocol):
    """A model class of the transformers library."""

    def from_pretrained(self, folder: Path, **options: Any) -> tuple[Any, Mapping[str, Any]]:
        """Load a model; with ``output_loading_info`` a mapping says which weights were missing."""
        ...


def load_pretrained(
    model: Pretrained, folder: Path, dtype: "torch.dtype", device: str, prefer_half: bool = False
) -> Any:
    """Load a model class of the transformers library; only safetensors, and only if all weights are there.

    Files in half precision are taken where they are preferred or the only ones.

    Raises
    ------
    BackboneError
        If a file is damaged, or weights are missing or have another shape.
    """
    from safetensors import SafetensorError
    from transformers.utils import logging

    # What lacks is said by the error; what is left over, such as a head that is not run, is meant to be.
    variant = "fp16" if ".fp16." in weight_files(folder, prefer_half)[0].name else None
    told = logging.get_verbosity()
    logging.set_verbosity_error()
    bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        network, about = model.from_pretrained(
            folder,
            dtype=dtype,
            variant=variant,
            local_files_only=True,
            use_safetensors=True,
            output_loading_info=True,
        )
    except (SafetensorError, OSError, ValueError, TypeError, KeyError, AttributeError, RuntimeError) as error:
        raise BackboneError(
            f"The model in {folder} cannot be loaded ({' '.join(str(error).split())[:300]}). Download it again."
        ) from error
    finally:
        logging.set_verbosity(told)
        if bars:
            logging.enable_progress_bar()
    lacking = sorted(about["missing_keys"])
    if lacking:
        raise BackboneError(
            f"The weights in {folder} do not fit their configuration: {len(lacking)} tensors are missing "
            f"({', '.join(lacking[:3])}, ...). Download the model again."
        )
    return network.to(device).requires_grad_(False).eval()


def queries_and_keys(
    attention: Any, run: Callable[[], object], keep: Callable[["torch.Tensor"], "torch.Tensor"]
) -> tuple["torch.Tensor", "torch.Tensor"]:
    """Return queries and keys ``[N, heads, S, d]`` of one attention while ``run`` is called, as ``keep`` cuts them out.

    They are taken where the library hands them to the attention function, so rotated where the model rotates
    them. The network is as it was afterwards, also where ``run`` fails.
    """
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    found: list[tuple[torch.Tensor, torch.Tensor]] = []
    usual = ALL_ATTENTION_FUNCTIONS["sdpa"]

    def record(module: Any, query: Any, key: Any, *args: Any, **options: Any) -> Any:
        if module is attention:
            found.append((keep(query), keep(key)))
        return usual(module, query, key, *args, **options)

    name = "actiondiff_gui_look"
    before = attention.config._attn_implementation
    ALL_ATTENTION_FUNCTIONS.register(name, record)
    attention.config._attn_implementation = name
    try:
        run()
    finally:
        attention.config._attn_implementation = before
    if len(found) != 1:
        raise BackboneError(f"The attention was run {len(found)} times instead of once. Report this.")
    return found[0]


def walked(
    hidden: "torch.Tensor",
    blocks: Sequence[Station],
    last: Station | None,
    layers: Sequence[int],
    laid_out: Callable[["torch.Tensor"], "torch.Tensor"],
) -> dict[int, "torch.Tensor"]:
    """Run ``blocks``, numbered from 1, and ``last`` after them, up to the last of ``layers``, and lay out their outputs."""
    maps = {}
    stations = [*blocks, *([last] if last is not None else [])]
    for number, station in enumerate(stations[: max(layers)], start=1):
        out = station(hidden)
        hidden = out[0] if isinstance(out, tuple) else out
        if number in layers:
            maps[number] = laid_out(hidden)
    return maps
