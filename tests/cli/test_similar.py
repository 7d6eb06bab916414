"""Similar clips and clusters on the command line."""

import json

import numpy as np

from actiondiff_gui.features.dataset import clip_sources
from actiondiff_gui.features.feature_set import FeatureSet
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project
from tests.cli.test_cli import call

AT = ("--timestep", "20", "--layer", "9", "--pooling", "mean")


def test_clips_are_found_by_clip_and_moment_and_clustered(tmp_path, videos):
    path = tmp_path / "pets.actiondiff"
    with Project.create(path) as project:
        run(import_videos(project, videos))
        project.remove_clip([clip.id for clip in project.clips()])
        longest = max(project.videos(), key=lambda video: video.frame_count)
        ids = [
            clip.id
            for clip in project.add_clips(longest.id, [(i, i + 1, None, None, None) for i in range(24)])
        ]
        project.add_labels([(clip, "walk", 1, None) for clip in ids[::2]])
        store, random = FeatureSet(project, "tiny", "t20", 9).store, np.random.default_rng(0)
        for number, source in enumerate(sorted(clip_sources(project), key=lambda s: s.start)):
            centre = np.array([4.0, 0, 0, 0]) if number % 2 else np.array([0, 4.0, 0, 0])
            tokens = (centre + 0.3 * random.normal(size=(1, 4))).astype(np.float32)
            store.write(source.key, "t20", {9: tokens}, np.array([source.start]))
    out = tmp_path / "near.csv"
    said = json.loads(call("similar", path, "--clip", ids[0], "--count", "5", *AT, "--out", out, "--json"))
    assert {row["clip"] for row in said["found"]} < set(ids[2::2])
    assert (said["searched"], said["exact"]) == (23, True)
    assert out.read_text().splitlines()[0] == "clip_id,video,start,end,label,distance"
    at = f"{longest.path.name}:0"
    said = json.loads(call("similar", path, "--at", at, "--count", "5", *AT, "--json"))
    assert {row["label"] for row in said["found"]} == {"walk"}
    said = json.loads(call("cluster", path, *AT, "--dry-run", "--json"))
    assert sum(cluster["labelled"] for cluster in said["clusters"]) <= 12
    with Project.open(path) as project:
        assert "cluster" not in project.facets()
    said = json.loads(call("cluster", path, *AT, "--json"))
    assert [cluster["label_share"] for cluster in said["clusters"] if cluster["labelled"]] == [1.0]
    with Project.open(path) as project:
        assert sum(project.facets()["cluster"].values()) == 24 - said["in_no_cluster"]
