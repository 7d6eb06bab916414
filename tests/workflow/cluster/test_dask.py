"""Several processes compute the same bytes as one, also where processes are killed."""

import os
import random
import signal
import subprocess
import sys
import time

import psutil
import pytest

from actiondiff_gui.errors import ClusterError
from actiondiff_gui.features.feature_set import FeatureSet
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project
from actiondiff_gui.workflow.cluster.dask_workers import dask_job
from actiondiff_gui.workflow.cluster.settings import WorkerSettings
from actiondiff_gui.workflow.cluster.spreading import spread_job
from actiondiff_gui.workflow.cluster.work_order import order_of
from tests.limits.processes import run as call


def running(pid: int) -> bool:
    # A killed process stays in the table until its parent has asked for its end.
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.mark.slow
@pytest.mark.timeout(900)  # Each worker loads torch anew, which takes a minute on two busy cores.
def test_workers_killed_at_random_cost_time_and_nothing_else(spread, one_process, monkeypatch):
    monkeypatch.setenv("SLEEPY_SECONDS", "0.1")
    killed, choose = [], random.Random(1)
    with Project.open(spread.path) as project:
        features = FeatureSet(project, "sleepy")
        units = features.plan()
        job = dask_job(order_of(features, units), units, [1] * len(units), workers=2, unit_seconds=0.5)
        for progress in job:
            if len(killed) < 2 and progress.done > 8 * len(killed) + 4:
                living = [int(pid) for pid, _, what in spread.lines() if what == "loaded"]
                living = [pid for pid in living if running(pid)]
                if living:
                    killed.append(choose.choice(living))
                    os.kill(killed[-1], signal.SIGKILL)
    assert len(killed) == 2
    assert progress.done == progress.computed == progress.total == len(units)
    assert spread.tokens() == one_process
    # What a killed worker had in hand is done again: no more than a batch of windows for each.
    assert len(spread.windows()) <= len(units) + 8 * len(killed)
    loaded = [pid for pid, _, what in spread.lines() if what == "loaded"]
    assert len(loaded) == len(set(loaded)), "a worker loads the network once"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_workers_with_the_tiny_model_write_the_bytes_of_one_process(videos, tmp_path, monkeypatch):
    # Sums over more threads are ordered otherwise.
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    tokens = []
    for name in ("alone", "workers"):
        path = tmp_path / name / "p.actiondiff"
        path.parent.mkdir()
        with Project.create(path) as project:
            run(import_videos(project, videos))
        options = ("--workers", 2) if name == "workers" else ()
        call(
            "extract",
            path,
            "--backbone",
            "tiny",
            "--timesteps",
            "25",
            "--batch-size",
            "1",
            *options,
            seconds=600,
        )
        tokens.append(
            {
                str(file.relative_to(path.parent)): file.read_bytes()
                for file in path.parent.rglob("*.safetensors")
            }
        )
    assert len(tokens[0]) == len(videos)
    assert tokens[0] == tokens[1]


def test_a_scheduler_that_is_not_there_is_told(spread):
    with Project.open(spread.path) as project:
        features = FeatureSet(project, "sleepy")
        where = WorkerSettings(scheduler="tcp://127.0.0.1:9")
        with pytest.raises(ClusterError, match=r"no Dask scheduler at tcp://127\.0\.0\.1:9"):
            list(spread_job(features, features.plan(), where))
    assert not spread.tokens()


@pytest.mark.slow
def test_a_scheduler_that_dies_is_told_and_the_next_one_goes_on(spread, one_process, monkeypatch):
    monkeypatch.setenv("SLEEPY_SECONDS", "0.2")

    def scheduler(port: int) -> list[subprocess.Popen]:
        command = [sys.executable, "-m", "dask", "scheduler", "--no-dashboard", "--host", "127.0.0.1"]
        worker = [
            sys.executable,
            "-m",
            "dask",
            "worker",
            f"tcp://127.0.0.1:{port}",
            "--nthreads",
            "1",
            "--no-dashboard",
        ]
        return [
            subprocess.Popen(each, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for each in ([*command, "--port", str(port)], worker)
        ]

    started = scheduler(18786)
    try:
        time.sleep(8)
        with Project.open(spread.path) as project:
            features = FeatureSet(project, "sleepy")
            job = spread_job(features, features.plan(), WorkerSettings(scheduler="tcp://127.0.0.1:18786"))
            while next(job).done < 5:
                pass
            started[0].kill()
            with pytest.raises(ClusterError, match="scheduler is gone"):
                list(job)
            assert 0 < len(features.plan()) < len(project.clips())
            started += scheduler(18787)
            time.sleep(8)
            # A worker finishes what it has in hand also without its scheduler.
            lacking = features.plan()
            done = list(spread_job(features, lacking, WorkerSettings(scheduler="tcp://127.0.0.1:18787")))
            assert done[-1].computed == len(lacking)
    finally:
        for each in started:
            each.kill()
    assert spread.tokens() == one_process
