"""Seeking to one frame of an indexed file: decoding on, from a key frame, or from the start.

By any route, a frame is accepted only if its time, or where times are unusable its distance from a key frame, and, where
the index knows it, the checksum of its pixels equal those of a sequential decode. Otherwise an earlier key frame is tried,
and finally the start of the file, which is the sequential decode itself.
"""

from collections.abc import Callable, Iterator

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from actiondiff_gui.errors import VideoError
from actiondiff_gui.video.decoding import Decoder
from actiondiff_gui.video.frame_index import FrameIndex
from actiondiff_gui.video.pixels import checksum

_DECODE_ON_FRAMES = 12
_EARLIER_ENTRIES = (0, 1, 3, 8)
_MARKS_UNNEEDED_FRAMES = "h264"  # by the standard no frame at all is predicted from one that is marked

Passing = Callable[[int, VideoFrame], object]
"""Called with the number and picture of a frame that was decoded on the way to another."""


class FrameSource:
    """Decoded frames of one file by number; remembers where its decoder stands.

    Parameters
    ----------
    decoder : Decoder
        Stays the caller's to close.
    index : FrameIndex
        The index of the same file.
    """

    def __init__(self, decoder: Decoder, index: FrameIndex):
        self._decoder = decoder
        self._index = index
        self._checker = VideoReformatter()
        self._by_ordinal: np.ndarray | None = None
        if index.ordinals is not None:
            self._by_ordinal = np.full(int(index.ordinals.max()) + 1, -1, np.int64)
            self._by_ordinal[index.ordinals] = np.arange(index.frame_count)
        if index.entry_frames is None:
            self._entry_frames = np.searchsorted(index.pts, index.entries)
        else:
            self._entry_frames = index.entry_frames
        rising = bool((index.pts[1:] > index.pts[:-1]).all())
        codec = decoder.stream.codec_context.name
        sound = not index.counted and not index.one_at_a_time
        self._may_skip = sound and rising and codec == _MARKS_UNNEEDED_FRAMES
        self._awaited: int | None = None  # ordinal of the next key frame, where frames are counted
        self._frames: Iterator[VideoFrame] | None = None
        self._ordinal: int | None = None  # of the frame given last; None while it is not known
        self._bad_entries: set[int] = set()
        self._unrepeatable: set[int] = set()

    def frame(self, number: int, passing: Passing | None = None) -> VideoFrame:
        """Decode frame ``number``; ``passing`` sees sound frames that are decoded on the way.

        Raises
        ------
        VideoError
            If no way leads to the frame.
        """
        target = self._ordinal_of(number)
        nearest = self._nearest_entry(number)
        self._decoder.skip_before = (
            int(self._index.pts[number]) if self._may_skip and passing is None else None
        )
        if self._is_ahead(target, nearest):
            frame = self._run_until(number, target, passing)
            if frame is not None:
                return frame
        whole = self._index.method == "decoded"
        for entry in (nearest - back for back in _EARLIER_ENTRIES):
            if entry < 0 or (entry == 0 and whole):
                break
            if entry in self._bad_entries:
                continue
            if self._seek(entry):
                frame = self._run_until(number, target, passing)
                if frame is not None:
                    return frame
            self._bad_entries.add(entry)
        if whole or nearest <= max(_EARLIER_ENTRIES):
            frame = self._from_start(number, target, passing)
            if frame is not None:
                return frame
        self._frames = None
        raise VideoError(
            f"Frame {number} of {self._decoder.path} cannot be decoded: the file is damaged there, or has "
            "changed since it was indexed. Build its index again from every frame, or copy the file again."
        )

    def _is_ahead(self, target: int, nearest: int) -> bool:
        """Return whether decoding on reaches a frame sooner than its nearest key frame."""
        if self._frames is None or self._ordinal is None or self._ordinal >= target:
            return False
        if target - self._ordinal <= _DECODE_ON_FRAMES or nearest < 0:
            return True
        first = int(min(self._entry_frames[nearest], self._index.frame_count - 1))
        return self._ordinal_of(first) <= self._ordinal + 1

    def _ordinal_of(self, number: int) -> int:
        return number if self._index.ordinals is None else int(self._index.ordinals[number])

    def _nearest_entry(self, number: int) -> int:
        """Return the index of the last entry at or before frame ``number``, or -1."""
        return int(np.searchsorted(self._entry_frames, number, side="right")) - 1

    def _seek(self, entry: int) -> bool:
        self._ordinal = None
        if not self._decoder.seek(int(self._index.entries[entry]), byte=self._index.byte_entries):
            self._frames = None
            return False
        self._awaited = self._ordinal_of(int(self._entry_frames[entry])) if self._index.counted else None
        self._frames = self._decoded()
        return True

    def _from_start(self, number: int, target: int, passing: Passing | None) -> VideoFrame | None:
        if self._decoder.parallel_frames:
            self._restart()
            frame = self._run_until(number, target, passing)
            if frame is not None:
                return frame
            # Several threads made something else of damaged data than the index saw: go on with one.
            self._bad_entries.clear()
            self._decoder.parallel_frames = False
        self._restart()
        return self._run_until(number, target, passing, from_start=True)

    def _restart(self) -> None:
        self._decoder.skip_before = None
        self._decoder.restart()
        self._ordinal, self._awaited = -1, None
        self._frames = self._decoded()

    def _decoded(self) -> Iterator[VideoFrame]:
        for step in self._decoder.steps():
            yield from step.frames

    def _run_until(
        self, number: int, target: int, passing: Passing | None, from_start: bool = False
    ) -> VideoFrame | None:
        """Decode on to frame ``number``; None if it is passed, missing, or not the frame it should be."""
        for frame in self._frames or ():
            found = self._identify(frame)
            if found == number:
                if self._is_right(number, frame):
                    return frame
                if not from_start:
                    return None
                # Even the straight decode gives other pixels each time: any of them is as right.
                self._unrepeatable.add(number)
                return frame
            if self._ordinal is not None and self._ordinal > target:
                return None
            if passing is not None and found is not None and self._is_right(found, frame):
                passing(found, frame)
        self._frames = None
        return None

    def _identify(self, frame: VideoFrame) -> int | None:
        """Return the number of the frame that the decoder just gave; None if it is not offered or not known."""
        pts = self._index.pts
        if not self._index.counted and frame.pts is not None:
            number = int(np.searchsorted(pts, frame.pts))
            known = number < len(pts) and pts[number] == frame.pts
            if known and (number + 1 == len(pts) or pts[number + 1] != frame.pts):
                self._ordinal = self._ordinal_of(number)
                return number
            if not known:
                self._ordinal = None if self._ordinal is None else self._ordinal + 1
                return None
        # Without a time of its own a frame is known by counting: from one that has it, from the key frame that
        # was sought, or from the start.
        if self._ordinal is None:
            if self._awaited is None or not frame.key_frame:
                return None
            self._ordinal = self._awaited - 1
        self._ordinal += 1
        if self._by_ordinal is None:
            return self._ordinal if self._ordinal < len(pts) else None
        if self._ordinal >= len(self._by_ordinal) or self._by_ordinal[self._ordinal] < 0:
            return None
        return int(self._by_ordinal[self._ordinal])

    def _is_right(self, number: int, frame: VideoFrame) -> bool:
        sums = self._index.checksums
        if sums is None or number in self._unrepeatable:
            return True
        return checksum(frame, self._checker) == int(sums[number])
