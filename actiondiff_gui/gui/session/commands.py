"""Commands that have keyboard shortcuts, and their keys.

Plain data: the window binds the keys, shows them, and lets them be changed. Keys are written as Qt writes
them in English ("Ctrl+Shift+Z").
"""

from collections.abc import Mapping
from dataclasses import dataclass

from psygnal import Signal

from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.gui.session.preferences import Preferences


@dataclass(frozen=True, slots=True)
class Command:
    """A command with a keyboard shortcut.

    Attributes
    ----------
    id : str
        Its name in preferences and in the table of what it does.
    group : str
        Heading under which it is listed.
    title : str
        What it does, in a few words.
    key : str
        The key it has until the user gives it another.
    """

    id: str
    group: str
    title: str
    key: str


MODIFIER_KEYS = 9
ACTION_KEYS = 9
"""Digits 1 to 9 stand for the first nine actions."""

COMMANDS = (
    Command("play", "Play", "Play or pause", "Space"),
    Command("frame_back", "Play", "One frame back", ","),
    Command("frame_on", "Play", "One frame on", "."),
    Command("second_back", "Play", "One second back", "<"),
    Command("second_on", "Play", "One second on", ">"),
    Command("slower", "Play", "Slower", "-"),
    Command("faster", "Play", "Faster", "="),
    Command("loop", "Play", "Loop the clip, or play on", "L"),
    *(
        Command(
            f"action_{n}", "Label", f"Action {n}: label the selected clips, else start or end a bout", str(n)
        )
        for n in range(1, ACTION_KEYS + 1)
    ),
    Command("confirm", "Label", "Confirm the prediction", "Return"),
    Command("deny", "Label", "Not this action", "X"),
    Command("clear", "Label", "Remove the clip's labels", "Backspace"),
    Command("delete", "Label", "Delete the selected clips", "Delete"),
    Command("undo", "Label", "Undo your last change", "Ctrl+Z"),
    Command("redo", "Label", "Redo what you undid last", "Ctrl+Shift+Z"),
    Command("set_start", "Edges", "Clip starts here", "["),
    Command("set_end", "Edges", "Clip ends here", "]"),
    Command("start_back", "Edges", "Start one frame earlier", "Ctrl+Left"),
    Command("start_on", "Edges", "Start one frame later", "Ctrl+Right"),
    Command("start_back_10", "Edges", "Start ten frames earlier", "Ctrl+Shift+Left"),
    Command("start_on_10", "Edges", "Start ten frames later", "Ctrl+Shift+Right"),
    Command("end_back", "Edges", "End one frame earlier", "Alt+Left"),
    Command("end_on", "Edges", "End one frame later", "Alt+Right"),
    Command("end_back_10", "Edges", "End ten frames earlier", "Alt+Shift+Left"),
    Command("end_on_10", "Edges", "End ten frames later", "Alt+Shift+Right"),
    Command("loop_from", "Play", "Loop from this frame", "I"),
    Command("loop_to", "Play", "Loop up to this frame", "O"),
    Command("bookmark", "Play", "Add or remove a bookmark", "Y"),
    Command("next_bookmark", "Play", "Next bookmark", "J"),
    Command("previous_bookmark", "Play", "Previous bookmark", "Shift+J"),
    Command("edge_before", "Bouts", "Previous bout edge", "Up"),
    Command("edge_after", "Bouts", "Next bout edge", "Down"),
    Command("go_to", "Bouts", "Go to a frame or time", "G"),
    Command("split", "Bouts", "Split the bout here", "K"),
    Command("merge", "Bouts", "Merge with the next bout of the same action", "M"),
    Command("snap_start", "Bouts", "Start where the previous bout ends", "{"),
    Command("snap_end", "Bouts", "End where the next bout starts", "}"),
    Command("trim", "Bouts", "Trim overlapping bouts of the group", "T"),
    Command("comment", "Bouts", "Comment on the bout", "C"),
    Command("unsure", "Bouts", "Mark the bout as unsure, or as sure again", "Q"),
    *(
        Command(f"modifier_{n}", "Bouts", f"Modifier {n} of the bout", f"Ctrl+{n}")
        for n in range(1, MODIFIER_KEYS + 1)
    ),
    Command("let_go", "Bouts", "Deselect the bout", "Esc"),
    Command("next", "Clips", "Next clip of the table", "N"),
    Command("previous", "Clips", "Previous clip of the table", "P"),
    Command("next_unlabelled", "Clips", "Next unlabelled clip of the table", "U"),
    Command("review_next", "Review", "Next question; back to it from another clip", "Tab"),
    Command("review_previous", "Review", "Previous question", "Shift+Tab"),
    Command("review_skip", "Review", "Skip", "S"),
    Command("review_exclude", "Review", "Exclude unusable clip", "E"),
    Command("box", "Clips", "Draw the region of interest", "B"),
    Command("subject_box", "Clips", "Draw the region of the subject in this recording", "Shift+B"),
    Command("help", "Help", "Show all keys", "?"),
)
_BY_ID = {command.id: command for command in COMMANDS}


def title_of(command: str) -> str:
    """Return what a command does, in a few words."""
    return _BY_ID[command].title


class Keys:
    """The shortcuts in force: those of :data:`COMMANDS`, and the user's changes, which are remembered.

    Signals: ``changed`` when a key was changed or all were reset.
    """

    changed = Signal()

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences
        kept = preferences.get("keys", {})
        kept = kept if isinstance(kept, Mapping) else {}
        self._changed = {
            name: key for name, key in kept.items() if name in _BY_ID and isinstance(key, str) and key
        }

    def key(self, command: str) -> str:
        """Return the key of a command; "" where the user gave its default key to another command before it existed."""
        if command in self._changed:
            return self._changed[command]
        key = _BY_ID[command].key
        return "" if key in self._changed.values() else key

    def all(self) -> dict[str, str]:
        """Return the key of every command, by the command's id."""
        return {command.id: self.key(command.id) for command in COMMANDS}

    def change(self, command: str, key: str) -> None:
        """Give ``command`` another key and remember it.

        Raises
        ------
        ActionDiffError
            If another command has this key; nothing was changed.
        """
        if not key:
            raise ActionDiffError("Press the new key of this command.")
        taken = next((c for c, k in self.all().items() if k == key and c != command), None)
        if taken is not None:
            raise ActionDiffError(f'{key} is already the key of "{_BY_ID[taken].title}". Change that first.')
        if key == _BY_ID[command].key:
            self._changed.pop(command, None)
        else:
            self._changed[command] = key
        self._preferences.set("keys", self._changed or None)
        self.changed.emit()

    def reset(self) -> None:
        """Restore the default key of every command."""
        self._changed = {}
        self._preferences.set("keys", None)
        self.changed.emit()
