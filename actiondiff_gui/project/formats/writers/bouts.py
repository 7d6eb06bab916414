"""Writers of bouts as tables of events: a plain CSV, and BORIS's tabular events."""

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from actiondiff_gui.project.formats.imports.entries import shared_facets
from actiondiff_gui.project.formats.readers.boris_events import POINT, START, STOP
from actiondiff_gui.project.formats.readers.contents import CATEGORY, COMMENT, COMMENT_STOP, OFFSET
from actiondiff_gui.project.formats.writers.clip_table import written_path
from actiondiff_gui.project.formats.writers.named_bout import NamedBout, Told, write_text
from actiondiff_gui.tables import table_text


def delimiter_of(path: str | os.PathLike[str]) -> str:
    """Tabs for .tsv and .txt, commas for anything else."""
    return "\t" if Path(path).suffix.casefold() in (".tsv", ".txt") else ","


def write_bouts(recordings: Sequence[Told], path: str | os.PathLike[str]) -> Path:
    """One row for each bout, in frames (end exclusive) and in seconds; the import of clip tables reads it back."""
    keys = sorted(
        {key for recording in recordings for key in recording.facets}
        | {key for recording in recordings for bout in recording.bouts for key in bout.facets}
    )
    columns: tuple[str, ...] = ("video", "start_frame", "end_frame", "label", "subject")
    columns += ("first_seconds", "last_seconds", "duration_seconds", "said_by", "predicted", "confidence")
    rows: list[list[object]] = [[*columns, *_apart(keys, columns)]]
    for recording in recordings:
        video, seconds = recording.video, recording.times.seconds
        shared = _shared(recording.bouts)
        for bout in recording.bouts:
            facets = {**recording.facets, **shared[bout.start, bout.end, bout.subject]}
            start, end = seconds(bout.start), seconds(bout.end)
            rows.append(
                [
                    written_path(video.path, Path(path).parent),
                    bout.start,
                    bout.end,
                    bout.action,
                    bout.subject or "",
                    f"{start:.6f}",
                    f"{end:.6f}",
                    f"{end - start:.6f}",
                    bout.said_by,
                    "yes" if bout.predicted else "no",
                    "" if bout.confidence is None else f"{bout.confidence:.4f}",
                    *(facets.get(key, "") for key in keys),
                ]
            )
    return write_text(path, table_text(rows, delimiter_of(path)))


def _apart(keys: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Metadata fields as columns, of which none may be called like another column."""
    taken = {name.casefold() for name in columns}
    return [f"{key} (metadata)" if key.casefold() in taken else key for key in keys]


def modifier(value: str) -> str:
    """Return a modifier without the sign that BORIS separates modifiers by."""
    return value.replace("|", "/").strip()


_Stretch = tuple[int, int, str | None]
"""First frame, end frame and subject."""


def _shared(bouts: Sequence[NamedBout]) -> dict[_Stretch, dict[str, str]]:
    """Facets of the bouts of each clip: rows of one clip say the same, as they do when they are read back."""
    said: dict[_Stretch, dict[str, list[Mapping[str, str]]]] = {}
    for bout in bouts:
        clip = said.setdefault((bout.start, bout.end, bout.subject), {})
        clip.setdefault(bout.action, []).append(bout.facets)
    return {extent: shared_facets(by_action) for extent, by_action in said.items()}


def write_boris(recordings: Sequence[Told], path: str | os.PathLike[str], description: str = "") -> Path:
    """BORIS's tabular events (version 9): a START and a STOP row for each bout, an observation for each recording.

    Events without a duration are POINT rows. Times have three decimals as in BORIS, and six where frames follow each
    other faster than every 4 ms; they count from the recording's time offset.
    Names stand as they are, also those that a spreadsheet would take for a formula: other tools read them.
    """
    keys = sorted({key for recording in recordings for key in recording.facets} - {OFFSET})
    modifiers = max((len(bout.modifiers) for told in recordings for bout in told.bouts), default=0)
    first: tuple[str, ...] = ("Observation id", "Observation date", "Description", "Observation duration")
    first += ("Observation type", "Source", "Time offset (s)", "Media duration (s)", "FPS")
    last: tuple[str, ...] = (
        "Subject",
        "Behavior",
        "Behavioral category",
        *(f"Modifier #{n + 1}" for n in range(modifiers)),
    )
    last += ("Behavior type", "Time", "Media file name", "Image index", "Image file path", "Comment")
    rows: list[list[object]] = [[*first, *_apart(keys, (*first, *last)), *last]]
    for recording in recordings:
        times, video, offset = recording.times, recording.video, offset_of(recording)
        media = str(video.path)
        length = f"{times.seconds(times.count):.3f}"
        before = [
            *(recording.name, "", description, length, "Media file(s)", f"player #1:{media}"),
            *(f"{offset:g}" if offset else "0.0", length, f"{video.fps:.3f}"),
            *(recording.facets.get(key, "") for key in keys),
        ]
        for at, what, bout in events_of(recording.bouts):
            rows.append(
                [
                    *before,
                    *(bout.subject or "", bout.action, bout.facets.get(CATEGORY, "")),
                    *[*map(modifier, bout.modifiers), *[""] * modifiers][:modifiers],
                    *(what, _time(recording, at, offset)),
                    *(media, at, "NA", comment_of(bout, what)),
                ]
            )
    return write_text(path, table_text(rows, delimiter_of(path), for_spreadsheets=False))


def offset_of(recording: Told) -> float:
    """Seconds from which the recording's events are counted in BORIS, 0 where nothing is said."""
    try:
        offset = float(recording.facets.get(OFFSET, "0"))
    except ValueError:
        return 0.0
    return offset if math.isfinite(offset) else 0.0


def events_of(bouts: Sequence[NamedBout]) -> list[tuple[int, str, NamedBout]]:
    """Edges by time; where a bout stops as another of its kind starts, the STOP comes first."""
    events = [(b.start, 1, POINT if b.point else START, b) for b in bouts]
    events += [(b.end, 0, STOP, b) for b in bouts if not b.point]
    events.sort(key=lambda e: e[:2])
    return [(at, what, bout) for at, _, what, bout in events]


def comment_of(bout: NamedBout, what: str) -> str:
    """Return the comment of a START, STOP or POINT; a prediction without one names its model."""
    if what == STOP:
        return bout.facets.get(COMMENT_STOP, "")
    return bout.facets.get(COMMENT, "") or _comment(bout)


def _comment(bout: NamedBout) -> str:
    if not bout.predicted:
        return ""
    sure = "" if bout.confidence is None else f", probability {bout.confidence:.3f}"
    return f"predicted by {bout.said_by}{sure}"


def _time(recording: Told, at: int, offset: float) -> str:
    times = recording.times
    if times.shortest >= 0.004:
        return f"{times.milliseconds(at) / 1000 + offset:.3f}"
    return f"{times.seconds(at) + offset:.6f}"
