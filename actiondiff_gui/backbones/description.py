"""What does a backbone offer, before anything of it is loaded? For windows that list timesteps and layers."""

from dataclasses import dataclass
from pathlib import Path

from actiondiff_gui.backbones.protocol import NO_TIMESTEP, Backbone, Layer, Timestep
from actiondiff_gui.backbones.reading import Pooling, Reading
from actiondiff_gui.backbones.registry import find_offer, no_such_backbone
from actiondiff_gui.errors import BackboneError


@dataclass(frozen=True)
class Description:
    """What a backbone offers; the fields are those of :class:`~actiondiff_gui.backbones.protocol.Backbone`.

    Attributes
    ----------
    id, title : str
        Its name, and one line about it.
    window, stride : int
    resolution : tuple of int
    multiple : int
    schedule : tuple of Timestep
    layers : tuple of Layer
    default_timestep : Timestep
    default_layer : int
    default_layers : tuple of int
    default_pooling : {"mean", "mean+change"}
        As in :class:`~actiondiff_gui.backbones.shape.Shape`.
    note : str
        What a person should know of its attention.
    """

    id: str
    title: str
    window: int
    stride: int
    resolution: tuple[int, int]
    multiple: int
    schedule: tuple[Timestep, ...]
    layers: tuple[Layer, ...]
    default_timestep: Timestep
    default_layer: int
    default_layers: tuple[int, ...] = ()
    default_pooling: Pooling = "mean"
    note: str = ""

    @property
    def usual_layers(self) -> tuple[int, ...]:
        """The layers that are read where none are named."""
        return self.default_layers or (self.default_layer,)

    @property
    def usual_reading(self) -> Reading:
        """The address that is meant where none is named."""
        return Reading(self.default_timestep.key, self.usual_layers, self.default_pooling)

    def layer(self, index: int) -> Layer:
        """The layer of that number.

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
        """The timestep of that key ("t20", "sigma1.66"); the usual one for ""."""
        from actiondiff_gui.backbones.protocol import resolve_timestep

        return resolve_timestep(self, key) if key else self.default_timestep

    def grid(self, layer: Layer) -> tuple[int, int]:
        """Height and width of a layer's map at the default resolution."""
        return tuple(-(-side // layer.reduction) for side in self.resolution)


def describe(name: str) -> Description:
    """Describe a backbone by its name, folder or hub id, quickly: configuration files are read, no weights.

    A backbone whose offer tells no shape, and a hub model that is neither built in nor on this computer, has to be
    loaded to be described: see :func:`description_of`. One of a plugin has to be asked for first, see
    :func:`~actiondiff_gui.backbones.registry.needed_offer`: its code is not run by this.

    Raises
    ------
    BackboneError
        If there is no such backbone, its folder cannot be read, or it has to be loaded first.
    """
    offer = find_offer(name)
    if offer is None:
        raise no_such_backbone(name)
    if offer.problem:
        raise BackboneError(offer.problem)
    shape = None if offer.asleep else offer.shape()
    if shape is not None:
        return Description(offer.id, offer.title, **vars(shape), note=offer.note)
    if name in _remembered:
        return _remembered[name]
    raise BackboneError(f"What {name} offers is known once it is loaded.")


def description_of(backbone: Backbone, title: str = "") -> Description:
    """Describe a backbone that is loaded."""
    return Description(
        id=backbone.id,
        title=title or backbone.id,
        window=backbone.window,
        stride=backbone.stride,
        resolution=tuple(backbone.resolution),
        multiple=backbone.multiple,
        schedule=tuple(backbone.schedule),
        layers=tuple(backbone.layers),
        default_timestep=backbone.default_timestep if backbone.schedule else NO_TIMESTEP,
        default_layer=backbone.default_layer,
        # Backbones of plugins need not name these.
        default_layers=tuple(getattr(backbone, "default_layers", ())),
        default_pooling=getattr(backbone, "default_pooling", "mean"),
    )


def known_timestep(about: Description, key: str) -> Timestep:
    """The timestep of that key, or the usual one where there is none."""
    try:
        return about.timestep(key)
    except BackboneError:
        return about.default_timestep


def remember(name: str, description: Description) -> None:
    """Let :func:`describe` know what a backbone offers that had to be loaded to be described."""
    _remembered[name] = description


_remembered: dict[str, Description] = {}


def layer_words(name: str) -> str:
    """Where in the network a layer lies, in plain words; a name that is not known stays as it is."""
    kinds = {"attentions": "attention", "resnets": "convolution"}
    match name.split("."):
        case ["conv_in"]:
            return "first convolution"
        case ["mid_block"]:
            return "middle"
        case ["down_blocks", block, "downsamplers", _]:
            return f"block {int(block) + 1}, halving"
        case ["down_blocks", block, kind, place]:
            return f"block {int(block) + 1}, {kinds.get(kind, kind)} {int(place) + 1}"
        case [*_, "blocks" | "_blocks" | "layer" | "layers", block] if block.isdigit():
            return f"block {int(block) + 1}"
        case [*_, "layernorm" | "norm"]:
            return "output, normalised"
    return name


def short_name(name: str) -> str:
    """A backbone's name as a window shows it: the last part of a folder."""
    return Path(name).name if ("/" in name or "\\" in name) else name
