"""What does a backbone offer, whatever its weights? Windows, timesteps and layers as data."""

from dataclasses import dataclass

from actiondiff_gui.backbones.protocol import Layer, Timestep
from actiondiff_gui.backbones.reading import Pooling


@dataclass(frozen=True)
class Shape:
    """What holds for every checkpoint of one size; known without weights and without torch.

    Attributes
    ----------
    window, stride : int
        Frames per window, and frames of the video from one of them to the next.
    multiple : int
        Heights and widths must be multiples of this.
    resolution : tuple of int
        Default height and width in pixels.
    schedule : tuple of Timestep
        Noisiest first; empty for a backbone without one.
    layers : tuple of Layer
    default_timestep : Timestep
    default_layer : int
    default_layers : tuple of int
        Layers that are usually read side by side; () for ``default_layer`` alone.
    default_pooling : {"mean", "mean+change"}
        How their maps usually become tokens; see :mod:`actiondiff_gui.features.pooling`.
    """

    window: int
    stride: int
    multiple: int
    resolution: tuple[int, int]
    schedule: tuple[Timestep, ...]
    layers: tuple[Layer, ...]
    default_timestep: Timestep
    default_layer: int
    default_layers: tuple[int, ...] = ()
    default_pooling: Pooling = "mean"
