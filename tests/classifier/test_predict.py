"""Sliding-window prediction: every token gets the mean answer of the windows that cover it."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from actiondiff_gui.classifier.bouts import BoutSettings, find_bouts
from actiondiff_gui.classifier.models.trained import TrainedClassifier
from actiondiff_gui.classifier.predict import (
    predict_recording_job,
    token_spans,
    window_starts,
)
from actiondiff_gui.classifier.training.fitting import fit_head
from actiondiff_gui.errors import ClassifierError
from actiondiff_gui.progress import run


@dataclass(frozen=True)
class WindowMean:
    """Answers with the mean of the window's only channel, so that averages can be done by hand."""

    channels: int = 1
    kind = "window mean"

    def proba(self, tokens):
        means = np.array([[t.mean()] for t in tokens], np.float32)
        return np.concatenate([means, 1 - means], axis=1)


@pytest.fixture
def by_hand(address):
    return TrainedClassifier(WindowMean(), ("up", "down"), address, True, 0)


def recording(classifier, values, frames, **windows):
    tokens = np.array(values, np.float32)[:, None]
    return run(predict_recording_job(classifier, tokens, frames, classifier.address, **windows))


def test_windows_reach_the_end():
    assert window_starts(10, 4, 3).tolist() == [0, 3, 6]
    assert window_starts(11, 4, 3).tolist() == [0, 3, 6, 7]
    assert window_starts(3, 4, 2).tolist() == [0]


def test_answers_are_averaged_over_the_covering_windows(by_hand):
    got = recording(by_hand, [0, 0, 1, 1, 1], [0, 4, 8, 12, 16], window=3, hop=1)
    first, second, third = 1 / 3, 2 / 3, 1
    expected = [first, (first + second) / 2, (first + second + third) / 3, (second + third) / 2, third]
    assert got.probabilities[:, 0] == pytest.approx(expected, abs=1e-6)
    assert got.starts.tolist() == [0, 4, 8, 12, 16]
    assert got.ends.tolist() == [4, 8, 12, 16, 20]


def test_frames_take_the_answer_of_their_token(by_hand):
    got = recording(by_hand, [0, 1], [2, 5], window=1, hop=1)
    assert got.per_frame()[:, 0].tolist() == [0, 0, 0, 1, 1, 1]
    wide = got.per_frame(0, 10)[:, 0]
    assert np.isnan(wide[[0, 1, 8, 9]]).all()
    assert wide[2:8].tolist() == [0, 0, 0, 1, 1, 1]


def test_windows_and_answers_do_not_reach_across_a_hole(by_hand):
    got = recording(by_hand, [0, 0, 0, 1, 1, 1], [0, 4, 8, 100, 104, 108], window=4, hop=1)
    assert got.probabilities[:, 0].tolist() == [0, 0, 0, 1, 1, 1]
    assert np.isnan(got.per_frame()[12:100]).all()
    assert not np.isnan(got.per_frame()[:12]).any()


def test_one_token_and_uneven_steps_have_spans():
    ends, stretches = token_spans(np.array([7]))
    assert (ends.tolist(), stretches) == ([8], [slice(0, 1)])
    ends, stretches = token_spans(np.array([0, 3, 7, 10]))
    assert (ends.tolist(), stretches) == ([3, 7, 10, 13], [slice(0, 4)])


def test_recordings_that_do_not_fit_are_refused(by_hand):
    for values, frames, says in (
        ([0, 1], [0], "2 tokens and 1 frame"),
        ([0, 1], [4, 4], "rising"),
        ([], [], "no tokens"),
        ([0, np.nan], [0, 1], "not numbers"),
    ):
        with pytest.raises(ClassifierError, match=says):
            recording(by_hand, values, frames)
    with pytest.raises(ClassifierError, match="hop"):
        recording(by_hand, [0, 1], [0, 1], window=2, hop=3)
    elsewhere = replace(by_hand.address, timestep="t5")
    with pytest.raises(ClassifierError, match="t5"):
        run(predict_recording_job(by_hand, np.ones((2, 1)), [0, 1], elsewhere))


def test_a_clips_answer_does_not_depend_on_its_neighbours(make_tokens, quick):
    tokens = make_tokens(lengths=(2, 40))
    classifier = fit_head("transformer", tokens, range(len(tokens)), settings=quick)
    together = classifier.predict_proba(tokens)
    alone = np.concatenate([classifier.predict_proba(tokens.subset([i])) for i in range(len(tokens))])
    assert together == pytest.approx(alone, abs=1e-5)


def test_actions_in_a_long_recording_are_found_where_they_are(make_tokens, quick):
    tokens = make_tokens(domains=("a",), per_class=20, signal=3.0, shift=0.0)
    classifier = fit_head("transformer", tokens, range(len(tokens)), settings=replace(quick, epochs=15))
    answer = tokens.labels.argmax(1)
    of_class = [np.concatenate([tokens.tokens[i] for i in np.flatnonzero(answer == k)]) for k in range(3)]
    order, length = [0, 2, 1, 0], 40
    stream = np.concatenate([of_class[k][:length] for k in order])
    got = run(
        predict_recording_job(
            classifier, stream, 1000 + 4 * np.arange(len(stream)), tokens.address, window=8, hop=2
        )
    )
    settings = BoutSettings(threshold=0.4, min_length=40, smoothing=9, max_gap=8)
    bouts = find_bouts(got.per_frame(), got.classes, settings, got.single_label, int(got.starts[0]))
    assert [b.label for b in bouts] == [f"action {k}" for k in order]
    for place, bout in enumerate(bouts):
        assert abs(bout.start - (1000 + 160 * place)) <= 16
