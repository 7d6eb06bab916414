"""Checks of a training before it starts."""

from dataclasses import replace

import numpy as np
import pytest

from actiondiff_gui.classifier.training.checking import check_plan
from actiondiff_gui.classifier.training.plan import TrainingPlan
from actiondiff_gui.classifier.training.presets import preset
from actiondiff_gui.errors import ClassifierError

PLAN = TrainingPlan(domain="species", train_domains=("a", "b"), test_domains=("c",))


def check(tokens, plan=PLAN, has=None):
    has = np.ones(len(tokens), bool) if has is None else has
    return check_plan(tokens, has, plan, "t20, layer 9")


def said(found) -> str:
    return " ".join(("BLOCKS: " if f.blocks else "") + f.text for f in found.findings)


def without(tokens, keep):
    return tokens.subset(np.flatnonzero(keep))


def test_a_sound_plan_has_no_findings_and_counts_its_parts(make_tokens):
    found = check(make_tokens(per_class=10))
    assert found.findings == ()
    assert (found.train + found.validation, found.test, found.blocked) == (60, 30, False)


def test_nothing_labelled_blocks_and_leads_to_labelling(make_tokens):
    found = check(make_tokens().subset([]))
    assert found.blocked
    assert found.findings[0].fix == "label"


def test_a_class_with_one_clip_is_told(make_tokens):
    tokens = make_tokens(per_class=10)
    shown = tokens.labels.argmax(axis=1)
    one = without(tokens, (shown != 2) | (np.arange(len(tokens)) == np.flatnonzero(shown == 2)[0]))
    found = check(one)
    assert "Few clips to learn from: 'action 2' (1)" in said(found)
    assert not found.blocked


def test_a_class_that_a_domain_lacks_is_told_and_does_not_block(make_tokens):
    tokens = make_tokens(per_class=10)
    domains, shown = np.array(tokens.domains), tokens.labels.argmax(axis=1)
    found = check(without(tokens, (domains != "c") | (shown != 1)))
    assert "'action 1' has no clip in c, so it is not tested there." in said(found)
    assert not found.blocked
    partly = check(without(tokens, (domains != "b") | (shown != 1)))
    assert "'action 1' has no clip in b, so it is learned from the other domains only." in said(partly)
    lost = check(without(tokens, (domains == "c") | (shown != 1)))
    assert "No clip to learn from shows 'action 1'" in said(lost)


def test_a_source_on_both_sides_is_told(make_tokens):
    tokens = make_tokens(per_class=10)
    groups = list(tokens.groups)
    for place in (0, 35, 70):
        groups[place] = "day 3"
    found = check(replace(tokens, groups=tuple(groups)))
    assert "2 labelled clips are not trained on, because their recording also has held-out clips." in said(
        found
    )


def test_missing_features_are_told_with_the_help_and_block_where_none_is_there(make_tokens):
    tokens = make_tokens(per_class=10)
    has = np.arange(len(tokens)) % 3 > 0
    found = check(tokens, has=has)
    assert "30 of 90 labelled clips have no features at t20, layer 9" in said(found)
    assert found.findings[0].fix == "features"
    assert len(found.missing) == 30
    assert not found.blocked
    none = check(tokens, has=np.zeros(len(tokens), bool))
    assert none.blocked
    assert none.findings[0].fix == "features"


def test_a_single_recording_to_learn_from_blocks(make_tokens):
    tokens = make_tokens(per_class=10)
    alone = replace(
        tokens,
        groups=tuple("day 1" if d in "ab" else g for d, g in zip(tokens.domains, tokens.groups, strict=True)),
    )
    assert "BLOCKS: All 60 clips to learn from come from one recording" in said(check(alone))


def test_several_actions_at_once_need_settings_for_them(make_tokens):
    tokens = make_tokens(per_class=10)
    labels = tokens.labels.copy()
    labels[0] = (1, 1, 0)
    several = replace(tokens, labels=labels)
    assert "BLOCKS: 1 labelled clip shows several actions at once" in said(check(several))
    focal = replace(PLAN, settings=preset("small-data-several-actions"))
    assert not check(several, focal).blocked


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"train_domains": ()}, "No domain to train on"),
        ({"test_domains": ("moon",)}, "no labelled clip of a domain 'moon'"),
        ({"test_domains": ("a",)}, "both to train and to test on"),
        ({"classes": ("dance",)}, "shows 'dance'"),
        ({"classes": ("",)}, "No action is chosen"),
        ({"classes": ("action 1",)}, "All clips show 'action 1'"),
    ],
)
def test_choices_that_cannot_be_block_in_words(make_tokens, changes, words):
    found = check(make_tokens(per_class=10), replace(PLAN, **changes))
    assert found.blocked
    assert words in said(found)


def test_a_plan_that_was_kept_is_the_same_again_and_a_strange_one_is_refused():
    plan = replace(PLAN, classes=("x",), settings=preset("ucf-hmdb", seed=3), test="each-domain")
    assert TrainingPlan.from_dict(plan.to_dict()) == plan
    for strange in (
        None,
        [],
        {"head": "tree"},
        plan.to_dict() | {"settings": {"epochs": "many"}},
        {"test": 3},
    ):
        with pytest.raises(ClassifierError):
            TrainingPlan.from_dict(strange)
