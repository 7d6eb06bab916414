"""Values of the rows of a table as arrays: which rows agree in them, and numbers.

A filter or an order asks each function of a row once for all rows that agree in what the function looks at.
"""

from collections.abc import Callable, Container, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

Row = TypeVar("Row")


def splice(of: np.ndarray, gone: np.ndarray, first: int, fresh: np.ndarray | Sequence[int]) -> np.ndarray:
    """Return ``of`` without what is at the places ``gone``, and with ``fresh`` before place ``first`` of the others."""
    return np.insert(np.delete(of, gone), first, fresh)


@dataclass(frozen=True)
class Grouped(Generic[Row]):
    """Rows that are not yet in a table, in groups that agree.

    Attributes
    ----------
    keys : list
        What the rows of each group agree in.
    examples : list
        A row of each group.
    groups : ndarray
        ``[rows]`` int32: the group of each row.
    """

    keys: list[Hashable]
    examples: list[Row]
    groups: np.ndarray


@dataclass(frozen=True)
class FreshValues(Generic[Row]):
    """Values of rows that are not yet in a table, which a job may find out: each kind and number of :class:`RowValues`."""

    alike: dict[str, Grouped[Row]]
    numbers: dict[str, np.ndarray]


class Alike(Generic[Row]):
    """The rows of a table in groups that agree in one kind of value.

    Attributes
    ----------
    groups : ndarray
        ``[rows]`` int32: the group of each row.
    examples : list
        A row of each group, to look at that kind of value alone: in others the rows of a group differ. New tables share
        the list with those they were made from, so that some groups have no row there.
    """

    def __init__(self) -> None:
        self._known: dict[Hashable, int] = {}
        self.examples: list[Row] = []
        self.groups = np.zeros(0, np.int32)

    def groups_of(self, fresh: Grouped[Row]) -> np.ndarray:
        """Return the group of each of these rows; where there is none, it is added."""
        groups = np.zeros(len(fresh.keys), np.int32)
        for place, (key, example) in enumerate(zip(fresh.keys, fresh.examples, strict=True)):
            groups[place] = self._known.setdefault(key, len(self._known))
            if groups[place] == len(self.examples):
                self.examples.append(example)
        return groups[fresh.groups]

    def with_groups(self, groups: np.ndarray) -> "Alike[Row]":
        """Return the same groups with other rows."""
        other: Alike[Row] = Alike()
        other._known, other.examples, other.groups = self._known, self.examples, groups
        return other

    def among(self, places: np.ndarray) -> tuple[list[Row], np.ndarray]:
        """Return rows of which one agrees with each row at ``places``, and for each place which one."""
        groups = self.groups[places]
        if len(places) >= len(self.examples):
            return self.examples, groups
        found, groups = np.unique(groups, return_inverse=True)
        return [self.examples[group] for group in found.tolist()], groups

    def hold(self, places: np.ndarray, holds: Callable[[Row], bool]) -> np.ndarray:
        """Return for each of the ``places`` whether something holds of its row."""
        examples, groups = self.among(places)
        return np.fromiter(map(holds, examples), bool, len(examples))[groups]

    def present(self) -> list[Row]:
        """Return a row of each group that has any."""
        counts = np.bincount(self.groups, minlength=len(self.examples))
        return [self.examples[group] for group in np.flatnonzero(counts).tolist()]


class RowValues(Generic[Row]):
    """What filters and orders ask of the rows of a table.

    Attributes
    ----------
    alike : dict of str to Alike
        Rows that agree, by the kind of value.
    numbers : dict of str to ndarray
        ``[rows]`` float64, by name.
    """

    def __init__(
        self,
        agree: Mapping[str, Callable[[Row], Hashable]],
        numbers: Mapping[str, Callable[[Row], float]],
        rows: Sequence[Row] = (),
    ) -> None:
        self._agree, self._numbers = agree, numbers
        fresh = self.of(rows)
        self.alike: dict[str, Alike[Row]] = {kind: Alike() for kind in agree}
        for kind, each in self.alike.items():
            each.groups = each.groups_of(fresh.alike[kind])
        self.numbers = fresh.numbers

    def of(self, rows: Sequence[Row], only: Container[str] | None = None) -> FreshValues[Row]:
        """Return the values of rows that are not there yet: all, or ``only`` these kinds and numbers."""
        fresh: FreshValues[Row] = FreshValues({}, {})
        for kind, key in self._agree.items():
            if only is None or kind in only:
                known: dict[Hashable, int] = {}
                groups = np.fromiter([known.setdefault(key(row), len(known)) for row in rows], np.int32)
                firsts = np.zeros(len(known), np.int64)
                firsts[groups[::-1]] = np.arange(len(rows))[::-1]
                fresh.alike[kind] = Grouped([*known], [rows[place] for place in firsts.tolist()], groups)
        for name, number in self._numbers.items():
            if only is None or name in only:
                fresh.numbers[name] = np.array([*map(number, rows)], float)
        return fresh

    def put(self, places: np.ndarray, fresh: FreshValues[Row], which: np.ndarray) -> None:
        """Take over other rows at these places: those of the fresh ones for which ``which`` is true."""
        for kind, grouped in fresh.alike.items():
            each = self.alike[kind]
            each.groups[places] = each.groups_of(grouped)[which]
        for name, number in fresh.numbers.items():
            self.numbers[name][places] = number[which]

    def spliced(self, gone: np.ndarray, first: int, rows: Sequence[Row]) -> "RowValues[Row]":
        """Return the values without the rows at the places ``gone``, and with ``rows`` before place ``first`` of the others."""
        fresh, other = self.of(rows), RowValues(self._agree, self._numbers)
        other.numbers = {
            name: splice(of, gone, first, fresh.numbers[name]) for name, of in self.numbers.items()
        }
        other.alike = {
            kind: each.with_groups(splice(each.groups, gone, first, each.groups_of(fresh.alike[kind])))
            for kind, each in self.alike.items()
        }
        return other
