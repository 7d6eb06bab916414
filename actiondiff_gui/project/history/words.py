"""Short descriptions of history steps: ``"walk on 2 clips of b.mp4"``."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

_FIELDS = {
    "start_frame": "edges",
    "end_frame": "edges",
    "subject": "subject",
    **dict.fromkeys(("roi_x", "roi_y", "roi_width", "roi_height"), "region"),
}


@dataclass(frozen=True)
class ChangedRow:
    """A row as it was before and after a step, as JSON; None where there was none.

    Attributes
    ----------
    n : int
        Its number in the history.
    table : str
    clip, video : int
        Row numbers of the clip that it belongs to, and of that clip's video.
    before, after : str or None
    """

    n: int
    table: str
    clip: int
    video: int
    before: str | None
    after: str | None

    @property
    def known(self) -> str:
        """As it was before the step, or after it where the step added it."""
        image = self.after if self.before is None else self.before
        assert image is not None  # a change has one or both
        return image

    @property
    def latest(self) -> str:
        """As it was after the step, or before it where the step removed it."""
        return self.known if self.after is None else self.after


def describe(connection: sqlite3.Connection, rows: Iterable[ChangedRow]) -> str:
    """Return what the rows of one step did, as the object of "Undid: "."""
    rows = list(rows)
    of_videos = _videos(connection, {row.video for row in rows})
    of_clips = [row for row in rows if row.table == "clip"]
    added = {row.clip for row in of_clips if row.before is None}
    gone = {row.clip for row in of_clips if row.after is None}
    labels = _labels(connection, [row for row in rows if row.table == "label"])
    clips = {row.clip for row in rows}
    if gone and not added:
        return f"{count(len(gone))}{of_videos} deleted"
    if added:
        new = "a new clip" if len(added) == 1 else f"{len(added):,} new clips"
        return f"{labels} on {new}{of_videos}" if labels else f"{new}{of_videos}"
    if labels:
        return f"{labels} on {count(len(clips))}{of_videos}"
    of_recordings = [row for row in rows if row.table == "setting"]
    if of_recordings:
        return f"{' and '.join(sorted(_kept(of_recordings)))}{of_videos}"
    changed = {_FIELDS[f] for row in of_clips for f in _differing(row) if f in _FIELDS}
    changed |= {json.loads(row.latest)["key"] for row in rows if row.table == "clip_facet"}
    what = " and ".join(sorted(changed)) or "an answer"
    return (
        f"{what} of {count(len(clips))}{of_videos}"
        if changed
        else f"{what} on {count(len(clips))}{of_videos}"
    )


def _labels(connection: sqlite3.Connection, rows: list[ChangedRow]) -> str:
    """Return the labels that were given, else those that were taken away."""
    given: dict[str, None] = {}
    taken: dict[str, None] = {}
    for row in rows:
        image = json.loads(row.latest)
        found = connection.execute("SELECT name FROM action WHERE n = ?", (image["action"],)).fetchone()
        name = found[0] if found else "a removed action"
        if row.after is None:
            taken[f"no {name}"] = None
        else:
            given["not " * (image["value"] < 0) + name] = None
    names = list(given or taken)
    return ", ".join(names) if len(names) < 4 else f"{len(names)} labels"


def _differing(row: ChangedRow) -> set[str]:
    if row.before is None or row.after is None:
        return set()
    before, after = json.loads(row.before), json.loads(row.after)
    return {key for key in after if before.get(key) != after[key]}


def _kept(rows: list[ChangedRow]) -> set[str]:
    """Return what differs before and after of that which is kept of recordings."""
    found: set[str] = set()
    for row in rows:
        before, after = (
            json.loads(json.loads(image)["value"]) if image is not None else {}
            for image in (row.before, row.after)
        )
        if before.get("second view") != after.get("second view"):
            found.add("second view")
        one, other = before.get("regions", {}), after.get("regions", {})
        found.update(f"region of {name}" for name in {**one, **other} if one.get(name) != other.get(name))
    return found or {"what is kept"}


def _videos(connection: sqlite3.Connection, videos: set[int]) -> str:
    if len(videos) > 2:
        return f" of {len(videos):,} videos"
    found = [
        connection.execute("SELECT path FROM video WHERE n = ?", (n,)).fetchone() for n in sorted(videos)
    ]
    names = [PurePosixPath(path.replace("\\", "/")).name for (path,) in filter(None, found)]
    return f" of {' and '.join(names)}" if names else ""


def name_of_clip(connection: sqlite3.Connection, clip: int, video: int) -> str:
    """Return a clip's name by its number in its video: ``"clip 3 of b.mp4"``, ``"b.mp4"`` for a video as a whole."""
    if clip < 0:
        return _videos(connection, {video}).removeprefix(" of ") or "a video"
    (number,) = connection.execute(
        "SELECT count(*) FROM clip c JOIN clip this ON this.video = c.video "
        "WHERE this.n = ? AND (c.start_frame, c.n) <= (this.start_frame, this.n)",
        (clip,),
    ).fetchone()
    return (f"clip {number}" if number else "a clip") + _videos(connection, {video})


def count(clips: int) -> str:
    """``"1 clip"``, ``"2 clips"``."""
    return "1 clip" if clips == 1 else f"{clips:,} clips"
