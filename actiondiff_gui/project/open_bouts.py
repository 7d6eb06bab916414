"""Rows of open bouts: begun in a video and not ended."""

from actiondiff_gui.project import actions, checks, videos
from actiondiff_gui.project.rows import numbers
from actiondiff_gui.project.storage.database import Database


def read(database: Database, video_id: str | None = None) -> dict[str, dict[str, int]]:
    """For each video with open bouts, or for one, the first frame of each by its action."""
    where, values = "", []
    if video_id is not None:
        where, values = "WHERE b.video = ?", numbers(database, "video", [video_id])
    found: dict[str, dict[str, int]] = {}
    for video, action, start in database.read(
        "SELECT v.id, a.name, b.start_frame FROM open_bout b JOIN video v ON v.n = b.video "
        f"JOIN action a ON a.n = b.action {where} ORDER BY b.video, b.start_frame, a.position",
        *values,
    ):
        found.setdefault(video, {})[action] = start
    return found


def begin(database: Database, video_id: str, action: str, start: int) -> None:
    """Write down that a bout of an action, which is added where it is unknown, begins at the frame ``start``."""
    (video,) = videos.read(database, [video_id])
    start, _ = checks.bounds(start, start + 1, video.frame_count)
    (number,) = numbers(database, "video", [video_id])
    (of,) = actions.numbers(database, [action], add_unknown=True).values()
    database.write("INSERT OR REPLACE INTO open_bout VALUES (?, ?, ?)", number, of, start)


def end(database: Database, video_id: str, action: str | None) -> None:
    """Forget the open bout of an action, or all of a video."""
    (number,) = numbers(database, "video", [video_id])
    if action is None:
        database.write("DELETE FROM open_bout WHERE video = ?", number)
    else:
        (of,) = actions.numbers(database, [action]).values()
        database.write("DELETE FROM open_bout WHERE video = ? AND action = ?", number, of)
