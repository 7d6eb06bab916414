"""Whether edits make filter or order out of date is known from the edited clips and their neighbours alone."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actiondiff_gui.gui.clips import model
from actiondiff_gui.gui.clips.model import ClipsModel
from actiondiff_gui.gui.clips.state.filtering import ClipFilter
from actiondiff_gui.gui.session.clip_table import ClipRow, ClipTable, FreshRows

ACTIONS = ["", "eat", "walk", "walk 2", "walk 10"]
KEYS = ["", "label", "seconds", "start", "video", "facet:cage", "confidence"]


def made(labels, cages) -> ClipTable:
    return ClipTable(
        ClipRow(
            f"c{n}",
            f"v{n // 4}",
            f"v{n // 4}.mp4",
            3 * n,
            3 * n + 2 + n % 3,
            25.0,
            labels=(label,) if label else (),
            facets={"cage": cage} if cage else {},
            confidence=None if n % 3 else n / 40,
            prediction="" if n % 3 else "walk",
        )
        for n, (label, cage) in enumerate(zip(labels, cages, strict=True))
    )


def edit(table: ClipTable, place: int, row: ClipRow) -> None:
    table.take(
        FreshRows(table, [(table.rows[place], row)], False, (row.id,), frozenset(), table.values.of([row]))
    )


@pytest.mark.parametrize("few", [64, 0])
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_edits_that_put_clips_out_of_place_are_noticed_and_no_others(qapp, few, data):
    size = data.draw(st.integers(1, 14))
    labels = data.draw(st.lists(st.sampled_from(ACTIONS), min_size=size, max_size=size))
    cages = data.draw(st.lists(st.sampled_from(["", "a", "b"]), min_size=size, max_size=size))
    shown = ClipsModel()
    shown.show_table(made(labels, cages))
    shown.set_filter(
        ClipFilter(
            text=data.draw(st.sampled_from(["", "walk"])),
            state=data.draw(st.sampled_from(["", "unlabelled"])),
        )
    )
    shown.set_sort(data.draw(st.sampled_from(KEYS)), data.draw(st.booleans()))
    assert not shown.stale()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(model, "_FEW", few)
        for _ in range(data.draw(st.integers(1, 4))):
            places = data.draw(st.sets(st.integers(0, size - 1), min_size=1))
            for place in places:
                row = shown.table.rows[place]
                label, cage = data.draw(st.sampled_from(ACTIONS)), data.draw(st.sampled_from(["", "a", "b"]))
                edit(
                    shown.table,
                    place,
                    replace(row, labels=(label,) if label else (), facets={"cage": cage} if cage else {}),
                )
            shown.clips_changed(shown.table.rows[place].id for place in places)
            expected = not np.array_equal(shown._wanted_order(shown.columns), shown.listed.order)
            assert shown.stale() == expected
    shown.apply_again()
    assert not shown.stale()


def test_texts_that_are_searched_are_those_of_the_table_shown(qapp):
    first = made(["eat", "", "", "walk"], ["a"] * 4)
    shown = ClipsModel()
    shown.show_table(first)
    shown.set_filter(ClipFilter(text="eat"))
    assert [shown.id_at(n) for n in range(shown.rowCount())] == ["c0"]
    # One row is replaced without a word while the dock sleeps, one is new, one is gone.
    edit(first, 1, replace(first.rows[1], labels=("eat",)))
    other = made(["eat"] * 6, ["a"] * 6).rows[5]
    shown.show_table(ClipTable([first.rows[1], first.rows[2], first.rows[3], other]))
    assert [shown.id_at(n) for n in range(shown.rowCount())] == ["c1", "c5"]
