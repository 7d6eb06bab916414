"""Check of MP4 and MOV headers for sample counts larger than the file can hold.

The reader of these files allocates memory for every sample that the header counts before reading any. A few
bytes can count four thousand million, so the counts are checked first (ISO/IEC 14496-12: boxes ``stsz``
and ``trun``; QuickTime's compressed header ``cmov``). Only box headers are read, never the pictures.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_FIRST_BOXES = (
    b"ftyp",
    b"styp",
    b"moov",
    b"moof",
    b"mdat",
    b"free",
    b"skip",
    b"wide",
    b"pnot",
    b"uuid",
    b"sidx",
)
_CONTAINERS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf", b"cmov"})
_MAX_BOXES = 1_000_000
_SPARE_SAMPLES = 1_000_000
_MAX_UNPACKED_HEADER = 64 * 1024 * 1024
_TRUN_SAMPLE_SIZES = 0x200


def impossible_claim(path: Path) -> str | None:
    """Return the impossible claim in the header of the file at ``path``, or None; reads box headers only."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        if file.read(8)[4:] not in _FIRST_BOXES:
            return None
        samples = 0
        for number, (kind, body) in enumerate(_boxes(file, 0, size)):
            if number > _MAX_BOXES:
                return "its header never ends"
            if kind == b"cmvd" and _numbers(body, ">I") > (_MAX_UNPACKED_HEADER,):
                return "its header unpacks to more than memory should hold"
            samples += _uncounted_samples(kind, body)
            # A sample takes a byte at the least; a little more is left for files that are cut off.
            if samples > size + _SPARE_SAMPLES:
                return f"its header counts {samples} samples in {size} bytes"
    return None


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """Kind and first bytes of every box from ``start`` to ``end``, and of those inside them."""
    spans = [(start, end)]
    while spans:
        start, end = spans.pop()
        if end - start < 8:
            continue
        file.seek(start)
        head = file.read(32)
        if len(head) < 8:
            continue
        length, kind = struct.unpack(">I4s", head[:8])
        body = 8
        if length == 1 and len(head) >= 16:
            (length,) = struct.unpack(">Q", head[8:16])
            body = 16
        elif length == 0:
            length = end - start
        if length < body:
            continue
        yield kind, head[body:]
        spans.append((start + length, end))
        if kind in _CONTAINERS:
            spans.append((start + body, min(start + length, end)))


def _uncounted_samples(kind: bytes, body: bytes) -> int:
    """Return samples that a box claims without a table in the file that lists them."""
    if kind == b"stsz":
        # version and flags, size that all samples share (0: a table follows), number of samples
        _, shared_size, count = _numbers(body, ">III") or (0, 0, 0)
        return count if shared_size else 0
    if kind == b"trun":
        flags, count = _numbers(body, ">II") or (0, 0)
        return 0 if flags & _TRUN_SAMPLE_SIZES else count
    return 0


def _numbers(body: bytes, layout: str) -> tuple[int, ...]:
    needed = struct.calcsize(layout)
    return struct.unpack(layout, body[:needed]) if len(body) >= needed else ()
