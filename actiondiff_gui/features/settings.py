"""Extraction settings that change the features and are part of their address."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from actiondiff_gui.backbones.protocol import (
    Backbone,
    BackboneFacts,
    Condition,
    EncodeSettings,
    Generator,
    Regime,
)
from actiondiff_gui.errors import BackboneError
from actiondiff_gui.features.clips import fitted_resolution
from actiondiff_gui.settings import Setting, check

VERSION = 1
"""Raised whenever the same settings would give other features than before."""
PHILOX_VERSION = 2
"""The same of features whose noise is drawn where it is needed."""


@dataclass(frozen=True)
class ExtractionSettings:
    """How frames are chosen and shown to the backbone.

    The resolution is ``default`` (the backbone's, whatever the picture's shape, as the paper does), ``keep-aspect`` (as
    many pixels, in the shape of the picture), or height and width in pixels. For the regimes see
    :class:`~actiondiff_gui.backbones.protocol.EncodeSettings`.

    Raises
    ------
    BackboneError
        A value makes no sense.
    """

    stride: Annotated[
        int | None,
        Setting("every n-th frame", "Every n-th frame is used", 1, 100_000, none="usual"),
    ] = None
    resolution: Annotated[
        Literal["default", "keep-aspect"] | tuple[int, int],
        Setting(
            "picture size",
            "Input size of the network",
            8,
            65_536,
            "pixels",
            words={"default": "the model's own", "keep-aspect": "shape of the video"},
            tips={
                "default": "Every picture is stretched to the model's own size, as the paper does.",
                "keep-aspect": "As many pixels as the model's own size, in the shape of the video.",
            },
        ),
    ] = "default"
    regime: Annotated[
        Regime,
        Setting(
            "noise",
            "Released: the picture as it is, as in the paper's code. Noised: noise of the timestep is added first",
            words={"released": "as the paper's code", "noised": "with noise added"},
            tips={
                "released": "The picture is shown to the network as it is, as the paper's code does.",
                "noised": "Noise of the timestep's strength is added to the picture first, as the model saw it in training; "
                "averaging several draws makes the features steadier and takes as many times longer.",
            },
        ),
    ] = "released"
    draws: Annotated[
        int,
        Setting(
            "noise draws",
            "Draws of noise that are averaged, in the regime noised",
            1,
            10_000,
            only=("regime", "noised"),
        ),
    ] = 1
    condition: Annotated[
        Condition,
        Setting(
            "condition pictures",
            "Whether the pictures that SVD is given as its condition get slight noise, as in its training",
            words={"noised": "slight noise", "plain": "as they are (faster)"},
            tips={
                "noised": "The pictures that SVD is given as its condition get slight noise, as in its training and the "
                "paper's code.",
                "plain": "Without noise each picture is encoded once and not twice, which saves most of the time of one "
                "timestep and changes the features a little.",
            },
        ),
    ] = "noised"
    generator: Annotated[
        Literal["auto", "numpy", "philox"],
        Setting(
            "random numbers",
            "Where noise comes from; features of both kinds are equally good, and are kept apart",
            words={"auto": "usual", "philox": "drawn where used", "numpy": "drawn on the CPU"},
            tips={
                "auto": "As the features that are there already were computed; else as is usual for the model.",
                "philox": "Drawn on the device that computes, the same numbers everywhere.",
                "numpy": "Drawn on the CPU one after the other, as earlier versions did.",
            },
        ),
    ] = "auto"
    max_seconds: Annotated[
        float | None,
        Setting(
            "longest time used",
            "Longer clips are cut to this length; the paper uses 180 s",
            0.1,
            1e7,
            "s",
            "all of it",
            step=1,
        ),
    ] = 180.0

    def __post_init__(self) -> None:
        check(self, BackboneError)
        if self.draws > 1 and self.regime == "released":
            raise BackboneError(f"{self.draws} noise draws make no sense in the regime {self.regime}.")

    def encode_settings(self, backbone: Backbone, height: int, width: int) -> EncodeSettings:
        """Return settings of the backbone for a picture of ``height`` x ``width`` pixels."""
        if self.resolution == "default":
            resolution = backbone.resolution
        elif self.resolution == "keep-aspect":
            resolution = fitted_resolution(height, width, backbone.resolution, backbone.multiple)
        else:
            resolution = (int(self.resolution[0]), int(self.resolution[1]))
        return EncodeSettings(
            resolution=resolution,
            regime=self.regime,
            draws=self.draws,
            generator=self.generator_of(backbone),
            condition=self.condition,
        )

    def generator_of(self, backbone: BackboneFacts) -> Generator:
        """Where noise comes from for a backbone; those of plugins need not say it."""
        return getattr(backbone, "generator", "numpy") if self.generator == "auto" else self.generator


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
    def of(cls, backbone: BackboneFacts, settings: ExtractionSettings) -> "Provenance":
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
        # Values that earlier versions did not know are named where they differ from what those did.
        if values.pop("condition") == "plain":
            values["condition"] = "plain"
        if values.pop("generator") and settings.generator_of(backbone) != "numpy":
            values |= {"generator": "philox4x32-10", "version": PHILOX_VERSION}
        return cls(backbone.id, values)

    @property
    def generator(self) -> Generator:
        """Where the noise came from."""
        return "philox" if "generator" in self.values else "numpy"

    @property
    def digest(self) -> str:
        """Hex digest (12 digits) of all values."""
        return hashlib.sha256(json.dumps(self.values, sort_keys=True).encode()).hexdigest()[:12]
