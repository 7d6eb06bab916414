"""Runs of one value in a sequence: bouts from frame-by-frame labels."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from actiondiff_gui.project.formats.imports.report import Problem, ProblemList
from actiondiff_gui.project.formats.readers.contents import Stretch

NOTHING = ("", "other", "background", "none", "nan", "na", "no behavior", "no behaviour")
"""Names, in small letters, by which tools say that nothing of interest is shown."""


def runs(values: Iterable[object]) -> Iterator[tuple[object, int, int]]:
    """Value, first index and exclusive end of each run of equal values."""
    end = 0
    for value, group in groupby(values):
        first, end = end, end + sum(1 for _ in group)
        yield value, first, end


def without_nothing(stretches: Sequence[Stretch], path: Path, notes: ProblemList) -> tuple[Stretch, ...]:
    """Return the stretches without those whose name means that nothing is shown, which are reported in a note."""
    left = sorted({s.behaviour for s in stretches if s.behaviour.casefold() in NOTHING})
    if left:
        reason = f"{', '.join(map(repr, left))} means that nothing is shown; it became no action."
        notes.append(Problem(path, None, reason))
    return tuple(s for s in stretches if s.behaviour.casefold() not in NOTHING)
