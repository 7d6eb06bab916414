"""Rows of clips and their edges."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from actiondiff_gui.project import checks, facets, videos
from actiondiff_gui.project.history import steps as history
from actiondiff_gui.project.records import Clip
from actiondiff_gui.project.rows import LISTED, in_order, listed, numbers
from actiondiff_gui.project.storage.database import Database

ClipRow = tuple[int, int, str | None, Sequence[int] | None, Mapping[str, str] | None]
"""A new clip: start, end, subject, region of interest and its own facets."""


def read(database: Database, ids: Sequence[str] | None = None, video_id: str | None = None) -> list[Clip]:
    """Clips by video and start, or those of ``ids`` in that order."""
    conditions: list[str] = []
    values: list[str | int] = []
    if ids is not None:
        conditions.append(f"n IN {LISTED}")
        values.append(listed(numbers(database, "clip", ids)))
    if video_id is not None:
        conditions.append("video = ?")
        values += numbers(database, "video", [video_id])
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = database.read(
        "SELECT c.n, c.video, c.id, v.id, c.start_frame, c.end_frame, c.subject, "
        "c.roi_x, c.roi_y, c.roi_width, c.roi_height, v.source_group "
        f"FROM (SELECT * FROM clip {where}) c JOIN video v ON v.n = c.video "
        "ORDER BY c.video, c.start_frame, c.n",
        *values,
    )
    own, inherited = (
        facets.read(
            database, table, f"WHERE {table} IN (SELECT {n} FROM clip {where})" if where else "", *values
        )
        for table, n in (("clip", "n"), ("video", "video"))
    )
    nothing: dict[str, str] = {}
    found = {
        row[2]: Clip(
            id=row[2],
            video_id=row[3],
            start=row[4],
            end=row[5],
            subject=row[6],
            roi=None if row[7] is None else (row[7], row[8], row[9], row[10]),
            source_group=row[11],
            facets={**inherited.get(row[1], nothing), **own.get(row[0], nothing)},
        )
        for row in rows
    }
    return list(found.values()) if ids is None else in_order(found, ids, "clip")


def ids_of(database: Database, video_id: str) -> list[str]:
    """Return the ids of a video's clips by start."""
    (number,) = numbers(database, "video", [video_id])
    return [
        row[0] for row in database.read("SELECT id FROM clip WHERE video = ? ORDER BY start_frame, n", number)
    ]


def add(database: Database, video_id: str, rows: Iterable[ClipRow]) -> list[Clip]:
    """Add clips to one video."""
    (video,) = videos.read(database, [video_id])
    (video_n,) = numbers(database, "video", [video_id])
    added, own = [], []
    for start, end, subject, roi, its_facets in rows:
        own.append(facets.checked(its_facets))
        added.append(
            Clip(
                uuid.uuid4().hex,
                video_id,
                *checks.bounds(start, end, video.frame_count),
                checks.optional_text(subject, "A subject"),
                checks.roi(roi, video.width, video.height),
                video.source_group,
                {**video.facets, **own[-1]},
            )
        )
    database.write_many(
        "INSERT INTO clip (id, video, start_frame, end_frame, subject, roi_x, roi_y, roi_width, roi_height) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(c.id, video_n, c.start, c.end, c.subject, *_box(c.roi)) for c in added],
    )
    if any(own):
        clip_numbers = numbers(database, "clip", [clip.id for clip in added])
        facets.put(database, "clip", list(zip(clip_numbers, own, strict=True)))
    return added


def update(database: Database, clip_id: str, start: Any, end: Any, subject: Any, roi: Any) -> None:
    """Change what is not ``...``."""
    (clip,) = read(database, [clip_id])
    (video,) = videos.read(database, [clip.video_id])
    now = (
        *checks.bounds(
            clip.start if start is ... else start, clip.end if end is ... else end, video.frame_count
        ),
        clip.subject if subject is ... else checks.optional_text(subject, "A subject"),
        clip.roi if roi is ... else checks.roi(roi, video.width, video.height),
    )
    if now != (clip.start, clip.end, clip.subject, clip.roi):
        database.write(
            "UPDATE clip SET start_frame = ?, end_frame = ?, subject = ?, "
            "roi_x = ?, roi_y = ?, roi_width = ?, roi_height = ? WHERE id = ?",
            *(*now[:3], *_box(now[3]), clip_id),
        )


def remove(database: Database, ids: Sequence[str]) -> None:
    """Remove clips and all that hangs on them, in a way that can be undone."""
    chosen = [(n,) for n in numbers(database, "clip", ids)]
    database.run(history.record_everything, True)
    for table in reversed(history.OF_CLIPS):  # the clip itself goes last
        column = "n" if table == "clip" else "clip"
        database.write_many(f"DELETE FROM {table} WHERE {column} = ?", chosen)
    database.run(history.record_everything, False)


def _box(roi: tuple[int, int, int, int] | None) -> tuple[int | None, ...]:
    return roi or (None, None, None, None)
