"""Events of an observation of several videos are assigned to the right video and frame."""

import gzip
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actiondiff_gui.project.formats.readers.contents import Clock, Stretch
from actiondiff_gui.project.formats.readers.observation_clock import placed
from tests.project.formats.label_files import FILMS, imported, labelled, said, tabular
from tests.project.formats.test_label_cases import boris, walks

CHAPTERS = {
    "Source": "player #1:a.mp4;b.mp4",
    "Media duration (s)": "20.000;20.000",
    "FPS": "25.000;25.000",
}


@pytest.fixture
def films(add_video):
    for name, (fps, frames) in FILMS.items():
        add_video(name, fps=fps, frame_count=frames)


def chapters(*events, **columns) -> str:
    """Tabular events of an observation of a.mp4 and b.mp4, 20 s each: name of the file, START or STOP, time."""
    told = {**CHAPTERS, **columns}
    rows = [("m1", "walk", what, time, {**told, "Media file name": file}) for file, what, time in events]
    return tabular(rows)


def test_bouts_in_two_files_are_paired_in_the_time_of_the_observation(project, films):
    text = chapters(
        ("a.mp4", "START", "1"), ("a.mp4", "STOP", "10"), ("b.mp4", "START", "22"), ("b.mp4", "STOP", "25")
    )
    assert not imported(project, text).problems
    assert labelled(project) == [("a.mp4", 25, 250, "m1", "walk"), ("b.mp4", 50, 125, "m1", "walk")]


def test_a_bout_over_two_files_is_split_and_said_once(project, films):
    report = imported(project, chapters(("a.mp4", "START", "18"), ("b.mp4", "STOP", "22")))
    assert [bout[:3] for bout in labelled(project)] == [("a.mp4", 450, 500), ("b.mp4", 0, 50)]
    assert not report.problems
    assert said(report.notes).count("It was split into 2 bouts") == 1


@pytest.mark.parametrize(
    ("start", "stop", "expected"),
    [
        (("a.mp4", "18"), ("b.mp4", "20.000"), [("a.mp4", 450, 500)]),
        (("a.mp4", "18"), ("b.mp4", "20.010"), [("a.mp4", 450, 500)]),
        (("b.mp4", "20.000"), ("b.mp4", "22"), [("b.mp4", 0, 50)]),
        (("a.mp4", "19.990"), ("b.mp4", "22"), [("b.mp4", 0, 50)]),
        (("b.mp4", "38"), ("b.mp4", "40.000"), [("b.mp4", 450, 500)]),
        (("b.mp4", "38"), ("Not found", "40.001"), [("b.mp4", 450, 500)]),
    ],
)
def test_events_at_the_edges_of_files(project, films, start, stop, expected):
    report = imported(project, chapters((start[0], "START", start[1]), (stop[0], "STOP", stop[1])))
    assert [bout[:3] for bout in labelled(project)] == expected
    assert not report.problems
    assert "split" not in said(report.notes)


def test_a_point_at_the_edge_is_in_the_next_file(project, films):
    rows = [
        ("", "peck", "POINT", time, {**CHAPTERS, "Media file name": "b.mp4"}) for time in ("20.000", "40.000")
    ]
    imported(project, tabular(rows))
    assert [bout[:3] for bout in labelled(project)] == [("b.mp4", 0, 1), ("b.mp4", 499, 500)]


def test_the_time_offset_counts_before_the_file_is_looked_up(project, films):
    text = chapters(
        ("b.mp4", "START", "21"),
        ("b.mp4", "STOP", "24"),
        ("Not found", "START", "43"),
        ("Not found", "STOP", "44"),
    ).replace(",0.0,20", ",5.0,20")
    assert not imported(project, text).problems
    assert [bout[:3] for bout in labelled(project)] == [("a.mp4", 400, 475), ("b.mp4", 450, 475)]


def test_a_time_before_the_offset_names_observation_time_and_line(project, films):
    report = imported(project, tabular().replace(",0.0,20.000", ",5.0,20.000"))
    reason = report.problems[0].reason
    assert report.problems[0].line == 2
    assert "observation 'o1': walk at 1 s lies before the begin of the media" in reason
    assert "offset of 5 s" in reason


OLD = "Observation id\tMedia file\tTotal length\tFPS\tSubject\tBehavior\tBehavior type\tStart (s)\tStop (s)\n"


def test_in_old_aggregated_tables_times_run_on(project, films):
    text = OLD + "o1\ta.mp4\t40\t25\tm1\twalk\tSTATE\t1\t2\no1\tb.mp4\t40\t25\tm1\twalk\tSTATE\t23\t24\n"
    text += "o1\ta.mp4\t40\t25\tm1\trun\tSTATE\t18\t22\n"
    assert not imported(project, text, "old.tsv").problems
    assert labelled(project) == [
        ("a.mp4", 25, 50, "m1", "walk"),
        ("a.mp4", 450, 500, "m1", "run"),
        ("b.mp4", 0, 50, "m1", "run"),
        ("b.mp4", 75, 100, "m1", "walk"),
    ]


def test_in_old_tabular_tables_the_files_stand_above_the_header(project, films):
    head = "Observation id,o1,,,,\nMedia file(s),,,,,\nPlayer #1,a.mp4,,,,\nPlayer #1,n.mp4,,,,\nTime offset (s),0.0,,,,\n"
    head += "Time,Media file path,Total length,Subject,Behavior,Status\n"
    rows = [
        ("1.0", "a.mp4", "START"),
        ("2.0", "a.mp4", "STOP"),
        ("123", "n.mp4", "START"),
        ("124", "n.mp4", "STOP"),
    ]
    text = head + "".join(f"{time},{file},1821.8,m1,walk,{what}\n" for time, file, what in rows)
    assert not imported(project, text).problems
    assert [bout[:3] for bout in labelled(project)] == [("a.mp4", 25, 50), ("n.mp4", 3087, 3117)]


def test_an_old_observation_whose_videos_do_not_add_up_is_refused_once(project, films):
    text = OLD + "o1\ta.mp4\t60\t25\tm1\twalk\tSTATE\t1\t2\no1\tb.mp4\t60\t25\tm1\twalk\tSTATE\t23\t24\n"
    report = imported(project, text, "old.tsv")
    assert not labelled(project)
    (problem,) = report.problems
    assert "observation 'o1' lasts 60 s, but its videos a.mp4, b.mp4 last 40.000 s together" in problem.reason


def test_times_that_count_from_the_begin_of_each_file_are_told_from_those_that_run_on(project, films):
    text = "Observation id,Media file name,Subject,Behavior,Behavior type,Time\n"
    text += "".join(
        f"o1,{f},m1,walk,{w},{t}\n" for f in ("a.mp4", "b.mp4") for w, t in (("START", 1), ("STOP", 9))
    )
    report = imported(project, text)
    assert [bout[:3] for bout in labelled(project)] == [("a.mp4", 25, 225), ("b.mp4", 25, 225)]
    assert "the times of its videos overlap" in said(report.notes)
    apart = text.replace("b.mp4,m1,walk,START,1", "b.mp4,m1,walk,START,10").replace(
        "STOP,9\n", "STOP,12\n", 2
    )
    apart = apart.replace("a.mp4,m1,walk,STOP,12", "a.mp4,m1,walk,STOP,9").replace("o1", "o2")
    report = imported(project, apart, "apart.csv")
    assert "names b.mp4 for walk at 10 s, but that time lies in a.mp4" in said(report.problems)


def test_a_project_that_counts_from_the_moments_of_recording(project, films):
    info = {
        "length": {"a.mp4": 20, "b.mp4": 20},
        "fps": {},
        "media_creation_time": {"a.mp4": 1000.0, "b.mp4": 1060.0},
    }
    given = {"file": {"1": ["a.mp4", "b.mp4"]}, "media_info": info, "media_creation_date_as_offset": True}
    report = imported(project, boris(walks(1001, 1002, 1062, 1063, 1040, 1041), **given), "p.boris")
    assert [bout[:3] for bout in labelled(project)] == [("a.mp4", 25, 50), ("b.mp4", 50, 75)]
    assert "walk at 1040 s lies in none of its videos" in said(report.problems)


def test_a_packed_project_and_observations_without_videos(project, films):
    made = json.loads(boris(walks(1, 2)))
    made["observations"]["live"] = {"type": "LIVE", "file": [], "events": walks(1, 2)}
    report = imported(project, gzip.compress(json.dumps(made).encode()), "p.boris.gz")
    assert [bout[1:3] for bout in labelled(project)] == [(25, 50)]
    assert said(report.problems).endswith(
        "observation 'live' is a live observation. It was left out; only events of videos are read."
    )


def test_what_else_boris_keeps_of_a_bout_is_kept(project, films):
    made = json.loads(
        boris(
            [
                [1, "m1", "walk", "fast|left", "begins", "NA"],
                [2, "m1", "walk", "fast|left", "ends", "NA"],
                [1, "m1", "sniff", "None|", "", "NA"],
                [2, "m1", "sniff", "None|", "", "NA"],
                [1.5, "m1", "peck", "", "two\nlines", "NA"],
            ],
            independent_variables={"sex": "female", "label": "x", "empty": ""},
        )
    )
    made["behaviors_conf"] |= {
        "1": {"type": "State event", "code": "sniff", "category": "care"},
        "2": {"type": "Point event", "code": "peck", "category": "feeding"},
    }
    assert not imported(project, json.dumps(made), "p.boris").problems
    shared, point = sorted(project.clips(), key=lambda clip: clip.start)
    everywhere = {"sex": "female", "label (BORIS)": "x"}
    assert shared.facets == {
        **everywhere,
        "modifier 1": "walk: fast",
        "modifier 2": "walk: left",
        "comment": "walk: begins",
        "comment at stop": "walk: ends",
        "behavioral category": "sniff: care",
    }
    assert point.facets == {
        **everywhere,
        "event": "point",
        "comment": "two lines",
        "behavioral category": "feeding",
    }


def test_two_observations_of_one_video_keep_their_own_variables(project, films):
    made = json.loads(boris(walks(1, 2), independent_variables={"drug": "none", "sex": "f"}))
    second = json.loads(boris(walks(5, 6), independent_variables={"drug": "10 mg", "sex": "f"}))
    made["observations"]["p"] = second["observations"]["o"]
    report = imported(project, json.dumps(made), "p.boris")
    assert [clip.facets for clip in project.clips()] == [
        {"drug": "none", "sex": "f"},
        {"drug": "10 mg", "sex": "f"},
    ]
    assert "drug has several values in a.mp4 (none, 10 mg)" in said(report.notes)


def test_a_facet_that_the_project_has_otherwise_stays(project, films):
    video = next(v for v in project.videos() if v.path.name == "a.mp4")
    project.set_video_facet(video.id, "sex", "male")
    report = imported(project, boris(walks(1, 2), independent_variables={"sex": "female"}), "p.boris")
    assert project.clips()[0].facets == {"sex": "male"}
    assert "a.mp4 has sex 'male' in the project and 'female' in the table" in said(report.notes)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.integers(1, 400), min_size=1, max_size=5),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 2000)), max_size=6),
)
def test_every_frame_of_a_bout_lies_in_one_file(tmp_path, lengths, spans):
    """At 25 frames/s the pieces of a bout cover the same frames of the films laid end to end."""
    names = tuple(f"{n}.mp4" for n in range(len(lengths)))
    total = sum(lengths)
    clock = Clock("o", names, tuple(frames / 25 for frames in lengths))
    begins = {name: sum(lengths[:n]) for n, name in enumerate(names)}
    for a, b in spans:
        start, end = sorted((a % total, b % total + 1))
        if start == end:
            continue
        whole = Stretch(1, "", "walk", start / 25, end / 25, clock=clock)
        pieces, problems, _ = placed([whole], lambda name: (9.9, 25.0), tmp_path / "t.csv")
        assert not problems
        covered = [
            begins[piece.video] + frame
            for piece in pieces
            for frame in range(round(piece.start * 25), round(piece.end * 25))
        ]
        assert covered == list(range(start, end))


OF_8_9 = (
    "Observation id\tObservation type\tSource\tTotal length\tFPS\tSubject\tBehavior\tModifiers\tBehavior type\tStart (s)\tStop (s)"
    "\no\tMedia file\t{source}\t40.000\t{fps}\tm1\twalk\tfast|slow\tSTATE\t{start}\t{stop}\n"
)


def test_players_of_boris_8_9_are_told_apart(project, add_video):
    """Its aggregated events name the media of all players in one cell, each with "; " behind it, and no file of their own."""
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        add_video(name, fps=25.0, frame_count=500)
    one = {"source": "player #1: a.mp4; player #2: b.mp4; ", "fps": "player #1: 30.000; player #2: 25.000; "}
    report = imported(project, OF_8_9.format(**one, start=1, stop=2), "one.tsv")
    assert not report.problems
    assert "the table says 30 frames/s for a.mp4" in said(report.notes)
    two = {"source": "player #1: a.mp4; b.mp4; player #2: c.mp4; ", "fps": "player #1: 25.000; 25.000; "}
    assert not imported(project, OF_8_9.format(**two, start=21, stop=22), "two.tsv").problems
    assert labelled(project) == [("a.mp4", 25, 50, "m1", "walk"), ("b.mp4", 25, 50, "m1", "walk")]
