"""Folders in folders are read to the ground, and can be a metadata field and nothing else."""

import shutil

from actiondiff_gui.gui.project.state.opening import import_job
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.videos import import_videos


def test_folders_inside_are_read_and_hidden_ones_are_not(project, videos, tmp_path):
    for name in ("a.mp4", "day 1/b.mp4", "day 1/cage 2/c.mp4", ".trash/d.mp4"):
        place = tmp_path / "films" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(videos[0], place)
    run(import_videos(project, [tmp_path / "films"]))
    assert [video.path.name for video in project.videos()] == ["a.mp4", "b.mp4", "c.mp4"]


def test_folders_are_a_metadata_field_and_no_actions(project, videos, tmp_path):
    for video, name in zip(videos, ("cage 1/a.mp4", "cage 2/day 1/b.mp4", "c.mp4"), strict=True):
        place = tmp_path / "films" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(video, place)
    run(import_job(project, [tmp_path / "films"], "domain", "cage"))
    assert {video.path.name: video.facets.get("cage") for video in project.videos()} == {
        **{"a.mp4": "cage 1", "b.mp4": "cage 2", "c.mp4": None},
    }
    assert project.actions() == []
    assert project.domain_facet is None
