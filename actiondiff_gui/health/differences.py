"""Differences between an earlier and a later state of a project, and whether the history explains them.

A label has a time, and the history holds the rows before and after a change. A row that differs without either,
where the rest of its clip's history is present, was not changed by this program.
"""

import json
import sqlite3
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from actiondiff_gui.project.storage.content import LAYOUT, columns, key_columns, rows, tables

_FIXED = {
    "video": {"id", "fingerprint", "frame_count", "fps", "width", "height"},
    "clip": {"id", "video"},
    "application": {"video", "time", "about"},
    "predicted_bout": {"application", "start_frame", "end_frame"},
}
"""Columns that never change once a row is there."""
_WITH_HISTORY = {"clip": "n", **dict.fromkeys(("label", "clip_facet", "review", "predicted_bout"), "clip")}
"""Tables whose changes the history knows, and the column that says which clip a row belongs to."""
_FREE = {("action", "position"), ("change", "step")}
"""Numbers that this program changes by one without a trace."""
_PASSING = ("sqlite_sequence", LAYOUT)

Key = tuple[Any, ...]
"""Values of the key columns of a row."""
Row = dict[str, Any]
"""Values of a row by column."""
Rows = dict[Key, Row]


@dataclass(frozen=True)
class Difference:
    """A row that is not as it was.

    Attributes
    ----------
    table : str
    key : tuple
    before, after : dict or None
        Values by column, of the columns that both states know; None where the row is not there.
    """

    table: str
    key: Key
    before: Row | None
    after: Row | None

    @property
    def changed(self) -> dict[str, tuple[Any, Any]]:
        """For each column that differs what it was and is."""
        before, after = self.before or {}, self.after or {}
        return {
            name: (before.get(name), after.get(name))
            for name in {**before, **after}
            if before.get(name) != after.get(name) or type(before.get(name)) is not type(after.get(name))
        }

    def __str__(self) -> str:
        which = f"{self.table} {', '.join(map(str, self.key))}"
        if self.before is None:
            return f"{which} was not there"
        if self.after is None:
            return f"{which} is gone ({_few(self.before)})"
        return f"{which}: " + ", ".join(
            f"{name} was {old!r:.60} and is {new!r:.60}" for name, (old, new) in self.changed.items()
        )


def differences(
    earlier: sqlite3.Connection, later: sqlite3.Connection, wanted: set[str]
) -> Iterator[Difference]:
    """Return the rows of the tables ``wanted`` that differ, in columns that both have."""
    for table in sorted(wanted & set(tables(earlier)) & set(tables(later))):
        keys = key_columns(earlier, table)
        shared = [name for name in columns(earlier, table) if name in columns(later, table)]
        if not set(keys) <= set(shared):
            continue
        before, after = _all(earlier, table, keys, shared), _all(later, table, keys, shared)
        for key in sorted(before.keys() | after.keys(), key=repr):
            found = Difference(table, key, before.get(key), after.get(key))
            if found.before is None or found.after is None or found.changed:
                yield found


class Explanations:
    """What a later state of a project knows of the changes made to it since ``since``."""

    def __init__(self, earlier: sqlite3.Connection, later: sqlite3.Connection, since: datetime) -> None:
        self._since_us = int(since.timestamp() * 10**6)
        self._images: dict[tuple[str, Key], list[Row | None]] = {}
        # A change that is not recorded, as an import's, takes the history of the clips it touched away.
        self._unbroken = _with_history(earlier) & _with_history(later)
        for table, before, after in later.execute("SELECT row_of, before, after FROM change"):
            images = [_image(before), _image(after)]
            known = images[0] or images[1]
            if known and table in _WITH_HISTORY:
                key = tuple(known.get(name) for name in key_columns(later, table))
                self._images.setdefault((table, key), []).extend(images)

    def knows(self, found: Difference) -> bool:
        """Return whether label times or the history tell of the state that a row has now."""
        newer = found.after or {}
        if found.table in ("label", "review") and newer.get("time", 0) > self._since_us:
            return True
        if found.table in ("change", "step") and (
            None in (found.before, found.after) or found.changed.keys() <= {"undone", "at"}
        ):
            return True
        if found.table == "label" and found.after is None and (found.before or {}).get("source") == "model":
            return True  # predictions are replaced without a step
        return any(_same(found.after, image) for image in self._images.get((found.table, found.key), ()))

    def traceable(self, found: Difference) -> bool:
        """Return whether the history would tell of it, had this program changed the row."""
        if found.table not in _WITH_HISTORY or found.before is None or found.after is None:
            return False
        clip = found.before.get(_WITH_HISTORY[found.table])
        return clip in self._unbroken


def is_damage(found: Difference, explained: Explanations) -> bool:
    """Return whether a difference that is not explained was made by something else than this program."""
    if found.before is None or found.after is None:
        return False
    changed = found.changed
    if changed.keys() & _FIXED.get(found.table, set()) or explained.traceable(found):
        return True
    return len(changed) == 1 and (found.table, *changed) not in _FREE and _one_bit(*changed.popitem()[1])


def swapped_keys(unexplained: list[Difference]) -> list[tuple[Difference, Difference]]:
    """Pairs of a row that is gone and a new one which differ in a single bit of one column."""
    gone = [each for each in unexplained if each.after is None][:200]
    new = [each for each in unexplained if each.before is None][:200]
    pairs = []
    for old in gone:
        for now in new:
            if old.table == now.table:
                changed = Difference(old.table, old.key, old.before, now.after).changed
                if len(changed) == 1 and _one_bit(*changed.popitem()[1]):
                    pairs.append((old, now))
    return pairs


def content_tables(digests: dict[str, str], others: dict[str, str]) -> set[str]:
    """Return the names of the tables with different digests, without those that change with every step."""
    return {name for name in digests.keys() & others.keys() if digests[name] != others[name]} - set(_PASSING)


def _all(connection: sqlite3.Connection, table: str, keys: list[str], shared: list[str]) -> Rows:
    names = list(columns(connection, table))
    found: Rows = {}
    for batch in rows(connection, table):
        for row in batch:
            values = dict(zip(names, row, strict=True))
            found[tuple(values[key] for key in keys)] = {name: values[name] for name in shared}
    return found


def _with_history(connection: sqlite3.Connection) -> set[int]:
    """Clips of which there are changes in the history; before layout 3 it did not name them."""
    if "clip" not in columns(connection, "change"):
        return set()
    return {row[0] for row in connection.execute("SELECT DISTINCT clip FROM change")}


def _image(text: str | None) -> Row | None:
    try:
        found = json.loads(text) if text is not None else None
    except (ValueError, TypeError):  # a flipped bit makes a number of a text
        return None
    if isinstance(found, dict) and isinstance(found.get("confidence"), str):
        try:
            found["confidence"] = float(found["confidence"])
        except ValueError:
            return None
    return found if isinstance(found, dict) else None


def _same(row: Row | None, image: Row | None) -> bool:
    if row is None or image is None:
        return row is image
    return all(image.get(name) == value for name, value in row.items() if name in image)


def _one_bit(a: Any, b: Any) -> bool:
    if type(a) is not type(b) or a is None:
        return False
    one, other = _raw(a), _raw(b)
    return len(one) == len(other) and (int.from_bytes(one) ^ int.from_bytes(other)).bit_count() == 1


def _raw(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    if isinstance(value, int):
        return value.to_bytes(9, signed=True)
    return struct.pack(">d", value) if isinstance(value, float) else bytes(value)


def _few(values: Row) -> str:
    return ", ".join(f"{name} {value!r:.40}" for name, value in list(values.items())[:4])
