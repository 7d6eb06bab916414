"""Warnings on incomplete packets, missing frames and truncated files."""

from pathlib import Path

import numpy as np

_LONG_STEP = 1.8
_EVEN_SHARE = 0.9
_EVEN_STEP = 0.1


def marked(path: Path, starts: np.ndarray, keys: np.ndarray, count: int) -> str:
    """Return a sentence on packets that the container marks as incomplete.

    Parameters
    ----------
    starts : ndarray
        ``[M]`` number of the first frame that each incomplete packet can concern.
    keys : ndarray
        ``[K]`` numbers of the key frames, ascending: damage ends there.
    count : int
        Number of frames.
    """
    spoilt: set[int] = set()
    for start in starts:
        after = int(np.searchsorted(keys, start, side="right"))
        spoilt.update(range(start, int(keys[after]) if after < len(keys) else count))
    first = f", from frame {min(spoilt)} on" if spoilt else ""
    be = "is" if len(starts) == 1 else "are"
    return (
        f"{path} is damaged: {len(starts)} of its packets {be} marked as incomplete. {several(len(spoilt), 'frame')} up to the "
        f"next key frames{first}, may be smeared or repeat an earlier picture for one that is lost."
    )


def several(count: int, one: str) -> str:
    """Return "1 frame", or "2 frames"."""
    return f"{count} {one}" if count == 1 else f"{count} {one}s"


def missing(path: Path, times: np.ndarray) -> str | None:
    """Return a sentence on frames that are missing from an evenly timed file, None where none is or times are uneven.

    Parameters
    ----------
    times : ndarray
        ``[N]`` ascending times, in any unit.
    """
    steps = np.diff(times)
    usual = float(np.median(steps)) if len(steps) else 0.0
    if usual <= 0 or (np.abs(steps / usual - 1) <= _EVEN_STEP).mean() < _EVEN_SHARE:
        return None
    gaps = np.flatnonzero(steps > _LONG_STEP * usual)
    if not len(gaps):
        return None
    count = int(np.round(steps[gaps] / usual - 1).sum())
    be = "is" if count == 1 else "are"
    return (
        f"In {path} about {several(count, 'frame')} {be} missing at {several(len(gaps), 'place')}, the first before frame "
        f"{gaps[0] + 1}: not recorded, or lost. Up to the next key frame pictures may be smeared or repeated."
    )


def cut_off(path: Path, stated: int | None, packets: int, seconds: np.ndarray, fps: float) -> str | None:
    """Return a sentence where a file holds clearly fewer frames than it states, None elsewhere.

    Parameters
    ----------
    stated : int or None
        Frames that it states, at ``fps`` per second.
    packets : int
        Packets that it holds.
    seconds : ndarray
        ``[N]`` ascending times of the frames; empty where they are not known. Frames that were left out on
        purpose leave time.
    """
    steps = np.diff(seconds)
    filled = (seconds[-1] - seconds[0] + np.median(steps)) * fps if len(steps) else 0
    found = max(packets, round(float(filled)))
    if not stated or found >= 0.98 * stated - 1:
        return None
    return f"{path} is cut off or damaged: it states {stated} frames and holds {found}."


def not_given(path: Path, pictures: int, frames: int) -> str | None:
    """Return a sentence where a decoder that is silent about it gave fewer frames than the file has pictures, else None."""
    if frames >= pictures:
        return None
    return (
        f"{path} is damaged: {several(pictures - frames, 'picture')} of {pictures} cannot be decoded, as what they are "
        "predicted from is lost or spoilt. They are left out, and later frames move up."
    )


def not_found(path: Path, listed: int, found: int) -> str | None:
    """Return a sentence where a file's own index lists more pictures than were found in it, else None."""
    if found >= listed:
        return None
    return (
        f"{path} is damaged: its index lists {listed} pictures, and {found} are found. The others are left out, and later "
        "frames move up."
    )
