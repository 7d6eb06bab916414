"""Many actions on a low timeline: lanes without bouts are hidden, the lane of the chosen bout is scrolled to."""

from qtpy.QtWidgets import QApplication

from actiondiff_gui.gui.session import editing
from actiondiff_gui.gui.timeline.bout_drawing import band_of
from actiondiff_gui.gui.timeline.state.lane_geometry import TimelineLayout
from actiondiff_gui.gui.timeline.state.lanes import LABEL


def test_a_label_is_ten_pixels_high_on_the_lowest_lane():
    assert band_of(LABEL, 0, TimelineLayout(1000, 100, 100, 28).lane_height)[1] >= 10


def test_lanes_without_bouts_are_hidden_where_not_all_fit_and_come_with_the_first_bout(timeline, pets):
    view, session = timeline.view, pets.session
    assert view.lanes.names == ("walk", "eat")
    with session.project.transaction():
        for n in range(26):
            session.project.add_action(f"action {n}")
    session.reread_actions()
    assert view.lanes.names == ("walk",)
    assert view.hides_lanes
    session.set_looping(False)
    session.seek(3)
    editing.begin_or_end_bout(session, "action 20")
    assert view.lanes.names == ("walk", "action 20")
    session.seek(6)
    editing.begin_or_end_bout(session, "action 20")
    assert view.lanes.names == ("walk", "action 20")
    editing.label(session, [session.selection[0]], "action 7")
    assert view.lanes.names == ("walk", "action 7", "action 20")
    view.set_collapsing(False)
    assert len(view.lanes.names) == 28
    view.set_collapsing(True)
    view.setFixedSize(1000, 900)
    QApplication.processEvents()
    assert len(view.lanes.names) == 28


def test_the_lane_of_the_chosen_bout_is_scrolled_to(timeline, pets):
    view, session = timeline.view, pets.session
    view.set_collapsing(False)
    with session.project.transaction():
        for n in range(26):
            session.project.add_action(f"action {n}")
    session.reread_actions()
    clip = editing.add_bout(session, "action 25", 31, 35)
    session.select([])
    view.scroll.setValue(0)
    session.select([clip], seen=session.in_open_video)
    top = view.parts.top(27)
    assert view.parts.head <= top <= view.parts.height - view.parts.overview - view.parts.lane_height


def test_sliders_of_the_viewer_are_hidden_while_a_recording_is_open(timeline, pets):
    sliders = pets.viewer.window._qt_viewer.dims
    assert sliders.isHidden()
    pets.player._drop_layer()
    assert not sliders.isHidden()
