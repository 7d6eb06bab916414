"""Writer of review answers as a table."""

import os
from collections.abc import Sequence

from actiondiff_gui.project.formats.writers.clip_table import written_path
from actiondiff_gui.project.formats.writers.named_bout import write_text
from actiondiff_gui.project.paths import absolute
from actiondiff_gui.project.project import Project
from actiondiff_gui.tables import table_text

HEADER = (
    *("time", "by", "answer", "said", "model", "predicted", "confidence", "asked"),
    *("video", "start_frame", "end_frame"),
)


def export_answers(project: Project, path: str | os.PathLike[str]) -> int:
    """Write every answer as one row, oldest first, and return how many there are.

    Times are UTC; several actions are separated by ";". Videos are named as in the table of clips.
    """
    folder = absolute(path).parent
    answers = project.answers()
    clips = {clip.id: clip for clip in project.clips({answer.clip_id for answer in answers})}
    videos = {video.id: written_path(video.path, folder) for video in project.videos()}
    rows: list[Sequence[object]] = [HEADER]
    for a in answers:
        clip = clips[a.clip_id]
        sure = "" if a.confidence is None else f"{a.confidence:.4f}"
        rows.append(
            [
                *(a.time.strftime("%Y-%m-%dT%H:%M:%SZ"), a.by, a.answer, ";".join(a.said)),
                *(a.model, ";".join(a.predicted), sure, a.asked),
                *(videos[clip.video_id], clip.start, clip.end),
            ]
        )
    write_text(path, table_text(rows))
    return len(answers)
