"""Conversion of decoded frames to upright RGB."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import av
import numpy as np
from av.sidedata.sidedata import SideData, Type
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter
from av.video.stream import VideoStream

from actiondiff_gui.video.container import MAX_PIXELS

_PREDICTED = frozenset({PictureType.P, PictureType.B, PictureType.S})

MAX_STRETCH = 8.0
"""Pixels that claim to be longer in one direction by more than this are taken for square."""


@dataclass(frozen=True)
class Orientation:
    """How stored pixels are turned to stand upright: first mirrored, then rotated.

    Attributes
    ----------
    quarter_turns : int
        Counter-clockwise quarter turns, 0 to 3.
    mirrored : bool
        Left and right are exchanged before the rotation.
    """

    quarter_turns: int = 0
    mirrored: bool = False

    def apply(self, pixels: np.ndarray) -> np.ndarray:
        """Turn ``pixels`` [H, W, ...]; a view where that is possible."""
        if self.mirrored:
            pixels = pixels[:, ::-1]
        return np.rot90(pixels, self.quarter_turns)

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height after turning."""
        return (height, width) if self.quarter_turns % 2 else (width, height)


def orientation_of(frame: VideoFrame) -> Orientation:
    """Return the rotation that the file asks for, rounded to quarter turns.

    The display matrix holds ``(a, b, u), (c, d, v), (x, y, w)``; a stored point (p, q) is shown at
    (a p + c q, b p + d q) with y pointing down (ISO/IEC 14496-12, track header box).
    """
    try:
        # PyAV's stubs take the container for a dict.
        all_entries = cast("Iterable[SideData]", frame.side_data)
        entry = next((s for s in all_entries if s.type == Type.DISPLAYMATRIX), None)
    except ValueError:
        # PyAV stops at kinds of side data that it does not know; the angle alone is still to be had.
        return Orientation(round(frame.rotation / 90) % 4)
    if entry is None:
        return Orientation()
    raw = bytes(entry)
    if len(raw) < 36:
        return Orientation()
    a, b, _, c, d = (float(v) for v in np.frombuffer(raw[:36], np.int32)[:5])
    mirrored = a * d - b * c < 0
    if mirrored:
        a, b = -a, -b
    if a == 0 and b == 0:
        return Orientation()
    # (a, b) is where the image's x axis points after the turn; y points down, so b > 0 is clockwise.
    turns = round(-np.degrees(np.arctan2(b, a)) / 90) % 4
    return Orientation(turns, mirrored)


def is_predicted(frame: VideoFrame) -> bool:
    """Return whether a frame was predicted from others; False also where its codec does not say."""
    return not frame.key_frame and frame.pict_type in _PREDICTED


def display_size(stream: VideoStream, frame: VideoFrame) -> tuple[int, int]:
    """Width and height in which the stored picture is shown, before turning: with square pixels.

    One side is stretched and none shrunk, so that no pixel is lost. A shape of pixels that differs from a
    square by less than a pixel of the picture, by more than :data:`MAX_STRETCH`, or makes the picture larger
    than what is decoded, is skipped.
    """
    shape = float(stream.sample_aspect_ratio or 1)
    if not 1 / MAX_STRETCH <= shape <= MAX_STRETCH:
        return frame.width, frame.height
    width, height = round(frame.width * max(shape, 1.0)), round(frame.height / min(shape, 1.0))
    return (width, height) if width * height <= MAX_PIXELS else (frame.width, frame.height)


class RgbConverter:
    """Converts frames of one video to RGB arrays of one size.

    Colour matrix and range are the ones the frame is tagged with; an untagged frame is taken for
    ITU-R BT.601, limited range, as FFmpeg does. Transparency is dropped: the colour stored under it is
    shown. Interlaced frames keep both fields. Pixels that are not square are stretched to the display shape.

    Parameters
    ----------
    width, height : int
        Size in which the video's first frame is shown, before turning (:func:`display_size`); frames of
        another size are scaled to it.
    orientation : Orientation
        How to turn every frame.
    """

    def __init__(self, width: int, height: int, orientation: Orientation):
        self._width, self._height, self._orientation = width, height, orientation
        self._reformatter = VideoReformatter()

    def convert(self, frame: VideoFrame) -> np.ndarray:
        """Upright pixels of ``frame``: uint8 [H, W, 3], contiguous, on memory of their own."""
        rgb = to_rgb(frame, self._reformatter, self._width, self._height)
        return np.ascontiguousarray(self._orientation.apply(rgb))

    def small(
        self, frame: VideoFrame, width: int, height: int, box: tuple[int, int, int, int] | None = None
    ) -> np.ndarray:
        """Upright pixels of ``frame``, or of a box of it, made to fit into ``width`` x ``height``; never made larger.

        It is scaled while it is converted, which takes a fraction of the time of converting it whole.

        Parameters
        ----------
        frame : VideoFrame
        width, height : int
            Most pixels of the result.
        box : tuple of int, optional
            ``(x, y, width, height)`` of the part that is shown, in pixels of the upright frame; what lies outside it
            is left out.

        Returns
        -------
        ndarray
            uint8 ``[h, w, 3]``, contiguous.
        """
        wide, tall = self._orientation.size(self._width, self._height)
        x, y, w, h = _within(box, wide, tall)
        scale = min(1.0, width / w, height / h)
        if scale == 1.0:
            upright = self.convert(frame)
        else:
            stored = max(1, round(self._width * scale)), max(1, round(self._height * scale))
            rgb = to_rgb(frame, self._reformatter, *stored, Interpolation.AREA)
            upright = self._orientation.apply(rgb)
        top, left = int(y * scale), int(x * scale)
        part = upright[top : top + max(1, round(h * scale)), left : left + max(1, round(w * scale))]
        return np.ascontiguousarray(part)


def _within(box: tuple[int, int, int, int] | None, width: int, height: int) -> tuple[int, int, int, int]:
    """Return the part of a box that lies in a frame of this size; the whole frame where none does."""
    if box is not None:
        left, top = max(0, box[0]), max(0, box[1])
        right, bottom = min(width, box[0] + box[2]), min(height, box[1] + box[3])
        if right > left and bottom > top:
            return left, top, right - left, bottom - top
    return 0, 0, width, height


def to_rgb(
    frame: VideoFrame,
    reformatter: VideoReformatter,
    width: int,
    height: int,
    interpolation: Interpolation | None = None,
) -> np.ndarray:
    """Pixels of ``frame`` as stored, scaled to ``width`` x ``height``: uint8 [H, W, 3], perhaps a view."""
    try:
        converted = reformatter.reformat(frame, width, height, "rgb24", interpolation=interpolation)
    except (av.FFmpegError, ValueError):
        # A colour matrix that the scaler does not know, or one that does not fit the pixel format.
        converted = reformatter.reformat(
            frame,
            width,
            height,
            "rgb24",
            src_colorspace=Colorspace.ITU601,
            dst_colorspace=Colorspace.ITU601,
            interpolation=interpolation,
        )
    return converted.to_ndarray()


def checksum(frame: VideoFrame, reformatter: VideoReformatter) -> int:
    """CRC-32 of the decoded pixels, before any conversion where the format allows it."""
    rows = _plane_rows(frame)
    if rows is None:
        rgb = to_rgb(frame, reformatter, frame.width, frame.height)
        return zlib.crc32(np.ascontiguousarray(rgb).data)
    value = zlib.crc32(f"{frame.width}x{frame.height}{frame.format.name}".encode())
    for plane in rows:
        value = zlib.crc32(np.ascontiguousarray(plane).data, value)
    return value


def _plane_rows(frame: VideoFrame) -> list[np.ndarray] | None:
    """Return the planes' bytes without the padding at the end of rows, or None for packed formats."""
    components = frame.format.components
    planes = frame.planes
    if len(planes) != len(components) or frame.format.has_palette or frame.format.is_bit_stream:
        return None
    by_plane = {component.plane: component for component in components}
    if sorted(by_plane) != list(range(len(planes))):
        return None
    rows = []
    for number, plane in enumerate(planes):
        used = by_plane[number].width * ((by_plane[number].bits + 7) // 8)
        buffer = np.frombuffer(memoryview(plane), np.uint8)
        if plane.line_size < used or buffer.size < plane.line_size * plane.height:
            return None
        rows.append(buffer[: plane.line_size * plane.height].reshape(plane.height, -1)[:, :used])
    return rows
