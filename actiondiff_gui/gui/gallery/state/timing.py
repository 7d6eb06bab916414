"""Which frames of a clip its looping picture shows."""

SECONDS = 3.2
RATE = 10
"""Frames a second."""


def loop_frames(start: int, end: int, fps: float) -> tuple[int, ...]:
    """Return the frames of a clip's middle, :data:`RATE` a second for at most :data:`SECONDS`.

    Parameters
    ----------
    start, end : int
        First frame of the clip, and the frame after the last one.
    fps : float
        Frames per second of the video.

    Returns
    -------
    tuple of int
        Ascending, all within the clip; at least one.
    """
    shown = min(end - start, max(1, round(SECONDS * fps)))
    first, step = start + (end - start - shown) // 2, max(1.0, fps / RATE)
    count = max(1, round(shown / step))
    return tuple(min(end - 1, first + int(i * step)) for i in range(count))


def is_middle(start: int, end: int, fps: float) -> bool:
    """Return whether the looping picture leaves out the beginning and the end of a clip."""
    return end - start > max(1, round(SECONDS * fps))
