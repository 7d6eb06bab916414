"""Scores behind the lab's grid: known, running, and the cost of the rest."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from actiondiff_gui.gui.common.listening import listen, when_destroyed
from actiondiff_gui.gui.features.coverage import OutlookWatcher
from actiondiff_gui.gui.features.extraction import extractions, start_extraction
from actiondiff_gui.gui.features.state.extracting import forecast
from actiondiff_gui.gui.lab.state.comparing import (
    Asked,
    GridRun,
    LabChoice,
    missing_timesteps,
    score_job,
    stored_grid_job,
)
from actiondiff_gui.gui.lab.state.paces import keep_pace, pace
from actiondiff_gui.gui.services.background_query import BackgroundQuery
from actiondiff_gui.gui.services.jobs import ASKING
from actiondiff_gui.progress import Job

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

_SOON_MS = 120


class LabScores(QObject):
    """The grid of scores of the session's project, address and domain, for one chosen measure.

    Signals: ``changed`` when more is known, or something began or ended.

    Attributes
    ----------
    run : GridRun or None
        What is known of the present question; None while nothing is.
    watcher : OutlookWatcher
        What computing the features that lack would take.
    problem : str
        Why the last job failed.
    """

    changed = Signal()

    def __init__(self, host: "Host", parent: QObject) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self.watcher = OutlookWatcher(host, self)
        self.run: GridRun | None = None
        self.problem = ""
        self._choice = LabChoice()
        self._job = None
        self._scores_after = False
        self._by_itself = True
        self._query = BackgroundQuery(
            self, host, "checking stored scores", self._question, self._found, self._failed
        )
        self._query.began.connect(self.changed)
        self._key = f"lab scores {id(self)}"
        when_destroyed(self, host.jobs.leave, self._key)
        session = self.session
        listen(
            self,
            (session.project_changed, self._forget),
            (session.address_changed, self._address_changed),
            (session.domain_changed, self._ask_again),
            (session.clips_changed, self._clips_changed),
            (session.features_changed, self._features_came),
        )
        self.watcher.changed.connect(self._watched)
        host.jobs.changed.connect(self._jobs_changed)

    # What is asked

    def choose(self, choice: LabChoice) -> None:
        """Set what is compared and by which measure."""
        if choice != self._choice:
            was_scoring = self.scoring
            self._choice = choice
            self.watcher.choose(choice.timesteps, choice.layers, "all")
            self._by_itself = True
            self._ask_again()
            self._scores_after = self._scores_after or was_scoring

    def set_seen(self, seen: bool) -> None:
        """Look up scores only while the page is visible."""
        self._query.seen = seen
        self.watcher.set_seen(seen)
        if seen and (self.run is None or self.run.asked != self._asked()):
            self._query.refresh(_SOON_MS)

    @property
    def scoring(self) -> bool:
        """Whether cells are being scored."""
        return self._job is not None and not self._job.finished

    @property
    def running_by_itself(self) -> bool:
        """Whether scoring starts without a click."""
        return self._by_itself and self.run is not None and self.run.quick

    @property
    def progress(self):
        """Progress of the scoring."""
        return self._job.progress if self._job is not None else None

    def seconds_of_scoring(self) -> float | None:
        """Return the time for the waiting cells from that of others, in seconds; None where none was scored here yet."""
        known = pace(self.session.preferences, f"score {self._family()}")
        run = self.run
        return None if known is None or run is None else known * len(run.waiting) * run.clips

    def cost_of_features(self) -> str:
        """Return the cost of the missing features: "144 clips, about 4 min, 40 MB of disk"; "" while it is unknown."""
        if self.watcher.outlook is None:
            return ""
        return forecast(self.watcher.outlook, self.watcher.pace)

    # What is done

    def score(self) -> None:
        """Score the cells that wait."""
        run = self.run
        if run is None or not run.waiting or self.scoring:
            return
        loaded, began, total = self.session.loaded, time.monotonic(), len(run.waiting)
        self.problem = ""
        family = self._family()

        def done(_: GridRun) -> None:
            # In seconds for a cell and a clip.
            took = (time.monotonic() - began) / (total * max(run.clips, 1))
            keep_pace(self.session.preferences, f"score {family}", took)
            self.changed.emit()

        self._job = self.host.jobs.start(
            lambda: score_job(loaded, run),
            f"scoring {total} cell{'s' * (total != 1)}",
            done=done,
            failed=self._failed,
            key=self._key,
            lane="heavy" if family == "transformer" else "",
        )
        self.changed.emit()

    def compute(self) -> None:
        """Compute the missing features, then score."""
        steps = missing_timesteps(self.run)
        if steps:
            self._scores_after = self._by_itself = True
            start_extraction(self.host, steps, self._choice.layers)
            self.changed.emit()

    # What happens

    def _asked(self) -> Asked | None:
        session = self.session
        if session.project is None or not self._choice.timesteps:
            return None
        # Where in the grid the window is does not change the grid.
        address = replace(session.address, timestep="", layers=())
        return Asked(session.project, address, session.domain, self._choice)

    def _family(self) -> str:
        from actiondiff_gui.evaluation.measures import measure_called

        return measure_called(self._choice.measure).family

    def _ask_again(self, *_: object) -> None:
        # Whatever runs answers another question; the cells it finished are kept on the disk.
        self._query.leave()
        self.host.jobs.leave(self._key)
        self._job, self.run, self.problem = None, None, ""
        self._query.refresh(_SOON_MS)
        self.changed.emit()

    @property
    def looking(self) -> bool:
        """Whether stored scores are being looked up."""
        return self._query.running

    def _question(self) -> Callable[[], Job[GridRun]] | None:
        asked, outlook, loaded = self._asked(), self.watcher.outlook, self.session.loaded
        if asked is None or not len(self.session.table):
            return None
        inventory = outlook.inventory if outlook is not None else None
        self._query.lane = ASKING if outlook is None or outlook.about else "heavy"
        return lambda: stored_grid_job(loaded, asked, inventory)

    def _found(self, run: GridRun) -> None:
        if run.asked != self._asked():
            return
        self.run = run
        extracting = extractions(self.host).running
        if run.waiting and not extracting and (self._scores_after or (self._by_itself and run.quick)):
            self._scores_after = False
            self.score()
        self.changed.emit()

    def _failed(self, text: str) -> None:
        self.problem = text
        self.changed.emit()

    def _address_changed(self) -> None:
        if self.run is not None and self.run.asked == self._asked():
            self.changed.emit()
        else:
            self._ask_again()

    def _clips_changed(self, _: object) -> None:
        # Labels come one after the other: what is kept is looked up, scoring waits to be asked for.
        self._by_itself = self._by_itself and self.run is None
        self._ask_again()

    def _features_came(self) -> None:
        running = extractions(self.host).job
        if running is not None and running.state == "stopped":
            self._scores_after = False
        self._ask_again()

    def _jobs_changed(self) -> None:
        if self._job is not None and self._job.state == "stopped":
            self._scores_after = self._by_itself = False
            self._job = None
            self.changed.emit()
        elif self.scoring and self._query.seen:
            self.changed.emit()

    def _watched(self) -> None:
        self.changed.emit()

    def _forget(self) -> None:
        self._scores_after, self._by_itself = False, True
        self._ask_again()
