"""Frame index of a video: its frames and their presentation times."""

import json
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from actiondiff_gui.errors import VideoError

_MAGIC = b"actiondiff frame index 2\n"
_MAX_HEADER_BYTES = 1 << 20
_MAX_FRAMES = 1 << 28
_ARRAYS = {"pts": "<i8", "ordinals": "<i8", "checksums": "<u4", "entries": "<i8", "entry_frames": "<i8"}


@dataclass(frozen=True, eq=False)
class FrameIndex:
    """Every frame of a video file in the order in which it is shown, and how to reach it.

    That order is the one in which the decoder gives the frames. The container's times follow it in most
    files; where they do not, the frames are ``counted``.

    Attributes
    ----------
    file_size : int
        Size in bytes of the file that was indexed; an index of another size is refused.
    method : str
        ``"decoded"``: every frame was decoded once. ``"packets"``: the times were read from the
        container and compared with decoded frames at the start, the end and positions in between.
        ``"unproven"``: they were read and not yet compared.
    time_base : tuple of int
        Numerator and denominator of the unit of ``pts``, in seconds.
    nominal_fps : float
        Frame rate the container states (25 if it states none); used where times are missing.
    pts : ndarray
        [N] int64 times in units of the time base, ascending. Without ``timed`` these are
        0, 1, 2, ... in units of one frame.
    timed : bool
        Whether ``pts`` comes from the file.
    entries : ndarray
        [K] int64 ascending positions at which a decoder may start: presentation times, or bytes of the file
        with ``byte_entries``.
    byte_entries : bool
        Whether ``entries`` are bytes.
    entry_frames : ndarray or None
        [K] int64 ascending numbers of the key frames that ``entries`` lead to; None where these are the
        frames of the same times.
    counted : bool
        Whether frames are known by counting from a key frame, because the container's times are
        missing, repeat, or are not in the order of the frames.
    ordinals : ndarray or None
        [N] int64 position of each frame in the decoder's output; None if that is 0, 1, 2, ...
    checksums : ndarray or None
        [N] uint32 CRC-32 of each frame's decoded pixels, if every frame was decoded.
    one_at_a_time : bool
        Whether frames have to be decoded one after the other to be reproducible: around damage, and where
        one field of an interlaced frame may be missing, several decoding threads leave chance pixels.
    warnings : tuple of str
        What is wrong with the file, one sentence each.
    """

    file_size: int
    method: str
    time_base: tuple[int, int]
    nominal_fps: float
    pts: npt.NDArray[np.int64]
    timed: bool
    entries: npt.NDArray[np.int64]
    byte_entries: bool = False
    entry_frames: npt.NDArray[np.int64] | None = None
    counted: bool = False
    ordinals: npt.NDArray[np.int64] | None = None
    checksums: npt.NDArray[np.uint32] | None = None
    one_at_a_time: bool = False
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in _ARRAYS:
            array = getattr(self, name)
            if array is not None:
                array = np.ascontiguousarray(array, dtype=_ARRAYS[name])
                array.setflags(write=False)
                object.__setattr__(self, name, array)

    @property
    def frame_count(self) -> int:
        """Number of frames N."""
        return len(self.pts)

    @property
    def timestamps(self) -> npt.NDArray[np.float64]:
        """[N] float64 presentation times in seconds; the first is 0."""
        offsets: npt.NDArray[np.int64] = self.pts - self.pts[:1]
        if not self.timed:
            return offsets / self.nominal_fps
        numerator, denominator = self.time_base
        return offsets * numerator / denominator

    def time_of(self, frame: int) -> float:
        """Return the time of a frame in seconds as the container counts them, which its sound shares."""
        at = int(self.pts[max(0, min(frame, len(self.pts) - 1))])
        numerator, denominator = self.time_base
        return at * numerator / denominator if self.timed else at / self.nominal_fps

    @property
    def fps(self) -> float:
        """Mean frame rate over the file; the nominal one where a single frame or no time passes."""
        times = self.timestamps
        if len(times) < 2 or times[-1] <= 0:
            return self.nominal_fps
        return float((len(times) - 1) / times[-1])

    def to_bytes(self) -> bytes:
        """Return the index as bytes: a JSON line and compressed integer arrays."""
        arrays = {n: getattr(self, n) for n in _ARRAYS if getattr(self, n) is not None}
        header = {
            "file_size": self.file_size,
            "method": self.method,
            "time_base": self.time_base,
            "nominal_fps": self.nominal_fps,
            "timed": self.timed,
            "byte_entries": self.byte_entries,
            "counted": self.counted,
            "one_at_a_time": self.one_at_a_time,
            "warnings": self.warnings,
            "lengths": {name: len(array) for name, array in arrays.items()},
        }
        # Steps compress far better than the values that they add up to.
        deltas = (np.diff(a, prepend=a.dtype.type(0)) if a.dtype.kind == "i" else a for a in arrays.values())
        body = zlib.compress(b"".join(np.ascontiguousarray(d).tobytes() for d in deltas), 6)
        return _MAGIC + json.dumps(header).encode() + b"\n" + body

    @classmethod
    def from_bytes(cls, data: bytes) -> "FrameIndex":
        """Return the index that :meth:`to_bytes` wrote.

        Raises
        ------
        VideoError
            If the bytes are no frame index, are damaged, or contradict themselves.
        """
        try:
            return _parsed(data)
        except (
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
            OverflowError,
            RecursionError,
            zlib.error,
        ) as error:
            raise VideoError(
                "A stored frame index is damaged or of another version. Build the index of the video again."
            ) from error


def _parsed(data: bytes) -> FrameIndex:
    end = data.find(b"\n", len(_MAGIC), len(_MAGIC) + _MAX_HEADER_BYTES)
    if not data.startswith(_MAGIC) or end < 0:
        raise ValueError("not a frame index")
    header: dict[str, Any] = json.loads(data[len(_MAGIC) : end])
    lengths = {name: int(header["lengths"][name]) for name in _ARRAYS if name in header["lengths"]}
    if any(not 0 <= n <= _MAX_FRAMES for n in lengths.values()):
        raise ValueError("impossible length")
    expected = sum(n * np.dtype(_ARRAYS[name]).itemsize for name, n in lengths.items())
    unpacker = zlib.decompressobj()
    body = unpacker.decompress(data[end + 1 :], expected + 1)
    if len(body) != expected or not unpacker.eof:
        raise ValueError("wrong length")
    arrays, start = {}, 0
    for name, n in lengths.items():
        dtype = np.dtype(_ARRAYS[name])
        values = np.frombuffer(body, dtype, n, start)
        arrays[name] = np.cumsum(values, dtype=dtype) if dtype.kind == "i" else values
        start += n * dtype.itemsize
    numerator, denominator = (int(v) for v in header["time_base"])
    index = FrameIndex(
        file_size=int(header["file_size"]),
        method=str(header["method"]),
        time_base=(numerator, denominator),
        nominal_fps=float(header["nominal_fps"]),
        timed=bool(header["timed"]),
        byte_entries=bool(header["byte_entries"]),
        counted=bool(header["counted"]),
        one_at_a_time=bool(header["one_at_a_time"]),
        warnings=tuple(str(w) for w in header["warnings"]),
        **arrays,
    )
    _check(index)
    return index


def _check(index: FrameIndex) -> None:
    n = index.frame_count
    ordinals = np.arange(n) if index.ordinals is None else index.ordinals
    consistent = (
        n > 0
        and index.method in ("decoded", "packets", "unproven")
        and min(index.time_base) > 0
        and 0 < index.nominal_fps < float("inf")
        and (index.pts[1:] >= index.pts[:-1]).all()
        and (index.entries[1:] > index.entries[:-1]).all()
        and _leads_to_frames(index)
        and (index.checksums is None or len(index.checksums) == n)
        and len(ordinals) == n
        and ordinals.min() >= 0
        and len(np.unique(ordinals)) == n
    )
    if not consistent:
        raise ValueError("inconsistent index")


def _leads_to_frames(index: FrameIndex) -> bool:
    """Return whether every entry has a frame, where the frames of entries have to be named."""
    frames = index.entry_frames
    if frames is None:
        return not len(index.entries) or not (index.counted or index.byte_entries)
    ascend = (frames[1:] > frames[:-1]).all()
    return bool(
        len(frames) == len(index.entries)
        and ascend
        and (frames >= 0).all()
        and (frames < len(index.pts)).all()
    )
