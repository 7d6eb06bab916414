"""Evaluation protocols on data that generalises, that does not, and that is random."""

import json
from dataclasses import replace

import numpy as np
import pytest

from actiondiff_gui.classifier.training.held_out import protocol_job
from actiondiff_gui.errors import ClassifierError
from actiondiff_gui.evaluation.protocol import Protocol
from actiondiff_gui.progress import run

SIMPLE = ("linear", "knn", "majority")


def measured(tokens, protocol=None, heads=SIMPLE, **options):
    return run(protocol_job(tokens, protocol, heads, resamples=100, **options))


def test_an_action_signal_beyond_the_domain_is_found_in_held_out_domains(make_tokens, quick):
    tokens = make_tokens(per_class=8, shift=0.5)
    result = measured(tokens, heads=("transformer", *SIMPLE), settings=quick, seeds=(0, 1))
    heads = result.summary["heads"]
    assert heads["transformer"]["mean_over_folds"]["top-1"] > 0.85
    assert heads["linear"]["mean_over_folds"]["top-1"] > 0.85
    assert heads["majority"]["overall"]["top-1"]["value"] == pytest.approx(1 / 3)
    assert heads["transformer"]["seeds"] == [0, 1]
    assert heads["linear"]["seeds"] == [0]
    gain = result.summary["differences"]["transformer - majority"]["top-1"]
    assert 0 < gain["low"] < gain["value"] < gain["high"]
    assert np.array(heads["transformer"]["confusion"]).sum() == 2 * len(tokens)
    assert not result.failed
    assert json.loads(json.dumps(result.summary, allow_nan=False)) == result.summary


def test_a_feature_that_is_all_domain_helps_within_and_not_across(make_tokens):
    tokens = make_tokens(signal=0.0, shift=5.0, per_class=6)
    # in every domain the actions lie elsewhere: known there, unknown anywhere else
    offset = np.random.default_rng(3).normal(size=(3, 3, 16)) * 4
    clips = tuple(
        t + offset["abc".index(d), y.argmax()].astype(np.float32)
        for t, d, y in zip(tokens.tokens, tokens.domains, tokens.labels, strict=True)
    )
    tokens = replace(tokens, tokens=clips)
    within = measured(tokens, Protocol("within-domains", folds=3), ("linear",))
    across = measured(tokens, Protocol("leave-one-domain-out"), ("linear",))
    assert within.summary["heads"]["linear"]["overall"]["top-1"]["value"] > 0.95
    assert across.summary["heads"]["linear"]["overall"]["top-1"]["value"] < 0.6


def test_noise_is_near_chance_and_the_interval_says_so(make_tokens):
    tokens = make_tokens(signal=0.0, shift=0.0, per_class=30)
    for kind in ("leave-one-domain-out", "k-fold"):
        got = measured(tokens, Protocol(kind), ("linear",)).summary["heads"]["linear"]["overall"]["top-1"]
        assert got["low"] < 1 / 3 + 0.03
        assert got["high"] > 1 / 3 - 0.03
        assert got["value"] < 0.45


def test_every_held_out_clip_has_one_row_for_each_head_and_seed(make_tokens, quick):
    tokens = make_tokens(per_class=4)
    result = measured(
        tokens,
        Protocol("train-test", ("a", "b"), ("c",)),
        ("transformer", "linear"),
        settings=replace(quick, epochs=1),
        seeds=(3, 4),
    )
    assert len(result.rows) == 12 * 3
    keys = {(r.clip_id, r.head, r.seed) for r in result.rows}
    assert len(keys) == len(result.rows)
    for row in result.rows:
        place = tokens.clip_ids.index(row.clip_id)
        assert row.true == (tokens.classes[tokens.labels[place].argmax()],)
        assert row.predicted == (tokens.classes[int(np.argmax(row.probabilities))],)
        assert (row.domain, row.fold) == ("c", "a + b -> c")
    head = result.heads["transformer"]
    assert head.probabilities.shape == (2, 12, 3)
    assert set(result.summary["heads"]["linear"]["domains"]) == {"c"}


def test_the_summary_agrees_with_the_rows(make_tokens):
    result = measured(make_tokens(signal=0.7), heads=("linear",))
    right = [r.true == r.predicted for r in result.rows]
    scores = result.summary["heads"]["linear"]
    assert scores["overall"]["top-1"]["value"] == pytest.approx(np.mean(right))
    for domain in "abc":
        right = [r.true == r.predicted for r in result.rows if r.domain == domain]
        assert scores["domains"][domain]["top-1"]["value"] == pytest.approx(np.mean(right))


def test_actions_that_may_occur_together_are_scored_by_map(make_tokens, quick):
    tokens = make_tokens(per_class=6, shift=0.2)
    labels = np.where(tokens.labels == 1, 1, -1).astype(np.int8)
    labels[::4, 0] = 1
    focal = replace(quick, loss="focal", alpha=1.0, epochs=3)
    result = measured(replace(tokens, labels=labels), heads=("transformer", "linear"), settings=focal)
    assert list(result.summary["heads"]["linear"]["overall"]) == ["mAP", "mAP (micro)"]
    assert not result.failed
    assert result.summary["heads"]["linear"]["mean_over_folds"]["mAP"] > 0.6


def test_a_repeated_run_gives_the_same_summary(make_tokens, quick):
    tokens = make_tokens(per_class=4)
    runs = [measured(tokens, heads=("transformer",), settings=replace(quick, epochs=2)) for _ in range(2)]
    assert runs[0].summary == runs[1].summary


def test_a_fold_that_cannot_be_fitted_is_named_and_the_rest_is_measured(make_tokens):
    tokens = make_tokens(domains=("a", "b"))
    tokens = tokens.subset([i for i, c in enumerate(tokens.clip_ids) if c[0] == "a" or c[:3] == "b-0"])
    reports = []
    result = run(protocol_job(tokens, None, ("linear",), resamples=10), reports.append)
    assert len(result.failed) == 1
    assert "held out: a, linear: All 6 training clips show 'action 0'" in result.failed[0]
    assert reports[-1].failed == result.failed
    assert set(result.summary["heads"]["linear"]["domains"]) == {"b"}


def test_a_head_that_cannot_be_fitted_is_named_and_the_others_are_measured(make_tokens, quick):
    tokens = make_tokens(per_class=4)
    tokens.labels[::5] = 1
    result = measured(tokens, heads=("transformer", "linear"), settings=quick)
    assert list(result.heads) == ["linear"]
    assert len(result.failed) == 3
    assert all("focal" in sentence for sentence in result.failed)


def test_a_damaged_clip_is_named_before_anything_is_fitted(make_tokens):
    tokens = make_tokens(per_class=4)
    tokens.tokens[-1][0, 0] = np.nan
    with pytest.raises(ClassifierError, match="c-2-003"):
        next(protocol_job(tokens))


def test_progress_counts_fits_and_stops_when_closed(make_tokens, quick):
    job = protocol_job(make_tokens(per_class=4), None, ("transformer", "linear"), quick, seeds=(0, 1))
    first = next(job)
    assert (first.done, first.total) == (0, 9)
    assert "held out: a, transformer, seed 0" in first.message
    job.close()
    with pytest.raises(StopIteration):
        next(job)


def test_what_cannot_be_measured_is_said_in_words(make_tokens):
    tokens = make_tokens()
    with pytest.raises(ClassifierError, match="forest"):
        measured(tokens, heads=("forest",))
    with pytest.raises(ClassifierError, match="a label and a known domain"):
        measured(tokens.subset([]))
    with pytest.raises(ClassifierError, match="at least one head"):
        measured(tokens, heads=())
    with pytest.raises(ClassifierError, match="protocol"):
        measured(tokens, Protocol("astrology"))


def test_the_labels_of_all_clips_decide_whether_actions_exclude_each_other(make_tokens):
    tokens = make_tokens(per_class=6, domains=("a", "b"))
    tokens.labels[0] = 1, 1, 0  # domain b alone looks as if they did
    result = measured(tokens, heads=("linear",))
    sums = np.array([row.probabilities for row in result.rows]).sum(axis=1)
    assert not result.summary["single_label"]
    assert np.abs(sums - 1).max() > 0.01
