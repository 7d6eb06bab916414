"""Round trip of clips, labels and facets through a clip table."""

import csv
import string
from pathlib import Path

import numpy as np
import pytest

from actiondiff_gui.errors import OutputError, ProjectError
from actiondiff_gui.outputs import Output
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.clip_table import import_clip_table
from actiondiff_gui.project.formats.imports.measure import MeasuredVideo
from actiondiff_gui.project.formats.writers.clip_table import export_clip_table
from actiondiff_gui.project.project import Project
from tests.project.formats.small_videos import write_video


def contents(project: Project, videos: Path) -> set[tuple]:
    """Every clip with its labels and facets, in terms that do not depend on ids or on the project's place."""
    path_of = {video.id: str(video.path.relative_to(videos)) for video in project.videos()}
    clips = project.clips()
    classes, matrix = project.label_matrix([clip.id for clip in clips])
    return {
        (
            *(path_of[c.video_id], c.start, c.end, c.subject, c.roi, c.source_group),
            tuple(sorted(c.facets.items())),
            tuple(sorted((name, int(v)) for name, v in zip(classes, row, strict=True) if v)),
        )
        for c, row in zip(clips, matrix, strict=True)
    }


def test_clips_labels_and_facets_survive_a_table(tmp_path, project):
    folder = project.path.parent
    write_video(folder / "a.mp4")
    write_video(folder / 'odd, "name"; ü' / " b .mp4", frames=5)
    measured = {"fps": 10.0, "width": 32, "height": 24}
    a = project.add_video(
        folder / "a.mp4", frame_count=10, fingerprint="a", **measured, facets={"lab": "1,5"}
    )
    b = project.add_video(
        *(folder / 'odd, "name"; ü' / " b .mp4",),
        frame_count=5,
        fingerprint="b",
        **measured,
        source_group="g",
    )
    one = project.add_clip(
        a.id, 0, 5, subject='the "big" one', roi=(1, 2, 3, 4), facets={"lab": "=1+1", "x y": ";"}
    )
    two = project.add_clip(a.id, 5, 10, facets={"lab": "@x"})
    three = project.add_clip(b.id, 1, 2, subject="-5")
    project.label(one.id, "sit, then stand")
    project.label(one.id, "=cmd()", -1)
    project.label(two.id, "sit, then stand", source="import", by="t")
    project.label(two.id, "sit, then stand", -1)
    project.label(three.id, "walk", source="model", by="m", confidence=0.5)

    table = folder / "out.csv"
    assert export_clip_table(project, table) == 3
    with Project.create(tmp_path / "again.sqlite") as again:
        report = run(import_clip_table(again, table))
        assert report.problems == ()
        assert contents(again, folder) == contents(project, folder)
        assert again.label_matrix([again.clips()[0].id])[1].tolist() == [[1, -1]]
        assert export_clip_table(again, folder / "again.csv") == 3
        assert (folder / "again.csv").read_bytes() == table.read_bytes()
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["lab"] == "'=1+1"
    assert rows[0]["label"] == "sit, then stand;!=cmd()"
    assert rows[2]["label"] == ""


def test_videos_outside_of_the_tables_folder_are_named_absolutely(tmp_path, project, add_video):
    project.add_clip(add_video("a.mp4").id, 0, 5)
    export_clip_table(project, tmp_path / "study" / "in.csv")
    (tmp_path / "out").mkdir()
    export_clip_table(project, tmp_path / "out" / "out.csv")
    assert "\na.mp4,0,5" in (tmp_path / "study" / "in.csv").read_text()
    assert f"\n{tmp_path / 'study' / 'a.mp4'},0,5" in (tmp_path / "out" / "out.csv").read_text()


def test_chosen_clips_are_written_in_their_order(tmp_path, project, add_video):
    video = add_video()
    clips = [project.add_clip(video.id, i, i + 1) for i in range(3)]
    assert export_clip_table(project, tmp_path / "t.csv", [clips[2].id, clips[0].id]) == 2
    assert [line.split(",")[1] for line in (tmp_path / "t.csv").read_text().splitlines()[1:]] == ["2", "0"]


def test_a_table_that_cannot_be_written_leaves_the_old_one(tmp_path, project, add_video):
    with pytest.raises(OutputError, match="cannot be written"):
        export_clip_table(project, tmp_path / "missing" / "t.csv")
    table = tmp_path / "t.csv"
    table.write_text("precious")
    with pytest.raises(ProjectError, match="nonsense"):
        export_clip_table(project, Output(table, force=True), ["nonsense"])
    assert table.read_text() == "precious"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["study", "t.csv"]


@pytest.mark.parametrize("seed", range(8))
def test_any_project_survives_a_table(tmp_path, seed):
    rng = np.random.default_rng(seed)
    letters = string.printable[:-6] + " \u00e4\u4e2d\U0001f400\u00a0\u200b'\",;\\!-=#%"

    def name(avoid: str = "") -> str:
        text = "".join(rng.choice([c for c in letters if c not in avoid], rng.integers(1, 6)))
        return "n" + text.strip() if not text.strip() or text.strip()[0] in "!-" else text

    def measure(path: Path) -> MeasuredVideo:
        return MeasuredVideo(100, 25.0, 64, 48, path.name, np.arange(100) / 25)

    with (
        Project.create(tmp_path / "first.sqlite") as first,
        Project.create(tmp_path / "second.sqlite") as second,
    ):
        keys = [k for k in (name() for _ in range(3)) if k.strip()]
        actions = [name(";") for _ in range(4)]
        for _ in range(3):
            path = tmp_path / (name("/") + ".mp4")
            path.touch()
            video = first.add_video(
                path,
                **{"frame_count": 100, "fps": 25, "width": 64, "height": 48, "fingerprint": path.name},
                facets={key: name() for key in keys if rng.random() < 0.5},
                source_group=name() if rng.random() < 0.5 else None,
            )
            for start in rng.choice(90, 4, replace=False).tolist():
                clip = first.add_clip(
                    video.id,
                    start,
                    start + int(rng.integers(1, 10)),
                    subject=name() if rng.random() < 0.5 else None,
                    roi=rng.integers(1, 20, 4).tolist() if rng.random() < 0.5 else None,
                    facets={key: name() for key in keys if rng.random() < 0.5},
                )
                for action in actions:
                    if rng.random() < 0.5:
                        first.label(clip.id, action, int(rng.choice([-1, 1])))
        export_clip_table(first, tmp_path / "t.csv")
        report = run(import_clip_table(second, tmp_path / "t.csv", measure=measure))
        assert report.problems == ()
        assert contents(second, tmp_path) == contents(first, tmp_path)
