"""Facets (metadata fields) of videos and clips.

A facet is a key and a value, such as species: mouse. Clips inherit their video's, and override them.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from actiondiff_gui.project import checks
from actiondiff_gui.project.history import video_steps
from actiondiff_gui.project.storage.database import Database

EXCLUDED = "excluded"
"""The facet of unusable clips: training, predictions, queues and scores leave them out."""

_NOT = {"", "no", "false", "0"}


def is_excluded(facets: Mapping[str, str]) -> bool:
    """Return whether a clip with these facets is to be left out."""
    return facets.get(EXCLUDED, "").casefold() not in _NOT


def read(database: Database, table: str, where: str, *values: Any) -> dict[int, dict[str, str]]:
    """Own facets of the videos or clips whose row numbers the condition ``where`` picks."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for n, key, value in database.read(f"SELECT {table}, key, value FROM {table}_facet {where}", *values):
        found[n][key] = value
    return found


def counts(database: Database) -> dict[str, dict[str, int]]:
    """For each facet and value the number of clips that have it, inherited or their own."""
    rows = database.read(
        "SELECT key, value, sum(clips) FROM ("
        " SELECT key, value, count(*) AS clips FROM clip_facet GROUP BY key, value"
        " UNION ALL"
        " SELECT f.key, f.value, count(*) FROM video_facet f JOIN clip c ON c.video = f.video"
        " WHERE NOT EXISTS (SELECT 1 FROM clip_facet o WHERE o.clip = c.n AND o.key = f.key)"
        " GROUP BY f.key, f.value"
        ") GROUP BY key, value ORDER BY key, value"
    )
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for key, value, count in rows:
        found[key][value] = count
    return dict(found)


def checked(facets: Mapping[str, str] | None) -> dict[str, str]:
    """Facets as they are stored, without the empty ones."""
    pairs = (
        (checks.facet_key(key), checks.optional_text(value, f"The facet {key}"))
        for key, value in (facets or {}).items()
    )
    return {key: value for key, value in pairs if value is not None}


def put(database: Database, table: str, facets: Sequence[tuple[int, Mapping[str, str]]]) -> None:
    """Set checked facets of videos or clips, given by row number."""
    database.write_many(
        f"INSERT INTO {table}_facet ({table}, key, value) VALUES (?, ?, ?) "
        f"ON CONFLICT ({table}, key) DO UPDATE SET value = excluded.value WHERE value <> excluded.value",
        [(n, key, value) for n, pairs in facets for key, value in pairs.items()],
    )


def change(database: Database, table: str, numbers: Sequence[int], key: str, value: str | None) -> None:
    """Set one facet of videos or clips, or take it away where ``value`` is None."""
    key = checks.facet_key(key)
    value = checks.optional_text(value, f"The facet {key}")
    if table == "video":
        database.run(video_steps.describe, numbers, key, value)
    elif value is not None:
        put(database, table, [(n, {key: value}) for n in numbers])
    else:
        database.write_many(
            f"DELETE FROM {table}_facet WHERE {table} = ? AND key = ?", [(n, key) for n in numbers]
        )
