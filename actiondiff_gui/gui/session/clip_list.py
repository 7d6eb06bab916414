"""Clips in an order, such as those that are selected or that a table lists, without copying rows or ids."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import overload

import numpy as np

from actiondiff_gui.gui.clips.state.filtering import ordered
from actiondiff_gui.gui.session.clip_table import ClipRow, ClipTable


@dataclass(frozen=True, eq=False)
class Clips(Sequence[str]):
    """The ids of some clips of a table, each once. Compared with any sequence by its ids.

    Attributes
    ----------
    table : ClipTable
    order : ndarray
        ``[lines]`` int64: the place in ``table.rows`` of each clip.
    """

    table: ClipTable
    order: np.ndarray

    @classmethod
    def of(cls, table: ClipTable, clip_ids: Iterable[str]) -> "Clips":
        """Return those of the clips that a table has, each where it comes first."""
        if isinstance(clip_ids, Clips) and clip_ids.table is table:
            return Clips(table, clip_ids.order)
        places = table.places(clip_ids)
        lines, firsts = np.arange(len(places)), np.empty(len(table), np.int64)
        firsts[places[::-1]] = lines[::-1]
        return Clips(table, places[firsts[places] == lines])

    def __len__(self) -> int:
        return len(self.order)

    @overload
    def __getitem__(self, line: int) -> str: ...

    @overload
    def __getitem__(self, line: slice) -> "Clips": ...

    def __getitem__(self, line: int | slice) -> "str | Clips":
        if isinstance(line, slice):
            return Clips(self.table, self.order[line])
        return self.row(line).id

    def __iter__(self) -> Iterator[str]:
        rows = self.table.rows
        return (rows[place].id for place in self.order.tolist())

    def __contains__(self, clip_id: object) -> bool:
        return isinstance(clip_id, str) and self.line(clip_id) >= 0

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Clips) and other.table is self.table:
            return np.array_equal(self.order, other.order)
        return isinstance(other, Sequence) and len(other) == len(self) and tuple(other) == tuple(self)

    __hash__ = None  # type: ignore[assignment]

    def joined(self, clip_ids: Iterable[str]) -> "Clips":
        """Return these clips, and behind them those that are not among them."""
        added = Clips.of(self.table, clip_ids).order
        return Clips(self.table, np.concatenate([self.order, added[self._lines[added] < 0]]))

    def toggled(self, clip_id: str) -> "Clips":
        """Return the others of these clips; or these and behind them one that is not among them."""
        line = self.line(clip_id)
        return self.joined([clip_id]) if line < 0 else self.kept(np.arange(len(self)) != line)

    @cached_property
    def _lines(self) -> np.ndarray:
        lines = np.full(len(self.table), -1, np.int32)
        lines[self.order] = np.arange(len(self.order))
        return lines

    def row(self, line: int) -> ClipRow:
        """Return the clip in a line."""
        row: ClipRow = self.table.rows[self.order[line]]
        return row

    def line(self, clip_id: str | None) -> int:
        """Return the line of a clip, -1 where it is not among them."""
        if clip_id is None or clip_id not in self.table:
            return -1
        return int(self._lines[self.table.place(clip_id)])

    def lines(self, clip_ids: Iterable[str]) -> np.ndarray:
        """Return the lines ``[n]`` of those clips that are among these, ascending."""
        same = isinstance(clip_ids, Clips) and clip_ids.table is self.table
        found = self._lines[clip_ids.order if same else self.table.places(clip_ids)]
        return np.sort(found[found >= 0])

    def have(self, clip_ids: Iterable[str]) -> np.ndarray:
        """Return for each of ``clip_ids`` whether it is among these clips."""
        places = self.table.places_of_each(clip_ids)
        return (places >= 0) & (self._lines[places] >= 0)

    def kept(self, stays: np.ndarray) -> "Clips":
        """Return those for which ``stays``, ``[lines]`` bool, is true."""
        return Clips(self.table, self.order[stays])


@dataclass(frozen=True, eq=False)
class ClipList(Clips):
    """The clips that pass a filter, sorted.

    Attributes
    ----------
    sort_key : str
        Column sorted by; "" for the project's own order, by video and start.
    descending : bool
    """

    sort_key: str = ""
    descending: bool = False

    @classmethod
    def of_all(cls, table: ClipTable) -> "ClipList":
        """Return a list of all clips, by video and start."""
        return cls(table, np.arange(len(table)))

    def alike(self, other: "ClipList") -> bool:
        """Return whether both have the same lines in the same order, by their places in the table."""
        return np.array_equal(self.order, other.order)

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
