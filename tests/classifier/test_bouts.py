"""Detection and scoring of bouts, to the frame."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actiondiff_gui.classifier.bout_metrics import bout_agreement, frame_agreement, mean_f1, overlap
from actiondiff_gui.classifier.bouts import Bout, BoutSettings, find_bouts, runs_of, smoothed
from actiondiff_gui.errors import ClassifierError

CLASSES = ("groom", "rear", "run")


def along(text, high=0.8):
    """Probabilities of a line such as "ggg..rr": a letter for an action, a point for none, "x" for NaN."""
    out = np.full((len(text), 3), 0.1, np.float32)
    for frame, letter in enumerate(text):
        if letter == "x":
            out[frame] = np.nan
        elif letter != ".":
            out[frame, "gru".index(letter)] = high
    return out


def found(text, first_frame=0, single_label=True, **settings):
    bouts = find_bouts(along(text), CLASSES, BoutSettings(**settings), single_label, first_frame)
    return [(b.label, b.start, b.end) for b in bouts]


def test_bouts_end_before_their_end_frame():
    assert found("..ggg.r") == [("groom", 2, 5), ("rear", 6, 7)]
    assert found("gg", first_frame=100) == [("groom", 100, 102)]
    assert found("....") == []
    assert find_bouts(np.zeros((0, 3)), CLASSES) == []


def test_small_gaps_are_closed_and_larger_ones_are_not():
    assert found("gg..gg...gg", max_gap=2) == [("groom", 0, 6), ("groom", 9, 11)]


def test_another_action_in_the_gap_keeps_it_open():
    assert found("gg.r.gg", max_gap=3) == [("groom", 0, 2), ("rear", 3, 4), ("groom", 5, 7)]
    assert found("gg.r.gg", max_gap=3, single_label=False) == [("groom", 0, 7), ("rear", 3, 4)]


def test_short_bouts_are_dropped_after_gaps_are_closed():
    assert found("gg.gg...rr", max_gap=1, min_length=5) == [("groom", 0, 5)]


def test_a_dropped_bout_no_longer_keeps_two_apart():
    assert found("gggrggg", max_gap=1, min_length=2) == [("groom", 0, 7)]


def test_smoothing_removes_a_flicker():
    assert found("ggggrgggg", smoothing=3) == [("groom", 0, 9)]


def test_frames_without_an_answer_belong_to_no_bout():
    assert found("ggxxgg") == [("groom", 0, 2), ("groom", 4, 6)]
    assert found("ggxxgg", smoothing=3) == [("groom", 0, 2), ("groom", 4, 6)]
    assert found("ggxxgg", max_gap=2) == [("groom", 0, 6)]
    (bout,) = find_bouts(along("ggxxgg"), CLASSES, BoutSettings(max_gap=2))
    assert bout.confidence == pytest.approx(0.8, abs=1e-6)


def test_confidence_is_the_mean_probability_of_the_bouts_frames():
    (bout,) = find_bouts(along("gg.gg"), CLASSES, BoutSettings(max_gap=1))
    assert bout.confidence == pytest.approx((4 * 0.8 + 0.1) / 5, abs=1e-6)


def test_the_threshold_itself_is_enough():
    assert find_bouts(np.array([[0.5, 0.2, 0.2]]), CLASSES)[0].end == 1
    assert not find_bouts(np.array([[0.49, 0.2, 0.2]]), CLASSES)


def test_smoothing_is_a_centred_mean_of_what_there_is():
    values = np.array([[0.0], [3.0], [6.0], [np.nan], [9.0]])
    out = smoothed(values, 3)[:, 0]
    assert out[[0, 1, 2, 4]] == pytest.approx([1.5, 3, 4.5, 9])
    assert math.isnan(out[3])


@given(
    text=st.text("gru.x", min_size=1, max_size=60),
    gap=st.integers(0, 6),
    least=st.integers(1, 6),
    smoothing=st.integers(1, 7),
)
@settings(max_examples=200, deadline=None)
def test_single_label_bouts_never_overlap_and_are_never_short_or_close(text, gap, least, smoothing):
    bouts = found(text, max_gap=gap, min_length=least, smoothing=smoothing)
    for label, start, end in bouts:
        assert end - start >= least
        assert 0 <= start < end <= len(text)
        assert label in CLASSES
    for (one, _, end), (other, start, _) in pairwise(bouts):
        assert start >= end
        assert one != other or start - end > gap


@given(st.lists(st.booleans(), max_size=50))
def test_runs_cover_exactly_what_is_active(active):
    again = np.zeros(len(active), bool)
    for start, end in runs_of(np.array(active, bool)):
        again[start:end] = True
    assert again.tolist() == active


@pytest.mark.parametrize("bad", [{"threshold": 1.5}, {"min_length": 0}, {"max_gap": -1}, {"smoothing": 0}])
def test_nonsense_is_refused(bad):
    with pytest.raises(ClassifierError, match=next(iter(bad))):
        BoutSettings(**bad)
    with pytest.raises(ClassifierError, match="2 actions"):
        find_bouts(np.zeros((4, 3)), ("a", "b"))


def test_overlap_is_intersection_over_union():
    others = np.array([[0, 10], [5, 15], [10, 20], [2, 4]])
    assert overlap(np.array([0, 10]), others) == pytest.approx([1, 1 / 3, 0, 0.2])


def test_frame_scores_by_hand():
    true = [Bout("groom", 0, 10), Bout("rear", 20, 30)]
    ours = [Bout("groom", 5, 15), Bout("rear", 20, 30), Bout("rear", 95, 200)]
    groom, rear, ran = frame_agreement(ours, true, CLASSES, 0, 100)
    assert (groom.precision, groom.recall, groom.f1) == (0.5, 0.5, 0.5)
    assert (rear.agreed, rear.found, rear.true) == (10, 15, 10)
    assert math.isnan(ran.f1)
    assert mean_f1([groom, rear, ran]) == pytest.approx((0.5 + 20 / 25) / 2)


def test_half_overlap_agrees_and_less_does_not():
    true = [Bout("groom", 0, 10)]
    assert bout_agreement([Bout("groom", 0, 5)], true, CLASSES)[0].f1 == 1
    assert bout_agreement([Bout("groom", 0, 4)], true, CLASSES)[0].f1 == 0
    assert bout_agreement([Bout("rear", 0, 10)], true, CLASSES)[0].recall == 0


def test_every_bout_is_used_once():
    true = [Bout("groom", 0, 10)]
    groom = bout_agreement([Bout("groom", 0, 5), Bout("groom", 5, 10)], true, CLASSES)[0]
    assert (groom.agreed, groom.precision, groom.recall) == (1, 0.5, 1)


def test_as_many_bouts_as_possible_are_paired():
    # taking the best pair first would leave the other two alone
    true = [Bout("groom", 0, 10), Bout("groom", 4, 14)]
    ours = [Bout("groom", 2, 12), Bout("groom", 4, 16)]
    assert bout_agreement(ours, true, CLASSES)[0].agreed == 2


def test_no_bouts_on_either_side_score_nothing():
    assert math.isnan(mean_f1(bout_agreement([], [], CLASSES)))
    assert bout_agreement([], [Bout("run", 0, 3)], CLASSES)[2].f1 == 0
