"""Whether a file ends before its own structure does.

Most containers are chains of parts that state their length. The chain is followed from part to part, from its start
or from its last kilobytes; pictures are not read. A chain that ends in something else, such as padding or a tag of a
music player, states nothing; so do lengths that a live recording leaves open.
"""

import mmap
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

_TAIL = 1 << 20
_MOST_PARTS = 200_000
_HEAD = 288
_BOXES = frozenset(
    b"ftyp styp moov moof mdat free skip wide pnot uuid sidx ssix mfra meta udta emsg prft PICT".split()
)
_RIFF_CHUNKS = frozenset([b"LIST", b"JUNK", b"idx1"])
_REAL_CHUNKS = frozenset([b".RMF", b"PROP", b"MDPR", b"CONT", b"DATA", b"INDX"])
_ASF_OBJECTS = tuple(
    bytes.fromhex(start)
    for start in (
        "3026b2758e66cf11",
        "3626b2758e66cf11",
        "90080033b1e5cf11",
        "d329e2d6da35d111",
        "feb103f812ad6445",
    )
)  # header, data, three kinds of index
# fmt: off
_EBML_PARTS = frozenset(bytes.fromhex(identity) for identity in (
    "1a45dfa3", "18538067", "114d9b74", "1549a966", "1654ae6b", "1f43b675", "1c53bb6b", "1941a469", "1043a770",
    "1254c367", "ec", "bf", "e7", "a3", "a0", "a7", "ab",
))
# fmt: on
_NUT_INDEX = bytes.fromhex("4e58dd672f23e64e")
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_TS_SYNC = 0x47
_TS_PACKETS = {188: 0, 192: 4, 204: 0}
"""Bytes of a packet, and of the time stamp before its sync byte."""


def ends_early(path: Path, container: str, last_packet: tuple[int, int] | None = None) -> str | None:
    """Return a sentence where a file ends before its structure does, None where it does not or states nothing.

    Parameters
    ----------
    container : str
        FFmpeg's names of its format, with commas between.
    last_packet : tuple of int, optional
        Byte and size of the last packet of its pictures.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            said = _fact(file, size, container.split(",")[0], last_packet) if size else None
    except (OSError, ValueError):
        return None
    if said is None:
        return None
    return (
        f"{path} is cut off or damaged: {said}. Frames at that place or after it may be incomplete or missing: copy the "
        "file again from its source, or look at its last frames before you label them."
    )


def _fact(file: BinaryIO, size: int, container: str, last_packet: tuple[int, int] | None) -> str | None:
    if container == "gif":
        return _gif(file, size)
    if container == "ogg":
        return _ogg(file, size)
    if container == "mpegts":
        return _transport_stream(file, size)
    if container == "nut":
        return None if _NUT_INDEX in _tail(file, size) else f"no index stands at its end, byte {size}"
    if container in ("dv", "yuv4mpegpipe"):
        return _frames(file, size, container, last_packet)
    if container == "mpeg":
        return _past_end(_end_of_program(file, size), size)
    start, length, even = {
        "mov": (0, _box, False),
        "avi": (0, _riff_chunk, True),
        "asf": (0, _asf_object, False),
        "matroska": (0, _ebml_part, False),
        "rm": (0, _real_chunk, False),
        "flv": (last_packet[0] if last_packet else 13, _flv_tag, False),
        "mxf": (_mxf_footer(file), _mxf_part, False),
    }.get(container, (size, _box, False))
    return _past_end(_end(file, start, size, length, even), size)


def _past_end(stated: int | None, size: int) -> str | None:
    return f"it states {stated} bytes and has {size}" if stated is not None and stated > size else None


def _end(
    file: BinaryIO, at: int, size: int, length: Callable[[bytes], int], even: bool = False
) -> int | None:
    """Return where the last part of a chain states to end, None where something else follows.

    Parameters
    ----------
    at : int
        Byte of the first part.
    length : callable
        Gives the bytes of the part that begins so, 0 if none does.
    even : bool
        Whether parts begin at even bytes.
    """
    for _ in range(_MOST_PARTS):
        if at >= size:
            return at
        file.seek(at)
        step = length(file.read(_HEAD))
        if not step:
            return None
        at += step
        at += even and at < size and at % 2
    return None


def _tail(file: BinaryIO, size: int) -> bytes:
    file.seek(max(0, size - _TAIL))
    return file.read(_TAIL)


def _number(field: bytes) -> int:
    return int.from_bytes(field, "big")


def _box(head: bytes) -> int:
    """Bytes of a box of MP4 or MOV (ISO/IEC 14496-12)."""
    if head[4:8] not in _BOXES:
        return 0
    length = _number(head[:4])
    if length == 1:
        length = _number(head[8:16])
    return length if length >= 8 else 0


def _riff_chunk(head: bytes) -> int:
    """Bytes of a chunk of an AVI file; of a RIFF list its head, as some state a few bytes too many."""
    if head[:4] == b"RIFF":
        return 12
    length = int.from_bytes(head[4:8], "little")
    return 8 + length if head[:4] in _RIFF_CHUNKS and length else 0


def _asf_object(head: bytes) -> int:
    length = int.from_bytes(head[16:24], "little")
    return length if head.startswith(_ASF_OBJECTS) and length > 24 else 0


def _real_chunk(head: bytes) -> int:
    """Bytes of a chunk of RealMedia; FFmpeg states ten too many for its data."""
    return _number(head[4:8]) - 10 * (head[:4] == b"DATA") if head[:4] in _REAL_CHUNKS else 0


def _ebml_part(head: bytes) -> int:
    """Bytes of an element of Matroska (RFC 8794); of one of unknown length its head."""
    identity = 9 - head[0].bit_length()  # as many bytes as zero bits lead the first, and one
    if head[:identity] not in _EBML_PARTS:
        return 0
    if len(head) == identity:
        return identity + 1
    field = 9 - head[identity].bit_length()
    unknown = (1 << 7 * field) - 1
    length = _number(head[identity : identity + field]) & unknown
    return identity + field + (0 if length == unknown else length)


def _flv_tag(head: bytes) -> int:
    """Bytes of a tag of FLV, with those that repeat its length behind it."""
    return (
        15 + _number(head[1:4].ljust(3, b"\0")) if head[0] & 0x1F in (8, 9, 18) and not any(head[8:11]) else 0
    )


def _mxf_part(head: bytes) -> int:
    """Bytes of a key, its length and its value (SMPTE ST 377-1)."""
    if not head.startswith(b"\x06\x0e\x2b\x34"):
        return 0
    if len(head) < 17:
        return 17
    more = head[16] & 0x7F if head[16] & 0x80 else 0
    return 17 + more + (_number(head[17 : 17 + more]) if more else head[16])


def _mxf_footer(file: BinaryIO) -> int:
    """Byte of the last partition as the first states it, 0 where that is open."""
    file.seek(0)
    head = file.read(_HEAD)
    field = 17 + (head[16] & 0x7F if head[16:17] > b"\x80" else 0)
    return _number(head[field + 24 : field + 32])


def _program_part(head: bytes) -> int:
    """Bytes of a packet or of the head of a pack of an MPEG program stream (ISO/IEC 13818-1, 11172-1)."""
    if head[:3] != b"\0\0\1" or len(head) < 4 or head[3] < 0xB9:
        return 0
    if head[3] == 0xB9:
        return 4
    if head[3] != 0xBA:
        return 6 + _number(head[4:6])
    if len(head) < 14:
        return 14
    return 12 if head[4] >> 4 == 2 else 14 + (head[13] & 7)


def _end_of_program(file: BinaryIO, size: int) -> int | None:
    tail = _tail(file, size)
    start = tail.find(b"\0\0\1\xba")
    return None if start < 0 else _end(file, size - len(tail) + start, size, _program_part)


def _frames(file: BinaryIO, size: int, container: str, last_packet: tuple[int, int] | None) -> str | None:
    """Frames of one size: raw DV and YUV4MPEG2."""
    if last_packet is None:
        return None
    end = sum(last_packet)
    file.seek(min(end, size))
    rest = file.read(6)
    begun = container == "yuv4mpegpipe" and rest and rest[:5] == b"FRAME"[: len(rest)]
    lacking = end + len(b"FRAME\n") + last_packet[1] if begun else end
    return f"its last frame states to end at byte {lacking} and it has {size}" if lacking > size else None


def _transport_stream(file: BinaryIO, size: int) -> str | None:
    """Packets of one size, each with a sync byte (ISO/IEC 13818-1)."""
    tail = _tail(file, size)[-50 * 204 :]
    for packet, stamp in _TS_PACKETS.items():
        for rest in range(packet):
            syncs = tail[len(tail) - rest - packet + stamp :: -packet][:20]
            if len(syncs) > 1 and all(byte == _TS_SYNC for byte in syncs):
                begun = rest > stamp and tail[len(tail) - rest + stamp] == _TS_SYNC
                return f"its last packet has {rest} of {packet} bytes, at byte {size}" if begun else None
    return None


def _ogg(file: BinaryIO, size: int) -> str | None:
    """Pages with a checksum (RFC 3533); the last one of a stream is marked as such."""
    at, last = 0, b""
    spoilt: list[int] = []
    while at < size:
        file.seek(at)
        head = file.read(_HEAD)
        segments = head[26] if len(head) > 26 else 0
        length = 27 + segments + sum(head[27 : 27 + segments])
        if head[:4] != b"OggS" or at + length > size:
            break
        file.seek(at)
        if _spoilt_page(file.read(length)):
            spoilt.append(at)
        at, last = at + length, head
    if spoilt:
        return f"{len(spoilt)} of its pages, the first at byte {spoilt[0]}, hold other bytes than their checksum states"
    if at < size and head[:4] == b"OggS":
        return f"it states {at + length} bytes and has {size}"
    return None if last[5:6] > b"\3" else f"no page up to byte {at} of {size} is marked as the last one"


def _spoilt_page(page: bytes) -> bool:
    """Return whether the CRC-32 of an Ogg page, which runs from the high bit down, is another than it states."""
    blank = page[:22] + bytes(4) + page[26:]
    check = zlib.crc32(blank.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return check.to_bytes(4, "big").translate(_MIRRORED) != page[22:26]


def _gif(file: BinaryIO, size: int) -> str | None:
    """Pictures and extensions in blocks of at most 255 bytes, and a byte that ends the file (GIF89a)."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            at = 13 + _colours(data[10])
            while data[at] != 0x3B:
                if data[at] == 0x2C:
                    at += 11 + _colours(data[at + 9])
                elif data[at] == 0x21:
                    at += 2
                elif data[at]:
                    return f"at byte {at} of {size} begins neither a picture nor its end"
                while data[at]:
                    at += data[at] + 1
                at += 1
        except IndexError:
            return f"the byte that ends it is not found up to byte {size}"
    return None


def _colours(flags: int) -> int:
    """Bytes of a table of colours."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0
