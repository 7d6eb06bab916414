"""Translation of torch errors into :class:`BackboneError`, around every call into a network."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from actiondiff_gui.errors import ActionDiffError, BackboneError


@contextmanager
def as_backbone_errors(doing: str) -> Iterator[None]:
    """Turn torch's errors inside the block into :class:`BackboneError`; ``doing`` says what was under way."""
    try:
        yield
    except ActionDiffError:
        raise
    except torch.OutOfMemoryError as error:
        raise BackboneError(
            f"The GPU ran out of memory while {doing}. Choose a smaller batch, a lower resolution or "
            f"bfloat16, or close other programs on the GPU. (torch: {_first_line(error)})"
        ) from error
    except MemoryError as error:
        raise BackboneError(
            f"The computer ran out of memory while {doing}. Choose a smaller batch or a lower resolution."
        ) from error
    except RuntimeError as error:
        if "out of memory" in str(error).lower() or "can't allocate memory" in str(error).lower():
            raise BackboneError(
                f"Memory ran out while {doing}. Choose a smaller batch or a lower resolution. "
                f"(torch: {_first_line(error)})"
            ) from error
        raise BackboneError(f"torch failed while {doing}: {_first_line(error)}") from error


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
