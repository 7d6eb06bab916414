"""Sound of a recording: whether there is any, its waveform, and its samples from a time on.

Times are those of the container in seconds, which pictures and sound share.
"""

import math
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import sleep

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

from actiondiff_gui.errors import VideoError
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.video.container import check_file, open_container, reason

RATE = 48_000
"""Samples a second that are played, in two channels of 16 bits."""
SAMPLE_BYTES = 4
_COARSE_RATE = 8_000
PER_SECOND = 100
"""Values of a waveform a second."""
_MOST_SECONDS = 7 * 24 * 3600.0
_AHEAD_SECONDS = 1.0
_FULL = 32767.0


@dataclass(frozen=True, eq=False)
class Waveform:
    """Loudness of a recording over time.

    Attributes
    ----------
    peaks : ndarray
        [N] uint8: the largest amplitude in each hundredth of a second from the first frame on, 255 for a full one.
    """

    peaks: npt.NDArray[np.uint8]

    def between(self, edges: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the largest amplitude, 0 to 1, in each of W intervals between ``edges`` ``[W + 1]``, ascending seconds."""
        peaks = self.peaks[: max(0, math.ceil(edges[-1] * PER_SECOND))]
        last = len(peaks)
        if not last:
            return np.zeros(len(edges) - 1)
        first = np.floor(edges[:-1] * PER_SECOND).astype(np.int64)
        inside = (first >= 0) & (first < last)
        # An interval within one value has that value.
        highest = np.maximum.reduceat(peaks, np.clip(first, 0, last - 1))
        return np.where(inside, highest / 255.0, 0.0)


def has_sound(path: str | Path) -> bool:
    """Return whether a video file has sound that can be decoded here.

    Raises
    ------
    VideoError
        If the file cannot be opened.
    """
    container, stream = _opened(Path(path))
    container.close()
    return stream is not None


def waveform_job(path: str | Path, begin: float, seconds: float) -> Job[Waveform]:
    """Read the waveform of a recording; reports seconds done of seconds in all.

    Parameters
    ----------
    path : str or Path
    begin : float
        Time of the first frame, where the waveform begins.
    seconds : float
        Length of the video; sound beyond it is left out.

    Raises
    ------
    VideoError
        If the file cannot be opened. Sound that cannot be decoded is silent in the waveform.
    """
    path, length = Path(path), max(0.0, min(seconds, _MOST_SECONDS))
    peaks = np.zeros(math.ceil(length * PER_SECOND), np.uint8)
    container, stream = _opened(path)
    step = _COARSE_RATE // PER_SECOND
    told = 0.0
    try:
        if stream is None:
            return Waveform(peaks[:0])
        yield Progress(0, math.ceil(length), f"reading the sound of {path.name}")
        for at, samples in _samples(container, stream, "mono", _COARSE_RATE):
            first = round((at - begin) * _COARSE_RATE)
            if first >= length * _COARSE_RATE:
                break
            values = np.abs(samples[max(0, -first) :, 0].astype(np.int32))
            if len(values):
                into = np.arange(max(0, first), max(0, first) + len(values)) // step
                starts = np.flatnonzero(np.diff(into, prepend=-1))
                loud = np.minimum(np.ceil(np.maximum.reduceat(values, starts) / _FULL * 255), 255)
                kept = into[starts] < len(peaks)
                places = into[starts][kept]
                peaks[places] = np.maximum(peaks[places], loud[kept].astype(np.uint8))
            if at - begin - told >= 5:
                told = at - begin
                yield Progress(round(told), math.ceil(length), f"reading the sound of {path.name}")
    finally:
        container.close()
    return Waveform(peaks)


class Chunks:
    """Samples on their way from the thread that decodes them to the one that plays them; about a second at most.

    Each is bytes of 16-bit samples of two channels, :data:`RATE` a second.
    """

    def __init__(self) -> None:
        self._waiting: deque[bytes] = deque()
        self.ended = False

    def put(self, chunk: bytes) -> None:
        """Add samples."""
        self._waiting.append(chunk)

    def take(self, most: int) -> bytes:
        """Return at most ``most`` bytes in whole samples, b"" where none are there."""
        most -= most % SAMPLE_BYTES
        try:
            chunk = self._waiting.popleft()
        except IndexError:
            return b""
        if len(chunk) > most:
            self._waiting.appendleft(chunk[most:])
            chunk = chunk[:most]
        return chunk

    @property
    def seconds(self) -> float:
        """How much waits to be played."""
        return sum(map(len, tuple(self._waiting))) / SAMPLE_BYTES / RATE


def decode_job(path: str | Path, at: float, into: Chunks) -> Job[None]:
    """Decode the sound of a file from the time ``at`` on, a second ahead of what is taken out of ``into``.

    Where the sound begins later or has a gap, there is silence, so that all samples are at their time.

    Raises
    ------
    VideoError
        If the file cannot be opened.
    """
    container, stream = _opened(Path(path))
    try:
        if stream is None:
            return
        with suppress(av.FFmpegError, OSError, OverflowError):  # it is decoded from the start then
            container.seek(max(0, int(at * 1e6)))
        reached = at
        for begin, samples in _samples(container, stream, "stereo", RATE):
            lacking = round((reached - begin) * RATE)
            if lacking > 0:
                samples = samples[lacking:]
            elif lacking < -RATE // 100:
                gap = min(-lacking, 60 * RATE)
                into.put(bytes(gap * SAMPLE_BYTES))
                reached += gap / RATE
            if len(samples):
                into.put(np.ascontiguousarray(samples).tobytes())
                reached += len(samples) / RATE
            yield Progress(0, 0)
            while into.seconds > _AHEAD_SECONDS:
                sleep(0.02)
                yield Progress(0, 0)
    finally:
        into.ended = True
        container.close()


def _opened(path: Path) -> tuple[InputContainer, AudioStream | None]:
    check_file(path)
    container, _ = open_container(path)
    try:
        found = [s for s in container.streams.audio if s.codec_context is not None]
    except Exception as error:
        container.close()
        raise VideoError(
            f"The sound of {path.name} cannot be read ({reason(error)}). The video plays without it."
        ) from error
    return container, found[0] if found else None


def _samples(
    container: InputContainer, stream: AudioStream, layout: str, rate: int
) -> Iterator[tuple[float, npt.NDArray[np.int16]]]:
    """Yield time and samples ``[n, channels]`` of one stretch after the other; what cannot be decoded is left out."""
    resampler = av.AudioResampler(format="s16", layout=layout, rate=rate)
    channels = 1 if layout == "mono" else 2
    frames = _frames(container, stream)
    for frame in frames:
        try:
            made = resampler.resample(frame)
        except (av.FFmpegError, ValueError):
            # The sound changes its kind in mid-stream.
            resampler = av.AudioResampler(format="s16", layout=layout, rate=rate)
            continue
        for each in made:
            if each.pts is not None and each.time_base:
                samples = np.asarray(each.to_ndarray(), np.int16)
                yield float(each.pts * each.time_base), samples.reshape(-1, channels)


def _frames(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except (av.FFmpegError, OSError, IndexError):
            return
        try:
            yield from packet.decode()
        except (av.FFmpegError, ValueError):
            continue
