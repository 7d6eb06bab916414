import itertools

import pytest

from actiondiff_gui.gui.timeline.state.time_axis import TimeAxis, clock, ticks

FOUR_HOURS = 4 * 3600 * 25


def test_zooming_keeps_what_lies_under_the_pointer():
    axis = TimeAxis.whole(FOUR_HOURS, 1000)
    at = axis.position(300)
    for _ in range(20):
        axis = axis.zoomed(0.8, 300)
        assert axis.position(300) == pytest.approx(at)
    for _ in range(40):
        axis = axis.zoomed(1 / 0.8, 300)
    assert axis.fits


def test_the_view_stays_within_the_video_and_ten_frames():
    axis = TimeAxis.whole(500, 1000).zoomed(1e-6, 0)
    assert (axis.begin, axis.end) == (0, 10)
    assert axis.moved(-50).begin == 0
    assert axis.moved(5000).end == 500
    assert TimeAxis.whole(4, 1000).zoomed(0.1, 500).end == 4


def test_the_page_turns_only_when_the_frame_is_not_visible():
    axis = TimeAxis(1000, 500, 100.0, 200.0)
    assert axis.holding(150) is axis
    turned = axis.holding(200, ahead=True)
    assert turned.begin < 200 < turned.begin + 10
    middle = axis.holding(700)
    assert middle.begin == pytest.approx(650.5)


def test_pixels_become_frames_and_borders_of_the_video():
    axis = TimeAxis(100, 1000, 0.0, 100.0)
    assert [axis.frame(x) for x in (-5, 0, 9.9, 10, 5000)] == [0, 0, 0, 1, 99]
    assert [axis.border(x) for x in (-5, 4, 6, 5000)] == [0, 0, 1, 100]


@pytest.mark.parametrize("span", [10, 60, 250, 2000, 30_000, FOUR_HOURS])
def test_marks_have_room_and_lie_at_round_times(span):
    axis = TimeAxis(
        FOUR_HOURS, 1100, 1000.0 if span < FOUR_HOURS else 0.0, 1000.0 + span if span < FOUR_HOURS else span
    )
    unit, marks = ticks(axis, 25.0)
    named = [mark for mark in marks if mark.text]
    assert len(named) >= 2
    assert all((b.position - a.position) * axis.scale >= 89 for a, b in itertools.pairwise(named))
    assert all(axis.begin <= mark.position <= axis.end for mark in marks)
    assert len(marks) < 200
    if unit == "frame":
        assert all(int(mark.text) == mark.position for mark in named)
    else:
        assert all(mark.position % 25 == 0 for mark in named)
    assert unit == ("frame" if span <= 60 else "h:min:s")


def test_a_short_video_is_told_in_minutes():
    unit, marks = ticks(TimeAxis.whole(1800, 1000), 24.0)
    assert unit == "min:s"
    assert [mark.text for mark in marks if mark.text][:3] == ["0:00", "0:10", "0:20"]


def test_a_clock_never_shows_sixty_seconds():
    assert clock(59.999) == "1:00.00"
    assert clock(3723.456) == "1:02:03.46"
