"""Opening of untrusted video files, and the errors of files that are not videos."""

from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from actiondiff_gui.errors import VideoError
from actiondiff_gui.inputs import regular_file
from actiondiff_gui.video.iso_boxes import impossible_claim

MAX_PIXELS = 1 << 26
"""Largest frame that is decoded, in pixels (8192 x 8192). A header can claim any size in a few bytes."""

STALL_SECONDS = 60.0
"""A single read of the file that takes longer than this is given up."""

DECODER_OPTIONS = {"max_pixels": str(MAX_PIXELS)}

# Formats that lead to other files or to the network, and those that show any text file as a picture.
# fmt: off
_UNWANTED_FORMATS = frozenset({
    "concat", "dash", "hds", "hls", "image2", "image2pipe",
    "imf", "rtp", "rtsp", "sap", "sdp", "webm_dash_manifest",
    "lavfi", "alsa", "fbdev", "kmsgrab", "oss", "x11grab", "video4linux2", "v4l2",
    "adf", "bin", "cdg", "idf", "tty", "xbin",
    "svg_pipe", "ffmetadata", "data", "rawvideo", "vbn_pipe",
})
# fmt: on


def _wanted_formats() -> str:
    names = (name for entry in av.formats_available for name in entry.split(","))
    return ",".join(sorted(set(names) - _UNWANTED_FORMATS))


_FORMATS = _wanted_formats()


def open_container(path: Path) -> tuple[InputContainer, VideoStream]:
    """Open ``path`` and choose its picture stream; reads the header and a little more.

    Raises
    ------
    VideoError
        If the file is protected, damaged beyond opening, holds no moving picture, or
        claims frames of more than :data:`MAX_PIXELS` pixels.
    """
    try:
        container = av.open(
            f"file:{path}",
            metadata_errors="ignore",
            options={"protocol_whitelist": "file", "format_whitelist": _FORMATS, **DECODER_OPTIONS},
            timeout=STALL_SECONDS,
        )
    except Exception as error:
        raise VideoError(
            f"{path} cannot be opened as a video ({reason(error)}). It is no video file, or is protected, "
            "damaged or cut off; try it in a player, or copy or convert it again from its source."
        ) from error
    try:
        stream = _picture_stream(path, container)
    except BaseException:
        container.close()
        raise
    return container, stream


def check_file(path: Path) -> None:
    """Raise the :class:`VideoError` that says why ``path`` should not even be opened."""
    try:
        if path.is_dir():
            raise VideoError(f"{path} is a folder, not a video file. Choose the files in it.")
        with regular_file(path, VideoError, "a video file").open("rb") as file:
            empty = not file.read(1)
        claim = impossible_claim(path)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if empty:
        raise VideoError(f"{path} is empty (0 bytes). Copy it again from its source.")
    if claim:
        raise VideoError(
            f"{path} is not opened because {claim}. It is damaged; copy it again from its source."
        )


def file_size(path: Path) -> int:
    """Size of the file in bytes; a :class:`VideoError` if it is gone."""
    try:
        return path.stat().st_size
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> VideoError:
    return VideoError(
        f"{path} cannot be read ({reason(error)}). "
        "Check that the file is still there and that you may read it."
    )


def _picture_stream(path: Path, container: InputContainer) -> VideoStream:
    pictures = [s for s in container.streams.video if not s.disposition & s.disposition.attached_pic]
    if not pictures:
        kinds = sorted({s.type for s in container.streams if s.type != "video"})
        found = f"only {' and '.join(kinds)}" if kinds else "no moving picture"
        raise VideoError(f"{path} holds {found}, no video. Choose a file with a video stream.")
    decodable = [s for s in pictures if s.codec_context is not None]
    if not decodable:
        raise VideoError(
            f"{path} is in a video format that cannot be decoded here. Convert it to H.264 in MP4."
        )
    stream = min(decodable, key=_rank)
    context = stream.codec_context
    if context.width * context.height > MAX_PIXELS:
        raise VideoError(
            f"{path} claims frames of {context.width} x {context.height} pixels, more than the {MAX_PIXELS} "
            "that are decoded. The file is damaged, or has to be scaled down first."
        )
    context.options = dict(DECODER_OPTIONS)
    return stream


def _rank(stream: VideoStream) -> tuple[bool, bool, int]:
    """Rank streams: moving pictures before still ones, then the stream that the file plays by default, then the first."""
    told = stream.disposition
    seconds, rate = stated_seconds(stream), stream.average_rate
    single = stream.frames == 1 or (seconds is not None and rate and seconds * rate < 1.5)
    still = bool(single or told & (told.still_image | told.timed_thumbnails))
    return still, not told & told.default, stream.index


def stated_seconds(stream: VideoStream) -> float | None:
    """Length of the stream in seconds as the file states it, None where it states none."""
    if stream.duration is not None and stream.time_base:
        return float(stream.duration * stream.time_base)
    # Matroska keeps the time at which it ends in a tag: 00:00:04.800000000
    hours, _, rest = stream.metadata.get("DURATION", "").partition(":")
    minutes, _, seconds = rest.partition(":")
    try:
        end = 3600 * int(hours) + 60 * int(minutes) + float(seconds)
    except ValueError:
        return None
    start = float((stream.start_time or 0) * stream.time_base) if stream.time_base else 0.0
    return end - start if 0 < start < end else end


def stated_frames(stream: VideoStream) -> int | None:
    """Return the number of frames that the file states for the stream or that its stated length suggests."""
    if stream.frames > 0:
        return stream.frames
    seconds, rate = stated_seconds(stream), stream.average_rate
    return round(seconds * rate) if seconds and rate else None


def reason(error: BaseException) -> str:
    """Return what went wrong, in the library's words, without its numbers and paths."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).strip().rstrip(".").lower()[:120]
