"""Many actions on a low timeline: lanes without bouts are hidden, the lane of the chosen bout is scrolled to."""

from qtpy.QtWidgets import QApplication

from actiondiff_gui.gui.session import editing
from actiondiff_gui.gui.timeline.bout_drawing import band_of, readable_on
from actiondiff_gui.gui.timeline.state.lane_geometry import TimelineLayout
from actiondiff_gui.gui.timeline.state.lanes import LABEL, PREDICTION


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


def test_predictions_are_written_on_apart_from_labels(timeline, pets):
    view, session = timeline.view, pets.session
    session.project.add_labels([(session.table.rows[1].id, "eat", 1, 0.87)], source="model", by="tiny")
    low = view.parts.lane_height
    session.reread()
    parts = view.parts
    assert parts.lane_height >= 28 > low
    label_top, label_height = band_of(LABEL, 0, parts.lane_height)
    top, height = band_of(PREDICTION, 0, parts.lane_height)
    assert label_height >= 10
    assert height >= 12
    assert label_top + label_height < top

    def colours() -> int:
        """Count colours on the prediction between frames 11 and 28: a plain bar has one."""
        image = view.grab().toImage()
        left, right = (round(view.parts.names + view.axis.x(frame)) for frame in (11, 28))
        y = round(view.parts.top(1) + band_of(PREDICTION, 0, view.parts.lane_height)[0])
        return len({image.pixel(x, row) for x in range(left, right) for row in range(y + 2, y + 10)})

    assert colours() > 8
    view.setFixedSize(110, 150)  # 34 pixels for 40 frames: there is no room for a word
    QApplication.processEvents()
    assert colours() <= 4


def test_what_is_written_stands_out_from_its_bar_on_every_colour():
    from qtpy.QtGui import QColor

    from actiondiff_gui.project.palette import PALETTE

    def luminance(colour: QColor) -> float:
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.getRgbF()[:3]]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    for name in (*PALETTE, "#000000", "#ffffff", "#777777"):
        one, other = sorted((luminance(QColor(name)), luminance(readable_on(QColor(name)))))
        assert (other + 0.05) / (one + 0.05) >= 4.5, name


def test_a_long_name_leaves_room_for_the_bars_and_the_frame_number(timeline, pets):
    session, view, bar = pets.session, timeline.view, timeline.player_bar
    before = bar.where.text()
    session.project.add_action("a name so long that it would fill half of the window " * 4)
    session.reread_actions()
    QApplication.processEvents()
    assert view.parts.names <= 150
    assert view.axis.width >= 800
    assert bar.where.text() == before
    assert bar.where.width() >= bar.where.sizeHint().width()
    assert bar.where.geometry().right() < bar.width()
