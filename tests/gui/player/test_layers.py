"""Labels are set on the frame that is on screen, whatever else the viewer holds and however it is moved."""

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.gui.player.region import corners_of, moved
from actiondiff_gui.gui.player.video_axes import video_pixel
from actiondiff_gui.gui.session import editing
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project
from tests.gui.numbered import number_on_screen, numbered_video

Key = Qt.Key
FRAMES = 90


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """Write two videos of 90 and 40 frames that show their numbers."""
    folder = tmp_path_factory.mktemp("numbered")
    return [numbered_video(folder / f"{n}.mp4", n) for n in (FRAMES, 40)]


@pytest.fixture
def film(host, tmp_path, films, wait):
    """Return the longer video in a window that has the keyboard, as one clip."""
    path = tmp_path / "film.actiondiff"
    with Project.create(path) as project:
        run(import_videos(project, films))
        project.add_action("walk")
    host.session.open_project(path)
    host.window.resize(900, 700)
    host.window.show()
    return host


def open_film(host, wait, place: int = 0):
    host.session.open_clip(rows(host)[place].id)
    wait(lambda: not host.session.why_no_picture())
    host.window.activateWindow()
    assert QTest.qWaitForWindowActive(host.window)
    host.viewer.window._qt_viewer.canvas.native.setFocus()
    return host.player.layer


def rows(host):
    return sorted(host.session.table.rows, key=lambda row: -host.session.videos[row.video_id].frame_count)


def press(host, key, held=Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(QApplication.focusWidget() or host.window, key, held)


def move_slider(host, steps: int) -> None:
    """Move the slider of the frames by steps, as a hand does."""
    dims = host.viewer.dims
    axis = dims.ndim - 3
    dims.set_current_step(axis, dims.current_step[axis] + steps)


def mark(host, wait) -> None:
    """Mark start, end and a bout by keys, at frames that keys and the slider went to; each is the frame on screen."""
    session, project = host.session, host.session.project
    clip = session.current
    session.seek(20)
    move_slider(host, 10)
    start = number_on_screen(host.player.layer)
    press(host, Key.Key_BracketLeft)
    assert project.clip(clip).start == start
    session.seek(60)
    press(host, Key.Key_Period)
    assert number_on_screen(host.player.layer) == 61
    press(host, Key.Key_BracketRight)
    assert project.clip(clip).end == 62
    press(host, Key.Key_L)
    session.seek(10)
    move_slider(host, 4)
    begun = number_on_screen(host.player.layer)
    press(host, Key.Key_1)
    assert session.open_bouts == {"walk": begun}
    session.seek(33)
    assert number_on_screen(host.player.layer) == 33
    press(host, Key.Key_1)
    made = project.clip(session.selection[0])
    assert (made.start, made.end) == (begun, 34)
    press(host, Key.Key_L)


def stack(frames=FRAMES, **place):
    return lambda viewer: viewer.add_image(np.zeros((frames, 48, 64)), **place)


SECOND = {
    "a stack with a fourth axis": lambda v: v.add_image(np.zeros((5, FRAMES, 48, 64))),
    "half a frame a step": stack(scale=(0.5, 1, 1)),
    "begins twenty frames before": stack(translate=(-20, 0, 0)),
    "longer than the video": stack(200),
    "pictures without frames": lambda v: v.add_image(np.zeros((48, 64)), translate=(30, 30)),
    "points": lambda v: v.add_points(np.array([[-7.5, 3, 3], [120, 9, 9]])),
    "labels": lambda v: v.add_labels(np.zeros((30, 48, 64), int), translate=(50, 0, 0), scale=(3, 1, 1)),
    "shapes": lambda v: v.add_shapes([[[-3, 0, 0], [-3, 9, 9]]], shape_type="line"),
    "tracks": lambda v: v.add_tracks([[0, 0, 3, 3], [0, 140, 9, 9]]),
    "vectors": lambda v: v.add_vectors([[[100, 3, 3], [1, 0, 0]]]),
    "surface": lambda v: v.add_surface(
        (np.array([[110, 0, 0], [110, 9, 0], [110, 0, 9]]), np.array([[0, 1, 2]]))
    ),
}


@pytest.mark.parametrize("kind", SECOND)
def test_with_a_second_layer_keys_mark_the_frame_on_screen(film, wait, kind):
    open_film(film, wait)
    film.session.seek(60)
    added = SECOND[kind](film.viewer)
    assert film.session.frame == number_on_screen(film.player.layer) == 60
    mark(film, wait)
    film.session.seek(44)
    film.viewer.layers.move(film.viewer.layers.index(added), 0)
    assert film.session.frame == number_on_screen(film.player.layer) == 44
    film.viewer.layers.remove(added)
    assert film.session.frame == number_on_screen(film.player.layer) == 44


@pytest.mark.parametrize(
    "kind", ["a stack with a fourth axis", "half a frame a step", "longer than the video"]
)
def test_with_a_layer_that_was_there_before_the_video(film, wait, kind):
    SECOND[kind](film.viewer)
    move_slider(film, 7)
    open_film(film, wait)
    assert film.session.frame == number_on_screen(film.player.layer) == 0
    assert film.viewer.dims.axis_labels[-3] == "frame"
    mark(film, wait)


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("scale", (2, 1, 1)),
        ("scale", (0.3, 2, 2)),
        ("translate", (100, 5, -5)),
        ("rotate", 30),
        ("shear", (0.2, 0, 0)),
    ],
)
def test_a_video_layer_that_is_moved_or_scaled_keeps_its_frame(film, wait, change, value):
    layer = open_film(film, wait)
    film.session.seek(60)
    setattr(layer, change, value)
    assert film.session.frame == number_on_screen(layer) == 60
    mark(film, wait)
    # A stack beside it changes the slider once more.
    SECOND["begins twenty frames before"](film.viewer)
    mark(film, wait)
    # Pixels are the video's, wherever it lies.
    assert video_pixel(layer, layer.data_to_world((3, 11, 22))) == pytest.approx((11, 22))


def test_layers_in_physical_units_keep_the_frame(film, wait):
    """A second layer in smaller units makes napari count its slider in these, for all layers."""
    if "units" not in film.viewer.dims.events.emitters:
        pytest.skip("this napari shows layers of all units alike")
    layer = open_film(film, wait)
    layer.units, layer.scale = ("s", "mm", "mm"), (0.04, 1, 1)
    film.session.seek(60)
    assert film.viewer.dims.point[0] == pytest.approx(2.4)
    added = film.viewer.add_image(np.zeros((FRAMES, 48, 64)), units=("ms", "um", "um"), scale=(40, 1, 1))
    assert film.session.frame == number_on_screen(layer) == 60
    assert film.viewer.dims.point[0] == pytest.approx(2400)
    mark(film, wait)
    film.session.seek(44)
    film.viewer.layers.remove(added)
    assert film.session.frame == number_on_screen(layer) == 44
    mark(film, wait)


def test_past_the_videos_end_the_slider_goes_back_to_its_last_frame(film, wait):
    open_film(film, wait, place=1)
    stack(200)(film.viewer)
    film.viewer.dims.set_current_step(0, 150)
    assert film.session.frame == number_on_screen(film.player.layer) == 39
    assert film.viewer.dims.current_step[0] == 39


def test_a_deleted_video_layer_is_told_and_comes_back_with_the_next_clip(film, wait):
    open_film(film, wait)
    session, said = film.session, []
    session.notice.connect(said.append)
    name = session.current_row.video_name
    film.viewer.layers.clear()
    gone = f"The layer of {name} was removed from the viewer. Choose a clip to show it again."
    assert said == [gone]
    before = session.project.clips()
    for key in (Key.Key_Space, Key.Key_Period, Key.Key_BracketLeft, Key.Key_BracketRight, Key.Key_B):
        said.clear()
        press(film, key)
        assert said == [gone], key
    with pytest.raises(ProjectError, match="was removed"):
        editing.begin_or_end_bout(session, "walk")
    assert session.project.clips() == before
    session.open_clip(session.current)
    wait(lambda: not session.why_no_picture())
    mark(film, wait)
    film.viewer.layers.remove(film.player.layer)
    press(film, Key.Key_N)
    wait(lambda: not session.why_no_picture())
    film.player.pause()
    assert number_on_screen(film.player.layer) == session.frame


def test_a_hidden_video_layer_marks_nothing_and_shows_the_next_video_at_its_frame(film, wait):
    open_film(film, wait, 1)
    session, player, said = film.session, film.player, []
    session.notice.connect(said.append)
    player.layer.visible = False
    press(film, Key.Key_BracketLeft)
    assert said == [
        f"{session.current_row.video_name} is hidden. Press its eye in the list of layers to show it."
    ]
    long = rows(film)[0]
    session.open_video(long.video_id, 77)
    wait(lambda: not session.why_no_picture())
    assert (session.frame, number_on_screen(player.layer)) == (77, 77)


def test_a_video_opened_in_the_turn_before_the_one_before_is_uncovered_is_at_its_frame(film, wait):
    short, long = rows(film)[1], rows(film)[0]
    film.player.prefetch(long.video_id)
    wait(lambda: not film.jobs.active())
    film.session.open_clip(short.id)
    wait(lambda: not film.player.why_no_picture())
    film.player.layer.visible = False
    film.session.open_video(long.video_id, 77)
    assert (film.session.frame, number_on_screen(film.player.layer)) == (77, 77)


def test_a_key_pressed_before_the_picture_is_there_marks_nothing(film):
    session, said = film.session, []
    session.notice.connect(said.append)
    session.open_clip(rows(film)[0].id)
    clip = session.project.clip(session.current)
    film.keyboard.run("set_end")
    assert "still being opened" in said[-1]
    assert session.project.clip(clip.id) == clip


@pytest.mark.parametrize("turned", ["3-D before", "3-D", "rolled"])
def test_a_video_stays_in_two_dimensions_and_is_not_read_whole(film, wait, turned):
    said, read, dims = [], [], film.viewer.dims
    film.session.notice.connect(said.append)
    if turned == "3-D before":
        SECOND["a stack with a fourth axis"](film.viewer)
        dims.ndisplay = 3
    open_film(film, wait)
    reader = film.player._reader
    many = reader.read_many
    reader.read_many = lambda numbers: read.append(len(numbers)) or many(numbers)
    film.session.seek(12)
    if turned == "3-D":
        film.viewer.window._qt_viewer.viewerButtons.ndisplayButton.click()
    elif turned == "rolled":
        film.viewer.window._qt_viewer.viewerButtons.rollDimsButton.click()
    assert "It is shown in 2-D." in "".join(said)
    assert (dims.ndisplay, dims.displayed) == (2, (dims.ndim - 2, dims.ndim - 1))
    assert max(read, default=1) == 1
    assert film.session.frame == number_on_screen(film.player.layer) == 12
    mark(film, wait)


def test_a_box_is_of_the_videos_pixels_also_where_its_layer_was_moved(film, wait):
    layer = open_film(film, wait)
    session, box = film.session, (3, 4, 20, 10)
    editing.set_roi(session, [session.current], box)
    layer.scale, layer.translate = (1, 2, 3), (5, 40, -7)
    region = film.region.layer
    np.testing.assert_allclose(moved(region.data[0], region, layer), corners_of(box), atol=1e-4)
    film.keyboard.run("box")
    region.add_rectangles(moved(corners_of((10, 12, 16, 8)), layer, region))
    wait(lambda: session.project.clip(session.current).roi != box)
    assert session.project.clip(session.current).roi == (10, 12, 16, 8)
