"""Check and cost of the training that the form describes, computed in the background while it is visible."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from actiondiff_gui.classifier.training.cost import total_seconds
from actiondiff_gui.classifier.training.plan import TrainingPlan
from actiondiff_gui.errors import ClassifierError
from actiondiff_gui.features.cost import duration_text
from actiondiff_gui.gui.common.listening import listen, when_destroyed
from actiondiff_gui.gui.services.background_query import BackgroundQuery
from actiondiff_gui.gui.train.maker import PLAN
from actiondiff_gui.gui.train.state.choices import (
    CheckedPlan,
    TrainingChoices,
    checked_plan_job,
    pace_job,
    pace_key,
    trainings,
)
from actiondiff_gui.progress import Job

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

SOON_MS = 150


class PlanWatcher(QObject):
    """Follows the project and the form, and checks the plan.

    Signals: ``changed`` when it knows more; ``stale`` when what it knows may not hold any more.

    Attributes
    ----------
    choices : TrainingChoices
        What was chosen.
    checked : CheckedPlan or None
        What is there and what is wrong; None while nothing is known.
    trouble : str
        Why nothing can be said.
    """

    changed = Signal()
    stale = Signal()

    def __init__(self, host: "Host", parent: QObject) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self.choices, self.checked, self.trouble = TrainingChoices(), None, ""
        self._inventory = None
        self._paces: dict[tuple, float] = {}
        self._key = f"training pace {id(self)}"
        self.query = BackgroundQuery(
            self, host, "checking the training clips", self._question, self._looked, self.fail
        )
        session = self.session
        listen(
            self,
            (session.clips_changed, self._clips_changed),
            (session.actions_changed, self.refresh),
            (session.domain_changed, self._domain_changed),
            (session.address_changed, self.refresh),
            (session.features_changed, self.refresh),
            (session.project_changed, self._project_changed),
        )
        when_destroyed(self, host.jobs.leave, self._key)
        self._project_changed()

    def want(self, **changes: object) -> None:
        """Set the form's values."""
        self.choices = replace(self.choices, **changes)
        self.refresh()

    def fail(self, text: str) -> None:
        """Set the reason why the form's values are invalid."""
        self.trouble, self.checked = text, None
        self.changed.emit()

    def set_seen(self, seen: bool) -> None:
        """Check only while the form is visible."""
        self.query.seen = seen
        if seen:
            self.refresh()

    def refresh(self) -> None:
        """Check again soon."""
        self.stale.emit()
        self.query.refresh(SOON_MS)

    def forecast(self) -> str:
        """Return what the training will do and take, as far as it is known; "" if it cannot start."""
        checked = self.checked
        if checked is None:
            return "Checking..."
        if checked.check.blocked:
            return ""
        check, plan = checked.check, checked.plan
        transformer = plan.head == "transformer"
        learn = check.train if transformer else check.train + check.validation
        parts = [f"{learn:,} training clips"]
        if transformer and check.validation:
            parts.append(f"{check.validation:,} validation clips")
        parts.append(f"{check.test:,} test clips" if check.test else "no test clips")
        told = ", ".join(parts) + "."
        pace = self._paces.get(pace_key(checked))
        if pace is not None and transformer:
            seconds = total_seconds(plan, pace, learn, trainings(plan, checked.domains))
            told += f" At most about {duration_text(seconds)}."
        return told

    def _clips_changed(self, _: object) -> None:
        self.refresh()

    def _domain_changed(self) -> None:
        # The ticks were of another facet.
        if self.checked is not None and self.checked.facet != self.session.domain:
            self.choices = replace(self.choices, train_domains=None, test_domains=None)
        self.refresh()

    def _project_changed(self) -> None:
        self.checked, self.trouble, self._inventory, self.choices = None, "", None, TrainingChoices()
        project = self.session.project
        if project is not None:
            try:
                plan = TrainingPlan.from_dict(project.setting(PLAN))
                if plan.domain == self.session.domain:
                    self.choices = TrainingChoices.of(plan)
            except ClassifierError:
                pass
        self.changed.emit()
        self.refresh()

    def _question(self) -> Callable[[], Job[CheckedPlan]]:
        session, project = self.session, self.session.needed()
        rows, actions = list(session.table.rows), [action.name for action in session.actions]
        address, facet, choices, inventory = session.address, session.domain, self.choices, self._inventory
        return lambda: checked_plan_job(
            project, session.loaded, address, rows, actions, facet, choices, inventory
        )

    def _looked(self, checked: CheckedPlan) -> None:
        self.checked, self.trouble, self._inventory = checked, "", checked.inventory
        self.changed.emit()
        self._measure(checked)

    def _measure(self, checked: CheckedPlan) -> None:
        """Measure one training step, unless that was done, or other work would distort it."""
        key, jobs = pace_key(checked), self.host.jobs
        if checked.check.blocked or checked.plan.head != "transformer" or key in self._paces:
            return
        if any(job.lane == "heavy" for job in jobs.active()):
            return

        def done(pace: float) -> None:
            self._paces[key] = pace
            self.changed.emit()

        jobs.start(
            lambda: pace_job(checked),
            "measuring one step",
            done=done,
            # Without a forecast it trains as well.
            failed=lambda _: None,
            key=self._key,
            quiet=True,
        )
