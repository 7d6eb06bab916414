"""Execution of a training plan: one model is kept and evaluated on clips it never saw."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from actiondiff_gui.classifier.calibration import reliability
from actiondiff_gui.classifier.models.saved import describe_classifier, save_classifier
from actiondiff_gui.classifier.result_words import compared, headline, sentences
from actiondiff_gui.classifier.training.plan import TrainingPlan
from actiondiff_gui.classifier.training.run import TrainingRun, training_run_job
from actiondiff_gui.errors import ClassifierError
from actiondiff_gui.evaluation.class_scores import class_intervals
from actiondiff_gui.evaluation.metrics import per_class
from actiondiff_gui.progress import run


@pytest.fixture(scope="module")
def tokens(make_tokens):
    return make_tokens(per_class=8, signal=3.0, shift=0.5)


@pytest.fixture(scope="module")
def plan(quick):
    return TrainingPlan(
        domain="species", train_domains=("a", "b"), test_domains=("c",), settings=replace(quick, epochs=6)
    )


@pytest.fixture(scope="module")
def trained(tokens, plan):
    going = TrainingRun(plan)
    return run(training_run_job(tokens, going, resamples=200)), going


def test_the_kept_model_is_the_one_that_was_tested_on_the_held_out_domain(tokens, trained, tmp_path):
    model, going = trained
    results = model.metrics["results"]
    held = [i for i, domain in enumerate(tokens.domains) if domain == "c"]
    probabilities = model.predict_proba(tokens.subset(held))
    own = (probabilities.argmax(axis=1) == tokens.labels[held].argmax(axis=1)).mean()
    assert results["heads"]["transformer"]["top-1"]["value"] == pytest.approx(own)
    assert set(results["heads"]) == {"transformer", "linear", "knn", "majority"}
    assert np.sum(results["confusion"]) == results["tested"] == 24
    assert sorted(results["clips"]["ids"]) == sorted(tokens.clip_ids[i] for i in held)
    assert [row["name"] for row in results["domains"]] == ["c"]
    assert len(going.points) == len(model.metrics["history"]) == 6
    assert all(point.validation_loss is not None for point in going.points)
    save_classifier(model, tmp_path / "m.safetensors")
    kept = describe_classifier(tmp_path / "m.safetensors").metrics
    assert kept["results"] == json.loads(json.dumps(results))
    assert TrainingPlan.from_dict(kept["plan"]) == going.plan


def test_simpler_heads_see_spread_and_change_where_the_plan_says_so(tokens, plan, tmp_path):
    strength = 1.0 + 3.0 * tokens.labels.argmax(axis=1)
    rng = np.random.default_rng(0)
    swinging = tuple(
        (factor * rng.normal(size=clip.shape)).astype(np.float32)
        for factor, clip in zip(strength, tokens.tokens, strict=True)
    )
    right = {}
    for summary in ("mean", "mean+std+absdiff"):
        wanted = replace(plan, head="linear", compare=False, summary=summary)
        model = run(training_run_job(replace(tokens, tokens=swinging), TrainingRun(wanted), resamples=20))
        right[summary] = model.metrics["results"]["heads"]["linear"]["top-1"]["value"]
        save_classifier(model, tmp_path / f"{summary}.safetensors")
        assert describe_classifier(tmp_path / f"{summary}.safetensors").metrics["plan"]["summary"] == summary
    assert right["mean+std+absdiff"] > 0.9
    assert right["mean"] < 0.7


def test_results_are_told_in_words(trained):
    said = sentences(trained[0].metrics["results"])
    assert said[0].startswith("Better than guessing the most frequent action by ")
    assert "held-out clips" in said[1]
    assert headline(trained[0].metrics).startswith("accuracy ")


@pytest.mark.parametrize(
    ("difference", "words"),
    [
        ({"value": 0.31, "low": 0.24, "high": 0.38}, "Better than X by 31 points (95 % interval 24 to 38)."),
        ({"value": 0.05, "low": -0.03, "high": 0.12}, "Not significantly better than X"),
        ({"value": -0.2, "low": -0.3, "high": -0.1}, "Worse than X by 20 points (95 % interval 10 to 30)."),
        ({"value": 0.2, "low": None, "high": None}, "one source"),
        (None, "could not be compared"),
    ],
)
def test_a_difference_is_called_one_only_where_its_interval_says_so(difference, words):
    assert words in compared(difference, "X", "top-1")


def test_stopping_keeps_the_best_epoch_and_still_tests_it(tokens, plan):
    going = TrainingRun(replace(plan, settings=replace(plan.settings, epochs=500)))
    job = training_run_job(tokens, going, resamples=50)
    while len(going.points) < 3:
        next(job)
    going.enough = True
    model = run(job)
    assert len(going.points) in (3, 4)
    assert model.metrics["stopped"]
    assert 1 <= model.metrics["best_epoch"] <= len(going.points)
    assert model.metrics["results"]["tested"] == 24


@pytest.mark.parametrize(
    ("test", "folds"), [("each-domain", 3), ("within-domains", 6), ("recordings", 2), ("nothing", 0)]
)
def test_every_way_of_testing_trains_one_model_on_all_clips(tokens, plan, test, folds):
    chosen = replace(plan, test=test, folds=2, head="linear", train_domains=(), test_domains=())
    model = run(training_run_job(tokens, TrainingRun(chosen), resamples=50))
    assert model.training_clips == len(tokens)
    results = model.metrics["results"]
    assert len(results["folds"]) == folds
    if folds:
        assert results["tested"] == len(tokens)
        assert set(results["heads"]) == {"linear", "knn", "majority"}
    else:
        assert "No data were held out" in sentences(results)[0]


def test_stopping_during_a_cross_validation_keeps_the_model_and_what_was_tested(tokens, plan):
    going = TrainingRun(replace(plan, test="each-domain", head="linear", train_domains=(), test_domains=()))
    job = training_run_job(tokens, going, resamples=50)
    while True:
        progress = next(job)
        if progress.message.startswith("held out: a: majority"):
            going.enough = True
            break
    model = run(job)
    assert model.metrics["results"]["tested"] == 24


def test_the_actions_of_the_plan_are_all_that_is_learned(tokens, plan):
    chosen = replace(plan, head="linear", classes=("action 0", "action 2"))
    model = run(training_run_job(tokens, TrainingRun(chosen), resamples=50))
    assert model.classes == ("action 0", "action 2")
    assert model.metrics["data"]["clips"] == {"action 0": 16, "action 2": 16}


def test_damaged_features_are_told_before_anything_is_trained(tokens, plan):
    broken = list(tokens.tokens)
    broken[3] = np.full_like(broken[3], np.nan)
    with pytest.raises(ClassifierError, match="not numbers"):
        run(training_run_job(replace(tokens, tokens=tuple(broken)), TrainingRun(plan)))


def test_intervals_of_single_actions_hold_their_values(trained, tokens):
    rng = np.random.default_rng(0)
    truth = np.eye(3, dtype=bool)[rng.integers(0, 3, 60)]
    chances = rng.dirichlet(np.ones(3), 60) + truth
    known = np.ones_like(truth)
    rows = class_intervals(chances, truth, known, "abc", np.arange(60), True, 300)
    expected = per_class(chances, truth, known, "abc", True)
    for row, other in zip(rows, expected, strict=True):
        for score in ("precision", "recall", "f1"):
            assert row[score].value == pytest.approx(getattr(other, score))
            assert row[score].low <= row[score].value <= row[score].high


def test_reliability_tells_a_coin_from_an_oracle():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(size=20_000)
    honest = reliability(confidence, rng.uniform(size=20_000) < confidence)
    assert honest["error"] < 0.02
    boaster = reliability(np.full(1000, 0.95), np.arange(1000) % 2 == 0)
    assert boaster["error"] == pytest.approx(0.45)
    assert boaster["bins"] == [
        {"low": 0.9, "high": 1.0, "answers": 1000, "confidence": pytest.approx(0.95), "right": 0.5}
    ]
    assert math.isnan(reliability(np.zeros(0), np.zeros(0, bool))["error"])
