"""Construction of the exact frame index: by decoding the file once, or from its packets where they are reliable.

A short file, and one with anything unusual about it, is decoded from end to end. In a long one of a sound
kind the packets' times are read, which is as fast as the disk, and are compared with what the decoder gives
at the start, at the end and at places in between; if they disagree anywhere, the file is decoded after all.
Until they are compared they serve to show the file.
"""

from array import array
from dataclasses import replace
from pathlib import Path

import numpy as np
from av.video.frame import VideoFrame

from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.video.container import file_size, stated_frames
from actiondiff_gui.video.damage import cut_off, missing
from actiondiff_gui.video.decoding import Decoder
from actiondiff_gui.video.frame_index import FrameIndex
from actiondiff_gui.video.pixels import is_predicted
from actiondiff_gui.video.probing import DEFAULT_FPS, nominal_fps
from actiondiff_gui.video.scanning import scan_job
from actiondiff_gui.video.truncation import ends_early

DECODED_PIXELS = 500_000_000
"""Files of up to this many pixels (frames x width x height) are always decoded from end to end."""

SAMPLED_PLACES = 6
SAMPLED_PACKETS = 60
_FIRST_PACKETS = 30
_LAST_PACKETS = 2000
_REPORT_EVERY = 1024
TRUSTED_FORMATS = frozenset({"mov", "mp4", "matroska", "webm"})
"""Their packets tell the times of all frames, in a reading of the file that decodes nothing."""
_HIDES_FRAMES = frozenset({"vp8"})  # in packets of their own, which show nothing


def index_job(
    path: str | Path, thorough: bool = False, unproven: FrameIndex | None = None
) -> Job[FrameIndex]:
    """Build the exact frame index of a file; reports bytes read of bytes in all.

    Parameters
    ----------
    path : str or Path
    thorough : bool
        Decode every frame even of a long file. Finds damage in the middle that sampling can miss.
    unproven : FrameIndex, optional
        What :func:`unproven_job` made of the file, to spare its time.

    Raises
    ------
    VideoError
        If the file cannot be opened or no frame of it can be decoded.
    """
    path = Path(path)
    if not thorough:
        if unproven is None:
            unproven = yield from unproven_job(path, DECODED_PIXELS)
        if unproven is not None and (yield from _is_proven(path, unproven)):
            return replace(unproven, method="packets")
    return (yield from scan_job(path))


def unproven_job(path: str | Path, more_than_pixels: int = 0) -> Job[FrameIndex | None]:
    """Return the index that the packets' times suggest, None where they are unreliable even for a preview.

    Frames that are read with it are those of their times. Their number and numbers are certain only when
    :func:`index_job` has compared them with the decoder's.

    Parameters
    ----------
    path : str or Path
    more_than_pixels : int
        None for a file of up to this many pixels in all frames.

    Raises
    ------
    VideoError
        If the file cannot be opened.
    """
    path = Path(path)
    decoder = Decoder(path)
    size = file_size(path)
    try:
        stream = decoder.stream
        base, pixels = stream.time_base, _frame_pixels(decoder)
        if TRUSTED_FORMATS.isdisjoint(decoder.container.format.name.split(",")) or not base:
            return None
        if stream.codec_context.name in _HIDES_FRAMES or 0 < stream.frames * pixels <= more_than_pixels:
            return None
        fps, _ = nominal_fps(decoder)
        number, shown, entries = 0, array("q"), array("q")
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
            if number % _REPORT_EVERY == 0:
                yield Progress(min(step.position or 0, size), size, f"indexing {path.name}")
        pts = np.sort(np.array(shown, np.int64))
        starts = np.unique(np.array(entries, np.int64))
        unusual = not len(pts) or len(starts) != len(entries) or not (pts[1:] > pts[:-1]).all()
        if unusual or len(pts) * pixels <= more_than_pixels:
            return None
        if len(starts) == number > 1 and _lead_nowhere(decoder, starts):
            return None
        in_order = bool((np.diff(np.array(shown, np.int64)) > 0).all())
        if in_order and stream.codec_context.has_b_frames and _times_fall(decoder, starts):
            return None
        said = (
            missing(path, pts),
            cut_off(path, stated_frames(stream), number, pts * float(base), fps)
            or ends_early(path, decoder.container.format.name),
        )
        return FrameIndex(
            file_size=size,
            method="unproven",
            time_base=(base.numerator, base.denominator),
            nominal_fps=fps,
            pts=pts,
            timed=True,
            entries=starts,
            warnings=tuple(filter(None, said)),
        )
    finally:
        decoder.close()


def _lead_nowhere(decoder: Decoder, starts: np.ndarray) -> bool:
    """Return whether frames that are all said to be key frames cannot be; a file without a table of them says so."""
    for start in starts[len(starts) // 2 :][:2]:
        given = (frame for step in decoder.steps() for frame in step.frames)
        frame = next(given, None) if decoder.seek(int(start)) else None
        if frame is None or frame.pts is None or frame.pts > start or is_predicted(frame):
            return True
    return False


def _times_fall(decoder: Decoder, starts: np.ndarray) -> bool:
    """Return whether the first frames are given in another order than that of their times, as where these are of decoding."""
    if not len(starts) or not decoder.seek(int(starts[0])):
        return True
    last = None
    for number, step in enumerate(decoder.steps()):
        for frame in step.frames:
            if frame.pts is None or (last is not None and frame.pts <= last):
                return True
            last = frame.pts
        if number >= _FIRST_PACKETS:
            break
    return False


def first_frame_index(path: str | Path) -> FrameIndex:
    """Return an index that knows the first frame only, for showing a file while its index is built."""
    path = Path(path)
    only = np.zeros(1, np.int64)
    return FrameIndex(
        file_size(path), "unproven", (1, 1), DEFAULT_FPS, only, timed=False, entries=only[:0], counted=True
    )


def _frame_pixels(decoder: Decoder) -> int:
    context = decoder.stream.codec_context
    return max(context.width * context.height, 1)


def _is_proven(path: Path, index: FrameIndex) -> Job[bool]:
    """Return whether decoding agrees with an index from packets; False for a short file, which is decoded anyway."""
    yield Progress(index.file_size, index.file_size, f"checking {path.name}")
    decoder = Decoder(path)
    try:
        if index.frame_count * _frame_pixels(decoder) <= DECODED_PIXELS:
            return False
        return (yield from _samples_agree(decoder, index.pts, index.entries))
    finally:
        decoder.close()


def _samples_agree(decoder: Decoder, pts: np.ndarray, starts: np.ndarray) -> Job[bool]:
    """Return whether decoding gives exactly the frames in ``pts`` from the start, to the end and in between."""
    size = file_size(decoder.path)
    if not _run_agrees(decoder, pts, int(pts[0]), to_end=False):
        return False
    samples = {int(starts[i * len(starts) // SAMPLED_PLACES]) for i in range(1, SAMPLED_PLACES)}
    for sample in sorted(samples | {int(starts[-1])}):
        yield Progress(size, size, f"checking {decoder.path.name}")
        if not decoder.seek(sample) or not _run_agrees(decoder, pts, sample, to_end=sample == starts[-1]):
            return False
    return True


def _run_agrees(decoder: Decoder, pts: np.ndarray, first: int, to_end: bool) -> bool:
    """Return whether the frames decoded from here are those of ``pts`` from ``first`` on, without a gap.

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
