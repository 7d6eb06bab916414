"""Training: learns a known structure, is reproducible, and reports errors."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from actiondiff_gui.classifier.training import loop as training
from actiondiff_gui.classifier.training.loop import TrainingProgress, best_temperature, train_job
from actiondiff_gui.errors import ClassifierError
from actiondiff_gui.evaluation.splits import train_on_all
from actiondiff_gui.features.tokens import TokenSet
from actiondiff_gui.progress import run


def split(tokens):
    """Every third source validates."""
    number = np.unique(tokens.groups, return_inverse=True)[1]
    return np.flatnonzero(number % 3 != 0), np.flatnonzero(number % 3 == 0)


def accuracy(classifier, tokens):
    return float((classifier.predict_proba(tokens).argmax(1) == tokens.labels.argmax(1)).mean())


def epochs_of(job):
    reports = []
    result = run(job, reports.append)
    return result, [r for r in reports if isinstance(r, TrainingProgress)]


def test_the_class_is_learned_and_every_epoch_is_reported(make_tokens, quick):
    tokens = make_tokens()
    train, held = split(tokens)
    classifier, epochs = epochs_of(train_job(tokens, train, held, quick))
    assert accuracy(classifier, tokens.subset(held)) > 0.9
    assert [e.done for e in epochs] == list(range(1, 9))
    assert epochs[-1].loss < epochs[0].loss
    assert epochs[-1].metric_name == "top-1"
    assert classifier.training_clips == len(train)
    assert classifier.metrics["validation"] == max(e.metric for e in epochs)


def test_actions_that_differ_only_in_the_direction_of_time_are_learned(quick, address):
    rng = np.random.default_rng(0)
    ramp = np.linspace(-2, 2, 8)[:, None] * rng.normal(size=(1, 8))
    labels = np.tile([0, 1], 40)
    clips = tuple((rng.normal(size=(8, 8)) * 0.3 + (ramp if k else -ramp)).astype(np.float32) for k in labels)
    tokens = TokenSet(
        tuple(f"c{i:02d}" for i in range(80)),
        clips,
        ("open", "close"),
        np.eye(2, dtype=np.int8)[labels],
        ("d",) * 80,
        tuple(f"s{i // 4}" for i in range(80)),
        address,
    )
    classifier = run(train_job(tokens, range(60), None, replace(quick, epochs=25)))
    assert accuracy(classifier, tokens.subset(range(60, 80))) > 0.9


def test_noise_stays_near_chance(make_tokens, quick):
    tokens = make_tokens(signal=0.0, shift=0.0, per_class=20)
    train, held = split(tokens)
    classifier = run(train_job(tokens, train, None, quick))
    assert accuracy(classifier, tokens.subset(held)) < 0.33 + 4 * np.sqrt(0.33 * 0.67 / len(held))


def test_the_same_seed_gives_the_same_classifier_in_any_order_of_clips(make_tokens, quick):
    tokens = make_tokens(per_class=4)
    train, held = split(tokens)
    first = run(train_job(tokens, train, held, quick))
    order = np.random.default_rng(1).permutation(len(tokens))
    place = np.argsort(order)
    again = run(train_job(tokens.subset(order), place[train][::-1], place[held], quick))
    other = run(train_job(tokens, train, held, replace(quick, seed=1)))
    assert np.array_equal(first.predict_proba(tokens), again.predict_proba(tokens))
    assert not np.array_equal(first.predict_proba(tokens), other.predict_proba(tokens))


def test_the_same_clips_under_the_ids_of_another_project_give_the_same_classifier(make_tokens, quick):
    tokens = make_tokens()
    keys = tuple(f"shown {i}" for i in range(len(tokens)))
    names = [f"id {n:03d}" for n in np.random.default_rng(2).permutation(len(tokens))]
    one, other = replace(tokens, keys=keys), replace(tokens, keys=keys, clip_ids=tuple(names))
    answers = []
    for each in (one, other):
        fold = train_on_all(each)
        answers.append(run(train_job(each, fold.train, fold.validation, quick)).predict_proba(each))
    np.testing.assert_array_equal(*answers)


def test_random_numbers_drawn_by_others_change_nothing_and_are_left_alone(make_tokens, quick):
    tokens = make_tokens(per_class=4)
    first = run(train_job(tokens, range(len(tokens)), None, quick))
    torch.manual_seed(5)
    expected = [torch.rand(3) for _ in range(20)]
    torch.manual_seed(5)
    drawn = []
    again = run(train_job(tokens, range(len(tokens)), None, quick), lambda _: drawn.append(torch.rand(3)))
    assert np.array_equal(first.predict_proba(tokens), again.predict_proba(tokens))
    assert all(torch.equal(a, b) for a, b in zip(expected, drawn, strict=False))


def test_stopping_keeps_the_best_epoch_so_far(make_tokens, quick):
    tokens = make_tokens()
    train, held = split(tokens)
    job = train_job(tokens, train, held, replace(quick, epochs=500))
    seen = [next(job) for _ in range(6)]
    job.close()
    newest = next(r for r in reversed(seen) if isinstance(r, TrainingProgress))
    kept = newest.best()
    assert kept.metrics["best_epoch"] == newest.best_epoch
    assert len(kept.metrics["history"]) == newest.done
    assert kept.predict_proba(tokens).shape == (len(tokens), 3)


def test_the_best_epoch_is_kept_and_patience_ends_the_rest(make_tokens, quick):
    tokens = make_tokens(signal=0.6, shift=0.0)
    train, held = split(tokens)
    _, epochs = epochs_of(train_job(tokens, train, held, replace(quick, epochs=60, patience=3)))
    last = epochs[-1]
    assert last.done < 60
    assert last.done - last.best_epoch == 3
    scores = [(e.metric, -e.validation_loss) for e in epochs]
    assert last.best_epoch == scores.index(max(scores)) + 1


def test_several_actions_at_once_are_learned(quick, address):
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(3, 16)) * 2
    shown = rng.integers(0, 2, size=(90, 3))
    clips = tuple((rng.normal(size=(6, 16)) + s @ directions).astype(np.float32) for s in shown)
    labels = np.where(shown, 1, -1).astype(np.int8)
    tokens = TokenSet(
        tuple(f"c{i:02d}" for i in range(90)),
        clips,
        ("a", "b", "c"),
        labels,
        ("d",) * 90,
        tuple(f"s{i // 3}" for i in range(90)),
        address,
    )
    focal = replace(quick, loss="focal", alpha=1.0, epochs=25, unlabelled_as_negative=False)
    classifier, epochs = epochs_of(train_job(tokens, range(60), range(60, 75), focal))
    chances = classifier.predict_proba(tokens.subset(range(75, 90)))
    assert ((chances > 0.5) == (shown[75:] == 1)).mean() > 0.9
    assert epochs[-1].metric_name == "mAP"
    with pytest.raises(ClassifierError, match="focal"):
        run(train_job(tokens, range(60), None, quick))


def test_a_channel_that_is_all_domain_does_not_hide_the_action(make_tokens, quick):
    tokens = make_tokens(per_class=8, shift=0.0)
    loud = {"a": -1.0, "b": 1.0, "c": 4.0}
    clips = tuple(
        np.concatenate([t, np.full((len(t), 1), 50 * loud[d], np.float32)], axis=1)
        for t, d in zip(tokens.tokens, tokens.domains, strict=True)
    )
    tokens = replace(tokens, tokens=clips)
    domains = np.array(tokens.domains)
    train, test = np.flatnonzero(domains != "c"), np.flatnonzero(domains == "c")
    classifier = run(train_job(tokens, train, None, quick))
    assert accuracy(classifier, tokens.subset(test)) > 0.8


def test_a_temperature_makes_overconfident_logits_honest():
    rng = np.random.default_rng(0)
    honest = rng.normal(size=(4000, 3)) * 1.5
    chance = np.exp(honest) / np.exp(honest).sum(1, keepdims=True)
    truth = np.eye(3, dtype=bool)[[rng.choice(3, p=p) for p in chance]]
    logits = (honest * 4).astype(np.float32)
    assert best_temperature(logits, truth, np.ones_like(truth), softmax=True) == pytest.approx(4, rel=0.1)


def test_long_epochs_report_in_between(make_tokens, quick, monkeypatch):
    monkeypatch.setattr(training, "SECONDS_BETWEEN_REPORTS", 0.0)
    tokens = make_tokens()
    reports = []
    run(train_job(tokens, range(len(tokens)), None, replace(quick, epochs=2)), reports.append)
    between = [r for r in reports if "batch" in r.message]
    assert len(between) == 2 * int(np.ceil(len(tokens) / 16))
    assert not any(isinstance(r, TrainingProgress) for r in between)


def test_unlabelled_clips_are_passed_over_and_named(make_tokens, quick):
    tokens = make_tokens(per_class=4)
    tokens.labels[3] = 0
    classifier, epochs = epochs_of(train_job(tokens, range(len(tokens)), None, replace(quick, epochs=1)))
    assert classifier.training_clips == len(tokens) - 1
    assert tokens.clip_ids[3] in epochs[-1].failed[0]


def spoil(tokens, value):
    clips = list(tokens.tokens)
    clips[4] = clips[4].copy()
    clips[4][0, 0] = value
    return replace(tokens, tokens=tuple(clips))


@pytest.mark.parametrize(
    ("case", "says"),
    [
        (lambda t: (t, []), "no labelled clips"),
        (lambda t: (replace(t, labels=np.zeros_like(t.labels)), range(6)), "no labelled clips"),
        (lambda t: (t, range(4)), "All 4 training clips show 'action 0'"),
        (lambda t: (spoil(t, np.nan), range(len(t))), "a-1-000"),
        (lambda t: (spoil(t, np.inf), range(len(t))), "a-1-000"),
        (lambda t: (replace(t, groups=("video 1",) * len(t)), range(len(t))), "one source"),
        (
            lambda t: (replace(t, tokens=(*t.tokens[:-1], np.zeros((4, 9)))), range(len(t))),
            "9 channels where 16",
        ),
        (lambda t: (t, [0, 5, 999]), "999"),
        (lambda t: (t, [-1, 0, 5]), "-1"),
    ],
)
def test_what_cannot_train_is_said_in_words(make_tokens, quick, case, says):
    tokens, train = case(make_tokens(per_class=4))
    with pytest.raises(ClassifierError, match=says):
        run(train_job(tokens, train, None, quick))


def test_a_single_source_trains_where_that_is_allowed(make_tokens, quick):
    tokens = replace(make_tokens(per_class=4), groups=("video 1",) * 36)
    job = train_job(tokens, range(36), None, replace(quick, epochs=1), single_source=True)
    assert run(job).training_clips == 36


def test_validation_clips_of_a_training_source_are_refused(make_tokens, quick):
    tokens = make_tokens(per_class=4)
    with pytest.raises(ClassifierError, match="a/0/0"):
        run(train_job(tokens, range(1, 36), [0], quick))
    with pytest.raises(ClassifierError, match="999"):
        run(train_job(tokens, range(1, 36), [999], quick))


def test_a_diverging_loss_and_a_missing_device_are_said_in_words(make_tokens, quick):
    tokens = make_tokens(per_class=4)
    wild = replace(quick, learning_rate=10, clip_norm=None, standardise=False)
    clips = tuple(t * np.float32(1e30) for t in tokens.tokens)
    with pytest.raises(ClassifierError, match="no longer a number"):
        run(train_job(replace(tokens, tokens=clips), range(36), None, wild))
    with pytest.raises(ClassifierError, match="xpu:7"):
        run(train_job(tokens, range(36), None, quick, device="xpu:7"))
    with pytest.raises(ClassifierError, match="toaster"):
        run(train_job(tokens, range(36), None, quick, device="toaster"))


def test_a_failure_inside_torch_is_said_in_words(make_tokens, quick, monkeypatch):
    def fail(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(training.ActionTransformer, "forward", fail)
    with pytest.raises(ClassifierError, match="memory"):
        run(train_job(make_tokens(), range(54), None, quick))
