"""Settings of the ethogram dock, and the job that computes it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from actiondiff_gui.errors import AnalysisError
from actiondiff_gui.ethogram.jobs import Ethogram, ethogram_job
from actiondiff_gui.ethogram.settings import EthogramSettings
from actiondiff_gui.ethogram.source import (
    BOTH,
    LABELS,
    PREDICTIONS,
    RATER,
    Source,
    models,
    raters,
)
from actiondiff_gui.gui.session.session import Session
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.project import Project

EVERY, CHOSEN, SELECTED, OPEN = "all", "chosen", "selected", "open"
VIDEOS = {
    **{EVERY: "all recordings", CHOSEN: "chosen in Videos"},
    **{SELECTED: "recordings of selected clips", OPEN: "the open recording"},
}
"""Which recordings are included."""


@dataclass(frozen=True, kw_only=True)
class EthogramChoice(EthogramSettings):
    """All choices of the dock, with the settings of what is counted and compared.

    Attributes
    ----------
    source : Source
    videos : str
        A key of :data:`VIDEOS`.
    by : str
        What the budget is parted by.
    first, second : Source
        Who is compared.
    """

    source: Source = field(default_factory=Source)
    videos: str = EVERY
    by: str = ""
    first: Source = field(default_factory=Source)
    second: Source = field(default_factory=lambda: Source(PREDICTIONS, ""))

    def to_json(self) -> dict[str, Any]:
        """Return plain values, as stored in the project."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: object) -> "EthogramChoice":
        """Return the choice that :meth:`to_json` stored; the default where it is invalid."""
        try:
            kept: Any = values
            found = {f.name: kept[f.name] for f in fields(cls) if f.name in kept}
            for name in ("source", "first", "second"):
                found[name] = Source(str(found[name]["kind"]), str(found[name]["name"]))
                if found[name].kind not in (LABELS, PREDICTIONS, BOTH, RATER):
                    return cls()
            if found["videos"] not in VIDEOS or not isinstance(found["by"], str):
                return cls()
            return cls(**found)
        except (TypeError, KeyError, AnalysisError):
            return cls()


def chosen_videos(session: Session, which: str) -> list[str] | None:
    """Return the ids of the videos in scope; None for all, none where nothing is selected or open."""
    if which == SELECTED:
        return list(dict.fromkeys(row.video_id for row in session.table.known(session.selection)))
    if which == CHOSEN:
        return list(session.chosen_videos)
    if which == OPEN:
        return [session.video] if session.video is not None else []
    return None


@dataclass(frozen=True, eq=False)
class Seen:
    """An ethogram, and all sources of the project with their counts.

    ``alone`` is whether the annotator sees only own labels; then they are the only source.
    """

    ethogram: Ethogram
    raters: list[tuple[str, int]]
    models: list[tuple[str, int]]
    alone: bool = False

    def sources(self) -> list[Source]:
        """Return everything that can be chosen as a source."""
        return [self.ethogram.source] if self.alone else sources(self.models, self.raters)


def read_ethogram_job(
    project: Project, choice: EthogramChoice, video_ids: Sequence[str] | None, model: str | None = None
) -> Job[Seen]:
    """Read and count, for the choice as it fits the project: a model that said nothing gives way to ``model``, to another
    one, or to labels. An annotator who sees only own labels gets these.
    """
    yield Progress(0, 0, "reading bouts")
    only = project.seen_by
    predicting = models(project) if only is None else []
    labelling = [rater for rater in raters(project) if only in (None, rater[0])]
    predicting.sort(key=lambda found: found[0] != model)
    source = fitting(choice.source, predicting, labelling) if only is None else Source(RATER, only)
    found = yield from ethogram_job(project, source, video_ids, choice.counted, choice.by, choice.with_own)
    return Seen(found, labelling, predicting, only is not None)


def fitting(
    source: Source, predicting: Sequence[tuple[str, int]], labelling: Sequence[tuple[str, int]]
) -> Source:
    """Return the source, or an existing one in its place."""
    names = [name for name, _ in (labelling if source.kind == RATER else predicting)]
    if source.kind == LABELS or source.name in names:
        return source
    if source.kind == RATER or not names:
        return Source()
    return Source(source.kind, names[0])


def sources(
    predicting: Sequence[tuple[str, int]], labelling: Sequence[tuple[str, int]], both: bool = True
) -> list[Source]:
    """Return everything that can be chosen as a source; ``both`` are labels completed by predictions."""
    found = [Source()]
    found += [Source(PREDICTIONS, name) for name, _ in predicting]
    if both:
        found += [Source(BOTH, name) for name, _ in predicting]
    if len(labelling) > 1 or not both:
        found += [Source(RATER, name) for name, _ in labelling]
    return found
