"""Which choices change the features, and so belong to their address?"""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from actiondiff_gui.backbones.protocol import REGIMES, Backbone, EncodeSettings, Regime
from actiondiff_gui.errors import BackboneError
from actiondiff_gui.features.clips import fitted_resolution

VERSION = 1
"""Raised whenever the same settings would give other features than before."""


@dataclass(frozen=True)
class ExtractionSettings:
    """How frames are chosen and shown to the backbone.

    Attributes
    ----------
    stride : int or None
        Every how many frames one is used; None for the backbone's usual stride.
    resolution : "default", "keep-aspect" or (height, width)
        ``default``: the backbone's, whatever the picture's shape, as the paper does. ``keep-aspect``: as
        many pixels, in the shape of the picture. Or height and width in pixels.
    regime : {"released", "noised"}
        See :class:`~actiondiff_gui.backbones.protocol.EncodeSettings`.
    draws : int
        Noise draws averaged in the regime ``noised``.
    max_seconds : float or None
        Only this much of a clip's beginning is used; None for all of it. The paper uses 180.
    """

    stride: int | None = None
    resolution: str | tuple[int, int] = "default"
    regime: Regime = "released"
    draws: int = 1
    max_seconds: float | None = 180.0

    def __post_init__(self) -> None:
        if self.stride is not None and self.stride < 1:
            raise BackboneError(f"The frame stride must be 1 or more, not {self.stride}.")
        if self.regime not in REGIMES:
            raise BackboneError(
                f"The regime {self.regime!r} is not known. Choose one of {', '.join(REGIMES)}."
            )
        if self.draws < 1 or (self.draws > 1 and self.regime == "released"):
            raise BackboneError(f"{self.draws} noise draws make no sense in the regime {self.regime}.")
        if isinstance(self.resolution, str) and self.resolution not in ("default", "keep-aspect"):
            raise BackboneError(
                f"The resolution {self.resolution!r} is not known. Choose default, keep-aspect or HEIGHTxWIDTH."
            )
        if self.max_seconds is not None:
            object.__setattr__(self, "max_seconds", float(self.max_seconds))
        if self.max_seconds is not None and not 0 < self.max_seconds < float("inf"):
            raise BackboneError(f"The longest time used of a clip must be positive, not {self.max_seconds}.")

    def encode_settings(self, backbone: Backbone, height: int, width: int) -> EncodeSettings:
        """Settings of the backbone for a picture of ``height`` x ``width`` pixels."""
        if self.resolution == "default":
            resolution = backbone.resolution
        elif self.resolution == "keep-aspect":
            resolution = fitted_resolution(height, width, backbone.resolution, backbone.multiple)
        else:
            resolution = (int(self.resolution[0]), int(self.resolution[1]))
        return EncodeSettings(resolution=resolution, regime=self.regime, draws=self.draws)


@dataclass(frozen=True)
class Provenance:
    """Where features come from, apart from clip, timestep and layer.

    Attributes
    ----------
    backbone : str
        Id of the backbone.
    values : dict
        Weights digest, precision, window and every setting, as plain JSON values.
    """

    backbone: str
    values: dict[str, Any]

    @classmethod
    def of(cls, backbone: Backbone, settings: ExtractionSettings) -> "Provenance":
        """Provenance of features that ``backbone`` gives with ``settings``."""
        values = asdict(settings) | {
            "stride": settings.stride or backbone.stride,
            "resolution": settings.resolution
            if isinstance(settings.resolution, str) and settings.resolution != "default"
            else list(backbone.resolution if settings.resolution == "default" else settings.resolution),
            "weights": backbone.digest,
            "precision": backbone.precision,
            "window": backbone.window,
            "sigmas": [float(f"{t.sigma:.6g}") for t in backbone.schedule],
            "version": VERSION,
        }
        return cls(backbone.id, values)

    @property
    def digest(self) -> str:
        """Hex digest (12 digits) of all values."""
        return hashlib.sha256(json.dumps(self.values, sort_keys=True).encode()).hexdigest()[:12]
