"""Small real videos, made with PyAV, and the straight decode that they are compared with."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SHARED_VIDEOS = Path(__file__).resolve().parents[3] / "shared" / "videos"


def picture(number: int, width: int, height: int) -> np.ndarray:
    """Return a picture [H, W, 3] that is different for every number: a moving bar on a changing ground."""
    y, x = np.mgrid[:height, :width]
    red = (x * 5 + number * 13) % 256
    green = (y * 7 + number * 29) % 256
    blue = np.where((x + 2 * number) % max(width, 2) < max(width // 4, 1), 255, number * 3 % 256)
    return np.stack([red, green, blue], axis=-1).astype(np.uint8)


def write_video(
    path: Path,
    frames: int = 40,
    size: tuple[int, int] = (64, 48),
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    fps: int = 25,
    times: Iterable[int] | None = None,
    time_base: Fraction | None = None,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    rotation: int | None = None,
    interlaced: bool = False,
) -> Path:
    """Write ``frames`` pictures; ``times`` are presentation times in units of ``time_base``."""
    width, height = size
    with av.open(str(path), "w", options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=fps, options=options or {})
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        if time_base is not None:
            stream.codec_context.time_base = time_base
        if rotation is not None:
            stream.set_display_rotation(rotation)
        for number, time in zip(range(frames), times or range(frames), strict=False):
            frame = av.VideoFrame.from_ndarray(picture(number, width, height), format="rgb24")
            frame = frame.reformat(format=pix_fmt)
            frame.pts, frame.time_base = time, time_base or Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def straight_decode(path: Path) -> tuple[list[np.ndarray], list[float | None]]:
    """Every frame of a file decoded in one go, in the decoder's order, up to the first error."""
    frames, times = [], []
    with av.open(str(path), metadata_errors="ignore") as container:
        stream = container.streams.video[0]
        size = None
        try:
            for frame in container.decode(stream):
                size = size or (frame.width, frame.height)
                frames.append(np.array(frame.reformat(*size, format="rgb24").to_ndarray()))
                times.append(frame.time)
        except av.FFmpegError:
            pass
    return frames, times
