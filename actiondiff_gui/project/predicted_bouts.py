"""Rows of predicted bouts: clips that a model found, by application, with their edges at that time."""

import json
from collections.abc import Mapping
from typing import Any

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project import checks
from actiondiff_gui.project.history import steps as history
from actiondiff_gui.project.records import PredictedBout
from actiondiff_gui.project.rows import numbers
from actiondiff_gui.project.storage import row_checks as sound
from actiondiff_gui.project.storage.database import Database


def read(database: Database, video_id: str | None = None) -> list[PredictedBout]:
    """Bouts of all videos, or of one, by application and start."""
    where, values = "", []
    if video_id is not None:
        where, values = "WHERE a.video = ?", numbers(database, "video", [video_id])
    rows = database.read(
        "SELECT c.id, v.id, b.start_frame, b.end_frame, a.n, a.model, a.about "
        "FROM application a JOIN predicted_bout b ON b.application = a.n JOIN clip c ON c.n = b.clip "
        f"JOIN video v ON v.n = a.video {where} ORDER BY a.n, b.start_frame, b.clip",
        *values,
    )
    return [
        PredictedBout(clip, video, start, end, application, model, _about(about))
        for clip, video, start, end, application, model, about in rows
    ]


def models(database: Database, video_id: str) -> set[str]:
    """Return the names of the models that were ever applied to a video."""
    number = numbers(database, "video", [video_id])
    return {
        name for (name,) in database.read("SELECT DISTINCT model FROM application WHERE video = ?", *number)
    }


def add(
    database: Database,
    video_id: str,
    edges: Mapping[str, tuple[int, int]],
    model: str,
    about: Mapping[str, Any],
) -> None:
    """Write down an application of a model and the clips that it found, which undo and redo bring back together."""
    try:
        kept = json.dumps(dict(about), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ProjectError(f"How the bouts were found cannot be kept: {error}.") from None
    application = database.insert(
        "INSERT INTO application (video, model, time, about) VALUES (?, ?, ?, ?)",
        *numbers(database, "video", [video_id]),
        *(checks.optional_text(model, "The name of a model") or "", history.now(), kept),
    )
    clips = numbers(database, "clip", list(edges))
    database.write_many(
        "INSERT INTO predicted_bout VALUES (?, ?, ?, ?)",
        [(n, application, *each) for n, each in zip(clips, edges.values(), strict=True)],
    )


def rename_model(database: Database, old: str, new: str) -> None:
    """Let the applications of the model ``old`` be those of ``new``."""
    database.write("UPDATE application SET model = ? WHERE model = ?", new, old)


def _about(stored: str) -> dict[str, Any]:
    found = sound.setting(stored)
    return found if isinstance(found, dict) else {}
