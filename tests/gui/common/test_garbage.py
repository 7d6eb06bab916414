"""Garbage is collected when nobody waits for the window."""

import gc
import time
import weakref

from actiondiff_gui.gui.common import garbage
from actiondiff_gui.progress import Progress


class Loop:
    """Refers to itself, so that only a collection of garbage ends it."""

    def __init__(self) -> None:
        self.me = self


def test_all_garbage_goes_while_nothing_is_done_and_not_while_a_job_runs(host, monkeypatch, wait):
    monkeypatch.setattr(garbage, "IDLE_SECONDS", 0.05)
    assert gc.get_threshold() == garbage.RARELY
    gc.collect()
    loop = Loop()
    gone = weakref.ref(loop)
    gc.collect()  # it is old now
    del loop

    def job():
        while True:
            yield Progress(0, 0, "busy")
            time.sleep(0.001)

    running = host.jobs.start(job, "being busy")
    host.garbage.look()
    assert gone() is not None
    running.stop()
    wait(lambda: not host.jobs.active())
    wait(lambda: host.garbage.look() or gone() is None, 10)

    again = Loop()
    gone = weakref.ref(again)
    gc.collect()
    del again
    time.sleep(0.1)
    host.garbage.look()
    assert gone() is not None  # it was done once, and nothing has happened since
    host.session.selection_changed.emit(())
    wait(lambda: host.garbage.look() or gone() is None, 10)


def test_the_collector_is_as_before_when_the_window_is_closed(make_napari_viewer, home):
    from actiondiff_gui.gui.host import host_of

    before = gc.get_threshold()
    host = host_of(make_napari_viewer())
    assert gc.get_threshold() == garbage.RARELY
    host.close()
    assert gc.get_threshold() == before
