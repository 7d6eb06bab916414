"""How do bouts get out as tables of events? A plain CSV of bouts, and BORIS's tabular events."""

import os
from collections.abc import Sequence
from pathlib import Path

from actiondiff_gui.project.formats.boris_events import START, STOP
from actiondiff_gui.project.formats.named_bout import NamedBout, Told, write_text
from actiondiff_gui.tables import table_text


def delimiter_of(path: str | os.PathLike[str]) -> str:
    """Tabs for .tsv and .txt, commas for anything else."""
    return "\t" if Path(path).suffix.casefold() in (".tsv", ".txt") else ","


def write_bouts(recordings: Sequence[Told], path: str | os.PathLike[str]) -> Path:
    """One row for each bout, in frames (end exclusive) and in seconds; the import of clip tables reads it back."""
    keys = sorted({key for recording in recordings for key in recording.facets})
    rows = [
        [
            *("video", "start_frame", "end_frame", "label", "subject"),
            *("first_seconds", "last_seconds", "duration_seconds", "said_by", "predicted", "confidence"),
            *keys,
        ]
    ]
    for recording in recordings:
        video, seconds = recording.video, recording.times.seconds
        for bout in recording.bouts:
            start, end = seconds(bout.start), seconds(bout.end)
            rows.append(
                [
                    _path(video.path, Path(path).parent),
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
                    *(recording.facets.get(key, "") for key in keys),
                ]
            )
    return write_text(path, table_text(rows, delimiter_of(path)))


def write_boris(recordings: Sequence[Told], path: str | os.PathLike[str], description: str = "") -> Path:
    """BORIS's tabular events (version 9): a START and a STOP row for each bout, an observation for each recording.

    Times have three decimals as in BORIS, and six where frames follow each other faster than every 4 ms. Names stand
    as they are, also those that a spreadsheet would take for a formula: other tools read them.
    """
    keys = sorted({key for recording in recordings for key in recording.facets})
    rows = [
        [
            *("Observation id", "Observation date", "Description", "Observation duration"),
            *("Observation type", "Source", "Time offset (s)", "Media duration (s)", "FPS"),
            *keys,
            *("Subject", "Behavior", "Behavioral category", "Behavior type", "Time"),
            *("Media file name", "Image index", "Image file path", "Comment"),
        ]
    ]
    for recording in recordings:
        times, video = recording.times, recording.video
        digits = 3 if _shortest(recording) >= 0.004 else 6
        media = str(video.path)
        length = f"{times.seconds(times.count):.3f}"
        before = [
            *(recording.name, "", description, length, "Media file(s)", f"player #1:{media}"),
            *("0.0", length, f"{video.fps:.3f}"),
            *(recording.facets.get(key, "") for key in keys),
        ]
        for at, what, bout in _events(recording.bouts):
            rows.append(
                [
                    *before,
                    *(bout.subject or "", bout.action, "", what, f"{times.seconds(at):.{digits}f}"),
                    *(media, at, "NA", _comment(bout) if what == START else ""),
                ]
            )
    return write_text(path, table_text(rows, delimiter_of(path), for_spreadsheets=False))


def _events(bouts: Sequence[NamedBout]) -> list[tuple[int, str, NamedBout]]:
    """Edges by time; where a bout stops as another of its kind starts, the STOP comes first."""
    events = [(b.start, 1, START, b) for b in bouts] + [(b.end, 0, STOP, b) for b in bouts]
    events.sort(key=lambda e: e[:2])
    return [(at, what, bout) for at, _, what, bout in events]


def _comment(bout: NamedBout) -> str:
    if not bout.predicted:
        return ""
    sure = "" if bout.confidence is None else f", probability {bout.confidence:.3f}"
    return f"predicted by {bout.said_by}{sure}"


def _shortest(recording: Told) -> float:
    edges = recording.times.edges
    return float((edges[1:] - edges[:-1]).min())


def _path(video: Path, folder: Path) -> str:
    if not video.is_relative_to(folder):
        return str(video)
    relative = video.relative_to(folder).as_posix()
    return relative if relative == relative.strip() else f"./{relative}"
