"""What does a video look like at about this time? Small pictures without an index, for thumbnails.

Opening a file and going to the key frame before a time costs milliseconds; the exact index of
:mod:`actiondiff_gui.video.indexing` would read the whole file. In a file of uneven frame times, or one
whose index is damaged, the picture can be a few frames off: never measure on it.
"""

from pathlib import Path
from types import TracebackType

import numpy as np
from av.video.frame import VideoFrame

from actiondiff_gui.errors import VideoError
from actiondiff_gui.video.decoding import Decoder
from actiondiff_gui.video.pixels import RgbConverter, orientation_of
from actiondiff_gui.video.probing import first_frame

MOST_FRAMES = 600
"""So many frames are decoded on the way from a key frame; then the one that was reached is taken."""


class Glimpses:
    """Pictures of one video file by time. One object belongs to one thread.

    Raises
    ------
    VideoError
        If the file cannot be opened or shows no frame.
    """

    def __init__(self, path: str | Path) -> None:
        self._decoder = Decoder(Path(path))
        try:
            frame = first_frame(self._decoder)
            self._first = frame.time or 0.0
            self._converter = RgbConverter(frame.width, frame.height, orientation_of(frame))
        except BaseException:
            self.close()
            raise

    def at(self, seconds: float) -> np.ndarray:
        """Upright pixels about ``seconds`` after the first frame: uint8 [H, W, 3], RGB.

        Raises
        ------
        VideoError
            If nothing can be decoded there.
        """
        return self._converter.convert(self._frame(self._first + max(0.0, seconds)))

    def _frame(self, wanted: float) -> VideoFrame:
        decoder = self._decoder
        base = decoder.stream.time_base
        if not base or not decoder.seek(int(wanted / base)):
            decoder.restart()
        last, count = None, 0
        for step in decoder.steps():
            for frame in step.frames:
                last, count = frame, count + 1
                # Times are rounded to the container's clock, often a thousandth of a second.
                if frame.time is None or frame.time >= wanted - 0.002 or count >= MOST_FRAMES:
                    return frame
        if last is None:
            raise VideoError(f"{decoder.path} shows no frame at {wanted:.2f} s.")
        return last

    def close(self) -> None:
        """Give the file back."""
        self._decoder.close()

    def __enter__(self) -> "Glimpses":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def shrunk(
    frame: np.ndarray, width: int, height: int, box: tuple[int, int, int, int] | None = None
) -> np.ndarray:
    """A frame, or a box of it, made to fit into ``width`` x ``height`` by averaging; never made larger.

    Parameters
    ----------
    frame : ndarray
        uint8 ``[H, W, 3]``.
    width, height : int
        Most pixels of the result.
    box : tuple of int, optional
        ``(x, y, width, height)`` of the part that is shown, in pixels; what lies outside the frame is left out.

    Returns
    -------
    ndarray
        uint8 ``[h, w, 3]`` of the same proportions, contiguous.
    """
    if box is not None:
        x, y = max(0, box[0]), max(0, box[1])
        part = frame[y : max(y, box[1] + box[3]), x : max(x, box[0] + box[2])]
        frame = part if part.size else frame
    tall, wide = frame.shape[:2]
    scale = min(1.0, width / wide, height / tall)
    rows, columns = max(1, round(tall * scale)), max(1, round(wide * scale))
    top, left = (np.arange(n) * size // n for n, size in ((rows, tall), (columns, wide)))
    sums = np.add.reduceat(frame, top, axis=0, dtype=np.uint32)
    sums = np.add.reduceat(sums, left, axis=1)
    counts = np.diff(top, append=tall)[:, None] * np.diff(left, append=wide)
    return (sums // counts[..., None]).astype(np.uint8)
