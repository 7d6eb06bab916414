"""Sound of the open recording: played in step with the video at 1x, and its waveform for the timeline."""

from collections import OrderedDict
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol

from qtpy.QtCore import QObject, QTimer, Signal

from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.video.frame_index import FrameIndex
from actiondiff_gui.video.sound import (
    RATE,
    SAMPLE_BYTES,
    Chunks,
    Waveform,
    decode_job,
    has_sound,
    waveform_job,
)

if TYPE_CHECKING:
    from actiondiff_gui.gui.player.player import Player
    from actiondiff_gui.gui.services.context import WindowContext

PUMP_MS = 20
APART = 0.15
"""Seconds that sound and picture may be apart before the sound begins anew at the frame."""
LOOK_SECONDS, LATE = 0.5, 0.05
"""Seconds between looks at how late the device plays, and those that are not corrected."""
KEPT = 8
"""Waveforms of recordings that were opened lately."""


class Output(Protocol):
    """Where samples are played."""

    def free(self) -> int:
        """Return how many bytes it takes now."""

    def write(self, samples: bytes) -> None:
        """Play these after what it has."""

    def played(self) -> float:
        """Return for how many seconds it has played since it was made."""

    def stop(self) -> None:
        """Play nothing more."""


class Speaker:
    """The computer's sound device, by QtMultimedia.

    Raises
    ------
    ActionDiffError
        The Qt binding has no QtMultimedia, or the computer has no sound device.
    """

    def __init__(self) -> None:
        try:
            from qtpy import QtMultimedia as qt
        except Exception as error:  # qtpy has an error of its own for each way in which it can be missing
            raise ActionDiffError(
                "The sound is not played: the Qt binding has no QtMultimedia. With PySide6 install PySide6-Addons."
            ) from error
        device = qt.QMediaDevices.defaultAudioOutput()
        if device.isNull():
            raise ActionDiffError(
                "The sound is not played: this computer has no sound device that can be used."
            )
        wanted = qt.QAudioFormat()
        wanted.setSampleRate(RATE)
        wanted.setChannelCount(2)
        wanted.setSampleFormat(qt.QAudioFormat.SampleFormat.Int16)
        self._sink: Any = qt.QAudioSink(device, wanted)
        self._sink.setBufferSize(RATE * SAMPLE_BYTES // 5)
        self._into: Any = self._sink.start()
        if self._into is None:
            raise ActionDiffError("The sound is not played: the sound device cannot be opened.")

    def free(self) -> int:
        """Return how many bytes it takes now."""
        return int(self._sink.bytesFree())

    def write(self, samples: bytes) -> None:
        """Play these after what it has."""
        self._into.write(samples)

    def played(self) -> float:
        """Return for how many seconds it has played since it was made."""
        return float(self._sink.processedUSecs()) / 1e6

    def stop(self) -> None:
        """Play nothing more."""
        self._sink.reset()
        self._sink.stop()


class Sound(QObject):
    """Plays the sound of the session's video while the player plays it at 1x.

    Attributes
    ----------
    there : bool
        Whether the open recording has sound.
    waveform : Waveform or None
        Its waveform, once it was read.
    muted : bool
    trouble : str
        Why nothing is heard although there is sound; "" where something is.
    open_output : callable
        Makes what samples are played by; raises ActionDiffError where nothing can be played.

    Signals: ``changed`` when one of these became another one.
    """

    changed = Signal()

    def __init__(self, host: "WindowContext", player: "Player") -> None:
        super().__init__(host)
        self.host, self.session, self.player = host, host.session, player
        self.there = False
        self.waveform: Waveform | None = None
        self.muted = bool(self.session.preferences.get("muted"))
        self.trouble = ""
        self.open_output: Any = Speaker
        self._output: Output | None = None
        self._chunks: Chunks | None = None
        self._known: OrderedDict[str, Waveform | None] = OrderedDict()
        self._video: str | None = None
        self._from = self._asked = self._heard = self._looked = 0.0
        self._told_speed = 1.0
        self._pump = QTimer(self)
        self._pump.setInterval(PUMP_MS)
        self._pump.timeout.connect(self._play_on)
        player.changed.connect(self._player_changed)
        self.session.frame_changed.connect(self._frame_changed)
        self.session.video_changed.connect(self._video_changed)

    @property
    def sounding(self) -> bool:
        """Whether sound is being played."""
        return self._chunks is not None

    def set_muted(self, muted: bool) -> None:
        """Play no sound, or play it again; remembered on this computer."""
        self.muted = muted
        self.session.preferences.set("muted", True if muted else None)
        self._player_changed()
        self.changed.emit()

    def close(self) -> None:
        """Be silent and listen to nothing more."""
        self._stop()
        self.session.frame_changed.disconnect(self._frame_changed)
        self.session.video_changed.disconnect(self._video_changed)

    # Which recording

    def _video_changed(self, _: str | None) -> None:
        self._stop()
        self._video, self.there, self.waveform, self.trouble = None, False, None, ""
        self.host.jobs.leave("waveform")
        self.changed.emit()

    def _look(self, index: FrameIndex) -> None:
        """Find out whether the video that is shown now has sound, and read its waveform."""
        self._video = video_id = self.session.video
        if video_id in self._known:
            self._found(video_id, self._known[video_id] is not None, index)
            return
        path = self.session.videos[video_id].path
        self.host.jobs.run(
            lambda: has_sound(path),
            f"looking for sound in {path.name}",
            done=lambda there: self._found(video_id, there, index),
            failed=lambda _: None,  # the player tells what is wrong with the file
            key="sound there",
            quiet=True,
        )

    def _found(self, video_id: str, there: bool, index: FrameIndex) -> None:
        if video_id != self.session.video or self.host.closed:
            return
        self.there = there
        if not there:
            self._keep(video_id, None)
            return
        known = self._known.get(video_id)
        if known is not None:
            self._keep(video_id, known)
        else:
            video = self.session.videos[video_id]
            begin, seconds = index.time_of(0), video.frame_count / video.fps
            self.host.jobs.start(
                lambda: waveform_job(video.path, begin, seconds),
                f"reading the sound of {video.path.name}",
                done=lambda wave: self._keep(video_id, wave),
                key="waveform",
                quiet=True,
            )
        self._player_changed()
        self.changed.emit()

    def _keep(self, video_id: str, wave: Waveform | None) -> None:
        self._known[video_id] = wave
        self._known.move_to_end(video_id)
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        if video_id == self.session.video:
            self.waveform = wave
            self.changed.emit()

    # Playing

    def _player_changed(self) -> None:
        index = self.player.index
        if index is not None and self._video != self.session.video:
            self._look(index)
        if not self.there:
            return
        speed = self.player.speed
        if speed != self._told_speed:
            self._told_speed = speed
            if speed != 1 and not self.muted and not self.trouble:
                self.host.tell(f"At {speed:g}x there is no sound; it is played at 1x.")
            self.changed.emit()
        wanted = self.player.playing and speed == 1 and not self.muted and index is not None
        if wanted and not self.sounding:
            self._start()
        elif not wanted and self.sounding:
            self._stop()

    def _start(self) -> None:
        """Play from the present frame on."""
        try:
            if self._output is None:
                self._output = self.open_output()
        except ActionDiffError as error:
            if not self.trouble:
                self.host.tell(str(error))
            self.trouble = str(error)
            self.changed.emit()
            return
        if self.trouble:
            self.trouble = ""
            self.changed.emit()
        index = self.player.index
        if index is None:
            return
        # Opening the device may have taken a while, in which the video has gone on.
        self._from, self._asked, self._heard = index.time_of(self.player.frame_due()), perf_counter(), -1.0
        chunks, path, at = Chunks(), self.session.videos[self.session.video].path, self._from
        self._chunks = chunks
        self.host.jobs.start(
            lambda: decode_job(path, at, chunks),
            f"playing the sound of {path.name}",
            failed=lambda _: self._stop(),
            key="sound",
            quiet=True,
        )
        self._pump.start()

    def _stop(self) -> None:
        self._pump.stop()
        if self._chunks is not None:
            self._chunks = None
            self.host.jobs.leave("sound")
        if self._output is not None:
            self._output.stop()
            self._output = None

    def _play_on(self) -> None:
        """Hand on what was decoded, as much as the device takes."""
        chunks, output = self._chunks, self._output
        if chunks is None or output is None:
            return
        if self._heard < 0:
            # What the video has shown while the first samples were decoded is left out.
            late = round((perf_counter() - self._asked) * RATE) * SAMPLE_BYTES
            if chunks.seconds * RATE * SAMPLE_BYTES <= late and not chunks.ended:
                return
            while late > 0 and (left := chunks.take(late)):
                late -= len(left)
            self._heard = perf_counter() - self._asked
            self._looked = self._heard + LOOK_SECONDS
        passed = perf_counter() - self._asked
        if passed > self._looked:
            # The device began late, or plays too slowly: as much is left out once.
            self._looked = passed + LOOK_SECONDS
            late = passed - self._heard - output.played()
            if late > LATE and not chunks.ended:
                skip = round(late * RATE) * SAMPLE_BYTES
                while skip > 0 and (left := chunks.take(skip)):
                    skip -= len(left)
                    self._heard += len(left) / SAMPLE_BYTES / RATE
        while (free := output.free()) >= SAMPLE_BYTES and (samples := chunks.take(free)):
            output.write(samples)

    def _frame_changed(self, frame: int) -> None:
        """Begin anew where the video has jumped, as at the end of a loop."""
        index = self.player.index
        if not self.sounding or self._chunks is None or index is None:
            return
        if abs(index.time_of(frame) - self._from - (perf_counter() - self._asked)) > APART:
            self._stop()
            self._start()
