"""Early stopping and learning rate, by the plateau of the validation loss."""

import math


class Plateau:
    """Tells that a loss is flat: for ``patience`` checks it has not fallen by more than ``least`` of its best.

    Parameters
    ----------
    patience : int
        Checks without progress; 0 never stops.
    least : float
        Relative progress that counts.
    """

    def __init__(self, patience: int, least: float = 0.002) -> None:
        self.patience, self.least = patience, least
        self.best, self.since = math.inf, 0

    def flat(self, loss: float) -> bool:
        """Take in one more check, and say whether the loss is flat now."""
        if loss < self.best * (1 - self.least):
            self.best, self.since = loss, 0
        else:
            self.since += 1
        return bool(self.patience) and self.since >= self.patience

    def state(self) -> dict[str, float | int]:
        """Return what a checkpoint stores."""
        return {"best": self.best, "since": self.since}

    def restore(self, state: dict[str, float | int]) -> None:
        """Go on from :meth:`state`."""
        self.best, self.since = float(state["best"]), int(state["since"])


def learning_rate(step: int, steps: int, peak: float, warmup: int = 100) -> float:
    """Linear warm-up, then half a cosine to a tenth of ``peak``."""
    if step < warmup:
        return peak * (step + 1) / warmup
    progress = min(1.0, (step - warmup) / max(1, steps - warmup))
    return peak * (0.1 + 0.45 * (1 + math.cos(math.pi * progress)))


def held_rate(step: int, end: int, cooldown: int, peak: float, warmup: int = 100) -> float:
    """Linear warm-up, ``peak`` for as long as the loss falls, then linearly to a tenth over the last ``cooldown``.

    A cosine would know the end beforehand; here the end is set when the loss is flat.
    """
    if step < warmup:
        return peak * (step + 1) / warmup
    left = min(1.0, max(0.0, (end - step) / max(1, cooldown)))
    return peak * (0.1 + 0.9 * left)
