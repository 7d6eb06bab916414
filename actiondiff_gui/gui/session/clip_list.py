"""Order of the clips that a table lists, and steps to the next one, without copying rows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np

from actiondiff_gui.gui.clips.state.filtering import ordered
from actiondiff_gui.gui.session.clip_table import ClipRow, ClipTable


@dataclass(frozen=True, eq=False)
class ClipList:
    """The clips that pass a filter, sorted.

    Attributes
    ----------
    table : ClipTable
    order : ndarray
        ``[lines]`` int64: the place in ``table.rows`` of each line.
    sort_key : str
        Column sorted by; "" for the project's own order, by video and start.
    descending : bool
    """

    table: ClipTable
    order: np.ndarray
    sort_key: str = ""
    descending: bool = False

    @classmethod
    def of_all(cls, table: ClipTable) -> "ClipList":
        """Return a list of all clips, by video and start."""
        return cls(table, np.arange(len(table)))

    def __len__(self) -> int:
        return len(self.order)

    def alike(self, other: "ClipList") -> bool:
        """Return whether both have the same lines in the same order, by their places in the table."""
        return np.array_equal(self.order, other.order)

    def __contains__(self, clip_id: object) -> bool:
        return isinstance(clip_id, str) and self.line(clip_id) >= 0

    @cached_property
    def _lines(self) -> np.ndarray:
        lines = np.full(len(self.table), -1, np.int64)
        lines[self.order] = np.arange(len(self.order))
        return lines

    def row(self, line: int) -> ClipRow:
        """Return the clip in a line."""
        row: ClipRow = self.table.rows[self.order[line]]
        return row

    def line(self, clip_id: str | None) -> int:
        """Return the line of a clip, -1 where it is not listed."""
        if clip_id is None or clip_id not in self.table:
            return -1
        return int(self._lines[self.table.place(clip_id)])

    def lines(self, clip_ids: Iterable[str]) -> np.ndarray:
        """Return the lines ``[n]`` of those of the clips that are listed, ascending."""
        found = self._lines[np.array(self.table.places(clip_ids), np.int64)]
        return np.sort(found[found >= 0])

    def walk(self, clip_id: str | None, by: int, around: bool = False) -> Iterator[ClipRow]:
        """Return the clips after one (``by`` 1) or before it (-1), in order; with ``around`` the others follow.

        A clip that is not listed (any more) stands where it would be listed; None stands before the first.
        """
        count = len(self.order)
        if clip_id not in self.table:
            next_line = 0 if by > 0 else count - 1
        elif (line := self.line(clip_id)) >= 0:
            next_line = line + by
        else:
            gap = self._gap(self.table.place(clip_id))
            next_line = gap if by > 0 else gap - 1
        end, begin = (count, 0) if by > 0 else (-1, count - 1)
        for line in chain(range(next_line, end, by), range(begin, next_line, by) if around else ()):
            if self.row(line).id != clip_id:
                yield self.row(line)

    def _gap(self, place: int) -> int:
        """Return the number of lines before a clip that is not listed."""
        with_it = np.sort(np.append(self.order, place))
        if self.sort_key:
            with_it = ordered(self.table, with_it, self.sort_key, self.descending)
        return int(np.flatnonzero(with_it == place)[0])
