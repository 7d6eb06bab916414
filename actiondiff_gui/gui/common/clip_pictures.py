"""Pictures of clips: asked for while painting, decoded in background jobs, and cached.

What is asked for last is decoded first; what was asked for long ago, and is probably out of sight, is forgotten. A
subclass says what is decoded of a clip, and how much of it is kept.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    from actiondiff_gui.video.preview import Previews

_POLL_MS = 40


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """One request: a clip, or another key of the subclass, and the frames of its video that are shown."""

    key: str
    project: Project
    path: Path
    frames: tuple[int, ...]
    frame_count: int
    fps: float
    has_roi: bool

    @property
    def box(self) -> tuple[int, int, int, int] | None:
        """The clip's region of interest, which is what is shown."""
        return self.project.clip(self.key).roi if self.has_roi else None


class ClipPictures(QObject):
    """Cache of pictures by id of the clip, shared by all docks of a viewer.

    Signals: ``ready(clip_id)`` when a picture came, or is known to be missing, or is no longer valid.
    """

    ready = Signal(str)
    title = "making pictures"
    workers = 1
    """How many jobs decode at once, each with one file open at a time."""
    most_waiting = 80
    most_kept = 600
    """Sum of what :meth:`size` says of the pictures that are kept."""

    def __init__(self, host: "WindowContext") -> None:
        super().__init__(host)
        self.host, self.session = host, host.session
        self._images: OrderedDict[str, Any] = OrderedDict()
        self._held = 0
        self._shown: dict[str, tuple] = {}
        self._waiting: dict[str, Wanted] = {}
        # Requests that are still good: waiting, being decoded, or decoded and not yet collected.
        self._asked: dict[str, Wanted] = {}
        self._seen_by: dict[object, frozenset[str]] = {}
        self._came: deque[tuple[Wanted, Any]] = deque()
        self._working = 0
        # Asked while painting, when no job may be begun: that would repaint the jobs line.
        self._soon = debounced(self, self._work)
        self._poll = QTimer(self)
        self._poll.setInterval(_POLL_MS)
        self._poll.timeout.connect(self._collect)
        self.session.project_changed.connect(self._forget_all)
        self.session.clips_reread.connect(self._clips_reread)

    # What a subclass says

    def wanted(self, key: str) -> Wanted | None:
        """Return what is to be decoded; None where there is no such clip."""
        raise NotImplementedError

    def decoded(self, opened: "Previews", wanted: Wanted) -> Iterator[Any]:
        """Yield the picture, in a job's thread; what is yielded again replaces what came before."""
        raise NotImplementedError

    def size(self, picture: Any) -> int:
        """Return how much of :attr:`most_kept` a picture takes."""
        return 1

    def depends_on(self, key: str) -> tuple | None:
        """Return what a picture depends on as it is now; None where it is shown no more, or cannot be known to be valid."""
        row = self.session.table.get(key)
        return None if row is None else (row.video_id, row.start, row.end, row.has_roi)

    # Asking

    def get(self, key: str) -> Any:
        """Return a picture; None where it is not there yet, ``ready`` will tell, or where it cannot be made."""
        if key in self._images:
            self._images.move_to_end(key)
            return self._images[key]
        if key in self._asked:
            waiting = self._waiting.pop(key, None)
            if waiting is not None:
                self._waiting[key] = waiting
            return None
        wanted = None if self.session.project is None or self.host.closed else self.wanted(key)
        if wanted is not None:
            self._asked[key] = self._waiting[key] = wanted
            for old in list(self._waiting)[: -self.most_waiting]:
                self._drop(old)
            self._soon.throttle()
        return None

    def want_only(self, by: object, keys: Iterable[str]) -> None:
        """Forget requests for what is out of sight: what neither ``by`` shows now nor others showed last."""
        self._seen_by[by] = frozenset(keys)
        kept = frozenset().union(*self._seen_by.values())
        for key in [key for key in self._asked if key not in kept]:
            self._waiting.pop(key, None)
            self._asked.pop(key, None)

    def _drop(self, key: str) -> None:
        if self._waiting.pop(key, None) is not None:
            self._asked.pop(key, None)

    # Decoding

    def _work(self) -> None:
        while self._working < min(self.workers, len(self._waiting)) and not self.host.closed:
            self._working += 1
            self._poll.start()
            self.host.jobs.start(
                self._drain, self.title, done=self._drained, failed=self._drained, quiet=True, stays=True
            )

    def _drain(self) -> Job[None]:
        """Decode requests until none is left; runs in a job's thread, with one file open at a time."""
        from actiondiff_gui.video.preview import Previews

        opened: Previews | None = None
        path: Path | None = None
        try:
            while (wanted := self._next(path)) is not None:
                yield Progress(0, 0, self.title)
                try:
                    if opened is None or wanted.path != path:
                        if opened is not None:
                            opened.close()
                        opened, path = None, wanted.path
                        opened = Previews(path, wanted.frame_count, wanted.fps)
                    for picture in self.decoded(opened, wanted):
                        self._came.append((wanted, picture))
                        yield Progress(0, 0, self.title)
                        if self._asked.get(wanted.key) is not wanted:
                            break
                except (ActionDiffError, OSError, ValueError):
                    self._came.append((wanted, None))
        finally:
            if opened is not None:
                opened.close()

    def _next(self, path: Path | None) -> Wanted | None:
        """Return the latest request, preferring those of the file that is open."""
        # Each step is one operation on the dict; the window's thread may add and forget between them.
        for key, wanted in reversed(list(self._waiting.items())):
            if wanted.path == path and self._waiting.pop(key, None) is not None:
                return wanted
        try:
            return self._waiting.popitem()[1]
        except KeyError:
            return None

    def _drained(self, _: object) -> None:
        self._working -= 1
        if not self._working:
            self._poll.stop()
        self._collect()
        self._work()

    def _collect(self) -> None:
        while self._came:
            wanted, picture = self._came.popleft()
            key = wanted.key
            now = self.depends_on(key)
            if now is None or self._asked.get(key) is not wanted:
                continue
            self._take(key, picture, now)
            if self.whole(wanted, picture):
                del self._asked[key]
            self.ready.emit(key)

    def whole(self, wanted: Wanted, picture: Any) -> bool:
        """Return whether no more of this picture will come."""
        return True

    def _take(self, key: str, picture: Any, now: tuple) -> None:
        self._forget(key)
        self._images[key], self._shown[key] = picture, now
        self._held += self.size(picture)
        while self._held > self.most_kept and len(self._images) > 1:
            self._forget(next(iter(self._images)))

    def _forget(self, key: str) -> None:
        if key in self._images:
            self._held -= self.size(self._images.pop(key))
            self._shown.pop(key, None)

    def _forget_all(self) -> None:
        for kept in (self._waiting, self._asked, self._images, self._shown):
            kept.clear()
        self._held = 0

    def _clips_reread(self, clip_ids: object) -> None:
        changed = None if clip_ids is None else set(clip_ids)
        for key in [i for i in self._asked if changed is None or i in changed]:
            self._waiting.pop(key, None)
            del self._asked[key]
            self.ready.emit(key)
        for key in [i for i in self._images if changed is None or i in changed]:
            row = self.session.table.get(key)
            now = self.depends_on(key)
            # A region of interest may be another one.
            if now is None or now != self._shown.get(key) or (row is not None and row.has_roi):
                self._forget(key)
                self.ready.emit(key)


def wanted_of(row: ClipRow, frames: tuple[int, ...], session: Any) -> Wanted | None:
    """Return the request for some frames of a clip; None where its video is not known."""
    video = session.videos.get(row.video_id)
    if video is None:
        return None
    return Wanted(row.id, session.project, video.path, frames, video.frame_count, video.fps, row.has_roi)


def image(pixels: np.ndarray) -> QImage:
    """Return an image of uint8 pixels ``[H, W, 3]``, on memory of its own."""
    height, width = pixels.shape[:2]
    # The copy owns its memory; QImage alone would point into the array.
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
