"""Thumbnails of clips: their middle frames, decoded in the background and cached.

    thumbnails = host.thumbnails
    thumbnails.ready.connect(self._picture_came)      # a bound method of a QObject; gets the clip's id
    image = thumbnails.get(clip_id)                   # QImage, or None: not there yet, ``ready`` will tell

All docks of a viewer share one. Asking is cheap and can be done while painting.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from qtpy.QtGui import QImage

from actiondiff_gui.gui.common.clip_pictures import ClipPictures, Wanted, image, wanted_of

if TYPE_CHECKING:
    from actiondiff_gui.video.preview import Previews

WIDTH, HEIGHT = 144, 108
"""Most pixels of a thumbnail; tables show it smaller, which keeps it sharp on dense screens."""


class Thumbnails(ClipPictures):
    """Small pictures of clips by id, at most :data:`WIDTH` x :data:`HEIGHT` pixels.

    Where a picture is None, it is not there yet, or its video is missing or damaged: show a plain tile for both.
    """

    title = "making thumbnails"

    def of_video(self, video_id: str) -> QImage | None:
        """Return the picture of a video's middle, as :meth:`get`; ``ready`` then emits :func:`key_of_video`."""
        return self.get(key_of_video(video_id))

    def wanted(self, key: str) -> Wanted | None:
        """Return the request for the middle frame of a clip, or of a video."""
        if key.startswith(_OF_VIDEO):
            video, project = self.session.videos.get(key.removeprefix(_OF_VIDEO)), self.session.project
            if video is None:
                return None
            middle, count = (video.frame_count // 2,), video.frame_count
            return Wanted(key, project, video.path, middle, count, video.fps, False)
        row = self.session.table.get(key)
        return None if row is None else wanted_of(row, ((row.start + row.end - 1) // 2,), self.session)

    def decoded(self, opened: "Previews", wanted: Wanted) -> Iterator[QImage]:
        """Yield the one picture."""
        from actiondiff_gui.video.preview import shrunk

        yield image(shrunk(opened.frame(wanted.frames[0]), WIDTH, HEIGHT, wanted.box))

    def depends_on(self, key: str) -> tuple | None:
        """Return the middle of a clip, or the file of a video."""
        if key.startswith(_OF_VIDEO):
            video = self.session.videos.get(key.removeprefix(_OF_VIDEO))
            return None if video is None else (video.path,)
        row = self.session.table.get(key)
        return None if row is None else (row.video_id, row.start + row.end, row.has_roi)


_OF_VIDEO = "video "


def key_of_video(video_id: str) -> str:
    """Return the id by which :attr:`Thumbnails.ready` reports the picture of a video."""
    return _OF_VIDEO + video_id
