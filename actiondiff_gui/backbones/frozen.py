"""Base class of most backbones: reports its description and receives windows as normalised pixels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from actiondiff_gui.backbones.description import FACTS, Description
from actiondiff_gui.backbones.protocol import EncodeSettings, Layer, Timestep, check_layers, check_windows
from actiondiff_gui.backbones.reading import Pooling
from actiondiff_gui.errors import BackboneError

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Channel statistics of ImageNet, in values from 0 to 1."""


@dataclass(frozen=True)
class Encoded:
    """Windows as a network gets them.

    Attributes
    ----------
    pixels : Tensor
        ``[B, T, 3, h, w]`` float32, normalised; or latents ``[B, T, c, h, w]``.
    seeds : tuple of int
        One per window.
    settings : EncodeSettings
    """

    pixels: Tensor
    seeds: tuple[int, ...]
    settings: EncodeSettings


class FrozenBackbone:
    """Base class of backbones; one without a noise schedule adds only :meth:`walk`.

    Attributes are those of :class:`~actiondiff_gui.backbones.protocol.Backbone`. A backbone that also has
    ``fresh_network()``, which returns its feature network as it is before training (on the CPU, in float32, drawn from
    torch's random state, with at least the tensors of the trained one), can be asked for as an untrained copy.

    feature_network : str
        Name of the attribute that holds the network whose features are read, without the encoders before it.
    """

    feature_network = "network"
    mean: Sequence[float] = IMAGENET_MEAN
    std: Sequence[float] = IMAGENET_STD
    window: int
    stride: int
    multiple: int
    resolution: tuple[int, int]
    schedule: tuple[Timestep, ...]
    layers: tuple[Layer, ...]
    default_timestep: Timestep
    default_layer: int
    default_layers: tuple[int, ...]
    default_pooling: Pooling

    def __init__(self, shape: Description, *, id: str, digest: str, device: str, precision: str) -> None:
        for name in FACTS:
            setattr(self, name, getattr(shape, name))
        self.id, self.digest, self.device, self.precision = id, digest, device, precision
        self.dtype = DTYPES[precision]

    def walk(self, pixels: Tensor, layers: Sequence[int]) -> dict[int, Tensor]:
        """Run the network up to the last of ``layers`` and return their maps ``[B, T, C, h, w]``.

        Parameters
        ----------
        pixels : Tensor
            ``[B, T, 3, h, w]`` in the backbone's precision.
        """
        raise NotImplementedError

    @torch.inference_mode()
    def encode(self, frames: np.ndarray, seeds: Sequence[int], settings: EncodeSettings) -> Encoded:
        """Resize and normalise windows of frames ``[B, T, H, W, 3]`` uint8."""
        check_windows(self, frames, seeds, settings)
        return Encoded(self.normalised(frames, settings.resolution), tuple(seeds), settings)

    @torch.inference_mode()
    def features(self, encoded: Encoded, timestep: Timestep, layers: Sequence[int]) -> dict[int, Tensor]:
        """Return the maps of ``layers``, each ``[B, T, C, h, w]`` float32 on the backbone's device."""
        wanted = check_layers(self, layers)
        if timestep.sigma is not None:
            raise BackboneError(f"The backbone {self.id} has no noise schedule; give '-' as its timestep.")
        maps = self.walk(encoded.pixels.to(self.dtype), wanted)
        return {layer: each.float() for layer, each in maps.items()}

    def normalised(self, frames: np.ndarray, resolution: tuple[int, int]) -> Tensor:
        """Frames ``[B, T, H, W, 3]`` uint8 as float32 ``[B, T, 3, h, w]``, resized and less the channels' mean."""
        pixels = torch.from_numpy(np.ascontiguousarray(frames)).to(self.device)
        pixels = resized(pixels.flatten(0, 1).movedim(-1, 1).float(), resolution) / 255
        mean, std = (torch.tensor(each, device=self.device).view(3, 1, 1) for each in (self.mean, self.std))
        return ((pixels - mean) / std).reshape(*frames.shape[:2], 3, *pixels.shape[2:])

    def layer(self, index: int) -> Layer:
        """Return the layer of that number."""
        return next(each for each in self.layers if each.index == index)


def resized(pixels: Tensor, resolution: tuple[int, int]) -> Tensor:
    """Resize ``[N, C, H, W]`` with values from 0 to 255 by antialiased bicubic interpolation."""
    if tuple(pixels.shape[-2:]) == tuple(resolution):
        return pixels
    return F.interpolate(pixels, size=resolution, mode="bicubic", antialias=True).clamp(0, 255)


def one_by_one(count: int, at_once: int, run: Callable[[slice], Tensor]) -> Tensor:
    """Concatenate what ``run(slice)`` gives for ``count`` items, ``at_once`` at a time."""
    return torch.cat([run(slice(at, at + at_once)) for at in range(0, count, at_once)])
