"""Videos whose pictures carry their number as large squares, independent of times and order."""

import random
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.frame import PictureType

BITS = 8
SIZE = (320, 240)


def picture(number: int, width: int = SIZE[0], height: int = SIZE[1]) -> np.ndarray:
    """Picture [H, W, 3]: the bits of ``number`` as black and white columns, beneath them inverted, and a moving bar."""
    bits = [number >> place & 1 for place in reversed(range(BITS))]
    row = np.repeat(np.where(bits, 235, 16), -(-width // BITS))[:width]
    pixels = np.full((height, width), 110, np.uint8)
    pixels[: height // 4], pixels[height // 4 : height // 2] = row, 251 - row
    left = number * 7 % (width - width // 8)
    pixels[height * 5 // 8 : height * 7 // 8, left : left + width // 8] = 200
    return np.repeat(pixels[..., None], 3, axis=2)


def number_in(pixels: np.ndarray) -> int:
    """Return the number that a picture shows, whatever its size; -1 where the two rows contradict each other."""
    height, width = pixels.shape[:2]
    columns = ((np.arange(BITS) + 0.5) * width / BITS).astype(int)
    upright = pixels[height // 8, columns, 0] > 125
    inverted = pixels[height * 3 // 8, columns, 0] > 125
    if not np.array_equal(upright, ~inverted):
        return -1
    return int(np.sum(upright[::-1] * 2 ** np.arange(BITS)))


def write_numbered(
    path: Path,
    numbers: Iterable[int] = range(60),
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    size: tuple[int, int] = SIZE,
    rate: int = 25,
    muxer: str | None = None,
    options: dict[str, str] | None = None,
    prepare: Callable[[av.video.stream.VideoStream], object] | None = None,
    keep: Callable[[int], bool] = lambda packet: True,
    times: Sequence[int] | None = None,
    edit: Callable[[av.Packet], object] = lambda packet: None,
    uneven: bool = False,
) -> Path:
    """Write pictures of ``numbers``, at ``times`` in units of a frame where these are given.

    ``prepare`` gets the stream, ``keep`` tells which packets are written, ``edit`` changes them before, and ``uneven`` asks for B-frames at no
    regular distance, whose times no reader can guess.
    """
    chance = random.Random(0)
    with av.open(str(path), "w", format=muxer) as container:
        stream = container.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height = size
        stream.pix_fmt = pix_fmt
        if prepare is not None:
            prepare(stream)
        count = 0
        for at, frame in enumerate([*numbers, None]):
            if frame is not None:
                frame = av.VideoFrame.from_ndarray(picture(frame, *size)).reformat(format=pix_fmt)
                frame.pts, frame.time_base = times[at] if times else at, Fraction(1, rate)
                if uneven:
                    frame.pict_type = chance.choice([PictureType.P, PictureType.B, PictureType.B])
            for packet in stream.encode(frame):
                edit(packet)
                if keep(count):
                    container.mux(packet)
                count += 1
    return path
