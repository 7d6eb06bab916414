"""Time budget: frequency, duration and latency of each action."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from actiondiff_gui.ethogram.bouts import Bouts
from actiondiff_gui.ethogram.counted import Units, counted_before, units_of
from actiondiff_gui.ethogram.settings import WHOLE

NOTHING, RECORDING, SUBJECT, FACET = "", "recording", "subject", "facet:"
"""What a time budget is parted by; FACET is followed by the facet's name."""
ABSENT = "(none)"


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """One action in one group of units.

    Attributes
    ----------
    group, action : str
        ``group`` is "" where the budget is not parted.
    count : int
        Bouts that begin in a counted frame.
    total : float
        Seconds in which the action is shown, within counted frames.
    mean, deviation : float
        Of the lengths of whole bouts, seconds; the sample standard deviation (n - 1).
    median, low, high : float
        Median, and first and third quartile (linear between values) of these lengths.
    share : float
        ``total`` of the group's counted time, 0 to 1.
    rate : float
        Bouts per minute of counted time.
    latency : float
        Mean of the seconds from the first counted frame of a unit to its first bout, over the units that show
        the action.
    units, shown_in : int
        Units of observation (recording and subject), and those that show the action.
    counted : float
        Seconds that count in the group.

    Values that do not exist are NaN.
    """

    group: str
    action: str
    count: int
    total: float
    mean: float
    deviation: float
    median: float
    low: float
    high: float
    share: float
    rate: float
    latency: float
    units: int
    shown_in: int
    counted: float


def budget(bouts: Bouts, counted: str = WHOLE, by: str = NOTHING) -> list[BudgetRow]:
    """Return the time budget of every action, grouped by nothing, recording, subject or a facet.

    Parameters
    ----------
    bouts : Bouts
    counted : str
        Which frames count, see :mod:`~actiondiff_gui.ethogram.counted`.
    by : str
        NOTHING, RECORDING, SUBJECT, or FACET and the name of a facet.
    """
    units = units_of(bouts, counted)
    names = _groups(bouts, units, by)
    unit_of = _unit_of(bouts, units)
    fps = np.array([recording.fps for recording in bouts.recordings])
    seconds = units.frames() / fps[units.recording] if len(units) else np.zeros(0)
    shown, begins, first = _within(bouts, units, unit_of)
    rows = []
    for group in sorted(set(names), key=lambda name: (name == ABSENT, name)):
        mine = np.array([name == group for name in names], bool)
        whole = float(seconds[mine].sum())
        for k, action in enumerate(bouts.actions):
            here = mine[unit_of] & (bouts.action == k)
            rows.append(
                _row(
                    group,
                    action,
                    here & begins,
                    shown[here].sum(),
                    bouts.seconds,
                    unit_of,
                    first,
                    whole,
                    int(mine.sum()),
                )
            )
    return rows


def places_of(bouts: Bouts, by: str, group: str, action: str) -> np.ndarray:
    """Return indices of the bouts of one row of a budget, wherever they begin."""
    units = units_of(bouts)
    names = _groups(bouts, units, by)
    mine = np.array([name == group for name in names], bool)
    return np.flatnonzero(mine[_unit_of(bouts, units)] & (bouts.action == bouts.actions.index(action)))


def _row(
    group: str,
    action: str,
    here: np.ndarray,
    total: float,
    seconds: np.ndarray,
    unit_of: np.ndarray,
    first: np.ndarray,
    whole: float,
    units: int,
) -> BudgetRow:
    lengths = seconds[here]
    count = len(lengths)
    shown_in = np.unique(unit_of[here])
    latencies = [float(first[here & (unit_of == unit)].min()) for unit in shown_in]
    quartiles = np.percentile(lengths, [25, 50, 75]) if count else [math.nan] * 3
    return BudgetRow(
        group,
        action,
        count,
        float(total),
        float(lengths.mean()) if count else math.nan,
        float(lengths.std(ddof=1)) if count > 1 else math.nan,
        float(quartiles[1]),
        float(quartiles[0]),
        float(quartiles[2]),
        float(total) / whole if whole else math.nan,
        60 * count / whole if whole else math.nan,
        float(np.mean(latencies)) if latencies else math.nan,
        units,
        len(shown_in),
        whole,
    )


def _groups(bouts: Bouts, units: Units, by: str) -> list[str]:
    """Return the name of the group of each unit."""
    name: Callable[[int, int], str]
    if by == RECORDING:
        name = lambda recording, _: bouts.recordings[recording].name  # noqa: E731
    elif by == SUBJECT:
        name = lambda _, subject: (bouts.subjects[subject] if subject >= 0 else None) or ABSENT  # noqa: E731
    elif by.startswith(FACET):
        key = by[len(FACET) :]
        name = lambda recording, _: bouts.recordings[recording].facets.get(key) or ABSENT  # noqa: E731
    else:
        return [""] * len(units)
    return [name(r, s) for r, s in zip(units.recording.tolist(), units.subject.tolist(), strict=True)]


def _unit_of(bouts: Bouts, units: Units) -> np.ndarray:
    """``[N]`` the unit of each bout."""
    unit_at = {
        pair: n for n, pair in enumerate(zip(units.recording.tolist(), units.subject.tolist(), strict=True))
    }
    pairs = zip(bouts.recording.tolist(), bouts.subject.tolist(), strict=True)
    return np.array([unit_at[pair] for pair in pairs], np.int64)


def _within(bouts: Bouts, units: Units, unit_of: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``[N]`` counted seconds of each bout, whether it begins in a counted frame, and how late in its unit."""
    shown, late = np.zeros(len(bouts)), np.zeros(len(bouts))
    begins = np.zeros(len(bouts), bool)
    order = np.argsort(unit_of, kind="stable")
    edges = np.searchsorted(unit_of[order], np.arange(len(units) + 1))
    for unit, span in enumerate(units.spans):
        mine = order[edges[unit] : edges[unit + 1]]
        if not len(mine) or not len(span):
            continue
        fps = bouts.recordings[int(units.recording[unit])].fps
        start, end = bouts.start[mine], bouts.end[mine]
        shown[mine] = (counted_before(span, end) - counted_before(span, start)) / fps
        begins[mine] = counted_before(span, start + 1) > counted_before(span, start)
        late[mine] = (start - span[0, 0]) / fps
    return shown, begins, late
