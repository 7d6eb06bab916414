"""Contact sheets: captioned pictures in a grid, above one legend."""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from actiondiff_gui.overlays.legend import Legend, colour_bar

LEAST, MOST = 320, 1920
"""Pixels: a narrower picture is enlarged by a whole factor, a wider sheet shrunk."""
TEXT, GAP = 13, 8
BACK, INK, QUIET = (24, 25, 30), (240, 241, 242), (170, 172, 178)


def columns_of(cells: int) -> int:
    """Columns in which napari's grid arranges so many cells."""
    return math.ceil(math.sqrt(cells))


def sheet(pictures: Sequence[np.ndarray], legend: Legend | None = None) -> np.ndarray:
    """Put pictures ``[H, W, 3]`` uint8 into cells of one size, with captions, over the legend.

    Returns
    -------
    ndarray
        uint8 ``[height, width, 3]`` with even sides.
    """
    columns = columns_of(len(pictures))
    rows = math.ceil(len(pictures) / columns)
    height, width = (max(each.shape[axis] for each in pictures) for axis in (0, 1))
    factor = max(1, math.ceil(LEAST / width))
    shrink = min(1.0, MOST / (columns * width * factor))
    height, width = (max(2, round(side * factor * shrink)) for side in (height, width))
    canvas = Image.new("RGB", (columns * width, rows * height), (0, 0, 0))
    for n, picture in enumerate(pictures):
        scale = min(width / picture.shape[1], height / picture.shape[0])
        size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
        cell = Image.fromarray(picture)
        if size != cell.size:
            # Pixels of small videos stay pixels; large ones are smoothed as they shrink.
            way = Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.BOX
            cell = cell.resize(size, way)
        left, top = n % columns * width, n // columns * height
        canvas.paste(cell, (left + (width - size[0]) // 2, top + (height - size[1]) // 2))
        if legend is not None and legend.captions[n]:
            caption(canvas, legend.captions[n], left, top, width)
    whole = np.asarray(canvas)
    if legend is not None:
        whole = np.concatenate([whole, strip(legend, whole.shape[1])])
    return even(whole)


def even(picture: np.ndarray) -> np.ndarray:
    """Return a picture with even sides, as H.264 in its common form wants them."""
    extra = [(0, side % 2) for side in picture.shape[:2]]
    return np.pad(picture, (*extra, (0, 0)), mode="edge")


def caption(canvas: Image.Image, text: str, left: int, top: int, width: int) -> None:
    """Write a caption into the upper left corner of a cell."""
    draw = ImageDraw.Draw(canvas)
    for number, line in enumerate(wrapped(text, width - 2 * GAP)):
        corner = (left + GAP, top + GAP + number * (TEXT + 4))
        draw.text(corner, line, font=_font(), fill=INK, stroke_width=2, stroke_fill=(0, 0, 0))


def strip(legend: Legend, width: int) -> np.ndarray:
    """Return the legend as a picture ``[height, width, 3]``: title, and the scale between its ends in words."""
    title = wrapped(legend.title, width - 2 * GAP)
    notes = wrapped(legend.note, width - 2 * GAP) if legend.note else []
    line = TEXT + 5
    ends = [round(_font().getlength(text)) for text in (legend.low, legend.high)]
    # Where both ends leave too little room beside the bar, they stand below it, if need be one below the other.
    beside = sum(ends) + 4 * GAP + 60 <= width
    lines = 0 if not legend.low else 1 if beside else 2 if sum(ends) + 4 * GAP <= width else 3
    height = 2 * GAP + line * (len(title) + len(notes) + lines)
    canvas = Image.new("RGB", (width, height), BACK)
    draw = ImageDraw.Draw(canvas)
    y = GAP
    for text, ink in [*((each, INK) for each in title), *((each, QUIET) for each in notes)]:
        draw.text((GAP, y), text, font=_font(), fill=ink)
        y += line
    if legend.low:
        left, right = (2 * GAP + ends[0], width - 2 * GAP - ends[1]) if beside else (GAP, width - GAP)
        bar = colour_bar(legend.kind, min(right - left, 400 if beside else right - left), TEXT - 2)
        canvas.paste(Image.fromarray(bar), (left, y + 3))
        y += 0 if beside else line
        draw.text((GAP, y), legend.low, font=_font(), fill=QUIET)
        end = left + bar.shape[1] + GAP if beside else width - GAP - ends[1]
        draw.text((end, y + (line if lines == 3 else 0)), legend.high, font=_font(), fill=QUIET)
    return np.asarray(canvas)


def wrapped(text: str, width: float) -> list[str]:
    """``text`` in lines of at most ``width`` pixels, broken between words."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _font().getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


@lru_cache(maxsize=1)
def _font() -> ImageFont.FreeTypeFont:
    from matplotlib.font_manager import findfont

    return ImageFont.truetype(findfont("DejaVu Sans"), TEXT)


def annotated(
    picture: np.ndarray, legend: Legend, cells: Sequence[tuple[float, float, float, float]]
) -> np.ndarray:
    """Return a picture ``[H, W, 3]`` uint8 with captions in ``cells`` (left, top, width, height; pixels), over the legend."""
    canvas = Image.fromarray(np.ascontiguousarray(picture[..., :3]))
    for text, (left, top, width, _) in zip(legend.captions, cells, strict=False):
        if text:
            caption(canvas, text, round(left), round(top), round(width))
    whole = np.asarray(canvas)
    return np.concatenate([whole, strip(legend, whole.shape[1])])
