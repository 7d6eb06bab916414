"""The address of features that a window shows: backbone, timestep, layers and pooling, and how the network is run."""

from dataclasses import asdict, dataclass, field

from actiondiff_gui.backbones.reading import POOLINGS, in_order
from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.features.settings import ExtractionSettings


@dataclass(frozen=True)
class Address:
    """Address of the features on screen: backbone, timestep, layers and pooling, and how the network is run.

    Attributes
    ----------
    backbone : str
        Name, folder or hub id, as for :func:`~actiondiff_gui.backbones.registry.load_backbone`.
    timestep : str
        ``"t20"``, ``"sigma1.66"``, or "" for the backbone's usual one.
    layers : tuple of int
        Layer numbers, rising, or () for the backbone's usual ones.
    pooling : str
        ``"mean"``, ``"mean+change"``, or "" for the backbone's usual one.
    settings : ExtractionSettings
    device, precision : str
    """

    backbone: str = "tiny"
    timestep: str = ""
    layers: tuple[int, ...] = ()
    pooling: str = ""
    settings: ExtractionSettings = field(default_factory=ExtractionSettings)
    device: str = "auto"
    precision: str = "auto"

    @property
    def one_layer(self) -> int:
        """The layer where a single one can be shown: the deepest; 0 for the usual one."""
        return self.layers[-1] if self.layers else 0

    def to_json(self) -> dict:
        """Return plain values, as stored in the project."""
        return asdict(self) | {"layers": list(self.layers)}

    @classmethod
    def from_json(cls, values: object) -> "Address":
        """Return the address that :meth:`to_json` stored; the default where it is invalid."""
        return cls.read(values) or cls()

    @classmethod
    def read(cls, values: object) -> "Address | None":
        """Return the address that :meth:`to_json` stored, also in versions with one layer; None where it is invalid."""
        try:
            fields = dict(values)
            if "layer" in fields:
                one = fields.pop("layer")
                fields |= {"layers": [one] if one else [], "pooling": "mean" if one else ""}
            fields["layers"] = tuple(fields["layers"])
            kept = dict(fields.pop("settings"))
            if not isinstance(kept["resolution"], str):
                kept["resolution"] = tuple(kept["resolution"])
            found = cls(settings=ExtractionSettings(**kept), **fields)
            texts = (found.backbone, found.timestep, found.device, found.precision, found.pooling)
            resolution = found.settings.resolution
            sides = (1, 1) if isinstance(resolution, str) else resolution
            numbers = (*found.layers, found.settings.draws, found.settings.stride or 1, *sides)
            known = all(isinstance(text, str) for text in texts) and all(type(n) is int for n in numbers)
            fit = len(sides) == 2 and min(sides) > 0 and found.pooling in ("", *POOLINGS)
            return found if known and fit and found.layers == in_order(found.layers) else None
        except (TypeError, ValueError, KeyError, ActionDiffError):
            return None
