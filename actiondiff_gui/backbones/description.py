"""Description of a backbone: timesteps, layers, defaults and identity, without the loaded network."""

from dataclasses import dataclass
from pathlib import Path

from actiondiff_gui.backbones.protocol import Generator, Layer, Timestep, resolve_timestep
from actiondiff_gui.backbones.reading import Pooling
from actiondiff_gui.errors import BackboneError

FACTS = (
    *("window", "stride", "multiple", "resolution", "schedule", "layers"),
    *("default_timestep", "default_layer", "default_layers", "default_pooling", "generator"),
)
"""Names of what holds for every checkpoint of one size; a backbone has them under the same names."""


@dataclass(frozen=True)
class Description:
    """What is known of a backbone; fields mean what those of :class:`~actiondiff_gui.backbones.protocol.Backbone` mean.

    The first ones, :data:`FACTS`, are known without weights and without torch. The others are "" or 0 as long as they are not
    known: an offer need not tell them, and what tells one set of features from another is known where the weights are.

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
        Layers that are read where none are named; () for the default layer alone.
    default_pooling : {"mean", "mean+change"}
        What makes a token where it is not said.
    generator : {"numpy", "philox"}
        Where its noise comes from where it is not said.
    id, title : str
        Its name, and one line about it.
    note : str
        What a person should know of its attention.
    digest : str
        Of the weights and configuration that are here.
    device, precision : str
        What "auto" stands for here.
    weight_bytes : int
        Size of its files.
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
    generator: Generator = "numpy"
    id: str = ""
    title: str = ""
    note: str = ""
    digest: str = ""
    device: str = ""
    precision: str = ""
    weight_bytes: int = 0

    @property
    def usual_layers(self) -> tuple[int, ...]:
        """The layers that are read where none are named."""
        return self.default_layers or (self.default_layer,)

    def layer(self, index: int) -> Layer:
        """Return the layer with that number.

        Raises
        ------
        BackboneError
            If there is none.
        """
        for layer in self.layers:
            if layer.index == index:
                return layer
        raise BackboneError(f"{self.id} has no layer {index}.")

    def timestep(self, key: str) -> Timestep:
        """Return the timestep with that key ("t20", "sigma1.66"); the default one for ""."""
        return resolve_timestep(self, key) if key else self.default_timestep

    def grid(self, layer: Layer) -> tuple[int, int]:
        """Height and width of a layer's map at the default resolution."""
        height, width = self.resolution
        return -(-height // layer.reduction), -(-width // layer.reduction)


def known_timestep(about: Description, key: str) -> Timestep:
    """Return the timestep with that key, or the default one where there is none."""
    try:
        return about.timestep(key)
    except BackboneError:
        return about.default_timestep


def layer_words(name: str) -> str:
    """Return where in the network a layer is, in plain words; an unknown name stays as it is."""
    kinds = {"attentions": "attention", "resnets": "convolution"}
    match name.split("."):
        case ["conv_in"]:
            return "first convolution"
        case ["mid_block"]:
            return "middle"
        case ["down_blocks", block, "downsamplers", _]:
            return f"block {int(block) + 1}, halving"
        case ["down_blocks", block, kind, number]:
            return f"block {int(block) + 1}, {kinds.get(kind, kind)} {int(number) + 1}"
        case [*_, "blocks" | "_blocks" | "layer" | "layers", block] if block.isdigit():
            return f"block {int(block) + 1}"
        case [*_, "layernorm" | "norm"]:
            return "output, normalised"
    return name


def short_name(name: str) -> str:
    """Return a backbone's name as a window shows it: the last part of a folder."""
    return Path(name).name if ("/" in name or "\\" in name) else name
