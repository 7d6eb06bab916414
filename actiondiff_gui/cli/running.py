"""How does a command run a job, show how far it is, and end?"""

import functools
import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.progress import Job, Progress

PASSED_OVER = 3
STOPPED = 130
MOST_TOLD = 10
"""So many failures are told one by one; past that, how many more there were."""


def explained(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let ``command`` end with a sentence and an exit code instead of a traceback."""

    @functools.wraps(command)
    def wrapped(*args: Any, **options: Any) -> None:
        try:
            code = command(*args, **options)
        except ActionDiffError as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(1)
        except KeyboardInterrupt:
            click.echo("Stopped. What was finished is kept; the same command goes on from here.", err=True)
            sys.exit(STOPPED)
        sys.exit(code or 0)

    return wrapped


def run_with_bar(job: Job[Any], what: str, unit: str = "step") -> Any:
    """Run ``job`` to its end under a progress bar on standard error and return its result."""
    from tqdm import tqdm

    # tqdm's watching thread has no use here and outlives what it watches.
    tqdm.monitor_interval = 0
    told: set[str] = set()
    with (
        _interrupts() as raise_lost,
        tqdm(desc=what, unit=unit, disable=None, leave=False, dynamic_ncols=True) as bar,
    ):
        try:
            while True:
                progress: Progress = next(job)
                raise_lost()
                if progress.total and (progress.total != bar.total or progress.done < bar.n):
                    bar.reset(progress.total)
                bar.update(progress.done - bar.n)
                bar.set_postfix_str(progress.message[-60:], refresh=True)
                for sentence in progress.failed:
                    if sentence not in told and len(told) < MOST_TOLD:
                        tqdm.write(f"passed over: {sentence}", file=sys.stderr)
                    told.add(sentence)
        except StopIteration as stop:
            return stop.value
        finally:
            job.close()
            if len(told) > MOST_TOLD:
                tqdm.write(
                    f"passed over: {len(told) - MOST_TOLD} more; --json lists them all.", file=sys.stderr
                )


@contextmanager
def _interrupts() -> Iterator[Callable[[], None]]:
    """Ctrl-C stops at once, and where Python cannot let the exception out (in a destructor) at the next step.

    Yields what raises an interrupt that was lost.
    """
    pressed: list[int] = []

    def press(number: int, _frame: object) -> None:
        pressed.append(number)
        raise KeyboardInterrupt

    def raise_lost() -> None:
        if pressed:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield raise_lost
        return
    usual = signal.signal(signal.SIGINT, press)
    try:
        yield raise_lost
    finally:
        signal.signal(signal.SIGINT, usual)


def tell(as_json: bool, result: dict[str, Any], *lines: str) -> None:
    """Print ``result`` as JSON, or ``lines`` for a person."""
    if as_json:
        click.echo(json.dumps(result, indent=1))
        return
    for line in lines:
        click.echo(line)
