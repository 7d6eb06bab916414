import json
from dataclasses import replace

import numpy as np
import pytest

from actiondiff_gui.errors import AnalysisError, FeatureStoreError
from actiondiff_gui.evaluation.measures import ALL_MEASURES
from actiondiff_gui.evaluation.scores import score_address
from actiondiff_gui.evaluation.study.grid import GridQuestion, grid_job, kept_grid
from actiondiff_gui.progress import run
from tests.evaluation.worlds import token_set, world

WHAT = {("t0", 1): "noise", ("t0", 2): "action", ("t20", 1): "domain", ("t20", 2): "noise"}
"""What the features of each address are made of."""


def load(timestep, layer):
    _, actions, domains, groups = world()
    kind = WHAT[timestep, layer]
    if kind == "noise":
        features = np.random.default_rng(7).normal(size=(len(actions), 6))
    else:
        names = actions if kind == "action" else domains
        features = (names[:, None] == np.unique(names)).astype(float)
    return token_set(features, actions, domains, groups, timestep, layer)


def ask(measure="across_linear", folder=None, load=load, **changes):
    question = GridQuestion(load, load("t0", 1), ("t0", "t20"), (1, 2), measure, folder=folder)
    return replace(question, **changes)


def never(timestep, layer):
    raise AssertionError("nothing was to be loaded")


@pytest.mark.parametrize(
    ("measure", "action", "domain"),
    [
        ("across_linear", 1, 0.25),
        ("within_linear", 1, 0.25),
        ("gap_linear", 0, None),
        ("across_knn", 1, None),
        ("domain_linear", None, 1),
        ("silhouette_action", 1, None),
        ("silhouette_domain", None, 1),
    ],
)
def test_every_measure_finds_what_features_are_made_of(measure, action, domain):
    grid = run(grid_job(ask(measure)))

    values = grid.values()
    for place, expected in ((("t0", 2), action), (("t20", 1), domain)):
        if expected is not None:
            assert grid.cells[place].score.value == pytest.approx(expected, abs=0.08)
    noise = [grid.cells[place].score for place, kind in WHAT.items() if kind == "noise"]
    assert noise[0].value == noise[1].value
    assert noise[0].low - 0.05 < noise[0].chance < noise[0].high + 0.05
    assert values.shape == (2, 2)
    if ALL_MEASURES[measure].wanted == "high":
        assert grid.best == ("t0", 2)


def test_cells_are_the_scores_of_each_address_with_their_domains():
    grid = run(grid_job(ask("across_knn")))

    features = np.concatenate(load("t20", 2).tokens)
    expected = score_address(features, *world()[1:])
    cell = grid.cells["t20", 2]
    assert cell.score == expected.of("across_knn")
    assert [score.domain for score in cell.domains] == ["species 0", "species 1", "species 2"]
    assert cell.domains[1] == expected.of("across_knn", "species 1")
    assert (grid.clips, grid.domains) == (72, ("species 0", "species 1", "species 2"))


def test_a_second_asking_shows_all_at_once_and_loads_nothing(tmp_path):
    first = run(grid_job(ask(folder=tmp_path)))

    again = ask(folder=tmp_path, load=load)
    again = replace(again, load=never)
    assert kept_grid(again).cells == first.cells
    reports = []
    second = run(grid_job(again), reports.append)
    assert second.cells == first.cells
    assert len(reports) == 1
    assert len(reports[0].cells) == 4
    # One computation gives all measures of its family.
    assert kept_grid(replace(again, measure="gap_linear")).cells.keys() == first.cells.keys()
    assert not kept_grid(replace(again, measure="across_knn")).cells


def test_a_stopped_grid_goes_on_where_it_was(tmp_path):
    job = grid_job(ask(folder=tmp_path))
    while not next(job).cells:
        pass
    next(job)
    job.close()

    loaded = []

    def counting(timestep, layer):
        loaded.append((timestep, layer))
        return load(timestep, layer)

    question = replace(ask(folder=tmp_path), load=counting)
    assert len(kept_grid(question).cells) == 2
    run(grid_job(question))
    assert loaded == [("t20", 1), ("t20", 2)]


def test_another_label_or_choice_is_another_question_and_going_back_finds_the_old_answers(tmp_path):
    run(grid_job(ask(folder=tmp_path)))
    question = ask(folder=tmp_path)
    labels = question.clips.labels.copy()
    labels[0] = np.roll(labels[0], 1)

    others = [
        replace(question, clips=replace(question.clips, labels=labels)),
        replace(question, clips=replace(question.clips, domains=("species 1", *question.clips.domains[1:]))),
        replace(question, clips=replace(question.clips, groups=("video 1", *question.clips.groups[1:]))),
        replace(question, settings=replace(question.settings, neighbours=3)),
        replace(question, summary="mean+std"),
        replace(
            question,
            clips=replace(question.clips, address=replace(question.clips.address, digest="other weights")),
        ),
    ]

    assert all(not kept_grid(other).cells for other in others)
    shuffled = np.random.default_rng(0).permutation(72)
    assert len(kept_grid(replace(question, clips=question.clips.subset(shuffled))).cells) == 4


def test_a_file_that_was_cut_off_or_tampered_with_costs_only_its_bad_lines(tmp_path):
    run(grid_job(ask(folder=tmp_path)))
    (file,) = tmp_path.rglob("*.jsonl")
    lines = file.read_text().splitlines()
    bad = json.loads(lines[2])
    bad["value"][0]["value"] = "high"
    lines[2] = json.dumps(bad)
    file.write_text("\n".join(lines[:-1]) + "\n" + lines[-1][:40])

    assert len(kept_grid(ask(folder=tmp_path)).cells) == 2
    run(grid_job(ask(folder=tmp_path)))
    assert len(kept_grid(ask(folder=tmp_path)).cells) == 4


def test_a_disk_that_refuses_stops_nothing(tmp_path):
    (tmp_path / "scores").write_text("a file where the folder would be")
    reports = []

    grid = run(grid_job(ask(folder=tmp_path / "scores")), reports.append)

    assert len(grid.cells) == 4
    assert "could not be kept" in reports[-1].failed[-1]


def test_narrow_layers_come_first_and_a_cell_that_fails_says_why():
    def broken(timestep, layer):
        if timestep == "t0" and layer == 1:
            raise FeatureStoreError("The features of clip 7 are damaged; extract it again.")
        tokens = load(timestep, layer)
        return tokens.subset(range(60)) if (timestep, layer) == ("t20", 1) else tokens

    cells = []
    question = replace(ask(), load=broken, width={1: 640, 2: 320})
    grid = run(grid_job(question), lambda report: cells.extend(report.cells))

    assert [cell.key for cell in cells] == [("t0", 2), ("t0", 1), ("t20", 2), ("t20", 1)]
    assert "clip 7" in grid.cells["t0", 1].trouble
    assert "12 of 72 clips have no features at t20, layer 1" in grid.cells["t20", 1].trouble
    np.testing.assert_array_equal(np.isnan(grid.values()), [[True, False], [True, False]])


@pytest.mark.parametrize(
    "changes", [{"timesteps": ()}, {"layers": (1, 1)}, {"measure": "beauty"}, {"summary": "median"}]
)
def test_a_grid_without_sense_is_refused_before_anything_is_loaded(changes):
    with pytest.raises(AnalysisError):
        next(grid_job(replace(ask(), load=never, **changes)))
