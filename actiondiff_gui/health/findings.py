"""Findings of a check: problems, repairs, and what is in order."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(eq=False)
class Finding:
    """One thing that is wrong.

    Attributes
    ----------
    part : str
        ``"database"``, ``"content"``, ``"videos"``, ``"features"``, ``"models"`` or ``"files"``.
    sentence : str
        What is wrong and what to do.
    where : Path or None
        The file in question.
    mend : callable or None
        Mends it, and returns a sentence of what was done; None where that would need a guess.
    mended : str
        That sentence, "" as long as it is not mended.
    """

    part: str
    sentence: str
    where: Path | None = None
    mend: Callable[[], str] | None = None
    mended: str = ""


@dataclass(frozen=True)
class Fine:
    """What was looked at in one part, in words."""

    part: str
    text: str


@dataclass
class Report:
    """All that a check found.

    Attributes
    ----------
    project : Path
    findings : list of Finding
    fine : list of Fine
    notes : list of str
        What is no fault but good to know.
    """

    project: Path
    findings: list[Finding] = field(default_factory=list)
    fine: list[Fine] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(
        self, part: str, sentence: str, where: Path | None = None, mend: Callable[[], str] | None = None
    ) -> None:
        """Add something that is wrong."""
        self.findings.append(Finding(part, sentence, where, mend))

    def fine_about(self, part: str, text: str) -> None:
        """Say what is well in one part."""
        self.fine.append(Fine(part, text))

    @property
    def problems(self) -> list[Finding]:
        """What is wrong and not mended."""
        return [each for each in self.findings if not each.mended]

    @property
    def mended(self) -> list[Finding]:
        """What was wrong and is mended."""
        return [each for each in self.findings if each.mended]

    def summary(self) -> str:
        """Return the result, in one sentence."""
        name, left, mended = self.project.name, len(self.problems), len(self.mended)
        done = f" {mended} mended." if mended else ""
        if not left:
            return f"{name} is whole.{done}"
        can = sum(each.mend is not None for each in self.problems)
        repair = f" --repair fixes {can} of them." if can else ""
        return f"{name}: {left} {'problem' if left == 1 else 'problems'}.{done}{repair}"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "project": str(self.project),
            "problems": [_plain(each) for each in self.problems],
            "mended": [{**_plain(each), "mended": each.mended} for each in self.mended],
            "notes": self.notes,
            "fine": {each.part: each.text for each in self.fine},
        }


def _plain(finding: Finding) -> dict[str, Any]:
    return {
        "part": finding.part,
        "problem": finding.sentence,
        "file": str(finding.where) if finding.where else None,
        "can_be_mended": finding.mend is not None,
    }
