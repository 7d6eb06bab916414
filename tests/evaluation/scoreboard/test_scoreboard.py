"""Scoreboard: separates actions from scenes, and no tested clip takes part in the choice."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from actiondiff_gui.backbones.reading import Reading
from actiondiff_gui.classifier.scored import transformer_answers
from actiondiff_gui.classifier.training.presets import preset
from actiondiff_gui.errors import AnalysisError, FeatureStoreError
from actiondiff_gui.evaluation.scoreboard.boards import OTHERS, contests, validation_splits
from actiondiff_gui.evaluation.scoreboard.playing import BoardSettings, Method, scoreboard_job
from actiondiff_gui.progress import run
from tests.evaluation.worlds import token_set, world

PROBES = BoardSettings(heads=("linear", "knn"), folds=2)
LAYERS = (Reading("t0", (1,)), Reading("t0", (2,)))


def method(name, features, facts=None, readings=None):
    """Return a method whose features are given by (timestep, layer), or the same at every address."""
    _, actions, domains, groups = facts or world()
    readings = readings or (Reading("-", (1,)),)

    def load(timestep, layers, pooling):
        found = features(timestep, layers[0]) if callable(features) else features
        tokens = token_set(found, actions, domains, groups, timestep, layers)
        return replace(tokens, address=replace(tokens.address, backbone=name, digest=name))

    return Method(name, load, load(*readings[0]), tuple(readings))


def one_hot(names):
    return (names[:, None] == np.unique(names)).astype(float)


def play(*methods, settings=PROBES, **choices):
    return run(scoreboard_job(methods, settings, **choices))


@pytest.fixture(scope="module")
def board():
    noise, actions, domains, _ = world()
    return play(method("action", one_hot(actions)), method("scene", one_hot(domains)), method("noise", noise))


def test_features_that_are_the_action_win_everywhere(board):
    for head in board.heads:
        assert (board.matrix("action", head) == 1).all()
        for kind in ("pairs", "leave-one-out", "within"):
            assert board.mean("action", head, kind).value == 1


def test_of_the_scene_and_of_noise_the_intervals_hold_chance_across_domains(board):
    for name in ("scene", "noise"):
        mean = board.mean(name, "linear", "leave-one-out")
        assert mean.chance == pytest.approx(0.25)
        assert mean.low <= 0.25 <= mean.high


def test_differences_say_who_is_better_on_the_same_clips(board):
    apart = {(d.other, d.head): d for d in board.differences()}
    for head in board.heads:
        gain = apart["noise", head]
        assert gain.value == pytest.approx(1 - board.mean("noise", head, "leave-one-out").value)
        assert gain.low > 0.5


def test_a_cell_is_what_scikit_learn_says_of_train_here_test_there():
    features, actions, domains, groups = world(0.5, 0.5, clips=96, seed=3)
    board = play(method("some", features, (None, actions, domains, groups)))

    scaled = FunctionTransformer(lambda x: x / np.sqrt(features.shape[1]))
    for row, train in enumerate([*board.domains, OTHERS]):
        for column, test in enumerate(board.domains):
            if train != test:
                learn = domains == train if train != OTHERS else domains != test
                model = make_pipeline(StandardScaler(), scaled, LogisticRegression(C=10, max_iter=5000))
                expected = model.fit(features[learn], actions[learn]).score(
                    features[domains == test], actions[domains == test]
                )
                assert board.matrix("some", "linear")[row, column] == pytest.approx(expected, abs=0.04)
    assert board.mean("some", "linear", "leave-one-out").value == pytest.approx(
        np.nanmean(board.matrix("some", "linear")[-1])
    )


def test_the_address_is_chosen_without_the_tested_domain():
    """Layer 1 is perfect in species 0 alone, layer 2 in the other two alone."""
    _, actions, domains, _ = world()

    def features(timestep, layer):
        random = np.random.default_rng(layer).normal(size=(len(actions), 4))
        good = (domains == "species 0") == (layer == 1)
        random[good] += 9 * one_hot(actions)[good]
        return random

    board = play(method("two layers", features, readings=LAYERS))

    rows = {(row.train, row.test): row for row in board.rows if row.head == "linear"}
    flattered = rows[OTHERS, "species 0"]
    assert flattered.readings == LAYERS[1:]
    assert flattered.validation == 1
    assert flattered.value < 0.6
    assert rows["species 0", "species 1"].readings == LAYERS[:1]
    assert rows["species 1", "species 2"].value == 1


def test_labels_of_the_tested_domain_change_no_choice_and_no_answer():
    features, actions, domains, groups = world(0.6, 0.5, seed=5)
    mixed = actions.copy()
    inside = domains == "species 1"
    mixed[inside] = np.roll(mixed[inside], 1)

    def layers(timestep, layer):
        return features[:, :10] if layer == 1 else features[:, 10:]

    boards = [
        play(method("m", layers, (None, labels, domains, groups), LAYERS)) for labels in (actions, mixed)
    ]

    honest, other = (
        [r for r in board.rows if r.test == "species 1" and r.train != "species 1"] for board in boards
    )
    for one, two in zip(honest, other, strict=True):
        assert (one.readings, one.validation) == (two.readings, two.validation)
        np.testing.assert_array_equal(one.answers, two.answers)


def test_no_source_is_on_both_sides():
    _, actions, domains, _ = world(clips=96)
    groups = np.array([f"video {i % 24}" for i in range(96)])
    cells, _ = contests(actions, domains, groups)
    for cell in cells:
        for split in cell.splits:
            assert not set(groups[split.train]) & set(groups[split.test])
            for inner in validation_splits(split.train, actions, domains, groups):
                assert not set(groups[inner.train]) & set(groups[inner.test])
                assert set(inner.train) | set(inner.test) <= set(split.train)


def test_a_stopped_board_goes_on_where_it_was_and_a_whole_one_is_read(tmp_path):
    features, *facts = world(0.6)
    loaded = []

    def counted(timestep, layer):
        loaded.append(layer)
        return features

    def some():
        return method("m", counted, (None, *facts), LAYERS)

    job = scoreboard_job([some()], PROBES, folder=tmp_path)
    for report in job:
        if report.rows:
            break
    job.close()
    first = play(some(), folder=tmp_path)
    loaded.clear()
    again = some()
    loaded.clear()
    second = play(again, folder=tmp_path)

    assert loaded == []
    assert second.to_csv() == first.to_csv()
    assert second.answers_to_csv() == first.answers_to_csv()


def test_repetitions_of_the_transformer_are_averaged_and_their_spread_counts():
    features, *facts = world(4.0, 0.5, clips=48)
    quick = preset("small-data", epochs=2, warmup_epochs=0, layers=1, width=16)
    settings = BoardSettings(heads=("transformer",), seeds=(0, 1), folds=2)

    board = play(
        method("m", features, (None, *facts)),
        settings=settings,
        further={"transformer": transformer_answers(quick)},
    )

    row = next(r for r in board.rows if r.kind == "leave-one-out")
    assert row.seeds == 2
    right = row.answers == board.plan.actions
    tested = np.not_equal(row.answers, None).all(axis=0)
    assert row.value == pytest.approx(right[:, tested].mean())
    assert row.low < row.value < row.high or row.value in (0, 1)


def test_tables_hold_every_answer(board):
    answers = list(csv.DictReader(io.StringIO(board.answers_to_csv())))
    cells = list(csv.DictReader(io.StringIO(board.to_csv())))

    assert len(cells) == 3 * 2 * 12
    cell = next(r for r in cells if (r["method"], r["head"], r["train"]) == ("noise", "knn", OTHERS))
    rows = [
        r
        for r in answers
        if (r["method"], r["head"], r["train"], r["domain"]) == ("noise", "knn", OTHERS, cell["test"])
    ]
    assert np.mean([r["label"] == r["predicted"] for r in rows]) == pytest.approx(float(cell["value"]))


def test_a_method_that_fails_is_passed_over_and_said():
    def broken(timestep, layers, pooling):
        raise FeatureStoreError("The features are damaged.")

    good = method("good", world()[0])
    board = play(good, Method("bad", broken, good.clips, LAYERS[:1]))

    assert board.methods == ("good",)
    assert any("bad at t0, layer 1 was skipped: The features are damaged." in said for said in board.failed)
    with pytest.raises(AnalysisError, match="No method could be scored"):
        play(Method("bad", broken, good.clips, LAYERS[:1]))


def test_only_clips_that_every_method_has_are_compared():
    whole = method("whole", world()[0])
    part = method("part", world()[0])
    part = replace(part, clips=part.clips.subset(range(60)))

    board = play(whole, part)

    assert len(board.clip_ids) == 60
    assert any("12 clips were left out" in said for said in board.warnings)
