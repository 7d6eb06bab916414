import numpy as np
import pytest
from scipy.stats import binomtest, ttest_rel

from actiondiff_gui.evaluation.intervals import (
    Estimate,
    balanced_share,
    difference,
    jackknife,
    paired_difference,
    wilson,
)


@pytest.mark.parametrize(("right", "n"), [(0, 10), (3, 10), (50, 100), (48, 48)])
def test_wilson_agrees_with_scipy(right, n):
    expected = binomtest(right, n).proportion_ci(method="wilson")

    np.testing.assert_allclose(wilson(right / n, n), (expected.low, expected.high), atol=1e-12)


def test_one_stratum_of_independent_clips_has_wilsons_interval():
    correct = np.arange(40) < 30

    share = balanced_share(correct, np.full(40, "a"), np.arange(40))

    assert share.value == 0.75
    assert (share.low, share.high) == pytest.approx(wilson(0.75, 39), abs=2e-3)
    assert share.n == 40


def test_strata_count_alike_however_many_clips_they_have():
    strata = np.array(["big"] * 90 + ["small"] * 10)
    correct = strata == "big"

    assert balanced_share(correct, strata, np.arange(100)).value == 0.5


def test_clips_of_one_source_count_as_one_where_they_agree():
    right = np.repeat([1, 0, 1, 1, 0, 1, 0, 1], 10).astype(bool)
    groups = np.repeat(np.arange(8), 10)

    together = balanced_share(right, np.full(80, "a"), groups)
    alone = balanced_share(right, np.full(80, "a"), np.arange(80))

    assert together.value == alone.value
    assert (together.low, together.high) == pytest.approx(wilson(5 / 8, 7), abs=1e-9)
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_all_right_is_not_certain():
    share = balanced_share(np.ones(24, bool), np.full(24, "a"), np.repeat(np.arange(6), 4))

    assert (share.value, share.high) == (1, 1)
    assert share.low == pytest.approx(wilson(1, 6)[0])


def test_the_interval_of_grouped_clips_holds_its_promise():
    random = np.random.default_rng(0)
    hits = 0
    for _ in range(400):
        chance = random.beta(4, 2, size=(2, 12))
        correct = random.random((2, 12, 6)) < chance[..., None]
        share = balanced_share(correct.ravel(), np.repeat(["a", "b"], 72), np.repeat(np.arange(24), 6))
        hits += share.low <= 4 / 6 <= share.high

    assert 0.92 < hits / 400 < 0.99


def test_nothing_to_score_is_unknown():
    assert np.isnan(balanced_share(np.array([], bool), np.array([]), np.array([])).value)


def test_the_difference_of_two_shares_is_newcombes():
    # Newcombe 1998, Table II, contrast (a), method 10: 56/70 and 48/80.
    first = Estimate(56 / 70, *wilson(56 / 70, 70), 70)
    second = Estimate(48 / 80, *wilson(48 / 80, 80), 80)

    gap = difference(first, second)

    assert (gap.value, gap.low, gap.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_the_jackknife_of_a_mean_is_the_t_interval():
    values = np.random.default_rng(0).normal(size=10)
    estimate = jackknife(lambda kept: float(values[kept].mean()), np.arange(10))

    error = values.std(ddof=1) / np.sqrt(10)
    assert estimate.value == pytest.approx(values.mean())
    assert estimate.high - estimate.value == pytest.approx(2.262157 * error, rel=1e-5)


def test_the_jackknife_of_a_single_source_knows_no_interval():
    estimate = jackknife(lambda kept: float(len(kept)), np.zeros(7))

    assert estimate.value == 7
    assert np.isnan(estimate.low)


def test_repetitions_that_agree_add_nothing_and_those_that_differ_widen():
    random = np.random.default_rng(0)
    once = random.random(60) < 0.6
    strata, groups = np.repeat(["a", "b"], 30), np.arange(60) // 2

    single = balanced_share(once, strata, groups)
    same = balanced_share(np.stack([once, once, once]), strata, groups)
    apart = balanced_share(np.stack([once, np.ones(60), np.zeros(60)]), strata, groups)

    assert (same.value, same.low, same.high) == pytest.approx((single.value, single.low, single.high))
    assert apart.high - apart.low > 2 * (single.high - single.low)


def test_the_interval_over_clips_and_seeds_holds_its_promise():
    random = np.random.default_rng(1)
    hits = 0
    for _ in range(400):
        skill = 0.6 + random.normal(0, 0.08, size=(4, 1))
        ease = random.normal(0, 0.15, size=(1, 80))
        correct = random.random((4, 80)) < np.clip(skill + ease, 0, 1)
        share = balanced_share(correct, np.full(80, "a"), np.arange(80))
        hits += share.low <= 0.6 <= share.high

    # On the safe side: what clips and seeds do to each other is counted with both.
    assert 0.93 < hits / 400 < 1


def test_of_single_clips_the_paired_difference_is_students():
    random = np.random.default_rng(2)
    first, second = random.random(30) < 0.7, random.random(30) < 0.4

    gain = paired_difference(first, second, np.full(30, "a"), np.arange(30))

    expected = ttest_rel(first.astype(float), second.astype(float)).confidence_interval()
    assert gain.value == pytest.approx(first.mean() - second.mean())
    assert (gain.low, gain.high) == pytest.approx((expected.low, expected.high))


def test_what_is_hard_for_both_widens_no_difference():
    right = np.arange(40) % 2 == 0
    strata, groups = np.repeat(["a", "b"], 20), np.arange(40)

    same = paired_difference(right, right, strata, groups)

    assert (same.value, same.low, same.high) == (0, 0, 0)
    assert np.isnan(paired_difference(right, right, strata, strata).low)
