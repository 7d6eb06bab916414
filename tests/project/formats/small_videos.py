"""Real video files of a few small frames, as short as an import test needs."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np


def write_video(
    path: Path,
    frames: int = 10,
    times_ms: Sequence[int] | None = None,
    seed: int = 0,
    muxer: str | None = None,
) -> Path:
    """Write a video of 32 x 24 pixels, 10 frames per second or with frames at ``times_ms``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    times_ms = [100 * i for i in range(frames)] if times_ms is None else list(times_ms)
    rng = np.random.default_rng([seed, *path.name.encode()])
    with av.open(str(path), "w", format=muxer) as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 24, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        for time in times_ms:
            frame = av.VideoFrame.from_ndarray(rng.integers(0, 255, (24, 32, 3), np.uint8), format="rgb24")
            frame.pts, frame.time_base = time, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
