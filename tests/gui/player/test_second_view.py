"""Two recordings of the same time side by side: the second follows the first, and labels go to the first."""

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QDialogButtonBox

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.gui.player.second_view import SecondViewDialog, frames_beside
from actiondiff_gui.gui.timeline.menu import empty_menu
from actiondiff_gui.project.recordings import SecondView, second_view
from actiondiff_gui.video.frame_index import FrameIndex
from actiondiff_gui.video.reader import VideoReader

CTRL = Qt.KeyboardModifier.ControlModifier


def index(frames: int, fps: int) -> FrameIndex:
    """Return an index of frames at a constant rate."""
    return FrameIndex(0, "decoded", (1, fps), fps, np.arange(frames), True, np.zeros(1))


def test_frames_of_both_are_matched_by_time_whatever_their_rates():
    first = index(50, 25)
    assert frames_beside(first, index(50, 25), 0).tolist() == list(range(50))
    assert frames_beside(first, index(100, 50), 0).tolist() == list(range(0, 100, 2))
    assert frames_beside(first, index(10, 5), 0)[:11].tolist() == [0] * 5 + [1] * 5 + [2]
    later = frames_beside(first, index(50, 25), 0.4)
    assert later[:12].tolist() == [-1] * 10 + [0, 1]
    earlier = frames_beside(first, index(50, 25), -0.4)
    assert earlier.tolist() == [*range(10, 50), *[-1] * 10]


@pytest.fixture
def two(timeline, pets):
    """Return the window with the second video open, 40 frames, and the ids of it and of the first one, 23 frames."""
    pets.window.activateWindow()
    assert QTest.qWaitForWindowActive(pets.window)
    session = pets.session
    return session.video, next(row.video_id for row in session.table.rows if row.video_id != session.video)


def choose(host, other: str | None, offset: float = 0.0) -> None:
    """Fill in the dialog and press its button."""
    dialog = SecondViewDialog(host)
    dialog.show()
    if other is None:
        QTest.mouseClick(dialog.none, Qt.MouseButton.LeftButton)
        return
    dialog.which.setCurrentIndex(dialog.which.findData(other))
    dialog.offset.setValue(offset)
    buttons = dialog.findChild(QDialogButtonBox)
    QTest.mouseClick(buttons.button(QDialogButtonBox.StandardButton.Ok), Qt.MouseButton.LeftButton)


def press(host, key, held=Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(QApplication.focusWidget() or host.window, key, held)


def test_the_second_view_stands_beside_the_first_and_follows_the_playhead(two, timeline, pets, wait):
    session, beside = pets.session, pets.beside
    video, other = two
    choose(pets, other)
    assert second_view(session.project, video) == SecondView(other)
    wait(lambda: beside.layer is not None)
    first, second = pets.player.layer, beside.layer
    assert second.data.shape[0] == 40
    right = first.data_to_world((0, 0, first.data.shape[2] - 1))[-1]
    left = second.data_to_world((0, 0, 0))[-1]
    assert left > right
    # As high as the first, and beside it.
    assert second.data_to_world((0, -0.5, 0))[-2] == pytest.approx(first.data_to_world((0, -0.5, 0))[-2])
    bottom = [layer.data_to_world((0, layer.data.shape[1] - 0.5, 0))[-2] for layer in (first, second)]
    assert bottom[0] == pytest.approx(bottom[1])
    # Of what else lies beside the first it keeps clear.
    wide = first.data.shape[2]
    beside_it = pets.viewer.add_image(np.zeros((10, 20)), translate=(0, wide + 30))
    assert second.data_to_world((0, 0, 0))[-1] > wide + 50
    empty = pets.viewer.add_shapes(ndim=2)
    assert second.data_to_world((0, 0, 0))[-1] > wide + 50
    pets.viewer.layers.remove(empty)
    pets.viewer.layers.remove(beside_it)
    assert second.data_to_world((0, 0, 0))[-1] == pytest.approx(left)
    pets.viewer.layers.selection.active = first
    timeline.player_bar.picture.sliders["Brightness"].setValue(50)
    assert (first.gamma, second.gamma) == (0.5, 0.5)
    session.seek(5)
    press(pets, Qt.Key.Key_Period)
    assert session.frame == 6
    assert pets.viewer.dims.current_step[0] == 6
    rates = [session.videos[each].fps for each in (video, other)]
    with VideoReader(session.videos[other].path) as reader:
        shown = int(6 / rates[0] * rates[1] + 1e-3)
        np.testing.assert_array_equal(np.asarray(second.data[6]), reader.read(shown))
        np.testing.assert_array_equal(second._slice.image.view, reader.read(shown))
    # After its end it is black; there is no error.
    session.seek(39)
    assert not np.asarray(second.data[39]).any()


def test_labels_go_to_the_first_recording_and_frames_stay_its_frames(two, timeline, pets, wait):
    session = pets.session
    video, other = two
    choose(pets, other, 0.2)
    wait(lambda: pets.beside.layer is not None)
    session.open_video(video, 31)
    session.select([])
    pets.viewer.layers.selection.active = pets.beside.layer
    press(pets, Qt.Key.Key_2)
    session.seek(35)
    press(pets, Qt.Key.Key_2)
    row = session.table.get(session.selection[0])
    assert (row.video_id, row.start, row.end, row.labels) == (video, 31, 36, ("eat",))


def test_undo_takes_it_away_and_redo_brings_it_back_with_its_offset(two, timeline, pets, wait):
    session, beside = pets.session, pets.beside
    video, other = two
    choose(pets, other, 0.5)
    wait(lambda: beside.layer is not None)
    assert not np.asarray(beside.layer.data[3]).any()
    press(pets, Qt.Key.Key_Z, CTRL)
    assert beside.layer is None
    assert [layer.name for layer in pets.viewer.layers] == [pets.player.layer.name]
    press(pets, Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.ShiftModifier)
    wait(lambda: beside.layer is not None)
    assert second_view(session.project, video) == SecondView(other, 0.5)
    choose(pets, None)
    assert beside.layer is None
    assert second_view(session.project, video) is None


def test_it_goes_with_its_recording_and_comes_with_it(two, timeline, pets, wait):
    session, beside = pets.session, pets.beside
    video, other = two
    choose(pets, other)
    wait(lambda: beside.layer is not None)
    session.open_video(other)
    wait(lambda: not session.why_no_picture() and beside.layer is None)
    session.open_video(video)
    wait(lambda: beside.layer is not None)
    pets.viewer.layers.remove(beside.layer)
    assert beside.layer is None
    assert second_view(session.project, video) == SecondView(other)


def test_a_missing_second_recording_is_told_in_a_sentence(two, timeline, pets, wait):
    session = pets.session
    _, other = two
    path = session.videos[other].path
    hidden = path.with_suffix(".hidden")
    path.rename(hidden)
    try:
        choose(pets, other)
        wait(lambda: pets.jobs.problems)
        assert pets.jobs.problems[-1].startswith("The second view is not shown. ")
        assert path.name in pets.jobs.problems[-1]
        assert pets.player.layer is not None
    finally:
        hidden.rename(path)


def test_the_menu_of_the_timeline_offers_it_and_without_another_recording_says_what_to_do(timeline, pets):
    assert "Second view of this recording..." in [e.text() for e in empty_menu(timeline.view).actions()]
    session = pets.session
    video = session.video
    session.videos = {video: session.videos[video]}
    with pytest.raises(ProjectError, match="Add the video of the second view first"):
        SecondViewDialog(pets)


def test_it_goes_where_the_first_layer_is_deleted_or_the_project_is_closed(two, timeline, pets, wait):
    session, beside = pets.session, pets.beside
    video, other = two
    choose(pets, other)
    wait(lambda: beside.layer is not None)
    pets.viewer.layers.remove(pets.player.layer)
    wait(lambda: beside.layer is None)
    QTest.qWait(100)
    assert not pets.viewer.layers
    session.open_video(other)
    session.open_video(video)
    wait(lambda: beside.layer is not None)
    session.close_project()
    wait(lambda: beside.layer is None)
    QTest.qWait(100)
    assert not pets.viewer.layers
