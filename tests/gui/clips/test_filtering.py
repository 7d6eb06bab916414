import numpy as np
import pytest

from actiondiff_gui.gui.clips.state.filtering import (
    DISAGREE,
    PREDICTED,
    UNLABELLED,
    ClipFilter,
    cell_text,
    columns_of,
    ordered,
    passing,
)
from actiondiff_gui.gui.session.clip_table import ClipRow, ClipTable


def row(number, **what) -> ClipRow:
    fixed = {"video_id": "v0", "video_name": f"mouse {number}.mp4", "start": 0, "end": 24, "fps": 24.0}
    return ClipRow(**{"id": f"c{number}", **fixed, **what})


ROWS = [
    row(0, labels=("walk",), prediction="walk", confidence=0.9, facets={"species": "dog"}),
    row(1, labels=("eat",), prediction="walk", confidence=0.4, facets={"species": "cat"}, end=48),
    row(2, prediction="Run", confidence=0.7, video_id="v1"),
    row(3, denied=("walk",), prediction="walk", confidence=0.5),
    row(10, facets={"species": "dog"}, said_by="Ada"),
    row(11, labels=("walk", "eat"), end=12),
]


def shown(**wanted) -> list[str]:
    return [ROWS[i].id for i in passing(ClipTable(ROWS), ClipFilter(**wanted))]


def by(key, descending=False) -> list[str]:
    return [ROWS[i].id for i in ordered(ClipTable(ROWS), np.arange(len(ROWS)), key, descending)]


def test_the_empty_filter_lets_all_clips_pass():
    assert shown() == [r.id for r in ROWS]
    assert ClipFilter().empty
    assert not ClipFilter(text="x").empty


def test_all_words_of_a_search_must_stand_in_some_column():
    assert shown(text="DOG walk") == ["c0"]
    assert shown(text="ada") == ["c10"]
    assert shown(text="90%") == ["c0"]
    assert shown(text="mouse 11.mp4") == ["c11"]
    assert shown(text="dog cat") == []


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ({"state": UNLABELLED}, ["c2", "c10"]),
        ({"state": PREDICTED}, ["c2", "c3"]),
        ({"state": DISAGREE}, ["c1", "c3"]),
        ({"action": "eat"}, ["c1", "c11"]),
        ({"facet": "species", "value": "dog"}, ["c0", "c10"]),
        ({"facet": "species", "value": ""}, ["c2", "c3", "c11"]),
        ({"video": "v1"}, ["c2"]),
        ({"action": "walk", "text": "dog"}, ["c0"]),
    ],
)
def test_each_filter_shows_what_it_says(wanted, ids):
    assert shown(**wanted) == ids


def test_numbers_in_names_are_sorted_by_value():
    assert by("video") == ["c0", "c1", "c2", "c3", "c10", "c11"]


def test_equal_clips_keep_their_order_both_ways_and_empty_ones_come_last():
    assert by("facet:species") == ["c1", "c0", "c10", "c2", "c3", "c11"]
    assert by("facet:species", descending=True) == ["c0", "c10", "c1", "c2", "c3", "c11"]
    assert by("confidence", descending=True) == ["c0", "c2", "c3", "c1", "c10", "c11"]


def test_texts_are_sorted_without_regard_to_case():
    assert by("prediction") == ["c2", "c0", "c1", "c3", "c10", "c11"]


def test_there_is_a_column_for_each_facet_and_none_for_predictions_that_were_never_made():
    keys = [column.key for column in columns_of(ClipTable(ROWS).held(), ["species"])]
    assert keys == [
        *("picture", "label", "prediction", "confidence"),
        *("facet:species", "start", "end", "seconds", "frames", "said_by", "video"),
    ]
    assert "prediction" not in [column.key for column in columns_of(ClipTable(ROWS[4:]).held(), [])]


def test_cells_say_what_was_said():
    assert cell_text(ROWS[5], "label") == "walk + eat"
    assert cell_text(ROWS[3], "label") == "not walk"
    assert cell_text(ROWS[1], "seconds") == "2.00 s"
    assert cell_text(ROWS[0], "confidence") == "90%"
    assert cell_text(ROWS[0], "facet:species") == "dog"


def test_the_facets_of_a_table_are_listed_with_their_values():
    assert ClipTable(ROWS).facet_values() == {"species": ["cat", "dog"]}
