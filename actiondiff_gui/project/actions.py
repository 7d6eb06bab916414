"""Actions that clips are labelled with."""

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project import checks
from actiondiff_gui.project.palette import next_colour
from actiondiff_gui.project.records import Action
from actiondiff_gui.project.storage.database import Database


def read(database: Database) -> list[Action]:
    """All actions in the project's order."""
    return [
        Action(*row)
        for row in database.read("SELECT name, colour, description FROM action ORDER BY position, n")
    ]


def numbers(database: Database, names: Iterable[str], add_unknown: bool = False) -> dict[str, int]:
    """Row number of each of ``names``; an unknown one is added, or raises."""
    known = dict(database.read("SELECT name, n FROM action"))
    found = {}
    for name in dict.fromkeys(names):
        checked = checks.action_name(name)
        if checked not in known:
            if not add_unknown:
                raise ProjectError(f'There is no action "{checked}" in this project. Add it first.')
            add(database, checked, None, "")
            known = dict(database.read("SELECT name, n FROM action"))
        found[name] = known[checked]
    return found


def add(database: Database, name: str, colour: str | None, description: str) -> Action:
    """Add an action at the end of the list."""
    known = read(database)
    action = Action(
        _new_name(known, name),
        next_colour(other.colour for other in known) if colour is None else checks.colour(colour),
        _description(description),
    )
    database.write(
        "INSERT INTO action (name, colour, description, position) "
        "VALUES (?, ?, ?, (SELECT 1 + coalesce(max(position), 0) FROM action))",
        *(action.name, action.colour, action.description),
    )
    return action


def update(
    database: Database, name: str, new_name: str | None, colour: str | None, description: str | None
) -> Action:
    """Change what is not None."""
    ((number,),) = [numbers(database, [name]).values()]
    known = read(database)
    old = next(action for action in known if action.name == checks.action_name(name))
    new = Action(
        old.name if new_name is None else _new_name([a for a in known if a != old], new_name),
        old.colour if colour is None else checks.colour(colour),
        old.description if description is None else _description(description),
    )
    database.write(
        "UPDATE action SET name = ?, colour = ?, description = ? WHERE n = ?",
        *(new.name, new.colour, new.description, number),
    )
    return new


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
