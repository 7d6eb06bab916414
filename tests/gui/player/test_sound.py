"""Sound in step with the video, with an output that notes what it is given; the waveform on the timeline."""

import time
from typing import ClassVar

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.gui.player.sound import Speaker
from actiondiff_gui.gui.timeline.menu import empty_menu
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project
from actiondiff_gui.video.sound import RATE
from tests.video.sounding import movie


class Noted:
    """An output that plays nothing and keeps all that it is given."""

    made: ClassVar[list["Noted"]] = []

    def __init__(self) -> None:
        self.samples, self.stopped = b"", False
        Noted.made.append(self)

    def free(self) -> int:
        return 1 << 16

    def write(self, samples: bytes) -> None:
        self.samples += samples

    def played(self) -> float:
        return len(self.samples) / 4 / RATE

    def stop(self) -> None:
        self.stopped = True


@pytest.fixture
def talkie(host, tmp_path, wait):
    """Return the host with a recording with sound open in a timeline, and a silent one beside it."""
    from actiondiff_gui.gui.timeline.dock import TimelineDock

    Noted.made = []
    files = [movie(tmp_path / "loud.mp4"), movie(tmp_path / "silent.mp4", sound=False)]
    with Project.create(tmp_path / "talk.actiondiff") as project:
        run(import_videos(project, files))
        project.add_action("walk")
    host.sound.open_output = Noted
    host.session.open_project(tmp_path / "talk.actiondiff")
    host.timeline = TimelineDock(host)
    host.viewer.window.add_dock_widget(host.timeline, name="timeline", area="bottom")
    host.window.resize(1200, 800)
    host.window.show()
    video = {v.path.name: v.id for v in host.session.videos.values()}
    host.session.open_video(video["loud.mp4"])
    wait(lambda: host.sound.waveform is not None)
    host.window.activateWindow()
    assert QTest.qWaitForWindowActive(host.window)
    host.viewer.window._qt_viewer.canvas.native.setFocus()
    yield host
    host.timeline = None


def press(host, key) -> None:
    QTest.keyClick(QApplication.focusWidget() or host.window, key)


def test_space_plays_the_sound_from_the_shown_frame_and_stops_it(talkie, wait):
    session, sound = talkie.session, talkie.sound
    session.set_looping(False)
    session.seek(15)  # 0.6 s: the tone begins 0.4 s later
    press(talkie, Qt.Key.Key_Space)
    assert sound.sounding
    wait(lambda: len(Noted.made[0].samples) > RATE * 4)
    press(talkie, Qt.Key.Key_Space)
    assert not sound.sounding
    assert Noted.made[0].stopped
    played = np.abs(np.frombuffer(Noted.made[0].samples, np.int16).reshape(-1, 2)[:, 0].astype(int))
    begun = np.flatnonzero(played > 2000)[0] / RATE
    # What the video showed until the first samples were there is left out.
    assert sound._heard >= 0
    assert begun == pytest.approx(0.4 - sound._heard, abs=0.06)
    wait(lambda: not [job for job in talkie.jobs.active() if job.key == "sound"])


def test_a_jump_and_the_end_of_a_loop_begin_the_sound_anew_there(talkie, wait):
    session, sound = talkie.session, talkie.sound
    session.loop_between(10, 20)
    session.seek(10)
    press(talkie, Qt.Key.Key_Space)
    wait(lambda: len(Noted.made) >= 3)
    # On a busy machine the picture is some frames ahead by then; going on without a jump would be at 0.8 s.
    assert sound._from == pytest.approx(10 / 25, abs=0.2)
    press(talkie, Qt.Key.Key_Escape)
    session.seek(80)
    wait(lambda: abs(sound._from - 80 / 25) < 0.1)
    wait(lambda: session.frame > 82)
    talkie.player.pause()
    assert not sound.sounding


class Late(Noted):
    """An output that begins to play 0.4 seconds after it was given something, and holds a fifth of a second."""

    def __init__(self) -> None:
        super().__init__()
        self.began = 0.0

    def write(self, samples: bytes) -> None:
        self.began = self.began or time.perf_counter() + 0.4
        super().write(samples)

    def played(self) -> float:
        ready = len(self.samples) / 4 / RATE
        return min(ready, max(0.0, time.perf_counter() - self.began)) if self.began else 0.0

    def free(self) -> int:
        waiting = len(self.samples) - 4 * round(self.played() * RATE)
        return max(0, RATE * 4 // 5 - waiting)


def test_a_device_that_begins_late_is_brought_into_step_by_leaving_samples_out(talkie, wait):
    sound = talkie.sound
    sound.open_output = Late
    press(talkie, Qt.Key.Key_Space)
    began = time.perf_counter()
    wait(lambda: time.perf_counter() - began > 1.8)
    passed = time.perf_counter() - sound._asked
    # What is heard now is that of the time in the video, within the shortest delay that is noticed.
    assert sound._heard + Noted.made[-1].played() == pytest.approx(passed, abs=0.12)
    assert len(Noted.made) == 1
    talkie.player.pause()


def test_the_button_mutes_and_is_remembered(talkie):
    bar, sound = talkie.timeline.player_bar, talkie.sound
    assert bar.sound.isVisible()
    press(talkie, Qt.Key.Key_Space)
    assert sound.sounding
    QTest.mouseClick(bar.sound, Qt.MouseButton.LeftButton)
    assert not sound.sounding
    assert talkie.player.playing
    assert "muted" in bar.sound.toolTip()
    assert talkie.session.preferences.get("muted") is True
    QTest.mouseClick(bar.sound, Qt.MouseButton.LeftButton)
    assert sound.sounding
    talkie.player.pause()


def test_at_another_speed_there_is_no_sound_and_it_is_said(talkie):
    sound, told = talkie.sound, []
    talkie.session.notice.connect(told.append)
    press(talkie, Qt.Key.Key_Space)
    assert sound.sounding
    press(talkie, Qt.Key.Key_Equal)
    assert talkie.player.speed == 1.5
    assert not sound.sounding
    assert told[-1] == "At 1.5x there is no sound; it is played at 1x."
    assert "At 1.5x there is no sound" in talkie.timeline.player_bar.sound.toolTip()
    press(talkie, Qt.Key.Key_Minus)
    assert sound.sounding
    talkie.player.pause()


def test_without_a_device_one_sentence_is_told_and_the_video_plays(talkie, wait):
    def none():
        raise ActionDiffError("The sound is not played: this computer has no sound device that can be used.")

    sound, told = talkie.sound, []
    sound.open_output = none
    talkie.session.notice.connect(told.append)
    press(talkie, Qt.Key.Key_Space)
    wait(lambda: talkie.session.frame > 5)
    press(talkie, Qt.Key.Key_Space)
    press(talkie, Qt.Key.Key_Space)
    assert talkie.player.playing
    assert [text for text in told if "no sound device" in text] == [sound.trouble]
    assert "no sound device" in talkie.timeline.player_bar.sound.toolTip()
    talkie.player.pause()


def test_the_speaker_is_one_or_says_in_a_sentence_why_not():
    said = "The sound is not played: "
    try:
        Speaker().stop()
    except ActionDiffError as error:
        said = str(error)
    assert said.startswith("The sound is not played: ")


def test_a_recording_without_sound_has_neither_button_nor_waveform(talkie, wait):
    view, bar = talkie.timeline.view, talkie.timeline.player_bar
    assert view.parts.sound > 0
    silent = next(v.id for v in talkie.session.videos.values() if v.path.name == "silent.mp4")
    talkie.session.open_video(silent)
    wait(lambda: not talkie.session.why_no_picture() and not talkie.jobs.active())
    assert not bar.sound.isVisible()
    assert view.parts.sound == 0
    assert not talkie.sound.there


def test_the_waveform_is_drawn_where_the_tone_is_and_can_be_hidden(talkie):
    view = talkie.timeline.view
    image, parts = view.grab().toImage(), view.parts
    assert parts.zone(parts.names + 5, parts.ruler + 3) == "sound"
    back = image.pixel(round(parts.names + view.axis.x(25 * 3.5)), parts.ruler + 7)
    loud = image.pixel(round(parts.names + view.axis.x(25 * 1.5)), parts.ruler + 9)
    assert loud != back
    entry = next(e for e in empty_menu(view).actions() if e.text() == "Show the waveform of the sound")
    assert entry.isChecked()
    entry.trigger()
    assert view.parts.sound == 0
    assert talkie.session.preferences.get("no_waveform") is True
