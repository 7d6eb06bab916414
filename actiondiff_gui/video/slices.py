"""Slices of an H.264 picture: parts that a decoder can work on at the same time.

Layout of packets and units: ITU-T H.264, 7.3.1 and annex B; ISO/IEC 14496-15, 5.3.3 (``avcC``).
"""

import re
from collections.abc import Iterator

_SLICE, _KEY_SLICE = 1, 5
_START = re.compile(b"\0\0\1")


def slices_in(codec: str, header: bytes | None, packet: bytes) -> int:
    """Return the number of slices of each picture in a packet of a video stream; 0 where that is not known.

    Parameters
    ----------
    codec : str
        Name of the decoder; of others than ``h264`` nothing is known.
    header : bytes or None
        What the container says of the stream, as libav calls it: extradata.
    packet : bytes
    """
    if codec != "h264":
        return 0
    sized = header is not None and len(header) > 4 and header[0] == 1
    units = _sized(packet, (header[4] & 3) + 1) if sized and header else _marked(packet)
    slices = [unit for unit in units if len(unit) > 1 and unit[0] & 31 in (_SLICE, _KEY_SLICE)]
    # The first one of a picture begins at macroblock 0, which is written as a single bit; two fields are two pictures.
    pictures = sum(unit[1] >> 7 for unit in slices)
    return len(slices) // max(pictures, 1)


def _sized(packet: bytes, width: int) -> Iterator[bytes]:
    """First two bytes of units that their length, of ``width`` bytes, precedes."""
    at = 0
    while at + width < len(packet):
        yield packet[at + width : at + width + 2]
        at += width + int.from_bytes(packet[at : at + width], "big")


def _marked(packet: bytes) -> Iterator[bytes]:
    """First two bytes of units that a start code precedes."""
    return (packet[found.end() : found.end() + 2] for found in _START.finditer(packet))
