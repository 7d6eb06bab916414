"""Import of clip tables, and errors with their line."""

import numpy as np
import pytest

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.clip_rows import read_clips
from actiondiff_gui.project.formats.imports.clip_table import import_clip_table, plan_clips_job
from actiondiff_gui.project.formats.imports.labels import carry_out
from actiondiff_gui.project.formats.imports.measure import first_frame_at
from actiondiff_gui.project.formats.imports.plan import Choice
from actiondiff_gui.project.formats.readers.reader import Unsaid
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.recordings import set_region
from tests.project.formats.small_videos import write_video


@pytest.fixture
def folder(project):
    """Provide the project's folder with a.mp4 (10 frames, 10 per second) and b.mp4 (irregular times)."""
    folder = project.path.parent
    write_video(folder / "a.mp4")
    write_video(folder / "sub" / "b.mp4", times_ms=[0, 40, 80, 400, 440, 1000])
    return folder


def import_text(project: Project, text: str | bytes, **given):
    table = project.path.parent / "labels.csv"
    table.write_bytes(text if isinstance(text, bytes) else text.encode())
    return run(import_clip_table(project, table, **given))


def contents(project: Project) -> list[tuple]:
    """Every clip with its labels, in terms that do not depend on ids."""
    videos = {video.id: video.path for video in project.videos()}
    said: dict[str, dict[str, int]] = {}
    for label in project.labels():
        said.setdefault(label.clip_id, {})[label.action] = label.value
    return [
        (
            *(
                videos[c.video_id].relative_to(project.path.parent).as_posix(),
                c.start,
                c.end,
                c.subject,
                c.roi,
            ),
            *(c.source_group, c.facets, said.get(c.id, {})),
        )
        for c in project.clips()
    ]


def reasons(report) -> dict[int | None, str]:
    return {problem.line: problem.reason for problem in report.problems}


def test_a_full_table_gets_in_as_it_says(project, folder):
    report = import_text(
        project,
        "species,video,label,start_frame,end_frame,roi,subject,source_group\n"
        "mouse,a.mp4,walk;!run,2,5,1 2 10 12,mouse 1,cage 3\n"
        ",a.mp4,,,,,,\n"
        "rat,sub/b.mp4,-walk ; run,0,6,,,\n",
    )
    assert (report.videos_added, report.clips_added, report.labels_added, report.problems) == (2, 3, 4, ())
    assert contents(project) == [
        ("a.mp4", 0, 10, None, None, "cage 3", {}, {}),
        ("a.mp4", 2, 5, "mouse 1", (1, 2, 10, 12), "cage 3", {"species": "mouse"}, {"walk": 1, "run": -1}),
        ("sub/b.mp4", 0, 6, None, None, "sub/b.mp4", {"species": "rat"}, {"walk": -1, "run": 1}),
    ]
    assert {(x.source, x.by) for x in project.labels()} == {("import", "labels.csv")}
    assert [a.name for a in project.actions()] == ["walk", "run"]
    video = project.videos()[0]
    assert (video.frame_count, video.width, video.height) == (10, 32, 24)
    assert video.fps == pytest.approx(10)


def test_seconds_become_frames_by_the_time_each_frame_is_shown(project, folder):
    rows = {
        "0.04,0.4": (1, 3),  # the frames at 40 and 80 ms
        "0.0404,0.4004": (1, 3),  # the same, to half a millisecond
        "0.0396,0.3996": (1, 3),
        "0.0406,0.4006": (2, 4),
        "0.1,0.9": (3, 5),
        "0.1,": (3, 6),
        ",0.1": (0, 3),
    }
    lines = (f"sub/b.mp4,{times},row {i}\n" for i, times in enumerate(rows))
    report = import_text(project, "video,start_s,end_s,subject\n" + "".join(lines))
    assert report.problems == ()
    found = {c.subject: (c.start, c.end) for c in project.clips()}
    assert found == {f"row {i}": frames for i, frames in enumerate(rows.values())}


def test_the_first_frame_at_a_time_is_never_shown_before_it():
    times = np.array([0.0, 0.04, 0.08, 0.4])
    for seconds in np.linspace(0, 0.5, 101):
        frame = first_frame_at(times, seconds)
        assert (times[:frame] < seconds - 0.0005 + 1e-9).all()
        assert (times[frame:] >= seconds - 0.0005 - 1e-9).all()


def test_an_end_just_behind_the_video_ends_with_it_and_one_far_behind_is_a_mistake(project, folder):
    report = import_text(
        project, "video,start_s,end_s\na.mp4,0.5,1\na.mp4,0.6,1.9\na.mp4,0.7,9\na.mp4,3,3.5\n"
    )
    assert [(c.start, c.end) for c in project.clips()] == [(5, 10), (6, 10)]
    assert [note.line for note in report.notes] == [3]
    assert set(reasons(report)) == {4, 5}
    assert "behind the end of the video" in reasons(report)[4]


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("video,start,end\na.mp4,0.2,0.5\n", {"unit": "seconds"}),
        ("video,start,end\na.mp4,2,5\n", {"unit": "frames"}),
        ("video,start,end\na.mp4,2.0,5\n", {"unit": "frames"}),
        ("video,start_s,end_frame\na.mp4,0.2,5\n", {}),
        ("Video ,START_S,End_S\na.mp4,0.2,0.5\n", {"unit": "frames"}),
        ("video;start_s;end_s\na.mp4;0,2;0.5\n", {}),
        ("video\tstart_s\tend_s\na.mp4\t0.2\t0.5\n", {}),
        ('"video","start_s","end_s"\r\n"a.mp4","0.2","0.5"\r\n\r\n', {}),
        ("video, start_s, end_s\n a.mp4, 0.2, 0.5", {}),
        ("\n\nvideo,start_s,end_s\n,,\n./sub/../a.mp4,0.2,0.5\n", {}),
        ("\ufeffvideo,start_s,end_s\na.mp4,0.2,0.5\n", {}),
        ("\ufeffvideo,start_s,end_s\na.mp4,0.2,0.5\n".encode("utf-16-le"), {}),
        ("\ufeffvideo\tstart_s\tend_s\na.mp4\t0.2\t0.5\n".encode("utf-16-be"), {}),
        ("video,start_s,end_s\ra.mp4,0.2,0.5\r", {}),
    ],
    ids=str,
)
def test_tables_are_written_in_many_ways(project, folder, text, given):
    report = import_text(project, text, **given)
    assert report.problems == ()
    assert [(c.start, c.end) for c in project.clips()] == [(2, 5)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no column named"),
        ("a.mp4,walk\n", "no column named"),
        ("video,start,end\na.mp4,0,1\n", "seconds or frames"),
        ("video,start_s,start_frame\na.mp4,0,0\n", "Keep one"),
        ("video,label,label\na.mp4,walk,run\n", "two columns"),
        ("video,a\x07b\na.mp4,x\n", "facet"),
        (b"\x00\x01\x02\x00" * 20, "not a text table"),
    ],
)
def test_a_file_that_is_no_such_table_changes_nothing(project, folder, text, sentence):
    with pytest.raises(ProjectError, match=sentence):
        import_text(project, text)
    assert (project.videos(), project.clips(), project.actions()) == ([], [], [])


def test_a_missing_table_is_said(project):
    with pytest.raises(ProjectError, match="cannot be read"):
        run(import_clip_table(project, project.path.parent / "missing.csv"))


def test_every_bad_row_is_reported_with_its_line_and_the_good_ones_go_in(project, folder):
    (folder / "broken.mp4").write_bytes(b"no video at all")
    rows = {
        2: ("a.mp4,0,5,walk,,,", None),
        3: ("a.mp4,5,5,walk,,,", "holds no frame"),
        4: ("a.mp4,0,11,walk,,,", "10 frames"),
        5: ("a.mp4,x,5,walk,,,", "'x' is not a time"),
        6: ("a.mp4,-1,5,walk,,,", "'-1' is not a time"),
        7: ("a.mp4,nan,5,walk,,,", "'nan' is not a time"),
        8: ("a.mp4,0.5,5,walk,,,", "not a frame number"),
        9: ("missing.mp4,0,5,walk,,,", "there is no file"),
        10: ("broken.mp4,0,5,walk,,,", "broken.mp4"),
        11: (",0,5,walk,,,", "names no video"),
        12: ("a.mp4,0,5,walk;!walk,,,", "as not"),
        13: ("a.mp4,0,5,!,,,", "empty"),
        14: ("a.mp4,0,5,walk,,1 2 3,", "four whole numbers"),
        15: ("a.mp4,0,5,walk,,0 0 33 1,", "32 x 24"),
        16: ("a.mp4,0,5,walk,", "has 5 cells"),
        17: ("a.mp4,0,5,!walk,,,", "contradicts line 2"),
        18: ('a.mp4,0,5,"wa"lk,,,', "quotation marks"),
        19: ("a.mp4,5,9,run,,,g1", None),
        20: ("a.mp4,5,8,run,,,g2", "source group"),
        21: ('"a\nb.mp4",5,8,run,,,', "there is no file"),
        23: ("a.mp4,6,9,run,,,", None),
        24: ('a.mp4,6,9,"run,,,', "quotation marks"),
    }
    text = "video,start_frame,end_frame,label,subject,roi,source_group\n"
    report = import_text(project, text + "\n".join(row for row, _ in rows.values()))
    found = reasons(report)
    assert set(found) == {line for line, (_, reason) in rows.items() if reason}
    for line, (_, reason) in rows.items():
        assert reason is None or reason in found[line], (line, found[line])
    assert [(c.start, c.end) for c in project.clips()] == [(0, 5), (5, 9), (6, 9)]
    assert (report.clips_added, report.labels_added, report.videos_added) == (3, 3, 1)
    assert {a.name for a in project.actions()} == {"walk", "run"}
    assert str(report.problems[0]).startswith("labels.csv, line 3: ")


def test_a_video_of_which_every_row_is_bad_is_not_added(project, folder):
    report = import_text(project, "video,start_frame,end_frame\na.mp4,0,99\n")
    assert len(report.problems) == 1
    assert project.videos() == []


def test_rows_about_one_clip_make_one_clip(project, folder):
    import_text(project, "video,label,view\na.mp4,walk,\na.mp4,run,top\na.mp4,walk,top\na.mp4,,\n")
    assert contents(project) == [
        ("a.mp4", 0, 10, None, None, "a.mp4", {"view": "top"}, {"walk": 1, "run": 1})
    ]


def test_importing_a_table_again_adds_nothing(project, folder):
    text = "video,start_s,end_s,label,species\na.mp4,0,0.5,walk;!run,mouse\nsub/b.mp4,,,,rat\n"
    import_text(project, text)
    before = (project.videos(), project.clips(), project.labels())
    report = import_text(project, text)
    assert (report.videos_added, report.clips_added, report.labels_added) == (0, 0, 0)
    assert (project.videos(), project.clips(), project.labels()) == before


def test_a_corrected_table_corrects_its_own_labels_and_leaves_what_a_person_said(project, folder):
    import_text(project, "video,label,species\na.mp4,walk,mouse\n")
    (clip,) = project.clips()
    project.label(clip.id, "walk", -1)
    report = import_text(project, "video,label,species\na.mp4,!walk;run,rat\n")
    assert (report.clips_added, report.labels_added) == (0, 2)
    assert {(x.action, x.source, x.value) for x in project.labels()} == {
        ("walk", "person", -1),
        ("walk", "import", -1),
        ("run", "import", 1),
    }
    assert project.clip(clip.id).facets == {"species": "rat"}


def test_a_relative_path_stays_in_the_tables_folder_unless_that_is_allowed(project, folder):
    outside = write_video(folder.parent / "other" / "c.mp4")
    text = f"video\n../other/c.mp4\nsub/../../other/c.mp4\n..\\other\\c.mp4\n{outside}\n"
    report = import_text(project, text)
    assert set(reasons(report)) == {2, 3, 4}
    assert all("leads out" in reason for reason in reasons(report).values())
    assert [video.path for video in project.videos()] == [outside]
    assert import_text(project, text, allow_outside=True).problems == ()
    assert len(project.videos()) == 1


def test_both_kinds_of_slash_are_understood(project, folder):
    assert import_text(project, "video\nsub\\b.mp4\n").problems == ()


def test_a_table_in_an_old_encoding_is_read_with_a_warning(project, folder):
    write_video(folder / "M\u00e4use.mp4")
    report = import_text(project, "video,label\nM\u00e4use.mp4,grooming \u2013 face\n".encode("cp1252"))
    assert [problem.line for problem in report.problems] == [None]
    assert "UTF-8" in report.problems[0].reason
    assert [label.action for label in project.labels()] == ["grooming \u2013 face"]


def test_a_column_without_a_name_is_reported(project, folder):
    report = import_text(project, ",video\n0,a.mp4\n")
    assert "column 1 has no name" in reasons(report)[None]
    assert len(project.clips()) == 1


def test_a_file_that_changed_since_it_was_added_is_reported(project, folder):
    import_text(project, "video\na.mp4\n")
    write_video(folder / "a.mp4", frames=7)
    report = import_text(project, "video,label\na.mp4,walk\n")
    assert "not the one that was added" in reasons(report)[2]
    assert project.labels() == []


def test_an_import_that_is_stopped_leaves_whole_videos(project, folder):
    write_video(folder / "c.mp4")
    table = folder / "labels.csv"
    table.write_text("video,start_frame,label\na.mp4,0,walk\nc.mp4,0,run\na.mp4,5,run\nsub/b.mp4,0,run\n")
    job = import_clip_table(project, table)
    seen = []
    for progress in job:
        seen.append(progress)
        if progress.done == 1:
            break
    job.close()
    assert [(v.path.name, len(project.clips(video_id=v.id))) for v in project.videos()] == [("a.mp4", 2)]
    assert len(project.labels()) == 2
    assert seen[-1].total == 3
    assert seen[-1].message == "reading c.mp4"
    assert run(import_clip_table(project, table)).clips_added == 2


def test_the_jobs_progress_tells_of_failures(project, folder):
    table = folder / "labels.csv"
    table.write_text("video,start_frame,end_frame\na.mp4,0,5\na.mp4,0,50\nmissing.mp4,,\n")
    seen = []
    report = run(import_clip_table(project, table), seen.append)
    assert seen[-1].failed == tuple(map(str, sorted(report.problems, key=lambda p: -p.line)))
    assert (seen[-1].done, seen[-1].total) == (1, 1)


def test_a_damaged_video_goes_in_with_a_note(project, folder):
    whole = write_video(folder / "long.avi", frames=60).read_bytes()
    (folder / "long.avi").write_bytes(whole[: len(whole) * 3 // 10])
    report = import_text(project, "video\nlong.avi\n")
    assert (report.clips_added, report.problems) == (1, ())
    assert 0 < project.clips()[0].end < 60
    assert {note.file.name for note in report.notes} == {"long.avi"}
    assert any("is cut off or damaged" in note.reason for note in report.notes)


def test_importing_is_not_a_step_to_undo(project, folder):
    import_text(project, "video,label\na.mp4,walk\n")
    assert project.history() == (0, 0)


def test_columns_of_times_that_are_all_empty_need_no_unit(project, folder):
    report = import_text(project, "video,start,end,label\na.mp4,,,walk\nsub/b.mp4,,,run\n")
    assert report.problems == ()
    assert [(c.start, c.end) for c in project.clips()] == [(0, 10), (0, 6)]


def test_labels_get_other_names_and_videos_are_where_a_person_says(project, folder):
    choice = Choice({"walk": "run", "eat": None}, files={"C:/films/moved.mp4": folder / "sub" / "b.mp4"})
    report = import_text(
        project,
        "video,start_frame,end_frame,label\na.mp4,0,4,walk\na.mp4,4,6,eat;jump\nC:/films/moved.mp4,0,3,walk;!run\n"
        "C:/films/moved.mp4,1,3,!walk\n",
        choice=choice,
        by="Bea",
    )
    assert [(row[0], row[1], row[2], row[-1]) for row in contents(project)] == [
        ("a.mp4", 0, 4, {"run": 1}),
        ("a.mp4", 4, 6, {"jump": 1}),
        ("sub/b.mp4", 1, 3, {"run": -1}),
    ]
    assert "says the opposite of another label" in reasons(report)[4]
    assert {label.by for label in project.labels()} == {"Bea"}
    with pytest.raises(ProjectError, match="no behaviour 'fly'"):
        import_text(project, "video,label\na.mp4,walk\n", choice=Choice({"fly": "run"}))


def test_a_plan_says_what_an_import_would_do_and_changes_nothing(project, folder):
    table = folder / "labels.csv"
    table.write_text(
        "video,start,end,label,species\na.mp4,0,0.5,walk,mouse\ngone.mp4,0,1,walk,rat\n", "utf-8"
    )
    with pytest.raises(Unsaid, match="seconds or frames") as unsaid:
        read_clips(table)
    assert unsaid.value.what == "unit"
    clips = read_clips(table, "seconds")
    assert (clips.asks_unit, clips.fields, clips.videos) == (True, ("species",), ("a.mp4", "gone.mp4"))
    plan = run(plan_clips_job(project, clips))
    assert not project.videos()
    assert [(e.start, e.end) for one in plan.videos for e in one.entries] == [(0, 5)]
    assert plan.matched == {"a.mp4": "", "gone.mp4": None}
    assert "there is no file" in plan.problems[0].reason
    report = run(carry_out(project, [plan]))
    again = run(import_clip_table(project, table, unit="seconds"))
    assert (report.clips_added, again.clips_added) == (1, 0)
    assert [p.reason for p in report.problems] == [p.reason for p in again.problems]


def test_imported_bouts_of_a_subject_take_over_its_region_and_are_not_added_twice(project, folder):
    import_text(project, "video\na.mp4\n")
    (video,) = project.videos()
    set_region(project, video.id, "Rex", (1, 2, 10, 12))
    text = (
        "video,label,start_frame,end_frame,subject,roi\n"
        "a.mp4,walk,2,5,Rex,\na.mp4,walk,2,5,Tom,\na.mp4,run,6,8,Rex,0 0 4 4\n"
    )
    assert import_text(project, text).clips_added == 3
    assert {(c.subject, c.start): c.roi for c in project.clips() if c.subject} == {
        ("Rex", 2): (1, 2, 10, 12),
        ("Tom", 2): None,
        ("Rex", 6): (0, 0, 4, 4),
    }
    assert import_text(project, text).clips_added == 0
    # Drawn anew, the region goes to what was imported too, and the same table still finds its clips.
    set_region(project, video.id, "Rex", (2, 2, 9, 9))
    assert import_text(project, text).clips_added == 0
    assert len(project.clips()) == 4
