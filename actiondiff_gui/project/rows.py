"""Lookup of rows by ids.

A query about some rows passes them as one JSON list, so that it stays one query for any number. Looking
rows up by number is several times faster than by id, so ids are turned into numbers once.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.storage.database import Database

Found = TypeVar("Found")

LISTED = "(SELECT value FROM json_each(?))"
"""SQL for the members of a list that is passed as :func:`listed`."""


def listed(values: Iterable[str] | Iterable[int]) -> str:
    """Value for :data:`LISTED`."""
    return json.dumps(list(values))


def numbers(database: Database, table: str, ids: Sequence[str]) -> list[int]:
    """Row numbers of the videos or clips ``ids``, in that order."""
    if len(ids) == 1:  # the common case of one click
        found = database.read(f"SELECT id, n FROM {table} WHERE id = ?", ids[0])
    else:
        found = database.read(f"SELECT id, n FROM {table} WHERE id IN {LISTED}", listed(ids))
    return in_order(dict(found), ids, table)


def in_order(found: Mapping[str, Found], ids: Iterable[str], what: str) -> list[Found]:
    """Return what was ``found`` for each of ``ids``; raises for an id that the project does not have."""
    try:
        return [found[i] for i in ids]
    except KeyError as error:
        raise ProjectError(
            f"There is no {what} {error.args[0]!r} in this project. It may have been removed."
        ) from None
