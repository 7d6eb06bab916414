import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QImage
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from actiondiff_gui.gui.clips.dock import ClipsDock
from actiondiff_gui.gui.gallery.page import GalleryPage
from actiondiff_gui.gui.gallery.state.sets import ClipGroup, GallerySet, one_group
from actiondiff_gui.gui.session import editing
from actiondiff_gui.gui.workbench import Map
from actiondiff_gui.video.reader import VideoReader
from tests.gui.common.test_thumbnails import pixels


@pytest.fixture
def docked(pets, wait):
    """Return the Clips dock in a window, with the three clips as a gallery that has the keyboard."""
    dock = ClipsDock(pets)
    pets.viewer.window.add_dock_widget(dock, name="clips", area="right")
    pets.window.resize(1280, 800)
    pets.window.show()
    pets.window.activateWindow()
    QApplication.processEvents()
    dock.open_gallery()
    wait(lambda: dock.gallery.isVisible() and dock.gallery.grid.hasFocus())
    return dock


def ids(dock):
    return [row.id for row in dock.session.table.rows]


def labels(dock):
    return [dock.session.table.get(clip).label for clip in ids(dock)]


def click(dock, place):
    grid = dock.gallery.grid
    at = grid.visualRect(grid.cells.cell(place)).center()
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)


def test_the_cells_loop_through_the_frames_of_their_clips(docked, wait, videos):
    grid, clip = docked.gallery.grid, ids(docked)[1]
    wait(lambda: (loop := grid.loops.get(clip)) is not None and loop.whole)
    loop = grid.loops.get(clip)
    assert len(loop.images) == round(40 / 2.4)  # 40 frames at 24 a second, shown at 10
    with VideoReader(videos[1]) as reader:
        for number in (0, 1, 8, 15):
            image = loop.images[number].convertToFormat(QImage.Format.Format_RGB888)
            assert np.abs(pixels(image).astype(int) - reader.read(int(number * 2.4))).max() <= 2
    before = grid.painter.tick
    wait(lambda: grid.painter.tick > before + 2)


def test_odd_ones_are_clicked_away_and_the_rest_is_labelled_in_one_step_of_undo(docked):
    editing.clear(docked.session, ids(docked), of_others=True)
    docked.gallery.all.click()
    click(docked, 1)
    assert docked.gallery.count.text() == "2 clips, 1 taken out"
    QTest.keyClick(docked.gallery.grid, "2")
    assert labels(docked) == ["eat", "", "eat"]
    docked.host.keyboard.run("undo")
    assert labels(docked) == ["", "", ""]
    click(docked, 1)
    assert docked.gallery.count.text() == "3 clips"


def test_keys_label_the_framed_clip_and_go_on_to_the_next(docked):
    editing.clear(docked.session, ids(docked), of_others=True)
    click(docked, 0)
    assert docked.session.selection == (ids(docked)[0],)
    for key in "121":
        QTest.keyClick(docked.gallery.grid, key)
    # The last clip stays the current one: nothing comes after it.
    assert labels(docked) == ["walk", "eat", "walk"]


def test_delete_takes_out_and_deletes_nothing(docked):
    QTest.keyClick(docked.gallery.grid, Qt.Key.Key_Delete)
    assert docked.gallery.state.out == {ids(docked)[0]}
    assert len(docked.session.table) == 3
    docked.gallery.hide_out.click()
    assert docked.gallery.state.clip_ids == tuple(ids(docked)[1:])
    docked.gallery.put_back.click()
    assert docked.gallery.state.clip_ids == tuple(ids(docked))


def test_what_is_taken_out_of_a_group_stays_out_when_another_was_shown(docked):
    first, second, third = ids(docked)
    groups = (ClipGroup("one", (first, second), {first: "0.12"}), ClipGroup("two", (third,)))
    docked.host.galleries.show(GallerySet("Groups", groups, "Map"))
    assert docked.gallery.back.text() == "‹ Map"
    click(docked, 1)
    docked.gallery.after.click()
    assert docked.gallery.state.rest == (third,)
    docked.gallery.before.click()
    assert docked.gallery.state.rest == (first,)


def test_clips_that_are_deleted_leave_the_gallery_and_a_region_is_what_is_shown(docked, wait):
    first, second, _ = ids(docked)
    grid = docked.gallery.grid
    wait(lambda: (loop := grid.loops.get(first)) is not None and loop.whole)
    editing.set_roi(docked.session, [first], (10, 4, 20, 30))
    wait(lambda: (loop := grid.loops.get(first)) is not None and loop.whole)
    assert (grid.loops.get(first).at(5).width(), grid.loops.get(first).at(5).height()) == (20, 30)
    editing.delete(docked.session, [second])
    assert second not in docked.gallery.state.clip_ids
    assert docked.gallery.isVisible()


def test_another_project_has_no_gallery_of_the_last_one(docked, tmp_path):
    docked.session.open_project(tmp_path / "other.actiondiff", create=True)
    assert not docked.gallery.isVisible()


def test_without_a_clips_dock_a_gallery_has_its_own(pets, wait):
    pets.window.show()
    pets.viewer.window.add_dock_widget(Map(pets.viewer), name="Map", area="right")
    pets.galleries.show(one_group("Selected", [pets.session.table.rows[0].id], "Map"))
    names = list(pets.viewer.window.dock_widgets)
    assert "Gallery" in names


def test_smaller_pictures_show_more_clips_and_the_size_is_kept(docked, wait):
    page, grid = docked.gallery, docked.gallery.grid
    page.smaller.click()
    assert not page.smaller.isEnabled()
    width, height = grid.viewport().width(), grid.viewport().height()
    cell = grid.horizontalHeader().defaultSectionSize(), grid.verticalHeader().defaultSectionSize()
    # The dock as wide as it usually is, in a window of 1280 x 800.
    assert grid.cells.columns == width // 68
    fit = (500 // cell[0]) * (height // cell[1])
    assert fit >= 24
    assert grid.painter.lines == 1
    page.larger.click()
    page.larger.click()
    assert grid.cells.columns == max(1, width // 150)
    assert not page.larger.isEnabled()
    assert GalleryPage(page.host).grid.size_number == 2
