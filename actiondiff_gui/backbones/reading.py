"""Timestep, layers and pooling: where a network is read and how its maps become tokens."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from actiondiff_gui.errors import BackboneError

Pooling = Literal["mean", "mean+change"]
"""How the map of a layer becomes a token: its spatial mean alone, as in the paper, or beside it the spatial mean of how
much each cell changes to the next frame; see :mod:`actiondiff_gui.features.pooling`."""
POOLINGS: tuple[Pooling, ...] = ("mean", "mean+change")


def checked_pooling(pooling: str) -> Pooling:
    """``pooling``, if it is one.

    Raises
    ------
    BackboneError
        If it is not.
    """
    if pooling not in POOLINGS:
        raise BackboneError(f"There is no pooling {pooling!r}. Choose one of {', '.join(POOLINGS)}.")
    return pooling


def in_order(layers: int | Sequence[int]) -> tuple[int, ...]:
    """Layer numbers from the first to the last, each once: the order in which they stand side by side in a token."""
    return (layers,) if isinstance(layers, int) else tuple(sorted({int(layer) for layer in layers}))


class Reading(NamedTuple):
    """Where a network is read and how: a feature address without the backbone and its settings.

    Attributes
    ----------
    timestep : str
        ``"t20"`` (schedule index, 0 is the noisiest), ``"sigma1.66"``, or ``"-"`` for a backbone without a schedule.
    layers : tuple of int
        Rising; their tokens stand side by side.
    pooling : {"mean", "mean+change"}
    """

    timestep: str
    layers: tuple[int, ...]
    pooling: Pooling = "mean"

    @classmethod
    def at(cls, timestep: str, layers: int | Sequence[int], pooling: str = "mean") -> "Reading":
        """Return a reading, checked and with its layers in order.

        Raises
        ------
        BackboneError
            There is no such pooling.
        """
        return cls(timestep, in_order(layers), checked_pooling(pooling))

    @property
    def key(self) -> str:
        """A name for files and tables of scores: ``"t20/9"``, ``"t20/3+6+9_change"``."""
        return f"{self.timestep}/{layers_key(self.layers, self.pooling)}"

    @property
    def name(self) -> str:
        """A name for a model or a file: ``"t20 layer 9"``, ``"t20 layers 3+6+9 change"``."""
        step = "" if self.timestep in ("", "-") else f"{self.timestep} "
        key = layers_key(self.layers, self.pooling).replace("_", " ")
        return f"{step}layer{'s' * (len(self.layers) != 1)} {key}"

    def __str__(self) -> str:
        words = layers_text(self.layers, self.pooling)
        return words if self.timestep in ("", "-") else f"{self.timestep}, {words}"


def layers_key(layers: Sequence[int], pooling: str = "mean") -> str:
    """Return a short name without spaces: ``"9"``, ``"3+6+9_change"``."""
    return "+".join(map(str, layers)) + ("_change" if pooling == "mean+change" else "")


def layers_text(layers: Sequence[int], pooling: str = "mean") -> str:
    """``"layer 9"``, ``"layers 3, 6, 9, mean + change"``; the mean alone is not named."""
    words = f"layer{'s' * (len(layers) != 1)} {', '.join(map(str, layers))}"
    return f"{words}, mean + change" if pooling == "mean+change" else words
