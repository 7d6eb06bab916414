import time

import pytest
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from actiondiff_gui.gui.clips.dock import ClipsDock
from actiondiff_gui.gui.clips.state.filtering import UNLABELLED
from actiondiff_gui.gui.session import editing

CTRL, SHIFT, ALONE = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.NoModifier,
)


@pytest.fixture
def docked(pets):
    """Return the dock in the window of a viewer with the small project."""
    return show(pets)


def show(host) -> ClipsDock:
    dock = ClipsDock(host)
    host.viewer.window.add_dock_widget(dock, name="clips", area="right")
    host.window.resize(1280, 800)
    host.window.show()
    QApplication.processEvents()
    return dock


def ids(dock):
    return [row.id for row in dock.session.table.rows]


def lines(dock):
    return [dock.view.clips.id_at(line) for line in range(dock.view.clips.rowCount())]


def click(dock, line, modifiers=ALONE):
    view = dock.view
    place = view.visualRect(view.clips.index(line, 1)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, modifiers, place)


def column(dock, key):
    return [c.key for c in dock.view.clips.columns].index(key)


def test_a_clip_that_is_clicked_is_opened_and_plays(docked, wait):
    click(docked, 1)
    session = docked.session
    assert session.selection == (ids(docked)[1],)
    assert session.current == ids(docked)[1]
    wait(lambda: docked.host.player.playing)


def test_ctrl_and_shift_only_choose(docked):
    first, second, third = ids(docked)
    click(docked, 0)
    click(docked, 2, SHIFT)
    assert docked.session.selection == (first, second, third)
    click(docked, 1, CTRL)
    assert docked.session.selection == (first, third)
    assert docked.session.current == first


def test_dragging_chooses_what_lies_between(docked):
    view = docked.view
    places = [view.visualRect(view.clips.index(line, 1)).center() for line in range(3)]
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(view.viewport(), left, ALONE, places[0])
    for place in places[1:]:
        spot = QPointF(place)
        moved = QMouseEvent(QEvent.Type.MouseMove, spot, spot, Qt.MouseButton.NoButton, left, ALONE)
        QApplication.sendEvent(view.viewport(), moved)
    QTest.mouseRelease(view.viewport(), left, ALONE, places[2])
    assert docked.session.selection == tuple(ids(docked))
    assert docked.session.current == ids(docked)[0]


def test_arrow_keys_open_the_next_clip_and_with_shift_choose_more(docked):
    first, second, third = ids(docked)
    click(docked, 0)
    docked.view.setFocus()
    QTest.keyClick(docked.view, Qt.Key.Key_Down)
    assert docked.session.current == second
    QTest.keyClick(docked.view, Qt.Key.Key_Down, SHIFT)
    assert docked.session.selection == (second, third)
    assert docked.session.current == second
    QTest.keyClick(docked.view, Qt.Key.Key_A, CTRL)
    assert docked.session.selection == (first, second, third)


def test_what_is_chosen_elsewhere_is_chosen_here(docked):
    docked.session.select(ids(docked)[1:])
    assert docked.view.chosen_lines().tolist() == [1, 2]
    docked.session.open_clip(ids(docked)[2])
    assert docked.view.currentIndex().row() == 2
    docked.session.select([])
    assert docked.view.chosen_lines().tolist() == []


def test_sorting_by_a_column_keeps_the_selection(docked):
    first, second, third = ids(docked)
    docked.session.select([first])
    header = docked.view.horizontalHeader()
    place = header.sectionViewportPosition(column(docked, "seconds")) + 10
    for wanted in ([third, first, second], [second, first, third], [first, second, third]):
        QTest.mouseClick(
            header.viewport(), Qt.MouseButton.LeftButton, ALONE, QPoint(place, header.height() // 2)
        )
        assert lines(docked) == wanted
        assert docked.session.selection == (first,)
        assert [docked.view.clips.id_at(n) for n in docked.view.chosen_lines()] == [first]


def test_typing_in_the_search_shows_the_clips_that_match(docked, wait):
    first, second, third = ids(docked)
    docked.session.select([first, second])
    QTest.keyClicks(docked.filter_bar.search, "cat")
    wait(lambda: lines(docked) == [second, third])
    assert docked.filter_bar.count.text() == "2 of 3 clips"
    assert docked.session.selection == (second,)
    assert docked.edit_bar.said.text() == "1 selected"
    docked.filter_bar.clear.click()
    assert lines(docked) == [first, second, third]
    assert docked.view.chosen_lines().tolist() == [1]


def choose(box, text):
    place = box.findText(text)
    assert place >= 0, f"{text} is not offered"
    box.setCurrentIndex(place)
    box.activated.emit(place)


def test_clips_are_filtered_by_label_and_facet(docked):
    first, second, third = ids(docked)
    bar = docked.filter_bar
    choose(bar.label, "Unlabelled")
    assert lines(docked) == [third]
    choose(bar.label, "walk")
    assert lines(docked) == [first, second]
    choose(bar.facet, "species")
    choose(bar.value, "dog")
    assert lines(docked) == [first]
    choose(bar.label, "eat")
    assert docked.middle.currentWidget() is docked.no_match
    docked.no_match.buttons["Clear the filters"].click()
    assert lines(docked) == [first, second, third]


def test_choosing_a_video_opens_it_without_a_clip(docked, videos):
    choose(docked.filter_bar.video, videos[1].name)
    session = docked.session
    assert session.video == session.table.rows[1].video_id
    assert session.current is None
    assert lines(docked) == [ids(docked)[1]]


def test_a_video_without_clips_says_how_bouts_are_labelled(docked, videos):
    editing.delete(docked.session, [ids(docked)[1]])
    choose(docked.filter_bar.video, videos[1].name)
    assert "has no clips yet" in docked.no_match.sentence.text()
    assert docked.session.video is not None


def test_a_clip_that_is_labelled_stays_until_the_filter_is_applied_again(docked, wait):
    third = ids(docked)[2]
    choose(docked.filter_bar.label, "Unlabelled")
    assert docked.view.clips.filter.state == UNLABELLED
    click(docked, 0)
    editing.relabel(docked.session, [third], "walk")
    assert lines(docked) == [third]
    wait(lambda: docked.filter_bar.again.isVisible())
    docked.filter_bar.again.click()
    assert lines(docked) == []


def test_the_bar_edits_all_chosen_clips(docked):
    session, bar = docked.session, docked.edit_bar
    session.select(ids(docked))
    bar.label.menu().aboutToShow.emit()
    next(entry for entry in bar.label.menu().actions() if entry.text() == "eat").trigger()
    assert [row.labels for row in session.table.rows] == [("eat",)] * 3
    bar.deny.click()
    assert [row.denied for row in session.table.rows] == [("eat",)] * 3
    bar.key.setCurrentText("view")
    bar.value.setCurrentText("side")
    bar.set.click()
    assert [row.facets["view"] for row in session.table.rows] == ["side"] * 3
    assert "facet:view" in [c.key for c in docked.view.clips.columns]
    session.select(ids(docked)[:2])
    bar.delete.click()
    assert len(session.table) == 1


def test_a_new_facet_can_be_filtered_by(docked, wait):
    docked.session.select(ids(docked))
    editing.set_facet(docked.session, ids(docked)[:1], "view", "top")
    wait(lambda: docked.filter_bar.facet.findText("view") >= 0)
    assert docked.edit_bar.key.findText("view") >= 0


def test_predictions_get_columns_and_can_be_confirmed(docked):
    session, third = docked.session, ids(docked)[2]
    assert not docked.edit_bar.confirm.isVisible()
    session.project.add_labels([(third, "eat", 1, 0.8)], source="model", by="m")
    session.reread()
    model = docked.view.clips
    assert model.index(2, column(docked, "prediction")).data() == "eat"
    assert model.index(2, column(docked, "confidence")).data() == "80%"
    session.select([third])
    docked.edit_bar.confirm.click()
    assert session.table.get(third).labels == ("eat",)


def test_without_a_project_the_dock_offers_ways_to_begin(host, project_file, wait):
    host.session.preferences.remember_project(project_file)
    dock = show(host)
    assert dock.pages.currentWidget() is dock.start
    assert list(dock.start.page.buttons) == ["Try the sample", "Add videos...", "Open a project..."]
    assert dock.start.paths == [project_file]
    dock.start.recent[0].click()
    wait(lambda: dock.pages.currentWidget() is dock.full)
    assert len(lines(dock)) == 3
    host.session.close_project()
    assert dock.pages.currentWidget() is dock.start


def test_an_empty_project_asks_for_videos(host, tmp_path):
    dock = show(host)
    host.session.open_project(tmp_path / "new.actiondiff", create=True)
    assert dock.pages.currentWidget() is dock.no_clips
    assert list(dock.no_clips.buttons) == ["Add videos...", "Add a folder...", "Import a table..."]


def test_both_themes_are_followed_and_every_cell_can_be_painted(docked):
    from actiondiff_gui.gui.session.session import UNLABELLED as GREY

    session = docked.session
    editing.toggle(session, ids(docked)[:1], "eat")
    session.project.add_labels([(ids(docked)[2], "eat", 1, 0.8)], source="model", by="m")
    session.reread()
    session.open_clip(ids(docked)[0])
    pictures = []
    for theme in ("dark", "light"):
        docked.host.viewer.theme = theme
        QApplication.processEvents()
        picture = docked.view.viewport().grab().toImage()
        shown = {picture.pixelColor(x, y).name() for x in range(0, 300, 2) for y in range(0, 130, 2)}
        assert session.colour_of("walk").lower() in shown
        assert session.colour_of("eat").lower() in shown
        assert GREY in shown
        pictures.append(docked.view.cells.text.name())
    assert pictures[0] != pictures[1]


def test_two_docks_of_one_viewer_agree(docked):
    other = ClipsDock(docked.host)
    click(docked, 2)
    assert other.view.chosen_lines().tolist() == [2]
    choose(other.filter_bar.label, "Unlabelled")
    assert len(lines(docked)) == 3
    other.deleteLater()


def test_very_many_scattered_clips_are_chosen_in_proportion(docked, tmp_path):
    import sys
    from pathlib import Path

    sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))
    from clip_table import make_project

    from actiondiff_gui.gui.session.clip_table import ClipTable

    session, times = docked.session, []
    for count in (1_000, 20_000):
        project = make_project(tmp_path / f"{count}.actiondiff", count)
        session.adopt(project, ClipTable.read(project))
        start = time.thread_time()
        for odd in (0, 1, 0):
            session.select([row.id for row in session.table.rows[odd::2]])
            docked.view.clips.set_sort("label", descending=bool(odd))
        times.append(time.thread_time() - start)
        assert len(docked.view.chosen_lines()) == count // 2
    assert times[1] < 100 * max(times[0], 0.01)
