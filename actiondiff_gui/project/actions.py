"""Actions that clips are labelled with."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project import checks
from actiondiff_gui.project.palette import next_colour
from actiondiff_gui.project.records import Action, Modifier
from actiondiff_gui.project.storage import row_checks as sound
from actiondiff_gui.project.storage.database import Database

POINT, STATE = "point", "state"
MODIFIER_KINDS = ("single", "multiple", "number")
_COLUMNS = "name, colour, description, key, exclusive, category, kind, modifiers"


def read(database: Database) -> list[Action]:
    """All actions in the project's order."""
    return [
        Action(name, colour, description, key, group, category, kind == POINT, _read_modifiers(modifiers))
        for name, colour, description, key, group, category, kind, modifiers in database.read(
            f"SELECT {_COLUMNS} FROM action ORDER BY position, n"
        )
    ]


def numbers(database: Database, names: Iterable[str], add_unknown: bool = False) -> dict[str, int]:
    """Row number of each of ``names``; an unknown one is added, or raises."""
    known = dict(database.read("SELECT name, n FROM action"))
    found = {}
    for name in dict.fromkeys(names):
        checked = name if name in known else checks.action_name(name)
        if checked not in known:
            if not add_unknown:
                raise ProjectError(f'There is no action "{checked}" in this project. Add it first.')
            add(database, checked, None, "")
            known = dict(database.read("SELECT name, n FROM action"))
        found[name] = known[checked]
    return found


def add(
    database: Database, name: str, colour: str | None, description: str, more: Mapping[str, Any] | None = None
) -> Action:
    """Add an action at the end of the list; ``more`` are further fields of :class:`Action`."""
    known = read(database)
    action = Action(
        _new_name(known, name),
        next_colour(other.colour for other in known) if colour is None else checks.colour(colour),
        _description(description),
    )
    action = _with(known, action, more or {})
    database.write(
        f"INSERT INTO action ({_COLUMNS}, position) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, (SELECT 1 + coalesce(max(position), 0) FROM action))",
        *_stored(action),
    )
    return action


def update(database: Database, name: str, changes: Mapping[str, Any]) -> Action:
    """Change the fields of :class:`Action` that ``changes`` names."""
    ((number,),) = [numbers(database, [name]).values()]
    known = read(database)
    old = next(action for action in known if action.name == checks.action_name(name))
    new = _with([action for action in known if action is not old], old, changes)
    database.write(
        f"UPDATE action SET ({_COLUMNS}) = (?, ?, ?, ?, ?, ?, ?, ?) WHERE n = ?", *_stored(new), number
    )
    return new


def _stored(action: Action) -> tuple[str, ...]:
    kept = [[each.name, each.kind, list(each.values)] for each in action.modifiers]
    return (
        *(action.name, action.colour, action.description, action.key, action.group, action.category),
        *(POINT if action.point else STATE, json.dumps(kept)),
    )


def _with(others: Sequence[Action], action: Action, changes: Mapping[str, Any]) -> Action:
    """Return ``action`` with other fields, each checked."""
    new: dict[str, Any] = {}
    for field, value in changes.items():
        if field == "name":
            new[field] = value if value == action.name else _new_name(others, value)
        elif field == "colour":
            new[field] = checks.colour(value)
        elif field == "key":
            new[field] = _free_key(others, value)
        elif field == "point":
            new[field] = bool(value)
        elif field == "modifiers":
            new[field] = tuple(_modifier(each) for each in value)
        else:
            new[field] = checks.optional_text(value, f"The {field} of an action") or ""
    return replace(action, **new)


def _free_key(others: Iterable[Action], value: str) -> str:
    key = checks.optional_text(value, "The key of an action") or ""
    taken = next((action.name for action in others if key and action.key == key), None)
    if taken is not None:
        raise ProjectError(f'{key} is the key of "{taken}" already. Give that another key first.')
    return key


def _modifier(value: Modifier) -> Modifier:
    if value.kind not in MODIFIER_KINDS:
        raise ProjectError(f"A modifier is single, multiple or number, not {value.kind!r}.")
    values = tuple(dict.fromkeys(checks.text(each, "A choice of a modifier") for each in value.values))
    if value.kind != "number" and not values:
        raise ProjectError(f'The modifier "{value.name}" needs choices, such as "left, right".')
    name = checks.optional_text(value.name, "The name of a modifier") or ""
    return Modifier(name, value.kind, values if value.kind != "number" else ())


def _read_modifiers(stored: str) -> tuple[Modifier, ...]:
    """Return what was kept; what makes no sense counts as not there."""
    found = sound.setting(stored)
    made = []
    for each in found if isinstance(found, list) else ():
        match each:
            case [str(name), str(kind), list(values)] if kind in MODIFIER_KINDS:
                made.append(Modifier(name, kind, tuple(v for v in values if isinstance(v, str))))
    return tuple(made)


def order(database: Database, names: Sequence[str]) -> None:
    """Put the actions in the order of ``names``."""
    if sorted(names) != sorted(action.name for action in read(database)):
        raise ProjectError("A new order of the actions must name each action once.")
    database.write_many("UPDATE action SET position = ? WHERE name = ?", list(enumerate(names, 1)))


def remove(database: Database, name: str) -> None:
    """Remove an action and its predictions, if no clip is labelled with it and no bout of it is open."""
    ((number,),) = [numbers(database, [name]).values()]
    ((count,),) = database.read(
        "SELECT count(DISTINCT clip) FROM label WHERE action = ? AND source <> 'model'", number
    )
    if count:
        raise ProjectError(
            f'{count} clips have a label for "{name}". Remove these labels before removing the action.'
        )
    begun = database.read(
        "SELECT v.path FROM open_bout b JOIN video v ON v.n = b.video WHERE b.action = ? ORDER BY v.n LIMIT 1",
        number,
    )
    if begun:
        raise ProjectError(
            f'A bout of "{name}" is open in {PurePosixPath(begun[0][0]).name}. End it or give it up there before '
            "removing the action."
        )
    database.write("DELETE FROM label WHERE action = ?", number)
    database.write("DELETE FROM action WHERE n = ?", number)


def _new_name(known: Iterable[Action], name: str) -> str:
    name = checks.action_name(name)
    if any(action.name == name for action in known):
        raise ProjectError(f'There is already an action "{name}". Choose another name.')
    return name


def _description(value: str) -> str:
    return checks.optional_text(value, "The description of an action") or ""
