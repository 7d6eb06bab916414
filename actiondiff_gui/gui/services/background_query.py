"""One question whose answer is worked out in a background job and asked again when something has changed."""

import time
from collections.abc import Callable
from typing import Any
from weakref import WeakMethod

from qtpy.QtCore import QObject, QTimer, Signal

from actiondiff_gui.gui.common.listening import when_destroyed
from actiondiff_gui.gui.services.context import WindowContext
from actiondiff_gui.gui.services.jobs import ASKING
from actiondiff_gui.progress import Job

Ask = Callable[[], Callable[[], Job[Any]] | None]
"""Return what makes the job that answers the question as it is now; None where there is nothing to ask."""


class BackgroundQuery(QObject):
    """Query about the open project that a widget makes while it is visible.

    A newer question replaces an older one. An answer is dropped where another project is open by then.

    Attributes
    ----------
    seen : bool
        Whether somebody sees the answer; otherwise asking waits.
    stale : bool
        Whether something has changed since the question was last asked.
    running : bool
        Whether the answer is being worked out.
    seconds : float
        How long the last answer took.
    lane : str
        Lane of the job; see :class:`~actiondiff_gui.gui.services.jobs.RunningJob`.

    Signals: ``began`` when the question is being asked.
    """

    began = Signal()

    def __init__(
        self,
        parent: QObject,
        window: WindowContext,
        title: str,
        ask: Ask,
        done: Callable[[Any], object],
        failed: Callable[[str], object] | None = None,
    ) -> None:
        super().__init__(parent)
        self.window = window
        self.seen, self.stale, self.running, self.seconds, self.lane = False, True, False, 0.0, ASKING
        self._title, self._ask, self._done = title, WeakMethod(ask), WeakMethod(done)
        self._failed = None if failed is None else WeakMethod(failed)
        self._key = f"{title} {id(self)}"
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._time_came)
        when_destroyed(self, window.jobs.leave, self._key)

    @property
    def waiting(self) -> bool:
        """Whether a query is scheduled."""
        return self._timer.isActive()

    def refresh(self, milliseconds: int) -> None:
        """Query again that many milliseconds after the last call, or later, when the widget is visible."""
        self.stale = True
        if self.seen:
            self._timer.start(milliseconds)

    def leave(self) -> None:
        """Drop the running query; its answer is not wanted any more."""
        self.window.jobs.leave(self._key)
        self.running = False

    def ask(self) -> None:
        """Query now, unless the widget is hidden."""
        self._timer.stop()
        ask, project = self._ask(), self.window.session.project
        if ask is None or project is None or self.window.closed or not self.seen:
            return
        job = ask()
        if job is None:
            return
        self.stale, self.running = False, True
        began = time.monotonic()

        def done(answer: object) -> None:
            told = self._done()
            if told is None or self.window.session.project is not project:
                return
            self.running, self.seconds = False, time.monotonic() - began
            told(answer)

        def failed(text: str) -> None:
            self.running = False
            told = None if self._failed is None else self._failed()
            if told is not None:
                told(text)

        options = {} if self._failed is None else {"failed": failed}
        self.window.jobs.start(
            job, self._title, done=done, key=self._key, quiet=True, lane=self.lane, **options
        )
        self.began.emit()

    def _time_came(self) -> None:
        self.window.guarded(self.ask)()
