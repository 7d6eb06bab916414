"""Clips that are visible: those listed in the Clips table, and those on screen where they were selected."""

from collections.abc import Callable
from types import MethodType
from weakref import WeakMethod

import numpy as np

from actiondiff_gui.gui.session.clip_list import ClipList, Clips
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

    def seen(self, clips: Clips) -> Clips:
        """Return those of the clips that are visible, in their order."""
        lists, there = self._of(clips.table), self._there()
        if not lists or any(len(listed) == len(clips.table) for listed in lists):
            return clips
        stays = np.zeros(len(clips), bool)
        for listed in lists:
            stays[clips.lines(listed)] = True
        for line in np.flatnonzero(~stays).tolist() if there else ():
            stays[line] = there(clips[line])
        return clips.kept(stays)

    def _of(self, table: ClipTable) -> list[ClipList]:
        # A list of rows that were read again since is one that its table is about to replace.
        return [listed for listed in self._lists.values() if listed.table is table]
