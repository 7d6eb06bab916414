"""Subsampling, normalisation and padding of tokens."""

import numpy as np
import pytest

from actiondiff_gui.classifier.training.batches import check_clips, pad, shorten
from actiondiff_gui.errors import ClassifierError
from actiondiff_gui.evaluation.labels import is_single_label, targets
from actiondiff_gui.evaluation.normalisation import Normalisation


def test_long_clips_are_read_at_evenly_spaced_tokens():
    clip = np.arange(11)[:, None]
    assert shorten(clip, 6)[:, 0].tolist() == [0, 2, 4, 6, 8, 10]
    assert shorten(clip, 11) is clip


def test_padding_keeps_values_and_marks_them():
    batch, mask = pad([np.ones((2, 3), np.float16), np.full((4, 3), 2.0)])
    assert batch.dtype == np.float32
    assert batch[:, :, 0].tolist() == [[1, 1, 0, 0], [2, 2, 2, 2]]
    assert mask.tolist() == [[True, True, False, False], [True] * 4]


def test_normalisation_centres_and_scales_and_leaves_constant_channels_unscaled():
    rng = np.random.default_rng(0)
    rows = rng.normal([5, -1000, 7], [2, 300, 0], size=(400, 3)).astype(np.float32)
    normalise = Normalisation.of([rows[:100], rows[100:]])
    out = normalise(rows)
    assert out.mean(axis=0) == pytest.approx([0, 0, 0], abs=1e-4)
    assert out.std(axis=0) == pytest.approx([1, 1, 0], abs=1e-4)
    assert normalise(np.array([[5, -1000, 8]], np.float32))[0, 2] == pytest.approx(1)


def test_half_precision_features_do_not_overflow_in_normalisation():
    rows = np.full((2000, 2), 60000, np.float16)
    rows[::2, 0] = 50000
    normalise = Normalisation.of([rows])
    assert np.isfinite(normalise(rows)).all()
    assert normalise.mean == pytest.approx([55000, 60000], rel=1e-3)


@pytest.mark.parametrize(
    ("clip", "says"),
    [
        (np.zeros((0, 4)), "no tokens"),
        (np.zeros(4), "no tokens"),
        (np.zeros((3, 5)), "5 channels where 4"),
        (np.array([[0, 1, np.nan, 3]]), "not numbers"),
        (np.array([[0, 1, np.inf, 3]], np.float16), "not numbers"),
    ],
)
def test_damaged_clips_are_named(clip, says):
    with pytest.raises(ClassifierError, match=says) as caught:
        check_clips(["good", "walk_03"], [np.zeros((2, 4)), clip])
    assert "walk_03" in str(caught.value)


LABELS = np.array([[1, -1, 0], [0, 0, 0], [0, 1, 1]], np.int8)


def test_what_is_not_labelled_counts_as_negative_only_where_asked_and_only_in_labelled_clips():
    truth, known = targets(LABELS, unlabelled_as_negative=True)
    assert truth.tolist() == [[True, False, False], [False] * 3, [False, True, True]]
    assert known.tolist() == [[True] * 3, [False] * 3, [True] * 3]
    _, known = targets(LABELS, unlabelled_as_negative=False)
    assert known.tolist() == [[True, True, False], [False] * 3, [False, True, True]]


def test_single_label_means_one_of_several_actions():
    assert is_single_label(np.array([[1, 0], [0, 1], [0, 0]]))
    assert not is_single_label(LABELS)
    assert not is_single_label(np.array([[1], [1]]))
    assert not is_single_label(np.array([[1, 0], [-1, 0]]))
    assert is_single_label(np.array([[1, 0], [0, 1], [-1, 0]]))
    assert not is_single_label(np.zeros((3, 2)))
