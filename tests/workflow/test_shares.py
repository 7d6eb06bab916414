"""Shares of a study's scores: together they are the whole, and the report computes nothing again."""

import json
import shutil

import pytest

from actiondiff_gui.errors import FeatureStoreError
from actiondiff_gui.evaluation.scoreboard.playing import BoardSettings
from actiondiff_gui.evaluation.study.stored_scores import Share
from actiondiff_gui.features.feature_set import FeatureSet
from actiondiff_gui.progress import run
from actiondiff_gui.project.project import Project
from actiondiff_gui.workflow import Contestant, scores_folder, study_project_job, study_share_job
from tests.limits.processes import run as call

BOARD = BoardSettings(heads=("linear", "knn"))


def _asked(project: Project):
    features = FeatureSet(project, "tiny", "t20", 9, "mean")
    own = Contestant("tiny", lambda about: [features.timestep], lambda about: [9], features, pooling="mean")
    what = (project, features, [features.timestep], [9], "species")
    return what, {"contestants": (own,), "board": BOARD, "heads": ("linear", "knn")}


def test_three_shares_twice_are_the_whole_and_the_report_adds_nothing(zoo_file, tmp_path):
    alone = tmp_path / "alone"
    shutil.copytree(zoo_file.parent, alone, ignore=shutil.ignore_patterns("alone"))
    with Project.open(alone / zoo_file.name) as project:
        what, choices = _asked(project)
        whole = run(study_project_job(*what, tmp_path / "whole", **choices))
    with Project.open(zoo_file) as project:
        what, choices = _asked(project)
        for _ in range(2):
            for number in (1, 2, 3):
                assert run(study_share_job(*what, Share(number, 3), **choices)) == []
        files = sorted(file.name for file in scores_folder(project).rglob("*.jsonl"))
        assert files
        assert all("of3.jsonl" in name for name in files)
        before = {file: file.read_bytes() for file in scores_folder(project).rglob("*.jsonl")}
        joined = run(study_project_job(*what, tmp_path / "joined", **choices))
        assert {file: file.read_bytes() for file in scores_folder(project).rglob("*.jsonl")} == before
    assert joined.summary == whole.summary
    assert joined.board.rows == whole.board.rows
    names = [json.loads(line).get("name") for text in before.values() for line in text.splitlines()]
    answers = [name for name in names if name and name.startswith("answers/")]
    assert len(answers) == len(set(answers)) > 3


def test_a_share_computes_no_features(zoo_file):
    with Project.open(zoo_file) as project:
        features = FeatureSet(project, "tiny", "t5", 4, "mean")
        with pytest.raises(FeatureStoreError, match="a part of a study computes none"):
            run(study_share_job(project, features, [features.timestep], [4], "species", Share(1, 2)))


@pytest.mark.slow
def test_the_command_scores_in_two_processes(zoo_file, tmp_path):
    options = ("--timesteps", "20", "--layers", "9", "--timestep", "20", "--layer", "9", "--pooling", "mean")
    alone = tmp_path / "alone"
    shutil.copytree(zoo_file.parent, alone, ignore=shutil.ignore_patterns("alone"))
    first = call("study", alone / zoo_file.name, *options, "--out", tmp_path / "one")
    second = call("study", zoo_file, *options, "--workers", "2", "--out", tmp_path / "two")
    assert first.returncode == second.returncode == 0, second.stderr
    one, two = (json.loads((tmp_path / name / "summary.json").read_text()) for name in ("one", "two"))
    assert one["held_out"] == two["held_out"]
    folder = zoo_file.with_suffix(".features") / "scores"
    assert {file.name.split(".")[1] for file in folder.rglob("*.jsonl")} == {"1of2", "2of2"}
