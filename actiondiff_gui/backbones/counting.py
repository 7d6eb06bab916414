"""Work and memory of a piece of torch code, counted on tensors without content, so that nothing is computed."""

import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode
from torch.utils.weak import WeakIdKeyDictionary


@dataclass(frozen=True)
class Counted:
    """What a piece of code takes.

    Attributes
    ----------
    flops : int
        Floating point operations of products and convolutions.
    peak_bytes : int
        Most memory held at a time by what it makes, besides its weights.
    result : object
        What it gave: tensors without content.
    """

    flops: int
    peak_bytes: int
    result: Any = None


def counted(run: Callable[[], Any], weights: Iterable[Tensor] = ()) -> Counted:
    """Count what ``run`` takes; its networks and inputs lie on the device ``meta``."""
    memory, attention = _Memory(weights), _Attention()
    with FlopCounterMode(display=False) as flops, memory, attention:
        result = run()
    return Counted(flops.get_total_flops() + attention.flops, memory.peak, result)


class _Memory(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the memory of the tensors that are made."""

    def __init__(self, known: Iterable[Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now = self.peak = 0
        self._seen = WeakIdKeyDictionary()
        for tensor in known:
            self._seen[tensor.untyped_storage()] = True

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        for each in tree_leaves(out):
            if isinstance(each, Tensor) and each.device.type == "meta":
                storage = each.untyped_storage()
                if storage not in self._seen:
                    self._seen[storage] = True
                    self.now += storage.nbytes()
                    weakref.finalize(storage, self._free, storage.nbytes())
        self.peak = max(self.peak, self.now)
        return out

    def _free(self, count: int) -> None:
        self.now -= count


class _Attention(TorchFunctionMode):
    """Attention as it runs on a real device, where its matrix of weights is never held as a whole."""

    flops = 0

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if func is not nn.functional.scaled_dot_product_attention:
            return func(*args, **(kwargs or {}))
        given = {**dict(zip(("query", "key", "value"), args, strict=False)), **(kwargs or {})}
        query, key, value = (given[name] for name in ("query", "key", "value"))
        rows = query.shape[:-1].numel()
        self.flops += 2 * rows * key.shape[-2] * (query.shape[-1] + value.shape[-1])
        return torch.empty(*query.shape[:-1], value.shape[-1], dtype=query.dtype, device=query.device)
