import numpy as np
import pytest

from actiondiff_gui.backbones.identity import describe
from actiondiff_gui.evaluation.measures import ALL_MEASURES
from actiondiff_gui.gui.lab.state import comparing as lab
from actiondiff_gui.gui.lab.state import score_colours as score_looks
from actiondiff_gui.gui.lab.state.board import BoardAsked, cost_in_words, fits_of, fitting_seconds
from actiondiff_gui.gui.lab.state.maps import TITLE, arranged, pairs_across
from actiondiff_gui.gui.session.address import Address
from actiondiff_gui.gui.session.loaded import LoadedFeatures
from actiondiff_gui.progress import run


def test_the_usual_choice_is_the_papers_and_what_was_chosen_is_kept(session):
    about, project = describe("tiny"), session.project
    usual = lab.read_choice(project, about)
    assert usual.timesteps == ("t0", "t5", "t10", "t15", "t20", "t25", "t29")
    assert usual.layers == tuple(range(1, 14))
    chosen = lab.LabChoice(("t3", "t20"), (4, 9), "gap_knn", "mean+std")
    project.set_setting("lab", lab.kept_choice(chosen))
    assert lab.read_choice(project, about) == chosen


@pytest.mark.parametrize(
    "kept",
    [7, {"timesteps": "t3", "layers": [99, None]}, {"measure": [], "summary": 3, "timesteps": ["t99"]}],
)
def test_a_choice_that_makes_no_sense_is_the_usual_one(session, kept):
    session.project.set_setting("lab", kept)
    assert lab.read_choice(session.project, describe("tiny")) == lab.usual_choice(describe("tiny"))


def test_colours_grow_brighter_with_the_value_and_small_differences_look_small():
    scale = score_looks.scale_of([0.30, 0.34], chance=0.25)
    assert (scale.low, scale.high) == (0.25, 0.5)
    light = [sum(int(scale.colour(v)[i : i + 2], 16) for i in (1, 3, 5)) for v in (0.25, 0.3, 0.4, 0.5, 9)]
    assert light == sorted(light)
    assert scale.colour(-5) == score_looks.CIVIDIS[0]
    assert score_looks.scale_of([float("nan")]) == score_looks.Scale(0.0, 1.0)
    for colour in score_looks.CIVIDIS:
        assert score_looks.ink_on(colour) in ("#000000", "#ffffff")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.314, ".31"), (-0.05, "-.05"), (1.0, "1"), (-1, "-1"), (0.001, "0"), (-0.001, "0"), (0.996, "1")],
)
def test_numbers_are_short(value, text):
    assert score_looks.short(value) == text


def test_an_interval_tells_something_only_beyond_chance():
    accuracy, gap = ALL_MEASURES["across_knn"], ALL_MEASURES["gap_knn"]
    assert score_looks.tells(accuracy, 0.3, 0.5, 0.25)
    assert not score_looks.tells(accuracy, 0.2, 0.5, 0.25)
    assert score_looks.tells(gap, -0.3, -0.1, 0.0)
    assert not score_looks.tells(gap, -0.1, 0.1, 0.0)
    assert not score_looks.tells(accuracy, float("nan"), 1, 0)


@pytest.mark.parametrize("count", [1, 2, 7, 13, 30])
@pytest.mark.parametrize("size", [(480, 240), (480, 900), (120, 90)])
def test_panels_lie_inside_the_field_and_beside_each_other(count, size):
    panels = arranged(count, *size)
    corners, side = panels.corners, panels.side
    assert len(corners) == count
    if side > 20:
        assert (corners >= 0).all()
        assert (corners + side <= np.array(size) - (0, TITLE) + 1e-9).all()
    apart = np.abs(corners[:, None] - corners[None]).max(axis=2)[~np.eye(count, dtype=bool)]
    assert (apart >= side).all()
    points = panels.place(count - 1, np.array([[0.0, 0], [2, 2]]), np.array([1.0, 1]), 2.0, margin=2.0)
    np.testing.assert_allclose(points, [corners[-1] + 2, corners[-1] + side - 2])


def test_maps_are_compared_over_timesteps_or_layers():
    assert pairs_across("timesteps", ("t0", "t5"), (3, 4), ("t20", 9)) == (("t0", 9), ("t5", 9))
    assert pairs_across("layers", ("t0", "t5"), (3, 4), ("t20", 9)) == (("t20", 3), ("t20", 4))


def test_the_cost_of_a_board_counts_every_fit(session):
    assert fits_of(3, ("knn", "transformer"), seeds=5) == {"knn": 18, "transformer": 90}
    choice = lab.LabChoice(("t0",), (1,))

    def asked(*methods, heads=("transformer",), seeds=1):
        return BoardAsked(session.project, session.address, "species", choice, methods, heads, seeds)

    one, many = fitting_seconds(asked("tiny"), 144, 3), fitting_seconds(asked("tiny", seeds=5), 144, 3)
    assert many > 4 * one
    assert cost_in_words(asked("tiny", "pixels"), 70, "") == "fitting: about 70 s"
    told = cost_in_words(asked("tiny", "tiny:untrained"), 70, "about 3 min, 9 MB of disk")
    assert told.startswith("features: about 3 min, 9 MB of disk, as much again for the untrained copy")


def test_without_any_features_every_cell_lacks_those_of_all_labelled_clips(session):
    labelled = len({label.clip_id for label in session.project.labels()})
    choice = lab.LabChoice(("t0", "t25"), (4, 7))
    asked = lab.Asked(session.project, Address(), "species", choice)
    found = run(lab.stored_grid_job(LoadedFeatures(), asked))
    assert labelled
    assert found.lacking == dict.fromkeys(found.places, labelled)
    assert (found.clips, found.actions, found.trouble, found.waiting) == (labelled, (), "", [])
    # What is to be computed is offered.
    assert list(lab.missing_timesteps(found)) == ["t0", "t25"]
