"""An array of SLURM jobs, and what is known of it in a folder beside the store."""

import contextlib
import hashlib
import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from actiondiff_gui.errors import ActionDiffError, ClusterError
from actiondiff_gui.features.clips import ClipSource, Unit
from actiondiff_gui.files import whole_file
from actiondiff_gui.workflow.cluster.slurm_queue import call, minutes_of, queue_of
from actiondiff_gui.workflow.cluster.work_order import Order, compute

MISSING = (
    "Computing with SLURM needs submitit, which is not installed. Install it with: "
    'pip install "actiondiff-gui[cluster]"'
)


@dataclass
class Part:
    """The clips of one job.

    Attributes
    ----------
    ids : list of str
        The clips.
    job : str
        Id of its latest job, such as "123_4"; "" before the first.
    tries : int
        Jobs in a row that ended without a word and without one more clip.
    left : int
        Clips that were lacking when the latest job was submitted.
    """

    ids: list[str]
    job: str = ""
    tries: int = 0
    left: int = 0
    unseen: int = field(default=0, compare=False)


class Run:
    """An array of jobs and what is known of it, in a folder beside the store so that it can be taken up again."""

    def __init__(self, order: Order, options: dict[str, str], workers: int) -> None:
        self.order, self.options, self.workers = order, options, workers
        # Where other clips or options are meant by the same order, the jobs in the queue are still those of this run.
        about = json.dumps([str(order.root), order.digest, order.timesteps, order.layers, order.pooling])
        self.name = "actiondiff-" + hashlib.sha256(about.encode()).hexdigest()[:10]
        self.folder = order.root / "runs" / self.name
        self.parts: list[Part] = []

    def take_up(self) -> None:
        """Take over the parts that an earlier watcher left, if any job of it is in the queue."""
        queued = queue_of(self.name)
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            kept = json.loads((self.folder / "parts.json").read_text("utf-8"))
            self.parts = [Part(**{**each, "unseen": 0}) for each in kept]
        if not any(part.job in queued for part in self.parts):
            self.parts = []
        strangers = [job for job in queued if job not in {part.job for part in self.parts}]
        if strangers:
            # Submitted by a watcher that died before it could write it down: nobody would know when they end.
            call("scancel", *strangers)

    def add(self, units: Sequence[Unit], windows: Sequence[int]) -> list[int]:
        """Cut ``units`` into new parts of about equally many windows and return their numbers."""
        count, total, before = min(self.workers, len(units)), sum(windows), 0
        cut: list[list[str]] = [[] for _ in range(count)]
        for unit, own in zip(units, windows, strict=True):
            cut[(2 * before + own) * count // (2 * total)].append(unit.clip.id)
            before += own
        first = len(self.parts)
        self.parts += [Part(ids, left=len(ids)) for ids in cut if ids]
        return list(range(first, len(self.parts)))

    def save(self) -> None:
        """Write down what is known."""
        with whole_file(self.folder / "parts.json") as part:
            part.write_text(json.dumps([asdict(each) for each in self.parts]), encoding="utf-8")

    def ended(self, number: int) -> dict[str, Any] | None:
        """Return what the job of a part wrote when it ended; None if it wrote nothing."""
        with contextlib.suppress(OSError, ValueError):
            told: dict[str, Any] = json.loads(self._ended_file(number).read_text("utf-8"))
            return told
        return None

    def _ended_file(self, number: int) -> Path:
        return self.folder / f"ended-{number}.json"

    def log(self, number: int) -> Path:
        """Return the log of the latest job of a part."""
        return log_of(self.folder / "logs", self.parts[number].job)

    def submit(self, numbers: Sequence[int], clips: dict[str, ClipSource]) -> None:
        """Submit the parts ``numbers`` as one array.

        Raises
        ------
        ClusterError
            SLURM does not take it.
        """
        for number in numbers:
            self._ended_file(number).unlink(missing_ok=True)
        calls = [
            (
                compute_part,
                self.order,
                [clips[each] for each in self.parts[number].ids if each in clips],
                self._ended_file(number),
            )
            for number in numbers
        ]
        jobs = submit_array(self.name, self.folder / "logs", self.options, self.workers, calls)
        for number, job in zip(numbers, jobs, strict=True):
            self.parts[number].job = job
            self.parts[number].unseen = 0
        self.save()


@contextmanager
def watched(folder: Path) -> Iterator[None]:
    """Be the only one to watch an array, of which ``folder`` holds what is known.

    Raises
    ------
    ClusterError
        Another program watches it, or the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "watched.lock", timeout=0):
            yield
    except Timeout as error:
        raise ClusterError(
            "Another program watches these jobs already. Look there, or close it and give the same command."
        ) from error
    except OSError as error:
        raise ClusterError(f"{folder} cannot be written ({error.strerror or error}).") from error


def submit_array(
    name: str,
    logs: Path,
    options: dict[str, str],
    workers: int,
    calls: Sequence[tuple[Any, ...]],
) -> list[str]:
    """Submit calls (a function and its arguments) as an array of jobs; returns their ids, such as "123_4".

    Parameters
    ----------
    name : str
        What the jobs are called in the queue.
    logs : Path
        Folder for what they print.
    options : dict of str to str
        Options of sbatch.
    workers : int
        How many run at the same time.

    Raises
    ------
    ClusterError
        SLURM does not take it.
    """
    try:
        from submitit import SlurmExecutor
    except ImportError as error:
        raise ClusterError(MISSING) from error
    given: dict[str, Any] = {name: True if value == "true" else value for name, value in options.items()}
    logs.mkdir(parents=True, exist_ok=True)
    try:
        executor = SlurmExecutor(logs, max_num_timeout=0)
        executor.update_parameters(
            job_name=name,
            array_parallelism=workers,
            time=minutes_of(str(given.pop("time", "60"))),
            stderr_to_stdout=True,
            additional_parameters=given,
        )
        with executor.batch():
            jobs = [executor.submit(*call) for call in calls]
    except (OSError, RuntimeError, ValueError, subprocess.CalledProcessError) as error:
        raise ClusterError(
            f"SLURM did not take the jobs: {str(error).strip()[-500:]} Correct the options (--slurm), or look with "
            "sinfo which partitions there are."
        ) from error
    return [str(job.job_id) for job in jobs]


def log_of(logs: Path, job: str) -> Path:
    """Return the file for what a job of an array prints."""
    return logs / f"{job}_0_log.out"


def compute_part(order: Order, clips: Sequence[ClipSource], ended: Path) -> None:
    """Compute a part and write down that it is over. Runs in a job of SLURM.

    Raises
    ------
    ActionDiffError
        As :func:`~actiondiff_gui.workflow.cluster.work_order.compute`; written down too.
    """
    try:
        done = compute(order, clips)
    except ActionDiffError as error:
        write_down(ended, {"computed": 0, "failed": {}, "error": str(error)})
        raise
    write_down(ended, {"computed": len(done.computed), "failed": done.failed, "error": ""})


def write_down(file: Path, values: dict[str, Any]) -> None:
    """Write a JSON file, whole or not at all."""
    with whole_file(file) as part:
        part.write_text(json.dumps(values), encoding="utf-8")
