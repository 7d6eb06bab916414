"""Run as a program: read the files named, compare with a straight decode, print one JSON line per file.

The process limits its own memory and processor time, so that a file that eats either ends it and not the
machine. Frames are compared by digest and never held, as a held frame changes what a codec leaves in the
pixels of an incomplete one.
"""

import json
import random
import sys
import zlib
from pathlib import Path

import av
import numpy as np

from actiondiff_gui.errors import VideoError
from actiondiff_gui.video.pixels import display_size, orientation_of
from actiondiff_gui.video.reader import VideoReader

try:
    import resource
except ImportError:  # Windows
    resource = None

MEMORY_BYTES = 4 << 30
READS = 5


def digests(path: str) -> list[int]:
    """CRC-32 of the upright frames of a straight decode up to its first error, in the decoder's order."""
    found, size, turn = [], None, None
    with av.open(f"file:{path}", metadata_errors="ignore") as container:
        stream = container.streams.video[0]
        try:
            packets = (p for p in container.demux(stream) if p.size or p.dts is p.pts is None)
            for frame in (frame for packet in packets for frame in packet.decode()):
                if size is None:
                    size, turn = display_size(stream, frame), orientation_of(frame)
                rgb = turn.apply(frame.reformat(*size, format="rgb24").to_ndarray())
                found.append(zlib.crc32(np.ascontiguousarray(rgb)))
        except (av.FFmpegError, ValueError, OSError):
            pass
    return found


def peak_mib() -> float:
    """Largest memory that this process held, in MiB."""
    status = Path("/proc/self/status")
    if status.exists():
        # getrusage counts what the parent held at the moment of the fork as this process's own.
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    if resource is None:
        return 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1024 if sys.platform != "darwin" else 1 << 20
    )


def check(path: str, compare: bool) -> dict:
    """Return the result of reading one file."""
    try:
        with VideoReader(path) as reader:
            count = reader.frame_count
            order = random.Random(3).sample(range(count), min(count, READS))
            # The first and last frames are where files differ most.
            order += [0, count - 1]
            read = {}
            for number in order:
                pixels = reader.read(number)
                assert pixels.shape == (reader.height, reader.width, 3)
                read[number] = zlib.crc32(pixels)
            times = reader.timestamps
            result = {
                "frames": count,
                "warnings": reader.warnings,
                "times_ascend": bool(times[0] == 0 and (np.diff(times) >= 0).all() and len(times) == count),
                "peak_mib": peak_mib(),
            }
    except VideoError as refusal:
        return {"refused": str(refusal), "peak_mib": peak_mib()}
    if compare:
        expected = digests(path)
        result["straight_frames"] = len(expected)
        result["wrong"] = sorted(n for n, d in read.items() if n < len(expected) and d != expected[n])
    return result


if __name__ == "__main__":
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    for name in sys.argv[2:]:
        print(json.dumps({"path": name, **check(name, sys.argv[1] == "compare")}), flush=True)
