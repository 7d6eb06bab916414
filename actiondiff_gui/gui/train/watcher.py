"""Which training is wished for, is it fit, and what will it take? Looked up aside, while the form is seen."""

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
from actiondiff_gui.gui.train.state.choices import Look, Wish, look_job, pace_job, pace_key, trainings
from actiondiff_gui.progress import Job

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

SOON_MS = 150


class PlanWatcher(QObject):
    """Follows the project and the wish, and looks what is wrong with the plan.

    Signals: ``changed`` when it knows more; ``stale`` when what it knows may not hold any more.

    Attributes
    ----------
    wish : Wish
        What was chosen.
    look : Look or None
        What is there and what is wrong; None while nothing is known.
    trouble : str
        Why nothing can be said.
    """

    changed = Signal()
    stale = Signal()

    def __init__(self, host: "Host", parent: QObject) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self.wish, self.look, self.trouble = Wish(), None, ""
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
        """Choose something else."""
        self.wish = replace(self.wish, **changes)
        self.refresh()

    def fail(self, text: str) -> None:
        """Say why a choice makes no sense."""
        self.trouble, self.look = text, None
        self.changed.emit()

    def set_seen(self, seen: bool) -> None:
        """Look only while the form is seen."""
        self.query.seen = seen
        if seen:
            self.refresh()

    def refresh(self) -> None:
        """Look again soon."""
        self.stale.emit()
        self.query.refresh(SOON_MS)

    def forecast(self) -> str:
        """What the training will do and take, as far as it is known; "" if it cannot be done."""
        look = self.look
        if look is None:
            return "Checking..."
        if look.check.blocked:
            return ""
        check, plan = look.check, look.plan
        transformer = plan.head == "transformer"
        learn = check.train if transformer else check.train + check.validation
        parts = [f"{learn:,} clips to learn from"]
        if transformer and check.validation:
            parts.append(f"{check.validation:,} to choose the epoch")
        parts.append(f"{check.test:,} to test on" if check.test else "none to test on")
        told = ", ".join(parts) + "."
        pace = self._paces.get(pace_key(look))
        if pace is not None and transformer:
            seconds = total_seconds(plan, pace, learn, trainings(plan, look.domains))
            told += f" At most about {duration_text(seconds)}."
        return told

    def _clips_changed(self, _: object) -> None:
        self.refresh()

    def _domain_changed(self) -> None:
        # The ticks were of another facet.
        if self.look is not None and self.look.facet != self.session.domain:
            self.wish = replace(self.wish, train_domains=None, test_domains=None)
        self.refresh()

    def _project_changed(self) -> None:
        self.look, self.trouble, self._inventory, self.wish = None, "", None, Wish()
        project = self.session.project
        if project is not None:
            try:
                plan = TrainingPlan.from_dict(project.setting(PLAN))
                if plan.domain == self.session.domain:
                    self.wish = Wish.of(plan)
            except ClassifierError:
                pass
        self.changed.emit()
        self.refresh()

    def _question(self) -> Callable[[], Job[Look]]:
        session, project = self.session, self.session.needed()
        rows, actions = list(session.table.rows), [action.name for action in session.actions]
        address, facet, wish, inventory = session.address, session.domain, self.wish, self._inventory
        return lambda: look_job(project, session.loaded, address, rows, actions, facet, wish, inventory)

    def _looked(self, look: Look) -> None:
        self.look, self.trouble, self._inventory = look, "", look.inventory
        self.changed.emit()
        self._measure(look)

    def _measure(self, look: Look) -> None:
        """Try one step of the training, unless that was done, or other work would spoil the measurement."""
        key, jobs = pace_key(look), self.host.jobs
        if look.check.blocked or look.plan.head != "transformer" or key in self._paces:
            return
        if any(job.lane == "heavy" for job in jobs.active()):
            return

        def done(pace: float) -> None:
            self._paces[key] = pace
            self.changed.emit()

        jobs.start(
            lambda: pace_job(look),
            "measuring one step",
            done=done,
            # Without a forecast it trains as well.
            failed=lambda _: None,
            key=self._key,
            quiet=True,
        )
