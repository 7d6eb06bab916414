"""Export of bouts and their statistics, and import of other tools' labels, on the command line."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from actiondiff_gui.cli import main
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.formats.writers.registry import WRITERS
from actiondiff_gui.project.project import Project
from actiondiff_gui.resources import sample_data
from tests.cli.test_cli import call

TRUE = sample_data("recording", "bouts.csv")


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide a project of the sample's long recording, with its true bouts as labels."""
    path = tmp_path_factory.mktemp("arena") / "arena.actiondiff"
    call("import", path, TRUE)
    return path


def test_labels_go_out_to_boris_and_come_back_as_another_raters(arena, tmp_path):
    events = tmp_path / "events.tsv"
    said = json.loads(call("export", arena, "--format", "boris", "--out", events, "--json"))
    assert (said["bouts"], said["source"], said["notes"]) == (14, "labels", [])
    said = json.loads(call("import", arena, events, "--by", "BORIS", "--json"))
    assert (said["clips_added"], said["labels_added"], said["problems"], said["notes"]) == (0, 14, [], [])
    table = tmp_path / "agreement.csv"
    asked = ("--rater", "bouts.csv", "--against", "BORIS", "--out", table, "--json")
    said = json.loads(call("export", arena, "--format", "agreement", *asked))
    assert (said["kappa"], said["macro_frame_f1"], said["macro_bout_f1"], said["frames"]) == (
        1.0,
        1.0,
        1.0,
        1800,
    )
    assert "All frames of recordings annotated by both count." in said["counted"]


def test_two_coders_are_compared_on_chosen_recordings(tmp_path, videos):
    places = [tmp_path / "cage 1" / "mouse.mp4", tmp_path / "cage 2" / "mouse.mp4", tmp_path / "b.mp4"]
    for video, place in zip(videos, places, strict=True):
        place.parent.mkdir(exist_ok=True)
        shutil.copy(video, place)
    path, out = tmp_path / "p.actiondiff", tmp_path / "agreement.csv"
    with Project.create(path) as project:
        run(import_videos(project, places))
        for clip, other in zip(project.clips(), ("walk", "eat", "walk"), strict=True):
            project.label(clip.id, "walk", by="Ada")
            project.label(clip.id, other, by="Bo")

    def same(*chosen: str) -> tuple[float, int]:
        which = [part for name in chosen for part in ("--video", name)]
        asked = ("--rater", "Ada", "--against", "Bo", *which, "--out", out, "--force", "--json")
        said = json.loads(call("export", path, "--format", "agreement", *asked))
        return said["same"], said["frames"]

    assert same("cage 1/mouse.mp4", "b.mp4") == (1.0, 23 + 9)
    assert same("cage 2/mouse.mp4") == (0.0, 40)
    assert same() == (pytest.approx((23 + 9) / 72), 72)
    asked = ["--format", "agreement", "--rater", "Ada", "--against", "Bo", "--video", "mouse.mp4", "--force"]
    done = CliRunner().invoke(main, ["export", str(path), *asked, "--out", str(out)])
    assert done.exit_code == 1
    assert "may be any of 2 videos of that name" in " ".join(done.stderr.split())


@pytest.mark.parametrize("kind", WRITERS)
def test_every_format_goes_out_and_comes_back(arena, tmp_path, kind):
    if kind == "nwb":
        pytest.importorskip("ndx_ethogram")
    call("export", arena, "--format", kind, "--out", tmp_path)
    (table,) = tmp_path.glob(f"[!.]*{WRITERS[kind].ending}")
    if kind == "bouts":
        kind = table.name  # a table of clips tells by its name who labelled
    call("import", arena, table, "--by", kind)
    with Project.open(arena) as project:
        clips = {clip.id: (clip.start, clip.end) for clip in project.clips()}
        said = {(*clips[label.clip_id], label.action) for label in project.labels() if label.by == kind}
    with TRUE.open(newline="") as stream:
        true = {(int(r["start_frame"]), int(r["end_frame"]), r["label"]) for r in csv.DictReader(stream)}
    assert said == true


def test_the_numbers_go_out_as_tables_and_figures(arena, tmp_path):
    said = json.loads(call("export", arena, "--format", "budget", "--out", tmp_path / "b.csv", "--json"))
    walk = next(row for row in said["budget"] if row["action"] == "walk")
    assert (walk["count"], walk["total"]) == (3, 17.0)
    with (tmp_path / "b.csv").open(newline="") as stream:
        assert {row["action"]: row["bouts"] for row in csv.DictReader(stream)}["walk"] == "3"
    call("export", arena, "--format", "transitions", "--own", "--out", tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(newline="") as stream:
        assert sum(int(row["count"]) for row in csv.DictReader(stream)) == 13
    for name in ("t.svg", "r.png"):
        call(
            "export",
            arena,
            "--format",
            "raster" if name[0] == "r" else "transitions",
            "--out",
            tmp_path / name,
        )
        assert (tmp_path / name).read_bytes()[:5] in (b"\x89PNG\r", b"<?xml")


def test_what_cannot_be_is_said(arena, tmp_path):
    out = tmp_path / "x.csv"
    for arguments in (
        ("--format", "bouts", "--source", "predictions"),
        ("--format", "bouts", "--rater", "nobody"),
        ("--format", "bouts", "--video", "nobody.mp4"),
        ("--format", "budget", "--by", "species"),
        ("--format", "agreement"),
        ("--format", "raster"),
    ):
        call("export", arena, "--out", out, *arguments, code=1)
        assert not out.exists()
    call("export", arena, "--out", out, "--format", "frames", "--every", "0", code=2)
    assert not out.exists()
    broken = tmp_path / "broken.csv"
    broken.write_bytes(b"\x00")
    new = tmp_path / "new.actiondiff"
    call("import", new, broken, code=1)
    assert not new.exists()
    call("import", arena, TRUE, "--action", "nonsense", "--format", "boris", code=1)
