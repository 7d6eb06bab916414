"""Timeline in a real viewer."""

import pytest
from qtpy.QtCore import QPoint
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from actiondiff_gui.gui.session import editing, undoing
from actiondiff_gui.gui.timeline.state.lanes import LABEL
from tests.gui.timeline.timeline_window import LEFT, NONE, point, wheel


def test_the_view_follows_the_frame(timeline):
    view, session = timeline.view, timeline.host.session
    view.zoom(6, 0)
    assert view.axis.end < 20
    session.seek(35)
    assert view.axis.begin <= 35 < view.axis.end


def test_the_lanes_follow_labels_undo_and_new_actions(timeline):
    view, session = timeline.view, timeline.host.session
    row = session.table.rows[1]
    editing.relabel(session, [row.id], "eat")
    assert view.lanes.bars.lane.tolist() == [1]
    undoing.take_back(session)
    assert view.lanes.bars.lane.tolist() == [0]
    editing.label(session, [row.id], "sleep")
    assert view.lanes.names == ("walk", "eat", "sleep")
    assert view.lanes.bars.lane.tolist() == [0, 2]
    session.project.add_labels([(row.id, "eat", 1, 0.7)], source="model", by="tiny")
    session.reread_clips([row.id])
    assert view.lanes.bars.strength.tolist() == pytest.approx([1, 0.7, 1])


def test_changes_are_laid_out_together_when_they_are_painted(timeline, monkeypatch):
    view, session = timeline.view, timeline.host.session
    QApplication.processEvents()
    laid_out, lay_out = [], view._lay_out

    def counted():
        laid_out.append(lay_out())
        return laid_out[-1]

    monkeypatch.setattr(view, "_lay_out", counted)
    editing.label(session, [session.table.rows[1].id], "eat")
    session.actions_changed.emit()
    assert not laid_out
    view.grab()
    assert len(laid_out) == 1
    assert len(view.lanes.bars) == 2
    view.grab()
    assert len(laid_out) == 1


def colours_in(view, frame: float, lane: int, kind: int = LABEL) -> str:
    return view.grab().toImage().pixelColor(point(view, frame, lane, kind)).name()


def test_a_label_is_painted_in_the_colour_of_its_action_in_both_themes(timeline):
    view, session = timeline.view, timeline.host.session
    session.open_video(session.video, 3)
    session.select([])
    for theme in ("light", "dark"):
        timeline.host.viewer.theme = theme
        assert colours_in(view, 20, 0) == session.colour_of("walk").lower()
        assert colours_in(view, 35, 0) != session.colour_of("walk").lower()


def test_an_open_bout_grows_to_the_frame_shown(timeline):
    view, session = timeline.view, timeline.host.session
    session.open_video(session.video, 5)
    editing.press_action(session, "eat")
    background = colours_in(view, 12, 1)
    session.seek(20)
    assert colours_in(view, 12, 1) != background
    assert colours_in(view, 30, 1) == background


def test_playing_paints_only_the_cursor(timeline):
    view, session = timeline.view, timeline.host.session
    view.grab()
    picture = view._picture.cacheKey()
    for frame in range(12, 20):
        session.seek(frame)
        QApplication.processEvents()
    assert view._picture.cacheKey() == picture


def test_the_menu_of_a_bar_relabels_denies_and_deletes(timeline):
    from actiondiff_gui.gui.timeline.menu import bar_menu

    view, session = timeline.view, timeline.host.session
    row = session.table.rows[1]

    def choose(*names: str) -> None:
        menu = bar_menu(view, session.table.get(row.id), "walk")
        for name in names:
            entry = next(a for a in menu.actions() if a.text() == name)
            menu = entry.menu() or entry
        menu.trigger()
        timeline.host.window.setFocus()

    choose("Label as", "eat")
    assert session.table.get(row.id).labels == ("eat",)
    choose("Not walk")
    assert session.table.get(row.id).denied == ("walk",)
    choose("Delete the clip")
    assert row.id not in session.table


def test_a_bar_tells_what_it_is(timeline):
    from actiondiff_gui.gui.timeline.menu import bar_words

    row = timeline.host.session.table.rows[1]
    assert bar_words(row, LABEL, "walk") == (
        "walk, by Ada\nframes 10 to 29 (20 frames, 0.83 s)\nfrom 0:00.42"
    )


def test_without_a_video_it_shows_a_sentence_and_takes_no_mouse(pets):
    from actiondiff_gui.gui.timeline.dock import TimelineDock

    timeline = TimelineDock(pets)
    timeline.view.resize(800, 150)
    timeline.view.grab()
    QTest.mouseClick(timeline.view, LEFT, NONE, QPoint(400, 70))
    wheel(timeline.view, QPoint(400, 70), 1)
    assert timeline.mouse.gesture is None


def test_many_actions_with_long_names_fit_at_800_and_1280_pixels(timeline):
    session = timeline.host.session
    for n in range(10):
        session.project.add_action(f"a rather long name of an action {n}")
    session.reread()
    bar = timeline.player_bar
    assert bar.minimumSizeHint().width() <= 760
    for width in (760, 1240):
        bar.resize(width, 30)
        bar.layout().activate()
        QApplication.processEvents()
        assert bar.where.width() >= bar.where.sizeHint().width()
        assert bar.help.geometry().right() <= bar.width()
        for button in bar.actions.buttons.values():
            assert button.width() >= button.fontMetrics().horizontalAdvance(button.text()) + 30
    assert len(bar.actions.buttons) == 9


def test_a_timeline_that_was_taken_out_of_the_window_is_heard_of_no_more(timeline):
    host, view = timeline.host, timeline.view
    other = timeline.parent()
    timeline.deleteLater()
    QApplication.sendPostedEvents(None, 52)
    QApplication.processEvents()
    assert other is not None
    assert view.axis.count == 40
    host.session.seek(3)
    editing.add_clip(host.session, 3, 5)
    host.session.open_video(host.session.table.rows[0].video_id)
    assert view.axis.count == 40


def test_short_names_leave_their_room_to_long_ones():
    from actiondiff_gui.gui.player.action_strip import common_room

    assert common_room([20, 30, 200], 150) == 100
    assert common_room([20, 30, 60], 150) == 60
    assert common_room([100, 100], 90) == 45
    assert common_room([100, 100], -10) == 0


def test_names_of_actions_are_whole_where_there_is_room(timeline):
    bar = timeline.player_bar
    bar.resize(1240, 30)
    bar.layout().activate()
    QApplication.processEvents()
    assert [button.text() for button in bar.actions.buttons.values()] == ["1 walk", "2 eat"]
