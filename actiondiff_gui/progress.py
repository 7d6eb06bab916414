"""Progress of long jobs.

Long work in the engine is a generator that yields :class:`Progress` and returns its result. It can
be run in a loop, in a thread or on a cluster, and it stops cleanly when it is closed.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeVar

Result = TypeVar("Result")
RELEASED_AT_ONCE = 4096


@dataclass(frozen=True)
class Progress:
    """One report of a running job.

    Attributes
    ----------
    done, total : int
        Units of work finished, and in all. ``total`` is 0 while it is not known.
    message : str
        What is being worked on, for the jobs line ("extracting walk_03.mp4").
    failed : tuple of str
        One sentence for each item that failed so far and was skipped.
    """

    done: int
    total: int
    message: str = ""
    failed: tuple[str, ...] = ()


Job = Generator[Progress, None, Result]
"""A long job: yields :class:`Progress`, returns ``Result``."""


def told(job: Job[Result], report: Callable[[Progress], Progress]) -> Job[Result]:
    """``job`` with each of its reports as ``report`` makes it, for a job that is a part of another."""
    try:
        while True:
            try:
                progress = next(job)
            except StopIteration as stop:
                result: Result = stop.value
                return result
            yield report(progress)
    finally:
        job.close()


def run(job: Job[Result], report: Callable[[Progress], object] | None = None) -> Result:
    """Run ``job`` to its end in this thread, call ``report`` at each step, and return its result."""
    try:
        while True:
            progress = next(job)
            if report is not None:
                report(progress)
    except StopIteration as stop:
        result: Result = stop.value
        return result
    finally:
        job.close()


def let_go(items: list[Any]) -> None:
    """Empty a long list part by part, when it holds the last references: other threads wait while objects are released."""
    while items:
        del items[-RELEASED_AT_ONCE:]
