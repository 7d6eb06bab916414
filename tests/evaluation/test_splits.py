"""Splits: no source group on two sides, and every excluded clip is reported."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from actiondiff_gui.errors import ClassifierError
from actiondiff_gui.evaluation.sources import source_names, validation_part
from actiondiff_gui.evaluation.splits import (
    k_fold,
    leave_one_domain_out,
    train_on_test_on,
    within_domains,
)
from actiondiff_gui.features.tokens import FeatureAddress, TokenSet


@st.composite
def token_sets(draw):
    count = draw(st.integers(4, 40))
    classes = draw(st.integers(1, 4))
    several = draw(st.booleans())
    pick = st.lists(st.integers(0, 3), min_size=count, max_size=count)
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    if several:
        labels = rng.integers(-1, 2, size=(count, classes)).astype(np.int8)
    else:
        labels = np.eye(classes, dtype=np.int8)[rng.integers(0, classes, count)]
        labels[rng.random(count) < 0.1] = 0
    domains = [("", "x", "y", "z")[i] for i in draw(pick)]
    groups = [("", "g1", "g2", "")[i] or f"own {n % 7}" * (i == 3) for n, i in enumerate(draw(pick))]
    return TokenSet(
        tuple(f"clip {i}" for i in range(count)),
        (np.zeros((1, 1)),) * count,
        tuple(f"action {k}" for k in range(classes)),
        labels,
        tuple(domains),
        tuple(groups),
        FeatureAddress("b", "d", "t0", 1),
    )


PROTOCOLS = {
    "leave one out": lambda t, seed: leave_one_domain_out(t, seed=seed),
    "x to y and z": lambda t, seed: train_on_test_on(t, ["x"], ["y", "z"], seed=seed),
    "within": lambda t, seed: within_domains(t, 3, seed=seed),
    "k-fold": lambda t, seed: k_fold(t, 4, seed=seed),
}


@pytest.mark.parametrize("name", PROTOCOLS)
@given(tokens=token_sets(), seed=st.integers(0, 100))
@settings(max_examples=60, deadline=None)
def test_no_source_sits_in_two_parts_and_every_clip_is_accounted_for(name, tokens, seed):
    try:
        folds = PROTOCOLS[name](tokens, seed)
    except ClassifierError:
        event("refused")
        return
    event("divided")
    source = source_names(tokens)
    tested = np.concatenate([f.test for f in folds])
    assert len(tested) == len(set(tested.tolist()))
    for fold in folds:
        parts = [set(source[p].tolist()) for p in (fold.train, fold.validation, fold.test)]
        assert not parts[0] & parts[1]
        assert not parts[0] & parts[2]
        assert not parts[1] & parts[2]
        assert len(fold.train)
        assert len(fold.test)
        seen = {*fold.train.tolist(), *fold.validation.tolist(), *fold.test.tolist()}
        assert not seen & set(fold.dropped)
        assert all((tokens.labels[i] != 0).any() for i in seen)
        shown = tokens.labels == 1
        assert not (shown[fold.validation].any(axis=0) & ~shown[fold.train].any(axis=0)).any()
        if name == "leave one out":
            assert seen | set(fold.dropped) == set(range(len(tokens)))
            assert len({tokens.domains[i] for i in fold.test}) == 1
            assert not {tokens.domains[i] for i in fold.test} & {
                tokens.domains[i] for i in [*fold.train, *fold.validation]
            }


@pytest.mark.parametrize("name", PROTOCOLS)
def test_folds_do_not_depend_on_the_order_of_the_clips(make_tokens, name):
    tokens = make_tokens(domains=("x", "y", "z"))
    order = np.random.default_rng(0).permutation(len(tokens))
    mixed = tokens.subset(order)
    for one, other in zip(PROTOCOLS[name](tokens, 3), PROTOCOLS[name](mixed, 3), strict=True):
        for part in ("train", "validation", "test"):
            ids = {tokens.clip_ids[i] for i in getattr(one, part)}
            assert ids == {mixed.clip_ids[i] for i in getattr(other, part)}


def test_each_domain_is_held_out_once_with_all_its_clips(make_tokens):
    tokens = make_tokens(domains=("bird", "fish", "frog"))
    folds = leave_one_domain_out(tokens)
    assert [f.name for f in folds] == ["held out: bird", "held out: fish", "held out: frog"]
    for fold, domain in zip(folds, ("bird", "fish", "frog"), strict=True):
        assert fold.test.tolist() == [i for i, d in enumerate(tokens.domains) if d == domain]
        assert not fold.dropped
        assert not fold.notes


def test_the_validation_part_has_about_its_share_of_every_action(make_tokens):
    tokens = make_tokens(per_class=20)
    train, held, notes = validation_part(tokens, range(len(tokens)), 0.2, seed=1)
    shares = (tokens.labels[held] == 1).sum(0) / (tokens.labels == 1).sum(0)
    assert shares == pytest.approx([0.2] * 3, abs=0.04)
    assert not notes
    assert sorted([*train, *held]) == list(range(len(tokens)))
    assert not np.array_equal(held, validation_part(tokens, range(len(tokens)), 0.2, seed=2)[1])


def test_an_action_with_one_source_stays_in_training_and_is_named(make_tokens):
    tokens = make_tokens(per_class=4)
    alone = replace(tokens, groups=tuple("g" if c.split("-")[1] == "2" else c for c in tokens.clip_ids))
    train, _, notes = validation_part(alone, range(36), 0.3)
    assert (alone.labels[train, 2] == 1).sum() == 12
    assert "action 2" in notes[0]


def test_a_source_seen_in_both_domains_is_not_trained_on(make_tokens):
    tokens = make_tokens(domains=("first person", "third person"), clips_per_source=1)
    paired = replace(tokens, groups=tuple(g.split("/", 1)[1] for g in tokens.groups))
    with pytest.raises(ClassifierError, match="source"):
        train_on_test_on(paired, ["third person"], ["first person"])
    half = replace(tokens, groups=(*tokens.groups[:12], *paired.groups[:6], *tokens.groups[18:]))
    half = replace(half, groups=tuple("0/0" if i in (0, 20) else g for i, g in enumerate(half.groups)))
    (fold,) = train_on_test_on(half, ["third person"], ["first person"])
    assert 20 not in fold.train
    assert "0/0" in fold.dropped[20]
    assert any("not trained on" in note for note in fold.notes)


def test_what_is_dropped_is_named_with_its_reason(make_tokens):
    tokens = make_tokens()
    tokens.labels[0] = 0
    tokens = replace(tokens, domains=("a", "", *tokens.domains[2:]))
    fold = leave_one_domain_out(tokens)[0]
    assert fold.dropped == {0: "it has no label", 1: "its domain is not known"}


def test_an_action_that_a_domain_lacks_is_a_note(make_tokens):
    tokens = make_tokens(domains=("a", "b"))
    keep = [i for i, c in enumerate(tokens.clip_ids) if not c.startswith("a-2")]
    tokens = tokens.subset(keep)
    held_a, held_b = leave_one_domain_out(tokens)
    assert any("action 2" in n and "not tested" in n for n in held_a.notes)
    assert any("action 2" in n and "cannot be predicted" in n for n in held_b.notes)
    assert {tokens.clip_ids[i][:3] for i in held_b.dropped} == {"b-2"}


def test_an_action_with_one_clip_is_trained_on_with_a_note_and_never_tested(make_tokens):
    tokens = make_tokens()
    keep = [i for i, c in enumerate(tokens.clip_ids) if "-2-" not in c or c == "a-2-000"]
    tokens = tokens.subset(keep)
    only = tokens.clip_ids.index("a-2-000")
    held_a, held_b, _ = leave_one_domain_out(tokens)
    assert held_a.dropped == {only: "its action has no training clip"}
    assert only in held_b.train
    assert any("Only one training clip shows action 2" in note for note in held_b.notes)


def test_clips_of_unknown_source_are_mentioned(make_tokens):
    tokens = replace(make_tokens(), groups=("",) * 54)
    assert any("no known source" in n for n in leave_one_domain_out(tokens)[0].notes)


def test_folds_within_a_domain_keep_the_shares_of_actions(make_tokens):
    tokens = make_tokens(per_class=10, clips_per_source=2)
    folds = k_fold(tokens, 5, "b")
    assert len(folds) == 5
    for fold in folds:
        assert (tokens.labels[fold.test] == 1).sum(0).tolist() == [2, 2, 2]
        assert {tokens.domains[i] for i in [*fold.train, *fold.test]} == {"b"}


def test_fewer_sources_than_folds_give_fewer_folds(make_tokens):
    tokens = make_tokens(classes=2, per_class=6)
    tokens = replace(tokens, groups=tuple(f"{d}{i % 3}" for i, d in enumerate(tokens.domains)))
    folds = k_fold(tokens, 5, "a")
    assert len(folds) == 3
    assert "3 folds were made instead of 5" in folds[0].notes[0]


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda t: train_on_test_on(t, ["a"], ["moon"]), "moon"),
        (lambda t: train_on_test_on(t, [], ["a"]), "train"),
        (lambda t: train_on_test_on(t, ["a", "b"], ["b"]), "both"),
        (lambda t: leave_one_domain_out(replace(t, domains=("a",) * 54)), "only 'a'"),
        (lambda t: leave_one_domain_out(replace(t, domains=("",) * 54)), "label and a known domain"),
        (lambda t: leave_one_domain_out(replace(t, labels=0 * t.labels)), "label"),
        (lambda t: leave_one_domain_out(t.subset(range(6))), "another action"),
        (lambda t: leave_one_domain_out(t, validation=1.0), "share"),
        (lambda t: k_fold(t, 1), "two"),
        (lambda t: k_fold(t, 3, "moon"), "moon"),
        (lambda t: k_fold(replace(t, groups=("v",) * 54), 3), "two sources"),
        (lambda t: within_domains(replace(t, groups=t.domains), 3), "two sources"),
        (lambda t: within_domains(replace(t, domains=("",) * 54), 3), "facet"),
    ],
)
def test_what_cannot_be_divided_is_said_in_words(make_tokens, ask, says):
    with pytest.raises(ClassifierError, match=says):
        ask(make_tokens())
