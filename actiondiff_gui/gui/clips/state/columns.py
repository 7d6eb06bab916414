"""Which columns of the clips table are shown, and in which order; remembered on this computer."""

from collections.abc import Callable, Sequence

from actiondiff_gui.gui.clips.state.filtering import HIDDEN, cell_text
from actiondiff_gui.gui.session.clip_list import ClipList
from actiondiff_gui.gui.session.clip_table import ClipRow
from actiondiff_gui.gui.session.preferences import Preferences
from actiondiff_gui.tables import table_text

_KEY = "clip_columns"


class KeptColumns:
    """The user's choice and order of columns, by their keys."""

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences
        kept = preferences.get(_KEY, {})
        kept = kept if isinstance(kept, dict) else {}
        self._shown = {k: v for k, v in _part(kept, "shown", dict).items() if isinstance(v, bool)}
        self._order = [key for key in _part(kept, "order", list) if isinstance(key, str)]

    def is_shown(self, key: str) -> bool:
        """Return whether a column is shown."""
        return self._shown.get(key, key not in HIDDEN)

    def show(self, key: str, shown: bool) -> None:
        """Show or hide a column."""
        self._shown[key] = shown
        self._keep()

    def keep_order(self, keys: Sequence[str]) -> None:
        """Store an order; columns that are absent now stay behind those before them."""
        self._order = [*keys, *(key for key in self._order if key not in keys)]
        self._keep()

    def ordered(self, keys: Sequence[str]) -> list[str]:
        """Return columns in the stored order; a column that is new stands behind the one before it."""
        known = [key for key in self._order if key in keys]
        if not known:
            return list(keys)
        for place, key in enumerate(keys):
            if key not in known:
                before = keys[place - 1] if place else None
                known.insert(known.index(before) + 1 if before in known else 0, key)
        return known

    def _keep(self) -> None:
        self._preferences.set(_KEY, {"shown": self._shown, "order": self._order})


def _part(kept: dict, name: str, kind: type) -> dict | list:
    found = kept.get(name)
    return found if isinstance(found, kind) else kind()


def shown_table(
    listed: ClipList,
    keys: Sequence[str],
    titles: Sequence[str],
    text_of: Callable[[ClipRow, str], str] = cell_text,
) -> str:
    """Return the listed clips in the shown columns, as CSV text; ``text_of`` gives the text of a cell."""
    rows = [[text_of(listed.row(line), key) for key in keys] for line in range(len(listed))]
    return table_text([list(titles), *rows])
