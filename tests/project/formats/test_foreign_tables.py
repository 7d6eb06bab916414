"""Import of other tools' labels, with a report of every irregularity."""

import json
from pathlib import Path

import pytest

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.labels import import_foreign
from actiondiff_gui.project.formats.imports.plan import Choice
from actiondiff_gui.project.formats.readers.detect import kind_of, read_foreign
from tests.project.formats.small_videos import write_video

OLD = """Observation id\tobservation #1\t\t\t\t\t\t\t
\t\t\t\t\t\t\t\t
Media file(s)\t\t\t\t\t\t\t\t
Player #1\tC:\\films\\a.mp4\t\t\t\t\t\t\t
variable\tvalue\t\t\t\t\t\t\t
Time\tMedia file path\tTotal length\tFPS\tSubject\tBehavior\tBehavioral category\tComment\tStatus
3.300\tC:\\films\\a.mp4\t40.000\t25.0\tmouse 1\tdig\t\t\tSTART
7.760\tC:\\films\\a.mp4\t40.000\t25.0\tmouse 1\tdig\t\t\tSTOP
9.000\tC:\\films\\a.mp4\t40.000\t25.0\tNo focal subject\trear\t\t\tPOINT
"""
NEW = """Observation id,Observation date,Description,Observation duration,Observation type,Source,Time offset (s),\
Media duration (s),FPS,cage,Subject,Behavior,Behavioral category,Modifier #1,Behavior type,Time,Media file name,\
Image index,Image file path,Comment
"""


def row(
    time: float, what: str, behaviour="dig", media="a.mp4", subject="", modifier="", obs="o1", fps="25.000"
) -> str:
    return (
        f"{obs},2024-01-01 10:00:00,,40.0,Media file(s),player #1:{media},0.0,40.0,{fps},7,{subject},{behaviour},,"
        f"{modifier},{what},{time},{media},{round(float(time) * 25)},NA,\n"
    )


def table(project, text: str, name: str = "events.csv", encoding: str = "utf-8") -> Path:
    path = project.path.parent / name
    path.write_bytes(text.encode(encoding))
    return path


def bouts(project) -> list[tuple]:
    """Return what is labelled: video, start, end, subject, action, source and name."""
    names = {video.id: video.path.name for video in project.videos()}
    clips = {clip.id: clip for clip in project.clips()}
    return sorted(
        (
            names[clips[said.clip_id].video_id],
            clips[said.clip_id].start,
            clips[said.clip_id].end,
            clips[said.clip_id].subject or "",
            said.action,
            said.source,
            said.by,
        )
        for said in project.labels()
    )


def reasons(found) -> str:
    return "\n".join(map(str, found))


def test_an_old_tabular_export_with_lines_above_its_header_is_read_by_name(project, add_video):
    add_video("a.mp4")
    path = table(project, OLD, "events.tsv")
    assert kind_of(path) == "boris"
    report = run(import_foreign(project, path))
    assert bouts(project) == [
        ("a.mp4", 82, 194, "mouse 1", "dig", "import", "events.tsv"),
        ("a.mp4", 225, 226, "", "rear", "import", "events.tsv"),
    ]
    assert not report.problems
    assert (
        "rear: 1 event without a duration became a clip of one frame with the facet event = point"
        in reasons(report.notes)
    )


def test_a_new_tabular_export_is_paired_by_subject_behaviour_and_modifiers(project, add_video):
    add_video("a.mp4")
    text = NEW + row(1, "START", subject="m1") + row(2, "START", subject="m2") + row(3, "STOP", subject="m1")
    text += row(4, "STOP", subject="m2") + row(5, "START", modifier="left") + row(6, "STOP", modifier="left")
    report = run(import_foreign(project, table(project, text)))
    assert [b[1:4] for b in bouts(project)] == [(25, 75, "m1"), (50, 100, "m2"), (125, 150, "")]
    assert not report.problems
    (clip,) = [clip for clip in project.clips() if clip.start == 125]
    assert clip.facets["modifier 1"] == "left"


def test_events_without_a_partner_are_named_by_their_line_and_the_others_go_in(project, add_video):
    add_video("a.mp4")
    text = NEW + row(0.5, "STOP") + row(1, "START") + row(2, "START") + row(3, "STOP") + row(9, "START")
    report = run(import_foreign(project, table(project, text)))
    assert [b[1:3] for b in bouts(project)] == [(50, 75)]
    assert [problem.line for problem in report.problems] == [2, 3, 6]
    assert "stops at 0.5 s without a START" in report.problems[0].reason
    assert "before the next START in line 4" in report.problems[1].reason
    assert "has no STOP in the file" in report.problems[2].reason


def test_odd_rows_are_each_said_with_their_line(project, add_video):
    add_video("a.mp4")
    other = add_video("b.mp4", fps=30.0)
    text = (
        NEW
        + row(1, "START")
        + row(2, "STOP")
        + row(1.5, "START", modifier="x")
        + row(3, "STOP", modifier="x")
    )
    text += row(1, "START", media="nobody.mp4", obs="o2") + row(2, "STOP", media="nobody.mp4", obs="o2")
    text += row(300, "START", "rear") + row(301, "STOP", "rear")
    text += row(1, "START", media="D:/x/../b.mp4", obs="o3") + row(2, "STOP", media="D:/x/../b.mp4", obs="o3")
    text += NEW.splitlines()[0].replace("Observation id", "o9") + "\n"
    report = run(import_foreign(project, table(project, text)))
    said = reasons(report.problems)
    assert "no video called 'nobody.mp4'" in said
    assert "starts at 300 s, behind the end of the video" in said
    assert "is none of START, STOP and POINT" in said
    notes = reasons(report.notes)
    assert "the table says 25 frames/s for b.mp4, which has 30.000" in notes
    assert "dig overlaps another bout of the same action (line 2). Both were imported." in notes
    assert [b[:3] for b in bouts(project)] == [("a.mp4", 25, 50), ("a.mp4", 37, 75), ("b.mp4", 30, 60)]
    assert other.fps == 30.0


def test_bouts_that_somebody_labelled_otherwise_are_both_kept_and_said(project, add_video):
    video = add_video("a.mp4")
    clip = project.add_clip(video.id, 20, 60)
    project.label(clip.id, "rest", by="Ada")
    denied = project.add_clip(video.id, 200, 240)
    project.label(denied.id, "dig", -1, by="Ada")
    neighbour = project.add_clip(video.id, 510, 600)
    project.label(neighbour.id, "rest", by="Ada")
    text = NEW + row(1, "START") + row(2, "STOP") + row(8, "START") + row(9, "STOP")
    text += row(19, "START") + row(20.6, "STOP")
    report = run(import_foreign(project, table(project, text)))
    assert "by less than half of the shorter one: 1. Both are kept." in reasons(report.notes)
    assert [(n.line, n.reason) for n in report.notes if "Ada" in n.reason] == [
        (2, "Ada labelled frames 20 to 59 rest, the table dig. Both are kept."),
        (4, "Ada said that frames 200 to 239 do not show dig. Both are kept."),
    ]
    assert ("a.mp4", 20, 60, "", "rest", "person", "Ada") in bouts(project)
    assert len(bouts(project)) == 6


def test_names_that_differ_by_capitals_and_spaces_are_one_action_unless_chosen_otherwise(project, add_video):
    add_video("a.mp4")
    project.add_action("dig hole")
    text = NEW + row(1, "START", "Dig_Hole") + row(2, "STOP", "Dig_Hole")
    text += row(3, "START", "dig  hole") + row(4, "STOP", "dig  hole")
    path = table(project, text)
    report = run(import_foreign(project, path, choice=Choice(actions={"dig  hole": "burrow"})))
    assert [b[4] for b in bouts(project)] == ["dig hole", "burrow"]
    assert "'Dig_Hole' was taken for the action 'dig hole'" in reasons(report.notes)


def test_an_import_is_one_step_that_undo_takes_back(project, add_video):
    video = add_video("a.mp4")
    clip = project.add_clip(video.id, 0, 5)
    run(import_foreign(project, table(project, NEW + row(1, "START") + row(2, "STOP"))))
    assert len(project.clips()) == 2
    assert project.undo()
    assert [c.id for c in project.clips()] == [clip.id]
    assert not project.labels()


def test_importing_again_adds_nothing(project, add_video):
    add_video("a.mp4")
    path = table(project, NEW + row(1, "START") + row(2, "STOP"))
    run(import_foreign(project, path))
    again = run(import_foreign(project, path))
    assert (again.clips_added, again.labels_added) == (0, 0)


def test_an_observation_over_two_videos_counts_from_the_start_of_each(project, add_video):
    add_video("a.mp4")
    add_video("b.mp4")
    both = row(50, "START", media="b.mp4") + row(52, "STOP", media="b.mp4")
    both = both.replace("player #1:b.mp4,0.0,40.0", "player #1:a.mp4;b.mp4,0.0,40.0;40.0")
    run(import_foreign(project, table(project, NEW + both)))
    assert [b[:3] for b in bouts(project)] == [("b.mp4", 250, 300)]
    untold = both.replace("40.0;40.0", "80.0").replace("50,b", "60,b").replace("52,b", "62,b")
    run(import_foreign(project, table(project, NEW + untold, "untold.csv")))
    assert ("b.mp4", 500, 550) in [b[:3] for b in bouts(project)]
    untold = untold.replace("a.mp4;b.mp4", "gone.mp4;b.mp4")
    report = run(import_foreign(project, table(project, NEW + untold, "gone.csv")))
    (problem,) = [p.reason for p in report.problems if "observation 'o1'" in p.reason]
    assert "does not tell how long 'gone.mp4' is" in problem


def test_aggregated_events_of_old_and_new_versions(project, add_video):
    add_video("a.mp4")
    old = (
        "Observation id;Media file;Total length;FPS;Subject;Behavior;Modifiers;Behavior type;Start (s);Stop (s);"
        "Duration (s)\no;a.mp4;40,0;25,0;No focal subject;dig;;STATE;1,8;8,12;6,3\n"
        "o;a.mp4;40,0;25,0;No focal subject;rear;;POINT;9,0;9,0;NA\n"
        "o;a.mp4;40,0;25,0;No focal subject;dig;;STATE;9;8;-1\n"
    )
    path = table(project, "\ufeff" + old.replace("\n", "\r\n"))
    assert kind_of(path) == "boris-aggregated"
    report = run(import_foreign(project, path, choice=Choice(points=False)))
    assert [b[1:3] for b in bouts(project)] == [(45, 203)]
    assert "stops at 8 s, before it starts" in reasons(report.problems)
    assert "rear: 1 event without a duration was left out, as chosen" in reasons(report.notes)


def test_a_boris_project_file(project, add_video):
    add_video("a.mp4")
    made = {
        "behaviors_conf": {
            "0": {"type": "State event", "code": "dig"},
            "1": {"type": "Point event", "code": "rear"},
        },
        "observations": {
            "o": {
                "file": {"1": ["/mnt/x/a.mp4"]},
                "media_info": {"length": {"/mnt/x/a.mp4": 40.0}, "fps": {"/mnt/x/a.mp4": 25.0}},
                "events": [[3, "m", "dig", "", ""], [1, "m", "dig", "", ""], [2, "", "rear", "", ""]],
            },
            "broken": {"file": {"1": ["a.mp4"]}, "events": [[1]]},
        },
    }
    path = table(project, json.dumps(made), "p.boris")
    report = run(import_foreign(project, path))
    assert [b[1:5] for b in bouts(project)] == [(25, 75, "m", "dig"), (50, 51, "", "rear")]
    assert "observation 'broken': event 1 of 1 has no time or no behaviour" in reasons(report.problems)


def test_labels_of_deepethogram_say_nothing_where_they_are_minus_one(project, add_video):
    add_video("cage.mp4", frame_count=6)
    text = ",background,dig,rear\n0,1,0,0\n1,0,1,0\n2,0,1,1\n3,0,-1,-1\n4,1,0,0\n5,0,0,1\n"
    path = table(project, text, "Cage_labels.csv")
    assert kind_of(path) == "deepethogram"
    report = run(import_foreign(project, path))
    assert [(*b[1:3], b[4]) for b in bouts(project)] == [(1, 3, "dig"), (2, 3, "rear"), (5, 6, "rear")]
    assert "frames marked -1 or empty" in reasons(report.notes)


def test_a_table_of_frames_that_is_longer_than_its_video_says_so(project, add_video):
    add_video("cage.mp4", frame_count=3)
    text = "frame,dig,rear\n0,0,0\n1,0,0\n2,1,0\n3,1,0\n4,0,1\n"
    report = run(import_foreign(project, table(project, text, "cage.csv")))
    assert not bouts(project)
    assert "the table has 5 rows and cage.mp4 3 frames. None of its bouts were imported" in reasons(
        report.problems
    )


def test_a_binary_table_with_times_in_front(project, add_video):
    add_video("cage.mp4", fps=29.97)
    text = "time,dig\n" + "".join(f"{n / 10:.1f},{int(3 <= n < 7)}\n" for n in range(20))
    run(import_foreign(project, table(project, text, "cage_No focal subject.csv")))
    assert [b[1:3] for b in bouts(project)] == [(9, 21)]


def test_semicolons_with_decimal_commas_do_not_hide_the_header(project, add_video):
    add_video("cage.mp4")
    text = "\ufefftime;dig;rear\r\n0,0;1;0\r\n0,5;1;0\r\n1,0;0;1\r\n"
    report = run(import_foreign(project, table(project, text, "cage.csv")))
    assert [(*b[1:3], b[4]) for b in bouts(project)] == [(0, 25, "dig"), (25, 37, "rear")]
    assert not report.problems


def test_behaviours_among_other_columns_must_be_named(project, add_video):
    add_video("cage.mp4", frame_count=3)
    text = ",nose_x,nose_p,dig\n0,10.5,1,0\n1,11.0,1,1\n2,12.5,1,1\n"
    path = table(project, text, "cage.csv")
    with pytest.raises(
        ProjectError, match=r"Name the columns that are \(--columns\); those of 0 and 1 are: nose_p, dig\."
    ):
        run(import_foreign(project, path))
    run(import_foreign(project, path, columns=["dig"]))
    assert [(*b[1:3], b[4]) for b in bouts(project)] == [(1, 3, "dig")]
    with pytest.raises(ProjectError, match="no column 'digg'"):
        run(import_foreign(project, path, columns=["digg"]))


def test_a_video_beside_the_table_is_added_and_paths_of_other_computers_are_not_followed(project, tmp_path):
    write_video(project.path.parent / "here.mp4")
    write_video(tmp_path / "outside.mp4")
    text = NEW + row(0.2, "START", media="E:\\lab\\here.mp4") + row(0.5, "STOP", media="E:\\lab\\here.mp4")
    outside = str(tmp_path / "outside.mp4")
    for obs, media in (("x", "../outside.mp4"), ("y", outside)):
        text += row(0.2, "START", media=media, obs=obs) + row(0.5, "STOP", media=media, obs=obs)
    report = run(import_foreign(project, table(project, text)))
    assert [video.path.name for video in project.videos()] == ["here.mp4"]
    assert [b[1:3] for b in bouts(project)] == [(2, 5)]
    assert len([p for p in report.problems if "outside.mp4" in p.reason]) == 2


def test_of_two_videos_of_one_name_the_one_whose_folder_agrees_is_meant(project):
    for folder in ("day1", "day2"):
        project.add_video(
            project.path.parent / folder / "a.mp4",
            **{"frame_count": 1000, "fps": 25.0, "width": 64, "height": 48, "fingerprint": folder},
        )
    text = NEW + row(1, "START", media="/x/day2/a.mp4") + row(2, "STOP", media="/x/day2/a.mp4")
    text += row(3, "START", "rear", media="/x/a.mp4", obs="y") + row(
        4, "STOP", "rear", media="/x/a.mp4", obs="y"
    )
    report = run(import_foreign(project, table(project, text)))
    (clip,) = project.clips()
    assert project.video(clip.video_id).path.parent.name == "day2"
    assert "may be any of 2 videos of that name" in reasons(report.problems)


HOSTILE = {
    "empty": b"",
    "binary": bytes(range(256)) * 20,
    "no text": b"\x00\x01",
    "one cell": b"hello",
    "million columns": b"a," * 1_000_000 + b"b\n",
    "twice": NEW.replace("cage", "Subject").encode() + row(1, "START").encode(),
    "no media": b"Time,Behavior,Status\n1,dig,START\n2,dig,STOP\n",
    "no number": b"frame,dig\n0,a\n1,b\n",
    "not json": b'{"observations": [',
    "deep json": b"[" * 200_000,
    "other json": b'{"a": 1}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_in_a_sentence_and_changes_nothing(project, add_video, name):
    add_video("a.mp4")
    path = project.path.parent / ("a.boris" if "json" in name else "a.csv")
    path.write_bytes(HOSTILE[name])
    before = project.path.read_bytes()
    with pytest.raises(ProjectError) as raised:
        run(import_foreign(project, path))
    assert path.name in str(raised.value)
    assert project.path.read_bytes() == before


@pytest.mark.parametrize("time", ["nan", "inf", "-1", "1e300", "", "soon", "0x10"])
def test_a_time_that_is_none_is_said_with_its_line(project, add_video, time):
    add_video("a.mp4")
    text = NEW + row(1, "START").replace(",1,a.mp4", f",{time},a.mp4") + row(2, "START") + row(3, "STOP")
    report = run(import_foreign(project, table(project, text)))
    assert [problem.line for problem in report.problems] == [2]
    assert [b[1:3] for b in bouts(project)] == [(50, 75)]


def test_a_table_in_another_encoding_is_read_with_a_doubt(project, add_video):
    add_video("a.mp4")
    text = (NEW + row(1, "START", "fléhmen") + row(2, "STOP", "fléhmen")).replace("\n", "\r\n")
    report = run(import_foreign(project, table(project, text, encoding="cp1252")))
    assert bouts(project)[0][4] == "fléhmen"
    assert "read as Windows-1252" in reasons(report.problems)


def test_a_project_that_cannot_take_it_all_takes_nothing(project, add_video, monkeypatch):
    add_video("a.mp4")
    add_video("b.mp4")
    text = NEW + row(1, "START") + row(2, "STOP")
    text += row(1, "START", media="b.mp4", obs="p") + row(2, "STOP", media="b.mp4", obs="p")
    path, real = table(project, text), project.add_labels
    calls = []

    def fails_the_second_time(*args, **given):
        calls.append(args)
        if len(calls) == 2:
            raise ProjectError("the disk is full")
        return real(*args, **given)

    monkeypatch.setattr(project, "add_labels", fails_the_second_time)
    with pytest.raises(ProjectError, match="disk is full"):
        run(import_foreign(project, path))
    assert not project.clips()
    assert not project.labels()


def test_detecting_names_what_it_knows(project):
    path = table(project, "x,y\n1.5,2.5\n")
    with pytest.raises(ProjectError, match="in no known format"):
        read_foreign(path)
