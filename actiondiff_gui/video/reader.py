"""Exact random access to frames, in display order."""

from collections import OrderedDict
from collections.abc import Iterable
from functools import lru_cache
from operator import index as as_integer
from pathlib import Path
from types import TracebackType

import numpy as np
from av.video.frame import VideoFrame

from actiondiff_gui.errors import VideoError
from actiondiff_gui.progress import run
from actiondiff_gui.video.container import file_size
from actiondiff_gui.video.decoding import Decoder
from actiondiff_gui.video.frame_index import FrameIndex
from actiondiff_gui.video.indexing import index_job, unproven_job
from actiondiff_gui.video.pixels import RgbConverter, display_size, orientation_of
from actiondiff_gui.video.probing import VideoInfo, describe, first_frame, probe
from actiondiff_gui.video.seeking import FrameSource, Passing

__all__ = ["FrameIndex", "VideoInfo", "VideoReader", "index_job", "open_video", "probe"]

CACHE_BYTES = 128 * 1024 * 1024
"""Memory for frames that were read lately."""

_RUN_UP_FRAMES = 32


class VideoReader:
    """Frames of one video file by number, in the order in which they are shown.

    One reader belongs to one thread. Opening decodes a single frame; the exact index is built when it is
    first needed, unless one is given. Frames are upright RGB with square pixels of the size of the file's
    first frame; see
    :class:`~actiondiff_gui.video.pixels.RgbConverter` for colour, transparency and interlacing. A picture
    file (PNG, JPEG) plays as a video of one frame.

    Parameters
    ----------
    path : str or Path
    index : FrameIndex, optional
        The index that :func:`index_job` built of this file, or for a first look the one of
        :func:`~actiondiff_gui.video.indexing.unproven_job`.
    cache_bytes : int
        Memory for frames that were read lately, in bytes; one frame is always kept.

    Attributes
    ----------
    path : Path
    info : VideoInfo
        What the file says about itself.
    width, height : int
        Pixels of the frames that :meth:`read` gives, upright.

    Raises
    ------
    VideoError
        If the file cannot be opened, holds no video, shows no frame, or ``index`` belongs to another file.
    """

    def __init__(
        self, path: str | Path, index: FrameIndex | None = None, cache_bytes: int = CACHE_BYTES
    ) -> None:
        self.path = Path(path)
        self._index: FrameIndex | None = None
        self._source: FrameSource | None = None
        self._cache: OrderedDict[int, np.ndarray] = OrderedDict()
        self._last_read = -1
        decoder = Decoder(self.path, parallel_frames=index is None or not index.one_at_a_time)
        self._decoder: Decoder | None = decoder
        try:
            frame = first_frame(decoder)
            self.info = describe(decoder, frame)
            self.width, self.height = self.info.width, self.info.height
            shown = display_size(decoder.stream, frame)
            self._converter = RgbConverter(*shown, orientation_of(frame))
            self._cache_frames = max(1, cache_bytes // (self.width * self.height * 3))
            if index is not None:
                self.adopt(index)
        except BaseException:
            self.close()
            raise

    @property
    def known_index(self) -> FrameIndex | None:
        """The index that there is by now, exact or not; None where none was built."""
        return self._index

    @property
    def index(self) -> FrameIndex:
        """The exact index; built when first asked for, or proven if only an unproven one is there."""
        index = self._index
        if index is None or index.method == "unproven":
            self._opened()
            index = run(index_job(self.path, unproven=index))
            self.adopt(index)
        return index

    def adopt(self, index: FrameIndex) -> bool:
        """Read by another index of this file from now on; returns whether it numbers the same frames.

        Pictures that were read are kept only where the other index vouches for them.

        Raises
        ------
        VideoError
            If the file has another size than the one that was indexed, or the reader was closed.
        """
        decoder = self._opened()
        if index.file_size != file_size(self.path):
            raise VideoError(
                f"The stored frame index does not fit {self.path}, which has changed since. Build it again."
            )
        if index.one_at_a_time and decoder.parallel_frames:
            decoder.close()
            self._decoder = decoder = Decoder(self.path, parallel_frames=False)
        same = self._index is not None and np.array_equal(self._index.pts, index.pts)
        if not same or index.method == "decoded":
            self._cache.clear()
        self._index = index
        self._source = FrameSource(decoder, index)
        return same

    @property
    def frame_count(self) -> int:
        """Number of frames: exactly, unless the reader was given an unproven index."""
        return (self._index or self.index).frame_count

    @property
    def fps(self) -> float:
        """Mean frame rate over the file, in frames per second."""
        return self.index.fps

    @property
    def timestamps(self) -> np.ndarray:
        """[frame_count] float64 presentation times in seconds; the first is 0."""
        return self.index.timestamps

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is wrong with the file, one sentence each; empty for a sound one. Needs the index."""
        return self.index.warnings

    def read(self, index: int) -> np.ndarray:
        """Pixels of frame ``index``: uint8 [H, W, 3], RGB.

        Raises
        ------
        VideoError
            If there is no such frame or it cannot be decoded.
        """
        return self.view(index).copy()

    def view(self, index: int) -> np.ndarray:
        """As :meth:`read`, but read-only and without a copy."""
        pixels = self._frame(self._checked(index)).view()
        pixels.setflags(write=False)
        return pixels

    def read_many(self, indices: Iterable[int]) -> np.ndarray:
        """Pixels of the frames ``indices``, in that order: uint8 [T, H, W, 3], RGB.

        Frames are decoded in ascending order, each once.

        Raises
        ------
        VideoError
            If one of them does not exist or cannot be decoded.
        """
        numbers = np.array([self._checked(i) for i in indices], np.int64)
        frames = np.empty((len(numbers), self.height, self.width, 3), np.uint8)
        order = np.argsort(numbers, kind="stable")
        for position, earlier in zip(order, [None, *order[:-1]], strict=False):
            if earlier is not None and numbers[earlier] == numbers[position]:
                frames[position] = frames[earlier]
            else:
                frames[position] = self._frame(int(numbers[position]))
        return frames

    def _checked(self, index: int) -> int:
        number = as_integer(index)
        self._opened()
        if not 0 <= number < self.frame_count:
            raise VideoError(
                f"{self.path} has no frame {number}: its {self.frame_count} frames are numbered "
                f"0 to {self.frame_count - 1}."
            )
        return number

    def _frame(self, number: int) -> np.ndarray:
        if number in self._cache:
            self._cache.move_to_end(number)
        else:
            # After a jump far back most of them would be converted in vain.
            steps_back = 0 < self._last_read - number <= _RUN_UP_FRAMES
            passing = self._keep_run_up(number) if steps_back else None
            frame = self._frames().frame(number, passing)
            self._remember(number, self._converter.convert(frame))
        self._last_read = number
        return self._cache[number]

    def _keep_run_up(self, number: int) -> Passing:
        """Keeper of the frames just before ``number``: who goes back one frame goes back another."""
        kept = min(_RUN_UP_FRAMES, self._cache_frames - 1)

        def keep(passed: int, frame: VideoFrame) -> None:
            if number - kept <= passed < number and passed not in self._cache:
                self._remember(passed, self._converter.convert(frame))

        return keep

    def _remember(self, number: int, pixels: np.ndarray) -> None:
        self._cache[number] = pixels
        while len(self._cache) > self._cache_frames:
            self._cache.popitem(last=False)

    def _opened(self) -> Decoder:
        if self._decoder is None:
            raise VideoError(f"{self.path} was closed. Open it again to read from it.")
        return self._decoder

    def _frames(self) -> FrameSource:
        if self._source is None:
            self.adopt(self.index)
        assert self._source is not None
        return self._source

    def close(self) -> None:
        """Close the file and release the memory; frames cannot be read afterwards."""
        if self._decoder is not None:
            self._decoder.close()
        self._decoder = self._source = None
        self._cache.clear()

    def __enter__(self) -> "VideoReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def kept_index(path: Path) -> FrameIndex:
    """Return the exact index of a file, made once for each state of it; the last sixteen are kept.

    Raises
    ------
    VideoError
        The file cannot be read.
    """
    size = file_size(path)
    return _kept_index(path, size, path.stat().st_mtime_ns)


@lru_cache(maxsize=16)
def _kept_index(path: Path, *_: int) -> FrameIndex:
    return run(index_job(path))


def open_video(path: str | Path, index: FrameIndex | None = None) -> VideoReader:
    """Open the video at ``path`` to look at it: a reader that shows its first frame at once.

    The index of a long file of a sound kind is left unproven until :attr:`VideoReader.index` is asked for;
    see :func:`~actiondiff_gui.video.indexing.unproven_job`.
    """
    return VideoReader(path, run(unproven_job(path)) if index is None else index)
