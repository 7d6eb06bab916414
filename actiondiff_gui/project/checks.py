"""Validation of values that are stored in a project.

Each function returns the value in the form that is stored, or raises :class:`ProjectError`.
"""

import math
import operator
import re
import unicodedata
from collections.abc import Sequence
from typing import Any, Literal

from actiondiff_gui.errors import ProjectError

SOURCES = ("person", "import", "model")

COLUMNS = ("video", "start", "end", "label", "subject", "roi", "source_group")
"""Column names that mean something in a table of clips; no facet may be called like one of them."""
UNIT_SUFFIXES: dict[str, Literal["seconds", "frames"]] = {"_s": "seconds", "_frame": "frames"}

_RESERVED = {*COLUMNS, *(name + suffix for name in ("start", "end") for suffix in UNIT_SUFFIXES)}
_LONGEST = 500


def text(value: Any, what: str) -> str:
    """``value`` in Unicode's composed form (NFC), without white space around it; at least one character."""
    if not isinstance(value, str):
        raise ProjectError(f"{what} must be text, not {value!r}.")
    kept = unicodedata.normalize("NFC", value).strip()
    if not kept:
        raise ProjectError(f"{what} is empty. Give it at least one letter or digit.")
    if len(kept) > _LONGEST:
        raise ProjectError(f"{what} is {len(kept)} characters long; at most {_LONGEST} are kept.")
    if not kept.isprintable() and any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in kept):
        raise ProjectError(f"{what} {kept!r} has a line break or another character that cannot be kept.")
    return kept


def optional_text(value: Any, what: str) -> str | None:
    """Like :func:`text`, but None for None and for nothing but white space."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    return text(value, what)


def action_name(value: Any) -> str:
    """Return the name of an action: text that a table cell ``"walk;!run"`` can hold without being misread."""
    name = text(value, "The name of an action")
    if ";" in name or name[0] in "!-":
        raise ProjectError(
            f'An action cannot be called "{name}": tables separate labels by ";" and mark "not this action" '
            'by a "!" or "-" in front. Choose a name without them.'
        )
    return name


def facet_key(value: Any) -> str:
    """Return the name of a facet: text that is not the name of a column with another meaning."""
    key = text(value, "The name of a facet")
    if key.casefold() in _RESERVED:
        raise ProjectError(f'A facet cannot be called "{key}": tables of clips use that column otherwise.')
    return key


def colour(value: Any) -> str:
    """Return a colour as ``"#RRGGBB"`` in capitals."""
    if not isinstance(value, str) or not re.fullmatch(r"#[0-9A-Fa-f]{6}", value):
        raise ProjectError(f"{value!r} is not a colour. Write it as #RRGGBB, for example #E69F00.")
    return value.upper()


def whole(value: Any, what: str, at_least: int = 0) -> int:
    """Return a whole number, ``at_least`` or larger, that SQLite can hold."""
    try:
        number = operator.index(value)
    except TypeError:
        raise ProjectError(f"{what} must be a whole number, not {value!r}.") from None
    if not at_least <= number < 2**62:
        raise ProjectError(f"{what} must be {at_least} or more, not {number}.")
    return number


def frame_rate(value: Any) -> float:
    """Frames per second: a finite number above 0."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise ProjectError(f"The frame rate must be above 0 frames per second, not {value!r}.")
    return number


def bounds(start: Any, end: Any, frame_count: int) -> tuple[int, int]:
    """First frame and exclusive end of a clip that lies within ``frame_count`` frames and is not empty."""
    start, end = whole(start, "The first frame of a clip"), whole(end, "The end of a clip")
    if end <= start:
        raise ProjectError(f"A clip from frame {start} to {end} holds no frame. Its end must lie after it.")
    if end > frame_count:
        raise ProjectError(
            f"A clip from frame {start} to {end} ends after its video, which has {frame_count} frames."
        )
    return start, end


def roi(value: Sequence[Any] | None, width: int, height: int) -> tuple[int, int, int, int] | None:
    """Return a box ``(x, y, width, height)`` that lies within a frame of ``width`` x ``height`` pixels."""
    if value is None:
        return None
    try:
        x, y, w, h = (operator.index(v) for v in value)
    except (TypeError, ValueError):
        raise ProjectError(
            f"A region of interest is four whole numbers, x y width height, not {value!r}."
        ) from None
    if x < 0 or y < 0 or w < 1 or h < 1 or x + w > width or y + h > height:
        raise ProjectError(
            f"The region of interest x={x} y={y} width={w} height={h} does not lie within the frame, "
            f"which is {width} x {height} pixels."
        )
    return x, y, w, h


def label_value(value: Any) -> int:
    """1 (shows the action) or -1 (does not)."""
    if isinstance(value, bool) or value not in (1, -1):
        raise ProjectError(
            f"A label is 1 (shows the action) or -1 (does not show it), not {value!r}. "
            "To say nothing, remove the label."
        )
    return int(value)


def said_by(source: Any, by: Any) -> tuple[str, str]:
    """Source and name of who labels; a model must have a name."""
    if source not in SOURCES:
        raise ProjectError(f"A label comes from a person, an import or a model, not from {source!r}.")
    by = optional_text(by, "The name of who labels") or ""
    if source == "model" and not by:
        raise ProjectError("A prediction needs the name of the model that made it.")
    return source, by


def confidence(value: Any) -> float | None:
    """Return a number between 0 and 1, or None."""
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 <= number <= 1:
        raise ProjectError(f"A confidence lies between 0 and 1, not at {value!r}.")
    return number
