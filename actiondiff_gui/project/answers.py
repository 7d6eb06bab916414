"""Review answers: who answered what and when, and what the model had predicted."""

from collections.abc import Iterable, Sequence

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project import checks
from actiondiff_gui.project.history.steps import now
from actiondiff_gui.project.records import Answer
from actiondiff_gui.project.rows import LISTED, listed, numbers
from actiondiff_gui.project.storage import row_checks as sound
from actiondiff_gui.project.storage.database import Database

ANSWERS = ("confirmed", "corrected", "denied", "skipped", "excluded")


def read(database: Database, clip_ids: Sequence[str] | None = None) -> list[Answer]:
    """Answers of all clips, or of ``clip_ids``, oldest first."""
    where, values = "", []
    if clip_ids is not None:
        where = f"WHERE r.clip IN {LISTED}"
        values.append(listed(numbers(database, "clip", clip_ids)))
    rows = database.read(
        "SELECT c.id, r.answer, r.said, r.said_by, r.time, r.model, r.predicted, r.confidence, r.asked "
        f"FROM review r JOIN clip c ON c.n = r.clip {where} ORDER BY r.n",
        *values,
    )
    return [
        Answer(
            clip,
            answer,
            _apart(said),
            by,
            sound.moment(at),
            model,
            _apart(predicted),
            sure,
            asked,
        )
        for clip, answer, said, by, at, model, predicted, sure, asked in rows
    ]


def add(
    database: Database,
    clip_id: str,
    answer: str,
    said: Iterable[str],
    by: str,
    prediction: tuple[str, Iterable[str], float | None],
    asked: str,
) -> None:
    """Write down one answer; ``prediction`` is the model, what it predicted and its confidence."""
    if answer not in ANSWERS:
        raise ProjectError(f"An answer must be one of {', '.join(ANSWERS)}, not {answer!r}.")
    (clip,) = numbers(database, "clip", [clip_id])
    model, predicted, sure = prediction
    database.insert(
        "INSERT INTO review (clip, answer, said, said_by, time, model, predicted, confidence, asked) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *(clip, answer, _together(said), checks.optional_text(by, "The name of who answers") or ""),
        *(now(), checks.optional_text(model, "The name of a model") or ""),
        *(_together(predicted), checks.confidence(sure), checks.optional_text(asked, "An order") or ""),
    )


def tally(database: Database, model: str, asked: str | None = None) -> dict[str, int]:
    """Return how many clips had each answer last, about predictions of ``model``, in one order or in all."""
    where, values = "model = ?", [model]
    if asked is not None:
        where += " AND asked = ?"
        values.append(asked)
    return dict(
        database.read(
            f"SELECT answer, count(*) FROM review WHERE n IN (SELECT max(n) FROM review WHERE {where} GROUP BY clip) "
            "GROUP BY answer",
            *values,
        )
    )


def rename_model(database: Database, old: str, new: str) -> None:
    """Let answers to predictions of the model ``old`` name ``new``."""
    database.write("UPDATE review SET model = ? WHERE model = ?", new, old)


def _together(names: Iterable[str]) -> str:
    return ";".join(checks.action_name(name) for name in names)


def _apart(names: str) -> tuple[str, ...]:
    return tuple(names.split(";")) if names else ()
