"""Metrics against scikit-learn and hand calculation, and coverage of intervals."""

import json
import math

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from actiondiff_gui.classifier.json_values import to_json
from actiondiff_gui.evaluation import bootstrap as iv
from actiondiff_gui.evaluation import metrics as m

CHANCES = np.array([[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.2, 0.3, 0.5], [0.1, 0.2, 0.7]])
TRUTH = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]], bool)
KNOWN = np.ones_like(TRUTH)


def test_scores_by_hand():
    assert m.top1(CHANCES, TRUTH) == 0.75
    assert m.balanced_accuracy(CHANCES, TRUTH) == pytest.approx(2 / 3)
    assert m.confusion(CHANCES, TRUTH).tolist() == [[1, 0, 0], [1, 0, 0], [0, 0, 2]]
    assert m.average_precisions(CHANCES, TRUTH, KNOWN) == pytest.approx([1, 0.5, 1])
    first, second, third = m.per_class(CHANCES, TRUTH, KNOWN, "abc", single_label=True)
    assert (first.precision, first.recall, first.f1, first.support) == (0.5, 1.0, pytest.approx(2 / 3), 1)
    assert math.isnan(second.precision)
    assert second.recall == 0
    assert (third.f1, third.support) == (1, 2)


def test_what_is_not_known_is_not_scored():
    known = KNOWN.copy()
    known[0, 1] = False
    assert m.average_precisions(CHANCES, TRUTH, known)[1] == 0.5
    known[2, 1] = False
    assert m.average_precisions(CHANCES, TRUTH, known)[1] == 1
    assert m.per_class(CHANCES, TRUTH, known, "abc", single_label=False)[1].support == 1


def test_absent_actions_leave_the_mean_and_nothing_scores_nan():
    truth = TRUTH.copy()
    truth[1] = False
    assert m.mean_average_precision(CHANCES, truth, KNOWN) == 1
    assert m.top1(CHANCES, truth) == 1
    none = np.zeros_like(TRUTH)
    assert math.isnan(m.top1(CHANCES, none))
    assert math.isnan(m.mean_average_precision(CHANCES, none, KNOWN))
    assert math.isnan(m.balanced_accuracy(CHANCES, none))


def test_expected_calibration_error_by_hand():
    chances = np.array([[0.9, 0.1]] * 10)
    truth = np.array([[True, False]] * 7 + [[False, True]] * 3)
    assert m.expected_calibration_error(chances, truth) == pytest.approx(0.2)
    assert m.expected_calibration_error(np.array([[1.0, 0.0]]), np.array([[True, False]])) == 0


def some(seed, n=40, k=3, rounded=1):
    rng = np.random.default_rng(seed)
    chances = np.round(rng.dirichlet(np.ones(k), n), rounded)
    return chances, np.eye(k, dtype=bool)[rng.integers(0, k, n)], rng.random((n, k)) < 0.8, rng


@pytest.mark.parametrize("seed", range(5))
def test_weighted_average_precision_equals_scikit_learn_with_ties(seed):
    chances, truth, _, rng = some(seed)
    weights = rng.integers(0, 4, size=(6, 40))
    ours = iv.weighted_average_precision(chances[:, 0], truth[:, 0], weights)
    theirs = [average_precision_score(truth[:, 0], chances[:, 0], sample_weight=w) for w in weights]
    assert ours == pytest.approx(theirs)


@pytest.mark.parametrize("seed", range(3))
def test_scores_of_weights_equal_scores_of_repeated_clips(seed):
    chances, truth, known, rng = some(seed)
    known |= truth
    weights = rng.integers(0, 4, size=40)
    rows = np.repeat(np.arange(40), weights)
    c, t, k = chances[rows], truth[rows], known[rows]
    w = weights[None].astype(float)
    assert iv.top1_statistic(chances, truth)(w) == pytest.approx(m.top1(c, t))
    assert iv.balanced_statistic(chances, truth)(w) == pytest.approx(m.balanced_accuracy(c, t))
    for micro in (False, True):
        ours = iv.mean_average_precision_statistic(chances, truth, known, micro)(w)
        assert ours == pytest.approx(m.mean_average_precision(c, t, k, micro))


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(200):
        hit = rng.random(80) < 0.7
        chances = np.where(hit[:, None], [[1.0, 0.0]], [[0.0, 1.0]])
        truth = np.tile([True, False], (80, 1))
        got = iv.bootstrap([iv.top1_statistic(chances, truth)], np.arange(80), resamples=300)
        covered += got.low <= 0.7 <= got.high
    assert 0.88 <= covered / 200 <= 0.99


def test_clips_of_one_source_widen_the_interval():
    rng = np.random.default_rng(0)
    source = np.repeat(np.arange(10), 10)
    hit = np.repeat(rng.random(10) < 0.5, 10)
    chances = np.where(hit[:, None], [[1.0, 0.0]], [[0.0, 1.0]])
    statistic = [iv.top1_statistic(chances, np.tile([True, False], (100, 1)))]
    by_source, by_clip = iv.bootstrap(statistic, source), iv.bootstrap(statistic, np.arange(100))
    assert by_source.high - by_source.low > 2 * (by_clip.high - by_clip.low)
    assert by_source == iv.bootstrap(statistic, source)
    assert by_source.value == hit.mean()


def test_one_source_has_no_interval():
    got = iv.bootstrap([iv.top1_statistic(CHANCES, TRUTH)], ["v"] * 4)
    assert got.value == 0.75
    assert math.isnan(got.low)


def test_results_become_strict_json():
    made = to_json({"a": np.float32(0.5), "b": [math.nan, np.arange(2)], 3: iv.Interval(1.0, math.inf, 2.0)})
    text = json.dumps(made, allow_nan=False)
    assert json.loads(text) == {
        "a": 0.5,
        "b": [None, [0, 1]],
        "3": {"value": 1.0, "low": None, "high": 2.0, "level": 0.95},
    }
