"""Simple heads against their definitions."""

from dataclasses import replace

import numpy as np
import pytest

from actiondiff_gui.classifier.models.heads import HEAD_KINDS
from actiondiff_gui.classifier.training.fitting import fit_head
from actiondiff_gui.classifier.training.presets import preset
from actiondiff_gui.errors import ClassifierError


@pytest.mark.parametrize("kind", HEAD_KINDS)
def test_every_head_answers_with_probabilities_of_the_classes(make_tokens, quick, kind):
    tokens = make_tokens(per_class=4)
    classifier = fit_head(kind, tokens, range(len(tokens)), settings=quick)
    chances = classifier.predict_proba(tokens)
    assert chances.shape == (36, 3)
    assert chances.dtype == np.float32
    assert chances.sum(axis=1) == pytest.approx(np.ones(36), abs=1e-5)
    assert (classifier.kind, classifier.classes) == (kind, tokens.classes)
    hits = (chances.argmax(1) == tokens.labels.argmax(1)).mean()
    assert hits == pytest.approx(1 / 3) if kind == "majority" else hits > 0.8
    assert classifier.predict_proba(tokens.subset([])).shape == (0, 3)


@pytest.mark.parametrize("classes", [2, 4])
def test_the_linear_head_equals_scikit_learn(make_tokens, classes):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    tokens = make_tokens(classes=classes, per_class=6, signal=0.5)
    answer = tokens.labels.argmax(1)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=10 / 16, max_iter=2000))
    expected = model.fit(tokens.pooled(), answer).predict_proba(tokens.pooled())
    ours = fit_head("linear", tokens, range(len(tokens))).predict_proba(tokens)
    assert ours == pytest.approx(expected, abs=0.03)


def test_an_action_without_a_training_clip_is_never_named(make_tokens):
    tokens = make_tokens(classes=4)
    train = np.flatnonzero(tokens.labels[:, 2] == 0)
    for kind in ("linear", "knn", "majority"):
        assert (fit_head(kind, tokens, train).predict_proba(tokens)[:, 2] == 0).all()


def test_actions_that_may_occur_together_are_answered_one_by_one(make_tokens):
    tokens = make_tokens(classes=3, per_class=8, shift=0.0)
    both = tokens.labels.copy()
    both[:, 1] = np.where(both[:, 0] == 1, 1, both[:, 1])
    tokens = replace(tokens, labels=both)
    chances = fit_head("linear", tokens, range(len(tokens))).predict_proba(tokens)
    assert ((chances > 0.5) == (both == 1)).mean() > 0.95
    assert chances.sum(axis=1).max() > 1.5


def test_neighbours_whose_answer_is_not_known_do_not_vote(make_tokens):
    tokens = make_tokens(classes=2, per_class=6, shift=0.0, signal=4.0)
    labels = np.where(tokens.labels == 1, 1, 0).astype(np.int8)
    labels[range(0, 36, 3), 1 - labels[::3].argmax(1)] = -1
    labels[0] = 1, 1
    settings = preset("small-data", unlabelled_as_negative=False)
    classifier = fit_head("knn", replace(tokens, labels=labels), range(36), settings=settings)
    chances = classifier.predict_proba(tokens)
    assert set(np.unique(chances[tokens.labels == 1])) <= {np.float32(1.0)}


def test_the_majority_head_gives_the_frequencies(make_tokens):
    tokens = make_tokens(classes=3, per_class=4)
    keep = [i for i in range(len(tokens)) if not (tokens.labels[i, 0] and i % 2)]
    chances = fit_head("majority", tokens, keep).predict_proba(tokens)
    assert chances[0] == pytest.approx([6 / 30, 12 / 30, 12 / 30])


def test_features_of_another_address_or_shape_are_refused_with_both_named(make_tokens):
    tokens = make_tokens()
    classifier = fit_head("linear", tokens, range(len(tokens)))
    elsewhere = replace(tokens, address=replace(tokens.address, timestep="t5"))
    with pytest.raises(ClassifierError) as caught:
        classifier.predict_proba(elsewhere)
    assert str(tokens.address) in str(caught.value)
    assert str(elsewhere.address) in str(caught.value)
    with pytest.raises(ClassifierError, match="9 channels where 16"):
        classifier.predict_proba(make_tokens(channels=9))


def test_an_unknown_head_is_refused(make_tokens):
    with pytest.raises(ClassifierError, match="forest"):
        fit_head("forest", make_tokens(), range(10))
