"""Thumbnails of clips: their middle frames, decoded in the background and cached.

    thumbnails = host.thumbnails
    thumbnails.ready.connect(self._picture_came)      # a bound method of a QObject; gets the clip's id
    image = thumbnails.get(clip_id)                   # QImage, or None: not there yet, ``ready`` will tell

All docks of a viewer share one. Asking is cheap and can be done while painting: what is asked for last is
decoded first, and what was asked for long ago, and is probably out of sight, is forgotten.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QObject, QTimer, Signal
from qtpy.QtGui import QImage

from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.gui.common.listening import debounced
from actiondiff_gui.gui.session.clip_table import ClipRow
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.project import Project

if TYPE_CHECKING:
    from actiondiff_gui.gui.services.context import WindowContext

WIDTH, HEIGHT = 144, 108
"""Most pixels of a thumbnail; tables show it smaller, which keeps it sharp on dense screens."""

MOST_KEPT = 600
MOST_WAITING = 80
_POLL_MS = 40


@dataclass(frozen=True, slots=True, eq=False)
class _Wanted:
    clip_id: str
    project: Project
    path: Path
    frame: int
    frame_count: int
    fps: float
    has_roi: bool


class Thumbnails(QObject):
    """Small pictures of clips by id.

    Signals: ``ready(clip_id)`` when a picture came, or is known to be missing, or is no longer valid.
    """

    ready = Signal(str)

    def __init__(self, host: "WindowContext") -> None:
        super().__init__(host)
        self.host, self.session = host, host.session
        self._images: OrderedDict[str, QImage | None] = OrderedDict()
        self._shown: dict[str, tuple] = {}
        self._waiting: dict[str, _Wanted] = {}
        # Requests that are still good: waiting, being decoded, or decoded and not yet collected.
        self._asked: dict[str, _Wanted] = {}
        self._came: deque[tuple[_Wanted, np.ndarray | None]] = deque()
        self._working = False
        # Asked while painting, when no job may be begun: that would repaint the jobs line.
        self._soon = debounced(self, self._work)
        self._poll = QTimer(self)
        self._poll.setInterval(_POLL_MS)
        self._poll.timeout.connect(self._collect)
        self.session.project_changed.connect(self._forget_all)
        self.session.clips_changed.connect(self._clips_changed)

    def get(self, clip_id: str) -> QImage | None:
        """Return the thumbnail of a clip, at most :data:`WIDTH` x :data:`HEIGHT` pixels.

        None where it is not there yet, in which case it is made and ``ready`` told, and where it cannot be
        made because the video is missing or damaged: show a plain tile for both.
        """
        if clip_id in self._images:
            self._images.move_to_end(clip_id)
            return self._images[clip_id]
        if clip_id in self._asked:
            waiting = self._waiting.pop(clip_id, None)
            if waiting is not None:
                self._waiting[clip_id] = waiting
            return None
        return self._ask(clip_id)

    def of_video(self, video_id: str) -> QImage | None:
        """Return the picture of a video's middle, as :meth:`get`; ``ready`` then emits :func:`key_of_video`."""
        key = key_of_video(video_id)
        if key in self._images:
            self._images.move_to_end(key)
            return self._images[key]
        if key not in self._asked:
            video, project = self.session.videos.get(video_id), self.session.project
            if video is not None and project is not None and not self.host.closed:
                middle = video.frame_count // 2
                self._want(_Wanted(key, project, video.path, middle, video.frame_count, video.fps, False))
        return None

    def _ask(self, clip_id: str) -> None:
        row, project = self.session.table.get(clip_id), self.session.project
        video = self.session.videos.get(row.video_id) if row is not None else None
        if project is None or video is None or self.host.closed:
            return None
        middle = (row.start + row.end - 1) // 2
        self._want(_Wanted(clip_id, project, video.path, middle, video.frame_count, video.fps, row.has_roi))

    def _want(self, wanted: _Wanted) -> None:
        self._asked[wanted.clip_id] = self._waiting[wanted.clip_id] = wanted
        for old in list(self._waiting)[:-MOST_WAITING]:
            if self._waiting.pop(old, None) is not None:
                del self._asked[old]
        self._soon.throttle()

    def _work(self) -> None:
        if not self._working and self._waiting and not self.host.closed:
            self._working = True
            self._poll.start()
            self.host.jobs.start(
                self._drain,
                "making thumbnails",
                done=self._drained,
                failed=self._drained,
                quiet=True,
                stays=True,
            )

    def _drain(self) -> Job[None]:
        """Decode requested thumbnails until none is left; runs in a job's thread, with one file open at a time."""
        from actiondiff_gui.video.preview import Previews

        opened: Previews | None = None
        path: Path | None = None
        try:
            while (wanted := self._next(path)) is not None:
                yield Progress(0, 0, "making thumbnails")
                try:
                    if opened is None or wanted.path != path:
                        if opened is not None:
                            opened.close()
                        opened, path = None, wanted.path
                        opened = Previews(path, wanted.frame_count, wanted.fps)
                    self._came.append((wanted, _picture(opened, wanted)))
                except (ActionDiffError, OSError, ValueError):
                    self._came.append((wanted, None))
        finally:
            if opened is not None:
                opened.close()

    def _next(self, path: Path | None) -> _Wanted | None:
        """Return the latest request, preferring those of the file that is open."""
        # Each step is one operation on the dict; the window's thread may add and forget between them.
        for clip_id, wanted in reversed(list(self._waiting.items())):
            if wanted.path == path and self._waiting.pop(clip_id, None) is not None:
                return wanted
        try:
            return self._waiting.popitem()[1]
        except KeyError:
            return None

    def _drained(self, _: object) -> None:
        self._working = False
        self._poll.stop()
        self._collect()
        self._work()

    def _collect(self) -> None:
        while self._came:
            wanted, pixels = self._came.popleft()
            row = self.session.table.get(wanted.clip_id)
            of_video = wanted.clip_id.startswith(_OF_VIDEO)
            if (row is None and not of_video) or self._asked.get(wanted.clip_id) is not wanted:
                continue
            del self._asked[wanted.clip_id]
            self._images[wanted.clip_id] = None if pixels is None else _image(pixels)
            self._shown[wanted.clip_id] = (wanted.path,) if row is None else _what(row)
            while len(self._images) > MOST_KEPT:
                self._shown.pop(self._images.popitem(last=False)[0], None)
            self.ready.emit(wanted.clip_id)

    def _forget_all(self) -> None:
        self._waiting.clear()
        self._asked.clear()
        self._images.clear()
        self._shown.clear()

    def _clips_changed(self, clip_ids: object) -> None:
        changed = None if clip_ids is None else set(clip_ids)
        for clip_id in [i for i in self._asked if changed is None or i in changed]:
            self._waiting.pop(clip_id, None)
            del self._asked[clip_id]
            self.ready.emit(clip_id)
        for clip_id in [i for i in self._images if changed is None or i in changed]:
            if clip_id.startswith(_OF_VIDEO):
                video = self.session.videos.get(clip_id.removeprefix(_OF_VIDEO))
                if video is not None and self._shown.get(clip_id) == (video.path,):
                    continue
            row = self.session.table.get(clip_id)
            if row is None or row.has_roi or _what(row) != self._shown.get(clip_id):
                del self._images[clip_id]
                self._shown.pop(clip_id, None)
                self.ready.emit(clip_id)


_OF_VIDEO = "video "


def key_of_video(video_id: str) -> str:
    """Return the id by which :attr:`Thumbnails.ready` reports the picture of a video."""
    return _OF_VIDEO + video_id


def _what(row: ClipRow) -> tuple:
    return row.video_id, row.start + row.end, row.has_roi


def _picture(opened, wanted: _Wanted) -> np.ndarray:
    from actiondiff_gui.video.preview import shrunk

    box = wanted.project.clip(wanted.clip_id).roi if wanted.has_roi else None
    return shrunk(opened.frame(wanted.frame), WIDTH, HEIGHT, box)


def _image(pixels: np.ndarray) -> QImage:
    height, width = pixels.shape[:2]
    # The copy owns its memory; QImage alone would point into the array.
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
