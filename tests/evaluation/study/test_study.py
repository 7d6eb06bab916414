import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest

from actiondiff_gui.errors import AnalysisError, FeatureStoreError
from actiondiff_gui.evaluation.scores import MEASURES, score_address
from actiondiff_gui.evaluation.study.study import study_job
from actiondiff_gui.progress import run
from tests.evaluation.worlds import token_set, world

STRENGTH = {("t5", 3): 0.0, ("t5", 9): 0.4, ("t20", 3): 0.2, ("t20", 9): 3.0}


def load(timestep, layer, **changes):
    return token_set(*world(STRENGTH[timestep, layer], 0.5, **changes), timestep, layer)


@pytest.fixture(scope="module")
def plain_study():
    return run(study_job(load, ["t5", "t20"], [3, 9], sigmas={"t20": 1.66}))


def study(load, **parameters):
    return run(study_job(load, ["t5", "t20"], [3, 9], **parameters))


def test_the_address_that_carries_the_action_wins(plain_study):
    result = plain_study

    assert result.best == ("t20", 9)
    assert [(c.timestep, c.layer) for c in result.choice.domains] == [("t20", 9)] * 3
    assert [c.domain for c in result.choice.domains] == ["species 0", "species 1", "species 2"]
    assert result.choice.value == pytest.approx(np.mean([c.value for c in result.choice.domains]))
    assert "without any clip of it" in result.choice.note
    assert {row.sigma for row in result.rows if row.timestep == "t20"} == {1.66}


def test_rows_are_the_scores_of_each_address(plain_study):
    result = plain_study

    expected = score_address(*world(0.2, 0.5))
    rows = [row for row in result.rows if (row.timestep, row.layer) == ("t20", 3)]
    assert [row.measure for row in rows] == [score.measure for score in expected.scores]
    for row, score in zip(rows, expected.scores, strict=True):
        assert (row.domain, row.n) == (score.domain, score.n)
        assert (row.value, row.low) == pytest.approx((score.value, score.low), abs=0.02)
    values = result.grid("across_knn")
    assert (result.timesteps, result.layers, values.shape) == (("t5", "t20"), (3, 9), (2, 2))
    assert values[1, 1] == values.max()


def test_the_choice_for_a_test_domain_never_sees_it():
    """An address that is perfect in the test domain alone must not be chosen for it."""

    def load(timestep, layer):
        features, actions, domains, groups = world(0.0, seed=layer)
        meaning = (actions[:, None] == np.unique(actions)).astype(float) * 9
        flattered = domains == "species 0" if layer == 3 else domains != "species 0"
        features[flattered, :4] += meaning[flattered]
        return token_set(features, actions, domains, groups, timestep, layer)

    result = run(study_job(load, ["t0"], [3, 9]))

    chosen = {choice.domain: choice for choice in result.choice.domains}
    assert chosen["species 0"].layer == 9
    assert chosen["species 0"].validation > 0.9
    assert chosen["species 0"].value < 0.6


def test_labels_of_the_test_domain_do_not_change_its_choice(plain_study):
    def spoiled(timestep, layer):
        tokens = load(timestep, layer)
        mixed = np.array(tokens.labels)
        inside = np.array(tokens.domains) == "species 1"
        mixed[inside] = np.roll(mixed[inside], 1, axis=1)
        return replace(tokens, labels=mixed)

    honest, other = (
        next(c for c in result.choice.domains if c.domain == "species 1")
        for result in (plain_study, study(spoiled))
    )

    assert (honest.timestep, honest.layer, honest.validation) == (
        other.timestep,
        other.layer,
        other.validation,
    )
    assert other.value < honest.value


def test_with_two_domains_the_other_one_chooses_by_its_sources():
    result = study(lambda *address: load(*address, domains=2))

    assert [(c.timestep, c.layer) for c in result.choice.domains] == [("t20", 9)] * 2
    assert "k-fold over the source groups of the other domain" in result.choice.note


def test_with_two_domains_of_one_source_there_is_no_choice():
    def load_single(timestep, layer):
        tokens = load(timestep, layer, domains=2)
        return replace(tokens, groups=tokens.domains)

    result = study(load_single)

    assert result.choice.domains == ()
    assert np.isnan(result.choice.value)
    assert "No address could be chosen" in result.choice.note
    assert result.best == ("t20", 9)
    assert any("No accuracy within" in warning for warning in result.warnings)


def test_many_domains_are_validated_in_blocks():
    result = run(study_job(lambda *address: load(*address, domains=10, clips=80), ["t20"], [3, 9]))

    assert len(result.choice.domains) == 10
    assert {c.layer for c in result.choice.domains} == {9}


def test_the_order_of_clips_does_not_matter(plain_study):
    def shuffled(timestep, layer):
        tokens = load(timestep, layer)
        return tokens.subset(np.random.default_rng(layer).permutation(len(tokens)))

    assert study(shuffled, sigmas={"t20": 1.66}).to_json() == plain_study.to_json()


def test_an_address_that_fails_is_passed_over_and_said():
    def broken(timestep, layer):
        if layer == 3 and timestep == "t5":
            raise FeatureStoreError("The features of clip 7 are damaged; extract it again.")
        tokens = load(timestep, layer)
        return tokens.subset(range(60)) if (timestep, layer) == ("t20", 3) else tokens

    reports = []
    result = run(study_job(broken, ["t5", "t20"], [3, 9]), reports.append)

    assert [(report.done, report.total) for report in reports] == [(i, 4) for i in range(5)]
    assert reports[-1].failed == result.failed
    assert "t5, layer 3, was skipped: The features of clip 7" in result.failed[0]
    assert "12 of 72 clips have no features there" in result.failed[1]
    assert result.best == ("t20", 9)
    np.testing.assert_array_equal(np.isnan(result.grid("across_linear")), [[True, False], [True, False]])


def test_asked_clips_only_are_scored():
    result = study(load, clip_ids=[f"clip {i:04d}" for i in range(48)])

    assert result.clips == 48


def test_addresses_whose_labels_differ_are_not_compared():
    def relabelled(timestep, layer):
        tokens = load(timestep, layer)
        return replace(tokens, labels=tokens.labels[::-1]) if layer == 9 else tokens

    assert len(study(relabelled).failed) == 2


def test_results_can_be_written_and_read_by_others(plain_study):
    result = plain_study

    table = list(csv.DictReader(io.StringIO(result.to_csv())))
    assert len(table) == len(result.rows)
    assert table[0]["sigma"] == ""
    assert table[-1]["sigma"] == "1.66"
    assert float(table[0]["value"]) == result.rows[0].value
    everything = json.loads(result.to_json())
    assert everything["best"] == ["t20", 9]
    assert everything["rows"][0]["sigma"] is None
    assert everything["measures"] == MEASURES


@pytest.mark.parametrize(
    ("arguments", "parameters"),
    [
        (([], [1]), {}),
        ((["t5", "t5"], [9]), {}),
        ((["t5"], [9]), {"probe": "svm"}),
        ((["t5"], [9]), {"summary": "median"}),
    ],
)
def test_a_study_without_sense_is_refused_before_anything_is_loaded(arguments, parameters):
    with pytest.raises(AnalysisError):
        next(study_job(pytest.fail, *arguments, **parameters))


def test_a_study_of_which_every_address_fails_says_why():
    def fail(timestep, layer):
        raise FeatureStoreError("There are no features.")

    with pytest.raises(AnalysisError, match=r"No address could be scored.*no features"):
        study(fail)
