"""Import of other tools' files in less common variants."""

import json

import numpy as np
import pytest

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.formats.readers.detect import kind_of, read_foreign
from tests.project.formats.label_files import imported, labelled, said


@pytest.fixture
def film(add_video):
    return add_video("a.mp4", fps=25.0, frame_count=500)


def lines(*rows: str) -> str:
    return "\n".join(rows) + "\n"


def spans(project) -> list[tuple]:
    return [bout[1:] for bout in labelled(project)]


EAF = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="2026-01-01T10:00:00+01:00" FORMAT="3.0" VERSION="3.0"
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd">
<HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">
<MEDIA_DESCRIPTOR MEDIA_URL="file:///C:/x.wav" MIME_TYPE="audio/x-wav"/>
<MEDIA_DESCRIPTOR MEDIA_URL="file:///C:/My%20Films/a.mp4" MIME_TYPE="video/mp4"/></HEADER>
<TIME_ORDER><TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="1000"/><TIME_SLOT TIME_SLOT_ID="ts2"/>
<TIME_SLOT TIME_SLOT_ID="ts3" TIME_VALUE="2000"/></TIME_ORDER>
<TIER LINGUISTIC_TYPE_REF="main" TIER_ID="walk" PARTICIPANT="m1"><ANNOTATION>
<ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts3"><ANNOTATION_VALUE/></ALIGNABLE_ANNOTATION>
</ANNOTATION></TIER>
<TIER LINGUISTIC_TYPE_REF="sub" TIER_ID="part" PARENT_REF="walk"><ANNOTATION>
<ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2"><ANNOTATION_VALUE>fast</ANNOTATION_VALUE>
</ALIGNABLE_ANNOTATION></ANNOTATION><ANNOTATION>
<ALIGNABLE_ANNOTATION ANNOTATION_ID="a3" TIME_SLOT_REF1="ts2" TIME_SLOT_REF2="ts3"><ANNOTATION_VALUE>slow</ANNOTATION_VALUE>
</ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
<TIER LINGUISTIC_TYPE_REF="ref" TIER_ID="note" PARENT_REF="walk"><ANNOTATION>
<REF_ANNOTATION ANNOTATION_ID="a4" ANNOTATION_REF="a1"><ANNOTATION_VALUE>light on</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION></TIER>
<TIER LINGUISTIC_TYPE_REF="ref" TIER_ID="doubt" PARENT_REF="note"><ANNOTATION>
<REF_ANNOTATION ANNOTATION_ID="a5" ANNOTATION_REF="a4"><ANNOTATION_VALUE>perhaps</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION></TIER>
<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="main" TIME_ALIGNABLE="true"/>
<LINGUISTIC_TYPE CONSTRAINTS="Time_Subdivision" LINGUISTIC_TYPE_ID="sub" TIME_ALIGNABLE="true"/>
<LINGUISTIC_TYPE CONSTRAINTS="Symbolic_Association" LINGUISTIC_TYPE_ID="ref" TIME_ALIGNABLE="false"/>
</ANNOTATION_DOCUMENT>"""


def test_elan_times_that_are_not_set_and_remarks_on_remarks(project, film):
    report = imported(project, EAF, "e.eaf")
    assert spans(project) == [(25, 37, "", "fast"), (25, 50, "m1", "walk"), (37, 50, "", "slow")]
    walk = next(clip for clip in project.clips() if clip.subject)
    assert walk.facets == {"note": "light on", "doubt": "perhaps"}
    assert "1 times are not set in ELAN" in said(report.notes)
    assert not report.problems


def test_cvat_tracks_and_tags_of_a_job_and_tasks_of_a_project(project, film):
    text = """<annotations><meta><job><id>1</id><size>100</size></job><source>a.mp4</source></meta>
<track id="0" label="walk"><box frame="20" outside="0"/><box frame="30" outside="1"/></track>
<track id="1" label="rear"><box frame="95" outside="0"/></track>
<tag label="sniff" frame="5"/><tag label="sniff" frame="6"/>
<tag label="mouse" frame="8"><attribute name="Action">dig</attribute></tag></annotations>"""
    imported(project, text, "c.xml")
    assert [(*bout[:2], bout[3]) for bout in spans(project)] == [
        (5, 7, "sniff"),
        (8, 9, "dig"),
        (20, 30, "walk"),
        (95, 100, "rear"),
    ]
    several = text.replace('id="0" label', 'id="0" task_id="1" label')
    several = several.replace('<track id="1"', '<track task_id="2" id="1"')
    with pytest.raises(ProjectError, match="2 tasks of a project"):
        imported(project, several, "d.xml")


def via(*segments: dict) -> str:
    """Return a VIA project of one video that is known by its address only, with boxes to tick."""
    options = {"0": "walk", "1": "rear, up"}
    made = {
        "project": {"vid_list": ["1"]},
        "config": {},
        "attribute": {
            "1": {"aname": "Behaviour", "anchor_id": "FILE1_Z2_XY0", "type": 2, "options": options},
            "2": {"aname": "Comment", "anchor_id": "FILE1_Z2_XY0", "type": 1, "options": {}},
        },
        "file": {"1": {"fid": "1", "fname": "", "type": 4, "loc": 3, "src": "file:///films/a.mp4"}},
        "metadata": {
            f"1_{n}": {"vid": "1", "flg": 0, "xy": [], **segment} for n, segment in enumerate(segments)
        },
        "view": {"1": {"fid_list": ["1"]}},
    }
    return json.dumps(made)


def test_via_boxes_that_are_ticked_names_with_commas_and_a_video_without_a_name(project, film):
    text = via({"z": [1, 2], "av": {"1": "0,1", "2": "a, b"}}, {"z": [5, 6], "av": {}})
    report = imported(project, "\ufeff" + text, "v.json")
    assert spans(project) == [(25, 50, "", "rear, up"), (25, 50, "", "walk")]
    assert {clip.facets["comment"] for clip in project.clips()} == {"a, b"}
    assert "segment 1_1 at 5 s names no behaviour" in said(report.problems)


def test_feral_classes_without_a_name_and_jabs_of_another_length(project, film):
    made = {"class_names": ["other", "walk"], "labels": {"a.mp4": [0, 1, 7]}}
    report = imported(project, json.dumps(made), "f.json")
    assert spans(project) == [(1, 2, "", "walk")]
    assert "class 7 of a.mp4 has no name" in said(report.problems)
    made = {"file": "a.mp4", "num_frames": 600, "labels": {}}
    report = imported(project, json.dumps(made), "j.json")
    assert "about a video of 600 frames, and a.mp4 has 500" in said(report.notes)


def test_datavyu_times_with_hours_and_minutes(project, film):
    text = lines("look.ordinal,look.onset,look.offset,look.code", "1,00:00:04:000,00:00:05:500,right")
    imported(project, text, "a.csv")
    assert spans(project) == [(100, 137, "", "look right")]


def ethovision(trial: str, *events: str) -> str:
    head = ('"Number of header lines:";"6"', '"Video file";"C:\\films\\a.mp4"', '""')
    columns = '"Trial time";"Recording time";"Subject";"Behavior";"Event"'
    return lines(*head, columns, '"(s)";"(s)";"";"";""', *(f'"{trial}";{event}' for event in events))


def test_ethovision_text_with_a_row_of_units_decimal_commas_and_two_clocks(project, film):
    text = ethovision(
        "9,000",
        '"1,000";"m1";"walk";"state start"',
        '"2,000";"m1";"walk";"state stop"',
        '"3,0";"m1";"run";"state start"',
    )
    report = imported(project, text.replace("\n", "\r\n").encode("utf-16"), "Raw data-Trial 1.txt")
    assert spans(project) == [(25, 50, "m1", "walk")]
    (problem,) = report.problems
    assert "add the STOP in EthoVision" in problem.reason
    assert "Recording time and Trial time differ, by 6 s" in said(report.notes)


def test_a_table_of_keypoint_moseq_of_several_recordings(project, film, add_video):
    add_video("b.mp4", fps=25.0, frame_count=500)
    rows = [f"{name},{n}.5,{n},{n // 2},default" for name in "ab" for n in range(3, 6)]
    report = imported(project, lines("name,centroid_x,frame_index,syllable,group", *rows), "moseq_df.csv")
    assert labelled(project) == [
        (f"{name}.mp4", start, end, "", f"syllable {n}")
        for name in "ab"
        for start, end, n in ((3, 4, 1), (4, 6, 2))
    ]
    assert not report.problems


def test_a_behaviour_for_each_frame_and_columns_of_0_and_1_that_are_called_so(project, film):
    rows = [f"{n},{'walk' if n in (12, 13) else 'other'}" for n in range(10, 16)]
    imported(project, lines("frame,label", *rows), "a.csv")
    assert spans(project) == [(12, 14, "", "walk")]
    rows = [f"{n},{int(n == 12)}" for n in range(10, 16)]
    path = project.path.parent / "b.csv"
    path.write_text(lines("frame,label", *rows))
    assert kind_of(path) == "frames"


def test_frames_with_decimal_commas_and_every_fifth_frame(project, film):
    rows = [f"{n},0;{int(n in (11, 12))},0;0,00" for n in range(10, 20)]
    imported(project, lines("frame;walk;rear", *rows), "a.csv")
    assert spans(project) == [(11, 13, "", "walk")]
    rows = [f"{n},{int(n == 1000)}" for n in (998, 999, '"1,000"', '"1,001"')]
    with pytest.raises(ProjectError, match=r"line 4: '1,000' in the column 'frame' is no number of a frame"):
        imported(project, lines("frame,walk", *rows), "b.csv")
    rows = [f"{n},{int(n in (20, 25))}" for n in range(0, 100, 5)]
    report = imported(project, lines("frame,dig", *rows), "a_labels.csv")
    assert spans(project)[1] == (20, 30, "", "dig")
    assert "They are about frames 0 to 95" in said(report.notes)


@pytest.mark.parametrize(
    ("text", "what"), [("", "is empty"), ("\ufeff\n \n", "is empty"), ("frame,walk\n", "one line only")]
)
def test_a_file_with_nothing_in_it_says_so(tmp_path, text, what):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(ProjectError, match=what):
        kind_of(tmp_path / "a.csv")


def test_columns_with_nothing_in_them_are_no_behaviours(project, film):
    imported(project, lines("frame,walk,notes", *(f"{n},{int(n == 3)}," for n in range(6))), "a.csv")
    assert [action.name for action in project.actions()] == ["walk"]


@pytest.mark.parametrize("frame", [1.5, True, "x", None, 1e400])
def test_jabs_frames_that_are_no_whole_numbers(project, film, frame):
    block = {"start": frame, "end": 9}
    made = {"file": "a.mp4", "num_frames": 500, "labels": {"0": {"walk": [block]}}}
    with pytest.raises(ProjectError, match="not as JABS writes it"):
        imported(project, json.dumps(made), "j.json")
    block |= {"start": 4, "present": "false"}
    with pytest.raises(ProjectError, match="not as JABS writes it"):
        imported(project, json.dumps(made), "j.json")


def test_bouts_of_frames_that_end_before_they_begin(project, film):
    made = {"file": "a.mp4", "num_frames": 500, "labels": {"0": {"walk": [{"start": 9, "end": 6}]}}}
    text = "Caltech Behavior Annotator - Annotation File\n\nS1:\tstart\tend\ttype\n\t75\t51\tmount\n"
    for report in (
        imported(project, json.dumps(made), "j.json"),
        imported(project, text, "a_annot.txt"),
    ):
        assert "and so ends before it begins" in said(report.problems)
    assert not spans(project)


@pytest.mark.parametrize("rows", [[[0, 1], [0, 0.4]], [0, 1.5], [[0, 1], [0]]])
def test_feral_probabilities_are_no_labels(project, film, rows):
    made = {"class_names": ["other", "walk"], "labels": {"a.mp4": rows}}
    with pytest.raises(ProjectError, match="not as FERAL writes it"):
        imported(project, json.dumps(made), "f.json")


def test_a_video_of_via_by_its_address(project, add_video):
    add_video("a b.mp4", fps=25.0, frame_count=500)
    text = via({"z": [1, 2], "av": {"1": "0"}}).replace(
        "file:///films/a.mp4", "https://x.org/a%20b.mp4?key=1"
    )
    imported(project, text, "v.json")
    assert spans(project) == [(25, 50, "", "walk")]


def test_datavyu_times_with_a_point_and_columns_in_capitals(project, film):
    text = lines(
        "Look.ORDINAL,Look.ONSET,Look.OFFSET,Look.code,x.onset", "1,00:00:01.000,00:00:02.000,left,3"
    )
    assert not imported(project, text, "a.csv").problems
    assert spans(project) == [(25, 50, "", "Look left")]


def test_ethovision_columns_with_their_units(project, film):
    events = ('"1,000";"m1";"walk";"state start"', '"2,000";"m1";"walk";"state stop"')
    text = ethovision("9,000", *events).replace('time";', 'time (s)";')
    report = imported(project, text, "e.txt")
    assert spans(project) == [(25, 50, "m1", "walk")]
    assert "Recording time and Trial time differ, by 7 s" in said(report.notes)


def test_whole_seconds_of_the_observer_are_told(project, film):
    rows = ("00:00:01,a,walk,State start", "00:00:02,a,walk,State stop")
    report = imported(project, lines("Time_Relative_hms,Observation,Behavior,Event_Type", *rows), "o.csv")
    assert spans(project) == [(25, 50, "", "walk")]
    assert "tells whole seconds only" in said(report.notes)


def test_arrays_that_are_none(tmp_path):
    np.savez(tmp_path / "x.npz", np.arange(3))
    packed = (tmp_path / "x.npz").read_bytes()
    np.save(tmp_path / "y.npy", np.arange(3))
    large = (tmp_path / "y.npy").read_bytes().replace(b"(3,), }     ", b"(3333333333,), }", 1)
    for data in (packed, large, b""):
        (tmp_path / "z.npy").write_bytes(data)
        with pytest.raises(ProjectError, match=r"z\.npy is"):
            read_foreign(tmp_path / "z.npy", "frame-text")


@pytest.mark.parametrize("shown", [("walk", "1", "0"), ("behaviour", "walk", "")])
def test_rows_that_were_left_out_of_a_table_of_times_are_no_bout(project, film, shown):
    """A frame that the camera lost is; the row before it lasts up to the next one."""
    column, on, off = shown
    rows = [*range(13), *range(14, 20), *range(60, 70)]
    text = lines(
        f"time,{column}", *[f"{n / 25:.2f},{on if n in (11, 12, 14, 19, 60) else off}" for n in rows]
    )
    imported(project, text, "a.csv")
    assert spans(project) == [(11, 15, "", "walk"), (19, 20, "", "walk"), (60, 61, "", "walk")]


def test_numbers_of_frames_at_another_rate_are_told_as_such(project, film):
    head = lines(
        "Bento annotation file",
        "Movie file(s): a.mp4",
        "",
        "Annotation start frame: 1",
        "Annotation framerate: 30",
    )
    text = head + lines("", "ch1----------", ">walk", "Start\tStop\tDuration", "31\t60\t30")
    report = imported(project, text, "a.annot")
    assert spans(project) == [(30, 60, "", "walk")]
    assert "Its numbers of frames were taken for those of the video" in said(report.notes)
    assert "the last bout is 10 frames off" in said(report.notes)


def test_a_number_is_not_what_only_python_reads_as_one(project, film):
    report = imported(
        project, lines("Media file name,Behavior,Start (s),Stop (s)", "a.mp4,walk,1_0,12"), "a.csv"
    )
    assert not labelled(project)
    assert "'1_0' is no time in seconds" in said(report.problems)
