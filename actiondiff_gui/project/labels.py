"""Rows of labels: which source gave which action to a clip, or denied it."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from actiondiff_gui.project import actions, checks
from actiondiff_gui.project.history import steps as history
from actiondiff_gui.project.records import Label
from actiondiff_gui.project.rows import LISTED, listed, numbers
from actiondiff_gui.project.storage import row_checks as sound
from actiondiff_gui.project.storage.database import Database

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read(database: Database, clip_ids: Sequence[str] | None, sources: Sequence[str] | None) -> list[Label]:
    """Return the labels of ``sources`` for ``clip_ids``, in the order the clips were added; None means all."""
    conditions, values = [], []
    if clip_ids is not None:
        conditions.append(f"c.n IN {LISTED}")
        values.append(listed(numbers(database, "clip", clip_ids)))
    if sources is not None:
        conditions.append(f"l.source IN {LISTED}")
        values.append(listed(sources))
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = database.read(
        "SELECT c.id, a.name, l.value, l.source, l.said_by, l.confidence, l.time "
        f"FROM clip c CROSS JOIN label l ON l.clip = c.n JOIN action a ON a.n = l.action {where} "
        "ORDER BY c.n, a.position, l.source, l.said_by",
        *values,
    )
    return [
        Label(clip_id, action, value, source, by, confidence, sound.moment(at))
        for clip_id, action, value, source, by, confidence, at in rows
    ]


def speakers(database: Database) -> list[tuple[str, str, int]]:
    """Return sources and names with the number of their rows, most first."""
    return database.read(
        "SELECT source, said_by, count(*) FROM label GROUP BY source, said_by ORDER BY count(*) DESC, source, said_by"
    )


def put(
    database: Database,
    rows: Iterable[tuple[str, str, int, float | None]],
    source: str,
    by: str,
) -> int:
    """Set labels: rows of clip id, action, value and confidence; returns how many rows changed."""
    source, by = checks.said_by(source, by)
    checked = [
        (clip_id, action, checks.label_value(value), checks.confidence(sure))
        for clip_id, action, value, sure in rows
    ]
    clip_ids = list(dict.fromkeys(row[0] for row in checked))
    clip_of = dict(zip(clip_ids, numbers(database, "clip", clip_ids), strict=True))
    action_of = actions.numbers(database, (row[1] for row in checked), add_unknown=True)
    now = history.now()
    return database.write_many(
        "INSERT INTO label (clip, action, source, said_by, value, confidence, time) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (clip, action, source, said_by) DO UPDATE "
        "SET value = excluded.value, confidence = excluded.confidence, time = excluded.time "
        "WHERE value <> excluded.value OR confidence IS NOT excluded.confidence",
        [(clip_of[c], action_of[a], source, by, value, sure, now) for c, a, value, sure in checked],
    )


def remove(database: Database, clip_id: str, action: str, source: str, by: str | None) -> None:
    """Take back what ``source`` said of a clip and action: the row of ``by``, or of everybody."""
    (clip,) = numbers(database, "clip", [clip_id])
    database.write(
        "DELETE FROM label WHERE clip = ? AND action = ? AND source = ? AND said_by = coalesce(?, said_by)",
        *(clip, actions.numbers(database, [action])[action], source, by),
    )


def remove_many(database: Database, rows: Iterable[tuple[str, str, str, str]]) -> None:
    """Take back what was said: rows of clip id, action, source and who said it."""
    rows = list(rows)
    clip_ids = list(dict.fromkeys(row[0] for row in rows))
    clip_of = dict(zip(clip_ids, numbers(database, "clip", clip_ids), strict=True))
    action_of = actions.numbers(database, dict.fromkeys(row[1] for row in rows))
    database.write_many(
        "DELETE FROM label WHERE clip = ? AND action = ? AND source = ? AND said_by = ?",
        [(clip_of[clip], action_of[action], source, by) for clip, action, source, by in rows],
    )


def remove_predictions(database: Database, by: str, clip_ids: Sequence[str] | None) -> None:
    """Remove what the model ``by`` said of ``clip_ids``, or of all clips."""
    where, values = "source = 'model' AND said_by = ?", [by]
    if clip_ids is not None:
        where += f" AND clip IN {LISTED}"
        values.append(listed(numbers(database, "clip", clip_ids)))
    database.write(f"DELETE FROM label WHERE {where}", *values)


def rename_predictor(database: Database, old: str, new: str) -> None:
    """Let the predictions of the model ``old`` be those of ``new``."""
    _, new = checks.said_by("model", new)
    database.write("DELETE FROM label WHERE source = 'model' AND said_by = ?", new)
    database.write("UPDATE label SET said_by = ? WHERE source = 'model' AND said_by = ?", new, old)


def since(database: Database, time_: datetime) -> set[str]:
    """Return the ids of clips that a person or an import labelled after ``time_``."""
    rows = database.read(
        "SELECT DISTINCT c.id FROM label l JOIN clip c ON c.n = l.clip WHERE l.source <> 'model' AND l.time > ?",
        (time_ - _EPOCH) // timedelta(microseconds=1),
    )
    return {row[0] for row in rows}


def matrix(
    database: Database, clip_ids: Sequence[str], classes: Sequence[str] | None, sources: Sequence[str]
) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the names of K actions, and ``[N, K]`` int8: 1 shows it, -1 does not, 0 not labelled."""
    chosen = numbers(database, "clip", clip_ids)
    known = dict(database.read("SELECT name, n FROM action ORDER BY position, n"))
    names = tuple(known) if classes is None else tuple(classes)
    row_of = {n: i for i, n in enumerate(dict.fromkeys(chosen))}
    column_of = {known[name]: k for k, name in enumerate(names) if name in known}
    found = np.zeros((len(row_of), len(names)), dtype=np.int8)
    for source in reversed(sources):
        said = database.read(
            f"SELECT clip, action, value FROM label WHERE source = ? AND clip IN {LISTED} "
            "ORDER BY time, said_by",
            *(source, listed(row_of)),
        )
        for clip, action, value in said:
            if action in column_of:
                found[row_of[clip], column_of[action]] = value
    return names, found[[row_of[n] for n in chosen]]
