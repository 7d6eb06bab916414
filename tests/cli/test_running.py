"""Ctrl-C stops a command at any point."""

import os
import signal
from collections.abc import Iterator

import pytest

from actiondiff_gui.cli.running import run_with_bar
from actiondiff_gui.progress import Progress


class Deaf:
    """Python ignores exceptions in a destructor, an interrupt too."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_that_a_destructor_swallows_stops_the_job_at_its_next_step():
    done = []

    def job() -> Iterator[Progress]:
        for step in range(3):
            Deaf()
            done.append(step)
            yield Progress(step, 3)

    usual = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run_with_bar(job(), "deaf")
    assert done == [0]
    assert signal.getsignal(signal.SIGINT) is usual
