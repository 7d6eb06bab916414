"""Files of known tools in a form that is not read: the sentence names the tool."""

import csv
import json
import re

import pytest

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.formats.readers.detect import kind_of, read_foreign
from actiondiff_gui.project.formats.readers.reader import Unsaid
from tests.project.formats.label_files import imported, labelled, said

BLOCKS = {"0": {"walk": [{"start": 25, "end": 49, "present": True}]}}
GERMAN_TRACK = (
    '"Anzahl der Kopfzeilen:";"6"\n"Experiment";"X"\n"Videodatei";"a.mp4"\n\n'
    '"Versuchszeit";"Aufnahmezeit";"X Zentrum";"walk"\n"s";"s";"cm";""\n0,00;0,00;1,1;0\n0,04;0,04;1,1;1\n'
)
CASES = {
    "EthoVision, German scoring": (
        "e.txt",
        GERMAN_TRACK.replace("X Zentrum", "Verhalten").replace("walk", "Ereignis"),
        "EthoVision XT.*'Recording time', 'Behavior' or 'Event'.*another language",
    ),
    "EthoVision, German track": ("e.txt", GERMAN_TRACK, "EthoVision XT.*no 'Recording time'"),
    "EthoVision, Italian": (
        "e.csv",
        "Numero di righe:,5\nEsperimento,X\nTempo,Tempo reg,Evento\ns,s,\n1,1,x\n",
        "EthoVision XT",
    ),
    "EthoVision, track alone": (
        "e.csv",
        "Number of header lines:,5\nExperiment,X\nTrial time,Recording time,X center\ns,s,cm\n0,0,1\n",
        "EthoVision XT, but has no 'Behavior' or 'Event': it holds tracks",
    ),
    "EthoVision, German without its head": (
        "e.csv",
        "Versuchszeit,Aufnahmezeit,Verhalten,Ereignis\n1,1,walk,Zustand Start\n",
        "EthoVision XT",
    ),
    "The Observer, German": (
        "o.csv",
        "Datum_dmy;Zeit_relativ_hms;Zeit_relativ_sf;Dauer_sf;Verhalten;Ereignistyp\n"
        "1.1.2026;0:00:01;1,000;1,000;walk;Zustand Start\n",
        "Observer XT, but has no 'Time_Relative_sf', 'Behavior' or 'Event_Type'",
    ),
    "The Observer, no types": (
        "o.csv",
        "Date_Time_Absolute_dmy_hmsf,Time_Relative_hmsf,Behavior\n1,0:00:01.0,walk\n",
        "Observer XT, but has no 'Event_Type'",
    ),
    "ELAN, plain text": ("e.eaf", "walk 1 2\nsniff 3 4\n", "as ELAN writes it"),
    "ELAN, cut off": (
        "e.eaf",
        '<?xml version="1.0"?>\n<ANNOTATION_DOCUMENT AUTHOR="">\n<HEADER',
        "as ELAN writes it",
    ),
    "ELAN, time slots without names": (
        "e.eaf",
        '<ANNOTATION_DOCUMENT AUTHOR="" DATE="" FORMAT="3.0" VERSION="3.0" xmlns:x="http://www.w3.org/2001/XMLSchema-instance" '
        'x:noNamespaceSchemaLocation=""><HEADER/><TIME_ORDER><TIME_SLOT/></TIME_ORDER></ANNOTATION_DOCUMENT>',
        "as ELAN writes it: 'TIME_SLOT_ID' is missing",
    ),
    "ELAN, other XML": ("e.eaf", "<html></html>\n\n", "as ELAN writes it"),
    "ELAN, template": ("e.etf", '<?xml version="1.0"?>\n<ANNOTATION_DOCUMENT/>', "template of ELAN"),
    "Bento without its first line": ("b.annot", "walk\n1 2\n", "as Bento writes it"),
    "JABS, other names": (
        "j.json",
        json.dumps({"version": 2, "video": "a.mp4", "labels": BLOCKS}),
        r"JABS \(version 2\): it has no 'file' or 'num_frames'",
    ),
    "JABS, labels moved": (
        "j.json",
        json.dumps({"file": "a.mp4", "num_frames": 5, "track_labels": BLOCKS}),
        "JABS: it has no 'labels'",
    ),
    "JABS, labels as a list": (
        "j.json",
        json.dumps({"version": 9, "file": "a.mp4", "num_frames": 5, "labels": [1]}),
        "as JABS writes it in its version 9: its parts have another form",
    ),
    "JABS, half a block": (
        "j.json",
        json.dumps({"file": "a.mp4", "num_frames": 5, "labels": {"0": {"walk": [{"start": 1}]}}}),
        "as JABS writes it: 'end' is missing",
    ),
    "FERAL without labels": ("f.json", json.dumps({"class_names": ["a"], "splits": {}}), "of FERAL"),
    "VIA 2, project": (
        "v.json",
        json.dumps({"_via_settings": {}, "_via_img_metadata": {}, "_via_attributes": {}}),
        "VIA 2 or older.*VIA 3",
    ),
    "VIA 2, export": (
        "v.json",
        json.dumps({"a.jpg12": {"filename": "a.jpg", "size": 12, "regions": []}}),
        "VIA 2 or older",
    ),
    "VIA 2, table": (
        "v.csv",
        "filename,file_size,file_attributes,region_count,region_id,region_attributes\na.jpg,1,{},0,0,{}\n",
        "VIA 2",
    ),
    "VIA 3, table": (
        "v.csv",
        "# Exported using VGG Image Annotator\n# CSV_HEADER = metadata_id,file_list\nx,y\n",
        "VIA 3",
    ),
    "VIA 3, cut down": (
        "v.json",
        json.dumps({"project": {}, "config": {}, "attribute": {}, "file": {}}),
        "VIA 3 project that has no 'metadata' or 'view'",
    ),
    "JABS, cut off": (
        "j.json",
        '{"file": "a.mp4", "num_frames": 5, "lab',
        "JSON of JABS that is damaged or cut off",
    ),
    "FERAL, cut off": ("f.json", '{"class_names": {"0": "a"}, ', "JSON of FERAL that is damaged"),
    "VIA 3, cut off": ("v.json", '{"project": {"pid": 1, "vid_list": ["1"', "JSON of VIA 3 that is damaged"),
    "BORIS, cut off, called otherwise": (
        "b.json",
        '{"behaviors_conf": {}, "obs',
        "JSON of BORIS that is damaged",
    ),
    "BORIS, cut off": ("b.boris", '{"behaviors_conf": {}, "obs', "JSON of a BORIS project"),
    "Bento, cut off": (
        "b.annot",
        "Bento annotation file\nMovie file(s): a.mp4\n",
        "as Bento writes it, or is cut off",
    ),
    "CVAT, for pictures": (
        "c.json",
        json.dumps({"info": {}, "categories": [], "images": [], "annotations": []}),
        "CVAT for video 1.1",
    ),
    "CVAT, tags without frames": (
        "c.xml",
        '<annotations><meta/><tag label="walk"/></annotations>',
        "as CVAT writes it: 'frame' is missing",
    ),
    "CVAT, frames that are words": (
        "c.xml",
        '<annotations><meta/><tag label="walk" frame="first"/></annotations>',
        "as CVAT writes it: a number is none",
    ),
    "CVAT, cut off": ("c.xml", '<?xml version="1.0"?><annotations><meta>', "CVAT"),
    "Datavyu, project": ("d.opf", b"PK\x03\x04rest\0\0", "project of Datavyu.*CSV"),
    "keypoint-MoSeq, results": ("results.h5", b"\x89HDF\r\n\x1a\n\0\0", "keypoint-MoSeq.*csv"),
    "BORIS, time budget": (
        "b.tsv",
        "Subject\tBehavior\tModifiers\tTotal number of occurences\tTotal duration (s)\nm\twalk\t\t2\t3.0\n",
        "BORIS.*Export tabular events",
    ),
    "BORIS, no behaviours": (
        "b.csv",
        "Observation id,Media file,Subject,Time\no,a.mp4,m,1.0\n",
        "BORIS.*Export tabular",
    ),
    "DeepLabCut": (
        "p.csv",
        "scorer,DLC,DLC\nbodyparts,nose,nose\ncoords,x,y\n0,1.5,2.5\n",
        "DeepLabCut and SimBA",
    ),
    "SimBA, features": ("p.csv", ",Nose_x,Nose_y,Nose_p\n0,1.5,2.5,0.9\n", "SimBA.*targets_inserted"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_sentence_names_the_tool_and_says_what_to_do(tmp_path, case):
    name, content, sentence = CASES[case]
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ProjectError, match=sentence) as told:
        read_foreign(path, kind_of(path))
    assert isinstance(told.value, Unsaid) == (case in ("DeepLabCut", "SimBA, features"))
    assert name in str(told.value)
    assert not re.search("Error:|invalid literal|NoneType", str(told.value))


@pytest.mark.parametrize("case", ["EthoVision, German scoring", "The Observer, German", "BORIS, time budget"])
def test_workbooks_are_told_alike(tmp_path, case):
    from openpyxl import Workbook

    _, content, sentence = CASES[case]
    book = Workbook()
    for line in content.splitlines():
        book.active.append(next(csv.reader([line], delimiter="\t" if "\t" in line else ";")))
    book.save(tmp_path / "w.xlsx")
    with pytest.raises(ProjectError, match=sentence):
        kind_of(tmp_path / "w.xlsx")


@pytest.mark.parametrize(("kind", "tool"), [("jabs", "JABS"), ("feral", "FERAL"), ("via", "VIA")])
def test_a_tool_that_was_chosen_is_named_where_the_file_is_none_of_its(tmp_path, kind, tool):
    path = tmp_path / "a.txt"
    path.write_text("hello\nyou\n")
    with pytest.raises(ProjectError, match=f"not the JSON of a file of {tool}"):
        read_foreign(path, kind)


def test_a_file_without_a_bout_is_told(project, add_video):
    add_video("a.mp4", fps=25.0, frame_count=3)
    report = imported(project, ",background,walk\n0,1,0\n1,1,0\n2,1,0\n", "a_labels.csv")
    assert "it holds no bout (DeepEthogram labels), so there is nothing to import" in said(report.notes)
    assert not report.problems


def test_the_observers_types_in_another_language_are_named(project, add_video):
    add_video("a.mp4", fps=25.0, frame_count=500)
    text = "Time_Relative_sf,Observation,Behavior,Event_Type\n1.0,a,walk,Zustand Start\n"
    (problem,) = imported(project, text, "o.csv").problems
    assert problem.line == 2
    assert "'Zustand Start' is no State start" in problem.reason


def test_numbered_columns_of_solomon_coder_are_shown_at_the_same_time(project, add_video):
    """A behaviour that goes on in another column, because another one has begun, is one bout."""
    add_video("a.mp4", fps=25.0, frame_count=500)
    rows = ["Time\tBehaviour1\tBehaviour2", "0.0\twalk\t", "0.2\tlook\twalk", "0.4\tlook\t", "0.6\t\t"]
    report = imported(project, "\n".join(rows) + "\n", "a.csv")
    assert not report.problems
    assert labelled(project) == [("a.mp4", 0, 10, "", "walk"), ("a.mp4", 5, 15, "", "look")]
