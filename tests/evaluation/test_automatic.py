"""Automatic choice of an address, on training clips alone."""

from dataclasses import replace

import numpy as np
import pytest

from actiondiff_gui.backbones.reading import Reading
from actiondiff_gui.classifier.result_words import sentences
from actiondiff_gui.classifier.training.plan import TrainingPlan
from actiondiff_gui.classifier.training.run import TrainingRun, training_run_job
from actiondiff_gui.errors import AnalysisError, FeatureStoreError
from actiondiff_gui.evaluation.automatic import address_choice_job
from actiondiff_gui.evaluation.scoreboard.candidates import candidates, spreads
from actiondiff_gui.progress import run
from tests.evaluation.worlds import token_set, world

NOISE, ACTION, LEAKY, LACKING = (
    Reading("t10", (1,)),
    Reading("t10", (1, 4, 7), "mean+change"),
    Reading("t0", (2,)),
    Reading("t0", (3,)),
)


def test_the_list_to_choose_from_is_short_and_begins_with_the_simplest():
    found = candidates(["t0", "t20"], range(1, 14), usual=(2, 5, 8))

    assert spreads(range(1, 14)) == ((1, 4, 7), (3, 6, 9))
    at = [each for each in found if each.timestep == "t20"]
    assert at[:13] == [Reading("t20", (n,)) for n in range(1, 14)]
    assert at[13:16] == [Reading("t20", each) for each in ((1, 4, 7), (3, 6, 9), (2, 5, 8))]
    changes = [each.layers for each in at[16:]]
    assert all(each.pooling == "mean+change" for each in at[16:])
    assert changes == [(1,), (3,), (4,), (6,), (7,), (9,), (1, 4, 7), (3, 6, 9), (2, 5, 8)]
    assert len(found) == 2 * len(at)


@pytest.mark.parametrize("layers", [(5,), (5, 9), (2, 4, 6), (1, 2, 3, 4)])
def test_of_few_layers_all_are_in_the_list_and_none_twice(layers):
    found = candidates(["-"], layers, ["mean"], usual=layers)
    assert len(set(found)) == len(found)
    assert {layer for each in found for layer in each.layers} == set(layers)
    assert all(set(each.layers) <= set(layers) for each in found)


def features_at():
    """Clips of three domains: one address carries the action, one is noise, and one carries it in the third domain alone."""
    noise, actions, domains, groups = world(seed=2)
    hot = (actions[:, None] == np.unique(actions)).astype(float)
    third = domains == "species 2"
    leaky = np.where(third[:, None], 9 * hot, noise[:, : hot.shape[1]])
    found = {NOISE: noise, ACTION: 3 * hot + 0.5 * noise[:, : hot.shape[1]], LEAKY: leaky}

    def load(timestep, layers, pooling):
        reading = Reading(timestep, layers, pooling)
        if reading not in found:
            raise FeatureStoreError("No clip has features there.")
        tokens = token_set(found[reading], actions, domains, groups)
        return replace(tokens, address=replace(tokens.address, **reading._asdict()))

    return load, load(*NOISE)


def test_the_address_that_names_actions_in_validation_is_chosen_whatever_test_clips_say():
    load, clips = features_at()
    choice = run(address_choice_job(load, clips, [LEAKY, NOISE, LACKING, ACTION]))
    train = np.flatnonzero(np.array(clips.domains) != "species 2")

    best = choice.best(train)

    assert best.reading == ACTION
    assert best.validation > 0.9
    assert LACKING not in choice.vectors
    # What a clip outside the training clips looks like, or is labelled, changes nothing.
    outside = np.array(clips.domains) == "species 2"
    for reading in (LEAKY, NOISE):
        choice.vectors[reading][outside] = 100 * clips.labels[outside].argmax(axis=1)[:, None]
    again = replace(
        choice,
        _known={},
        clips=replace(
            clips,
            labels=np.roll(clips.labels, 1, axis=1) * outside[:, None] + clips.labels * ~outside[:, None],
        ),
    )
    assert again.best(train) == best


def test_too_few_clips_to_validate_are_told_as_such():
    load, clips = features_at()
    choice = run(address_choice_job(load, clips, [ACTION]))
    one_action = np.flatnonzero(clips.labels[:, 0] == 1)
    with pytest.raises(AnalysisError, match="cannot be chosen automatically"):
        choice.best(one_action)


def test_a_training_is_kept_and_tested_at_the_addresses_chosen_without_the_tested_clips():
    load, clips = features_at()
    choice = run(address_choice_job(load, clips, [NOISE, ACTION]))
    plan = TrainingPlan("linear", domain="species", test="each-domain", compare=False, automatic=True)

    model = run(training_run_job(clips, TrainingRun(plan), resamples=20, choice=choice))

    results = model.metrics["results"]
    assert model.address.reading == ACTION
    assert [fold["layers"] for fold in results["addresses"]["folds"]] == [(1, 4, 7)] * 3
    assert results["heads"]["linear"]["accuracy"]["value"] > 0.9
    assert any("t10, layers 1, 4, 7, mean + change" in sentence for sentence in sentences(results))
    given = run(training_run_job(clips, TrainingRun(replace(plan, automatic=False)), resamples=20))
    assert given.address.reading == NOISE
    assert given.metrics["results"]["heads"]["linear"]["accuracy"]["value"] < 0.6
