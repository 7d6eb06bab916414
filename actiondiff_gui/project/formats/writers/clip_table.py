"""Writer of clips and labels as a clip table."""

import os
from collections.abc import Iterable
from pathlib import Path

from actiondiff_gui.project.formats.writers.named_bout import write_text
from actiondiff_gui.project.paths import absolute
from actiondiff_gui.project.project import Project
from actiondiff_gui.tables import table_text


def export_clip_table(
    project: Project, path: str | os.PathLike[str], clip_ids: Iterable[str] | None = None
) -> int:
    """Write clips and their labels as a table that the import of clip tables reads back.

    Videos in the table's folder are named by their path from there, others by their absolute path. Labels
    are those of persons and imports, as in :meth:`Project.label_matrix`; facets are written for each clip,
    whether its own or its video's. The file is UTF-8 and appears only when complete.

    Returns
    -------
    int
        How many clips were written.
    """
    folder = absolute(path).parent
    clips = project.clips(clip_ids)
    videos = {video.id: written_path(video.path, folder) for video in project.videos()}
    classes, matrix = project.label_matrix([clip.id for clip in clips])
    keys = sorted({key for clip in clips for key in clip.facets})
    rows: list[list[object]] = [
        ["video", "start_frame", "end_frame", "label", "subject", "roi", "source_group", *keys]
    ]
    for clip, values in zip(clips, matrix, strict=True):
        labels = ";".join(
            name if value > 0 else f"!{name}" for name, value in zip(classes, values, strict=True) if value
        )
        roi = "" if clip.roi is None else " ".join(map(str, clip.roi))
        known = (clip.facets.get(key, "") for key in keys)
        rows.append(
            [
                *(videos[clip.video_id], clip.start, clip.end, labels, clip.subject or "", roi),
                *(clip.source_group, *known),
            ]
        )
    write_text(path, table_text(rows))
    return len(clips)


def written_path(video: Path, folder: Path) -> str:
    """Return how a table in ``folder`` names a video: by its path from there, or by its absolute one."""
    if not video.is_relative_to(folder):
        return str(video)
    relative = video.relative_to(folder).as_posix()
    return relative if relative == relative.strip() else f"./{relative}"
