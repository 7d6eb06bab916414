"""Progress of a review and accuracy of the model, read from the project."""

from dataclasses import dataclass
from datetime import UTC, datetime
from math import sqrt
from statistics import NormalDist

from actiondiff_gui.classifier.models.library import model_path
from actiondiff_gui.classifier.models.saved import describe_classifier
from actiondiff_gui.classifier.review_order import RANDOM
from actiondiff_gui.errors import ClassifierError
from actiondiff_gui.gui.session.clip_table import ClipTable
from actiondiff_gui.gui.train.state.training import LABELS_READ
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.storage.row_checks import moment


@dataclass(frozen=True)
class Numbers:
    """Clips that are labelled, that were confirmed or corrected in a review, that carry a prediction and no label, that
    were excluded, and whose label or exclusion is newer than the model (None without a model)."""

    labelled: int
    confirmed: int
    predicted: int
    excluded: int
    changed: int | None


@dataclass(frozen=True)
class Accuracy:
    """How often a model was right on randomly drawn clips.

    Attributes
    ----------
    model : str
    right, answered : int
        Of the clips asked at random and answered about this model.
    low, high : float
        Wilson's 95 % interval of the share.
    skipped : int
        Clips asked at random and skipped, which do not count.
    elsewhere : int
        Answers about this model in other orders, which never count.
    """

    model: str
    right: int
    answered: int
    low: float
    high: float
    skipped: int = 0
    elsewhere: int = 0

    @property
    def share(self) -> float:
        """Share of right answers; NaN without an answer."""
        return self.right / self.answered if self.answered else float("nan")


def numbers(project: Project, table: ClipTable, trained: datetime | None) -> Numbers:
    """Count what ``table`` shows; ``trained`` is when the labels were read that the model learned from."""
    labelled = confirmed = predicted = excluded = 0
    newly_excluded = set()
    for row in table.rows:
        labelled += row.labelled
        predicted += bool(row.prediction) and not row.labels
        excluded += row.excluded
        if row.answer is not None:
            confirmed += row.answer.answer in ("confirmed", "corrected") and bool(row.labelled)
            if trained is not None and row.answer.answer == "excluded" and row.answer.time > trained:
                newly_excluded.add(row.id)
    changed = None if trained is None else len(project.labels_since(trained) | newly_excluded)
    return Numbers(labelled, confirmed, predicted, excluded, changed)


def trained_at(project: Project, model: str) -> datetime | None:
    """Return when the labels were read that a model was trained on, or when its file was written; None if unknown."""
    try:
        path = model_path(project, model)
        metrics = describe_classifier(path).metrics
        for key in (LABELS_READ, "made"):
            if isinstance(metrics.get(key), str):
                found = datetime.fromisoformat(metrics[key])
                return found if found.tzinfo else found.replace(tzinfo=UTC)
        return moment(path.stat().st_mtime_ns // 1000)
    except (ClassifierError, OSError, ValueError):
        return None


def accuracy(project: Project, model: str) -> Accuracy:
    """Return how often the model called ``model`` was right on clips asked at random.

    Only answers in random order count: clips asked because they are unsure are harder than others. Of a clip that was
    answered twice the last answer counts. Where several actions can be shown, right means all of them and no other.
    """
    tally = project.answer_tally(model, RANDOM)
    right = tally.get("confirmed", 0)
    answered = right + tally.get("corrected", 0) + tally.get("denied", 0)
    low, high = wilson(right, answered)
    elsewhere = (
        sum(n for a, n in project.answer_tally(model).items() if a not in ("skipped", "excluded")) - answered
    )
    return Accuracy(model, right, answered, low, high, tally.get("skipped", 0), elsewhere)


def wilson(right: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval of a share (Wilson 1927), as :func:`actiondiff_gui.evaluation.intervals.wilson`.

    Written again because that one brings scipy.stats, whose import holds the window for more than a second.
    """
    if not n:
        return 0.0, 1.0
    z, share = NormalDist().inv_cdf(0.5 + confidence / 2), right / n
    centre, room = share + z**2 / (2 * n), z * sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return max(0.0, (centre - room) / (1 + z**2 / n)), min(1.0, (centre + room) / (1 + z**2 / n))
