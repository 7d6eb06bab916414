"""An estimate of a network of full size, whose weights are not here."""

import json

import pytest

from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project
from tests.limits.processes import environment
from tests.limits.processes import run as call


@pytest.mark.slow
def test_svd_xt_is_estimated_without_weights_and_without_running_it(videos, tmp_path):
    path = tmp_path / "p.actiondiff"
    with Project.create(path) as project:
        run(import_videos(project, videos))
    env = environment(HF_HUB_OFFLINE="1", HF_HOME=str(tmp_path / "hub"))
    done = call(
        *("extract", path, "--backbone", "svd-xt", "--device", "cpu", "--estimate", "--json"),
        env=env,
        seconds=280,
    )
    said = json.loads(done.stdout)
    assert (said["clips"], said["to_compute"], said["folder"]) == (len(videos), len(videos), None)
    expected = said["estimate"]
    # 166 TFLOP at one timestep of seven, and no CPU does more than some TFLOP a second.
    assert expected["seconds"] > 60
    assert 10e9 < expected["memory_bytes"] < 30e9
    assert expected["fits"] == (expected["memory_bytes"] <= expected["free_bytes"])
    assert not (tmp_path / "hub").exists()
    assert not list(tmp_path.rglob("*.safetensors"))
