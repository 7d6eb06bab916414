"""What came of an import?"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be imported as it stands, or that is worth a look.

    Attributes
    ----------
    file : Path
        The table or video it is about.
    line : int or None
        Line of the table, counted from 1; None where it is about the whole file.
    reason : str
        One sentence or more: what is wrong and what to do.
    """

    file: Path
    line: int | None
    reason: str

    def __str__(self) -> str:
        place = self.file.name if self.line is None else f"{self.file.name}, line {self.line}"
        return f"{place}: {self.reason}"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import added, and what it could not.

    Attributes
    ----------
    clips_added, videos_added, labels_added : int
        What is new in the project. A label that changed its value counts as added.
    problems : tuple of Problem
        Rows and files that were left out, and why.
    notes : tuple of Problem
        Rows and files that went in, but with something to know about them.
    """

    clips_added: int
    videos_added: int
    labels_added: int
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()
