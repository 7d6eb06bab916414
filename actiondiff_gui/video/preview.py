"""Approximate preview frames by time, without an exact index where that is safe.

Opening a file and going to the key frame before a time costs milliseconds; the exact index of
:mod:`actiondiff_gui.video.indexing` would read the whole file, and is made only where the file's times are
missing, fall, are uneven or contradict its length; of other containers whose rate is not quite the stated one the
times of the packets are read, which decodes nothing. In a container without a cheap index, or around damage, the
picture can be a few frames off, so it is not suited for measurements.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from actiondiff_gui.progress import run
from actiondiff_gui.video.decoding import Decoder
from actiondiff_gui.video.indexing import TRUSTED_FORMATS, unproven_job
from actiondiff_gui.video.pixels import RgbConverter, display_size, orientation_of
from actiondiff_gui.video.probing import BARE_STREAM_TIME_BASE, VideoInfo, describe, first_frame
from actiondiff_gui.video.reader import VideoReader, kept_index

MOST_FRAMES = 600
"""So many frames are decoded on the way from a key frame; then the one that was reached is taken."""

_MOST_TOLERANCE_S = 0.002
"""Times are rounded to the container's clock, often a thousandth of a second."""
_EARLIER_S = (0.0, 1.0, 4.0, 16.0, 64.0)
_LATER_RIGHT = frozenset({"mpeg"})
"""A program stream has times for some frames only: behind the place that was gone to, those between are off at first."""
_DECODING_TIMES_ONLY = frozenset({"avi", "asf", "mxf"})
_MOST_FRAMES_OFF = 1.5
"""So far a frame may lie from its place in an evenly timed file."""


class Previews:
    """Pictures of one video file by time. One object belongs to one thread.

    Parameters
    ----------
    path : str or Path
    frame_count : int, optional
    fps : float, optional
        As they were measured. Where the file states another length or rate, its times begin again or are
        uneven.

    Raises
    ------
    VideoError
        If the file cannot be opened or shows no frame.
    """

    def __init__(self, path: str | Path, frame_count: int | None = None, fps: float | None = None) -> None:
        self._exact: VideoReader | None = None
        self._ahead: Iterator[tuple[float | None, VideoFrame]] = iter(())
        self._misled = False
        self._frame_count = frame_count
        self._packet_times: np.ndarray | None = None
        self._decoder = Decoder(Path(path))
        try:
            frame = first_frame(self._decoder)
            info = describe(self._decoder, frame)
            self._step = 1 / (fps or info.fps)
            self._tolerance = min(_MOST_TOLERANCE_S, 0.4 * self._step)
            names = self._decoder.container.format.name
            self._by_decoding = names in _DECODING_TIMES_ONLY
            self._skips = int(names in _LATER_RIGHT)
            self._cheaply_exact = not TRUSTED_FORMATS.isdisjoint(names.split(","))
            first = self._time(frame)
            self._first = first or 0.0
            shown = display_size(self._decoder.stream, frame)
            self._converter = RgbConverter(*shown, orientation_of(frame))
            measured = None if frame_count is None else frame_count * self._step
            bare = self._decoder.stream.time_base == BARE_STREAM_TIME_BASE
            stated = self._decoder.stream.frames
            lacking = frame_count is not None and stated > 0 and abs(stated - frame_count) > 1
            if bare or first is None or lacking or _contradicts(info, measured, fps) or self._is_uneven():
                self._exact_reader()
            elif abs(info.fps * self._step - 1) * (frame_count or 0) > _MOST_FRAMES_OFF:
                self._read_packet_times()
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
        seconds = max(0.0, seconds)
        frame = self._frame(self._first + seconds) if self._exact is None else None
        if frame is not None:
            return self._converter.convert(frame)
        exact = self._exact_reader()
        times = (exact.known_index or exact.index).timestamps
        return exact.view(min(int(np.searchsorted(times, seconds - self._tolerance)), len(times) - 1))

    def frame(self, number: int) -> np.ndarray:
        """Upright pixels of about frame ``number``: uint8 [H, W, 3], RGB; raises as :meth:`at`."""
        number = max(number, 0)
        frame = self._frame(self._time_of(number)) if self._exact is None else None
        if frame is not None:
            return self._converter.convert(frame)
        exact = self._exact_reader()
        return exact.view(min(number, exact.frame_count - 1))

    def small_frames(
        self,
        numbers: Sequence[int],
        width: int,
        height: int,
        box: tuple[int, int, int, int] | None = None,
    ) -> Iterator[np.ndarray]:
        """Small pictures of several frames, decoded in one pass over the file.

        Parameters
        ----------
        numbers : sequence of int
            Frames of the video, ascending.
        width, height, box
            As for :func:`shrunk`.

        Yields
        ------
        ndarray
            uint8 ``[h, w, 3]``, RGB; fewer than were asked for where the file ends or is damaged before.

        Raises
        ------
        VideoError
            If nothing can be decoded there.
        """
        made = 0
        if self._exact is None:
            for frame in self._in_order([self._time_of(number) for number in numbers]):
                yield self._converter.small(frame, width, height, box)
                made += 1
        if not made or self._misled:
            self._exact_reader()
            for number in numbers[made:]:
                yield shrunk(self.frame(number), width, height, box)

    def _time_of(self, number: int) -> float:
        """Time of a frame in seconds, as the file counts them."""
        times = self._packet_times
        if times is None:
            return self._first + number * self._step
        return float(times[min(number, len(times) - 1)])

    def _read_packet_times(self) -> None:
        """Read the times of all packets where each is that of a frame; else make an exact index."""
        path = self._decoder.path
        times = None if self._by_decoding else _times_of_packets(path, path.stat().st_mtime_ns)
        if times is None or len(times) != self._frame_count:
            self._exact_reader()
        else:
            self._packet_times = times

    def _in_order(self, wanted: Sequence[float]) -> Iterator[VideoFrame]:
        """Frames at ascending times, each the first at its time or later; none where no seek comes before the first."""
        frame = self._frame(wanted[0])
        if frame is None:
            return
        yield frame
        ahead = 1
        for time, later in self._ahead:
            while ahead < len(wanted) and (time is None or time >= wanted[ahead] - self._tolerance):
                yield later
                ahead += 1
            if ahead == len(wanted):
                return

    def _exact_reader(self) -> VideoReader:
        if self._exact is None:
            path = self._decoder.path
            index = run(unproven_job(path)) if self._cheaply_exact else None
            if index is None or index.frame_count != self._frame_count:
                index = kept_index(path)
            self._exact = VideoReader(path, index)
        return self._exact

    def _is_uneven(self) -> bool:
        """Return whether a rate that the file states gives other times than the measured one; where the index is cheap."""
        stream, count = self._decoder.stream, self._frame_count or 0
        rates = (stream.average_rate, stream.base_rate) if self._cheaply_exact else ()
        return any(rate and abs(rate * self._step - 1) * count > _MOST_FRAMES_OFF for rate in rates)

    def _frame(self, wanted: float) -> VideoFrame | None:
        """Return the first frame at ``wanted`` or later; None if no seek comes to lie before it."""
        decoder = self._decoder
        base = decoder.stream.time_base
        for earlier in _EARLIER_S[self._skips :]:
            target = wanted - earlier
            if not base or target < self._first or not decoder.seek(int(target / base)):
                break
            frame = self._first_at(wanted)
            if frame is not None or self._misled:
                return frame
        if wanted - self._first > MOST_FRAMES * self._step:
            return None
        decoder.restart()
        return self._first_at(wanted)

    def _first_at(self, wanted: float) -> VideoFrame | None:
        """Return the first frame from here at ``wanted`` or later; None if all are later, or all much earlier."""
        last: VideoFrame | None = None
        last_time: float | None = None
        self._ahead = self._timed_frames()
        for count, (time, frame) in enumerate(self._ahead, start=1):
            if time is None:
                return None
            if count >= MOST_FRAMES:
                return frame
            if time >= wanted - self._tolerance:
                late = count == 1 and time > wanted + self._tolerance and time > self._first
                return None if late else frame
            last, last_time = frame, time
        near = not self._misled and last_time is not None and last_time > wanted - 1.5 * self._step
        return last if near else None

    def _timed_frames(self) -> Iterator[tuple[float | None, VideoFrame]]:
        """Frames from here with their times; ends where these fall or, if an exact index is cheap, are uneven."""
        time: float | None = None
        due: float | None = None
        for frame in self._frames():
            known, before = self._time(frame), time
            time = known if known is not None else None if time is None else time + self._step
            if time is not None and before is not None and due is not None:
                falls = time < before and not self._skips
                if falls or (self._cheaply_exact and abs(time - due) > _MOST_FRAMES_OFF * self._step):
                    self._misled = True
                    return
            due = time if due is None else due + self._step
            yield time, frame

    def _frames(self) -> Iterator[VideoFrame]:
        for step in self._decoder.steps():
            yield from step.frames

    def _time(self, frame: VideoFrame) -> float | None:
        """Time of a frame in seconds, the one of decoding where the container has no other."""
        stamp = frame.dts if self._by_decoding else frame.pts
        return None if stamp is None or not frame.time_base else float(stamp * frame.time_base)

    def close(self) -> None:
        """Close the file."""
        self._decoder.close()
        if self._exact is not None:
            self._exact.close()

    def __enter__(self) -> "Previews":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@lru_cache(maxsize=16)
def _times_of_packets(path: Path, _: int) -> np.ndarray | None:
    """Ascending times in seconds of the packets of a file, None where one has none or shares it."""
    decoder = Decoder(path)
    try:
        steps = [step for step in decoder.steps(decode=False) if step.size and not step.is_discard]
        base = decoder.stream.time_base
        times = sorted(step.pts for step in steps if step.pts is not None)
        if not base or len(times) < len(steps) or len(set(times)) < len(times):
            return None
        return np.array(times, float) * float(base)
    finally:
        decoder.close()


def _contradicts(info: VideoInfo, seconds: float | None, fps: float | None) -> bool:
    """Return whether what the file states is not what was measured."""
    other_length = seconds and info.duration_s and abs(info.duration_s - seconds) > 0.5 + 0.05 * seconds
    return bool(other_length or (fps and abs(info.fps / fps - 1) > 0.01))


def shrunk(
    frame: np.ndarray, width: int, height: int, box: tuple[int, int, int, int] | None = None
) -> np.ndarray:
    """Return a frame, or a box of it, made to fit into ``width`` x ``height`` by averaging; never made larger.

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
    means: npt.NDArray[np.uint32] = sums // counts[..., None]
    return means.astype(np.uint8)
