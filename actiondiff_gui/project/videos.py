"""Rows of video files and their locations."""

import os
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project import checks, facets
from actiondiff_gui.project.history import video_steps
from actiondiff_gui.project.paths import absolute_path, rename_file, stored_path
from actiondiff_gui.project.records import Video
from actiondiff_gui.project.rows import LISTED, in_order, listed, numbers
from actiondiff_gui.project.storage.database import Database


def read(database: Database, ids: Sequence[str] | None = None) -> list[Video]:
    """All videos in the order they were added, or those of ``ids`` in that order."""
    where, values = ("", []) if ids is None else (f"WHERE id IN {LISTED}", [listed(ids)])
    rows = database.read(
        "SELECT n, id, path, fingerprint, frame_count, fps, width, height, source_group "
        f"FROM video {where} ORDER BY n",
        *values,
    )
    own = facets.read(
        database, "video", f"WHERE video IN (SELECT n FROM video {where})" if where else "", *values
    )
    found = {
        row[1]: Video(
            id=row[1],
            path=absolute_path(row[2], database.path.parent),
            fingerprint=row[3],
            frame_count=row[4],
            fps=row[5],
            width=row[6],
            height=row[7],
            source_group=row[8],
            facets=own.get(row[0], {}),
        )
        for row in rows
    }
    return list(found.values()) if ids is None else in_order(found, ids, "video")


def add(
    database: Database,
    path: str | os.PathLike[str],
    fingerprint: str,
    measures: tuple[int, float, int, int],
    source_group: str | None,
    own_facets: Mapping[str, str] | None,
) -> str:
    """Id of the new or known video at ``path``; ``measures`` are frames, fps, width and height."""
    fingerprint = checks.text(fingerprint, "The fingerprint of a video")
    measures = (
        checks.whole(measures[0], "The number of frames of a video", 1),
        checks.frame_rate(measures[1]),
        checks.whole(measures[2], "The width of a video", 1),
        checks.whole(measures[3], "The height of a video", 1),
    )
    folder = database.path.parent
    stored = stored_path(path, folder)
    group = checks.optional_text(source_group, "A source group")
    pairs = facets.checked(own_facets)
    same = database.read(
        "SELECT id, path, fingerprint, source_group FROM video "
        "WHERE path = ? OR fingerprint = ? ORDER BY path <> ?, n",
        *(stored, fingerprint, stored),
    )
    video_id: str
    for video_id, known, content, _ in same:
        if known == stored and content != fingerprint:
            raise ProjectError(
                f"The file {path} is not the one that was added to the project under this name. "
                "Give the new file another name, or remove the video from the project first."
            )
        if known == stored or _same_file(absolute_path(known, folder), path):
            return video_id
    moved = _moved(same, path, folder)
    if moved is not None:
        move(database, moved, path, fingerprint)
        return moved
    if group is None:
        group = same[0][3] if same else " ".join(stored.split())
    video_id = uuid.uuid4().hex
    n = database.insert(
        "INSERT INTO video (id, path, fingerprint, frame_count, fps, width, height, source_group) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        *(video_id, stored, fingerprint, *measures, group),
    )
    facets.put(database, "video", [(n, pairs)])
    return video_id


def move(database: Database, video_id: str, path: str | os.PathLike[str], fingerprint: str) -> None:
    """Change where a video lies, if its content is the same."""
    (video,) = read(database, [video_id])
    if fingerprint != video.fingerprint:
        raise ProjectError(
            f"{path} is not the same video as {video.path}: its content differs. Choose another file."
        )
    stored = stored_path(path, database.path.parent)
    if database.read("SELECT 1 FROM video WHERE path = ? AND id <> ?", stored, video_id):
        raise ProjectError(f"{path} is another video of this project. Choose another file.")
    database.write("UPDATE video SET path = ? WHERE id = ?", stored, video_id)


def rename(database: Database, video_id: str, path: str | os.PathLike[str]) -> None:
    """Give the file of a video another name, and keep its place; a file that is there already is never replaced."""
    (video,) = read(database, [video_id])
    new = Path(path)
    stored = stored_path(new, database.path.parent)
    if database.read("SELECT 1 FROM video WHERE path = ? AND id <> ?", stored, video_id):
        raise ProjectError(f"A video of this project is there already: {new}. Choose another name.")
    database.run(video_steps.rename, video_id, stored)
    rename_file(video.path, new)


def set_source_group(database: Database, ids: Sequence[str], source_group: str) -> None:
    """Say that videos were cut from one recording."""
    group = checks.text(source_group, "A source group")
    database.write_many(
        "UPDATE video SET source_group = ? WHERE n = ?", [(group, n) for n in numbers(database, "video", ids)]
    )


def _moved(
    same: Sequence[tuple[str, str, str, str]], path: str | os.PathLike[str], folder: Path
) -> str | None:
    """Of the videos with the content of the file at ``path`` one whose own file is gone, of the same name first."""
    if not Path(path).is_file():
        return None
    gone = [row for row in same if not os.path.lexists(absolute_path(row[1], folder))]
    name = Path(path).name
    gone.sort(key=lambda row: absolute_path(row[1], folder).name != name)
    return gone[0][0] if gone else None


def _same_file(known: Path, path: str | os.PathLike[str]) -> bool:
    try:
        return known.samefile(path)
    except (OSError, ValueError):
        return False
