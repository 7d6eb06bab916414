"""Clips in an order behave like a tuple of their ids, also where their table is another one by now."""

import numpy as np
import pytest

from actiondiff_gui.gui.session.clip_list import Clips
from actiondiff_gui.gui.session.clip_table import ClipRow, ClipTable


@pytest.fixture
def table() -> ClipTable:
    return ClipTable(ClipRow(name, "v", "v.mp4", 0, 9, 25.0) for name in "abcde")


def test_they_are_like_a_tuple_of_ids_without_those_that_are_unknown_or_there_twice(table):
    clips = Clips.of(table, ["d", "x", "b", "d"])
    assert clips == ("d", "b") == clips
    assert clips != ("b", "d")
    assert (list(clips), len(clips), clips[-1], clips[:1]) == (["d", "b"], 2, "b", ("d",))
    assert "b" in clips
    assert "a" not in clips
    assert "x" not in clips
    assert not Clips.of(table, ())
    assert (clips.index("b"), tuple(reversed(clips))) == (1, ("b", "d"))


def test_clips_are_added_behind_and_taken_away(table):
    clips = Clips.of(table, "db")
    assert clips.joined("abc") == ("d", "b", "a", "c")
    assert clips.toggled("a") == ("d", "b", "a")
    assert clips.toggled("d") == ("b",)
    assert clips.kept(np.array([False, True])) == ("b",)


def test_clips_of_a_table_are_found_in_one_that_came_after_it(table):
    clips = Clips.of(table, "dba")
    after = table.without(["b"])
    assert Clips.of(after, clips) == ("d", "a")
    assert Clips.of(after, clips) != clips
    assert Clips.of(after, "dca").lines(clips).tolist() == [0, 2]
    assert Clips.of(after, "c").joined(clips) == ("c", "d", "a")
