"""Filters and orders of a table that was edited, and to which clips came, are those of a table made anew."""

from dataclasses import replace

import numpy as np
import pytest

from actiondiff_gui.gui.clips.state.filtering import ClipFilter, label_text, ordered, passing
from actiondiff_gui.gui.session.clip_table import ClipRow, ClipTable, FreshRows

KEYS = [
    "label",
    "prediction",
    "confidence",
    "subject",
    "facet:cage",
    "start",
    "end",
    "seconds",
    "said_by",
    "video",
]
ACTIONS = ["eat", "Eat", "walk 2", "walk 10"]


def made(random, number: int, video: int) -> ClipRow:
    def some(*values):
        return values[random.integers(len(values))]

    start = int(random.integers(50))
    return ClipRow(
        f"c{number}",
        f"v{video}",
        f"mouse {'ab'[video % 2]}.mp4",
        start,
        start + int(random.integers(1, 40)),
        25.0,
        labels=some((), ("eat",), ("walk 2", "Eat")),
        denied=some((), (), ("walk 10",)),
        said_by=some("", "Ada", "bo"),
        prediction=some("", *ACTIONS),
        confidence=some(None, 0.5, 0.005, float(random.random())),
        facets=some({}, {"cage": "C 2"}, {"cage": "c 10", "light": "Ada"}),
        subject=some("", "m1"),
        unsure=some(False, True),
    )


def searched(row: ClipRow) -> str:
    sure = "" if row.confidence is None else f"{row.confidence:.0%}"
    said = (label_text(row), row.prediction, sure, row.said_by)
    return "\n".join(
        (*said, *row.facets.values(), f"{row.seconds:.2f} s", row.subject, row.video_name)
    ).lower()


@pytest.mark.parametrize("seed", range(20))
def test_a_table_that_was_changed_is_filtered_and_sorted_like_one_made_anew(seed):
    random = np.random.default_rng(seed)
    rows = [made(random, n, n // 5) for n in range(30)]
    table = ClipTable(rows)
    for turn in range(12):
        place = int(random.integers(len(table)))
        row = table.rows[place]
        if turn % 3 == 0:
            new = replace(made(random, 0, 0), id=row.id, video_id=row.video_id, video_name=row.video_name)
            assert (
                table.take(
                    FreshRows(table, [(row, new)], False, (new.id,), frozenset(), table.values.of([new]))
                )
                == []
            )
        elif turn % 3 == 1:
            table = table.without([row.id, "not there"])
        else:
            video = int(row.video_id[1:])
            here = table.of_video(row.video_id)
            assert here == [each for each in table.rows if each.video_id == row.video_id]
            first = table.place(here[0].id)
            fresh = [*here[1:], made(random, 100 + turn, video)]
            table = table._spliced(table.places(each.id for each in here), first, fresh)
            assert table.rows[first : first + len(fresh)] == fresh
    anew = ClipTable(table.rows)
    ids = [row.id for row in table.rows]
    assert table.places(["not there", *reversed(ids)]).tolist() == [*reversed(range(len(ids)))]
    assert [table.place(clip) for clip in ids] == [anew.place(clip) for clip in ids]
    assert table.ids() == set(ids)
    assert all(clip in table for clip in ids)
    assert table.get("not there") is None
    assert (table.facet_values(), table.held()) == (anew.facet_values(), anew.held())
    for wanted in (
        ClipFilter(text="ADA eat"),
        ClipFilter(text="0% unsure"),
        ClipFilter(text="1.2 mp4", state="disagree"),
        ClipFilter(facet="cage", video="v3"),
        ClipFilter(action="eat"),
    ):
        found = passing(table, wanted)
        assert found.tolist() == passing(anew, wanted).tolist()
        words = wanted.text.lower().split()
        assert all(word in searched(table.rows[place]) for place in found for word in words)
        if not wanted.state and words:
            missed = set(range(len(table))) - set(found.tolist())
            assert not any(all(word in searched(table.rows[place]) for word in words) for place in missed)
    for key in KEYS:
        places = np.arange(len(table))
        for descending in (False, True):
            assert (
                ordered(table, places, key, descending).tolist()
                == ordered(anew, places, key, descending).tolist()
            )
