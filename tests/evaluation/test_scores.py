import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import silhouette_score
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from actiondiff_gui.errors import AnalysisError
from actiondiff_gui.evaluation.classifiers import ProbeSettings
from actiondiff_gui.evaluation.scores import MEASURES, score_address, score_features, scored_clips
from actiondiff_gui.evaluation.study.plans import plan_splits
from tests.evaluation.worlds import token_set, world


def test_features_that_are_the_action_tell_it_everywhere_and_not_the_domain():
    _, actions, domains, groups = world()
    features = (actions[:, None] == np.unique(actions)).astype(float)

    scores = score_address(features, actions, domains, groups)

    for measure in ("across_linear", "across_knn", "within_linear", "within_knn", "silhouette_action"):
        assert scores.of(measure).value == 1
    assert scores.of("gap_linear").value == 0
    domain = scores.of("domain_linear")
    assert domain.low < domain.chance == pytest.approx(1 / 3)
    assert scores.of("silhouette_domain").value < 0


def test_features_that_are_the_domain_tell_it_and_not_the_action():
    _, actions, domains, groups = world()
    features = (domains[:, None] == np.unique(domains)).astype(float)

    scores = score_address(features, actions, domains, groups)

    assert scores.of("domain_linear").value == 1
    assert scores.of("silhouette_domain").value == 1
    assert scores.of("across_linear").value == pytest.approx(0.25)
    assert scores.of("across_linear").chance == pytest.approx(0.25)


def test_of_noise_the_intervals_hold_chance():
    missed = 0
    for seed in range(4):
        scores = score_address(*world(clips=144, seed=seed))
        for measure in ("across_linear", "across_knn", "within_linear", "within_knn", "domain_linear"):
            score = scores.of(measure)
            missed += not score.low - 0.03 < score.chance < score.high + 0.03
        for measure in ("gap_linear", "gap_knn"):
            assert scores.of(measure).low < 0 < scores.of(measure).high
        for measure in ("silhouette_action", "silhouette_domain"):
            assert scores.of(measure).value == pytest.approx(scores.of(measure).chance, abs=0.03)
    assert missed <= 1


def test_a_domain_that_turns_the_meaning_of_features_around_shows_as_a_gap():
    _, actions, domains, groups = world(actions=2, domains=2, clips=80)
    sign = np.where(domains == "species 0", 1.0, -1.0)
    features = np.stack([sign * (actions == "walk"), sign], axis=1)
    features = np.hstack([features, features[:, :1] * features[:, 1:]])

    scores = score_address(features[:, :1] * 2 - sign[:, None], actions, domains, groups)

    assert scores.of("across_linear").value == 0
    assert scores.of("within_linear").value < 0.7
    full = score_address(features, actions, domains, groups)
    assert full.of("within_linear").value == 1
    assert full.of("gap_linear").value == 1 - full.of("across_linear").value


@pytest.mark.parametrize("channels", [10, 400])
def test_held_out_predictions_are_those_of_scikit_learn(channels):
    features, actions, domains, groups = world(0.4, 1.0, clips=90, channels=channels, seed=5)
    scaled = FunctionTransformer(lambda x: x / np.sqrt(channels))
    linear = make_pipeline(StandardScaler(), scaled, LogisticRegression(C=10.0, max_iter=5000, tol=1e-8))
    nearest = make_pipeline(StandardScaler(), KNeighborsClassifier(1))

    scores = score_address(features, actions, domains, groups, ProbeSettings(neighbours=1))

    for probe, model in (("linear", linear), ("knn", nearest)):
        expected = cross_val_predict(model, features, actions, groups=domains, cv=LeaveOneGroupOut())
        assert np.mean(scores.predicted[probe] == expected) > 0.98
        assert scores.of(f"across_{probe}").value == pytest.approx(
            balanced_accuracy_by(expected == actions, domains), abs=0.03
        )


def balanced_accuracy_by(correct, domains):
    return np.mean([correct[domains == domain].mean() for domain in np.unique(domains)])


def test_silhouettes_are_those_of_scikit_learn():
    features, actions, domains, groups = world(1.0, 2.0)
    scores = score_address(features, actions, domains, groups)
    standardised = StandardScaler().fit_transform(features)

    assert scores.of("silhouette_action").value == pytest.approx(silhouette_score(standardised, actions))
    assert scores.of("silhouette_domain").value == pytest.approx(silhouette_score(standardised, domains))


def test_domains_count_alike_however_many_clips_they_have():
    features, actions, domains, groups = world(0.5, 1.0, clips=96)
    keep = (domains != "species 0") | (np.arange(96) < 30)
    features, actions, domains, groups = (a[keep] for a in (features, actions, domains, groups))

    scores = score_address(features, actions, domains, groups)

    each = [scores.of("across_linear", name).value for name in np.unique(domains)]
    assert scores.of("across_linear").value == pytest.approx(np.mean(each))
    assert scores.of("across_linear").n == len(domains)


def test_the_blind_guess_knows_which_action_is_frequent():
    actions = np.array(["walk"] * 6 + ["eat"] * 2).repeat(3)
    domains = np.array(["a", "b", "c"] * 8)
    scores = score_address(np.random.default_rng(0).normal(size=(24, 3)), actions, domains, [""] * 24)

    assert scores.of("across_linear").chance == pytest.approx(0.75)


def test_standardisation_sees_the_training_part_only():
    features, actions, domains, groups = world(1.0)
    far = features.copy()
    far[domains == "species 2"] += 1e6

    near_scores, far_scores = (score_address(f, actions, domains, groups) for f in (features, far))

    train_only = near_scores.predicted["linear"][domains == "species 2"]
    assert len(set(train_only)) > 1
    assert len(set(far_scores.predicted["linear"][domains == "species 2"])) == 1


def test_an_action_absent_in_training_is_left_out_and_said():
    features, actions, domains, groups = world(3.0, clips=48)
    actions = actions.copy()
    actions[(domains == "species 1") & (actions == "walk")] = "fly"

    scores = score_address(features, actions, domains, groups)

    assert all(p is None for p in scores.predicted["linear"][actions == "fly"])
    assert scores.of("across_linear").n == 44
    assert any("fly" in warning for warning in scores.warnings)


def test_constant_features_score_chance_and_do_not_fail():
    _, actions, domains, groups = world()

    scores = score_address(np.ones((72, 50)), actions, domains, groups)

    assert scores.of("across_linear").value == pytest.approx(0.25)
    assert scores.of("across_knn").value == pytest.approx(0.25)


def test_every_measure_is_there_and_within_its_bounds():
    scores = score_address(*world(0.5, 0.5))

    means = [score for score in scores.scores if not score.domain]
    assert [score.measure for score in means] == list(MEASURES)
    for score in scores.scores:
        assert -1 <= score.low <= score.value <= score.high <= 1
        assert isinstance(score.value, float)


def test_where_a_domain_is_one_source_the_measures_within_are_unknown():
    features, actions, domains, _ = world(2.0)

    scores = score_address(features, actions, domains, domains)

    assert scores.of("across_linear").value > 0.8
    for measure in ("within_linear", "gap_linear", "domain_linear"):
        assert np.isnan(scores.of(measure).value)
        assert scores.of(measure).n == 0


@pytest.mark.parametrize("shape", [(71, 4), (72,), (72, 0)])
def test_features_that_do_not_fit_are_refused(shape):
    _, actions, domains, groups = world()
    with pytest.raises(AnalysisError, match="for each of 72 clips"):
        score_features(np.zeros(shape), plan_splits(actions, domains, groups))


def test_features_that_are_not_finite_are_refused():
    features, *names = world()
    features[3, 2] = np.nan
    with pytest.raises(AnalysisError, match="not finite"):
        score_address(features, *names)


@pytest.mark.parametrize("settings", [{"neighbours": 0}, {"folds": 1}, {"inverse_regularisation": 0}])
def test_settings_without_sense_are_refused(settings):
    with pytest.raises(AnalysisError):
        ProbeSettings(**settings)


def test_clips_with_no_one_action_or_an_unknown_domain_are_left_out_and_said():
    tokens = token_set(*world(clips=12))
    tokens.labels[2] = 0
    tokens.labels[3] = 1
    tokens.labels[4] = -tokens.labels[4]
    tokens = token_set_with(tokens, domains=("", *tokens.domains[1:]))

    indices, actions, warnings = scored_clips(tokens)

    assert list(indices) == [1, 5, 6, 7, 8, 9, 10, 11]
    assert [tokens.classes[tokens.labels[i].argmax()] for i in indices] == list(actions)
    assert "3 of 12 clips" in warnings[0]
    assert "1 of 12 clips" in warnings[1]


def test_clips_without_labels_cannot_be_scored():
    tokens = token_set(*world(clips=12))
    tokens.labels[:] = 0
    with pytest.raises(AnalysisError, match="label some clips"):
        scored_clips(tokens)


def token_set_with(tokens, **changes):
    from dataclasses import replace

    return replace(tokens, **changes)
