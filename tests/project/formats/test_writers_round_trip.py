"""Round trip of bouts through every export format."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.ethogram.source import Source, named, read_bouts
from actiondiff_gui.outputs import Output
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.clip_rows import read_clips
from actiondiff_gui.project.formats.imports.clip_table import import_clip_table
from actiondiff_gui.project.formats.imports.measure import MeasuredVideo
from actiondiff_gui.project.formats.readers.contents import of_bout
from actiondiff_gui.project.formats.readers.detect import kind_of, read_foreign
from actiondiff_gui.project.formats.writers.frame_table import one_hot
from actiondiff_gui.project.formats.writers.frame_times import FrameTimes
from actiondiff_gui.project.formats.writers.named_bout import NamedBout, Told
from actiondiff_gui.project.formats.writers.registry import WRITERS, Asked
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.records import Video
from actiondiff_gui.report.ethogram_files import export_bouts_job
from tests.project.formats.test_boris_project_file import DOTS, STATES, as_told, recordings

ACTIONS = (*STATES, *DOTS, "not shown")
READ_AS = {"simba": "frames"}
"""Formats that another reader reads."""
FEW = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


def written(kind: str, told: list[Told], path: Path, **asked) -> Path:
    writer = WRITERS[kind]
    return writer.write(told, Asked(ACTIONS, "labels", **asked), Output(path, force=True))


def as_read(path: Path, told: Told, kind: str) -> list[tuple]:
    """As the import has them: frames, and what is said of each bout."""
    table = read_foreign(path)
    assert table.kind == kind
    assert not table.problems
    out = []
    for s in table.stretches:
        assert Path(s.video).name == told.video.path.name
        start = told.times.shown(s.start) if s.point else told.times.edge(s.start)
        end = start + 1 if s.point else told.times.edge(s.end)
        facets = {k: v for k, v in s.facets.items() if of_bout(k)} | ({"event": "point"} if s.point else {})
        out.append((start, end, s.behaviour, s.subject or "", sorted(facets.items())))
    return sorted(out)


@pytest.mark.parametrize("kind", ["elan", "via"])
@FEW
@given(recordings())
def test_bouts_points_subjects_comments_and_modifiers_come_back(tmp_path, kind, told):
    if told.bouts:
        path = written(kind, [told], tmp_path / f"film{WRITERS[kind].ending}")
        assert as_read(path, told, kind) == as_told(told)


@settings(FEW, max_examples=4)
@given(recordings())
def test_bouts_points_subjects_comments_and_modifiers_come_back_from_nwb(tmp_path, told):
    pytest.importorskip("ndx_ethogram")
    if told.bouts:
        assert as_read(written("nwb", [told], tmp_path / "film.nwb"), told, "nwb") == as_told(told)


@pytest.mark.parametrize("kind", ["frames", "deepethogram", "simba"])
@FEW
@given(recordings(), st.data())
def test_tables_of_frames_come_back(tmp_path, kind, told, data):
    count = min(told.times.count, 400)
    bouts = tuple(b for b in told.bouts if b.end <= count)
    film = replace(told.video, frame_count=count)
    told = replace(told, video=film, times=FrameTimes.of_rate(film.fps, count), bouts=bouts)
    if kind == "deepethogram":
        a, b = sorted(data.draw(st.tuples(st.integers(0, count), st.integers(0, count))))
        told = replace(told, watched=((a, b),))
    path = written(kind, [told], tmp_path / f"film{WRITERS[kind].ending}")
    assert kind_of(path) == READ_AS.get(kind, kind)
    table = read_foreign(path)
    assert table.behaviours == ACTIONS
    read = [NamedBout("film", int(s.start), int(s.end), s.behaviour) for s in table.stretches]
    np.testing.assert_array_equal(one_hot(read, ACTIONS, count), one_hot(bouts, ACTIONS, count))


def film_of(bouts, count: int = 10, **given) -> Told:
    video = Video("film", Path("/films/film.mp4"), "f", count, 25.0, 64, 48, "a")
    return Told(video, "film", FrameTimes.of_rate(25.0, count), tuple(bouts), **given)


def test_frames_that_nobody_looked_at_are_minus_one_for_deepethogram(tmp_path):
    told = film_of([NamedBout("film", 2, 4, "walk")], watched=((1, 6),))
    path = written("deepethogram", [told], tmp_path / "film_labels.csv")
    rows = list(csv.DictReader(path.open(newline="")))
    assert [row["background"] for row in rows] == ["-1", *"10011", "-1", "-1", "-1", "-1"]
    assert [row["walk"] for row in rows] == ["-1", *"01100", "-1", "-1", "-1", "-1"]


@pytest.mark.parametrize(
    ("counted", "background"),
    [("whole", "1110001111"), ("labelled", "---000-1--"), ("spanned", "---00011--")],
)
def test_which_frames_were_looked_at_is_told_by_what_counts(
    project, add_video, tmp_path, counted, background
):
    video = add_video(frame_count=10)
    for start, end, value in ((3, 6, 1), (7, 8, -1)):
        project.label(project.add_clip(video.id, start, end).id, "walk", value)
    path = tmp_path / "a_labels.csv"
    run(export_bouts_job(project, Source(), "deepethogram", Output(path), counted=counted))
    said = [row["background"].replace("-1", "-") for row in csv.DictReader(path.open(newline=""))]
    assert "".join(said) == background


def test_simba_gets_the_labels_behind_the_features_of_its_project(tmp_path):
    told = film_of([NamedBout("film", 2, 4, "walk")], count=4)
    targets, features = tmp_path / "csv" / "targets_inserted", tmp_path / "csv" / "features_extracted"
    targets.mkdir(parents=True)
    features.mkdir()
    (features / "film.csv").write_text(",Nose_x,walk\n" + "".join(f"{n},{n}.5,9\n" for n in range(4)))
    path = written("simba", [told], targets / "film.csv")
    rows = list(csv.reader(path.open(newline="")))
    assert rows[0] == ["", "Nose_x", *ACTIONS]
    assert rows[3][:3] == ["2", "2.5", "1"]
    assert not WRITERS["simba"].notes([told], Output(path))
    assert [(s.start, s.end) for s in read_foreign(path, columns=["walk"]).stretches] == [(2, 4)]
    (features / "film.csv").write_text(",Nose_x\n0,1\n")
    with pytest.raises(ProjectError, match=r"1 rows and film\.mp4 4 frames"):
        written("simba", [told], targets / "film.csv")
    (note,) = WRITERS["simba"].notes([told], Output(tmp_path / "film.csv"))
    assert "features_extracted" in note


@pytest.mark.parametrize("fps", [23.976, 24000 / 1001, 29.97, 30000 / 1001, 59.94, 120.0, 240.0])
def test_a_time_that_is_cut_off_to_a_frame_is_that_frame(tmp_path, fps):
    """SimBA multiplies BORIS's seconds by the rate and cuts off; BORIS itself goes to that time of the film."""
    bouts = [NamedBout("film", at, at + 1, "walk") for at in range(0, 3000, 2)]
    film = replace(film_of([]).video, fps=fps, frame_count=3000)
    told = Told(film, "film", FrameTimes.of_rate(fps, 3000), tuple(bouts))
    path = written("boris", [told], tmp_path / "film.csv")
    rows = list(csv.DictReader(path.open(newline="")))
    starts = [row for row in rows if row["Behavior type"] == "START"]
    assert [int(float(row["Time"]) * fps + 1e-6) for row in starts] == [b.start for b in bouts]
    assert [int(row["Image index"]) for row in starts] == [b.start for b in bouts]
    project = json.loads(written("boris-project", [told], tmp_path / "p.boris").read_text())
    events = project["observations"]["film"]["events"]
    assert [int(event[0] * fps + 1e-6) for event in events[::2]] == [b.start for b in bouts]


@FEW
@given(recordings())
def test_the_table_of_bouts_comes_back_with_what_is_said_of_each_bout(tmp_path_factory, told):
    folder = tmp_path_factory.mktemp("bouts")
    film = replace(told.video, path=folder / "film.mp4")
    told = replace(told, video=film, facets={"sex": "f"})
    film.path.touch()
    path = written("bouts", [told], folder / "bouts.csv")
    measured = MeasuredVideo(told.times.count, film.fps, 64, 48, "f", told.times.edges[:-1].copy())
    with Project.create(folder / "p.actiondiff") as project:
        report = run(import_clip_table(project, path, measure=lambda _: measured))
        assert not report.problems
        bouts = named(read_bouts(project, Source()), {clip.id: clip.facets for clip in project.clips()})
    assert as_told(replace(told, bouts=tuple(bouts))) == as_told(told)


def test_metadata_called_like_a_column_and_modifiers_with_a_bar_come_back_from_boris(tmp_path):
    bout = NamedBout("film", 2, 4, "walk", facets={"modifier 1": "a|b", "modifier 2": "c"})
    told = film_of([bout], facets={"Source": "farm", "fps": "many"})
    table = read_foreign(written("boris", [told], tmp_path / "film.tsv"))
    assert not table.problems
    assert table.facets == {"/films/film.mp4": {"Source (metadata)": "farm", "fps (metadata)": "many"}}
    assert {k: v for k, v in table.stretches[0].facets.items() if of_bout(k)} == {
        "modifier 1": "a/b",
        "modifier 2": "c",
    }


def test_metadata_called_like_a_column_of_the_table_of_bouts(tmp_path):
    told = film_of([NamedBout("film", 2, 4, "walk")], facets={"confidence": "high"})
    path = written("bouts", [told], tmp_path / "bouts.csv")
    assert read_clips(path).fields == ("confidence (metadata)",)
