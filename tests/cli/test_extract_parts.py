"""Extraction in parts gives the same files as one process."""

import json
import shutil

import pytest

from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project
from tests.cli.test_cli import call


def stored(folder) -> dict:
    return {
        str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*.safetensors"))
    }


@pytest.fixture
def project(videos, tmp_path):
    path = tmp_path / "one" / "p.actiondiff"
    path.parent.mkdir()
    with Project.create(path) as opened:
        run(import_videos(opened, videos))
        for video in opened.videos():
            for start in range(0, video.frame_count - 8, 8):
                opened.add_clip(video.id, start, start + 8)
    return path


def test_parts_in_any_order_give_the_bytes_of_one_process(project, svd_folder, tmp_path):
    other = shutil.copytree(project.parent, tmp_path / "other") / project.name
    # Windows of several clips that share a batch come out equal to rounding only, and parts have other neighbours.
    options = (
        "--backbone",
        svd_folder,
        "--timesteps",
        "10,20",
        "--layers",
        "5,9",
        "--batch-size",
        "1",
        "--json",
    )
    call("extract", project, *options)
    clips = 0
    for part in ("3/3", "1/3", "2/3"):
        said = json.loads(call("extract", other, *options, "--shard", part))
        assert said["shard"] == part
        assert 0 < said["computed"] == said["clips"]
        clips += said["clips"]
    with Project.open(project) as opened:
        assert clips == len(opened.clips())
    whole, parts = stored(project.parent), stored(other.parent)
    assert whole.keys() == parts.keys()
    assert whole == parts
    call("extract", other, *options, "--shard", "4/3", code=1)
