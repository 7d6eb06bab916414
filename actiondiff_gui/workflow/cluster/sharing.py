"""Scores of a study computed by several processes of this computer, or on the workers of a Dask scheduler.

Each process is the command line with ``--shard K/N``: it computes the scores that fall to its share and keeps them. Nothing has to be
sent back, and what a lost process did not finish is computed by the report.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import IO

from actiondiff_gui.errors import ClusterError
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.workflow.cluster.dask_workers import environment_of, in_client
from actiondiff_gui.workflow.cluster.settings import WorkerSettings

ROUNDS = 2
"""In the first the addresses of a scoreboard are chosen, which the second needs."""
_FINE = (0, 3)
"""Exit codes of a command that did what it could."""


def shares_job(arguments: Sequence[str], where: WorkerSettings) -> Job[None]:
    """Let several processes run a ``study`` command, each for its share of the scores.

    Parameters
    ----------
    arguments : sequence of str
        Of the command, without ``--shard``, such as ``["study", "mice.actiondiff", "--timesteps", "paper"]``.
    where : WorkerSettings
        Processes of this computer, or a Dask scheduler.

    Raises
    ------
    ClusterError
        A process failed, or the scheduler cannot be reached.
    """
    for number in range(1, ROUNDS + 1):
        told = f"scoring, round {number} of {ROUNDS}"
        if where.scheduler:
            yield from _dask_job(arguments, where.scheduler, told)
        else:
            yield from _local_job(arguments, where.workers or 1, told)


def run_share(arguments: Sequence[str]) -> None:
    """Run the command line to its end. Runs in a worker.

    Raises
    ------
    ClusterError
        It failed.
    """
    done = subprocess.run(_command(arguments), capture_output=True, text=True, check=False)
    if done.returncode not in _FINE:
        raise ClusterError(_said(arguments, done.stderr))


def _command(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "actiondiff_gui", *arguments]


def _said(arguments: Sequence[str], stderr: str) -> str:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    return f"Part {arguments[-1]} of the scores failed: {lines[-1] if lines else 'it was ended by the computer.'}"


def shards(arguments: Sequence[str], count: int) -> list[list[str]]:
    """Return the arguments of each of ``count`` processes."""
    return [[*arguments, "--shard", f"{number}/{count}"] for number in range(1, count + 1)]


def _local_job(arguments: Sequence[str], count: int, told: str) -> Job[None]:
    running: list[tuple[subprocess.Popen[bytes], list[str], IO[bytes]]] = []

    def check() -> None:
        for process, shard, errors in running:
            if process.poll() not in (None, *_FINE):
                errors.seek(0)
                raise ClusterError(_said(shard, errors.read().decode("utf-8", "replace")))

    with ExitStack() as stack:
        try:
            for shard in shards(arguments, count):
                errors = stack.enter_context(tempfile.TemporaryFile())
                environment = environment_of(count)
                process = subprocess.Popen(
                    _command(shard), stdout=subprocess.DEVNULL, stderr=errors, env=environment
                )
                running.append((process, shard, errors))
            while any(process.poll() is None for process, *_ in running):
                yield Progress(sum(p.poll() is not None for p, *_ in running), count, told)
                check()
                time.sleep(0.1)
            check()
        finally:
            for process, *_ in running:
                process.kill()
                process.wait()


def _dask_job(arguments: Sequence[str], scheduler: str, told: str) -> Job[None]:
    with in_client(1, scheduler) as client:
        yield Progress(0, 0, "asking the scheduler")
        count = max(1, len(client.nthreads()))
        futures = [client.submit(run_share, shard, pure=False) for shard in shards(arguments, count)]
        try:
            while not all(future.done() for future in futures):
                yield Progress(sum(future.done() for future in futures), count, told)
                time.sleep(0.2)
            for future in futures:
                error = future.exception()
                if error is not None:
                    raise error if isinstance(error, ClusterError) else ClusterError(str(error))
        finally:
            client.cancel(futures, force=True)
