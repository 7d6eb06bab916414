"""Scan of a whole file by decoding: frames, their order, and damage."""

from array import array
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from actiondiff_gui.errors import VideoError
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.video.container import file_size, stated_frames
from actiondiff_gui.video.damage import cut_off, marked, missing, not_found, not_given, several
from actiondiff_gui.video.decoding import Decoder, Step
from actiondiff_gui.video.frame_index import FrameIndex
from actiondiff_gui.video.pixels import checksum
from actiondiff_gui.video.probing import BARE_STREAM_TIME_BASE, nominal_fps
from actiondiff_gui.video.truncation import ends_early

_REPORT_EVERY = 64
_UNKNOWN = np.iinfo(np.int64).min
# Between the bytes of these no table says where a frame lies, and a seek by time lands beside it.
_SEEK_BY_BYTES = frozenset({"mpegts", "mpeg"})
# They give no frame and no error where a picture is lost that others are predicted from.
_SILENT_DECODERS = frozenset({"h264", "hevc"})
_INDEXED = frozenset({"avi"})  # read from chunk to chunk, whatever their index lists
_MOSTLY = 0.9
"""Where so large a share of frames has the time of decoding as its own, the times of decoding are those of all."""


@dataclass
class _Scan:
    """Packets and frames of a file, in the order of the file and of the decoder's output."""

    path: Path
    size: int
    container: str
    time_base: tuple[int, int]
    fps: float
    states_fps: bool
    stated: int | None
    codec: str = ""
    packets: int = 0
    pictures: int = 0  # packets of pictures that are to be shown
    time_before: int | None = None
    indexed: int = 0  # pictures that the file's own index lists
    last_packet: tuple[int, int] | None = None
    key_packets: list[tuple[int | None, int | None]] = field(default_factory=list)  # time, byte
    ordinals: "array[int]" = field(default_factory=lambda: array("q"))
    pts: "array[int]" = field(default_factory=lambda: array("q"))
    dts: "array[int]" = field(default_factory=lambda: array("q"))
    sums: "array[int]" = field(default_factory=lambda: array("Q"))
    keys: "array[int]" = field(default_factory=lambda: array("q"))
    marked: "array[int]" = field(
        default_factory=lambda: array("q")
    )  # frames given before an incomplete packet
    corrupt: int = 0
    dropped: int = 0
    interlaced: bool = False
    errors: list[str] = field(default_factory=list)

    def add_packet(self, step: Step) -> None:
        """Note what a packet says of itself."""
        if step.position is not None:
            self.packets += 1
            self.last_packet = step.position, step.size
        if step.is_key:
            self.key_packets.append((step.dts if step.pts is None else step.pts, step.position))
        if step.position is not None and self.key_packets and not step.is_discard:
            first = self.key_packets[0][0]
            # Earlier pictures are predicted from one that need not be in the file; of one time are parts of a picture.
            own = first is None or (
                step.pts is not None and step.pts >= first and step.pts != self.time_before
            )
            self.pictures += step.pts is None or own
            self.time_before = step.pts
        if step.is_corrupt:
            self.marked.append(len(self.ordinals))
        if step.error is not None:
            self.errors.append(step.error)

    def add_frame(self, frame: VideoFrame, ordinal: int, reformatter: VideoReformatter) -> None:
        """Note a frame that is offered."""
        if frame.key_frame:
            self.keys.append(len(self.ordinals))
        self.ordinals.append(ordinal)
        self.pts.append(_UNKNOWN if frame.pts is None else frame.pts)
        self.dts.append(_UNKNOWN if frame.dts is None else frame.dts)
        self.sums.append(checksum(frame, reformatter))
        self.corrupt += bool(frame.is_corrupt)
        self.interlaced |= frame.interlaced_frame

    def index(self) -> FrameIndex:
        """Return the index of the scanned frames.

        Raises
        ------
        VideoError
            If there was no frame.
        """
        if not self.ordinals:
            problem = self.errors[0] if self.errors else "it holds no frame"
            raise VideoError(
                f"No frame of {self.path} can be decoded ({problem}). The file is damaged, encrypted or "
                "cut off; copy or convert it again from its source."
            )
        ordinals = np.array(self.ordinals, np.int64)
        pts, timed, counted, said = self._times()
        return FrameIndex(
            file_size=self.size,
            method="decoded",
            time_base=self.time_base,
            nominal_fps=self.fps,
            pts=pts,
            timed=timed,
            counted=counted,
            **self._entries(counted),
            ordinals=None if (ordinals == np.arange(len(ordinals))).all() else ordinals,
            checksums=np.array(self.sums, np.uint32),
            one_at_a_time=bool(self.errors or self.corrupt or self.marked or self.interlaced),
            warnings=(*self._damage(pts if timed else None), *said),
        )

    def _times(self) -> tuple[np.ndarray, bool, bool, list[str]]:
        """Return times of the frames, whether they are the file's, whether frames are counted, and warnings."""
        pts, dts = np.array(self.pts, np.int64), np.array(self.dts, np.int64)
        bare = Fraction(*self.time_base) == BARE_STREAM_TIME_BASE
        without = len(pts) if bare else int((pts == _UNKNOWN).sum())
        falls = np.flatnonzero(pts[1:] < pts[:-1]) + 1
        said = (
            []
            if self.states_fps
            else [f"{self.path} states no frame rate; {self.fps:g} per second is taken."]
        )
        if not without and not len(falls):
            return pts, True, False, said
        counted = np.arange(len(pts))
        if without == len(pts):
            return counted, False, True, said
        decoding = _rising(dts)
        spaced = "their times are those of decoding"
        if decoding is None:
            spaced = f"they are taken to be {1 / self.fps:.4g} s apart"
        if decoding is not None and (pts == decoding).mean() >= _MOSTLY:
            return decoding, True, True, said  # a few packets without a time, as in most MPEG program streams
        if without:
            problem = f"{without} of the {len(pts)} frames of {self.path} carry no time"
        else:
            problem = (
                f"The times in {self.path} are not in the order of its frames (first at frame {falls[0]}, "
                f"{several(len(falls), 'place')})"
            )
        said.append(f"{problem}. The frames are numbered as they are shown, and {spaced}.")
        return (counted if decoding is None else decoding), decoding is not None, True, said

    def _entries(self, counted: bool) -> dict[str, Any]:
        """Return where decoding may start, and with which frames, as fields of the index."""
        times = [time for time, _ in self.key_packets]
        by_bytes = self.container in _SEEK_BY_BYTES
        if counted or by_bytes:
            numbers = np.array(self.keys, np.int64)
            for byte in (True,) if by_bytes else (False, True):
                given = [at for _, at in self.key_packets] if byte else times
                positions = [at for at in given if at is not None]
                if len(positions) == len(given) == len(numbers) and (np.diff(positions) > 0).all():
                    return {"entries": np.array(positions), "byte_entries": byte, "entry_frames": numbers}
        if counted:
            return {"entries": np.zeros(0, np.int64)}
        return {"entries": np.unique(np.array([time for time in times if time is not None], np.int64))}

    def _damage(self, times: np.ndarray | None) -> list[str]:
        found: list[str | None] = []
        short = None
        if self.errors:
            left_out = f", {several(self.dropped, 'frame')} after damage left out" if self.dropped else ""
            found.append(
                f"{self.path} is damaged or cut off ({self.errors[0]}; {several(len(self.errors), 'place')}): "
                f"{several(len(self.ordinals), 'good frame')} offered{left_out}."
            )
        if self.marked and not self.errors:
            starts, keys = np.array(self.marked, np.int64), np.array(self.keys, np.int64)
            found.append(marked(self.path, starts, keys, len(self.ordinals)))
        elif self.corrupt:
            found.append(
                f"{self.path} is damaged or cut off: {self.corrupt} of its {len(self.ordinals)} frames were "
                "decoded from incomplete data."
            )
        if not self.errors:
            if times is not None:
                found.append(missing(self.path, times))
            seconds = np.zeros(0) if times is None else times * float(Fraction(*self.time_base))
            # Where times begin again, the length that follows from them says nothing.
            stated = None if times is None and self.container in _SEEK_BY_BYTES else self.stated
            held = max(self.packets, len(self.ordinals))
            short = cut_off(self.path, stated, held, seconds, self.fps)
            if self.codec in _SILENT_DECODERS and not self.interlaced:  # a packet may be a field
                found.append(not_given(self.path, self.pictures, len(self.ordinals)))
        short = short or ends_early(self.path, self.container, self.last_packet)
        if not self.errors:
            short = short or not_found(self.path, self.indexed, self.packets)
        found.append(short)
        return [sentence for sentence in found if sentence]


def scan_job(path: Path) -> Job[FrameIndex]:
    """Decode a file from end to end and index every frame that the decoder vouches for.

    After an error nothing is offered until the next key frame, except frames whose packets came before
    the error: the others are predicted from a frame that is missing. One frame is decoded at a time: a codec
    that works on several reports errors late, and what it makes of damaged data depends on chance.
    """
    decoder = Decoder(path, parallel_frames=False)
    try:
        scan = _opened(decoder)
        yield Progress(0, scan.size, f"indexing {path.name}")
        yield from _scan(decoder, scan)
        if scan.container in _INDEXED:
            scan.indexed = sum(entry.size > 0 for entry in decoder.stream.index_entries)
        yield Progress(scan.size, scan.size, f"indexing {path.name}")
    finally:
        decoder.close()
    return scan.index()


def _opened(decoder: Decoder) -> _Scan:
    base = decoder.stream.time_base
    fps, stated = nominal_fps(decoder)
    return _Scan(
        decoder.path,
        file_size(decoder.path),
        decoder.container.format.name,
        (base.numerator, base.denominator) if base else (1, 1),
        fps,
        stated,
        stated_frames(decoder.stream),
        decoder.stream.codec_context.name,
    )


def _scan(decoder: Decoder, scan: _Scan) -> Job[None]:
    reformatter = VideoReformatter()
    waiting: set[int] = set()
    sound_before_error: set[int] | None = None
    ordinal = 0
    for number, step in enumerate(decoder.steps()):
        scan.add_packet(step)
        if step.error is not None:
            sound_before_error = set(waiting) if sound_before_error is None else sound_before_error
        elif step.pts is not None:
            waiting.add(step.pts)
        for frame in step.frames:
            if frame.pts is not None:
                waiting.discard(frame.pts)
            good = sound_before_error is None
            if sound_before_error is not None and frame.pts in sound_before_error:
                sound_before_error.discard(frame.pts)
                good = True
            elif not good and frame.key_frame:
                sound_before_error, good = None, True
            if good:
                scan.add_frame(frame, ordinal, reformatter)
            scan.dropped += not good
            ordinal += 1
        if len(waiting) > 4096:
            waiting.clear()
        if number % _REPORT_EVERY == 0:
            yield Progress(min(step.position or 0, scan.size), scan.size, f"indexing {decoder.path.name}")


def _rising(dts: np.ndarray) -> np.ndarray | None:
    """Return times of decoding as times of frames, where they rise; None elsewhere.

    Frames that the decoder gives at the end have none, and follow at the usual step.
    """
    known = np.flatnonzero(dts != _UNKNOWN)
    steps = np.diff(dts[: len(known)])
    if len(known) < 2 or known[-1] != len(known) - 1 or not (steps > 0).all():
        return None
    usual = int(np.median(steps))
    return np.concatenate(
        [dts[: len(known)], dts[len(known) - 1] + usual * np.arange(1, len(dts) - len(known) + 1)]
    )
