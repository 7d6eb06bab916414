"""The timeline in a real viewer, moved by real mouse events."""

import pytest
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from actiondiff_gui.session import editing
from actiondiff_gui.session.lanes import CLIP, LABEL
from actiondiff_gui.widgets.timeline_painter import band_of

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
NONE, SHIFT, CTRL = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)


@pytest.fixture
def dock(pets, wait):
    """The dock in the window, with the second video open: 40 frames, a clip of 10 to 30 labelled "walk"."""
    from actiondiff_gui.widgets.timeline_dock import TimelineDock

    dock = TimelineDock(pets)
    pets.viewer.window.add_dock_widget(dock, name="timeline", area="bottom")
    session = pets.session
    row = session.table.rows[1]
    editing.set_edges(session, row.id, 10, 30)
    session.open_clip(row.id)
    wait(lambda: pets.player.layer is not None)
    pets.window.resize(1200, 900)
    pets.window.show()
    dock.view.setFixedSize(1000, 150)
    QApplication.processEvents()
    return dock


def point(view, frame: float, lane: int | str, kind: int = LABEL) -> QPoint:
    """Where a position in frames lies, in the middle of a lane's bars, on the "ruler" or the "overview"."""
    places = view.places
    if lane == "ruler":
        y = places.ruler / 2
    elif lane == "overview":
        y = places.height - places.overview / 2
    else:
        top, height = band_of(kind, places.top(lane), places.lane_height)
        y = top + height / 2
    return QPointF(places.names + view.axis.x(frame), y).toPoint()


def drag(view, start: QPoint, *way: QPoint, button=LEFT, held=NONE, release: bool = True) -> None:
    QTest.mousePress(view, button, held, start)
    for stop in way:
        move(view, stop, button, held)
    if release:
        QTest.mouseRelease(view, button, held, way[-1] if way else start)


def move(view, to: QPoint, button=LEFT, held=NONE) -> None:
    # QTest.mouseMove tells no buttons.
    from qtpy.QtGui import QMouseEvent

    where = QPointF(to)
    event = QMouseEvent(
        QEvent.Type.MouseMove, where, QPointF(view.mapToGlobal(to)), Qt.MouseButton.NoButton, button, held
    )
    QApplication.sendEvent(view, event)


def wheel(view, at: QPoint, notches: int, held=NONE) -> None:
    event = QWheelEvent(
        QPointF(at),
        QPointF(view.mapToGlobal(at)),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        held,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view, event)


def test_a_click_on_the_ruler_or_empty_space_shows_that_frame_and_a_drag_scrubs(dock):
    view, session = dock.view, dock.host.session
    drag(view, point(view, 5.5, "ruler"))
    assert session.frame == 5
    drag(view, point(view, 33.5, 1))
    assert session.frame == 33
    seen = []
    session.frame_changed.connect(seen.append)
    drag(view, point(view, 2.5, "ruler"), point(view, 8.5, "ruler"), point(view, 12.5, "ruler"))
    assert seen == [2, 8, 12]
    assert dock.host.viewer.dims.current_step[0] == 12


def test_a_click_on_a_bar_selects_it_and_stays_at_the_frame(dock):
    view, session = dock.view, dock.host.session
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


def test_a_double_click_plays_the_clip_in_a_loop(dock, wait):
    view, session = dock.view, dock.host.session
    row = session.table.rows[1]
    session.open_video(row.video_id, 2)
    assert session.current is None
    QTest.mouseDClick(view, LEFT, NONE, point(view, 20, 0))
    assert session.current == row.id
    assert session.looping
    assert dock.host.player.playing
    dock.host.player.pause()


def test_dragging_an_edge_shows_the_frame_there_and_is_one_step_of_the_history(dock):
    view, session = dock.view, dock.host.session
    row = session.table.rows[1]
    steps = session.project.history(row.video_id)[0]
    drag(view, point(view, 10, 0) + QPoint(1, 0), point(view, 14, 0), point(view, 17, 0), release=False)
    assert session.frame == 17
    assert session.table.get(row.id).start == 10
    assert view.scene().lanes.bars.start.tolist() == [17]
    QTest.mouseRelease(view, LEFT, NONE, point(view, 17, 0))
    assert (session.table.get(row.id).start, session.table.get(row.id).end) == (17, 30)
    assert session.project.clip(row.id).start == 17
    assert session.project.history(row.video_id)[0] == steps + 1
    drag(view, point(view, 30, 0) - QPoint(2, 0), point(view, 25, 0))
    assert session.frame == 24
    assert editing.take_back(session)
    assert editing.take_back(session)
    assert (session.table.get(row.id).start, session.table.get(row.id).end) == (10, 30)


def test_an_edge_never_passes_the_other_one(dock):
    view, session = dock.view, dock.host.session
    row = session.table.rows[1]
    drag(view, point(view, 10, 0) + QPoint(1, 0), point(view, 39, 0))
    assert (session.table.get(row.id).start, session.table.get(row.id).end) == (29, 30)


def test_escape_gives_up_a_drag(dock, wait):
    view, session = dock.view, dock.host.session
    row = session.table.rows[1]
    window = dock.host.window
    window.activateWindow()
    assert QTest.qWaitForWindowActive(window)
    session.seek(12)
    steps = session.project.history(row.video_id)
    drag(view, point(view, 10, 0) + QPoint(1, 0), point(view, 20, 0), release=False)
    QTest.keyClick(window, Qt.Key.Key_Escape)
    QTest.mouseRelease(view, LEFT, NONE, point(view, 20, 0))
    assert session.frame == 12
    assert session.table.get(row.id).start == 10
    assert view.scene().lanes.bars.start.tolist() == [10]
    assert session.project.history(row.video_id) == steps


def test_shift_and_drag_on_a_lane_marks_a_bout_in_one_step(dock):
    view, session = dock.view, dock.host.session
    video = session.video
    steps, clips = session.project.history(video)[0], len(session.table)
    drag(view, point(view, 32.5, 1), point(view, 36.5, 1), held=SHIFT)
    (made,) = session.selection
    row = session.table.get(made)
    assert (row.start, row.end, row.labels) == (32, 37, ("eat",))
    assert session.project.history(video)[0] == steps + 1
    assert editing.take_back(session)
    assert len(session.table) == clips
    assert made not in session.table


def test_shift_and_drag_in_the_last_lane_marks_a_clip_without_a_label(dock):
    view, session = dock.view, dock.host.session
    lane = view.lanes.clips_lane
    drag(view, point(view, 36.5, lane), point(view, 32.5, lane), held=SHIFT)
    row = session.table.get(session.selection[0])
    assert (row.start, row.end, row.labels) == (32, 37, ())


def test_the_wheel_zooms_at_the_pointer_and_pans_with_shift(dock):
    view = dock.view
    at = point(view, 20, 0)
    before = view.axis.position(at.x() - view.places.names)
    wheel(view, at, 3)
    assert view.axis.end - view.axis.begin == pytest.approx(40 * 0.8**3)
    assert view.axis.position(at.x() - view.places.names) == pytest.approx(before)
    begin = view.axis.begin
    wheel(view, at, -1, SHIFT)
    assert view.axis.begin > begin
    dock.zoom.buttons["fit"].click()
    assert view.axis.fits


def test_the_middle_button_and_the_overview_move_what_is_visible(dock):
    view = dock.view
    view.zoom(5, 0)
    begin = view.axis.begin
    drag(view, QPoint(500, 60), QPoint(300, 60), button=MIDDLE)
    assert view.axis.begin == pytest.approx(begin + 200 / view.axis.scale)
    drag(view, QPoint(view.width() - 2, view.height() - 5))
    assert view.axis.end == 40


def test_the_view_follows_the_frame(dock):
    view, session = dock.view, dock.host.session
    view.zoom(6, 0)
    assert view.axis.end < 20
    session.seek(35)
    assert view.axis.begin <= 35 < view.axis.end


def test_the_lanes_follow_labels_undo_and_new_actions(dock):
    view, session = dock.view, dock.host.session
    row = session.table.rows[1]
    editing.relabel(session, [row.id], "eat")
    assert view.lanes.bars.lane.tolist() == [1]
    editing.take_back(session)
    assert view.lanes.bars.lane.tolist() == [0]
    editing.label(session, [row.id], "sleep")
    assert view.lanes.names == ("walk", "eat", "sleep")
    assert view.lanes.bars.lane.tolist() == [0, 2]
    session.project.add_labels([(row.id, "eat", 1, 0.7)], source="model", by="tiny")
    session.reread_clips([row.id])
    assert view.lanes.bars.strength.tolist() == pytest.approx([1, 0.7, 1])


def colours_in(view, frame: float, lane: int, kind: int = LABEL) -> str:
    return view.grab().toImage().pixelColor(point(view, frame, lane, kind)).name()


def test_a_label_is_painted_in_the_colour_of_its_action_in_both_themes(dock):
    view, session = dock.view, dock.host.session
    session.open_video(session.video, 3)
    session.select([])
    for theme in ("light", "dark"):
        dock.host.viewer.theme = theme
        assert colours_in(view, 20, 0) == session.colour_of("walk").lower()
        assert colours_in(view, 35, 0) != session.colour_of("walk").lower()


def test_an_open_bout_grows_to_the_frame_shown(dock):
    view, session = dock.view, dock.host.session
    session.open_video(session.video, 5)
    editing.press_action(session, "eat")
    background = colours_in(view, 12, 1)
    session.seek(20)
    assert colours_in(view, 12, 1) != background
    assert colours_in(view, 30, 1) == background


def test_playing_paints_only_the_cursor(dock):
    view, session = dock.view, dock.host.session
    view.grab()
    picture = view._picture.cacheKey()
    for frame in range(12, 20):
        session.seek(frame)
        QApplication.processEvents()
    assert view._picture.cacheKey() == picture


def test_the_menu_of_a_bar_relabels_denies_and_deletes(dock):
    from actiondiff_gui.widgets.timeline_menu import bar_menu

    view, session = dock.view, dock.host.session
    row = session.table.rows[1]

    def choose(*names: str) -> None:
        menu = bar_menu(view, session.table.get(row.id), "walk")
        for name in names:
            entry = next(a for a in menu.actions() if a.text() == name)
            menu = entry.menu() or entry
        menu.trigger()
        dock.host.window.setFocus()

    choose("Label as", "eat")
    assert session.table.get(row.id).labels == ("eat",)
    choose("Not walk")
    assert session.table.get(row.id).denied == ("walk",)
    choose("Delete the clip")
    assert row.id not in session.table


def test_a_bar_tells_what_it_is(dock):
    from actiondiff_gui.widgets.timeline_menu import bar_words

    row = dock.host.session.table.rows[1]
    assert bar_words(row, LABEL, "walk") == (
        "walk, said by Ada\nframes 10 to 29 (20 frames, 0.83 s)\nfrom 0:00.42"
    )


def test_without_a_video_it_shows_a_sentence_and_takes_no_mouse(pets):
    from actiondiff_gui.widgets.timeline_dock import TimelineDock

    dock = TimelineDock(pets)
    dock.view.resize(800, 150)
    dock.view.grab()
    QTest.mouseClick(dock.view, LEFT, NONE, QPoint(400, 70))
    wheel(dock.view, QPoint(400, 70), 1)
    assert dock.view.gesture is None


def test_many_actions_with_long_names_fit_at_800_and_1280_pixels(dock):
    session = dock.host.session
    for n in range(10):
        session.project.add_action(f"a rather long name of an action {n}")
    session.reread()
    bar = dock.player_bar
    assert bar.minimumSizeHint().width() <= 760
    for width in (760, 1240):
        bar.resize(width, 30)
        bar.layout().activate()
        QApplication.processEvents()
        assert bar.where.width() >= bar.where.sizeHint().width()
        assert bar.help.geometry().right() <= bar.width()
        for button in bar.action_buttons.values():
            assert button.width() >= button.sizeHint().width()
    assert len(bar.action_buttons) == 9
