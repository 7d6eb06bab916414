"""Settings of the ethogram and of its exports."""

from dataclasses import dataclass
from typing import Annotated, Literal

from actiondiff_gui.errors import AnalysisError
from actiondiff_gui.settings import Setting, check

WHOLE, LABELLED, SPANNED = "whole", "labelled", "spanned"
WORDS = {
    WHOLE: "All frames of each video count.",
    LABELLED: "Only frames in annotated clips count.",
    SPANNED: "Frames count from the first such clip of a video to the end of the last one.",
}
"""What counts for shares and rates, in words for people."""
ALL, FIRST, SHARED = "all", "first", "shared"
FRAMES = {
    ALL: "All frames of recordings annotated by both count.",
    FIRST: "Only frames in clips annotated by the first one count.",
    SHARED: "Only frames in clips annotated by both count.",
}
"""Which frames count in a comparison, in words for people."""


@dataclass(frozen=True)
class EthogramSettings:
    """How bouts are counted, compared and written.

    Raises
    ------
    AnalysisError
        A value makes no sense.
    """

    counted: Annotated[
        Literal["whole", "labelled", "spanned"],
        Setting(
            "counted",
            "Which frames shares and rates are taken of: all, those in annotated clips, or from the first annotated "
            "clip to the last. In labels of DeepEthogram the others are -1",
            words={WHOLE: "all frames", LABELLED: "labelled frames", SPANNED: "first to last label"},
            tips=WORDS,
        ),
    ] = "whole"
    with_own: Annotated[
        bool,
        Setting(
            "count an action followed by itself", "Count transitions from an action to itself", flag="own"
        ),
    ] = False
    frames: Annotated[
        Literal["all", "first", "shared"],
        Setting(
            "counted",
            "For agreement: all frames, those annotated by the first one, or by both",
            words={
                ALL: "all frames of recordings annotated by both",
                FIRST: "frames annotated by the first one",
                SHARED: "frames annotated by both",
            },
            tips=FRAMES,
        ),
    ] = "all"
    overlap: Annotated[
        float,
        Setting(
            "bouts overlap by",
            "For agreement: two bouts are paired if their common frames are this share of all frames of both",
            0.01,
            1,
            step=0.05,
            percent=True,
        ),
    ] = 0.5
    every: Annotated[
        float | None,
        Setting(
            "a row every",
            "Rows of a table of frames so far apart, with a time, as BORIS and A-SOiD write them",
            0.001,
            3600,
            "s",
            none="each frame",
        ),
    ] = None

    def __post_init__(self) -> None:
        check(self, AnalysisError)
