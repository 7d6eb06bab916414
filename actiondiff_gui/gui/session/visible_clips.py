"""Clips that are visible: those listed in the Clips table, and those on screen where they were selected."""

from collections.abc import Callable
from types import MethodType
from weakref import WeakMethod

from actiondiff_gui.gui.session.clip_list import ClipList
from actiondiff_gui.gui.session.clip_table import ClipTable


class Sight:
    """What tables list, and where the selection was made. Without any table all clips count as visible."""

    def __init__(self) -> None:
        self._lists: dict[object, ClipList] = {}
        self.chosen_in(None)

    def chosen_in(self, seen: Callable[[str], bool] | None) -> None:
        """Set the check of whether clips are on screen where the selection is made; a bound method is held weakly."""
        self._there = WeakMethod(seen) if isinstance(seen, MethodType) else lambda: seen

    def show_list(self, by: object, listed: ClipList | None) -> None:
        """Set what the table ``by`` lists; None where the table is gone."""
        self._lists.pop(by, None)
        if listed is not None:
            self._lists[by] = listed

    def listed(self, table: ClipTable) -> ClipList:
        """Return what the last changed table lists; all clips, by video and start, where there is none."""
        lists = self._of(table)
        return lists[-1] if lists else ClipList.of_all(table)

    def seen(self, table: ClipTable, clip_ids: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of the clips that are visible, in their order."""
        lists, there = self._of(table), self._there()
        if not lists or any(len(listed) == len(table) for listed in lists):
            return clip_ids
        return tuple(i for i in clip_ids if any(i in listed for listed in lists) or (there and there(i)))

    def _of(self, table: ClipTable) -> list[ClipList]:
        # A list of rows that were read again since is one that its table is about to replace.
        return [listed for listed in self._lists.values() if listed.table is table]
