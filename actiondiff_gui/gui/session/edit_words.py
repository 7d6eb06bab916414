"""Sentences that report an edit: counts, and the names of the videos."""

from collections import Counter
from collections.abc import Sequence

from actiondiff_gui.gui.session.clip_table import ClipRow

NAMED = 3
"""Videos that are named; of more the clips are only counted."""


def done(rows: Sequence[ClipRow], what: str, then: str) -> str:
    """Return the report of an edit of clips.

    For example "2 clips of a.mp4 deleted. Undo: Ctrl+Z." or
    "16 clips labelled walk. Undo: Ctrl+Z. 9 of a.mp4, 7 of b.mp4.".
    """
    counts = Counter((row.video_id, row.video_name) for row in rows)
    clips = f"{len(rows):,} clip{'' if len(rows) == 1 else 's'}"
    if len(counts) == 1:
        return f"{clips} of {rows[0].video_name} {what}. {then}"
    named, others = list(counts.items()), []
    if len(named) > NAMED + 1:
        named, others = named[:NAMED], named[NAMED:]
    parts = [f"{n:,} of {name}" for (_, name), n in named]
    if others:
        parts.append(f"{sum(n for _, n in others):,} of {len(others):,} other videos")
    return f"{clips} {what}. {then} {', '.join(parts)}."


def selected_words(count: int, hidden: int, of: str = "") -> str:
    """Return a description of ``count`` selected clips, some of which the filters of the Clips table hide."""
    told = f"{count - hidden:,} clip{'' if count - hidden == 1 else 's'}{of} selected."
    return f"{told} {hidden:,} more are hidden by the filters of the Clips tab." if hidden else told
