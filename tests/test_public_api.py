"""The public functions, used as in the README."""

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import actiondiff_gui as ad
from actiondiff_gui.resources import sample_data


def test_importing_the_package_loads_nothing_heavy_and_every_name_is_there():
    code = (
        "import sys, actiondiff_gui as ad\n"
        "heavy = {'torch', 'numpy', 'sklearn', 'diffusers', 'umap', 'pandas'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert len(ad.__all__) <= 15\n"
        "assert all(getattr(ad, name).__doc__ for name in ad.__all__)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        ad.nothing  # noqa: B018


def test_backbones_are_listed_by_pattern_and_loaded():
    assert "svd-xt" in ad.list_backbones("svd*")
    assert "tiny" not in ad.list_backbones("svd*")
    assert ad.create_backbone("tiny", device="cpu").id == "tiny"


@pytest.fixture
def clips(tmp_path):
    """Provide a table of twelve sample clips: two actions of three species."""
    table = pd.read_csv(sample_data("clips", "clips.csv"))
    few = table[table.viewpoint.eq("side") & table.context.eq("field") & table.label.isin(["walk", "still"])]
    few = few[~few.video.str.endswith("_2.mp4")]
    few = few.assign(video=[str(sample_data("clips", name)) for name in few.video])
    few.to_csv(tmp_path / "clips.csv", index=False)
    return tmp_path / "clips.csv"


def test_the_example_of_the_readme_runs_as_it_stands(clips, monkeypatch):
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.S)
    monkeypatch.chdir(clips.parent)
    # The tiny model and a CPU stand in for weights and a GPU that a test cannot have.
    names = {}
    exec(compile(code.replace("svd-xt", "tiny").replace("cuda", "cpu"), "README.md", "exec"), names)
    try:
        assert len(names["project"].labels(sources=("model",))) == 12
        assert set(names["model"].scores["head"]) == {"transformer", "linear", "knn", "majority"}
    finally:
        names["project"].close()


def test_labels_features_map_training_and_predictions_follow_each_other(clips, tmp_path):
    with ad.Project.create(tmp_path / "creatures.actiondiff") as project:
        report = ad.import_labels(project, clips)
        assert (report.clips_added, report.problems) == (12, ())
        project.domain = "species"

        features = ad.FeatureSet(project, "tiny", timestep=20, layers=[9])
        assert len(ad.extract(features, device="cpu").computed) == 12
        assert ad.extract(features).computed == ()

        places = ad.embed(features, "pca")
        assert list(places.columns) == ["clip", "x", "y", "label", "domain"]
        assert set(places.label) == {"walk", "still"}

        model = ad.train(features, head="linear", test="each-domain")
        accuracy = model.scores.query("head == 'linear' and score == 'accuracy'")
        assert 0 <= accuracy.value.item() <= 1

        answers = ad.predict(model, project)
        assert len(answers) == 12
        assert set(answers.predicted) <= {"walk", "still"}
        assert len(project.labels(sources=("model",))) == 12
