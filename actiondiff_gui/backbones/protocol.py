"""The backbone protocol: the two calls and the data that every feature extractor provides.

A backbone turns a window of frames into maps at numbered layers. One with a noise schedule does so at a
chosen timestep. Whatever all timesteps share is computed once, by :meth:`Backbone.encode`; the network
is then run once per timestep, by :meth:`Backbone.features`, up to the last requested layer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np

from actiondiff_gui.errors import BackboneError

Regime = Literal["released", "noised"]
REGIMES: tuple[Regime, ...] = ("released", "noised")
Generator = Literal["numpy", "philox"]
Condition = Literal["noised", "plain"]


@dataclass(frozen=True)
class Timestep:
    """A point of a noise schedule.

    Attributes
    ----------
    index : int or None
        Index in the schedule; 0 is the noisiest. None for a sigma chosen freely.
    sigma : float or None
        Standard deviation of the noise in latents of unit scale; for a flow model, the share of noise in the mixture,
        from 0 to 1. None for a backbone without a schedule.
    """

    index: int | None
    sigma: float | None

    @property
    def key(self) -> str:
        """Short name in file names and tables: ``"t20"``, ``"sigma1.66"`` or ``"-"``."""
        if self.index is not None:
            return f"t{self.index}"
        return "-" if self.sigma is None else f"sigma{self.sigma:g}"

    def __str__(self) -> str:
        if self.sigma is None:
            return "no timestep"
        return f"{self.key} (sigma {self.sigma:.3g})" if self.index is not None else f"sigma {self.sigma:g}"


NO_TIMESTEP = Timestep(None, None)
"""The one timestep of a backbone without a noise schedule."""


@dataclass(frozen=True)
class Layer:
    """One point of the network at which features can be read.

    Attributes
    ----------
    index : int
        Its number, as users and files name it.
    name : str
        Path of the module whose output it is, in one of the backbone's networks.
    channels : int
        Length C of a token.
    reduction : int
        Input pixels per grid cell along each side.
    heads : int
        Heads of the self-attention whose rows can be asked for; 0 where there is none.
    """

    index: int
    name: str
    channels: int
    reduction: int
    heads: int = 0


@dataclass(frozen=True)
class EncodeSettings:
    """What changes the features besides weights, frames, timestep and layer.

    Attributes
    ----------
    resolution : tuple of int
        Height and width in pixels to which frames are resized.
    regime : {"released", "noised"}
        ``released``: latents are scaled for the timestep and no noise is added, as the paper's code
        does. ``noised``: noise of the timestep's sigma is added first, the diffusion process proper.
    draws : int
        Noise draws that are averaged in the regime ``noised``.
    generator : {"numpy", "philox"}
        Where noise comes from, see :mod:`~actiondiff_gui.backbones.noise`.
    condition : {"noised", "plain"}
        Whether the pictures that an image-to-video model is given as its condition get slight noise, as SVD's did in training.
        Without it they are encoded once and not twice.
    """

    resolution: tuple[int, int]
    regime: Regime = "released"
    draws: int = 1
    generator: Generator = "numpy"
    condition: Condition = "noised"

    def __post_init__(self) -> None:
        if self.regime not in REGIMES:
            raise BackboneError(
                f"The regime {self.regime!r} is not known. Choose one of {', '.join(REGIMES)}."
            )
        if min(self.resolution) < 1:
            raise BackboneError(
                f"A resolution of {self.resolution[0]} x {self.resolution[1]} pixels makes no picture."
            )
        if self.draws < 1:
            raise BackboneError(f"The number of noise draws must be at least 1, not {self.draws}.")


@runtime_checkable
class Backbone(Protocol):
    """A frozen network that gives feature maps for windows of frames."""

    id: str
    """Name under which it was loaded."""
    digest: str
    """Hex digest of its weights and configuration."""
    window: int
    """Frames per window (T)."""
    stride: int
    """Usual distance between the frames of a window, in frames of the video."""
    resolution: tuple[int, int]
    """Default height and width in pixels."""
    multiple: int
    """Heights and widths must be multiples of this."""
    schedule: tuple[Timestep, ...]
    """Noise schedule, noisiest first; empty for a backbone without one."""
    layers: tuple[Layer, ...]
    default_timestep: Timestep
    default_layer: int
    device: str
    precision: str

    def encode(self, frames: np.ndarray, seeds: Sequence[int], settings: EncodeSettings) -> Any:
        """Compute what all timesteps share.

        Parameters
        ----------
        frames : ndarray
            ``[B, T, H, W, 3]`` uint8, B windows of T frames each.
        seeds : sequence of int
            One seed per window; all randomness of the window comes from it.
        settings : EncodeSettings
            Resolution and regime.
        """
        ...

    def features(self, encoded: Any, timestep: Timestep, layers: Sequence[int]) -> dict[int, Any]:
        """Walk the network once and return the maps of ``layers``, each a tensor ``[B, T, C, h, w]``."""
        ...


class BackboneFacts(Protocol):
    """What is known of a backbone without loading it; a loaded one tells the same under the same names.

    What each means is said at :class:`Backbone`; a :class:`~actiondiff_gui.backbones.description.Description` has them too.
    """

    @property
    def id(self) -> str:
        """See :class:`Backbone`."""
        ...

    @property
    def digest(self) -> str:
        """See :class:`Backbone`."""
        ...

    @property
    def window(self) -> int:
        """See :class:`Backbone`."""
        ...

    @property
    def stride(self) -> int:
        """See :class:`Backbone`."""
        ...

    @property
    def resolution(self) -> tuple[int, int]:
        """See :class:`Backbone`."""
        ...

    @property
    def multiple(self) -> int:
        """See :class:`Backbone`."""
        ...

    @property
    def schedule(self) -> tuple[Timestep, ...]:
        """See :class:`Backbone`."""
        ...

    @property
    def layers(self) -> tuple[Layer, ...]:
        """See :class:`Backbone`."""
        ...

    @property
    def default_timestep(self) -> Timestep:
        """See :class:`Backbone`."""
        ...

    @property
    def default_layer(self) -> int:
        """See :class:`Backbone`."""
        ...

    @property
    def precision(self) -> str:
        """See :class:`Backbone`."""
        ...


def check_windows(
    backbone: Backbone, frames: np.ndarray, seeds: Sequence[int], settings: EncodeSettings
) -> None:
    """Check what :meth:`Backbone.encode` is given.

    Raises
    ------
    BackboneError
        If the frames are no uint8 windows, seeds are missing, or the resolution does not suit the backbone.
    """
    if frames.ndim != 5 or frames.shape[-1] != 3 or frames.dtype != np.uint8 or len(frames) != len(seeds):
        raise BackboneError(
            f"Windows of uint8 frames [B, T, H, W, 3] and one seed each are needed, not {frames.dtype} "
            f"{list(frames.shape)} with {len(seeds)} seeds."
        )
    if any(side % backbone.multiple for side in settings.resolution):
        raise BackboneError(
            f"The resolution {settings.resolution[0]} x {settings.resolution[1]} does not suit {backbone.id}: both "
            f"sides must be multiples of {backbone.multiple}."
        )


def resolve_timestep(backbone: BackboneFacts, wanted: "Timestep | int | str") -> Timestep:
    """Turn ``20``, ``"20"``, ``"t20"``, ``"sigma=1.66"`` or a :class:`Timestep` into one of the backbone's.

    Raises
    ------
    BackboneError
        If the index is outside the schedule, sigma is not positive, or the text cannot be read.
    """
    if isinstance(wanted, Timestep):
        return wanted
    text = str(wanted).strip().lower()
    if not backbone.schedule:
        if text in ("-", "", "none"):
            return NO_TIMESTEP
        raise BackboneError(f"The backbone {backbone.id} has no noise schedule; give '-' as its timestep.")
    if text.startswith("sigma"):
        try:
            sigma = float(text.removeprefix("sigma").lstrip("= "))
        except ValueError:
            sigma = float("nan")
        if not 0 < sigma < float("inf"):
            raise BackboneError(f"The timestep {wanted!r} names no positive sigma. Write it as sigma=1.66.")
        # As many digits as its key shows, so that one file never stands for two noise levels.
        return Timestep(None, float(f"{sigma:g}"))
    try:
        index = int(text.removeprefix("t"))
    except ValueError:
        raise BackboneError(
            f"The timestep {wanted!r} cannot be read. Write an index from 0 (noisiest) to "
            f"{len(backbone.schedule) - 1} (cleanest), or sigma=1.66."
        ) from None
    if not 0 <= index < len(backbone.schedule):
        raise BackboneError(
            f"Timestep {index} is outside the schedule of {backbone.id}, which runs from 0 (noisiest) "
            f"to {len(backbone.schedule) - 1} (cleanest)."
        )
    return backbone.schedule[index]


def check_layers(backbone: BackboneFacts, layers: Sequence[int]) -> tuple[int, ...]:
    """Return ``layers`` sorted and without repeats.

    Raises
    ------
    BackboneError
        If there are none, or the backbone has no layer of that number.
    """
    known = {layer.index for layer in backbone.layers}
    wanted = sorted({int(layer) for layer in layers})
    unknown = [layer for layer in wanted if layer not in known]
    if unknown or not wanted:
        raise BackboneError(
            f"The backbone {backbone.id} has layers {min(known)} to {max(known)}; "
            f"{', '.join(map(str, unknown)) if unknown else 'no layer'} was asked for."
        )
    return tuple(wanted)
