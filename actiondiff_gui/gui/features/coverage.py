"""Coverage and cost of the chosen features, looked up in the background while the dock is visible."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from actiondiff_gui.features.cost import Pace
from actiondiff_gui.gui.common.listening import listen, when_destroyed
from actiondiff_gui.gui.features.extraction import extractions
from actiondiff_gui.gui.features.state.extracting import (
    SMALL_BYTES,
    Outlook,
    Scope,
    forecast,
    outlook_job,
    pace_job,
    scope_ids,
)
from actiondiff_gui.gui.services.background_query import BackgroundQuery
from actiondiff_gui.progress import Job

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

SOON_MS = 250
SLOW_MEASUREMENT = 3.0
"""Seconds; a window that takes longer is not measured again for a less deep layer."""


class OutlookWatcher(QObject):
    """Looks up the coverage whenever it may have changed, at a limited rate.

    Signals: ``changed`` when it knows more or began to look.

    Attributes
    ----------
    outlook : Outlook or None
        What was found; None while nothing is known of the present choice.
    problem : str
        Why nothing can be said: the sentence of a backbone that is none.
    pace_problem : str
        Why the time could not be measured.
    looking, measuring : bool
    """

    changed = Signal()

    def __init__(self, host: "Host", parent: QObject) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self.outlook: Outlook | None = None
        self.problem = self.pace_problem = ""
        self.measuring = False
        self._timesteps: tuple[str, ...] = ()
        self._layers: tuple[int, ...] = ()
        self._scope: Scope = "all"
        self._worked = False
        self._inventory = None
        self._query = BackgroundQuery(
            self, host, "checking stored features", self._question, self._found, self._not_found
        )
        self._query.began.connect(self.changed)
        self._known = False
        session = self.session
        listen(
            self,
            (session.features_changed, self.refresh),
            (session.address_changed, self._address_changed),
            (session.clips_changed, self._clips_changed),
            (session.selection_changed, self._selection_changed),
            (session.project_changed, self._forget),
        )
        listen(self, (host.jobs.changed, self._jobs_changed))
        self._key = f"pace {id(self)}"
        when_destroyed(self, host.jobs.leave, self._key)

    def choose(self, timesteps: Sequence[str], layers: Sequence[int], scope: Scope) -> None:
        """Set what is chosen."""
        chosen = (tuple(timesteps), tuple(layers), scope)
        if chosen != (self._timesteps, self._layers, self._scope):
            self._timesteps, self._layers, self._scope = chosen
            self.refresh()

    def set_seen(self, seen: bool) -> None:
        """Look up only while the dock is visible."""
        self._query.seen = seen
        if seen and self._query.stale:
            self._query.refresh(0)

    def refresh(self) -> None:
        """Look up again soon; later where the last lookup took long, so that it takes at most a third of the time."""
        # The first look also imports torch, which says nothing of the next one.
        self._query.refresh(max(SOON_MS, round(2000 * self._query.seconds)) if self._known else SOON_MS)

    @property
    def pace(self) -> Pace | None:
        """The measurement for the present choice, if there is one."""
        key, deepest = self._pace_key()
        paces = extractions(self.host).paces
        deeper = [
            pace
            for (kept, depth), pace in paces.items()
            if kept == key and depth > deepest and pace.shared + pace.step > SLOW_MEASUREMENT
        ]
        return paces.get((key, deepest)) or next(iter(deeper), None)

    def forecast(self) -> str:
        """Return the cost of the rest, as far as it is known."""
        return "" if self.outlook is None else forecast(self.outlook, self.pace)

    def measure(self, by_itself: bool = False) -> None:
        """Load the backbone and measure one window, unless that was done.

        What was measured ``by_itself`` is kept only if nothing else computes by then.
        """
        outlook = self.outlook
        if outlook is None or outlook.coverage is None or not outlook.coverage.units or self.measuring:
            return
        if self.pace is not None or extractions(self.host).running:
            return
        project, address = self.session.needed(), outlook.address
        loaded, unit, key = self.session.loaded, outlook.coverage.units[0], self._pace_key()
        self.measuring, self.pace_problem = True, ""
        self.host.jobs.start(
            lambda: pace_job(loaded, project, address, unit),
            "measuring the time",
            done=lambda pace: self._measured(key, pace, by_itself),
            failed=self._not_measured,
            key=self._key,
            lane="heavy",
            quiet=True,
        )
        self.changed.emit()

    def _pace_key(self) -> tuple:
        address = self.session.address
        return (address.backbone, address.settings, address.device, address.precision), max(
            self._layers, default=0
        )

    @property
    def looking(self) -> bool:
        """Whether the coverage is being looked up."""
        return self._query.running

    def _question(self) -> Callable[[], Job[Outlook]]:
        project, address = self.session.needed(), self.session.address
        ids, inventory = scope_ids(self.session, self._scope), self._inventory
        timesteps, layers = self._timesteps, self._layers
        return lambda: outlook_job(project, address, timesteps, layers, ids, inventory)

    def _found(self, outlook: Outlook) -> None:
        self._known = self.outlook is not None
        self.outlook, self.problem, self._inventory = outlook, "", outlook.inventory
        self._measure_by_itself()
        self.changed.emit()

    def _measure_by_itself(self) -> None:
        """Measure a small backbone while nothing else computes: other work makes a window take many times as long."""
        outlook = self.outlook
        here = outlook is not None and outlook.here
        if self._query.stale or not here or outlook.about.weight_bytes > SMALL_BYTES:
            return
        if not self._busy():
            self.measure(by_itself=True)

    def _busy(self) -> bool:
        return any(not job.quiet for job in self.host.jobs.active())

    def _jobs_changed(self) -> None:
        worked, self._worked = self._worked, self._busy()
        if worked and not self._worked:
            # Whoever read features may have found damaged ones and set them aside.
            self.refresh()
        # What failed is tried again when something else is chosen.
        if self._query.seen and not (self.measuring or self.looking or self.pace_problem):
            self._measure_by_itself()

    def _not_found(self, text: str) -> None:
        self.outlook, self.problem = None, text
        self.changed.emit()

    def _measured(self, key: tuple, pace: Pace, by_itself: bool) -> None:
        self.measuring = False
        if not (by_itself and self._busy()):
            extractions(self.host).paces[key] = pace
        if by_itself:
            self._measure_by_itself()
        elif not self._query.stale:
            self.measure()
        self.changed.emit()

    def _not_measured(self, text: str) -> None:
        self.measuring, self.pace_problem = False, text
        self.changed.emit()

    def _address_changed(self) -> None:
        self.pace_problem = ""
        self.refresh()

    def _clips_changed(self, _: object) -> None:
        self.refresh()

    def _selection_changed(self, _: object) -> None:
        if self._scope == "selected":
            self.refresh()

    def _forget(self) -> None:
        self.outlook, self._inventory, self.problem, self.pace_problem = None, None, "", ""
        # What was being looked at belonged to the other project, and nothing will come of it.
        self._query.leave()
        self.measuring = False
        self.refresh()
        self.changed.emit()
