"""Settings in ``actiondiff.json`` of a model folder that are not part of diffusers' own files."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

from actiondiff_gui.backbones.protocol import Generator
from actiondiff_gui.backbones.reading import POOLINGS, Pooling, in_order
from actiondiff_gui.backbones.weights.files import read_json
from actiondiff_gui.errors import BackboneError

FILE = "actiondiff.json"
Norms = Literal["released", "diffusers"]


@dataclass(frozen=True)
class Notes:
    """What this program should know of a model of the SVD family.

    Attributes
    ----------
    norms : {"released", "diffusers"}
        Epsilon of the group normalisations in the UNet's residual blocks. ``released``: 1e-5 in all of them, as in the
        code that Stable Video Diffusion was trained with. ``diffusers``: as that library builds them, 1e-6 in its down
        blocks with attention, which is what a model has seen that was trained with it.
    timestep : int or None
        Index of the usual timestep; None for that of the paper.
    layers : tuple of int
        Layers that are usually read, side by side; () for the paper's one.
    pooling : {"mean", "mean+change"}
        How their maps usually become tokens.
    noise : {"numpy", "philox"}
        Where the noise of its condition comes from where it is not said: what its results were measured with.
    """

    norms: Norms = "released"
    timestep: int | None = None
    layers: tuple[int, ...] = ()
    pooling: Pooling = "mean"
    noise: Generator = "philox"

    @property
    def mark(self) -> str:
        """Tells features apart that come from the same weights: "" where they are what all versions computed."""
        return "" if self.norms == "diffusers" else "group norms 1e-05"


def read_notes(folder: Path) -> Notes:
    """Return the notes in a model's folder; the defaults where it holds none.

    Raises
    ------
    BackboneError
        The file cannot be read, or a value makes no sense.
    """
    file = folder / FILE
    if not file.exists():
        return Notes()
    values: dict[str, Any] = read_json(file)
    try:
        found = Notes(**values | {"layers": tuple(values.get("layers", ()))})
    except TypeError as error:
        known = ", ".join(field.name for field in fields(Notes))
        raise BackboneError(f"{file} may hold {known} ({error}). Correct or delete it.") from error
    numbers = (*found.layers, 0 if found.timestep is None else found.timestep)
    if (
        found.norms not in get_args(Norms)
        or found.pooling not in POOLINGS
        or found.noise not in get_args(Generator)
        or not all(type(number) is int for number in numbers)
        or found.layers != in_order(found.layers)
    ):
        raise BackboneError(
            f"{file} holds a value that makes no sense ({values}). norms is one of {', '.join(get_args(Norms))}, pooling "
            f"one of {', '.join(POOLINGS)}, noise one of {', '.join(get_args(Generator))}, timestep a number, and layers are rising numbers. Correct or delete it."
        )
    return found
