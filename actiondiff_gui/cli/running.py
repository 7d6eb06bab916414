"""Execution of a command's job: progress, output, errors and exit status."""

import contextlib
import ctypes
import functools
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, TypeVar

import click

from actiondiff_gui import faults, stopping
from actiondiff_gui.progress import Job, Progress

Result = TypeVar("Result")

PASSED_OVER = 3
STOPPED = stopping.STOPPED
MOST_TOLD = 10
"""So many failures are told one by one; past that, how many more there were."""

_json_out: TextIO | None = None


def explained(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let ``command`` end with a sentence and an exit code instead of a traceback, whatever is raised in it.

    With ``--json`` nothing but its result gets to standard output.
    """

    @functools.wraps(command)
    def wrapped(*args: Any, **options: Any) -> None:
        only_json = _only_json() if options.get("as_json") else contextlib.nullcontext()
        with stopping.heard(), only_json:
            try:
                code = command(*args, **options)
            except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
                raise
            except BaseException as error:
                code = _told(error)
        sys.exit(code or 0)

    return wrapped


def _told(error: BaseException) -> int:
    """Say what ended a command, and return its exit code."""
    if isinstance(error, KeyboardInterrupt) or stopping.pressed():
        click.echo(stopping.SENTENCE, err=True)
        return STOPPED
    context = click.get_current_context(silent=True)
    doing = f"`{context.info_name}` was running" if context is not None else ""
    click.echo(f"Error: {faults.sentence(error, doing)}", err=True)
    return 1


@contextmanager
def _only_json() -> Iterator[None]:
    """Redirect whatever is printed in the block, also by C libraries, to standard error; :func:`tell` has the output."""
    global _json_out
    usual, errors = sys.stdout, sys.stderr
    _json_out, sys.stdout = usual, errors
    try:
        with _swapped(usual, errors) as kept:
            _json_out = kept
            yield
            kept.flush()
    finally:
        _json_out, sys.stdout = None, usual


@contextmanager
def _swapped(usual: TextIO, errors: TextIO) -> Iterator[TextIO]:
    """Let the file descriptor of ``usual`` lead where that of ``errors`` does; yields a stream that leads where it did."""
    try:
        ours, theirs = usual.fileno(), errors.fileno()
    except (OSError, ValueError, AttributeError):
        yield usual  # not those of a process
        return
    usual.flush()
    kept = os.dup(ours)
    os.dup2(theirs, ours)
    try:
        yield os.fdopen(kept, "w", encoding="utf-8", closefd=False)
    finally:
        with contextlib.suppress(OSError):
            usual.flush()
        with contextlib.suppress(OSError, TypeError, AttributeError):
            ctypes.CDLL(None).fflush(None)  # what C has buffered goes where the rest went
        os.dup2(kept, ours)
        os.close(kept)


def run_with_bar(job: Job[Result], what: str, unit: str = "step") -> Result:
    """Run ``job`` to its end under a progress bar on standard error and return its result."""
    from tqdm import tqdm

    # tqdm's watching thread has no use here and outlives what it watches.
    tqdm.monitor_interval = 0
    told: set[str] = set()
    with (
        stopping.heard(),
        tqdm(desc=what, unit=unit, disable=None, leave=False, dynamic_ncols=True) as bar,
    ):
        try:
            while True:
                progress: Progress = next(job)
                if stopping.pressed():
                    raise KeyboardInterrupt
                if progress.total and (progress.total != bar.total or progress.done < bar.n):
                    bar.reset(progress.total)
                bar.update(progress.done - bar.n)
                bar.set_postfix_str(progress.message[-60:], refresh=True)
                for sentence in progress.failed:
                    if sentence not in told and len(told) < MOST_TOLD:
                        tqdm.write(f"skipped: {sentence}", file=sys.stderr)
                    told.add(sentence)
        except StopIteration as stop:
            result: Result = stop.value
            return result
        finally:
            job.close()
            if len(told) > MOST_TOLD:
                tqdm.write(f"skipped: {len(told) - MOST_TOLD} more; --json lists them all.", file=sys.stderr)


def tell(as_json: bool, result: dict[str, Any], *lines: str) -> None:
    """Print ``result`` as JSON, or ``lines`` for a person."""
    if as_json:
        click.echo(json.dumps(result, indent=1), file=_json_out)
        return
    for line in lines:
        click.echo(line)
