"""A real SLURM computes the same bytes as one process, also where jobs are cancelled and nodes go down."""

import contextlib
import re
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from actiondiff_gui.errors import ClusterError
from actiondiff_gui.features.feature_set import FeatureSet
from actiondiff_gui.project.project import Project
from actiondiff_gui.workflow.cluster.settings import WorkerSettings
from actiondiff_gui.workflow.cluster.slurm_array import Run
from actiondiff_gui.workflow.cluster.slurm_features import slurm_job
from actiondiff_gui.workflow.cluster.slurm_queue import minutes_of, queue_of
from actiondiff_gui.workflow.cluster.spreading import spread_job
from actiondiff_gui.workflow.cluster.work_order import order_of

OPTIONS = {"time": "10", "cpus-per-task": "1", "mem": "1G"}


def jobs(features, workers=2):
    units = features.plan()
    order = order_of(features, units)
    provenance = features.store.provenance
    return Run(order, OPTIONS, workers).name, slurm_job(
        order, provenance, units, [1] * len(units), OPTIONS, workers, poll_seconds=0.3
    )


def cancel(job: str) -> None:
    """Cancel a job and kill its processes at once, as SLURM does 30 s later to those that finish what they have in hand."""
    subprocess.run(["scancel", job], check=True)
    array, _, task = job.partition("_")
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            own = process.environ()
            if (own.get("SLURM_ARRAY_JOB_ID"), own.get("SLURM_ARRAY_TASK_ID")) == (array, task):
                process.kill()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_job_cancelled_in_the_middle_costs_nothing(slurm, spread, one_process, monkeypatch):
    monkeypatch.setenv("SLEEPY_SECONDS", "0.5")
    cancelled = ""
    with Project.open(spread.path) as project:
        features = FeatureSet(project, "sleepy")
        count = len(features.plan())
        name, job = jobs(features)
        for progress in job:
            if not cancelled and progress.done > 3:
                cancelled = next(iter(queue_of(name)))
                cancel(cancelled)
        assert cancelled
        assert progress.done == progress.total == count
        assert not progress.failed
        assert progress.message.endswith("1 submitted again")
    assert spread.tokens() == one_process
    # The cancelled job may lose the windows it had in hand, and nothing is computed twice besides.
    assert count <= len(spread.windows()) <= count + 8


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_watching_is_taken_up_again_and_a_node_that_goes_down_costs_nothing(
    slurm, spread, one_process, monkeypatch
):
    monkeypatch.setenv("SLEEPY_SECONDS", "0.5")
    node = subprocess.run(["sinfo", "-h", "-o", "%n"], capture_output=True, text=True).stdout.split()[0]
    with Project.open(spread.path) as project:
        features = FeatureSet(project, "sleepy")
        name, job = jobs(features)
        while next(job).done < 3:
            pass
        job.close()
        first = queue_of(name)
        assert len(first) == 2, "closing leaves the jobs alone"
        _, job = jobs(features)
        next(job)
        next(job)
        assert queue_of(name).keys() == first.keys(), "nothing is submitted twice"
        subprocess.run(["scontrol", "update", f"nodename={node}", "state=down", "reason=test"], check=True)
        time.sleep(2)
        # SLURM itself may have taken it up again by then, and refuses to do so twice.
        subprocess.run(["scontrol", "update", f"nodename={node}", "state=resume"], check=False)
        assert not list(job)[-1].failed
        assert not features.plan()
    assert spread.tokens() == one_process


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_part_that_always_fails_ends_the_run_and_its_log_is_named(slurm, spread, monkeypatch):
    monkeypatch.setenv("SLEEPY_SECONDS", "not a number")
    with Project.open(spread.path) as project:
        features = FeatureSet(project, "sleepy")
        count = len(features.plan())
        name, job = jobs(features, workers=1)
        with pytest.raises(ClusterError, match="ended 3 times without one more clip") as caught:
            list(job)
    log = Path(re.search(r"Its log is (\S+)\.", str(caught.value))[1])
    assert f"with {count} clips" in str(caught.value)
    assert "not a number" in log.read_text()
    assert not queue_of(name)


def test_what_slurm_refuses_is_told_in_its_words(slurm, spread):
    with Project.open(spread.path) as project:
        features = FeatureSet(project, "sleepy")
        with pytest.raises(ClusterError, match="nowhere"):
            list(spread_job(features, features.plan(), WorkerSettings(slurm="partition=nowhere")))
    assert not spread.tokens()


def test_where_there_is_no_slurm_it_is_said(spread, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with Project.open(spread.path) as project:
        features = FeatureSet(project, "sleepy")
        with pytest.raises(ClusterError, match="no SLURM on this computer"):
            list(spread_job(features, features.plan(), WorkerSettings(slurm="partition=gpu")))


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("90", 90), ("4:00:00", 240), ("30:00", 30), ("0:30", 1), ("2-12", 3600), ("1-00:00:30", 1441)],
)
def test_limits_of_time_are_read_as_sbatch_reads_them(text, minutes):
    assert minutes_of(text) == minutes


@pytest.mark.parametrize(
    "wrong", [{"slurm": "array=1-3"}, {"slurm": "gpu"}, {"slurm": "partition=a", "scheduler": "tcp://a:1"}]
)
def test_options_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ClusterError):
        WorkerSettings(**wrong)


def test_options_of_sbatch_may_hold_commas():
    read = WorkerSettings(slurm="partition=a,b,gres=gpu:a100:1,time=1-00:00:00").slurm_options
    assert read == {"partition": "a,b", "gres": "gpu:a100:1", "time": "1-00:00:00"}
