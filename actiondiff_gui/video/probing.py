"""Probing of a video from its header and first frame, without reading the whole file."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from av.video.frame import VideoFrame

from actiondiff_gui.errors import VideoError
from actiondiff_gui.video.container import MAX_PIXELS, stated_seconds
from actiondiff_gui.video.decoding import Decoder
from actiondiff_gui.video.pixels import display_size, orientation_of

FIRST_FRAME_PACKETS = 2000
"""A file that shows no frame within this many packets is refused."""

DEFAULT_FPS = 25.0
_MAX_FPS = 100_000.0
BARE_STREAM_TIME_BASE = Fraction(1, 1_200_000)
"""Of coded pictures without a container, such as .h264: what times they seem to have are the library's guess."""


@dataclass(frozen=True)
class VideoInfo:
    """What is known of a video without reading it through.

    Attributes
    ----------
    path : Path
    width, height : int
        Pixels of the upright frames, as :class:`~actiondiff_gui.video.reader.VideoReader` gives them.
    fps : float
        Frame rate the container states; 25 if it states none.
    frame_count_estimate : int or None
        What the container claims or its duration suggests; often wrong by a few frames, or by many in a
        file that is cut off.
    duration_s : float or None
        Length in seconds that the container claims.
    codec, pix_fmt : str
        FFmpeg's names, for example ``"h264"`` and ``"yuv420p"``.
    rotation : int
        Degrees counter-clockwise (0, 90, 180, 270) by which the stored frames are turned to stand upright.
    """

    path: Path
    width: int
    height: int
    fps: float
    frame_count_estimate: int | None
    duration_s: float | None
    codec: str
    pix_fmt: str
    rotation: int


def probe(path: str | Path) -> VideoInfo:
    """Describe the video at ``path``: opens it and decodes one frame.

    Raises
    ------
    VideoError
        If the file cannot be opened or no frame of it can be decoded.
    """
    decoder = Decoder(Path(path), parallel_frames=False)
    try:
        return describe(decoder, first_frame(decoder))
    finally:
        decoder.close()


def first_frame(decoder: Decoder) -> VideoFrame:
    """Return the first frame that ``decoder`` gives from where it stands, with errors before it skipped.

    Raises
    ------
    VideoError
        If there is none within :data:`FIRST_FRAME_PACKETS` packets.
    """
    problem = "it holds no frame"
    for count, step in enumerate(decoder.steps()):
        if step.frames:
            frame = step.frames[0]
            if 0 < frame.width * frame.height <= MAX_PIXELS:
                return frame
            problem = f"a frame of {frame.width} x {frame.height} pixels"
        elif step.error:
            problem = step.error
        if count >= FIRST_FRAME_PACKETS:
            break
    raise VideoError(
        f"No frame of {decoder.path} can be decoded ({problem}). The file is damaged, encrypted or cut off; "
        "copy or convert it again from its source."
    )


def describe(decoder: Decoder, frame: VideoFrame) -> VideoInfo:
    """Put together what the opened file and its first frame say."""
    stream, container = decoder.stream, decoder.container
    orientation = orientation_of(frame)
    width, height = orientation.size(*display_size(stream, frame))
    duration = stated_seconds(stream)
    if duration is None and container.duration is not None:
        duration = container.duration / 1e6
    if duration is not None and not 0 < duration < 1e9:
        duration = None
    fps, _ = nominal_fps(decoder)
    count = stream.frames if stream.frames > 0 else None
    if count is None and duration is not None:
        count = max(1, round(duration * fps))
    return VideoInfo(
        path=decoder.path,
        width=width,
        height=height,
        fps=fps,
        frame_count_estimate=count,
        duration_s=duration,
        codec=stream.codec_context.name,
        pix_fmt=frame.format.name,
        rotation=90 * orientation.quarter_turns,
    )


def nominal_fps(decoder: Decoder) -> tuple[float, bool]:
    """Frame rate that the file states, or :data:`DEFAULT_FPS`; and False if times hang on the latter."""
    stream = decoder.stream
    bare = stream.time_base == BARE_STREAM_TIME_BASE
    # What the library gives as the rate of a bare stream is its own default.
    rates = (stream.codec_context.framerate,) if bare else (stream.average_rate, stream.guessed_rate)
    for rate in rates:
        if rate and 0 < rate <= _MAX_FPS:
            return float(rate), True
    return DEFAULT_FPS, not bare
