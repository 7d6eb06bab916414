"""Rows, means, differences and tables of a scoreboard."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from actiondiff_gui.backbones.reading import Reading, layers_key
from actiondiff_gui.evaluation.intervals import Estimate, balanced_share, paired_difference
from actiondiff_gui.evaluation.labels import answered
from actiondiff_gui.evaluation.scoreboard.boards import OTHERS, Contest
from actiondiff_gui.evaluation.scores import blind_guesses
from actiondiff_gui.evaluation.study.plans import Plan
from actiondiff_gui.tables import table_text

KINDS = {
    "pairs": "train on one domain, test on another",
    "leave-one-out": "train on all other domains",
    "within": "train and test in one domain, other source groups",
}
"""Parts of a board over which means are taken."""


@dataclass(frozen=True)
class BoardRow:
    """One method and head in one cell.

    Attributes
    ----------
    method, head : str
    train : str
        A domain, or "all others".
    test : str
    kind : str
        A key of :data:`KINDS`.
    readings : tuple of Reading
        Timestep, layers and pooling chosen, one for each fold.
    validation : float
        Accuracy by which they were chosen, NaN where there was nothing to choose.
    value, low, high : float
        Accuracy, mean over the repetitions, with its 95 % interval over clips and repetitions.
    chance : float
        The better of two blind guesses.
    n, seeds : int
        Clips tested, and repetitions.
    answers : ndarray
        ``[seeds, N]`` object: the action named for each clip of the plan, None where it was not tested.
    """

    method: str
    head: str
    train: str
    test: str
    kind: str
    readings: tuple[Reading, ...]
    validation: float
    value: float
    low: float
    high: float
    chance: float
    n: int
    seeds: int
    answers: np.ndarray = field(repr=False, compare=False)


def board_row(
    method: str,
    head: str,
    cell: Contest,
    readings: Sequence[Reading],
    validation: float,
    answers: np.ndarray,
    plan: Plan,
) -> BoardRow:
    """Score the answers ``[S, N]`` of one cell."""
    tested = np.sort(np.concatenate([split.test for split in cell.splits]))
    right = (answers == plan.actions)[:, tested]
    estimate = balanced_share(right, plan.domains[tested], plan.groups[tested])
    chance = blind_guesses(plan.actions, cell.splits)[tested].mean(axis=0).max()
    return BoardRow(
        method,
        head,
        cell.train,
        cell.test,
        cell.kind,
        tuple(dict.fromkeys(readings)),
        validation,
        estimate.value,
        estimate.low,
        estimate.high,
        float(chance),
        estimate.n,
        len(answers),
        answers,
    )


@dataclass(frozen=True)
class BoardMean:
    """Mean of a method and head over one part of the board; every tested domain counts alike."""

    method: str
    head: str
    kind: str
    value: float
    low: float
    high: float
    chance: float
    n: int


@dataclass(frozen=True)
class BoardDifference:
    """How much more often ``method`` is right than ``other``, on the same clips, all other domains trained on."""

    method: str
    other: str
    head: str
    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Scoreboard:
    """What methods reach for all pairs of domains.

    Attributes
    ----------
    rows : tuple of BoardRow
    methods, heads, domains, actions : tuple of str
    plan : Plan
        Actions, domains and source groups of the clips.
    clip_ids : tuple of str
        Of the plan's clips.
    failed, warnings : tuple of str
        Sentences on what was skipped and left out.
    """

    rows: tuple[BoardRow, ...]
    methods: tuple[str, ...]
    heads: tuple[str, ...]
    domains: tuple[str, ...]
    actions: tuple[str, ...]
    plan: Plan
    clip_ids: tuple[str, ...]
    failed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def matrix(self, method: str, head: str, column: str = "value") -> np.ndarray:
        """``[D + 1, D]``: trained on each domain, then on all others, by tested domain; NaN where unknown."""
        out = np.full((len(self.domains) + 1, len(self.domains)), np.nan)
        for row in self.rows:
            if (row.method, row.head) == (method, head):
                at = len(self.domains) if row.train == OTHERS else self.domains.index(row.train)
                out[at, self.domains.index(row.test)] = getattr(row, column)
        return out

    def mean(self, method: str, head: str, kind: str) -> BoardMean | None:
        """Mean over the cells of ``kind``, with an interval that knows a clip tested several times is one clip."""
        return self._means.get((method, head, kind))

    @cached_property
    def _means(self) -> dict[tuple[str, str, str], BoardMean | None]:
        parts = [(m, h, kind) for h in self.heads for kind in KINDS for m in self.methods]
        return {part: self._mean(*part) for part in parts}

    def _mean(self, method: str, head: str, kind: str) -> BoardMean | None:
        rows = self._of(method, head, kind)
        if not rows:
            return None
        right, tested = self._right(rows)
        estimate: Estimate = balanced_share(
            right[:, tested], self.plan.domains[tested], self.plan.groups[tested]
        )
        by_domain: dict[str, list[float]] = {}
        for row in rows:
            by_domain.setdefault(row.test, []).append(row.chance)
        chance = float(np.mean([np.mean(values) for values in by_domain.values()]))
        return BoardMean(method, head, kind, estimate.value, estimate.low, estimate.high, chance, estimate.n)

    def means(self) -> list[BoardMean]:
        """All means, by head, kind and method."""
        return [mean for mean in self._means.values() if mean is not None]

    def differences(self) -> list[BoardDifference]:
        """Return the first method less each other one, with all other domains trained on."""
        return self._differences

    @cached_property
    def _differences(self) -> list[BoardDifference]:
        found = []
        for head in self.heads:
            first = self._of(self.methods[0], head, "leave-one-out")
            for other in self.methods[1:]:
                second = self._of(other, head, "leave-one-out")
                if not first or not second:
                    continue
                (ours, here), (theirs, there) = self._right(first), self._right(second)
                both = np.intersect1d(here, there)
                gain = paired_difference(
                    ours[:, both], theirs[:, both], self.plan.domains[both], self.plan.groups[both]
                )
                found.append(
                    BoardDifference(self.methods[0], other, head, gain.value, gain.low, gain.high, gain.n)
                )
        return found

    def _of(self, method: str, head: str, kind: str) -> list[BoardRow]:
        return [row for row in self.rows if (row.method, row.head, row.kind) == (method, head, kind)]

    def _right(self, rows: Sequence[BoardRow]) -> tuple[np.ndarray, np.ndarray]:
        """Return how right each repetition was on each clip ``[S, N]``, mean over ``rows``, and the clips that were tested."""
        right = np.stack([row.answers == self.plan.actions for row in rows]).astype(float)
        asked = np.stack([answered(row.answers) for row in rows])
        count = asked.sum(axis=0)
        share = np.divide((right * asked).sum(axis=0), count, out=np.zeros(count.shape), where=count > 0)
        return share, np.flatnonzero((count > 0).all(axis=0))

    def to_csv(self) -> str:
        """One line for each method, head and cell."""
        columns = (
            "method", "head", "train", "test", "kind", "timestep", "layer", "pooling", "validation", "value", "low", "high",
            "chance", "clips", "seeds",
        )  # fmt: skip
        return _csv(
            columns,
            (
                (
                    r.method,
                    r.head,
                    r.train,
                    r.test,
                    r.kind,
                    ";".join(at.timestep for at in r.readings),
                    ";".join(layers_key(at.layers) for at in r.readings),
                    ";".join(at.pooling for at in r.readings),
                    r.validation,
                    r.value,
                    r.low,
                    r.high,
                    r.chance,
                    r.n,
                    r.seeds,
                )
                for r in self.rows
            ),
        )

    def means_to_csv(self) -> str:
        """One line for each mean, then for each difference (kind "leave-one-out, difference")."""
        columns = ("method", "minus", "head", "kind", "value", "low", "high", "chance", "clips")
        means = [(m.method, "", m.head, m.kind, m.value, m.low, m.high, m.chance, m.n) for m in self.means()]
        apart = [
            (d.method, d.other, d.head, "leave-one-out", d.value, d.low, d.high, 0.0, d.n)
            for d in self.differences()
        ]
        return _csv(columns, [*means, *apart])

    def answers_to_csv(self, names: dict[str, str] | None = None) -> str:
        """One line for each answer: which clip, what it shows, what was named."""
        columns = ("clip", "clip_id", "domain", "label", "method", "head", "train", "repetition", "predicted")
        lines = (
            (
                (names or {}).get(self.clip_ids[i], self.clip_ids[i]),
                self.clip_ids[i],
                self.plan.domains[i],
                self.plan.actions[i],
                row.method,
                row.head,
                row.train,
                repetition,
                row.answers[repetition, i],
            )
            for row in self.rows
            for repetition in range(row.seeds)
            for i in np.flatnonzero(answered(row.answers[repetition]))
        )
        return _csv(columns, lines)


def _csv(columns: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    known = (["" if isinstance(v, float) and not math.isfinite(v) else v for v in line] for line in lines)
    return table_text([columns, *known])
