"""How is the exact index of a file found? By decoding it once, or from its packets if these can be trusted.

A short file, and one with anything unusual about it, is decoded from end to end. In a long one of a sound
kind the packets' times are read, which is as fast as the disk, and are compared with what the decoder gives
at the start, at the end and at places in between; if they disagree anywhere, the file is decoded after all.
"""

from array import array
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from actiondiff_gui.errors import VideoError
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.video.container import file_size
from actiondiff_gui.video.decoding import Decoder
from actiondiff_gui.video.frame_index import FrameIndex
from actiondiff_gui.video.pixels import checksum
from actiondiff_gui.video.probing import first_frame, nominal_fps

DECODED_PIXELS = 500_000_000
"""Files of up to this many pixels (frames x width x height) are always decoded from end to end."""

SAMPLED_PLACES = 6
SAMPLED_PACKETS = 60
_LAST_PACKETS = 2000
_REPORT_EVERY = 64
_TRUSTED_FORMATS = frozenset({"mov", "mp4", "matroska", "webm"})


def index_job(path: str | Path, thorough: bool = False) -> Job[FrameIndex]:
    """Build the exact frame index of a file; reports bytes read of bytes in all.

    Parameters
    ----------
    path : str or Path
    thorough : bool
        Decode every frame even of a long file. Finds damage in the middle that sampling can miss.

    Raises
    ------
    VideoError
        If the file cannot be opened or no frame of it can be decoded.
    """
    path = Path(path)
    if not thorough:
        index = yield from _from_packets(path)
        if index is not None:
            return index
    scan = yield from _scan(path)
    return scan.index()


@dataclass
class _Scan:
    """What decoding a file from end to end showed."""

    path: Path
    size: int
    time_base: tuple[int, int]
    fps: float
    ordinals: array = field(default_factory=lambda: array("q"))
    pts: array = field(default_factory=lambda: array("q"))  # 0 where the frame carries none
    sums: array = field(default_factory=lambda: array("Q"))
    without_time: int = 0
    entries: set[int] = field(default_factory=set)
    corrupt: int = 0
    dropped: int = 0
    interlaced: bool = False
    errors: list[str] = field(default_factory=list)

    @property
    def one_at_a_time(self) -> bool:
        return bool(self.errors or self.corrupt or self.interlaced)

    def index(self) -> FrameIndex:
        if not self.ordinals:
            problem = self.errors[0] if self.errors else "it holds no frame"
            raise VideoError(
                f"No frame of {self.path} can be decoded ({problem}). The file is damaged, encrypted or "
                "cut off; copy or convert it again from its source."
            )
        ordinals, sums = np.array(self.ordinals, np.int64), np.array(self.sums, np.uint32)
        timed = not self.without_time
        warnings = self._warnings()
        if timed:
            pts = np.array(self.pts, np.int64)
            order = np.argsort(pts, kind="stable")
            pts, ordinals, sums = pts[order], ordinals[order], sums[order]
        else:
            pts = np.arange(len(ordinals))
            if self.without_time < len(ordinals):
                warnings.append(
                    f"Some frames of {self.path} carry no time; all are taken to be "
                    f"{1 / self.fps:.4g} s apart."
                )
        return FrameIndex(
            file_size=self.size,
            method="decoded",
            time_base=self.time_base,
            nominal_fps=self.fps,
            pts=pts,
            timed=timed,
            entries=np.array(sorted(self.entries) if timed else [], np.int64),
            ordinals=None if (ordinals == np.arange(len(ordinals))).all() else ordinals,
            checksums=sums,
            one_at_a_time=self.one_at_a_time,
            warnings=tuple(warnings),
        )

    def _warnings(self) -> list[str]:
        found = []
        if self.errors:
            left_out = f", {self.dropped} frames after damage are left out" if self.dropped else ""
            found.append(
                f"{self.path} is damaged or cut off ({self.errors[0]}; {len(self.errors)} places): "
                f"{len(self.ordinals)} good frames are offered{left_out}."
            )
        if self.corrupt:
            found.append(
                f"{self.path} is damaged or cut off: {self.corrupt} of its {len(self.ordinals)} frames were "
                "decoded from incomplete data."
            )
        return found


def _scan(path: Path) -> Job[_Scan]:
    """Decode the file from end to end and note every frame that the decoder vouches for.

    After an error nothing is offered until the next key frame, except frames whose packets came before
    the error: the others are predicted from a frame that is missing. One frame is decoded at a time: a codec
    that works on several reports errors late, and what it makes of damaged data depends on chance.
    """
    decoder = Decoder(path, parallel_frames=False)
    reformatter = VideoReformatter()
    size = file_size(path)
    base = decoder.stream.time_base
    scan = _Scan(path, size, (base.numerator, base.denominator) if base else (1, 1), nominal_fps(decoder))
    waiting: set[int] = set()
    sound_before_error: set[int] | None = None
    ordinal = 0
    try:
        yield Progress(0, size, f"indexing {path.name}")
        for number, step in enumerate(decoder.steps()):
            if step.pts is not None:
                if step.is_key:
                    scan.entries.add(step.pts)
                if step.error is None:
                    waiting.add(step.pts)
            if step.error is not None:
                scan.errors.append(step.error)
                sound_before_error = set(waiting) if sound_before_error is None else sound_before_error
            for frame in step.frames:
                waiting.discard(frame.pts)
                if sound_before_error is not None:
                    if frame.pts in sound_before_error:
                        sound_before_error.discard(frame.pts)
                    elif frame.key_frame:
                        sound_before_error = None
                    else:
                        scan.dropped += 1
                        ordinal += 1
                        continue
                scan.ordinals.append(ordinal)
                scan.pts.append(frame.pts or 0)
                scan.sums.append(checksum(frame, reformatter))
                scan.without_time += frame.pts is None
                scan.corrupt += bool(frame.is_corrupt)
                scan.interlaced |= frame.interlaced_frame
                ordinal += 1
            if len(waiting) > 4096:
                waiting.clear()
            if number % _REPORT_EVERY == 0:
                yield Progress(min(step.position or 0, size), size, f"indexing {path.name}")
        yield Progress(size, size, f"indexing {path.name}")
    finally:
        decoder.close()
    return scan


def _from_packets(path: Path) -> Job[FrameIndex | None]:
    """The index from the packets' times alone, or None where that is not worth it or not safe."""
    decoder = Decoder(path)
    size = file_size(path)
    try:
        stream = decoder.stream
        context = stream.codec_context
        base = stream.time_base
        if _TRUSTED_FORMATS.isdisjoint(decoder.container.format.name.split(",")) or not base:
            return None
        pixels = max(context.width * context.height, 1)
        if 0 < stream.frames * pixels <= DECODED_PIXELS:
            return None
        shown, entries = array("q"), array("q")
        for number, step in enumerate(decoder.steps(decode=False)):
            if step.error or step.is_corrupt:
                return None
            if step.pts is None:
                if step.position is None:
                    continue
                return None
            if number == 0 and not step.is_key:
                return None
            if step.is_key:
                entries.append(step.pts)
            if not step.is_discard:
                shown.append(step.pts)
            if number % (_REPORT_EVERY * 16) == 0:
                yield Progress(min(step.position or 0, size), size, f"indexing {path.name}")
        pts = np.sort(np.array(shown, np.int64))
        starts = np.unique(np.array(entries, np.int64))
        unusual = len(starts) != len(entries) or not (pts[1:] > pts[:-1]).all()
        if unusual or len(pts) * pixels <= DECODED_PIXELS:
            return None
        yield Progress(size, size, f"checking {path.name}")
        decoder.restart()
        interlaced = first_frame(decoder).interlaced_frame
        if not _samples_agree(decoder, pts, starts):
            return None
        return FrameIndex(
            file_size=size,
            method="packets",
            time_base=(base.numerator, base.denominator),
            nominal_fps=nominal_fps(decoder),
            pts=pts,
            timed=True,
            entries=starts,
            one_at_a_time=interlaced,
        )
    finally:
        decoder.close()


def _samples_agree(decoder: Decoder, pts: np.ndarray, starts: np.ndarray) -> bool:
    """Whether decoding gives exactly the frames in ``pts`` from the start, to the end and in between."""
    decoder.restart()
    if not _run_agrees(decoder, pts, int(pts[0]), to_end=False):
        return False
    places = {int(starts[i * len(starts) // SAMPLED_PLACES]) for i in range(1, SAMPLED_PLACES)}
    for place in sorted(places | {int(starts[-1])}):
        if not decoder.seek(place) or not _run_agrees(decoder, pts, place, to_end=place == starts[-1]):
            return False
    return True


def _run_agrees(decoder: Decoder, pts: np.ndarray, first: int, to_end: bool) -> bool:
    """Whether the frames decoded from here are those of ``pts`` from ``first`` on, without a gap.

    A run ends after :data:`SAMPLED_PACKETS` packets; with ``to_end`` it goes on to the end of the file,
    unless that is very far.
    """
    expected = int(np.searchsorted(pts, first))
    limit = _LAST_PACKETS if to_end else SAMPLED_PACKETS
    for number, step in enumerate(decoder.steps()):
        if step.error:
            return False
        for frame in step.frames:
            if frame.pts is not None and frame.pts < first:
                continue
            if not _is_expected(frame, pts, expected):
                return False
            expected += 1
        if number >= limit:
            return expected > int(np.searchsorted(pts, first))
    return expected == len(pts)


def _is_expected(frame: VideoFrame, pts: np.ndarray, number: int) -> bool:
    return (
        number < len(pts)
        and not frame.is_corrupt
        and not frame.interlaced_frame
        and frame.pts == int(pts[number])
    )
