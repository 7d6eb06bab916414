"""Video player: one napari layer that decodes the frames it shows, and a clock."""

from collections import OrderedDict
from time import perf_counter
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer, Signal

from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.gui.common.garbage import quick_removal
from actiondiff_gui.gui.common.listening import if_there
from actiondiff_gui.gui.player.video_axes import (
    Flat,
    ShownVideo,
    frame_at,
    placement,
    show_frame,
    unit_of_frames,
)
from actiondiff_gui.video.frame_index import FrameIndex
from actiondiff_gui.video.indexing import first_frame_index, index_job, unproven_job
from actiondiff_gui.video.reader import VideoReader

if TYPE_CHECKING:
    from napari.layers import Image
    from napari.viewer import Viewer

    from actiondiff_gui.gui.services.context import WindowContext

SPEEDS = (0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 4.0, 8.0, 16.0)
INDEXES_KEPT = 256
UNCOVERED_MS = 10
FRAMES_AND_PICTURE = 3
"""Axes of a video: frames, height and width."""


class Player(QObject):
    """Shows the session's video in the viewer and plays it, in both directions in step with the session.

    Signals: ``changed`` when it plays or pauses, gets another speed or another video; ``moved`` when the video's layer was
    moved or scaled in the viewer.

    Attributes
    ----------
    layer : napari.layers.Image or None
        The video's layer while it is in the viewer.
    """

    changed = Signal()
    moved = Signal()

    def __init__(self, host: "WindowContext") -> None:
        super().__init__(host)
        self.host, self.session = host, host.session
        self.layer = None
        self.speed = 1.0
        self.playing = False
        self._reader: VideoReader | None = None
        self._indexes: OrderedDict[str, FrameIndex] = OrderedDict()
        self._ahead: set[str] = set()
        self._clock = QTimer(self)
        self._clock.setInterval(10)
        self._clock.timeout.connect(self._tick)
        self._from: tuple[float, int] = (0.0, 0)
        self._play_when_ready = False
        self._opening: str | None = None
        self._covered: Image | None = None
        self._lies: tuple[float, ...] = ()
        self.session.why_no_picture = self.why_no_picture
        self.session.playing = lambda: self.playing
        self.session.video_changed.connect(self._open_video)
        self.session.frame_changed.connect(self._show_frame)
        self.session.current_changed.connect(self._clip_chosen)
        self.session.marks_changed.connect(self._restart_clock)
        self.viewer.dims.events.point.connect(self._follow_slider)
        self.viewer.dims.events.ndim.connect(self._show_sliders)
        if "units" in self.viewer.dims.events.emitters:  # since napari 0.7
            self.viewer.dims.events.units.connect(self._layer_moved)
        self.viewer.layers.events.inserted.connect(self._show_sliders)
        self.viewer.layers.events.removed.connect(self._layer_removed)
        self._flat = Flat(host)

    @property
    def viewer(self) -> "Viewer":
        """The viewer that holds the player's layer."""
        return self.host.viewer

    @property
    def fps(self) -> float:
        """Frames per second of the video that is shown."""
        video = self.session.videos.get(self.session.video)
        return video.fps if video is not None else 25.0

    @property
    def index(self) -> FrameIndex | None:
        """Frame index of the video that is on screen; None where none is."""
        return self._reader.known_index if self._reader is not None and self._is_shown() else None

    def frame_due(self) -> int:
        """Return the frame that is to be shown now by the clock of playing, also beyond the end."""
        began, frame = self._from
        return frame + int((perf_counter() - began) * self.fps * self.speed)

    def play(self) -> None:
        """Play from the present frame; where the video is still being opened, once it is open."""
        if self.layer is None:
            self._play_when_ready = self._opening is not None
            return
        if not self.playing:
            self.playing = True
            self._clock.start()
        self._restart_clock()
        self.changed.emit()

    def pause(self) -> None:
        """Stop at the present frame."""
        self._play_when_ready = False
        if self.playing:
            self.playing = False
            self._clock.stop()
            self.changed.emit()

    def toggle(self) -> None:
        """Play or pause.

        Raises
        ------
        ActionDiffError
            If there is nothing to play, or it cannot be shown.
        """
        if self.playing or self._play_when_ready:
            self.pause()
            return
        self._need_picture()
        self.play()

    def step(self, frames: int) -> None:
        """Pause and move by a number of frames; raises like :meth:`toggle`."""
        self._need_picture()
        self.pause()
        self.session.seek(self.session.frame + frames)

    def step_seconds(self, seconds: float) -> None:
        """Pause and move by a number of seconds, and by one frame where frames are longer than that."""
        frames = round(abs(seconds) * self.fps) or 1
        self.step(frames if seconds > 0 else -frames)

    def _need_picture(self) -> None:
        if self._opening is None and self._covered is None and (why := self.why_no_picture()):
            raise ActionDiffError(why)

    def change_speed(self, by: int) -> None:
        """Play one step faster (1) or slower (-1)."""
        place = min(range(len(SPEEDS)), key=lambda i: abs(SPEEDS[i] - self.speed))
        self.speed = SPEEDS[max(0, min(place + by, len(SPEEDS) - 1))]
        self._restart_clock()
        self.changed.emit()

    def prefetch(self, video_id: str) -> None:
        """Read a video's index ahead, so that it opens at once."""
        video = self.session.videos.get(video_id)
        if video is None or video_id in self._indexes or video_id in self._ahead or self.host.closed:
            return
        self._ahead.add(video_id)
        self.host.jobs.start(
            lambda: index_job(video.path),
            f"opening {video.path.name} ahead",
            done=lambda index: self._keep_index(video_id, index),
            failed=lambda _: None,  # told when the clip is opened
            quiet=True,
        )

    def _keep_index(self, video_id: str, index: FrameIndex) -> None:
        self._ahead.discard(video_id)
        if index.method == "unproven":
            return
        self._indexes[video_id] = index
        while len(self._indexes) > INDEXES_KEPT:
            self._indexes.popitem(last=False)

    def _show_early(self, video_id: str, index: FrameIndex | None) -> None:
        """Show a video before its index is verified, if it has the frames that the project knows; verify it in the background."""
        video = self.session.videos.get(video_id)
        if video is None or video_id != self.session.video or self.host.closed:
            return
        if index is not None and index.frame_count == video.frame_count:
            self._show_video(video_id, index)
        elif self.session.frame == 0:
            self._show_first_frame(video_id)
        self.host.jobs.start(
            lambda: index_job(video.path, unproven=index),
            f"opening {video.path.name}",
            done=lambda proven: self._show_proven(video_id, proven),
            failed=lambda text: self._cannot_show(video_id, text),
            key="open video",
        )

    def _show_first_frame(self, video_id: str) -> None:
        """Show the first frame where no other can be told yet; the video counts as not shown."""
        try:
            only = first_frame_index(self.session.videos[video_id].path)
        except ActionDiffError:
            return  # told by the job that follows
        playing, self._play_when_ready = self._play_when_ready, False
        self._show_video(video_id, only)
        if self.layer is not None:
            self.layer.metadata = {}
        self._opening, self._play_when_ready = video_id, playing

    def _show_proven(self, video_id: str, index: FrameIndex) -> None:
        if video_id == self.session.video and self._reader is not None and self._is_shown():
            self._keep_index(video_id, index)
            if self._reader.adopt(index):
                self.layer.refresh()  # the picture on screen may be another one than the file was found to have
                return
        self._show_video(video_id, index)

    def close(self) -> None:
        """Close the video file."""
        self.pause()
        self._clock.stop()
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def why_no_picture(self) -> str:
        """Return why the current video is not on screen, and what to do; "" if it is."""
        video = self.session.videos.get(self.session.video)
        if self._is_shown() and self.layer.visible:
            return ""
        if video is None:
            return "No video is open. Choose a clip first."
        name = video.path.name
        if self._is_shown() and self._covered is None:
            return f"{name} is hidden. Press its eye in the list of layers to show it."
        if self._opening == video.id or self._covered is not None:
            return f"{name} is still being opened. Press the key again when its picture is shown."
        return (
            self.session.why_unplayable(video.id)
            or f"The layer of {name} was removed from the viewer. Choose a clip to show it again."
        )

    def stretch(self) -> tuple[int, int]:
        """Return the first and last frame of playback: of the looped clip, or the whole video."""
        if self.session.loop_range is not None:
            return self.session.loop_range
        row = self.session.current_row
        if row is not None and self.session.looping:
            return row.start, row.end - 1
        video = self.session.videos.get(self.session.video)
        return 0, (video.frame_count if video is not None else 1) - 1

    def _open_video(self, video_id: str | None) -> None:
        if video_id is None:
            self._ahead.clear()
        was_playing = self.playing or self._play_when_ready
        self.pause()
        self._play_when_ready = was_playing
        if video_id is None:
            self._opening = None
            self._drop_layer()
            return
        self._opening = video_id
        if video_id in self._indexes:
            self._indexes.move_to_end(video_id)
            self._show_video(video_id, self._indexes[video_id])
            return
        self._make_axes()
        path = self.session.videos[video_id].path
        self.host.jobs.start(
            lambda: unproven_job(path),
            f"opening {path.name}",
            done=lambda index: self._show_early(video_id, index),
            failed=lambda text: self._cannot_show(video_id, text),
            key="open video",
        )

    def _cannot_show(self, video_id: str, text: str) -> None:
        if video_id == self.session.video:
            self._play_when_ready, self._opening = False, None
            self._drop_layer()
            self.host.jobs.add_problem(text)
        self.session.cannot_show(video_id, text)

    def _show_video(self, video_id: str, index: FrameIndex) -> None:
        if video_id != self.session.video or self.host.closed:
            return
        self._keep_index(video_id, index)
        video = self.session.videos[video_id]
        try:
            reader = VideoReader(video.path, index)
        except ActionDiffError as error:
            self._cannot_show(video_id, str(error))
            return
        old_reader, self._reader, self._opening = self._reader, reader, None
        self._flat.restore()
        # Until the new layer is the only one, the slider's range is that of both.
        with self.viewer.dims.events.point.blocker(self._follow_slider):
            if self.layer is not None:
                if not self.layer.visible:
                    # It would keep the length of the video before, and the frame could not be shown.
                    self._covered, self.layer.visible = None, True
                # Taking one layer out and another one in costs napari several times as much.
                self.layer.data, self.layer.name = ShownVideo(reader), video.path.name
                self.layer.metadata = {"actiondiff_video": video_id}
            else:
                self._add_layer(reader, video_id, video.path.name)
            # napari would offer its own meaning of the digits, which are ours while a workbench is there.
            self.layer.help = self.viewer.help = ""
            labels = list(self.viewer.dims.axis_labels)
            labels[-3] = "frame"
            self.viewer.dims.axis_labels = labels
            show_frame(self.layer, self.viewer.dims, min(self.session.frame, reader.frame_count - 1))
        self._show_sliders()
        self.session.can_show(video_id)
        if old_reader is not None:
            old_reader.close()
        self.viewer.reset_view()
        self.changed.emit()
        if self._play_when_ready:
            self._play_when_ready = False
            self.play()

    def _make_axes(self) -> None:
        """Let an empty viewer have a video's axes, whose sliders would take long in the turn that adds the layer.

        They are hidden before, as all canvases are painted within the turn in which they come or go.
        """
        if not self.viewer.layers:
            self.viewer.window._qt_viewer.dims.setVisible(False)
            self.viewer.dims.ndim = FRAMES_AND_PICTURE

    def _uncover(self) -> None:
        """Show the picture of a layer that was added: adding it takes long enough for one turn of the event loop."""
        layer, self._covered = self._covered, None
        if layer is not None and layer is self.layer:
            layer.visible = True
            self.changed.emit()

    def _add_layer(self, reader: VideoReader, video_id: str, name: str) -> None:
        from napari.layers import Image

        self.layer = self._covered = Image(
            ShownVideo(reader), name=name, rgb=True, metadata={"actiondiff_video": video_id}, visible=False
        )
        self.viewer.add_layer(self.layer)
        QTimer.singleShot(UNCOVERED_MS, if_there(self._uncover))
        self.viewer.layers.move(self.viewer.layers.index(self.layer), 0)
        self._lies = self._place()
        for event in ("scale", "translate", "rotate", "shear", "affine", "units"):
            getattr(self.layer.events, event).connect(self._layer_moved)

    def _place(self) -> tuple[float, ...]:
        """Return where the layer lies in the viewer, as numbers to compare."""
        return (*placement(self.layer, 3).ravel(), unit_of_frames(self.layer, self.viewer.dims))

    def _drop_layer(self) -> None:
        layer, self.layer = self.layer, None
        if layer is not None and layer in self.viewer.layers:
            with quick_removal():
                self.viewer.layers.remove(layer)
        self._show_sliders()
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        self.changed.emit()

    def _show_sliders(self, _: object = None) -> None:
        """Show napari's own sliders only where they do more than the player's bar: for other axes, or without a video."""
        if not self.host.closed and self.viewer is not None:
            ours = self.layer is not None or (self._opening is not None and not self.viewer.layers)
            only_frames = ours and self.viewer.dims.ndim <= FRAMES_AND_PICTURE
            self.viewer.window._qt_viewer.dims.setVisible(not only_frames)

    def _layer_removed(self, event) -> None:
        """Close the video when the user deletes its layer; a clip has to be chosen to show one again."""
        if event.value is not self.layer or self.layer is None or self.host.closed:
            return
        self.pause()
        self._drop_layer()
        if why := self.why_no_picture():
            self.host.tell(why)

    def _clip_chosen(self, _: str | None) -> None:
        self._restart_clock()
        video = self.session.video
        gone = self.layer is None and self._opening is None
        if gone and video is not None and not self.session.why_unplayable(video):
            self._open_video(video)

    def _is_shown(self) -> bool:
        """Return whether the session's video is on screen; while it is being opened the one before still is."""
        layer = self.layer
        if (
            layer is None or layer not in self.viewer.layers
        ):  # just before it is told to be gone, the axes are laid out anew
            return False
        return layer.metadata.get("actiondiff_video") == self.session.video

    def _layer_moved(self, _: object = None) -> bool:
        """Keep the frame where the layer was moved or scaled; False where it was not."""
        if self.layer is None or (lies := self._place()) == self._lies:
            return False
        self._lies = lies
        self._show_frame(self.session.frame)
        self.moved.emit()
        return True

    def _show_frame(self, frame: int) -> None:
        if self.playing and not self._ticking:  # as by a click on the timeline: it is played on from there
            self._restart_clock()
        if self._is_shown():
            with self.viewer.dims.events.point.blocker(self._follow_slider):
                show_frame(self.layer, self.viewer.dims, frame)

    def _follow_slider(self, _: object = None) -> None:
        # napari lays out its axes anew when the layer is moved, before it says so, and its slider may come to stand elsewhere.
        if not self._is_shown() or self._layer_moved():
            return
        frame = frame_at(self.layer, self.viewer.dims)
        if frame != self.session.frame:
            self.session.seek(frame)
            # Another layer may be longer: where the video has no frame, its nearest one stays.
            self._show_frame(self.session.frame)

    _ticking = False

    def _restart_clock(self, *_: object) -> None:
        self._from = (perf_counter(), self.session.frame)

    def _tick(self) -> None:
        if not self._is_shown():
            self.pause()
            return
        first, last = self.stretch()
        wanted = self.frame_due()
        if wanted == self.session.frame:
            return
        if wanted > last or wanted < first:
            looped = self.session.looping and self.session.current is not None
            if not looped and self.session.loop_range is None:
                self.session.seek(last)
                self.pause()
                return
            wanted = first
        self._ticking = True
        try:
            self.session.seek(wanted)
        except ActionDiffError as error:
            self.pause()
            self.host.tell(str(error))
        finally:
            self._ticking = False
        if wanted == first:
            self._restart_clock()
