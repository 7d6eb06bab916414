"""Keeping Python's garbage collector, and its lock, from stopping the window.

A collection of all garbage looks at every object there is: with torch loaded that takes 0.2 to 0.5 s. The lock lets one thread
run at a time: each job that computes in Python keeps it for the switch interval before another thread has its turn.
"""

import gc
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from qtpy.QtCore import QObject, QTimer
from qtpy.QtGui import QCursor

from actiondiff_gui.backbones.waking import leave_in_peace, thaw


@contextmanager
def quick_removal() -> Iterator[None]:
    """Let napari collect only young garbage while layers are removed, instead of all of it for each layer.

    napari does so against a fault of some OpenGL drivers on Windows; there nothing is changed.
    """
    canvas: Any = sys.modules.get("napari._vispy.canvas")
    if sys.platform == "win32" or getattr(canvas, "gc", None) is not gc:
        yield
        return
    canvas.gc = SimpleNamespace(collect=lambda: gc.collect(0))
    try:
        yield
    finally:
        canvas.gc = gc


RARELY = (10_000, 5, 10_000)
"""Thresholds of Python's collector while a window is open: 10,000 new objects are looked at together, and then 50,000, which takes
some 20 ms; old ones after 500 million new ones instead of as soon as these are a quarter of the old ones, for each such look takes
up to 1.5 s. :class:`IdleCollection` looks at all of them sooner, when nobody waits."""
SWITCH_SECONDS = 0.0002
"""Switch interval while a window is open. A drawing makes hundreds of calls that give the lock away for a moment, and waits for it after
each: beside two threads that compute, 100 calls of 50 microseconds took 1.2 s with Python's own 5 ms, 0.36 s with 1 ms, 0.13 s with
this. Three such threads together took 8 % more of the processor."""
IDLE_SECONDS = 20.0
"""All garbage is collected when nothing was done for so long, no job runs and no video plays."""


class IdleCollection(QObject):
    """Lets Python collect all garbage while nobody waits, and rarely otherwise; threads take turns sooner meanwhile.

    Parameters
    ----------
    busy : callable
        Whether something runs that a gap would disturb.
    """

    _open = 0
    _before: tuple[tuple[int, int, int], float] | None = None

    def __init__(self, parent: QObject, busy: Callable[[], bool]) -> None:
        super().__init__(parent)
        self._busy = busy
        self._touched = time.monotonic()
        self._collected = True
        if not IdleCollection._open:
            IdleCollection._before = gc.get_threshold(), sys.getswitchinterval()
            gc.set_threshold(*RARELY)
            sys.setswitchinterval(SWITCH_SECONDS)
        IdleCollection._open += 1
        self._timer = QTimer(self)
        self._timer.setInterval(round(1000 * IDLE_SECONDS / 4))
        self._timer.timeout.connect(self.look)
        self._timer.start()
        self._pointer = QCursor.pos()

    def touch(self, *_: object) -> None:
        """Note that something is done."""
        self._touched, self._collected = time.monotonic(), False

    def look(self) -> None:
        """Collect all garbage where nothing has been done for a while, once."""
        # A filter of all events would be called from Qt for each of thousands a second.
        before, self._pointer = self._pointer, QCursor.pos()
        if self._busy() or self._pointer != before:
            self.touch()
        elif not self._collected and time.monotonic() - self._touched >= IDLE_SECONDS:
            self._collected = True
            thaw()
            gc.collect()
            leave_in_peace()

    def end(self) -> None:
        """Leave the collector and the switch interval as they were before the first window."""
        self._timer.stop()
        IdleCollection._open -= 1
        if not IdleCollection._open and IdleCollection._before is not None:
            thresholds, seconds = IdleCollection._before
            gc.set_threshold(*thresholds)
            sys.setswitchinterval(seconds)
