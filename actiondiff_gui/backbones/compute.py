"""Device, precision and attention kernel: settings that do not change features except for rounding."""

from dataclasses import dataclass
from typing import Annotated, Literal

from actiondiff_gui.errors import BackboneError
from actiondiff_gui.settings import Setting, check

Precision = Literal["auto", "float32", "bfloat16", "float16"]


@dataclass(frozen=True)
class ComputeSettings:
    """Where and how a backbone runs.

    Raises
    ------
    BackboneError
        A value makes no sense.
    """

    device: Annotated[
        str,
        Setting(
            "runs on",
            "Where the network runs; the features differ by rounding only",
            words={
                "auto": "fastest here",
                "cuda": "NVIDIA GPU",
                "mps": "Apple GPU",
                "cpu": "processor (CPU)",
            },
            pattern=r"auto|cpu|mps|cuda(:\d{1,3})?",
        ),
    ] = "auto"
    precision: Annotated[
        Precision,
        Setting(
            "precision",
            "Precision of the network's numbers; it changes the features a little",
            words={"auto": "usual"},
            tips={
                "auto": "bfloat16 on an NVIDIA GPU, float32 elsewhere.",
                "float32": "Exact; twice the memory.",
                "bfloat16": "Half the memory and usually faster on a GPU; slightly rounded.",
                "float16": "Half the memory, for GPUs without bfloat16; not on a processor.",
            },
        ),
    ] = "auto"
    batch_size: Annotated[
        int | None,
        Setting(
            "windows at once",
            "Windows that go through the network in one pass; fewer need less memory; usually what suits the backbone",
            1,
            65_536,
            none="usual",
            flag="batch-size",
        ),
    ] = None

    def __post_init__(self) -> None:
        check(self, BackboneError)
