"""Boxes drawn on the video by real mouse events on the canvas."""

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.features.dataset import clip_sources
from actiondiff_gui.gui.player.region import LAYER, box_of, corners_of
from actiondiff_gui.gui.session import editing, undoing

NONE, LEFT = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton


@pytest.fixture
def opened(pets, wait):
    """Return the first clip in the player, in a visible window."""
    pets.session.open_clip(pets.session.table.rows[0].id)
    wait(lambda: not pets.player.why_no_picture())
    pets.window.resize(900, 700)
    pets.window.show()
    pets.window.activateWindow()
    assert QTest.qWaitForWindowActive(pets.window)
    return pets


def mouse(host, kind: str, x: int, y: int, held=NONE) -> None:
    """Return a mouse event ``x``, ``y`` pixels of the screen from the middle of the canvas."""
    canvas = host.viewer.window._qt_viewer.canvas.native
    at = QPointF(canvas.width() / 2 + x, canvas.height() / 2 + y)
    types = {
        "move": (QEvent.Type.MouseMove, NONE),
        "press": (QEvent.Type.MouseButtonPress, LEFT),
        "release": (QEvent.Type.MouseButtonRelease, LEFT),
    }
    kind_, button = types[kind]
    there = QPointF(canvas.mapToGlobal(at.toPoint()))
    QApplication.sendEvent(
        canvas, QMouseEvent(kind_, at, there, button, held, Qt.KeyboardModifier.NoModifier)
    )
    QApplication.processEvents()


def drag(host, release: bool = True) -> None:
    mouse(host, "move", -60, -40)
    mouse(host, "press", -60, -40, LEFT)
    for step in range(8):
        mouse(host, "move", -60 + 15 * step, -40 + 10 * step, LEFT)
    if release:
        mouse(host, "release", 45, 30)


def roi(host):
    return host.session.project.clip(host.session.current).roi


def test_a_drawn_box_becomes_the_region_and_undo_takes_it_back(opened, wait):
    session, viewer = opened.session, opened.viewer
    steps = session.project.history()[0]
    QTest.keyClick(opened.window, Qt.Key.Key_B)
    assert opened.region.drawing
    drag(opened)
    wait(lambda: roi(opened) is not None)
    layer = viewer.layers[LAYER]
    x, y, width, height = roi(opened)
    zoom = viewer.camera.zoom
    assert width == pytest.approx(105 / zoom, abs=1.5)
    assert height == pytest.approx(70 / zoom, abs=1.5)
    assert 0 <= x <= 64 - width
    assert 0 <= y <= 48 - height
    np.testing.assert_allclose(layer.data[0], corners_of(roi(opened)))
    assert session.project.history()[0] == steps + 1
    assert session.current_row.has_roi
    assert layer.mode == "pan_zoom"
    assert viewer.layers.selection.active is opened.player.layer

    # The box lies over every frame, and the video keeps its three dimensions.
    assert (layer.ndim, viewer.dims.ndim) == (2, 3)
    session.seek(7)
    assert viewer.dims.current_step[0] == 7
    assert layer.visible
    assert layer.nshapes == 1

    QTest.keyClick(opened.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert roi(opened) is None
    assert not layer.visible


def test_escape_leaves_the_region_as_it_was_before_and_in_the_middle_of_a_drag(opened, wait):
    session = opened.session
    editing.set_roi(session, [session.current], (3, 4, 20, 10))
    before = session.project.history()
    for under_way in (False, True):
        opened.keyboard.run("box")
        if under_way:
            drag(opened, release=False)
        QTest.keyClick(opened.window, Qt.Key.Key_Escape)
        assert not opened.region.drawing
        if under_way:
            mouse(opened, "move", 60, 40, LEFT)
            mouse(opened, "release", 60, 40)
        wait(lambda: opened.region.layer.visible)
        QTest.qWait(50)
        np.testing.assert_allclose(opened.region.layer.data[0], corners_of((3, 4, 20, 10)))
        assert roi(opened) == (3, 4, 20, 10)
        assert session.project.history() == before


def test_the_region_follows_the_current_clip(opened):
    session, viewer = opened.session, opened.viewer
    first, second = session.table.rows[0].id, session.table.rows[1].id
    editing.set_roi(session, [first], (3, 4, 20, 10))
    assert viewer.layers[LAYER].visible
    session.open_clip(second)
    assert not viewer.layers[LAYER].visible
    session.open_clip(first)
    np.testing.assert_allclose(viewer.layers[LAYER].data[0], corners_of((3, 4, 20, 10)))
    viewer.layers.remove(LAYER)
    session.open_clip(second)
    session.open_clip(first)
    assert viewer.layers[LAYER].visible


def test_asking_twice_takes_the_region_away(opened):
    session = opened.session
    editing.set_roi(session, [session.current], (3, 4, 20, 10))
    opened.keyboard.run("box")
    opened.keyboard.run("box")
    assert roi(opened) is None
    assert not opened.region.drawing
    assert undoing.take_back(session)
    assert roi(opened) == (3, 4, 20, 10)


def test_a_box_reaching_out_of_the_picture_is_cut_and_a_mere_click_is_none(videos):
    class video:
        width, height = 64, 48

    assert box_of(corners_of((3, 4, 20, 10)), video) == (3, 4, 20, 10)
    assert box_of(np.array([[-9.0, -9.0], [20.5, 200.0]]), video) == (0, 0, 64, 21)
    assert box_of(np.array([[5.0, 5.0], [5.2, 5.4]]), video) is None
    assert box_of(np.array([[60.0, 5.0], [70.0, 9.0]]), video) is None


def test_without_a_clip_drawing_says_what_is_needed(pets):
    with pytest.raises(ProjectError, match="Select a clip"):
        pets.region.draw()


def test_a_region_drawn_once_for_a_subject_is_shown_with_it_and_taken_over_by_its_bouts(opened, wait):
    from actiondiff_gui.gui.session.subjects import Subject, keep_subjects
    from actiondiff_gui.project.recordings import region

    session, window, viewer = opened.session, opened.window, opened.viewer
    keep_subjects(session, [Subject("Rex", "V"), Subject("Tom", "W")])
    row = session.current_row
    session.open_video(row.video_id, 2)
    session.select([])
    told = []
    session.notice.connect(told.append)
    QTest.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ShiftModifier)
    assert not opened.region.drawing
    assert any("Choose a subject first" in text for text in told) or "Choose a subject" in opened._told

    QTest.keyClick(window, Qt.Key.Key_V)
    QTest.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ShiftModifier)
    assert opened.region.drawing
    drag(opened)
    wait(lambda: region(session.project, row.video_id, "Rex") is not None)
    box = region(session.project, row.video_id, "Rex")
    layer = viewer.layers[LAYER]
    np.testing.assert_allclose(layer.data[0], corners_of(box))
    assert session.project.clip(row.id).roi is None

    QTest.keyClick(window, Qt.Key.Key_W)
    assert not layer.visible
    QTest.keyClick(window, Qt.Key.Key_V)
    assert layer.visible

    # A bout of the subject has it, and so do its features; one of another subject has not.
    QTest.keyClick(window, Qt.Key.Key_2)
    session.seek(6)
    QTest.keyClick(window, Qt.Key.Key_2)
    bout = session.project.clip(session.selection[0])
    assert (bout.subject, bout.roi) == ("Rex", box)
    (source,) = clip_sources(session.project, [bout.id])
    assert source.roi == box
    QTest.keyClick(window, Qt.Key.Key_W)
    session.select([])
    session.seek(8)
    QTest.keyClick(window, Qt.Key.Key_2)
    session.seek(10)
    QTest.keyClick(window, Qt.Key.Key_2)
    assert session.project.clip(session.selection[0]).roi is None

    # Asked twice the region goes, from its bouts too; undo brings both back.
    QTest.keyClick(window, Qt.Key.Key_V)
    for _ in range(2):
        QTest.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ShiftModifier)
    assert region(session.project, row.video_id, "Rex") is None
    assert session.project.clip(bout.id).roi is None
    assert not layer.visible
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert region(session.project, row.video_id, "Rex") == box
    assert session.project.clip(bout.id).roi == box
    assert layer.visible


def test_a_box_is_drawn_to_ask_for_moments_like_what_is_in_it_and_changes_no_region(opened, wait):
    from qtpy.QtWidgets import QMenu

    from actiondiff_gui.embedding.neighbours import Moment
    from actiondiff_gui.gui.gallery.menu import add_similar
    from actiondiff_gui.progress import run

    session, shown = opened.session, []
    session.set_address(timestep="t25", layers=(4,), pooling="mean")
    features = session.loaded.features(session.project, session.address)
    run(features.extract_job(features.plan(["t25"], [4])))
    opened.galleries.asked.connect(shown.append)
    menu = QMenu()
    add_similar(menu, opened, Moment(session.video, session.frame), "Clips")
    (entry,) = [entry for entry in menu.actions() if entry.text() == "Moments like a box on the picture..."]
    entry.trigger()
    assert opened.region.drawing
    assert "Drag a box around what is to be found" in opened.viewer.status
    QTest.keyClick(opened.window, Qt.Key.Key_Escape)
    assert not opened.region.drawing
    assert opened.viewer.status == "No box was drawn."
    entry.trigger()
    drag(opened)
    wait(lambda: shown, limit=120)
    assert shown[0].title.startswith("Similar to a box at frame 0 of ")
    (group,) = shown[0].groups
    # The clip that holds the moment is not among what is like it.
    assert set(group.clip_ids) == {row.id for row in session.table} - {session.current}
    assert set(group.frames) == set(group.clip_ids)
    assert roi(opened) is None
    assert not any(row.has_roi for row in session.table)
