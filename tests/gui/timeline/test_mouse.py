"""Timeline moved by real mouse events."""

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest

from actiondiff_gui.gui.session import editing, undoing
from actiondiff_gui.gui.timeline.state.lanes import CLIP
from tests.gui.timeline.timeline_window import CTRL, LEFT, MIDDLE, NONE, SHIFT, drag, point, wheel


def test_a_click_on_the_ruler_or_empty_space_shows_that_frame_and_a_drag_scrubs(timeline):
    view, session = timeline.view, timeline.host.session
    drag(view, point(view, 5.5, "ruler"))
    assert session.frame == 5
    drag(view, point(view, 33.5, 1))
    assert session.frame == 33
    seen = []
    session.frame_changed.connect(seen.append)
    drag(view, point(view, 2.5, "ruler"), point(view, 8.5, "ruler"), point(view, 12.5, "ruler"))
    assert seen == [2, 8, 12]
    assert timeline.host.viewer.dims.current_step[0] == 12


def test_a_click_on_a_bar_selects_it_and_stays_at_the_frame(timeline):
    view, session = timeline.view, timeline.host.session
    other = editing.add_clip(session, 32, 38)
    session.select([])
    session.seek(3)
    drag(view, point(view, 20, 0))
    assert session.selection == (session.table.rows[1].id,)
    drag(view, point(view, 35, view.lanes.clips_lane, CLIP), held=CTRL)
    assert set(session.selection) == {session.table.rows[1].id, other}
    drag(view, point(view, 20, 0), held=CTRL)
    assert session.selection == (other,)
    assert session.frame == 3


def test_a_double_click_plays_the_clip_in_a_loop(timeline, wait):
    view, session = timeline.view, timeline.host.session
    row = session.table.rows[1]
    session.open_video(row.video_id, 2)
    assert session.current is None
    QTest.mouseDClick(view, LEFT, NONE, point(view, 20, 0))
    assert session.current == row.id
    assert session.looping
    assert timeline.host.player.playing
    timeline.host.player.pause()


def test_dragging_an_edge_shows_the_frame_there_and_is_one_step_of_the_history(timeline):
    view, session = timeline.view, timeline.host.session
    row = session.table.rows[1]
    steps = session.project.history()[0]
    drag(view, point(view, 10, 0) + QPoint(1, 0), point(view, 14, 0), point(view, 17, 0), release=False)
    assert session.frame == 17
    assert session.table.get(row.id).start == 10
    assert view.scene().lanes.bars.start.tolist() == [17]
    QTest.mouseRelease(view, LEFT, NONE, point(view, 17, 0))
    assert (session.table.get(row.id).start, session.table.get(row.id).end) == (17, 30)
    assert session.project.clip(row.id).start == 17
    assert session.project.history()[0] == steps + 1
    drag(view, point(view, 30, 0) - QPoint(2, 0), point(view, 25, 0))
    assert session.frame == 24
    assert undoing.take_back(session)
    assert undoing.take_back(session)
    assert (session.table.get(row.id).start, session.table.get(row.id).end) == (10, 30)


def test_an_edge_never_passes_the_other_one(timeline):
    view, session = timeline.view, timeline.host.session
    row = session.table.rows[1]
    drag(view, point(view, 10, 0) + QPoint(1, 0), point(view, 39, 0))
    assert (session.table.get(row.id).start, session.table.get(row.id).end) == (29, 30)


def test_escape_gives_up_a_drag(timeline, wait):
    view, session = timeline.view, timeline.host.session
    row = session.table.rows[1]
    window = timeline.host.window
    window.activateWindow()
    assert QTest.qWaitForWindowActive(window)
    session.seek(12)
    steps = session.project.history()
    drag(view, point(view, 10, 0) + QPoint(1, 0), point(view, 20, 0), release=False)
    QTest.keyClick(window, Qt.Key.Key_Escape)
    QTest.mouseRelease(view, LEFT, NONE, point(view, 20, 0))
    assert session.frame == 12
    assert session.table.get(row.id).start == 10
    assert view.scene().lanes.bars.start.tolist() == [10]
    assert session.project.history() == steps


def test_shift_and_drag_on_a_lane_marks_a_bout_in_one_step(timeline):
    view, session = timeline.view, timeline.host.session
    steps, clips = session.project.history()[0], len(session.table)
    drag(view, point(view, 32.5, 1), point(view, 36.5, 1), held=SHIFT)
    (made,) = session.selection
    row = session.table.get(made)
    assert (row.start, row.end, row.labels) == (32, 37, ("eat",))
    assert session.project.history()[0] == steps + 1
    assert undoing.take_back(session)
    assert len(session.table) == clips
    assert made not in session.table


def test_shift_and_drag_in_the_last_lane_marks_a_clip_without_a_label(timeline):
    view, session = timeline.view, timeline.host.session
    lane = view.lanes.clips_lane
    drag(view, point(view, 36.5, lane), point(view, 32.5, lane), held=SHIFT)
    row = session.table.get(session.selection[0])
    assert (row.start, row.end, row.labels) == (32, 37, ())


def test_the_wheel_zooms_at_the_pointer_and_pans_with_shift(timeline):
    view = timeline.view
    at = point(view, 20, 0)
    before = view.axis.position(at.x() - view.parts.names)
    wheel(view, at, 3)
    assert view.axis.end - view.axis.begin == pytest.approx(40 * 0.8**3)
    assert view.axis.position(at.x() - view.parts.names) == pytest.approx(before)
    begin = view.axis.begin
    wheel(view, at, -1, SHIFT)
    assert view.axis.begin > begin
    timeline.zoom.buttons["fit"].click()
    assert view.axis.fits


def test_the_middle_button_and_the_overview_move_what_is_visible(timeline):
    view = timeline.view
    view.zoom(5, 0)
    begin = view.axis.begin
    drag(view, QPoint(500, 60), QPoint(300, 60), button=MIDDLE)
    assert view.axis.begin == pytest.approx(begin + 200 / view.axis.scale)
    drag(view, QPoint(view.width() - 2, view.height() - 5))
    assert view.axis.end == 40


def test_a_click_while_the_video_plays_is_where_it_plays_on(timeline, wait):
    view, session, player = timeline.view, timeline.host.session, timeline.host.player
    session.open_video(session.video, 2)
    session.set_looping(False)
    player.speed = 0.25
    player.play()
    wait(lambda: session.frame > 2)
    drag(view, point(view, 25.5, "ruler"))
    seen = []
    session.frame_changed.connect(seen.append)
    wait(lambda: len(seen) >= 2)
    assert player.playing
    assert seen[:2] == [26, 27]
    player.pause()
