"""What does another tool's table say, before anything is looked up in a project?"""

from dataclasses import dataclass, field
from pathlib import Path

from actiondiff_gui.project.formats.cells import Unit
from actiondiff_gui.project.formats.report import NO_PROBLEMS, Problems

BORIS, AGGREGATED, BORIS_PROJECT, DEEPETHOGRAM, FRAMES = (
    "boris",
    "boris-aggregated",
    "boris-project",
    "deepethogram",
    "frames",
)
NAMES = {
    BORIS: "BORIS tabular events",
    AGGREGATED: "BORIS aggregated events",
    BORIS_PROJECT: "BORIS project",
    DEEPETHOGRAM: "DeepEthogram labels",
    FRAMES: "a column of 0 and 1 for each behaviour",
}
"""The formats by their keys, in words."""


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
    """

    line: int | None
    video: str
    behaviour: str
    start: float
    end: float
    unit: Unit = "seconds"
    subject: str | None = None
    point: bool = False


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
        For tables of frames, how many there are of a media file.
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
    doubtful: tuple[str, ...] = ()
    problems: Problems = NO_PROBLEMS
    notes: Problems = NO_PROBLEMS
