"""Looping pictures of clips: some frames of each, ten a second, decoded in the background and cached.

A clip longer than :data:`SECONDS` is shown by its middle, at its own speed.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qtpy.QtGui import QImage

from actiondiff_gui.gui.common.clip_pictures import ClipPictures, Wanted, image, wanted_of
from actiondiff_gui.gui.gallery.state.timing import loop_frames

if TYPE_CHECKING:
    from actiondiff_gui.video.preview import Previews

WIDTH, HEIGHT = 160, 120
"""Most pixels of a picture."""
MOST_KEPT_BYTES = 192 << 20
_FIRST, _EACH = 1, 8
"""After so many frames a loop is shown for the first time, and again."""


@dataclass(eq=False)
class Loop:
    """Frames of a clip, as far as they are decoded.

    Attributes
    ----------
    images : list of QImage
        ``[n]``, grows while it is decoded.
    whole : bool
        Whether no more will come.
    """

    images: list[QImage] = field(default_factory=list)
    whole: bool = False

    def at(self, tick: int) -> QImage:
        """Return the frame that is shown at a tick of the common clock."""
        return self.images[tick % len(self.images)]


class Loops(ClipPictures):
    """Loops of clips by id; None where there is none yet, or its video is missing or damaged."""

    title = "making looping pictures"
    workers = max(1, min(3, (os.cpu_count() or 2) - 1))
    most_waiting = 200
    most_kept = MOST_KEPT_BYTES

    def wanted(self, key: str) -> Wanted | None:
        """Return the request for ten frames a second of a clip's middle."""
        row = self.session.table.get(key)
        if row is None:
            return None
        return wanted_of(row, loop_frames(row.start, row.end, row.fps), self.session)

    def decoded(self, opened: "Previews", wanted: Wanted) -> Iterator[Loop]:
        """Yield the loop when its first frame is there, and as it grows."""
        loop, box = Loop(), wanted.box
        for number, pixels in enumerate(opened.small_frames(wanted.frames, WIDTH, HEIGHT, box), start=1):
            # What is painted often is converted once.
            loop.images.append(image(pixels).convertToFormat(QImage.Format.Format_RGB32))
            if number == _FIRST or number % _EACH == 0:
                yield loop
        loop.whole = True
        if loop.images:
            yield loop

    def whole(self, wanted: Wanted, picture: Loop | None) -> bool:
        """Return whether all frames are there, or there will be none."""
        return picture is None or picture.whole

    def size(self, picture: Loop | None) -> int:
        """Return the bytes that a whole loop takes."""
        return 0 if picture is None else picture.images[0].sizeInBytes() * 32
