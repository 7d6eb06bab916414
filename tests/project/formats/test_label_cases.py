"""Known cases of label files from practice, one test each."""

import json
import unicodedata

import pytest

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.clip_table import import_clip_table
from actiondiff_gui.project.formats.readers.detect import kind_of
from tests.project.formats.label_files import AS_TOLD, FILMS, TWO_BOUTS, imported, labelled, said, tabular
from tests.project.formats.small_videos import write_video


@pytest.fixture
def films(add_video):
    for name, (fps, frames) in FILMS.items():
        add_video(name, fps=fps, frame_count=frames)


def at(*times: str):
    """Return the two bouts with their times written otherwise."""
    return [(*event[:3], time) for event, time in zip(TWO_BOUTS, times, strict=True)]


AS_THE_TWO_BOUTS = {
    "decimal comma, semicolons": tabular(at("1,000", "2,000", "4,000", "5,500"), ";"),
    "byte order mark": "\ufeff" + tabular(),
    "utf-16, tabs": ("\ufeff" + tabular(sep="\t").replace("\n", "\r\n")).encode("utf-16-le"),
    "crlf": tabular().replace("\n", "\r\n"),
    "Excel h:mm:ss": tabular(at("0:00:01", "0:00:02", "0:00:04", "00:00:05.500")),
    "Excel mm:ss.0": tabular(at("00:01.0", "00:02.0", "00:04.0", "00:05.5")),
    "white space": tabular()
    .replace("START,1.000", "START ,1.000 ")
    .replace("m2,sniff,,START", "m2 ,sniff ,,START"),
    "Excel's sep line": "sep=;\r\n" + tabular(sep=";").replace("\n", "\r\n"),
    "time offset": tabular(at("6.000", "7.000", "9.000", "10.500")).replace(",0.0,20.000", ",5.0,20.000"),
    "time offset h:mm:ss": tabular(at("6.000", "7.000", "9.000", "10.500")).replace(
        ",0.0,20", ",00:00:05,20"
    ),
    "negative time offset": tabular(at("0.500", "1.500", "3.500", "5.000")).replace(",0.0,20", ",-0.5,20"),
    "STOP above START": tabular([TWO_BOUTS[n] for n in (1, 0, 3, 2)]),
    "Windows path, capital ending": tabular().replace("a.mp4,NA", "D:\\My Videos\\Tag 1\\A.MP4,NA"),
    "no ending": tabular().replace("a.mp4,NA", "/data/a,NA"),
    "media not found": tabular().replace("a.mp4,NA", "Not found,NA"),
    "thousands in a table with semicolons": tabular(sep=";").replace("20.000;25", "1.000,5;25"),
}


@pytest.mark.parametrize("case", AS_THE_TWO_BOUTS)
def test_the_same_two_bouts_written_in_many_ways(project, films, case):
    report = imported(project, AS_THE_TWO_BOUTS[case])
    assert labelled(project) == AS_TOLD
    assert not report.problems


def test_capitals_that_differ_are_met_once_and_united_on_demand(project, films):
    text = tabular().replace("walk,,START", "Walk,,START").replace("sniff,,STOP", "Sniff,,STOP")
    report = imported(project, text)
    assert not labelled(project)
    (problem,) = report.problems
    assert "('Walk' and 'walk'; 'sniff' and 'Sniff')" in problem.reason
    assert "--unite-case" in problem.reason
    assert not said(report.notes)
    report = imported(project, text, unite_case=True)
    assert [bout[:4] for bout in labelled(project)] == [bout[:4] for bout in AS_TOLD]
    assert not report.problems


def test_names_in_two_spellings_that_each_find_their_partner_are_no_question(project, films):
    text = tabular([*TWO_BOUTS[:2], ("m1", "Walk", "START", "6"), ("m1", "Walk", "STOP", "7")])
    report = imported(project, text)
    assert [bout[1:3] for bout in labelled(project)] == [(25, 50), (150, 175)]
    assert not report.problems
    assert "'Walk' was taken for the action 'walk'" in said(report.notes)


AGGREGATED = "Observation id,Media file name,Subject,Behavior,Behavior type,Start (s),Stop (s),Duration (s)\n"


def test_an_aggregated_bout_without_a_stop_is_left_out_with_a_sentence(project, films):
    text = AGGREGATED + "o1,a.mp4,m1,walk,STATE,1.000,NaN,NA\no1,a.mp4,m2,sniff,STATE,4.000,5.500,1.5\n"
    report = imported(project, text)
    assert labelled(project) == AS_TOLD[1:]
    (problem,) = report.problems
    assert (problem.line, "observation 'o1': walk starts at 1 s and has no stop" in problem.reason) == (
        2,
        True,
    )


def test_a_bout_that_stops_behind_the_end_is_ended_there_and_one_that_starts_there_is_left_out(
    project, films
):
    events = [*TWO_BOUTS[:2], ("m2", "sniff", "START", "18.000"), ("m2", "sniff", "STOP", "25.000")]
    report = imported(project, tabular([*events, ("", "rest", "START", "30"), ("", "rest", "STOP", "31")]))
    assert labelled(project) == [AS_TOLD[0], ("a.mp4", 450, 500, "m2", "sniff")]
    assert "sniff stops at 25 s, behind the end of the video at 20 s, and was ended there" in said(
        report.notes
    )
    assert [problem.line for problem in report.problems] == [6]
    assert "observation 'o1': rest starts at 30 s, behind the end of the video at 20 s" in said(
        report.problems
    )


def test_points_at_the_edges_of_a_video(project, films):
    events = [("", "peck", "POINT", time) for time in ("0", "19.99", "20.000", "20.5")]
    report = imported(project, tabular(events))
    assert [bout[1:3] for bout in labelled(project)] == [(0, 1), (499, 500)]
    (problem,) = report.problems
    assert "observation 'o1': peck starts at 20.5 s, behind the end" in problem.reason


def test_bouts_of_no_length_and_doubled_rows_are_one_bout_with_a_sentence(project, films):
    report = imported(project, tabular(at("3.000", "3.000", "4.000", "5.500")))
    assert labelled(project) == [("a.mp4", 75, 76, "m1", "walk"), AS_TOLD[1]]
    assert "walk at 3 s is shorter than a frame" in said(report.notes)


@pytest.mark.parametrize("order", [(0, 0, 1, 1, 2, 3), (0, 1, 2, 3, 0, 1, 2, 3)])
def test_a_doubled_export_is_read_once(project, films, order):
    report = imported(project, tabular([TWO_BOUTS[n] for n in order]))
    assert labelled(project) == AS_TOLD
    assert not report.problems
    assert f"{len(order) - 4} rows stand in the table twice" in said(report.notes)


def test_a_rate_that_was_rounded_is_told_where_it_adds_up_to_frames(project, films):
    events = [("m1", "walk", "START", "1766.667"), ("m1", "walk", "STOP", "1770.000")]
    text = tabular(events).replace("a.mp4", "n.mp4").replace("25.000", "30.000").replace("20.000", "1800.0")
    report = imported(project, text)
    assert labelled(project) == [("n.mp4", 52947, 53047, "m1", "walk")]
    assert "says 30 frames/s for n.mp4, which has 29.970 (0.1 % apart)" in said(report.notes)
    assert "53 frames off" in said(report.notes)
    assert not said(imported(project, text.replace("30.000", "29.970"), "b.csv").notes)


def test_thousands_in_a_table_with_commas(project, films):
    events = [("m1", "walk", "START", "1,000.5"), ("m1", "walk", "STOP", "1,001.5")]
    imported(project, tabular(events).replace("a.mp4", "n.mp4"))
    assert labelled(project) == [("n.mp4", 29985, 30015, "m1", "walk")]


def test_a_number_that_may_be_two_is_no_number(project, films):
    report = imported(project, tabular(at("1,000", "2,000", "4,000", "5,500")))
    assert not labelled(project)
    assert [problem.line for problem in report.problems] == [2, 3, 4, 5]
    assert "'1,000' may be 1.000 or 1000" in report.problems[0].reason


def test_modifiers_that_differ_make_no_pair(project, films):
    text = "Observation id,Media file name,Subject,Behavior,Modifiers,Behavior type,Time\n"
    report = imported(project, text + "o1,a.mp4,m1,walk,fast,START,1\no1,a.mp4,m1,walk,slow,STOP,2\n")
    assert not labelled(project)
    assert [problem.line for problem in report.problems] == [2, 3]


@pytest.mark.parametrize(
    ("behaviour", "action"), [("walk; run", "walk, run"), ("-idle", "idle"), ("!", "(no name)")]
)
def test_names_that_no_action_may_have_are_changed_with_a_sentence(project, films, behaviour, action):
    report = imported(project, tabular([(s, behaviour, w, t) for s, _, w, t in TWO_BOUTS[:2]]))
    assert labelled(project) == [("a.mp4", 25, 50, "m1", action)]
    assert f"{behaviour!r} became the action {action!r}" in said(report.notes)
    assert not report.problems


def test_one_file_with_a_semicolon_in_its_name_is_one_file(project, films, add_video):
    add_video("x;y.mp4", fps=25.0, frame_count=500)
    imported(project, tabular(sep="\t").replace("a.mp4", "x;y.mp4"), "events.tsv")
    assert labelled(project) == [("x;y.mp4", *bout[1:]) for bout in AS_TOLD]


SPREADSHEET = "time,subject,code,modifier,comment\n1.000,m1,walk,,\n2.000,m1,walk,,\n"


def test_a_spreadsheet_of_events_as_boris_imports_it_needs_its_video(project, films):
    with pytest.raises(ProjectError, match=r"names no video.*--video NAME"):
        imported(project, SPREADSHEET)
    imported(project, SPREADSHEET, video="a.mp4")
    assert labelled(project) == AS_TOLD[:1]


def test_a_clip_table_of_videos_alone_and_one_with_minutes_and_seconds(project):
    folder = project.path.parent
    write_video(folder / "a.mp4", frames=40)
    for name, text in (
        ("v.csv", "video\na.mp4\n"),
        ("m.csv", "video,label,start,end\na.mp4,walk,00:01.00,0:00:02.00\n"),
    ):
        path = folder / name
        path.write_text(text)
        assert kind_of(path) == "clips"
        assert not run(import_clip_table(project, path)).problems
    assert [(clip.start, clip.end) for clip in project.clips()] == [(0, 40), (10, 20)]


def boris(events, **given) -> str:
    """Return a BORIS project of one observation called o."""
    observation = {
        "file": {"1": ["a.mp4"]},
        "type": "MEDIA",
        "time offset": 0.0,
        "media_info": {"length": {"a.mp4": 20}, "fps": {"a.mp4": 25}},
        "events": events,
    }
    made = {
        "project_name": "x",
        "project_format_version": "7.0",
        "time_format": "seconds",
        "behaviors_conf": {"0": {"type": "State event", "code": "walk"}},
        "subjects_conf": {},
        "observations": {"o": {**observation, **given}},
    }
    return json.dumps(made)


def walks(*times: float) -> list[list]:
    return [[time, "", "walk", "", ""] for time in times]


def test_lengths_that_a_boris_project_does_not_know_are_measured(project, films):
    text = boris(walks(1, 2, 21, 22), file={"1": ["a.mp4", "b.mp4"]}, media_info={"length": {}, "fps": {}})
    report = imported(project, text, "p.boris")
    assert [bout[:3] for bout in labelled(project)] == [("a.mp4", 25, 50), ("b.mp4", 25, 50)]
    assert not report.problems
    text = boris(walks(1, 2), file={"1": ["gone.mp4", "b.mp4"]}, media_info={"length": {}, "fps": {}})
    (problem,) = [p for p in imported(project, text, "q.boris").problems if "observation 'o'" in p.reason]
    assert "does not tell how long 'gone.mp4' is" in problem.reason
    assert "Add that video to the project" in problem.reason


def test_events_that_a_boris_project_does_not_list_are_points(project, films):
    report = imported(project, boris([[1.0, "", "old", "", ""], [2.0, "", "old", "", ""]]), "p.boris")
    assert [bout[1:3] for bout in labelled(project)] == [(25, 26), (50, 51)]
    assert {clip.facets["event"] for clip in project.clips()} == {"point"}
    assert "'old' is not in the list of behaviours" in said(report.notes)


def test_the_time_offset_of_a_boris_project_is_taken_off_and_kept(project, films):
    imported(project, boris(walks(6, 7, 22, 24), **{"time offset": 5.0}), "p.boris")
    assert [bout[1:3] for bout in labelled(project)] == [(25, 50), (425, 475)]
    assert next(v for v in project.videos() if v.path.name == "a.mp4").facets == {"time offset (s)": "5"}


def test_times_before_zero_where_the_offset_is_negative(project, films):
    """BORIS adds the offset to the time of the media, so that two seconds into the film are at -3 s."""
    text = tabular(at("-4.000", "-3.000", "-1.000", "0.500")).replace(",0.0,20.000", ",-5.0,20.000")
    assert not imported(project, text).problems
    clocks = tabular(at("-00:00:04.000", "-0:03", "-1", "0.5")).replace(",0.0,20", ",-00:00:05,20")
    assert not imported(project, clocks, "b.csv").problems
    rows = "o1,a.mp4,-5,m1,walk,STATE,-4.000,-3.000,1\no1,a.mp4,-5,m2,sniff,STATE,-1,0.5,1.5\n"
    header = AGGREGATED.replace("Subject", "Time offset (s),Subject")
    assert not imported(project, header + rows, "c.csv").problems
    assert labelled(project) == sorted(3 * AS_TOLD)
    report = imported(project, tabular(at("-1.000", "2.000", "4.000", "5.500")))
    assert "walk at -1 s lies before the begin of the media" in report.problems[0].reason


def test_an_observation_without_media_is_told_once(project, films):
    events = [*TWO_BOUTS, ("m1", "walk", "START", "7.000"), ("m1", "walk", "STOP", "8.000")]
    text = tabular(events, Observation_type="Live", Source="NA", Media_file_name="NA")
    (problem,) = imported(project, text).problems
    assert "observation 'o1' is a live observation, and names no video. Its events were left out" in str(
        problem
    )
    imported(project, text, video="a.mp4")
    assert len(labelled(project)) == 3


def test_one_of_several_files_has_a_semicolon_in_its_name(project, films, add_video):
    add_video("x;y.mp4", fps=25.0, frame_count=500)
    events = [*TWO_BOUTS, ("m1", "walk", "START", "23.000"), ("m1", "walk", "STOP", "24.000")]
    text = tabular(events, sep="\t", Source="player #1:x;y.mp4;b.mp4", FPS="25.000;25.000")
    text = text.replace("20.000", "20.000;20.000").replace("a.mp4", "Not found")
    assert not imported(project, text, "events.tsv").problems
    assert labelled(project) == [("b.mp4", 75, 100, "m1", "walk"), *[("x;y.mp4", *b[1:]) for b in AS_TOLD]]


def test_columns_in_few(project, films):
    text = "Time,Media file path,FPS,Subject,Behavior,Status\n1.0,a,25,m1,walk,START\n2.0,a,25,m1,walk,STOP\n"
    assert not imported(project, text).problems
    assert labelled(project) == AS_TOLD[:1]
    bare = "Time,Behavior,Status\n4.0,sniff,START\n5.5,sniff,STOP\n"
    with pytest.raises(ProjectError, match=r"--video NAME"):
        imported(project, bare, "bare.csv")
    imported(project, bare, "bare.csv", video="a.mp4")
    assert labelled(project) == [AS_TOLD[0], ("a.mp4", 100, 137, "", "sniff")]


def test_old_columns_and_an_offset_above_the_header(project, films):
    text = (
        "Observation id\to1\nMedia file(s)\t\nPlayer #1\ta.mp4\nTime offset (s)\t5.0\n\t\nindependent variables\t\n"
        "variable\tvalue\nsex\tfemale\n\t\nTime\tMedia file path\tTotal length\tFPS\tSubject\tBehavior\t"
        "Behavioral category\tComment\tStatus\n6.0\ta.mp4\t20.0\t25.0\tm1\twalk\t\t\tSTART\n7.0\ta.mp4\t20.0\t25.0\tm1\twalk"
        "\t\tdone\tSTOP\n"
    )
    report = imported(project, text, "old.tsv")
    assert not report.problems
    assert labelled(project) == AS_TOLD[:1]
    (clip,) = project.clips()
    assert clip.facets == {"sex": "female", "time offset (s)": "5", "comment at stop": "done"}


def test_each_row_about_a_video_that_is_not_there_is_told(project, films):
    report = imported(project, tabular().replace("a.mp4", "gone.mp4"))
    assert [problem.line for problem in report.problems] == [2, 4]
    assert all("no video called 'gone.mp4'" in problem.reason for problem in report.problems)


def test_rows_with_empty_cells_behind_the_last_column_and_odd_clocks(project, films):
    text = tabular(at("00:01,000", "00:02.0", "0:00:04", "00:05,500")).replace("NA,NA,", "NA,NA,,,")
    assert not imported(project, text).problems
    assert labelled(project) == AS_TOLD


def test_times_of_a_boris_project_that_are_written_as_text(project, films):
    imported(
        project,
        boris([["00:00:06", "", "walk", "", ""], ["7.0", "", "walk", ""]], **{"time offset": "00:00:05"}),
        "p.boris",
    )
    assert [bout[1:3] for bout in labelled(project)] == [(25, 50)]


def test_an_event_before_the_media_does_not_turn_the_others_of_a_project_around(project, films):
    events = [[at, "", "walk", "", ""] for at in (4.0, 6.0, 8.0, 9.0)]
    report = imported(project, boris(events, **{"time offset": 5.0}), "p.boris")
    assert [bout[1:3] for bout in labelled(project)] == [(75, 100)]
    assert "walk at 4 s lies before the begin of the media" in said(report.problems)
    assert "stops at 1 s without a START" in said(report.problems)


@pytest.mark.parametrize("bad", [["x", "", "walk", "", ""], [None, "", "walk"], [2.0]])
def test_an_event_of_a_project_without_a_time_leaves_its_observation_out(project, films, bad):
    events = [[1.0, "", "walk", "", ""], bad, [3.0, "", "walk", "", ""]]
    report = imported(project, boris(events), "p.boris")
    assert not labelled(project)
    (problem,) = report.problems
    assert "observation" in problem.reason
    assert "event 2 of 3 has no time or no behaviour" in problem.reason
    assert "None" not in problem.reason


def test_nobody_of_a_project_is_no_subject(project, films):
    imported(
        project, boris([[1.0, "No focal subject", "walk", "", ""], [2.0, "", "walk", "", ""]]), "p.boris"
    )
    assert labelled(project) == [("a.mp4", 25, 50, "", "walk")]


def test_an_event_of_a_spreadsheet_without_a_time_leaves_out_those_it_would_turn_around(project, films):
    rows = ["1.0\tm1\twalk", "\tm1\twalk", "3.0\tm1\twalk", "4.0\tm2\twalk", "5.0\tm2\twalk"]
    report = imported(project, "time\tsubject\tcode\n" + "\n".join(rows) + "\n", "e.tsv", video="a.mp4")
    assert [bout[1:3] for bout in labelled(project)] == [(100, 125)]
    assert "all events of walk of that subject were left out" in said(report.problems)


def test_a_video_by_two_names_keeps_the_bouts_of_both(project, films):
    """Two people coded one video, each with a path of their own; bouts of the same frames share a clip."""
    one, two = tabular(Comment="by eye"), tabular().replace("a.mp4", "D:\\films\\a.mp4")
    report = imported(project, one + two.replace("o1,", "o2,").partition("\n")[2].replace("walk", "run"))
    assert [bout[1:] for bout in labelled(project)] == [
        (25, 50, "m1", "run"),
        (25, 50, "m1", "walk"),
        (100, 137, "m2", "sniff"),
    ]
    assert not report.problems
    events = [[1.0, "", "walk", "", "seen"], [2.0, "", "walk", "", ""]]
    made = json.loads(boris(events))
    again = {**made["observations"]["o"], "file": {"1": ["/data/a.mp4"]}, "events": walks(1, 2)}
    made["observations"]["p"] = again
    assert not imported(project, json.dumps(made), "p.boris").problems


@pytest.mark.parametrize("offset", ["x", float("nan"), float("inf")])
def test_a_time_offset_that_is_no_number_leaves_the_observation_out(project, films, offset):
    (problem,) = imported(project, boris(walks(1, 2), **{"time offset": offset}), "p.boris").problems
    assert "observation 'o': its time offset cannot be read" in problem.reason
    report = imported(project, tabular().replace(",0.0,20", ",x,20"))
    assert "observation 'o1': the time offset: 'x' is no time" in report.problems[0].reason
    assert not labelled(project)


def test_nothing_in_a_boris_project_is_no_text(project, films):
    imported(project, boris([[1.0, None, "walk", None, None], [2.0, None, "walk", None, None]]), "p.boris")
    assert labelled(project) == [("a.mp4", 25, 50, "", "walk")]
    assert not project.clips()[0].facets


@pytest.mark.parametrize("kind", ["From directories of images", "From pictures"])
def test_an_observation_of_images_is_told_once(project, films, kind):
    text = tabular(Observation_type=kind, Source="/data/one;/data/two", Media_file_name="NA")
    (problem,) = imported(project, text).problems
    assert "observation 'o1' is of images, and names no video" in problem.reason


def test_a_live_observation_of_an_old_table(project, films):
    text = "Observation id,o1\n\nTime,Media file path,Total length,FPS,Subject,Behavior,Behavioral category,Comment,Status\n"
    text += "1.0,LIVE,60,NA,m1,walk,,,START\n2.0,LIVE,60,NA,m1,walk,,,STOP\n"
    (problem,) = imported(project, text).problems
    assert "observation 'o1' names no video" in problem.reason
    imported(project, text, video="a.mp4")
    assert labelled(project) == AS_TOLD[:1]


def test_names_of_variables_that_no_metadata_field_may_have(project, films):
    said = {"start": "5", "a\x07b": "c", "x" * 600: "y"}
    assert not imported(project, boris(walks(1, 2), independent_variables=said), "p.boris").problems
    (facets,) = [video.facets for video in project.videos() if video.facets]
    assert set(facets) == {"start (BORIS)", "a b", "x" * 400}


def test_a_boris_project_in_utf_16(project, films):
    imported(project, boris(walks(1, 2)).encode("utf-16"), "p.boris")
    assert labelled(project) == [("a.mp4", 25, 50, "", "walk")]


@pytest.mark.parametrize("name", ["events.csv", "p.boris"])
def test_observations_of_one_video_with_different_offsets(project, films, name):
    if name == "p.boris":
        made = json.loads(boris(walks(1, 2)))
        made["observations"]["o2"] = {
            **made["observations"]["o"],
            "time offset": 5.0,
            "events": walks(9, 10.5),
        }
        text = json.dumps(made)
    else:
        later = tabular([("", "walk", "START", "9"), ("", "walk", "STOP", "10.5")]).replace(
            ",0.0,20", ",5.0,20"
        )
        text = tabular([("", *e[1:]) for e in TWO_BOUTS[:2]]) + later.replace("o1,", "o2,").partition("\n")[2]
    report = imported(project, text, name)
    assert not report.problems
    assert [(c.start, c.end, c.facets) for c in project.clips()] == [
        (25, 50, {}),
        (100, 137, {"time offset (s)": "5"}),
    ]
    assert "time offset (s) has several values in a.mp4 (0, 5)" in said(report.notes)


@pytest.mark.parametrize("forms", [("NFD", "NFC"), ("NFC", "NFD")])
def test_accents_that_are_written_as_one_character_or_as_two(project, add_video, forms):
    """Folders of a Mac, and tables from elsewhere."""
    ours, theirs = (unicodedata.normalize(form, "Käfig é.mp4") for form in forms)
    add_video(ours, fps=25.0, frame_count=500)
    report = imported(project, tabular().replace("a.mp4", theirs).replace("walk", theirs.split()[0]))
    assert not report.problems
    assert not said(report.notes)
    assert [bout[1:] for bout in labelled(project)] == [
        (25, 50, "m1", "Käfig"),
        (100, 137, "m2", "sniff"),
    ]
    folder = project.path.parent
    write_video(folder / unicodedata.normalize(forms[0], "ö.mp4"), frames=40)
    path = folder / "clips.csv"
    path.write_text(
        f"video,label,start_frame,end_frame\n{unicodedata.normalize(forms[1], 'ö.mp4')},walk,1,3\n"
    )
    assert not run(import_clip_table(project, path)).problems
    assert not imported(
        project, "frame,rest\n0,1\n1,0\n2,0\n", unicodedata.normalize(forms[1], "ö.csv")
    ).problems


def test_nobody_and_no_modifier_of_a_spreadsheet_are_nothing(project, films):
    rows = "1.000,No focal subject,walk,None\n2.000,,walk,\n4,m2,sniff,a|None\n5.5,m2,sniff,a|\n"
    assert not imported(project, "time,subject,code,modifier\n" + rows, video="a.mp4").problems
    assert labelled(project) == [("a.mp4", 25, 50, "", "walk"), AS_TOLD[1]]
