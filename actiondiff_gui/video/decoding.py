"""Sequential decoding from one position in a file, robust to errors in it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
from av.codec.context import ThreadType
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from actiondiff_gui.video.container import check_file, open_container, reason
from actiondiff_gui.video.slices import slices_in

_MAX_THREADS = 4
_LARGE_FRAME_PIXELS = 1 << 24
_ONE_THREAD_CODECS = frozenset({"hevc"})  # their threads make chance pixels of damaged data
_MAX_READ_ERRORS = 16
_MAX_EMPTY_PACKETS = 10_000


@dataclass(frozen=True)
class Step:
    """What one packet led to.

    Attributes
    ----------
    pts, dts : int or None
        Times of presentation and of decoding of the packet in units of the stream's time base.
    is_key, is_discard, is_corrupt : bool
        The container's flags: decoding may start here; the frame is not to be shown; bytes are missing.
    position : int or None
        Where the packet lies in the file, in bytes.
    size : int
        Bytes of the packet.
    frames : tuple of VideoFrame
        Frames that the decoder gave out, in its order; most belong to earlier packets.
    error : str or None
        Why the packet could not be read or decoded.
    """

    pts: int | None = None
    dts: int | None = None
    is_key: bool = False
    is_discard: bool = False
    is_corrupt: bool = False
    position: int | None = None
    size: int = 0
    frames: tuple[VideoFrame, ...] = ()
    error: str | None = None


class Decoder:
    """A position in one video file.

    Parameters
    ----------
    path : Path
    parallel_frames : bool
        Let the codec work on several frames at once, where a frame has not as many slices as there are threads. The
        frames of a sound file are the same either way; around damage they are only reproducible without it. Setting
        it takes effect at the next :meth:`restart`.
    """

    skip_before: int | None = None
    """Frames of earlier presentation times than this that no other frame needs are skipped."""

    def __init__(self, path: Path, parallel_frames: bool = True):
        self.path = path
        self.parallel_frames = parallel_frames
        check_file(path)
        self._open()

    def _open(self) -> None:
        self.container, self.stream = open_container(self.path)
        context = self.stream.codec_context
        large = context.width * context.height > _LARGE_FRAME_PIXELS
        if self.parallel_frames and not large:
            self.stream.thread_type = "AUTO"
        elif context.name in _ONE_THREAD_CODECS:
            self.stream.thread_type = "NONE"
        else:
            self.stream.thread_type = "SLICE"
        self._skipping, self._started = False, False
        # H.264 paints over damage with one thread and leaves it alone with more: never use one.
        context.thread_count = min(max(os.cpu_count() or 1, 2), _MAX_THREADS)

    def restart(self) -> None:
        """Go back to the start, as if the file had just been opened."""
        self.close()
        self._open()

    def seek(self, target: int, byte: bool = False) -> bool:
        """Go to the key frame at or before a time (stream time base), or to a byte; False if the file cannot."""
        try:
            self.container.seek(target, stream=self.stream, unsupported_byte_offset=byte)
        except (av.FFmpegError, OSError, OverflowError, ValueError):
            return False
        return True

    def steps(self, decode: bool = True) -> Iterator[Step]:
        """Packets from here to the end, with the frames they lead to if ``decode``."""
        errors = empty = 0
        while True:
            try:
                for packet in self.container.demux(self.stream):
                    flush = packet.dts is None and packet.pts is None and not packet.size
                    empty = 0 if packet.size else empty + 1
                    if empty > _MAX_EMPTY_PACKETS:
                        yield Step(error="the file goes on without any data")
                        return
                    if not packet.size and not flush:
                        continue  # it stands for a picture that was not recorded; decoders refuse it, or take it for the end
                    frames, error = self._decode(packet) if decode else ((), None)
                    if flush:
                        yield Step(frames=frames, error=error)
                    else:
                        yield Step(
                            pts=packet.pts,
                            dts=packet.dts,
                            is_key=packet.is_keyframe,
                            is_discard=packet.is_discard,
                            is_corrupt=packet.is_corrupt,
                            position=packet.pos,
                            size=packet.size,
                            frames=frames,
                            error=error,
                        )
                return
            except IndexError:
                return  # PyAV ends so where a stream begins behind the start of the file; the others are at their end
            except (av.FFmpegError, OSError, ValueError) as error:
                errors += 1
                yield Step(error=reason(error))
                if errors > _MAX_READ_ERRORS:
                    return

    def _decode(self, packet: "av.Packet[VideoStream]") -> tuple[tuple[VideoFrame, ...], str | None]:
        early = self.skip_before is not None and packet.pts is not None and packet.pts < self.skip_before
        if early != self._skipping:
            self.stream.codec_context.skip_frame = "NONREF" if early else "DEFAULT"
            self._skipping = early
        if not self._started and packet.size:
            self._choose_threads(packet)
        try:
            return tuple(packet.decode()), None
        except (av.FFmpegError, OSError, ValueError, MemoryError, RuntimeError) as error:
            return (), reason(error)

    def _choose_threads(self, packet: "av.Packet[VideoStream]") -> None:
        """Let the threads share each frame instead where its slices allow it: a frame that is sought then comes sooner."""
        self._started, context = True, self.stream.codec_context
        cores = min(os.cpu_count() or 1, _MAX_THREADS)
        free = self.stream.thread_type == ThreadType.AUTO and not context.is_open and cores > 1
        if free and slices_in(context.name, context.extradata, bytes(packet)) >= cores:
            self.stream.thread_type = "SLICE"

    def close(self) -> None:
        """Close the file."""
        self.container.close()
