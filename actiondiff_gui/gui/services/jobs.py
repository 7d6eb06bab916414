"""Background jobs of a window and their threads.

A job of the engine (a generator of :class:`~actiondiff_gui.progress.Progress`) runs in a thread of its own.
Jobs that use the network of a backbone share the lane "heavy" and wait for each other. Of those that look something up for a
widget (lane "asking") two run at once, and the newest goes first: its widget is the one that is seen. What a job says
reaches the window in the window's own thread. Stopping is asked for and happens at the job's next report.

A job belongs to the project that was open when it began: when that is closed, the job is stopped and nothing
that comes of it is shown. Only jobs that say so (``stays``) go on.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from qtpy.QtCore import QObject, Qt, Signal

from actiondiff_gui.errors import FeatureStoreError
from actiondiff_gui.gui.common.guard import sentence
from actiondiff_gui.gui.common.listening import when_destroyed
from actiondiff_gui.progress import Job, Progress

State = Literal["waiting", "running", "done", "failed", "stopped"]

ASKING = "asking"
MOST_ASKING = 2
"""More at once would be no faster, for they compute in Python, and each keeps the window waiting a little longer."""


@dataclass(eq=False)
class RunningJob:
    """State of one job in the window.

    Attributes
    ----------
    title : str
        What it does, for the jobs line ("computing features").
    key : str
        A newer job of the same key replaces this one; "" for none.
    lane : str
        Jobs of one lane run one after the other; "" for a lane of its own.
    state : str
    progress : Progress
        The latest report.
    error : str
        Why it failed, in a sentence.
    quiet : bool
        Whether it is too small to be shown.
    stays : bool
        Whether it goes on when the project is closed that was open when it began.
    foreign : bool
        Whether it runs a stranger's code, which may never come back: closing the window does not wait for it.
    stop_hint : str
        What stopping it means, in a sentence.
    when_stopped : callable, optional
        Called in the window's thread once it has stopped because somebody pressed *Stop*, to take back what was said of it.
    """

    title: str
    key: str = ""
    lane: str = ""
    quiet: bool = False
    stays: bool = False
    foreign: bool = False
    when_stopped: Callable[[], object] | None = None
    stop_hint: str = "Stop; finished work is kept"
    state: State = "waiting"
    progress: Progress = field(default_factory=lambda: Progress(0, 0))
    error: str = ""
    began: float = 0.0
    _first: tuple[int, float] | None = None
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _left: bool = False

    def stop(self) -> None:
        """Ask the job to stop; finished work is kept."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop and has not yet."""
        return self._stop.is_set() and self.state in ("waiting", "running")

    @property
    def finished(self) -> bool:
        """Whether the job has ended."""
        return self.state in ("done", "failed", "stopped")

    def seconds_left(self) -> float | None:
        """Return an estimate from the pace since the first report, in seconds; None while there is none."""
        if self._first is None or self.progress.done <= self._first[0] or not self.progress.total:
            return None
        pace = (time.monotonic() - self._first[1]) / (self.progress.done - self._first[0])
        return pace * (self.progress.total - self.progress.done)

    def _take(self, progress: Progress) -> None:
        if self.progress.total != progress.total or progress.done < self.progress.done:
            self._first = None
        if self._first is None and progress.total:
            self._first = (progress.done, time.monotonic())
        self.progress = progress


class Jobs(QObject):
    """The jobs of one window.

    Signals: ``changed`` when a job began, reported or ended; ``problem(sentence)`` for each that failed.
    """

    changed = Signal()
    problem = Signal(str)
    _reported = Signal(object, object)
    _ended = Signal(object, object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.jobs: list[RunningJob] = []
        self.problems: list[str] = []
        self.meanwhile: Callable[[], str] = lambda: ""
        """Says that features are being computed, "" while none are; what computes them puts its own here."""
        self._callbacks: dict[int, tuple[Callable | None, Callable | None]] = {}
        self._closed = False
        self._shown_by = 0
        self._reported.connect(self._on_report, Qt.ConnectionType.QueuedConnection)
        self._ended.connect(self._on_end, Qt.ConnectionType.QueuedConnection)
        # Where Python ends with the window open, Qt may destroy this before the widgets that show it.
        when_destroyed(self, self._end)

    def start(
        self,
        make: Callable[[], Job[Any]],
        title: str,
        *,
        done: Callable[[Any], object] | None = None,
        failed: Callable[[str], object] | None = None,
        key: str = "",
        lane: str = "",
        quiet: bool = False,
        stays: bool = False,
        foreign: bool = False,
    ) -> RunningJob:
        """Run a job in a thread.

        Parameters
        ----------
        make : callable
            Called in the thread; returns the generator.
        title : str
            What it does, to follow "while": "computing features".
        done : callable, optional
            Called in the window's thread with the job's result.
        failed : callable, optional
            Called in the window's thread with a sentence; by default the sentence joins the problems.
        key, lane, quiet, stays, foreign
            See :class:`RunningJob`.
        """
        if key:
            for other in self.jobs:
                if other.key == key and not other.finished:
                    self._leave(other)
        job = RunningJob(title, key, lane, quiet, stays, foreign)
        self.jobs.append(job)
        self._callbacks[id(job)] = (done, failed)
        job._thread = threading.Thread(target=self._run, args=(job, make), name=title, daemon=True)
        if not lane or self._free(lane):
            self._begin(job)
        self.changed.emit()
        return job

    def run(self, function: Callable[[], Any], title: str, **options: Any) -> RunningJob:
        """Run a plain function as a job; it cannot be stopped half-way, so keep it short."""

        def make() -> Job[Any]:
            yield Progress(0, 0)
            return function()

        return self.start(make, title, **options)

    def active(self) -> list[RunningJob]:
        """Return the queued and running jobs, oldest first."""
        return [job for job in self.jobs if not job.finished]

    def leave_project(self) -> None:
        """Stop the jobs of the project that is being closed; their outcome is not shown, and its problems go with it."""
        for job in self.active():
            if not job.stays:
                self._leave(job)
        self.problems.clear()
        self.changed.emit()

    def stop(self, job: RunningJob) -> None:
        """Stop a job; one that waits for its turn is over at once."""
        job.stop()
        if job.state == "waiting":
            self._on_end(job, None, _Stopped())

    def leave(self, key: str) -> None:
        """Stop the job with this key, if there is one; its outcome is not shown."""
        for job in self.active():
            if job.key == key:
                self._leave(job)

    def shown_by(self, widget: QObject) -> None:
        """Keep jobs running for as long as ``widget`` or another one shows them.

        When Qt has destroyed the last of them, nobody sees the jobs or can stop them, and they are stopped.
        """
        self._shown_by += 1
        when_destroyed(widget, self._hidden)

    def _hidden(self) -> None:
        self._shown_by -= 1
        if not self._shown_by and not self._closed:
            self.leave_project()

    def _end(self) -> None:
        self._closed = True
        for job in self.jobs:
            job.stop()

    def _leave(self, job: RunningJob) -> None:
        job._left = True
        self._callbacks.pop(id(job), None)
        self.stop(job)

    def _free(self, lane: str) -> bool:
        running = sum(job.lane == lane and job.state == "running" for job in self.jobs)
        return running < (MOST_ASKING if lane == ASKING else 1)

    def dismiss_problems(self) -> None:
        """Clear the list of problems."""
        self.problems.clear()
        self.changed.emit()

    def add_problem(self, text: str) -> None:
        """Add a sentence to the problems."""
        self.problems.append(text)
        self.problem.emit(text)
        self.changed.emit()

    def close(self) -> None:
        """Stop all jobs and wait until their threads are gone."""
        self._callbacks.clear()
        self._end()
        for job in self.jobs:
            if job._thread is not None and job._thread.ident is not None and not job.foreign:
                job._thread.join()

    def _begin(self, job: RunningJob) -> None:
        job.state, job.began = "running", time.monotonic()
        job._thread.start()

    def _run(self, job: RunningJob, make: Callable[[], Job[Any]]) -> None:
        result, error = None, None
        told = 0.0
        try:
            _quiet_tqdm()
            generator = make()
            try:
                while not job._stop.is_set():
                    progress = next(generator)
                    if self._closed:
                        break
                    now = time.monotonic()
                    if now - told > 0.05 or progress.done == progress.total:
                        told = now
                        self._reported.emit(job, progress)
                else:
                    error = _Stopped()
            except StopIteration as stop:
                result = stop.value
            finally:
                generator.close()
        except BaseException as raised:
            error = raised
        if not self._closed:
            self._ended.emit(job, result, error)

    def _on_report(self, job: RunningJob, progress: Progress) -> None:
        if not job.finished:
            job._take(progress)
            self.changed.emit()

    def _on_end(self, job: RunningJob, result: Any, error: BaseException | None) -> None:
        done, failed = self._callbacks.pop(id(job), (None, None))
        self.jobs = [j for j in self.jobs if j is not job and (not j.finished)]
        if job._left or isinstance(error, _Stopped):
            job.state = "stopped"
        elif error is not None:
            job.state, job.error = "failed", sentence(error, job.title)
            if isinstance(error, FeatureStoreError) and (words := self.meanwhile()):
                job.error += f" {words}"
        else:
            job.state = "done"
        waiting = [j for j in self.jobs if job.lane and j.lane == job.lane and j.state == "waiting"]
        if waiting and self._free(job.lane):
            self._begin(waiting[-1 if job.lane == ASKING else 0])
        try:
            if job.state == "done" and done is not None:
                done(result)
            elif job.state == "failed" and failed is not None:
                failed(job.error)
            elif job.state == "failed":
                self.add_problem(job.error)
            elif not job._left and job.when_stopped is not None:
                job.when_stopped()
        except Exception as raised:
            self.add_problem(sentence(raised, f"showing the result of {job.title}"))
        self.changed.emit()


class _Stopped(Exception):
    """The job stopped because it was asked to."""


def _quiet_tqdm() -> None:
    # tqdm's watching thread can crash beside Qt, and the hub's downloads use tqdm.
    import sys

    if "tqdm" in sys.modules:
        sys.modules["tqdm"].tqdm.monitor_interval = 0
