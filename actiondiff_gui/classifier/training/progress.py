"""Progress of a transformer training after each epoch."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from actiondiff_gui.classifier.models.trained import TrainedClassifier
from actiondiff_gui.progress import Progress


@dataclass(frozen=True)
class TrainingProgress(Progress):
    """One finished epoch; ``done`` and ``total`` count epochs.

    Attributes
    ----------
    loss : float
        Mean training loss of the epoch.
    learning_rate : float
        At the end of the epoch.
    metric_name : str
        "top-1" or "mAP"; "" without a validation part.
    metric, validation_loss : float or None
        On the validation part.
    best_epoch : int
        Counted from 1; without a validation part the newest.
    best : callable
        Builds the best classifier up to the newest epoch of the job. It still does after the job has been
        closed: stopping loses nothing.
    """

    loss: float = math.nan
    learning_rate: float = 0.0
    metric_name: str = ""
    metric: float | None = None
    validation_loss: float | None = None
    best_epoch: int = 0
    best: Callable[[], TrainedClassifier] | None = field(default=None, repr=False, compare=False)
