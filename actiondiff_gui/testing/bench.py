"""Test bench of a backbone: small windows of random frames, and a record of the parts that are run."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from actiondiff_gui.backbones.offers import Offer
from actiondiff_gui.backbones.protocol import NO_TIMESTEP, EncodeSettings, Timestep
from actiondiff_gui.backbones.registry import needed_offer


class Broken(AssertionError):
    """A promise is not kept; the message says which and how."""


@dataclass
class Ran:
    """Parts of a backbone in the order in which they began and ended.

    Attributes
    ----------
    began, ended : dict of str to int
        For each part that was run, when it first began and last ended.
    """

    began: dict[str, int] = field(default_factory=dict)
    ended: dict[str, int] = field(default_factory=dict)
    clock: int = 0


class Bench:
    """A backbone, and what it is tried on.

    Parameters
    ----------
    what : str or Offer
        A name, a folder, or an offer.
    device : str
        As for :func:`~actiondiff_gui.backbones.registry.load_backbone`.
    tolerance : float
        How far apart two ways to the same value may lie, relative to the largest value, in float32.
    resolution : tuple of int, optional
        Height and width at which it is tried; smaller than the usual one where that takes long.
    """

    def __init__(
        self,
        what: str | Offer,
        device: str = "cpu",
        tolerance: float = 1e-4,
        resolution: tuple[int, int] | None = None,
    ) -> None:
        from actiondiff_gui.backbones.registry import choose_device

        self.offer = what if isinstance(what, Offer) else needed_offer(what)
        self.device, self.tolerance, self._resolution = choose_device(device), tolerance, resolution

    @cached_property
    def backbone(self) -> Any:
        """The backbone in float32."""
        return self.load("float32")

    def load(self, precision: str) -> Any:
        """Load it again."""
        return self.offer.load(device=self.device, precision=precision)

    @property
    def resolution(self) -> tuple[int, int]:
        """Height and width at which it is tried."""
        return tuple(self._resolution or self.backbone.resolution)

    @property
    def settings(self) -> EncodeSettings:
        """No noise."""
        return EncodeSettings(self.resolution)

    @property
    def layers(self) -> list[int]:
        """Numbers of all layers."""
        return [layer.index for layer in self.backbone.layers]

    @property
    def timesteps(self) -> list[Timestep]:
        """A noisy, a usual and a clean timestep; the only one of a backbone without a schedule."""
        schedule = self.backbone.schedule
        if not schedule:
            return [NO_TIMESTEP]
        return [schedule[0], self.backbone.default_timestep, schedule[-1]]

    @property
    def usual(self) -> Timestep:
        """The usual timestep."""
        usual: Timestep = self.backbone.default_timestep
        return usual

    def windows(self, count: int = 2, height: int = 0, width: int = 0, seed: int = 0) -> np.ndarray:
        """Windows of random pictures that change from frame to frame, ``[count, T, H, W, 3]`` uint8."""
        random = np.random.default_rng(seed)
        height, width = height or self.resolution[0], width or self.resolution[1]
        shape = (count, self.backbone.window, height, width, 3)
        return random.integers(0, 256, shape, dtype=np.uint8)

    def maps(
        self,
        frames: np.ndarray,
        layers: Sequence[int],
        timestep: Timestep | None = None,
        seeds: Sequence[int] | None = None,
        settings: EncodeSettings | None = None,
    ) -> dict[int, np.ndarray]:
        """Return the maps of ``layers`` as float32 arrays."""
        encoded = self.backbone.encode(
            frames, list(range(len(frames))) if seeds is None else list(seeds), settings or self.settings
        )
        return arrays(self.backbone.features(encoded, self.usual if timestep is None else timestep, layers))

    def networks(self, backbone: Any = None) -> dict[str, Any]:
        """Return the networks that a backbone holds, by the names of its attributes."""
        from torch import nn

        held = vars(self.backbone if backbone is None else backbone)
        return {name: part for name, part in held.items() if isinstance(part, nn.Module)}

    @contextmanager
    def watching(self) -> Iterator[Ran]:
        """Note which parts of the networks are run inside the block."""
        ran, handles = Ran(), []
        for held, network in self.networks().items():
            for path, part in network.named_modules():
                name = f"{held}:{path}"

                def begin(*_: Any, name: str = name) -> None:
                    ran.clock += 1
                    ran.began.setdefault(name, ran.clock)

                def end(*_: Any, name: str = name) -> None:
                    ran.clock += 1
                    ran.ended[name] = ran.clock

                handles += [part.register_forward_pre_hook(begin), part.register_forward_hook(end)]
        try:
            yield ran
        finally:
            for handle in handles:
                handle.remove()

    def close(self, one: np.ndarray, other: np.ndarray, what: str) -> None:
        """Check that two arrays are the same up to rounding.

        Raises
        ------
        Broken
            If not.
        """
        if one.shape != other.shape:
            raise Broken(f"{what}: shapes {one.shape} and {other.shape} differ.")
        apart = float(np.abs(one - other).max())
        scale = max(float(np.abs(one).max()), float(np.abs(other).max()), 1e-6)
        if not apart <= self.tolerance * scale:
            raise Broken(f"{what}: values differ by {apart:.3g} where the largest is {scale:.3g}.")


def arrays(maps: dict[int, Any]) -> dict[int, np.ndarray]:
    """Return the maps as float32 arrays."""
    return {layer: each.detach().float().cpu().numpy() for layer, each in maps.items()}


def needs(condition: object, sentence: str) -> None:
    """Raise :class:`Broken` with the sentence unless the condition holds."""
    if not condition:
        raise Broken(sentence)


def refuses(call: Callable[[], object], what: str) -> None:
    """Check that ``call`` is refused by a sentence.

    Raises
    ------
    Broken
        If it is not, or by another error.
    """
    from actiondiff_gui.errors import BackboneError

    try:
        call()
    except BackboneError as error:
        needs(len(str(error).split()) > 3, f"{what} is refused without a sentence ({error}).")
    except Exception as error:
        raise Broken(
            f"{what} ends in {type(error).__name__} ({error}) instead of a BackboneError."
        ) from error
    else:
        raise Broken(f"{what} is not refused.")
