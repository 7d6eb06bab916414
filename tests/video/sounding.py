"""A small video with sound, written for tests."""

from pathlib import Path

import av
import numpy as np

SECONDS = 4


def movie(path: Path, loud: tuple[float, float] = (1.0, 2.0), codec: str = "aac", sound: bool = True) -> Path:
    """Write a grey video of four seconds with a tone between two times, silent elsewhere."""
    with av.open(str(path), "w") as container:
        picture = container.add_stream("mpeg4", rate=25)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        tone = container.add_stream(codec, rate=44100) if sound else None
        for n in range(25 * SECONDS):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), n, np.uint8))
            frame.pts = n
            container.mux(picture.encode(frame))
        container.mux(picture.encode())
        if tone is not None:
            time = np.arange(44100 * SECONDS) / 44100
            wave = np.where((time >= loud[0]) & (time < loud[1]), 0.5 * np.sin(2 * np.pi * 440 * time), 0)
            format_ = tone.format.name
            for first in range(0, len(wave), 1024):
                part = wave[None, first : first + 1024].astype(np.float32)
                values = part if format_.startswith("flt") else (part * 32767).astype(np.int16)
                frame = av.AudioFrame.from_ndarray(values, format=format_, layout="mono")
                frame.sample_rate, frame.pts = 44100, first
                container.mux(tone.encode(frame))
            container.mux(tone.encode())
    return path
