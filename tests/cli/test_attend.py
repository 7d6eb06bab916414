"""Output files of the command attend."""

import csv
import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from actiondiff_gui.cli import main
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project


def call(*arguments: object, code: int = 0):
    done = CliRunner().invoke(main, [str(a) for a in arguments], catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done


@pytest.fixture(scope="module")
def project(videos, tmp_path_factory):
    """Three clips, labelled with two actions, and their ids."""
    path = tmp_path_factory.mktemp("attend") / "p.actiondiff"
    with Project.create(path) as opened:
        run(import_videos(opened, videos))
        ids = [clip.id for clip in opened.clips()]
        for clip, action in zip(ids, ("walk", "eat", "walk"), strict=True):
            opened.label(clip, action)
        for video, action in zip(opened.videos(), ("eat", "walk", "eat"), strict=True):
            opened.label(opened.add_clip(video.id, 1, 9).id, action)
    return path, ids


def test_attention_from_a_point_is_written_as_values(project, svd_folder, tmp_path):
    path, ids = project
    out = tmp_path / "a.npy"
    options = ("--backbone", svd_folder, "--layer", 6, "--point", "17,20,30", "--out", out, "--json")
    said = json.loads(call("attend", path, "--clip", ids[1], *options).stdout)
    assert said["files"] == [str(out)]
    assert "layer 6" in said["title"]
    np.testing.assert_allclose(np.load(out).sum((1, 2)), 1, rtol=1e-5)


def test_weights_over_frames_are_written_as_a_table(project, svd_folder, tmp_path):
    path, ids = project
    out = tmp_path / "t.csv"
    options = ("--kind", "temporal", "--layer", 6, "--point", "17,20,30", "--out", out)
    call("attend", path, "--backbone", svd_folder, "--clip", ids[1], *options)
    with out.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["frame"] for row in rows] == ["16", "20", "24", "28"]
    assert sum(float(row["weight"]) for row in rows) == pytest.approx(1, abs=1e-4)


def test_likeness_reaches_into_another_clip(project, svd_folder, tmp_path):
    path, ids = project
    clips = ("--backbone", svd_folder, "--clip", ids[0], "--clip", ids[1])
    options = (*clips, "--kind", "similarity", "--layer", 6, "--point", "8,20,30")
    call("attend", path, *options, "--out", tmp_path / "s.npy")
    call("attend", path, *options, "--out", tmp_path / "s.png")
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names == ["s.png", "s_1.json", "s_1.npy", "s_2.json", "s_2.npy"]
    # Two clips of 64 pixels, each enlarged to 320, side by side.
    with Image.open(tmp_path / "s.png") as picture:
        assert picture.width == 640


def test_timesteps_are_compared_in_one_zarr_group(project, svd_folder, tmp_path):
    import zarr

    path, ids = project
    options = (
        "--point",
        "17,20,30",
        "--timestep",
        20,
        "--timestep",
        5,
        "--layer",
        6,
        "--out",
        tmp_path / "a.zarr",
    )
    call("attend", path, "--backbone", svd_folder, "--clip", ids[1], *options)
    group = zarr.open_group(tmp_path / "a.zarr", mode="r")
    assert sorted(group.array_keys()) == ["1", "2"]
    for name, timestep in (("1", "t20"), ("2", "t5")):
        np.testing.assert_allclose(group[name][:].sum((1, 2)), 1, rtol=1e-5)
        assert timestep in group[name].attrs["title"]
    assert group["1"].attrs["limits"] == group["2"].attrs["limits"]


def test_evidence_and_deciding_frames_of_a_trained_classifier(project, svd_folder, tmp_path):
    path, ids = project
    model = tmp_path / "m.safetensors"
    backbone = ("--backbone", svd_folder)
    call("extract", path, *backbone, "--timesteps", 20, "--layers", 9)
    call("train", path, *backbone, "--timestep", 20, "--layer", 9, "--out", model)
    # The small folder has no name under which a classifier finds it again.
    for kind, out in (("evidence", tmp_path / "e.npy"), ("frames", tmp_path / "f.csv")):
        options = (*backbone, "--kind", kind, "--model", model, "--action", "walk", "--out", out)
        call("attend", path, "--clip", ids[0], *options)
        assert out.stat().st_size > 0
    assert np.load(tmp_path / "e.npy").shape[0] == 6


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--kind", "spatial"), 2, "needs --point"),
        (("--kind", "evidence"), 2, "needs --model"),
        (("--point", "1,2"), 2, "Write FRAME,ROW,COLUMN"),
        (("--kind", "cross-attention"), 2, "its weight is 1 everywhere"),
        (("--point", "0,5,5", "--out", "x.avi"), 2, "Choose .mp4, .gif, .png, .npy, .zarr"),
        (("--kind", "frames", "--model", __file__, "--timestep", 3), 2, "leave --timestep out"),
        (("--point", "0,999,0"), 1, "outside what the backbone saw"),
        (("--point", "0,5,5", "--layer", 1), 1, "has no attention"),
    ],
)
def test_what_cannot_be_shown_is_said_in_a_sentence(project, svd_folder, tmp_path, arguments, code, words):
    path, ids = project
    done = call(
        "attend",
        path,
        "--backbone",
        svd_folder,
        "--clip",
        ids[0],
        "--out",
        tmp_path / "x.png",
        *arguments,
        code=code,
    )
    assert words in " ".join(done.stderr.split())
    assert list(tmp_path.iterdir()) == []


def test_the_help_says_why_there_is_no_cross_attention():
    assert "Cross-attention is not offered" in " ".join(call("attend", "--help").stdout.split())
