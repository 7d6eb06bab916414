"""Scores of a study computed by the jobs of a SLURM array, each the command line with ``--shard K/N``.

Each job keeps the scores that fall to its share as they are finished, and writes down that it has ended. So the watching process can
be closed and started again; a job that ended without a word (cancelled, node lost, out of time) is submitted once more
and computes what lacks.
"""

import contextlib
import hashlib
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from actiondiff_gui.errors import ClusterError
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.workflow.cluster.sharing import ROUNDS, run_share, shards
from actiondiff_gui.workflow.cluster.slurm_array import log_of, submit_array, watched, write_down
from actiondiff_gui.workflow.cluster.slurm_features import POLL_SECONDS, SILENCE, TRIES, UNSEEN
from actiondiff_gui.workflow.cluster.slurm_queue import call, queue_of


def slurm_scores_job(
    arguments: Sequence[str],
    root: Path,
    options: dict[str, str],
    workers: int = 1,
    poll_seconds: float = POLL_SECONDS,
) -> Job[None]:
    """Let an array of ``workers`` jobs run a ``study`` command, each for its share, or go on watching the one that runs already.

    Closing the job leaves SLURM's jobs alone: the same call watches them again.

    Parameters
    ----------
    arguments : sequence of str
        Of the command, without ``--shard``.
    root : Path
        Folder of the project's features, in which it is kept what is known of the jobs.
    options : dict of str to str
        Options of sbatch.

    Raises
    ------
    ClusterError
        There is no SLURM here, it takes no jobs, it does not answer for ten minutes, or a part ended in an error.
    """
    array = _Array(arguments, root, options, workers)
    with watched(array.folder):
        yield Progress(0, workers, "asking SLURM")
        array.take_up()
        while array.round <= ROUNDS:
            yield from array.round_job(poll_seconds)
            array.next_round()


class _Array:
    """The jobs of one round after the other, and what is known of them in a folder."""

    def __init__(self, arguments: Sequence[str], root: Path, options: dict[str, str], workers: int) -> None:
        self._shards, self._options = shards(arguments, workers), options
        about = json.dumps([str(root), *self._shards[0]])
        self.name = "actiondiff-" + hashlib.sha256(about.encode()).hexdigest()[:10]
        self.folder = root / "runs" / self.name
        self.round = 1
        self._jobs: dict[int, str] = {}
        self._tries: dict[int, int] = {}
        self._unseen: dict[int, int] = {}

    def take_up(self) -> None:
        """Take over the round that an earlier watcher left, if a job of it is in the queue."""
        queued = queue_of(self.name)
        kept: dict[str, Any] = {}
        with contextlib.suppress(OSError, ValueError):
            kept = json.loads((self.folder / "round.json").read_text("utf-8"))
        with contextlib.suppress(TypeError, KeyError, ValueError, AttributeError):
            jobs = {int(number): str(job) for number, job in kept["jobs"].items()}
            if any(job in queued for job in jobs.values()):
                self.round, self._jobs = int(kept["round"]), jobs
        strangers = [job for job in queued if job not in self._jobs.values()]
        if strangers:
            # Submitted by a watcher that died before it could write it down: nobody would know when they end.
            call("scancel", *strangers)

    def next_round(self) -> None:
        """Go on to the next round."""
        self.round += 1
        self._jobs, self._tries, self._unseen = {}, {}, {}

    def round_job(self, poll_seconds: float) -> Job[None]:
        """Submit what no job of the round has, and watch until all have ended."""
        numbers = range(len(self._shards))
        self._submit([number for number in numbers if number not in self._jobs])
        left, heard = set(numbers), time.monotonic()
        while left:
            told = "SLURM does not answer"
            try:
                queued = queue_of(self.name)
            except ClusterError:
                if time.monotonic() - heard > SILENCE:
                    raise
            else:
                heard = time.monotonic()
                running = list(queued.values()).count("RUNNING")
                told = f"{running} jobs running, {len(queued) - running} waiting"
                left -= {number for number in left if self._is_done(number, queued)}
            yield Progress(len(numbers) - len(left), len(numbers), self._told(told))
            until = time.monotonic() + (poll_seconds if left else 0)
            while (rest := until - time.monotonic()) > 0:
                time.sleep(min(0.2, rest))
                yield Progress(len(numbers) - len(left), len(numbers), self._told(told))

    def _told(self, what: str) -> str:
        return f"scoring, round {self.round} of {ROUNDS}: {what}"

    def _is_done(self, number: int, queued: dict[str, str]) -> bool:
        """Whether a part is over; one that ended without a word is submitted again."""
        job = self._jobs[number]
        self._unseen[number] = 0 if job in queued else self._unseen.get(number, 0) + 1
        ended: dict[str, Any] | None = None
        with contextlib.suppress(OSError, ValueError):
            ended = json.loads(self._ended_file(number).read_text("utf-8"))
        if ended is not None and self._unseen[number]:
            if ended.get("error"):
                raise ClusterError(f"{ended['error']} Its log is {log_of(self.folder / 'logs', job)}.")
            return True
        if self._unseen[number] >= UNSEEN:
            self._tries[number] = self._tries.get(number, 1) + 1
            if self._tries[number] > TRIES:
                raise ClusterError(
                    f"Job {job} ended {TRIES} times without a word: it was cancelled, lost its node, or ran out of time or "
                    f"memory. Its log is {log_of(self.folder / 'logs', job)}. What was scored is kept; correct the cause "
                    "and give the same command."
                )
            self._submit([number])
        return False

    def _submit(self, numbers: Sequence[int]) -> None:
        if not numbers:
            return
        for number in numbers:
            self._ended_file(number).unlink(missing_ok=True)
        calls = [(score_part, self._shards[number], self._ended_file(number)) for number in numbers]
        jobs = submit_array(self.name, self.folder / "logs", self._options, len(self._shards), calls)
        for number, job in zip(numbers, jobs, strict=True):
            self._jobs[number], self._unseen[number] = job, 0
        write_down(self.folder / "round.json", {"round": self.round, "jobs": self._jobs})

    def _ended_file(self, number: int) -> Path:
        return self.folder / f"ended-{self.round}-{number}.json"


def score_part(arguments: Sequence[str], ended: Path) -> None:
    """Score one share and write down that it is over. Runs in a job of SLURM.

    Raises
    ------
    ClusterError
        As :func:`~actiondiff_gui.workflow.cluster.sharing.run_share`; written down too.
    """
    try:
        run_share(arguments)
    except ClusterError as error:
        write_down(ended, {"error": str(error)})
        raise
    write_down(ended, {"error": ""})
