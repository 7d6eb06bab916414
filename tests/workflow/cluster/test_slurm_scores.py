"""The scores of a study computed by a real SLURM are those of one process, also where jobs are cancelled."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from actiondiff_gui.errors import ClusterError
from actiondiff_gui.workflow.cluster.sharing import shards
from actiondiff_gui.workflow.cluster.slurm_queue import queue_of
from actiondiff_gui.workflow.cluster.slurm_scores import _Array, score_part, slurm_scores_job
from tests.limits.processes import run as call
from tests.workflow.cluster.conftest import ROOT
from tests.workflow.cluster.test_slurm_features import cancel

OPTIONS = {"time": "10", "cpus-per-task": "1", "mem": "3G"}
ASKED = ("--timesteps", "20", "--layers", "9", "--timestep", "20", "--layer", "9", "--pooling", "mean")


@pytest.fixture
def modules(monkeypatch):
    """Jobs find the package of this tree."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])))


def scores(project: Path) -> set[str]:
    """Names of the scores that are kept."""
    folder = project.with_suffix(".features") / "scores"
    lines = [line for file in folder.rglob("*.jsonl") for line in file.read_text().splitlines()]
    return {json.dumps(json.loads(line).get("name", line)) for line in lines}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_jobs_score_what_one_process_scores_and_are_taken_up_again(slurm, modules, zoo_file, tmp_path):
    alone = tmp_path / "alone"
    shutil.copytree(zoo_file.parent, alone, ignore=shutil.ignore_patterns("alone"))
    first = call("study", alone / zoo_file.name, *ASKED, "--out", tmp_path / "one")
    assert first.returncode == 0, first.stderr
    arguments = ["study", str(zoo_file), *ASKED]
    root = zoo_file.with_suffix(".features")
    name = _Array(arguments, root, OPTIONS, 2).name

    def job():
        return slurm_scores_job(arguments, root, OPTIONS, 2, poll_seconds=0.3)

    watching = job()
    while len(queue_of(name)) < 2:
        next(watching)
    watching.close()
    jobs = queue_of(name)
    assert len(jobs) == 2, "closing leaves the jobs alone"
    cancelled, told = sorted(jobs)[0], []
    watching = job()
    for progress in watching:
        told.append(progress.message)
        if cancelled:
            cancel(cancelled)
            cancelled = ""
    assert any("round 1 of 2" in message for message in told)
    assert "round 2 of 2" in told[-1]
    assert not queue_of(name)
    kept = {file.name.split(".")[1] for file in (root / "scores").rglob("*.jsonl")}
    assert kept == {"1of2", "2of2"}
    before = scores(zoo_file)
    second = call("study", zoo_file, *ASKED, "--out", tmp_path / "two")
    assert second.returncode == 0, second.stderr
    assert scores(zoo_file) == before, "nothing is left for the report to compute"
    one, two = (json.loads((tmp_path / each / "summary.json").read_text()) for each in ("one", "two"))
    assert one["held_out"] == two["held_out"]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_command_lets_slurm_score(slurm, modules, zoo_file, tmp_path):
    done = call(
        "study", zoo_file, *ASKED, "--slurm", "time=10,mem=3G", "--workers", "2", "--out", tmp_path / "out"
    )
    assert done.returncode == 0, done.stderr
    folder = zoo_file.with_suffix(".features") / "scores"
    assert {file.name.split(".")[1] for file in folder.rglob("*.jsonl")} == {"1of2", "2of2"}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_part_that_fails_is_told_with_its_log(slurm, modules, zoo_file):
    root = zoo_file.with_suffix(".features")
    wrong = ["study", str(zoo_file), "--timesteps", "20", "--layers", "99"]
    with pytest.raises(ClusterError, match="Part 1/1 of the scores failed") as caught:
        list(slurm_scores_job(wrong, root, OPTIONS, 1, poll_seconds=0.3))
    assert Path(re.search(r"Its log is (\S+)\.", str(caught.value))[1]).is_file()


def test_a_part_writes_down_how_it_ended(tmp_path):
    ended = tmp_path / "ended.json"
    score_part(["--version"], ended)
    assert json.loads(ended.read_text()) == {"error": ""}
    with pytest.raises(ClusterError, match=r"gone\.actiondiff"):
        score_part(["study", str(tmp_path / "gone.actiondiff"), "--shard", "1/2"], ended)
    assert "Part 1/2 of the scores failed" in json.loads(ended.read_text())["error"]
    assert shards(["study"], 2) == [["study", "--shard", "1/2"], ["study", "--shard", "2/2"]]
