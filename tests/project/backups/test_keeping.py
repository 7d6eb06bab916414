"""Retention of backups."""

from datetime import UTC, datetime, timedelta

from actiondiff_gui.project.backups.schedule import NEWEST, kept

NOW = datetime(2026, 11, 29, 12, 30, tzinfo=UTC)


def ago(**how_long) -> datetime:
    return NOW - timedelta(**how_long)


def test_the_newest_few_stay_however_old_they_are():
    times = [ago(days=400 + n) for n in range(10)]
    assert kept(times, NOW) == set(times[:NEWEST])
    assert kept([], NOW) == set()


def test_after_a_year_of_backups_each_hour_a_few_of_each_period_are_left():
    found: set[datetime] = set()
    for hour in range(365 * 24, -1, -1):
        now = ago(hours=hour)
        found = kept({*found, now}, now)
    ages = sorted((NOW - time).total_seconds() / 86400 for time in found)
    assert len(found) <= NEWEST + 6 + 7 + 5
    assert sum(age <= 1 for age in ages) >= 6
    assert sum(1 < age <= 7 for age in ages) >= 5
    assert sum(7 < age <= 31 for age in ages) >= 3
    assert ages[-1] <= 32


def test_backups_are_thinned_the_same_whether_at_once_or_one_by_one():
    times = {ago(hours=3 * n) for n in range(300)}
    once = kept(times, NOW)
    assert kept(once, NOW) == once


def test_a_time_of_a_clock_that_was_wrong_is_kept():
    ahead = NOW + timedelta(days=3)
    assert ahead in kept([ahead, *(ago(hours=n) for n in range(50))], NOW)
