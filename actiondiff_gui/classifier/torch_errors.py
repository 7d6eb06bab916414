"""Translation of torch errors into :class:`ClassifierError`."""

from collections.abc import Generator
from contextlib import contextmanager

import torch

from actiondiff_gui.errors import ClassifierError


@contextmanager
def errors_translated(doing: str) -> Generator[None, None, None]:
    """Turn torch's errors into a :class:`ClassifierError` that says what was being done."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise ClassifierError(
            f"The memory of the device was used up while {doing}: choose fewer tokens or clips in a batch, a "
            "smaller width, or the CPU."
        ) from error
    except RuntimeError as error:
        first = (str(error).strip().splitlines() or ["no reason given"])[0]
        raise ClassifierError(f"torch failed while {doing}: {first}") from error


def usable_device(device: str | torch.device) -> torch.device:
    """Return the device of that name.

    Raises
    ------
    ClassifierError
        There is no such device here.
    """
    try:
        found = torch.device(device)
        torch.zeros(1, device=found)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ClassifierError(
            f"The device {str(device)!r} cannot be used on this machine: choose 'cpu'."
        ) from error
    return found
