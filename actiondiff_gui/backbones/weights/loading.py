"""Loading of network weights from files into memory, limited to the parts that are used.

Only safetensors files are read, never pickles, and tensors of parts that were removed from the network
are not read at all.
"""

from collections.abc import Iterable
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import nn

from actiondiff_gui.errors import BackboneError


def load_into(
    network: nn.Module,
    files: Iterable[Path],
    *,
    dtype: torch.dtype,
    device: str,
    skip: tuple[str, ...] = (),
    without: tuple[str, ...] = (),
    exact: tuple[str, ...] = (),
) -> None:
    """Load ``network`` (built on the meta device) with its weights from ``files``.

    Tensors whose name starts with one of ``skip``, or holds one of ``without``, are skipped unread. Those whose
    name holds one of ``exact`` are kept in float32.

    Raises
    ------
    BackboneError
        If a file is damaged, a tensor is missing or has another shape.
    """
    expected = network.state_dict()
    state = {}
    for file in files:
        try:
            with safe_open(file, framework="pt", device=device) as stored:
                for name in stored.keys():  # noqa: SIM118 - safe_open is not a dict
                    if name.startswith(skip) or any(part in name for part in without):
                        continue
                    if name in expected and tuple(stored.get_slice(name).get_shape()) != tuple(
                        expected[name].shape
                    ):
                        raise BackboneError(
                            f"In {file} the tensor {name} has shape {stored.get_slice(name).get_shape()}, but the "
                            f"configuration says {list(expected[name].shape)}. Download the model again."
                        )
                    kind = torch.float32 if any(part in name for part in exact) else dtype
                    state[name] = stored.get_tensor(name).to(kind)
        except (OSError, SafetensorError) as error:
            raise BackboneError(
                f"{file} is damaged or incomplete ({error}). Download the model again."
            ) from error
    missing = sorted(set(expected) - set(state))
    unknown = sorted(set(state) - set(expected))
    if missing or unknown:
        names = ", ".join((missing or unknown)[:3])
        raise BackboneError(
            f"The weights in {Path(file).parent} do not fit their configuration: "
            f"{len(missing)} tensors are missing and {len(unknown)} are unknown ({names}, ...)."
        )
    network.load_state_dict(state, strict=True, assign=True)
    network.requires_grad_(False).eval()
