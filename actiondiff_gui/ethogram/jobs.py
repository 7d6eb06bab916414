"""Jobs that read a project's bouts and compute an ethogram."""

from collections.abc import Sequence
from dataclasses import dataclass

from actiondiff_gui.ethogram.agreement import Agreement, agreement_job
from actiondiff_gui.ethogram.bouts import Bouts
from actiondiff_gui.ethogram.budget import NOTHING, BudgetRow, budget
from actiondiff_gui.ethogram.settings import EthogramSettings
from actiondiff_gui.ethogram.source import Source, read_bouts
from actiondiff_gui.ethogram.transitions import Transitions, transitions
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.project import Project


@dataclass(frozen=True, eq=False)
class Ethogram:
    """The bouts of some recordings, and what was counted of them.

    Attributes
    ----------
    source : Source
    counted, by : str
        Which frames count, and what the budget is parted by.
    bouts : Bouts
    budget : list of BudgetRow
    transitions : Transitions
    """

    source: Source
    counted: str
    by: str
    bouts: Bouts
    budget: list[BudgetRow]
    transitions: Transitions

    def notes(self) -> list[str]:
        """Return the caveats of the numbers, as sentences."""
        said = []
        if self.bouts.joined:
            said.append(
                f"Bouts joined to one of the same action and subject that they overlap: {self.bouts.joined:,}."
            )
        if self.bouts.trimmed:
            said.append(
                f"Predictions shortened or left out, as labels lie over them: {self.bouts.trimmed:,}."
            )
        return said


def ethogram_job(
    project: Project,
    source: Source,
    video_ids: Sequence[str] | None = None,
    counted: str = EthogramSettings.counted,
    by: str = NOTHING,
    with_own: bool = EthogramSettings.with_own,
) -> Job[Ethogram]:
    """Read the bouts of all videos or of ``video_ids``, and count."""
    yield Progress(0, 3, "reading bouts")
    bouts = read_bouts(project, source, video_ids)
    yield Progress(1, 3, "counting")
    rows = budget(bouts, counted, by)
    yield Progress(2, 3, "counting")
    return Ethogram(source, counted, by, bouts, rows, transitions(bouts, with_own))


def compare_job(
    project: Project,
    first: Source,
    second: Source,
    video_ids: Sequence[str] | None = None,
    settings: EthogramSettings | None = None,
) -> Job[Agreement]:
    """Compare what two sources said of all videos or of ``video_ids``.

    Raises
    ------
    AnalysisError
        The two cannot be compared.
    """
    yield Progress(0, 0, "reading bouts")
    one, two = (read_bouts(project, source, video_ids) for source in (first, second))
    return (yield from agreement_job(one, two, settings))
