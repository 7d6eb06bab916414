"""Work in pieces that fit into the free memory of a device."""

from collections.abc import Callable
from typing import TypeVar

import torch

Result = TypeVar("Result")

SPARE = 0.7
"""Share of the free memory that is planned for."""


class InPieces:
    """Work on as many items at a time as memory holds.

    Attributes
    ----------
    most : int
        Items at a time.
    halved : bool
        Whether memory was short, and ``most`` has been halved.
    """

    def __init__(self, most: int) -> None:
        self.most, self.halved = max(1, most), False

    def __call__(self, run: Callable[[int, int], Result], count: int) -> list[Result]:
        """Return the results of ``run(begin, end)`` for pieces that make up ``count``; half as many at a time once memory was short.

        Raises
        ------
        torch.OutOfMemoryError
            If memory is short for a single one.
        """
        done: list[Result] = []
        at = 0
        while at < count:
            end = min(count, at + self.most)
            try:
                done.append(run(at, end))
            except torch.OutOfMemoryError:
                if end - at == 1:
                    raise
                self.most, self.halved = max(1, (end - at) // 2), True
            else:
                at = end
                continue
            # Outside the handler, whose traceback holds the tensors of what failed.
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
        return done


def free_bytes(device: str) -> int:
    """Return the memory that is free: of the GPU on cuda, of the computer elsewhere."""
    if device.startswith("cuda"):
        free: int = torch.cuda.mem_get_info(device)[0]
        # What torch holds and does not use is free too.
        return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    import psutil

    available: int = psutil.virtual_memory().available
    return available
