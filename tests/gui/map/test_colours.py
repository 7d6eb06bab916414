import numpy as np

from actiondiff_gui.gui.map.state import colours as map_colours
from actiondiff_gui.gui.map.state.colours import (
    ACTION,
    CONFIDENCE,
    FACET,
    LENGTH,
    NO_SHAPE,
    PREDICTION,
    RECORDING,
    RIGHT,
    SUBJECT,
    Coding,
    name_places,
)
from actiondiff_gui.gui.session.clip_table import ClipRow
from actiondiff_gui.gui.session.session import UNLABELLED

COLOURS = {"walk": "#0072b2", "eat": "#e69f00"}


def _row(number: int, **said) -> ClipRow:
    return ClipRow(f"c{number}", "v", "v.mp4", 0, 8, 25.0, **said)


ROWS = [
    _row(0, labels=("walk",), facets={"species": "dog"}, prediction="walk", confidence=0.95),
    _row(1, labels=("eat",), facets={"species": "cat"}, prediction="walk", confidence=0.2),
    _row(2, labels=("walk", "eat"), facets={"species": "cat"}),
    _row(3),
    None,
]


def _colour(name: str) -> str:
    return COLOURS.get(name, UNLABELLED)


def test_actions_have_their_colours_in_the_projects_order_and_the_unlabelled_are_grey_and_last():
    coding = map_colours.coloured(ROWS, ACTION, _colour, ["walk", "eat"])
    assert coding.values == ("walk", "eat", "walk + eat", "")
    assert coding.styles[:2] == ("#0072b2", "#e69f00")
    assert coding.styles[3] == UNLABELLED
    assert coding.texts[3] == "not labelled"
    assert coding.counts() == [1, 1, 1, 2]


def test_a_prediction_is_the_actions_colour_but_lighter():
    coding = map_colours.coloured(ROWS, PREDICTION, _colour)
    assert coding.values == ("walk", "")
    shown, full = map_colours.rgb(coding.styles[0]), map_colours.rgb(COLOURS["walk"])
    assert all(a >= b for a, b in zip(shown, full, strict=True))
    assert sum(shown) > sum(full)


def test_confidence_falls_into_steps_from_sure_to_unsure():
    coding = map_colours.coloured(ROWS, CONFIDENCE, _colour)
    assert coding.texts == ("90 to 100%", "0 to 50%", "not predicted")
    sure, unsure = (sum(map_colours.rgb(look)) for look in coding.styles[:2])
    assert sure > unsure


def test_every_value_of_a_facet_has_a_shape_and_a_clip_without_one_a_ring():
    coding = map_colours.shaped(ROWS, "species")
    assert coding.values == ("cat", "dog", "")
    assert len(set(coding.styles)) == 3
    assert coding.styles[2] == NO_SHAPE
    assert set(map_colours.shaped(ROWS, None).codes) == {0}


def test_points_that_are_not_chosen_are_grey_and_below_the_chosen_ones():
    coding = map_colours.coloured(ROWS, FACET + "species", _colour)
    chosen = np.array([True, False, False, False, False])
    colours = map_colours.point_colours(coding, chosen, "#555555", dimmed_alpha=0.3)
    np.testing.assert_allclose(colours[1:], [[1 / 3, 1 / 3, 1 / 3, 0.3]] * 4)
    assert map_colours.drawing_order(coding, chosen)[-1] == 0
    assert sorted(map_colours.drawing_order(coding, None)) == [0, 1, 2, 3, 4]
    assert set(map_colours.drawing_order(coding, None)[:2]) == {3, 4}


def test_clips_are_coloured_by_whether_the_model_is_right():
    coding = map_colours.coloured(ROWS, RIGHT, _colour)
    assert coding.values == ("right", "wrong", "")
    assert coding.counts() == [1, 1, 3]
    assert coding.texts[2] == "no label or no prediction"


def test_durations_fall_into_ranges_of_about_as_many_clips_from_short_to_long():
    rows = [ClipRow(f"c{n}", "v", "v.mp4", 0, 25 * (n + 1), 25.0) for n in range(60)]
    coding = map_colours.coloured([*rows, None], LENGTH, _colour)
    lows = [float(text.split()[0]) for text in coding.values[:-1]]
    assert lows == sorted(lows)
    assert len(lows) == map_colours.MOST_BINS
    assert max(coding.counts()[:-1]) - min(coding.counts()[:-1]) <= 1
    assert len(set(coding.styles[:-1])) == len(lows)
    # Each is seen on a black map and on a white one.
    assert all(0.3 < np.mean(map_colours.rgb(style)) < 0.75 for style in coding.styles[:-1])
    # All alike: one range, and no division by nothing.
    one = map_colours.coloured(rows[:1] * 3, LENGTH, _colour)
    assert (one.values, one.counts()) == (("1 s",), [3])


def test_recordings_and_subjects_are_colours_too():
    rows = [ClipRow("a", "v", "one.mp4", 0, 8, 25.0, subject="Ann"), ClipRow("b", "w", "two.mp4", 0, 8, 25.0)]
    assert map_colours.coloured(rows, RECORDING, _colour).values == ("one.mp4", "two.mp4")
    assert map_colours.coloured(rows, SUBJECT, _colour).texts == ("Ann", "no subject")


def test_many_points_are_transparent_so_that_dense_places_show():
    assert map_colours.point_alpha(10) == map_colours.point_alpha(5_000) == 0.9
    few, many = map_colours.point_alpha(20_000), map_colours.point_alpha(200_000)
    assert 0.9 > few > many > 0.2


def test_the_name_of_a_value_is_written_at_one_of_its_points_and_few_points_have_none():
    ring = np.array([[np.cos(a), np.sin(a)] for a in np.linspace(0, 6, 30)])
    positions = np.concatenate([ring, [[5, 5], [5, 5.2], [5.1, 5]], [[9, 9], [9, 9]]])
    codes = np.repeat([0, 1, 2], [30, 3, 2])
    coding = Coding(codes, ("ring", "spot", "pair"), ("a ring", "a spot", "a pair"), ("#000000",) * 3)
    names = name_places(coding, positions)
    assert [name for name, *_ in names] == ["a ring", "a spot"]
    assert any(np.allclose(names[0][1:], point) for point in ring)
    np.testing.assert_allclose(names[1][1:], (5, 5))
    nothing = Coding(codes, ("ring", "spot", ""), ("a ring", "a spot", "not labelled"), ("#000000",) * 3)
    assert [name for name, *_ in name_places(nothing, positions)] == ["a ring", "a spot"]


def test_many_numbers_of_a_facet_are_ranges_from_low_to_high_and_few_are_themselves():
    rows = [_row(n, facets={"dose": str(n / 2), "cage": str(n % 3), "note": f"n{n}"}) for n in range(60)]
    rows.append(_row(60, facets={}))
    dose = map_colours.coloured(rows, FACET + "dose", _colour)
    assert dose.values[0].startswith("0 to ")
    assert dose.values[-2].endswith(" to 29.5")
    assert dose.counts() == [10, 10, 10, 10, 10, 10, 1]
    assert map_colours.coloured(rows, FACET + "cage", _colour).values == ("0", "1", "2", "")
    assert len(map_colours.coloured(rows, FACET + "note", _colour).values) == 61
