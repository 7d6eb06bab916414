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
    """Something a key does.

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
            f"action_{n}", "Label", f"Action {n}: label the chosen clips, else start or end a bout", str(n)
        )
        for n in range(1, ACTION_KEYS + 1)
    ),
    Command("confirm", "Label", "Confirm the prediction", "Return"),
    Command("deny", "Label", "Not this action", "X"),
    Command("clear", "Label", "Take the labels of the clip away", "Backspace"),
    Command("delete", "Label", "Delete the chosen clips", "Delete"),
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
    Command("bookmark", "Play", "Bookmark this frame, or not any more", "Y"),
    Command("next_bookmark", "Play", "Next bookmark", "J"),
    Command("previous_bookmark", "Play", "Bookmark before", "Shift+J"),
    Command("edge_before", "Bouts", "To the edge of a bout before, which is chosen", "Up"),
    Command("edge_after", "Bouts", "To the next edge of a bout, which is chosen", "Down"),
    Command("go_to", "Bouts", "Go to a frame or time", "G"),
    Command("split", "Bouts", "Split the bout here", "K"),
    Command("merge", "Bouts", "Merge with the next bout of the same action", "M"),
    Command("snap_start", "Bouts", "Start where the bout before ends", "{"),
    Command("snap_end", "Bouts", "End where the next bout starts", "}"),
    Command("trim", "Bouts", "Trim what other bouts of the group overlap", "T"),
    Command("comment", "Bouts", "Comment on the bout", "C"),
    Command("unsure", "Bouts", "Unsure of the bout, or sure again", "Q"),
    *(
        Command(f"modifier_{n}", "Bouts", f"Modifier {n} of those that the bout can have", f"Ctrl+{n}")
        for n in range(1, MODIFIER_KEYS + 1)
    ),
    Command("let_go", "Bouts", "Choose no bout", "Esc"),
    Command("next", "Clips", "Next clip of the table", "N"),
    Command("previous", "Clips", "Previous clip of the table", "P"),
    Command("next_unlabelled", "Clips", "Next unlabelled clip of the table", "U"),
    Command("review_next", "Review", "Next question; back to it from another clip", "Tab"),
    Command("review_previous", "Review", "Question before", "Shift+Tab"),
    Command("review_skip", "Review", "Skip", "S"),
    Command("review_exclude", "Review", "Exclude a clip that is no good", "E"),
    Command("box", "Clips", "Draw the region of interest", "B"),
    Command("help", "Help", "Show all keys", "?"),
)
_BY_ID = {command.id: command for command in COMMANDS}


def title_of(command: str) -> str:
    """What a command does, in a few words."""
    return _BY_ID[command].title


class Keys:
    """The keys in force: those of :data:`COMMANDS`, and what the user changed, which is remembered.

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
        """The key of a command; "" where the user gave its first key to another one before it was there."""
        if command in self._changed:
            return self._changed[command]
        key = _BY_ID[command].key
        return "" if key in self._changed.values() else key

    def all(self) -> dict[str, str]:
        """The key of every command, by the command's id."""
        return {command.id: self.key(command.id) for command in COMMANDS}

    def change(self, command: str, key: str) -> None:
        """Give ``command`` another key and remember it.

        Raises
        ------
        ActionDiffError
            If another command has this key; nothing was changed.
        """
        if not key:
            raise ActionDiffError("Press a key to give to this command.")
        taken = next((c for c, k in self.all().items() if k == key and c != command), None)
        if taken is not None:
            raise ActionDiffError(
                f'{key} already stands for "{_BY_ID[taken].title}". Give that another key first.'
            )
        if key == _BY_ID[command].key:
            self._changed.pop(command, None)
        else:
            self._changed[command] = key
        self._preferences.set("keys", self._changed or None)
        self.changed.emit()

    def reset(self) -> None:
        """Give every command its first key back."""
        self._changed = {}
        self._preferences.set("keys", None)
        self.changed.emit()
