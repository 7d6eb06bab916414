"""Contents of another tool's table, before anything is matched to a project."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from actiondiff_gui.project.formats.imports.report import NO_PROBLEMS, Problems
from actiondiff_gui.project.formats.tables.cells import Unit

BORIS, AGGREGATED, BORIS_PROJECT, BORIS_EVENTS, DEEPETHOGRAM, FRAMES = (
    "boris",
    "boris-aggregated",
    "boris-project",
    "boris-events",
    "deepethogram",
    "frames",
)
ELAN, JABS, FERAL, VIA, OBSERVER, ETHOVISION = "elan", "jabs", "feral", "via", "observer", "ethovision"
BENTO, CALTECH, FRAME_TEXT, CVAT, DATAVYU = "bento", "caltech", "frame-text", "cvat", "datavyu"
NWB = "nwb"
NAMES = {
    BORIS: "BORIS tabular events",
    AGGREGATED: "BORIS aggregated events",
    BORIS_PROJECT: "BORIS project",
    BORIS_EVENTS: "BORIS spreadsheet of events (time, subject, code)",
    DEEPETHOGRAM: "DeepEthogram labels",
    FRAMES: "a column of 0 and 1 for each behaviour",
    FRAME_TEXT: "a behaviour or syllable for each frame or time (Solomon Coder, keypoint-MoSeq, VAME)",
    ELAN: "ELAN annotations",
    JABS: "JABS labels",
    FERAL: "FERAL labels",
    VIA: "VIA 3 project",
    OBSERVER: "The Observer XT events",
    ETHOVISION: "EthoVision XT manual scoring",
    BENTO: "Bento annotations",
    CALTECH: "Caltech Behavior Annotator",
    CVAT: "CVAT annotations of a video",
    DATAVYU: "Datavyu columns",
    NWB: "NWB intervals and events",
}
"""The formats by their keys, in words."""

EVENT, POINT_EVENT = "event", "point"
"""Facet, and its value, of a clip of one frame that stands for an event without a duration."""
COMMENT, COMMENT_STOP, CATEGORY, MODIFIER = "comment", "comment at stop", "behavioral category", "modifier "
"""Facets of bouts that BORIS has; modifiers are numbered from 1."""
OFFSET = "time offset (s)"
"""Facet of a video whose events BORIS counts from another moment than its first frame."""


def of_bout(key: str) -> bool:
    """Return whether a facet is about one bout, not about the whole video."""
    return key in (EVENT, COMMENT, COMMENT_STOP, CATEGORY) or (
        key.startswith(MODIFIER) and key[len(MODIFIER) :].isdecimal()
    )


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of an observation that runs through several media files, one after the other.

    Attributes
    ----------
    observation : str
    files : tuple of str
        Media files as written, in the order in which they are played.
    lengths : tuple of (float or None)
        How long each is in seconds, None where the file does not tell.
    total : float or None
        How long all are together, where the file tells.
    begins : tuple of float
        When each file begins where they do not follow each other directly; empty where they do.
    names_files : bool
        Whether the file that the tool names for an event should be the one that its time lies in.
    """

    observation: str
    files: tuple[str, ...]
    lengths: tuple[float | None, ...]
    total: float | None = None
    begins: tuple[float, ...] = ()
    names_files: bool = True


@dataclass(frozen=True, slots=True)
class Stretch:
    """One behaviour from ``start`` to ``end``, as a tool tells it.

    Attributes
    ----------
    line : int or None
        Line of the table where it begins.
    video : str
        Name or path of the media file as written.
    behaviour : str
        Name as written.
    start, end : float
        In ``unit``; the end is exclusive.
    unit : {"seconds", "frames"}
    subject : str or None
    point : bool
        Whether the tool says that it has no duration.
    facets : mapping of str to str
        What the tool says of this bout: comment, modifiers, category.
    value : int
        1, or -1 where the tool says that the behaviour is not shown.
    observation : str
        Where the file holds several, the name of the one it belongs to.
    clock : Clock, optional
        What ``start`` and ``end`` count on where they do not count from the begin of ``video``.
    """

    line: int | None
    video: str
    behaviour: str
    start: float
    end: float
    unit: Unit = "seconds"
    subject: str | None = None
    point: bool = False
    facets: Mapping[str, str] = field(default_factory=dict)
    clock: Clock | None = None
    value: int = 1
    observation: str = ""

    def __str__(self) -> str:
        of = f"observation {self.observation!r}: " if self.observation else ""
        return f"{of}{self.behaviour}"


@dataclass(frozen=True)
class ForeignTable:
    """All that a file of another tool says.

    Attributes
    ----------
    path : Path
    kind : str
        A key of :data:`NAMES`.
    stretches : tuple of Stretch
    behaviours : tuple of str
        Names in the order of the file, those without a stretch too.
    videos : tuple of str
        Media files as written, those without a stretch too.
    fps : dict of str to float
        Frame rate that the file tells of a media file.
    rows : dict of str to int
        How many frames the file tells that a media file has: for tables of frames, the number of rows.
    numbers : dict of str to (int, int)
        For tables of frames, which frames the first and the last row of a media file are about.
    last_times : dict of str to float
        For tables with a time in each row, when the last row of a media file begins, in seconds.
    facets : dict of str to (dict of str to str)
        What holds for all of a media file, by facet: independent variables.
    observations : int
        How many observations it holds, 0 for a format that has none.
    spellings : tuple of (tuple of str)
        Behaviours that differ by capitals only and have events that find no partner in their own spelling.
    doubtful : tuple of str
        Behaviours that may be none: columns of 0 and 1 among columns of other numbers.
    problems, notes : Problems
        What could not be understood, and what was, with something to know about it.
    """

    path: Path
    kind: str
    stretches: tuple[Stretch, ...]
    behaviours: tuple[str, ...]
    videos: tuple[str, ...]
    fps: dict[str, float] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    numbers: dict[str, tuple[int, int]] = field(default_factory=dict)
    last_times: dict[str, float] = field(default_factory=dict)
    facets: dict[str, dict[str, str]] = field(default_factory=dict)
    observations: int = 0
    spellings: tuple[tuple[str, ...], ...] = ()
    doubtful: tuple[str, ...] = ()
    problems: Problems = NO_PROBLEMS
    notes: Problems = NO_PROBLEMS
