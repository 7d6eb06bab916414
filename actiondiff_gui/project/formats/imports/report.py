"""Result of an import."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

MOST_KEPT = 1000
"""So many problems are kept; a file of nothing but bad rows has millions. The others are counted."""


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
        where = self.file.name if self.line is None else f"{self.file.name}, line {self.line}"
        return f"{where}: {self.reason}"


class Problems(tuple[Problem, ...]):
    """Problems in the order they were found, the first thousand of them.

    Attributes
    ----------
    more : int
        How many others there were.
    """

    more = 0

    @property
    def total(self) -> int:
        """How many there were, those that are not kept too."""
        return len(self) + self.more


NO_PROBLEMS = Problems()


class ProblemList(list[Problem]):
    """Problems while they are found: keeps the first :data:`MOST_KEPT` and counts the rest in ``more``."""

    def __init__(self, problems: Iterable[Problem] = ()) -> None:
        super().__init__()
        self.more = 0
        self.extend(problems)

    def append(self, problem: Problem) -> None:
        """Keep a problem, or count it."""
        if len(self) < MOST_KEPT:
            super().append(problem)
        else:
            self.more += 1

    def extend(self, problems: Iterable[Problem]) -> None:
        """Keep or count several, and those that they count."""
        for problem in problems:
            self.append(problem)
        self.more += getattr(problems, "more", 0)

    def __iadd__(self, problems: Iterable[Problem]) -> "ProblemList":  # type: ignore[override, misc]
        self.extend(problems)
        return self

    def sealed(self, by_line: bool = False) -> Problems:
        """As they are now, or in the order of their lines."""
        found = Problems(sorted(self, key=lambda problem: problem.line or 0) if by_line else self)
        found.more = self.more
        return found


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import added, and what it could not.

    Attributes
    ----------
    clips_added, videos_added, labels_added : int
        What is new in the project. A label that changed its value counts as added.
    problems : Problems
        Rows and files that were left out, and why.
    notes : Problems
        Rows and files that went in, but with something to know about them.
    """

    clips_added: int
    videos_added: int
    labels_added: int
    problems: Problems = NO_PROBLEMS
    notes: Problems = NO_PROBLEMS
