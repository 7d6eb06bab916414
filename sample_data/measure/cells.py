"""What was measured already? One JSON line per cell, in a file that a stopped run goes on with."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Cell:
    """One question: how often does a head name the action from one subject's features at one address?

    Attributes
    ----------
    clips : str
        Name of the set of clips.
    subject : str
        ``model``, ``twin``, ``pixels`` or ``flow``.
    digest : str
        Of weights and settings, so that answers of other weights are never taken for these.
    regime : str
        ``released``, ``noised``, or ``-``.
    timestep, layer
        As in a feature address.
    head : str
        ``linear`` or ``transformer``.
    split : str
        What is held out: ``species``, ``viewpoint``, ``context``, or ``within`` for folds over all clips. A cell of
        the linear head answers ``within`` too.
    how : str
        What else the answer depends on: the summary over time, or seeds and epochs.
    """

    clips: str
    subject: str
    digest: str
    regime: str
    timestep: str
    layer: int
    head: str
    split: str
    how: str


@dataclass(frozen=True)
class Answer:
    """How often each clip's action was named rightly.

    Attributes
    ----------
    right : str
        A digit for each clip, in the order of the clips' keys: in how many of the repetitions.
    repetitions : int
        How often each clip was asked for.
    within : str
        The same for folds over clips of all domains; "" where the cell does not hold it.
    validation : dict of str to float
        For each held-out domain the accuracy in validation without it (linear head).
    """

    right: str
    repetitions: int = 1
    within: str = ""
    validation: dict[str, float] | None = None

    def share(self, part: str = "right") -> np.ndarray:
        """Share of the repetitions in which each clip was named rightly, ``[N]``."""
        return np.array([int(digit) for digit in getattr(self, part)]) / self.repetitions


class Kept:
    """Answers in a file, one line each; a line that a killed run left half written counts as absent."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.answers: dict[Cell, Answer] = dict(_read(file)) if file.exists() else {}
        if file.exists() and not file.read_bytes().endswith(b"\n"):
            with file.open("a", encoding="utf-8") as stream:
                stream.write("\n")

    def __contains__(self, cell: Cell) -> bool:
        return cell in self.answers

    def __getitem__(self, cell: Cell) -> Answer:
        return self.answers[cell]

    def add(self, cell: Cell, answer: Answer) -> None:
        """Keep one answer."""
        self.answers[cell] = answer
        with self.file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"cell": asdict(cell), "answer": asdict(answer)}) + "\n")


def digits(right: Sequence[int] | np.ndarray) -> str:
    """Counts of 0 to 9, one for each clip, as text."""
    counts = [int(count) for count in right]
    if counts and not 0 <= min(counts) <= max(counts) <= 9:
        raise ValueError("At most 9 repetitions can be kept.")
    return "".join(map(str, counts))


def _read(file: Path) -> Iterator[tuple[Cell, Answer]]:
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            kept: dict[str, Any] = json.loads(line)
            yield Cell(**kept["cell"]), Answer(**kept["answer"])
        except (ValueError, TypeError, KeyError):
            continue
