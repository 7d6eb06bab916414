import numpy as np
import pytest

from actiondiff_gui.errors import AnalysisError
from actiondiff_gui.evaluation.splits import group_folds, without_domains
from actiondiff_gui.evaluation.study.plans import plan_splits
from tests.evaluation.worlds import world


def check(plan, splits):
    for split in splits:
        assert not set(split.train) & set(split.test)
        assert not set(plan.groups[split.train]) & set(plan.groups[split.test])


@pytest.mark.parametrize("per_group", [1, 2, 5, 10])
def test_no_source_group_is_ever_on_both_sides(per_group):
    _, actions, domains, _ = world(clips=120)
    shuffled = np.random.default_rng(0).permutation(120) // per_group
    plan = plan_splits(actions, domains, shuffled.astype(str))

    for splits in (plan.across, plan.within, plan.telling_domain):
        check(plan, splits)


def test_every_clip_is_tested_once_across_and_once_within():
    _, actions, domains, groups = world()
    plan = plan_splits(actions, domains, groups)

    for splits in (plan.across, plan.within, plan.telling_domain):
        tested = np.concatenate([split.test for split in splits])
        np.testing.assert_array_equal(np.sort(tested), np.arange(72))
    for split in plan.across:
        assert len(set(plan.domains[split.test])) == 1
        assert not set(plan.domains[split.test]) & set(plan.domains[split.train])
    assert plan.warnings == ()


def test_a_source_filmed_in_two_domains_is_not_trained_on_while_one_is_tested():
    actions = np.array(["walk", "eat"] * 6)
    domains = np.array(["first person", "third person"]).repeat(6)
    groups = np.array([f"scene {i % 6 // 2}" if i % 6 < 4 else f"only {i}" for i in range(12)])

    plan = plan_splits(actions, domains, groups)

    check(plan, plan.across)
    assert [list(split.train) for split in plan.across] == [[10, 11], [4, 5]]
    assert "With first person held out, 4 clips of other domains were not trained on" in plan.warnings[0]


def test_an_action_of_one_domain_only_is_not_scored_there():
    _, actions, domains, groups = world(clips=24, actions=2)
    actions[domains == "species 1"] = np.where(np.arange(8) < 2, "fly", actions[domains == "species 1"])

    plan = plan_splits(actions, domains, groups)

    tested = np.concatenate([split.test for split in plan.across])
    assert set(actions[tested]) == {"walk", "eat"}
    assert any("2 of its clips were not scored: no clip trained on shows fly" in w for w in plan.warnings)


def test_a_domain_is_not_held_out_if_one_action_is_left():
    actions = np.array(["walk", "eat", "walk", "walk", "walk", "eat"])
    domains = np.array(["mouse", "mouse", "fish", "fish", "fly", "fly"])

    plan = plan_splits(actions[:4], domains[:4], np.arange(4).astype(str))

    assert [set(domains[:4][split.test]) for split in plan.across] == [{"fish"}]
    assert any("mouse was not scored as held-out" in w for w in plan.warnings)


def test_domains_of_a_single_source_have_no_score_within_and_none_for_the_domain():
    _, actions, domains, _ = world(clips=24)

    plan = plan_splits(actions, domains, domains)

    assert plan.within == plan.telling_domain == ()
    assert len(plan.across) == 3
    assert any("No accuracy within species 0, species 1, species 2" in w for w in plan.warnings)


def test_clips_without_a_source_group_stand_alone():
    _, actions, domains, groups = world(clips=24)
    groups[:5] = ""

    plan = plan_splits(actions, domains, groups)

    assert len(set(plan.groups)) == 24
    assert "5 clips have no source group" in plan.warnings[0]


@pytest.mark.parametrize(
    ("actions", "domains", "sentence"),
    [
        (["walk", "eat"], ["mouse", "mouse"], "two domains, but only 'mouse'"),
        (["walk", "walk"], ["mouse", "fish"], "two actions, but only 'walk'"),
        ([], [], "there are no clips"),
        (["walk", "eat"], ["mouse", "fish"], "No held-out domain can be scored"),
        (["walk"], ["mouse", "fish"], "1 actions, 2 domains"),
    ],
)
def test_clips_that_allow_no_scores_are_refused(actions, domains, sentence):
    with pytest.raises(AnalysisError, match=sentence):
        plan_splits(actions, domains, [f"g{i}" for i in range(len(domains))])


def test_there_are_fewer_folds_where_there_are_fewer_groups():
    groups = np.array(["a", "a", "b", "b", "c"])

    assert len(group_folds(np.array(["x", "y"] * 2 + ["x"]), groups, 5, 0)) == 3
    assert group_folds(np.array(["x", "y"]), np.array(["a", "a"]), 5, 0) == []


def test_holding_out_two_domains_trains_on_the_others():
    _, _, domains, groups = world(clips=24)

    split = without_domains(domains, groups, ["species 0", "species 2"])

    assert set(domains[split.train]) == {"species 1"}
    assert set(domains[split.test]) == {"species 0", "species 2"}


def test_one_domain_is_enough_where_nothing_is_held_out():
    actions, domains, groups = np.array(["a", "b"] * 4), np.array(["lab"] * 8), np.array(list("aabbccdd"))
    with pytest.raises(AnalysisError, match=r"only 'lab' occurs.*choose the silhouette by action"):
        plan_splits(actions, domains, groups)
    plan = plan_splits(actions, domains, groups, across=False)
    assert (plan.across, plan.within, plan.telling_domain, plan.warnings) == ((), (), (), ())
    with pytest.raises(AnalysisError, match=r"only 'a' occurs. Label or import more\.$"):
        plan_splits(np.array(["a"] * 8), domains, groups, across=False)
