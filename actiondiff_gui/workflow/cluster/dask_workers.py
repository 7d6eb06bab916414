"""Features computed by several processes of this computer, or by the workers of a Dask scheduler.

Clips go out in units of about a minute, sized by how long those before took. Dask moves the unit of a worker that is lost to
another one, where what was finished is found in the store and not computed again.
"""

import contextlib
import logging
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from actiondiff_gui.errors import ActionDiffError, ClusterError
from actiondiff_gui.features.clips import ClipSource, Unit
from actiondiff_gui.features.extraction import ExtractionProgress, ExtractionReport
from actiondiff_gui.progress import Job
from actiondiff_gui.workflow.cluster.work_order import Done, Order, compute

UNIT_SECONDS = 60.0
AHEAD = 2
"""Units that each worker has at a time, one of them waiting, so that none is idle between two."""
SHARE = 4
"""A unit is no more than this part of one worker's share of what is left, so that all end together."""
LOST = 5
"""A unit with which so many workers were lost is given up."""
PATIENCE = 30.0
"""Seconds after which a scheduler that does not answer is taken for lost."""
MISSING = (
    "Computing with several workers needs Dask, which is not installed. Install it with: "
    'pip install "actiondiff-gui[cluster]"'
)


def dask_job(
    order: Order,
    units: Sequence[Unit],
    windows: Sequence[int],
    workers: int = 1,
    scheduler: str = "",
    unit_seconds: float = UNIT_SECONDS,
) -> Job[ExtractionReport]:
    """Compute ``units`` with ``workers`` processes of this computer, or the workers of the Dask ``scheduler``.

    Each worker loads the network once. Closing the job ends the local workers, or takes back what was not begun; what was
    finished is kept.

    Parameters
    ----------
    windows : sequence of int
        Windows of each unit.
    scheduler : str
        Its address, or its file; "" for processes of this computer.
    unit_seconds : float
        How long a worker is to take for what it is given at a time.

    Raises
    ------
    ClusterError
        Dask is not installed, or the scheduler cannot be reached or is lost.
    ActionDiffError
        The network cannot be loaded on a worker, or fails.
    """
    try:
        from distributed import wait
    except ImportError as error:
        raise ClusterError(MISSING) from error
    yield ExtractionProgress(0, len(units), "starting the workers")
    computed: list[str] = []
    failed: dict[str, str] = {}
    pending: dict[Any, list[ClipSource]] = {}
    queue = _Queue([unit.clip for unit in units], windows, unit_seconds)
    with in_client(workers, scheduler) as client:
        try:
            heard = time.monotonic()
            while queue or pending:
                count = len(client.nthreads()) if client.status == "running" else 0
                if client.status == "running":
                    heard = time.monotonic()
                elif client.status != "connecting" or time.monotonic() - heard > PATIENCE:
                    raise _gone()
                while queue and len(pending) < AHEAD * count:
                    clips = queue.next(count)
                    pending[client.submit(compute, order, clips, pure=False)] = clips
                with contextlib.suppress(TimeoutError):
                    if pending:
                        wait(list(pending), timeout=0.5, return_when="FIRST_COMPLETED")
                    else:
                        time.sleep(0.2)
                for future in [each for each in pending if each.done()]:
                    done = _result(future, pending.pop(future))
                    computed += done.computed
                    failed |= done.failed
                    queue.learn(done)
                told = f"{count} worker{'s' * (count != 1)}" if count else "waiting for workers"
                done_so_far = len(computed) + len(failed)
                yield ExtractionProgress(
                    done_so_far, len(units), told, tuple(failed.values()), len(computed), dict(failed)
                )
        except OSError as error:
            raise _gone() from error
        finally:
            with contextlib.suppress(Exception):
                client.cancel(list(pending), force=True)
    return ExtractionReport(tuple(computed), failed)


class _Queue:
    """Clips that no worker has yet, handed out so that a worker takes about ``seconds`` for what it gets."""

    def __init__(self, clips: Sequence[ClipSource], windows: Sequence[int], seconds: float) -> None:
        self._left = list(zip(clips, windows, strict=True))[::-1]
        self._windows, self._seconds = sum(windows), seconds
        self._done = Done()

    def __bool__(self) -> bool:
        return bool(self._left)

    def next(self, workers: int) -> list[ClipSource]:
        """Take the clips of the next unit; a single one as long as it is not known how long they take."""
        most = min(
            self._done.windows / max(self._done.seconds, 1e-3) * self._seconds,
            self._windows / (SHARE * max(1, workers)),
        )
        clips: list[ClipSource] = []
        windows = 0
        while self._left and (not clips or windows + self._left[-1][1] <= most):
            clip, count = self._left.pop()
            clips.append(clip)
            windows += count
        self._windows -= windows
        return clips

    def learn(self, done: Done) -> None:
        """Take into account how long a unit took."""
        self._done = Done(
            windows=self._done.windows + done.windows, seconds=self._done.seconds + done.seconds
        )


def _result(future: Any, clips: Sequence[ClipSource]) -> Done:
    """Return the result of a worker; clips with which workers were lost repeatedly have failed."""
    from distributed import KilledWorker

    if future.status == "cancelled" or future.status == "lost":
        raise _gone()
    error = future.exception()
    if error is None:
        done: Done = future.result()
        return done
    if isinstance(error, KilledWorker):
        return Done(
            failed={
                clip.id: f"{clip.path}: {LOST} workers were lost while they computed it or its neighbours. Look into "
                "their logs: most often memory was full; give fewer windows at once (--batch-size 1)."
                for clip in clips
            }
        )
    if isinstance(error, ActionDiffError):
        raise error
    raise ClusterError(f"A worker failed: {type(error).__name__}: {error}") from error


def _gone() -> ClusterError:
    return ClusterError(
        "The Dask scheduler is gone, or does not answer. What was computed is kept: start a scheduler and workers again, and "
        "give the same command."
    )


@contextmanager
def in_client(workers: int, scheduler: str) -> Iterator[Any]:
    """Connect to the Dask ``scheduler``, or start ``workers`` processes of this computer for as long as it lasts."""
    import dask
    from distributed import Client

    with dask.config.set(
        {"distributed.scheduler.allowed-failures": LOST, "distributed.comm.timeouts.connect": "10s"}
    ):
        if not scheduler:
            with (
                _started_with(_environment(workers)),
                _local_cluster(workers) as cluster,
                Client(cluster) as client,
            ):
                yield client
            return
        try:
            where = {"scheduler_file": scheduler} if scheduler.endswith(".json") else {"address": scheduler}
            client = Client(**where, timeout=10)
        except (OSError, ValueError) as error:
            raise ClusterError(
                f"There is no Dask scheduler at {scheduler} ({error}). Start one with `dask scheduler` and workers with "
                "`dask worker ADDRESS`, or correct the address."
            ) from error
        with client:
            yield client


@contextmanager
def _local_cluster(workers: int) -> Iterator[Any]:
    """Start processes of this computer, each with its share of the processors and a GPU of its own."""
    from distributed import Nanny, Scheduler, Security, SpecCluster

    # Whoever reaches a scheduler can run code as its user, and other users of this computer reach its ports.
    try:
        shared = {"host": "127.0.0.1", "protocol": "tls://", "security": Security.temporary()}
    except ImportError as error:
        raise ClusterError(MISSING) from error
    options = {"nthreads": 1, "memory_limit": 0, **shared}
    cluster = SpecCluster(
        workers={
            number: {"cls": Nanny, "options": {**options, "env": _gpu(number)}} for number in range(workers)
        },
        scheduler={
            "cls": Scheduler,
            "options": {"port": 0, "dashboard": False, "dashboard_address": "127.0.0.1:0", **shared},
        },
        security=shared["security"],
        silence_logs=logging.CRITICAL,
    )
    try:
        yield cluster
    finally:
        cluster.close()


@contextmanager
def _started_with(environment: dict[str, str]) -> Iterator[None]:
    """Let Dask start its processes with these variables, and take them away from this one again."""
    import dask

    before = {name: os.environ.get(name) for name in (*environment, "PYTHONHASHSEED")}
    try:
        with dask.config.set({"distributed.nanny.pre-spawn-environ": environment}):
            yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def environment_of(workers: int) -> dict[str, str]:
    """Return the variables of one of ``workers`` processes that share this computer."""
    return {**os.environ, **_environment(workers)}


def _environment(workers: int) -> dict[str, str]:
    threads = os.environ.get("OMP_NUM_THREADS") or str(max(1, (os.cpu_count() or 1) // workers))
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    return {**dict.fromkeys(names, threads), "DASK_LOGGING__DISTRIBUTED": "error"}


def _gpu(number: int) -> dict[str, str]:
    """Return the variable that gives a worker one of the GPUs; none where there are none."""
    import torch

    gpus = torch.cuda.device_count()
    if not gpus:
        return {}
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = visible.split(",") if visible else [str(each) for each in range(gpus)]
    return {"CUDA_VISIBLE_DEVICES": names[number % len(names)]}
