"""Rows of open bouts: begun in a video and not ended."""

from typing import Any

from actiondiff_gui.project import actions, checks, videos
from actiondiff_gui.project.rows import numbers
from actiondiff_gui.project.storage.database import Database


def read(
    database: Database, video_id: str | None = None, subject: str | None = ""
) -> dict[str, dict[str, int]]:
    """For each video with open bouts, or for one, the first frame of each by its action; None: of any subject."""
    conditions: list[str] = []
    values: list[Any] = []
    if video_id is not None:
        conditions.append("b.video = ?")
        values += numbers(database, "video", [video_id])
    if subject is not None:
        conditions.append("b.subject = ?")
        values.append(_subject(subject))
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    found: dict[str, dict[str, int]] = {}
    for video, action, start in database.read(
        "SELECT v.id, a.name, b.start_frame FROM open_bout b JOIN video v ON v.n = b.video "
        f"JOIN action a ON a.n = b.action {where} ORDER BY b.video, b.start_frame, a.position",
        *values,
    ):
        found.setdefault(video, {}).setdefault(action, start)
    return found


def begin(database: Database, video_id: str, action: str, start: int, subject: str = "") -> None:
    """Write down that a bout of an action, which is added where it is unknown, begins at the frame ``start``."""
    (video,) = videos.read(database, [video_id])
    start, _ = checks.bounds(start, start + 1, video.frame_count)
    (number,) = numbers(database, "video", [video_id])
    (of,) = actions.numbers(database, [action], add_unknown=True).values()
    database.write(
        "INSERT OR REPLACE INTO open_bout (video, action, start_frame, subject) VALUES (?, ?, ?, ?)",
        *(number, of, start, _subject(subject)),
    )


def end(database: Database, video_id: str, action: str | None, subject: str | None = "") -> None:
    """Forget the open bout of an action, or all of a video; of ``subject``, or None for anybody's."""
    where = ["video = ?"]
    values: list[Any] = [*numbers(database, "video", [video_id])]
    if action is not None:
        where.append("action = ?")
        values += actions.numbers(database, [action]).values()
    if subject is not None:
        where.append("subject = ?")
        values.append(_subject(subject))
    database.write(f"DELETE FROM open_bout WHERE {' AND '.join(where)}", *values)


def _subject(value: str) -> str:
    return checks.optional_text(value, "A subject") or ""
