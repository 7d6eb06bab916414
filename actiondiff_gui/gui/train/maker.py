"""Training that runs in a window, and its outcome, for all docks."""

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from actiondiff_gui.classifier.training.plan import HEADS, TrainingPlan
from actiondiff_gui.classifier.training.run import TrainingRun
from actiondiff_gui.gui.services.jobs import RunningJob
from actiondiff_gui.gui.train.state.training import Trained, train_job

if TYPE_CHECKING:
    from actiondiff_gui.gui.services.context import WindowContext
    from actiondiff_gui.project.project import Project

PLAN = "training plan"
"""Setting of the project in which the plan of the last training is kept."""


class Trainer(QObject):
    """Trains models in jobs and stores them in the project.

    Signals: ``changed`` when a training began, reported or ended; ``trained(name)`` when a model was kept.

    Attributes
    ----------
    run : TrainingRun or None
        The training that runs or ran last, as it goes.
    job : RunningJob or None
    trouble : str
        Why the last one came to nothing, "" if it did not.
    """

    changed = Signal()
    trained = Signal(str)

    def __init__(self, host: "WindowContext") -> None:
        super().__init__(host)
        self.host, self.session = host, host.session
        self.run: TrainingRun | None = None
        self.job: RunningJob | None = None
        self.trouble = ""
        host.jobs.changed.connect(self._follow)
        host.session.project_changed.connect(self._forget)

    @property
    def running(self) -> bool:
        """Whether a training is queued or running."""
        return self.job is not None and not self.job.finished

    def start(self, plan: TrainingPlan, name: str = "") -> None:
        """Train by a plan at the session's address.

        Raises
        ------
        ProjectError
            If no project is open.
        """
        project, address, loaded = self.session.needed(), self.session.address, self.session.loaded
        self.session.keep_setting(PLAN, plan.to_dict())
        run = TrainingRun(plan)
        self.run, self.trouble = run, ""
        self.job = self.host.jobs.start(
            lambda: train_job(project, loaded, address, run, name),
            f"training ({HEADS[plan.head]})",
            done=lambda trained: self._finish(project, trained),
            failed=lambda text: self._fail(project, text),
            key="train",
            lane="heavy",
        )
        self.job.stop_hint = "Stop; no model is saved"
        self.changed.emit()

    def enough(self) -> None:
        """Stop the training, keep the best epoch so far, and test it."""
        if self.run is not None:
            self.run.enough = True
            self.changed.emit()

    def _finish(self, project: "Project", trained: Trained) -> None:
        if self.session.project is not project:
            return
        # The model in use is the newest: it was trained to be used.
        self.session.set_model(trained.name)
        self.changed.emit()
        self.trained.emit(trained.name)
        self.host.tell(f"The model {trained.name} was saved in the project and is now in use.")

    def _fail(self, project: "Project", text: str) -> None:
        if self.session.project is project:
            self.trouble = text
            self.host.jobs.add_problem(text)
            self.changed.emit()

    def _follow(self) -> None:
        if self.job is not None and not self.host.closed:
            self.changed.emit()

    def _forget(self) -> None:
        self.run, self.job, self.trouble = None, None, ""
        self.changed.emit()
