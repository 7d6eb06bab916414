"""Playing, loops, bookmarks and going to a time by real keys, in recordings of half a frame and of 250 frames a second."""

import time
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from actiondiff_gui.gui.timeline.dock import TimelineDock
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project

Key = Qt.Key
NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier


def film(path, rate: Fraction, frames: int):
    """Write a small video at a rate."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number % 250, np.uint8))
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.fixture
def opened(host, tmp_path, wait, request):
    """Return the host with a recording of ``request.param`` frames a second in a window that has the keyboard."""
    rate, frames = request.param
    path = film(tmp_path / "film.mp4", Fraction(rate), frames)
    with Project.create(tmp_path / "film.actiondiff") as project:
        run(import_videos(project, [path]))
        project.add_action("walk")
    session = host.session
    session.open_project(tmp_path / "film.actiondiff")
    host.timeline = TimelineDock(host)
    host.viewer.window.add_dock_widget(host.timeline, name="timeline", area="bottom")
    host.window.resize(1200, 800)
    host.window.show()
    session.open_video(next(iter(session.videos)))
    wait(lambda: not session.why_no_picture())
    host.window.activateWindow()
    assert QTest.qWaitForWindowActive(host.window)
    host.viewer.window._qt_viewer.canvas.native.setFocus()
    yield host
    host.player.pause()
    host.timeline = None


SLOW, FAST = ("1/2", 40), ("250", 1500)
both = pytest.mark.parametrize("opened", [SLOW, FAST], indirect=True, ids=["half", "250"])


def press(host, key, held=NONE) -> None:
    QTest.keyClick(QApplication.focusWidget() or host.window, key, held)


def rate_of_playing(host, seconds: float) -> float:
    """Return the frames a second that the session passes through while it plays, from one change of the frame to another."""
    changes: list[tuple[float, int]] = []
    host.session.frame_changed.connect(lambda frame: changes.append((time.perf_counter(), frame)))
    press(host, Key.Key_Space)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        QApplication.processEvents()
        time.sleep(0.002)
    press(host, Key.Key_Space)
    assert not host.player.playing
    (began, first), (ended, last) = changes[0], changes[-1]
    return (last - first) / (ended - began)


@pytest.mark.parametrize(
    ("opened", "steps", "shown"),
    [(SLOW, 5, "16x"), (SLOW, 3, "4x"), (FAST, 0, "1x"), (FAST, -4, "0.05x"), (FAST, -5, "0.02x")],
    indirect=["opened"],
)
def test_keys_change_the_speed_and_it_is_kept_to(opened, steps, shown):
    for _ in range(abs(steps)):
        press(opened, Key.Key_Equal if steps > 0 else Key.Key_Minus)
    assert opened.timeline.player_bar.speed.text() == shown
    wanted = opened.player.fps * float(shown.rstrip("x"))
    assert rate_of_playing(opened, 1.6) == pytest.approx(wanted, rel=0.3)


@both
def test_a_second_is_a_second_and_at_least_a_frame(opened):
    press(opened, Key.Key_Greater)
    assert opened.session.frame == max(1, round(opened.player.fps))
    press(opened, Key.Key_Less)
    assert opened.session.frame == 0


@both
def test_a_time_is_gone_to_by_the_rate_of_the_recording(opened, wait):
    for text, seconds in (("0:04", 4.0), ("2 s", 2.0)):
        press(opened, Key.Key_G)
        wait(lambda: QApplication.activeModalWidget() is not None)
        field = QApplication.activeModalWidget()
        QTest.keyClicks(field.line, text)
        QTest.keyClick(field.line, Key.Key_Return)
        wait(lambda: QApplication.activeModalWidget() is None)
        assert opened.session.frame == round(seconds * opened.player.fps)
        opened.window.activateWindow()
        assert QTest.qWaitForWindowActive(opened.window)
        opened.viewer.window._qt_viewer.canvas.native.setFocus()


@both
def test_a_range_is_played_in_a_loop_until_escape(opened, wait):
    session = opened.session
    if opened.player.fps < 1:
        for _ in range(5):
            press(opened, Key.Key_Equal)
    last = 12 if opened.player.fps < 1 else 60
    session.seek(9)
    press(opened, Key.Key_I)
    session.seek(last)
    press(opened, Key.Key_O)
    session.seek(9)
    seen: list[int] = []
    session.frame_changed.connect(seen.append)
    press(opened, Key.Key_Space)
    wait(lambda: sum(b < a for a, b in pairwise(seen)) >= 2)
    assert min(seen) == 9
    assert max(seen) <= last
    press(opened, Key.Key_Escape)
    wait(lambda: session.frame > last)
    press(opened, Key.Key_Space)


@both
def test_bookmarks_are_gone_to_in_both_ways_and_are_kept(opened):
    session = opened.session
    for frame in (3, 20, 31):
        session.seek(frame)
        press(opened, Key.Key_Y)
    session.seek(0)
    seen = []
    for held in (NONE, NONE, NONE, SHIFT, SHIFT):
        press(opened, Key.Key_J, held)
        seen.append(session.frame)
    assert seen == [3, 20, 31, 20, 3]
    press(opened, Key.Key_Y)
    assert session.bookmarks == [20, 31]
    path = session.project.path
    session.close_project()
    session.open_project(path)
    session.open_video(next(iter(session.videos)))
    assert session.bookmarks == [20, 31]
