"""Features computed by the jobs of a SLURM array.

The clips are cut into as many parts as there are workers, and each part is a job. What a job finished is in the store; that it
is over, and what failed in it, it writes beside the store. So the watching process can be closed and started again, and the part of a job that
ended without this file (cancelled, node lost, out of time) is submitted once more.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from actiondiff_gui.errors import ClusterError
from actiondiff_gui.features.clips import ClipSource, Unit
from actiondiff_gui.features.coverage import Inventory
from actiondiff_gui.features.extraction import ExtractionProgress, ExtractionReport
from actiondiff_gui.features.settings import Provenance
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.progress import Job
from actiondiff_gui.workflow.cluster.slurm_array import Part, Run, watched
from actiondiff_gui.workflow.cluster.slurm_queue import queue_of
from actiondiff_gui.workflow.cluster.work_order import Order

TRIES = 3
"""A part is submitted so often if its jobs end without one more clip."""
POLL_SECONDS = 5.0
UNSEEN = 2
"""A job must be missing from the queue in so many looks before its part counts as ended: a shared folder shows files late."""
SILENCE = 600.0
"""Seconds after which a SLURM that does not answer is given up; its jobs go on."""


def slurm_job(
    order: Order,
    provenance: Provenance,
    units: Sequence[Unit],
    windows: Sequence[int],
    options: dict[str, str],
    workers: int = 1,
    poll_seconds: float = POLL_SECONDS,
) -> Job[ExtractionReport]:
    """Compute ``units`` by an array of ``workers`` SLURM jobs, or go on watching the one that runs already.

    Closing the job leaves SLURM's jobs alone: the same call watches them again.

    Parameters
    ----------
    windows : sequence of int
        Windows of each unit.
    options : dict of str to str
        Options of sbatch.

    Raises
    ------
    ClusterError
        There is no SLURM here, it takes no jobs, it does not answer for ten minutes, or a part of the work ended in an error.
    """
    run = Run(order, options, workers)
    yield ExtractionProgress(0, len(units), "asking SLURM")
    with watched(run.folder):
        watch = _Watch(run, TokenStore(order.root, provenance), units)
        watch.start(windows)
        return (yield from watch.job(poll_seconds))


class _Watch:
    """The parts of a run until all of them have ended.

    Parameters
    ----------
    run : Run
    store : TokenStore
        Where the jobs write.
    units : sequence of Unit
        What is to be computed.
    """

    def __init__(self, run: Run, store: TokenStore, units: Sequence[Unit]) -> None:
        self._run, self._units, self._inventory = run, units, Inventory(store)
        self._clips = {unit.clip.id: unit.clip for unit in units}
        self._left = {unit.clip.id: unit for unit in units}
        self._failed: dict[str, str] = {}
        self._open: set[int] = set()
        self._again = 0
        self._message = ""

    def start(self, windows: Sequence[int]) -> None:
        """Take up the jobs in the queue, and submit the clips that none of them has. Raises as :meth:`Run.submit`."""
        self._run.take_up()
        covered = {each for part in self._run.parts for each in part.ids}
        pairs = zip(self._units, windows, strict=True)
        fresh = [(unit, own) for unit, own in pairs if unit.clip.id not in covered]
        if fresh:
            self._run.submit(self._run.add(*zip(*fresh, strict=True)), self._clips)
        self._open = set(range(len(self._run.parts)))

    def job(self, poll_seconds: float) -> Job[ExtractionReport]:
        """Watch until all parts have ended; progress counts clips in the store."""
        heard = time.monotonic()
        while self._open:
            began = time.monotonic()
            try:
                queued = queue_of(self._run.name)
            except ClusterError:
                if time.monotonic() - heard > SILENCE:
                    raise
                self._message = "SLURM does not answer"
            else:
                heard = time.monotonic()
                running = list(queued.values()).count("RUNNING")
                self._look(queued)
                self._message = f"{running} jobs running, {len(queued) - running} waiting"
                self._message += f", {self._again} submitted again" if self._again else ""
            yield self._progress()
            if self._open:
                # Looking must not become the main load of a shared folder.
                yield from self._pause(max(poll_seconds, 5 * (time.monotonic() - began)))
        self._update()
        computed = tuple(unit.clip.id for unit in self._units if unit.clip.id not in self._left)
        return ExtractionReport(
            computed, {each: why for each, why in self._failed.items() if each in self._left}
        )

    def _look(self, queued: dict[str, str]) -> None:
        """Find the parts that have ended, and submit again what they lack."""
        # A job that is seen to have ended has written all its clips before the store is looked at.
        ended = [number for number in sorted(self._open) if self._has_ended(number, queued)]
        self._update()
        again = [number for number in ended if self._lacks(number)]
        if again:
            self._run.submit(again, self._clips)
            self._again += len(again)

    def _has_ended(self, number: int, queued: dict[str, str]) -> bool:
        part = self._run.parts[number]
        part.unseen = 0 if part.job in queued else part.unseen + 1
        return part.unseen >= UNSEEN or (part.unseen > 0 and self._run.ended(number) is not None)

    def _lacks(self, number: int) -> bool:
        """Whether a part that has ended is to be submitted again; raises where that did not help before."""
        part, written = self._run.parts[number], self._run.ended(number)
        if written:
            self._failed |= {each: why for each, why in written["failed"].items() if each in self._clips}
        left = [each for each in part.ids if each in self._left and each not in self._failed]
        if not left or (written and not written["error"]):
            self._open.discard(number)
            self._failed |= {each: _lost(self._clips[each], self._run.log(number)) for each in left}
            return False
        # Jobs that end at their limit of time finish something each time.
        part.tries = part.tries + 1 if len(left) == part.left or written else 1
        part.left = len(left)
        if part.tries >= TRIES:
            raise ClusterError(_given_up(part, written, self._run.log(number)))
        return True

    def _update(self) -> None:
        """Forget the clips that are whole in the store; they are not looked at again."""
        needed = set(self._run.order.layers)
        for clip_id, unit in list(self._left.items()):
            steps = {step.key for step in unit.timesteps}
            there = self._inventory.layers(unit.clip.key, steps, self._run.order.pooling)
            if all(needed <= there.get(step, frozenset()) for step in steps):
                del self._left[clip_id]

    def _progress(self) -> ExtractionProgress:
        computed = len(self._units) - len(self._left)
        failed = {each: why for each, why in self._failed.items() if each in self._left}
        return ExtractionProgress(
            computed + len(failed),
            len(self._units),
            self._message,
            tuple(failed.values()),
            computed,
            failed,
        )

    def _pause(self, seconds: float) -> Job[None]:
        """Wait in steps so short that stopping is immediate."""
        until = time.monotonic() + seconds
        progress = self._progress()
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(0.2, left))
            yield progress


def _lost(clip: ClipSource, log: Path) -> str:
    return f"{clip.path}: its job ended without the features of this clip. See {log}."


def _given_up(part: Part, written: dict[str, Any] | None, log: Path) -> str:
    why = (
        written["error"] if written else "they were cancelled, lost their node, or ran out of time or memory."
    )
    return (
        f"Job {part.job} with {part.left} clips ended {part.tries} times without one more clip: {why} Its log is {log}. What "
        "was computed is kept; correct the cause and give the same command."
    )
