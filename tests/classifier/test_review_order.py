"""Orders of a review queue, against values computed by hand."""

import math

import numpy as np
import pytest

from actiondiff_gui.classifier import review_order


def test_a_tie_is_unsure_and_a_certainty_is_not():
    p = np.array([[1, 0, 0], [0.5, 0.5, 0], [1 / 3, 1 / 3, 1 / 3], [0.7, 0.2, 0.1]])
    assert review_order.margin(p) == pytest.approx([0, 1, 1, 0.5])
    assert review_order.entropy(p)[:3] == pytest.approx([0, math.log(2) / math.log(3), 1])
    assert review_order.uncertainty(p, True, "entropy")[3] == pytest.approx(
        -(0.7 * math.log(0.7) + 0.2 * math.log(0.2) + 0.1 * math.log(0.1)) / math.log(3)
    )


def test_where_several_actions_can_be_shown_the_nearest_to_the_threshold_counts():
    p = np.array([[0.99, 0.5], [1.0, 0.0], [0.9, 0.25]])
    assert review_order.uncertainty(p, single_label=False) == pytest.approx([1, 0, 0.5])
    assert review_order.threshold_nearness(np.array([[0.9]]), threshold=0.8) == pytest.approx([0.5])


def test_heads_disagree_from_not_at_all_to_completely():
    one, other = np.array([[1.0, 0.0], [0.8, 0.2]]), np.array([[0.0, 1.0], [0.8, 0.2]])
    assert review_order.disagreement([one, other], True) == pytest.approx([1, 0])
    assert review_order.disagreement([one, one, other], True)[0] == pytest.approx(
        -(2 / 3 * math.log(2 / 3) + 1 / 3 * math.log(1 / 3)) / math.log(3)
    )
    # Each action by itself: the second is agreed on.
    several = [np.array([[1.0, 0.4]]), np.array([[0.0, 0.4]])]
    assert review_order.disagreement(several, False) == pytest.approx([1])
    assert review_order.disagreement([one], True).tolist() == [0, 0]


def test_a_label_that_the_model_does_not_believe_is_in_doubt():
    p = np.array([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.9, 0.1]])
    labels = np.array([[1, 0], [0, 1], [0, 0], [-1, 0]])
    assert review_order.doubt(p, labels) == pytest.approx([0.1, 0.9, 0, 0.9])


def test_novelty_is_the_distance_from_what_is_labelled_in_usual_distances():
    # Channels that do not vary do not count; the other is standardised, which ratios of distances do not feel.
    at = np.array([0.0, 1.0, 2.0, 3.0, 10.0])
    features = np.stack([at, np.full(5, 7.0)], axis=1)
    labelled = np.array([True, True, True, True, False])
    found = review_order.novelty(features, labelled, neighbours=1)
    assert found == pytest.approx([1, 1, 1, 1, 7])
    assert review_order.novelty(features, labelled, neighbours=2)[4] == pytest.approx(8 / 1.5)
    assert review_order.novelty(features, np.zeros(5, bool)).tolist() == [1] * 5
    alone = review_order.novelty(features, np.array([True, False, False, False, False]))
    assert alone.argmax() == 4


def test_equal_scores_fall_by_content_and_not_by_id():
    scores = np.array([0.5, 0.9, 0.5 + 1e-12, 0.5])
    keys = ("d", "z", "b", "c")
    assert review_order.by_score(scores, keys).tolist() == [1, 2, 3, 0]
    features, groups = np.zeros((4, 2)), ("", "", "", "")
    assert review_order.varied(scores, features, groups, keys).tolist() == [1, 2, 3, 0]
    shuffled = [2, 0, 3, 1]
    again = review_order.varied(scores[shuffled], features, groups, [keys[i] for i in shuffled])
    assert [shuffled[i] for i in again] == [1, 2, 3, 0]


def test_near_copies_of_one_source_are_not_asked_in_a_row():
    features = np.array([[0.0], [0.0], [50.0], [1.0], [2.0]])
    groups = ("tape", "tape", "tape", "other", "other")
    scores = np.array([0.9, 0.89, 0.6, 0.5, 0.4])
    order = review_order.varied(scores, features, groups, "abcde").tolist()
    assert order[0] == 0
    assert order[-1] == 1  # the copy of the first goes to the end, what differs from it stays
    assert order[1:4] == [2, 3, 4]
    rest = review_order.varied(scores, features, groups, "abcde", first=1).tolist()
    assert rest == order


def test_chance_is_fixed_by_the_seed_and_a_clip_that_goes_moves_no_other():
    keys = [f"clip {i}" for i in range(500)]
    order = review_order.random_order(keys, 3)
    assert sorted(order) == list(range(500))
    assert (
        order.tolist()
        == review_order.random_order(keys, 3).tolist()
        != review_order.random_order(keys, 4).tolist()
    )
    fewer = [k for i, k in enumerate(keys) if i % 7]
    left = [fewer[i] for i in review_order.random_order(fewer, 3)]
    assert left == [keys[i] for i in order if i % 7]
    # A fair draw: the mean place of the first hundred over many seeds is the middle.
    firsts = np.concatenate([review_order.random_order(keys, seed)[:100] for seed in range(20)])
    assert abs(firsts.mean() - 249.5) < 5 * 144.3 / math.sqrt(len(firsts))


def test_the_nearest_labelled_clips_come_nearest_first():
    features = np.array([[0.0], [1.0], [2.5], [7.0]])
    found = review_order.nearest(features, np.array([0]), np.array([1, 2, 3]), 2)
    assert found.tolist() == [[1, 2]]
    assert review_order.nearest(features, np.array([0]), np.array([], int), 2).shape == (1, 0)


def test_ten_thousand_clips_of_one_recording_are_ordered_in_one_go():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(10_000, 64)).astype(np.float32)
    keys = [f"{i:05d}" for i in range(10_000)]
    order = review_order.varied(rng.random(10_000), features, ("tape",) * 10_000, keys)
    assert sorted(order.tolist()) == list(range(10_000))
