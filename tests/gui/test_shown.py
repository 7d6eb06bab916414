"""Real keys change only visible clips, and say which; N, P and U follow the table."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from actiondiff_gui.gui.clips.dock import ClipsDock
from actiondiff_gui.gui.map.state import clip_maps
from actiondiff_gui.gui.map.state.clip_maps import ClipMap
from actiondiff_gui.gui.session import editing
from actiondiff_gui.gui.session.address import Address

Key = Qt.Key
NONE, SHIFT, CTRL = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def docked(pets):
    """Return the Clips table in a window that has the keyboard, over four clips of two videos each and one of a third."""
    session = pets.session
    for row in session.table.rows[:2]:
        session.project.add_clips(row.video_id, [(n, n + 5, None, None, None) for n in (1, 6, 11)])
    session.reread()
    dock = ClipsDock(pets)
    pets.viewer.window.add_dock_widget(dock, name="clips", area="right")
    pets.window.resize(1280, 800)
    pets.window.show()
    pets.window.activateWindow()
    assert QTest.qWaitForWindowActive(pets.window)
    dock.told = []
    session.notice.connect(dock.told.append)
    return dock


def press(dock, key, held=NONE) -> None:
    dock.host.viewer.window._qt_viewer.canvas.native.setFocus()
    QTest.keyClick(QApplication.focusWidget() or dock.host.window, key, held)


def click(dock, line, held=NONE) -> None:
    view = dock.view
    place = view.visualRect(view.clips.index(line, 1)).center()
    QTest.mouseClick(view.viewport(), LEFT, held, place)


def choose(box, text) -> None:
    box.setCurrentIndex(box.findText(text))
    box.activated.emit(box.currentIndex())


def lines(dock) -> list[str]:
    return [dock.view.clips.id_at(line) for line in range(dock.view.clips.rowCount())]


def of_video(dock, name: str) -> list[str]:
    return [row.id for row in dock.session.table.rows if row.video_name == name]


def test_what_the_video_box_hides_is_no_longer_chosen_and_not_deleted(docked):
    click(docked, 0)
    click(docked, 2, SHIFT)
    assert len(docked.session.selection) == 3
    choose(docked.filter_bar.video, "clip_1.mp4")
    assert docked.session.selection == ()
    before = len(docked.session.table)
    for key in (Key.Key_Delete, Key.Key_Backspace, Key.Key_X, Key.Key_Return):
        press(docked, key)
        assert docked.told[-1] == "No clip is selected. Select one first."
    assert len(docked.session.table) == len(docked.session.project.clips()) == before
    assert docked.session.table.rows[0].labels == ("walk",)


def test_a_delete_says_what_went_and_how_it_comes_back(docked):
    first, second = of_video(docked, "clip_0.mp4"), of_video(docked, "clip_1.mp4")
    docked.session.select(first[1:3])
    press(docked, Key.Key_Delete)
    assert docked.told[-1] == "2 clips of clip_0.mp4 deleted. Undo: Ctrl+Z."
    docked.session.select([first[0], *second[:2]])
    press(docked, Key.Key_Delete)
    assert docked.told[-1] == "3 clips deleted. Undo: Ctrl+Z. 1 of clip_0.mp4, 2 of clip_1.mp4."
    click(docked, 0)
    docked.edit_bar.delete.click()
    assert docked.told[-1] == "1 clip of clip_0.mp4 deleted. Undo: Ctrl+Z."


def test_a_digit_labels_what_is_chosen_and_not_the_open_clip(docked):
    session = docked.session
    opened, *others = of_video(docked, "clip_1.mp4")
    session.open_clip(opened)
    session.select(others)
    press(docked, Key.Key_2)
    assert [session.table.get(i).labels for i in (opened, *others)] == [("walk",), *[("eat",)] * 3]
    assert docked.told[-1] == "3 clips of clip_1.mp4 labelled eat. Undo: Ctrl+Z."
    session.select(others[:1])
    press(docked, Key.Key_2)
    assert docked.told[-1] == "1 clip of clip_1.mp4 no longer labelled eat. Undo: Ctrl+Z."
    assert session.table.get(opened).labels == ("walk",)
    # The open clip is seen: nothing is told of it.
    docked.told.clear()
    session.select([opened])
    press(docked, Key.Key_2)
    assert session.table.get(opened).labels == ("walk", "eat")
    assert docked.told == []


def test_with_a_bout_just_ended_a_digit_begins_the_next_one(docked, wait):
    session = docked.session
    session.open_video(session.table.rows[4].video_id, 3)
    wait(lambda: not session.why_no_picture())
    press(docked, Key.Key_2)
    session.seek(8)
    press(docked, Key.Key_2)
    (bout,) = session.selection
    press(docked, Key.Key_1)
    assert session.open_bouts == {"walk": 8}
    assert session.table.get(bout).labels == ("eat",)
    # Several chosen ones are labelled; the key that ends an open bout still ends it.
    session.select([bout, of_video(docked, "clip_0.mp4")[1]])
    press(docked, Key.Key_2)
    assert session.open_bouts == {"walk": 8}
    assert docked.told[-1].startswith("2 clips labelled eat. Undo: ")
    press(docked, Key.Key_1)
    assert session.open_bouts == {}


def test_n_p_and_u_walk_the_shown_rows_in_the_shown_order(docked):
    session = docked.session
    for place, action in ((1, "eat"), (6, "eat"), (2, "walk")):
        editing.label(session, [session.table.rows[place].id], action)
    choose(docked.filter_bar.label, "eat")
    eat = lines(docked)
    assert len(eat) == 2
    click(docked, 0)
    for key, line in ((Key.Key_N, 1), (Key.Key_P, 0)):
        press(docked, key)
        assert session.current == eat[line]
        assert session.selection == (eat[line],)
    press(docked, Key.Key_P)
    assert docked.told[-1] == "There is no further clip among those that the filters show."
    press(docked, Key.Key_U)
    assert docked.told[-1] == "Every clip among those that the filters show is labelled."
    docked.filter_bar.clear_all()
    docked.view.clips.set_sort("seconds", True)
    shown = lines(docked)
    session.open_clip(shown[0])
    walked = []
    for _ in shown[1:]:
        press(docked, Key.Key_N)
        walked.append(session.current)
    assert walked == shown[1:]
    press(docked, Key.Key_U)
    assert session.current == next(i for i in shown if not session.table.get(i).labelled)
    docked.host.player.pause()


def test_a_clip_that_left_the_table_is_walked_on_from_where_it_stood(docked):
    session = docked.session
    choose(docked.filter_bar.label, "Unlabelled")
    docked.view.clips.set_sort("seconds")
    before = lines(docked)
    click(docked, 3)
    press(docked, Key.Key_1)
    docked.filter_bar.again.click()
    assert lines(docked) == [*before[:3], *before[4:]]
    press(docked, Key.Key_P)
    assert session.current == before[2]
    session.open_clip(before[3])
    press(docked, Key.Key_N)
    assert session.current == before[4]
    docked.host.player.pause()


@pytest.fixture
def with_map(docked, wait):
    """Return the same beside a map on which every clip is a point."""
    from actiondiff_gui.gui.map.dock import MapDock

    session, clips = docked.session, docked.session.project.clips()
    address = Address(timestep="t20", layers=(9,), pooling="mean")
    angles = np.linspace(0, 2 * np.pi, len(clips), endpoint=False)
    places = np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    edges = np.array([(clip.start, clip.end) for clip in clips])
    ids = tuple(clip.id for clip in clips)
    clip_maps.keep(
        ClipMap(address, address, "pca", ids, places, edges, made=clip_maps.now()), session.project
    )
    path = session.project.path
    docked.map = MapDock(docked.host)
    docked.map_dock = docked.host.viewer.window.add_dock_widget(docked.map, name="map", area="left")
    session.open_project(path)
    wait(lambda: docked.map.canvas is not None and len(docked.map.canvas.positions) == len(ids))
    return docked


def test_clips_in_a_lasso_are_labelled_by_a_digit_also_where_the_table_hides_them(with_map, wait):
    session = with_map.session
    choose(with_map.filter_bar.label, "walk")
    listed = lines(with_map)
    session.open_clip(listed[0])
    with_map.host.player.pause()
    widget = with_map.map.canvas.widget
    right, low = widget.width() - 3, widget.height() - 3
    corners = [QPoint(2, low), QPoint(2, 2), QPoint(right, 2), QPoint(right, low)]
    QTest.mousePress(widget, LEFT, SHIFT, corners[0])
    for corner in corners[1:]:
        QTest.mouseMove(widget, corner)
        QTest.qWait(20)
    QTest.mouseRelease(widget, LEFT, SHIFT, corners[-1])
    assert len(session.selection) == 9
    press(with_map, Key.Key_2)
    assert all("eat" in row.labels for row in session.table)
    assert with_map.told[-1] == (
        "9 clips labelled eat. Undo: Ctrl+Z. 4 of clip_0.mp4, 4 of clip_1.mp4, 1 of clip_2.mp4."
    )
    # Without the map only the table's rows are seen.
    assert lines(with_map) == listed
    with_map.map_dock.hide()
    wait(lambda: len(session.selection) == len(listed))
    press(with_map, Key.Key_Delete)
    assert len(session.table) == 9 - len(listed)
