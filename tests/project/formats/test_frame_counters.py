"""Frame counters of one-hot tables, and refusal of rows that match no frame."""

import pytest

from actiondiff_gui.errors import ProjectError
from tests.project.formats.label_files import imported, labelled, said


def spans(project) -> list[tuple]:
    return [(start, end, action) for _, start, end, _, action in labelled(project)]


@pytest.mark.parametrize("counter", ["", "frame", "Frame index", "Bild"])
@pytest.mark.parametrize("numbers", [(10, 11, 12, 13), ("10.0", "11.0", "12.0", "13.0")])
def test_a_counter_that_does_not_begin_at_0(project, add_video, counter, numbers):
    add_video("cage.mp4", frame_count=100)
    rows = zip(numbers, (0, 1, 1, 0), strict=True)
    report = imported(project, f"{counter},walk\n" + "".join(f"{n},{on}\n" for n, on in rows), "cage.csv")
    assert spans(project) == [(11, 13, "walk")]
    assert "They are about frames 10 to 13" in said(report.notes)


def test_names_of_pictures_count_frames(project, add_video):
    add_video("cage.mp4", frame_count=100)
    rows = "".join(f"frames/img{n:04}.png,{on}\n" for n, on in ((10, 0), (11, 1), (12, 1), (13, 0)))
    imported(project, "image,walk\n" + rows, "cage.csv")
    assert spans(project) == [(11, 13, "walk")]


def test_a_counter_of_deepethogram_and_of_simba(project, add_video):
    for name in ("a.mp4", "b.mp4"):
        add_video(name, frame_count=100)
    imported(project, ",background,walk\n7,1,0\n8,0,1\n9,1,0\n", "a_labels.csv")
    imported(project, ",nose_x,walk\n20,1.5,0.0\n21,1.6,1.0\n22,1.7,1.0\n", "b.csv", columns=["walk"])
    assert spans(project) == [(8, 9, "walk"), (21, 23, "walk")]


def test_a_gap_in_the_numbers_ends_a_bout_and_every_third_frame_does_not(project, add_video):
    for name in ("a.mp4", "b.mp4"):
        add_video(name, frame_count=100)
    imported(project, "frame,walk\n1,0\n2,1\n3,1\n8,1\n9,0\n", "a.csv")
    imported(project, "frame,walk\n0,0\n3,1\n6,1\n9,0\n15,1\n", "b.csv")
    assert spans(project) == [(2, 4, "walk"), (8, 9, "walk"), (3, 9, "walk"), (15, 18, "walk")]


def test_rows_counted_from_1_up_to_the_number_of_frames(project, add_video):
    add_video("a.mp4", frame_count=4)
    report = imported(project, "frame,walk\n1,1\n2,1\n3,0\n4,1\n", "a.csv")
    assert spans(project) == [(0, 2, "walk"), (3, 4, "walk")]
    assert "Row 1 was taken for its first frame" in said(report.notes)


def test_rows_that_no_frame_fits_are_an_error_with_both_numbers(project, add_video):
    add_video("a.mp4", frame_count=12)
    report = imported(project, "frame,walk\n10,1\n11,1\n12,0\n13,1\n", "a.csv")
    assert not spans(project)
    assert "the table has rows about frames 10 to 13 and a.mp4 12 frames" in said(report.problems)
    report = imported(project, "walk,run\n" + "0,1\n" * 13, "a.csv")
    assert not spans(project)
    assert "the table has 13 rows and a.mp4 12 frames" in said(report.problems)


def test_numbers_that_go_back_are_refused_with_the_line(project, add_video):
    add_video("a.mp4")
    with pytest.raises(ProjectError, match=r"line 4: '0' in the column that counts frames"):
        imported(project, "frame,walk\n0,1\n1,1\n0,0\n1,1\n", "a.csv")


def test_a_column_that_counts_frames_is_no_behaviour(project, add_video):
    add_video("a.mp4")
    imported(project, "time\tframe index\twalk\n0.0\t0\t0\n0.04\t1\t1\n0.08\t2\t1\n0.12\t3\t0\n", "a.tsv")
    imported(project, ",time,trial,run\n0,4.0,5,0\n1,4.04,6,1\n2,4.08,7,1\n3,4.12,8,0\n", "a.csv")
    assert spans(project) == [(1, 3, "walk"), (101, 103, "run")]


def test_columns_of_one_name_are_joined(project, add_video):
    add_video("a.mp4")
    text = "time\twalk\twalk\n0.0\t0\t0\n0.1\t1\t0\n0.2\t0\t1\n0.3\t0\t0\n"
    report = imported(project, text, "a.tsv")
    assert spans(project) == [(3, 7, "walk")]
    assert "several columns are named 'walk'. They were joined" in said(report.notes)
    again = text.replace("0.2", "1.2").replace("0.3", "1.3")
    imported(project, again.replace("walk", "run"), "a.tsv", columns=["run"])
    assert (3, 32, "run") in spans(project)


def test_marks_of_deepethogram_and_a_comma_behind_each_row(project, add_video):
    add_video("a.mp4")
    report = imported(project, ",background,walk\n0,1,0\n1,-1,-1\n2,0,1\n3,0,1\n4,1,0\n", "a_labels.csv")
    assert spans(project) == [(2, 4, "walk")]
    assert "frames marked -1 or empty say nothing" in said(report.notes)
    imported(project, ",background,run,\n0,1,0,\n1,0,1,\n2,1,0,\n", "a_labels.csv")
    assert (1, 2, "run") in spans(project)


@pytest.mark.parametrize("text", ["0,0,1\n0,1,0\n1,0,0\n", "0,0\n1,1\n2,1\n3,0\n"])
def test_a_table_without_names_is_refused(project, add_video, text):
    add_video("a.mp4")
    with pytest.raises(ProjectError, match=r"a\.csv holds no names of behaviours"):
        imported(project, text, "a.csv")


@pytest.mark.parametrize(("column", "on", "off"), [("walk", "1", "0"), ("Behaviour", "walk", "")])
def test_times_behind_the_end_of_the_video_are_an_error_with_both(project, add_video, column, on, off):
    """Milliseconds in a column called time, or the table of another video."""
    add_video("a.mp4", frame_count=100)
    rows = [(0, off), (40, on), (80, on), (120, off)]
    report = imported(project, f"time,{column}\n" + "".join(f"{t},{it}\n" for t, it in rows), "a.csv")
    assert not spans(project)
    assert "the table has rows up to 120 s, and a.mp4 ends at 4 s" in said(report.problems)
    imported(
        project, f"time,{column}\n" + "".join(f"{t / 40},{it}\n" for t, it in rows), "a.csv", video="a.mp4"
    )
    assert spans(project) == [(25, 75, "walk")]


def test_frames_that_a_text_does_not_tell_of_end_a_bout(project, add_video):
    for name in ("a.mp4", "b.mp4"):
        add_video(name, frame_count=100)
    imported(project, "frame,label\n1,walk\n2,walk\n7,walk\n8,walk\n9,\n", "a.csv")
    imported(project, "frame,syllable\n0,4\n5,4\n10,6\n15,6\n", "b.csv")
    assert spans(project) == [
        (1, 3, "walk"),
        (7, 9, "walk"),
        (0, 10, "syllable 4"),
        (10, 20, "syllable 6"),
    ]


@pytest.mark.parametrize("table", ["frame,walk\n0,1\n{},0\n", "frame,label\n0,walk\n{},\n"])
def test_numbers_that_no_frame_has(project, add_video, table):
    add_video("a.mp4")
    with pytest.raises(ProjectError, match=r"'9{30}' in the column 'frame' is no number of a frame"):
        imported(project, table.format("9" * 30), "a.csv")


def test_a_number_1_at_time_0_is_the_first_frame(project, add_video):
    add_video("a.mp4")
    rows = "".join(f"{n},{(n - 1) / 25},{int(n in (2, 3))}\n" for n in range(1, 6))
    report = imported(project, "frame,time,walk\n" + rows, "a.csv")
    assert spans(project) == [(1, 3, "walk")]
    assert "the rows are numbered from 1" in said(report.notes)
    later = "".join(f"{n},{n / 25},{int(n in (12, 13))}\n" for n in range(11, 16))
    imported(project, "frame,time,walk\n" + later, "a.csv")
    assert (12, 14, "walk") in spans(project)


def test_empty_rows_of_a_table_without_a_counter_are_frames(project, add_video):
    """Frames that nobody labelled; those at the end, as spreadsheets leave them, are none."""
    for name in ("a.mp4", "b.mp4"):
        add_video(name, frame_count=6)
    imported(project, "walk,run\n0,0\n,\n,\n1,0\n0,0\n,\n,\n", "a.csv")
    imported(project, "syllable,x\n3,1\n,\n,\n5,2\n", "b.csv")
    assert spans(project) == [(3, 4, "walk"), (0, 1, "syllable 3"), (3, 4, "syllable 5")]


@pytest.mark.parametrize("table", ["walk,run\n0,0\n1\n1,0\n", "syllable,x\n3,1\n4\n5,1\n"])
def test_a_row_that_cannot_be_read_does_not_move_those_below(project, add_video, table):
    add_video("a.mp4")
    with pytest.raises(ProjectError, match=r"a\.csv, line 3: the row has 1 cells.*about other frames"):
        imported(project, table, "a.csv")
    assert not spans(project)
    numbered = "frame,walk,run\n4,0,0\n5,1,0\n6,1\n7,1,0\n"
    assert "line 4: the row has 2 cells" in said(imported(project, numbered, "a.csv").problems)
    assert spans(project) == [(5, 6, "walk"), (7, 8, "walk")]
