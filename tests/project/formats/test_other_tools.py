"""Import of other tools' files, made as these tools write them."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pympi import Eaf

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.formats.readers.detect import kind_of, read_foreign
from actiondiff_gui.project.formats.tables.runs import runs
from tests.project.formats.label_files import imported, labelled, said


@pytest.fixture
def film(add_video):
    return add_video("a.mp4", fps=25.0, frame_count=500)


def told(project, data: str | bytes, name: str, kind: str, **given):
    """Import a file after its kind was looked up; returns the report."""
    path = project.path.parent / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    assert kind_of(path) == kind
    return imported(project, data, name, **given)


def spans(project) -> list[tuple]:
    return [bout[1:] for bout in labelled(project)]


def test_elan(project, film, tmp_path):
    eaf = Eaf(author="x")
    eaf.add_linked_file("file:///D:/lab/a.mp4", "../films/a.mp4", "video/mp4", time_origin=1000)
    eaf.add_tier("walking", part="m1")
    eaf.add_annotation("walking", 0, 1000, "")
    eaf.add_annotation("walking", 3000, 4500, "sniff")
    eaf.add_linguistic_type("sub", "Symbolic_Association")
    eaf.add_tier("speed", "sub", parent="walking")
    eaf.add_ref_annotation("speed", "walking", 3500, "fast")
    eaf.to_file(str(tmp_path / "e.eaf"))
    report = told(project, (tmp_path / "e.eaf").read_bytes(), "e.eaf", "elan")
    assert spans(project) == [(25, 50, "m1", "walking"), (100, 137, "m1", "sniff")]
    assert not report.problems
    sniff = max(project.clips(), key=lambda clip: clip.start)
    assert sniff.facets == {"tier": "walking", "speed": "fast"}


def test_jabs(project, film):
    made = {
        "version": 1,
        "file": "a.mp4",
        "num_frames": 500,
        "labels": {"0": {"walk": [{"start": 25, "end": 30, "present": True}]}},
        "unfragmented_labels": {
            "0": {
                "walk": [
                    {"start": 25, "end": 49, "present": True},
                    {"start": 100, "end": 109, "present": False},
                ]
            }
        },
        "annotations": [
            {"start": 10, "end": 19, "tag": "odd", "color": "#ff0000", "description": "light on"}
        ],
    }
    told(project, json.dumps(made), "a.json", "jabs")
    assert spans(project) == [(10, 20, "", "odd"), (25, 50, "0", "walk"), (100, 110, "0", "walk")]
    values = {project.clips({label.clip_id})[0].start: label.value for label in project.labels()}
    assert values == {10: 1, 25: 1, 100: -1}


@pytest.mark.parametrize("several", [False, True])
def test_feral(project, film, several):
    classes = [0, 1, 1, 0, 2]
    rows = [[int(c == k) for k in range(3)] for c in classes] if several else classes
    made = {
        "class_names": {"0": "other", "1": "walk", "2": "rear"},
        "is_multilabel": several,
        "labels": {"a.mp4": rows},
        "splits": {"train": ["a.mp4"]},
    }
    report = told(project, json.dumps(made), "feral.json", "feral")
    assert spans(project) == [(1, 3, "", "walk"), (4, 5, "", "rear")]
    assert "'other' means that nothing is shown" in said(report.notes)
    made["labels"]["a.mp4"] = rows * 200
    assert "1,000 rows and a.mp4 500 frames" in said(
        told(project, json.dumps(made), "b.json", "feral").problems
    )


def test_via_3(project, film):
    made = {
        "project": {"pid": "__VIA_PROJECT_ID__", "data_format_version": "3.1.1", "vid_list": ["1"]},
        "config": {},
        "attribute": {
            "1": {
                "aname": "TEMPORAL-SEGMENTS",
                "anchor_id": "FILE1_Z2_XY0",
                "type": 4,
                "options": {"0": "walk", "1": "rear"},
                "default_option_id": "",
            },
            "2": {"aname": "animal", "anchor_id": "FILE1_Z2_XY0", "type": 1, "options": {}},
        },
        "file": {"1": {"fid": "1", "fname": "a.mp4", "type": 4, "loc": 1, "src": ""}},
        "metadata": {
            "1_a": {"vid": "1", "flg": 0, "z": [1, 2], "xy": [], "av": {"1": "0", "2": "m1"}},
            "1_b": {"vid": "1", "flg": 0, "z": [4], "xy": [], "av": {"1": "1"}},
            "1_c": {"vid": "1", "flg": 0, "z": [5.2], "xy": [2, 1, 1, 9, 9], "av": {}},
        },
        "view": {"1": {"fid_list": ["1"]}},
    }
    report = told(project, json.dumps(made), "via.json", "via")
    assert spans(project) == [(25, 50, "m1", "walk"), (100, 101, "", "rear")]
    assert "1 regions or remarks" in said(report.notes)


@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
def test_the_observer(project, film, ending):
    rows = [
        ("1.000", "walk", "fast", "State start", "m1"),
        ("2.000", "walk", "fast", "State stop", "m1"),
        ("4.000", "peck", "", "Point", "m2"),
    ]
    frame = pd.DataFrame(
        {
            "Date_dmy": "01-01-2026",
            "Time_Relative_hms": "00:00:01",
            "Time_Relative_sf": [float(row[0]) for row in rows],
            "Duration_sf": 0.0,
            "Observation": "a",
            "Event_Log": "log 1",
            "Subject": [row[4] for row in rows],
            "Behavior": [row[1] for row in rows],
            "Modifier_1": [row[2] for row in rows],
            "Event_Type": [row[3] for row in rows],
            "Comment": "",
        }
    )
    path = project.path.parent / f"o{ending}"
    frame.to_excel(path, index=False) if ending == ".xlsx" else frame.to_csv(path, index=False)
    report = told(project, path.read_bytes(), path.name, "observer")
    assert spans(project) == [(25, 50, "m1", "walk"), (100, 101, "m2", "peck")]
    assert not report.problems
    assert [clip.facets for clip in project.clips()] == [{"modifier 1": "fast"}, {"event": "point"}]


def test_ethovision(project, film):
    head = [
        ["Number of header lines:", "5"],
        ["Experiment", "open field"],
        ["Video file", "D:\\films\\a.mp4"],
        ["", ""],
    ]
    rows = [
        ["Trial time", "Recording time", "Subject", "Behavior", "Event"],
        [0.0, 1.0, "m1", "rear", "state start"],
        [1.0, 2.0, "m1", "rear", "state stop"],
        [3.0, 4.0, "m1", "jump", "point event"],
    ]
    path = project.path.parent / "Manual scoring.xlsx"
    pd.DataFrame([*head, *rows]).to_excel(path, index=False, header=False)
    assert not told(project, path.read_bytes(), path.name, "ethovision").problems
    assert spans(project) == [(25, 50, "m1", "rear"), (100, 101, "m1", "jump")]


BENTO = """Bento annotation file
Movie file(s): a.mp4

Stimulus name:
Annotation start {what}: {first}
Annotation stop {what}: {last}
Annotation framerate: 25

List of channels:
Ch1

List of annotations:
walk
rear

Ch1----------
>walk
Start\tStop\tDuration
{a}\t{b}\t1

>rear
Start\tStop\tDuration
{c}\t{d}\t1

"""


def test_bento_in_seconds_and_in_frames(project, film):
    seconds = {
        "what": "time",
        "first": "0.0000",
        "last": "20",
        "a": "1.0",
        "b": "2.0",
        "c": "4.0",
        "d": "4.0",
    }
    assert not told(project, BENTO.format(**seconds), "s.annot", "bento").problems
    frames = {"what": "frame", "first": 1, "last": 500, "a": 201, "b": 225, "c": 301, "d": 301}
    assert not told(project, BENTO.format(**frames), "f.annot", "bento").problems
    assert spans(project) == [
        (25, 50, "", "walk"),
        (100, 101, "", "rear"),
        (200, 225, "", "walk"),
        (300, 301, "", "rear"),
    ]


def test_the_caltech_behavior_annotator(project, film):
    text = (
        "Caltech Behavior Annotator - Annotation File\n\nConfiguration file:\nother\to\nmount\tm\n\n"
        "S1:\tstart\tend\ttype\n-----------------------------\n\t1\t50\tother\n\t51\t75\tmount\n\n"
        "S2:\tstart\tend\ttype\n-----------------------------\n\t1\t10\tmount\n"
    )
    report = told(project, text, "a_annot.txt", "caltech")
    assert spans(project) == [(0, 10, "", "mount"), (50, 75, "", "mount")]
    assert [clip.facets["channel"] for clip in project.clips()] == ["S2", "S1"]
    assert not report.problems


def test_solomon_coder_and_syllables(project, film, add_video):
    add_video("b.mp4", frame_count=6)
    rows = "".join(f"{n / 25:.2f},{'walk' if 2 <= n < 5 else ''},x\n" for n in range(10))
    told(project, "Time,Behaviour,Note\n" + rows, "a.csv", "frame-text")
    told(project, "syllable,centroid x\n3,1.5\n3,1.6\n7,1.7\n7,1.7\n7,1.8\n3,1.9\n", "b.csv", "frame-text")
    path = project.path.parent / "8_km_label_b.npy"
    np.save(path, np.array([1, 1, 4, 4, 4, 4]))
    told(project, path.read_bytes(), path.name, "frame-text")
    assert spans(project) == [
        (2, 5, "", "walk"),
        (0, 2, "", "motif 1"),
        (0, 2, "", "syllable 3"),
        (2, 5, "", "syllable 7"),
        (2, 6, "", "motif 4"),
        (5, 6, "", "syllable 3"),
    ]


def test_cvat(project, film):
    text = """<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta><task><size>100</size><start_frame>10</start_frame>
<frame_filter>step=2</frame_filter><source>a.mp4</source></task></meta>
<image id="5"><tag label="walk"/></image><image id="6"><tag label="walk"/></image><image id="9"><tag label="walk"/></image>
<track id="0" label="mouse">
<box frame="20" keyframe="1" outside="0"><attribute name="action">rear</attribute></box>
<box frame="21" keyframe="0" outside="0"><attribute name="action">rear</attribute></box>
<box frame="22" keyframe="1" outside="0"><attribute name="action">jump</attribute></box>
<box frame="25" keyframe="1" outside="1"><attribute name="action">jump</attribute></box>
</track></annotations>"""
    told(project, text, "annotations.xml", "cvat")
    assert spans(project) == [
        (20, 24, "", "walk"),
        (28, 30, "", "walk"),
        (50, 54, "mouse 0", "rear"),
        (54, 60, "mouse 0", "jump"),
    ]


def test_datavyu(project, film):
    text = (
        "look.ordinal,look.onset,look.offset,look.code01,look.hand,peck.ordinal,peck.onset,peck.offset\n"
        "1,1000,2000,left,r,1,4000,4000\n2,5000,4000,right,,,,\n"
    )
    report = told(project, text, "a.csv", "datavyu")
    assert spans(project) == [(25, 50, "", "look left"), (100, 101, "", "peck")]
    assert project.clips()[0].facets == {"look hand": "r"}
    assert "look from 5000 to 4000 ms is no stretch of time" in said(report.problems)


WRONG = {
    "elan": ("e.eaf", "<ANNOTATION_DOCUMENT><TIME_ORDER></ANNOTATION_DOCUMENT>", "ELAN"),
    "jabs": ("a.json", '{"file": "a.mp4", "num_frames": 5, "labels": [1]}', "JABS"),
    "feral": ("a.json", '{"class_names": {"x": "y"}, "labels": {}}', "FERAL"),
    "via": ("a.json", '{"metadata": {"1": {"z": [1, 2]}}, "attribute": {}, "view": 3, "file": {}}', "VIA"),
    "boris-project": ("a.boris", '{"observations": {}}', "BORIS"),
    "cvat": ("a.xml", '<annotations><track label="x"><box frame="a"/></track></annotations>', "CVAT"),
    "bento": ("a.annot", "Bento annotation file\nMovie file(s):\n\n", "Bento"),
    "caltech": ("a.txt", "Caltech Behavior Annotator - Annotation File\n\n", "Caltech"),
    "frame-text": ("a.npy", "no array", "array"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_file_of_a_known_tool_in_a_wrong_form_gets_a_sentence_that_names_the_tool(tmp_path, kind):
    name, text, tool = WRONG[kind]
    (tmp_path / name).write_text(text)
    assert kind_of(tmp_path / name) == kind
    with pytest.raises(ProjectError, match=tool):
        read_foreign(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "text"), [("a.json", '{"x": 1}'), ("a.xml", "<x/>"), ("a.csv", "x,y\n1.5,2\n")]
)
def test_a_file_of_no_known_tool_says_what_is_known(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(ProjectError, match=r"--format"):
        kind_of(tmp_path / name)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["walk", "rear", "other"]), min_size=1, max_size=60), st.booleans())
def test_frames_of_feral_and_of_text_come_back(tmp_path, frames, several):
    names = ["other", "walk", "rear"]
    rows = [[int(n == f) for n in names] if several else names.index(f) for f in frames]
    made = {"class_names": dict(enumerate(names)), "is_multilabel": several, "labels": {"a.mp4": rows}}
    (tmp_path / "f.json").write_text(json.dumps(made))
    lines = "\n".join(f"{n},{f}" for n, f in enumerate(frames))
    (tmp_path / "a.csv").write_text("frame,behaviour\n" + lines + "\n")
    expected = sorted((a, b, value) for value, a, b in runs(frames) if value != "other")
    for name, kind in (("f.json", None), ("a.csv", "frame-text")):
        table = read_foreign(tmp_path / name, kind)
        assert sorted((int(s.start), int(s.end), s.behaviour) for s in table.stretches) == expected
