"""Retention of backups: dense for recent days, sparse for older ones."""

from collections.abc import Iterable
from datetime import datetime, timedelta

NEWEST = 3
"""So many are kept however old they are."""
_PERIODS = (
    (timedelta(days=1), timedelta(hours=4), 6),
    (timedelta(days=7), timedelta(days=1), 7),
    (timedelta(days=31), timedelta(days=7), 5),
)
"""For each age up to which backups are kept: the time of which one is kept, and how many at most."""


def kept(times: Iterable[datetime], now: datetime) -> set[datetime]:
    """Those of ``times`` whose backups are kept.

    The three newest always; then the newest of every four hours of the last day, of every day of the last week and
    of every week of the last month. A time after ``now``, of a clock that was wrong, is kept.
    """
    latest_first = sorted(set(times), reverse=True)
    keep = {*latest_first[:NEWEST], *(time for time in latest_first if time > now)}
    for reach, slot, most in _PERIODS:
        newest: dict[int, datetime] = {}
        for time in latest_first:
            if timedelta(0) <= now - time <= reach:
                newest.setdefault(int(time.timestamp() // slot.total_seconds()), time)
        keep |= set(sorted(newest.values(), reverse=True)[:most])
    return keep
