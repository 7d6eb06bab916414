"""The map of a recording's moments: made, walked through with the playhead, and circled to make bouts."""

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from actiondiff_gui.features.recordings import recording_pieces, whole_video
from actiondiff_gui.gui.map.state import moment_maps
from actiondiff_gui.gui.map.state.colours import START
from actiondiff_gui.gui.session import editing

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def page(pets, wait):
    """Return the page with a PCA map of the second video, whose 40 frames lie on a square: ten moments on each side."""
    from actiondiff_gui.gui.map.dock import MapDock

    session = pets.session
    session.set_address(timestep="t20", layers=(9,), pooling="mean")
    video = session.table.rows[1].video_id
    features = session.loaded.features(session.project, session.address)
    (piece,) = recording_pieces(features.store, whole_video(session.project, video))
    rng = np.random.default_rng(0)
    corners = np.repeat(np.array([[-5, -4, 0], [5, -4, 0], [5, 4, 0], [-5, 4, 0]]), 10, axis=0)
    tokens = corners + rng.normal(0, 0.3, (40, 3))
    features.store.write(piece.key, "t20", {9: tokens}, np.arange(40), "mean")
    dock = MapDock(pets)
    pets.viewer.window.add_dock_widget(dock, name="map", area="right")
    pets.window.resize(1200, 900)
    pets.window.show()
    session.show_dock.emit("Map:Moments")
    page = dock.moments
    wait(lambda: dock.stack.currentWidget() is page)
    wait(lambda: "Open a recording" in page.empty.sentence.text())
    session.open_video(video)
    wait(lambda: not pets.player.why_no_picture() and "Map its clips only" in page.empty.buttons)
    page.method.setCurrentIndex(page.method.findData("pca"))
    page.method.activated.emit(page.method.currentIndex())
    wait(lambda: not page.maker.reading and page.maker.look("pca") is None)
    wait(lambda: "Map its clips only" in page.empty.buttons)
    page.empty.buttons["Map its clips only"].click()
    wait(lambda: page.canvas is not None and len(page.canvas.positions) == 40, limit=240)
    QTest.qWait(60)
    yield page
    holder = dock.parentWidget()
    pets.viewer.window.remove_dock_widget(dock)
    dock.close()
    dock.deleteLater()
    if holder is not None:
        holder.deleteLater()
    # Qt deletes the dock, and then what was connected to it.
    for _ in range(3):
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()


def _pixel(page, place: int) -> QPoint:
    x, y = page.canvas.position_in_widget(place)
    return QPoint(round(x), round(y))


def _circle(page, places) -> None:
    """Draw a line around some points with Shift held."""
    pixels = np.array([page.canvas.position_in_widget(place) for place in places])
    low, high = pixels.min(axis=0) - 9, pixels.max(axis=0) + 9
    corners = [(low[0], low[1]), (high[0], low[1]), (high[0], high[1]), (low[0], high[1])]
    widget = page.canvas.widget
    points = [QPoint(round(x), round(y)) for x, y in corners]
    QTest.mousePress(widget, LEFT, SHIFT, points[0])
    for point in points[1:]:
        QTest.mouseMove(widget, point)
        QTest.qWait(20)
    QTest.mouseRelease(widget, LEFT, SHIFT, points[-1])


def test_the_map_says_what_it_shows_and_is_there_the_next_time(page, wait):
    session = page.session
    assert page.caption.text().startswith("Every moment of")
    assert "t20, layer 9" in page.caption.text()
    assert "of the variance" in page.caption.text()
    assert not page.noticed.isVisible()
    made, video = page.maker.shown, session.video
    read = moment_maps.read_map(session.project, video, session.address, "pca")
    np.testing.assert_array_equal(read.coordinates, made.coordinates)
    np.testing.assert_array_equal(read.frames, np.arange(40))
    assert moment_maps.read_map(session.project, video, session.address, "umap") is None
    session.set_address(timestep="t25")
    wait(lambda: page.maker.shown is None and not page.maker.reading)
    session.set_address(timestep="t20")
    wait(lambda: page.maker.shown is not None)
    np.testing.assert_array_equal(page.maker.shown.coordinates, made.coordinates)


def test_a_click_goes_to_the_moment_and_the_ring_follows_the_playhead(page, wait):
    session = page.session
    QTest.mouseClick(page.canvas.widget, LEFT, NONE, _pixel(page, 27))
    near = page.maker.shown.coordinates - page.maker.shown.coordinates[27]
    assert np.hypot(*near[session.frame]) < 0.3  # points of one corner may cover each other
    session.seek(5)
    assert page.canvas._current == 5
    page.reach.setCurrentIndex(page.reach.findData("1"))
    page.reach.activated.emit(page.reach.currentIndex())
    reach = round(session.videos[session.video].fps)
    assert page.canvas._path.tolist() == list(range(0, min(40, 5 + reach + 1)))
    page.reach.setCurrentIndex(page.reach.findData("0"))
    page.reach.activated.emit(page.reach.currentIndex())
    assert not len(page.canvas._path)


def test_circled_moments_become_bouts_in_one_step_of_undo(page, wait):
    session = page.session
    before = {row.id for row in session.table.of_video(session.video)}
    _circle(page, range(10, 20))
    assert page.chosen.tolist() == list(range(10, 20))
    fps = session.videos[session.video].fps
    assert page.text.text() == f"10 moments: 1 stretch, {10 / fps:.1f} s"
    _circle(page, range(30, 40))
    assert page.chosen.tolist() == list(range(30, 40))
    page.choose(np.r_[0:10, 20:30])
    page.bouts.menu().aboutToShow.emit()
    (eat,) = [entry for entry in page.bouts.menu().actions() if entry.text() == "eat"]
    eat.trigger()
    made = [row for row in session.table.of_video(session.video) if row.id not in before]
    assert sorted((row.start, row.end, row.label) for row in made) == [(0, 10, "eat"), (20, 30, "eat")]
    session.project.undo()
    session.reread()
    assert {row.id for row in session.table.of_video(session.video)} == before


def test_colours_are_labels_or_times_and_an_entry_of_the_legend_chooses_its_moments(page, wait):
    session = page.session
    clip = editing.add_bout(session, "eat", 20, 30)
    assert clip is not None
    wait(lambda: any(value == "eat" for _, value in page.legend.entries))
    page.legend.chosen.emit("action", "eat", False)
    assert page.chosen.tolist() == list(range(20, 30))
    page.colour_by.setCurrentIndex(page.colour_by.findData(START))
    page.colour_by.activated.emit(page.colour_by.currentIndex())
    assert len(page.legend.entries) > 1
    assert all(value.endswith(" s") for _, value in page.legend.entries)


def test_a_damaged_map_is_passed_over(page):
    session = page.session
    (file,) = (moment_maps.maps_folder(session.project) / "moments").glob("*.npz")
    file.write_bytes(file.read_bytes()[:100])
    assert moment_maps.read_map(session.project, session.video, session.address, "pca") is None
