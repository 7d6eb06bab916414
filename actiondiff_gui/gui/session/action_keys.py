"""Keys of the actions of a project, and what they take from the commands of the window."""

from collections.abc import Iterable, Sequence

from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.gui.session.commands import ACTION_KEYS, Keys, title_of
from actiondiff_gui.project.records import Action

NEVER = frozenset({"Space", "Return", "Enter", "Tab", "Backtab", "Esc", "Del", "Delete", "Backspace", "Ins"})
"""Keys that no action can have: a window needs them for itself."""


def keys_of_actions(actions: Sequence[Action], keys: Keys, taken: Iterable[str] = ()) -> dict[str, str]:
    """Return the key of each action that has one: its own, or one of the digits 1 to 9 by its index.

    ``taken`` are keys that stand for something else in this project, such as those of subjects.
    """
    own = {action.name: action.key for action in actions if action.key}
    used = {*own.values(), *taken}
    found = {}
    for place, action in enumerate(actions, 1):
        key = own.get(action.name, "")
        if not key and place <= ACTION_KEYS:
            key = keys.key(f"action_{place}")
            key = "" if key in used else key
        if key:
            found[action.name] = key
    return found


def shadowed(own: Iterable[str], keys: Keys) -> set[str]:
    """Return the ids of the commands whose keys stand for an action or a subject of the project instead."""
    own = set(own)
    return {command for command, key in keys.all().items() if key in own}


def checked_key(key: str) -> str:
    """Return a key, as Qt writes it, that an action may have; "" for none.

    Raises
    ------
    ActionDiffError
        The window needs this key for itself.
    """
    key = key.strip()
    plain = key.removeprefix("Shift+")
    if key and (plain in NEVER or key.startswith(("Ctrl+", "Alt+", "Meta+"))):
        raise ActionDiffError(
            f"{key} cannot stand for an action. Press a letter, a digit, a symbol or a function key, alone or with Shift."
        )
    return key


def what_it_takes(key: str, keys: Keys) -> str:
    """Return a sentence on the command that a key stood for until now; "" where it stood for none."""
    command = next((c for c, k in keys.all().items() if k == key and not c.startswith("action_")), None)
    if command is None:
        return ""
    return f'In this project {key} no longer stands for "{title_of(command)}"; give that another key under Keys...'
