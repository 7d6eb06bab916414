import numpy as np
import pytest

from actiondiff_gui.gui.session.clip_table import ClipRow
from actiondiff_gui.gui.timeline.state.lane_geometry import TimelineLayout
from actiondiff_gui.gui.timeline.state.lanes import (
    CLIP,
    DENIED,
    LABEL,
    PREDICTION,
    Hit,
    Lanes,
    coverage,
    hit,
)
from actiondiff_gui.gui.timeline.state.time_axis import TimeAxis


def row(name: str, start: int, end: int, **said) -> ClipRow:
    return ClipRow(name, "v", "v.mp4", start, end, 25.0, **said)


@pytest.fixture
def lanes() -> Lanes:
    return Lanes.of(
        [
            row("a", 0, 50, labels=("walk",)),
            row("b", 50, 80, labels=("eat",), prediction="walk", confidence=0.7),
            row("c", 60, 300, denied=("eat",)),
            row("d", 400, 500, prediction="eat", confidence=0.9),
        ],
        ("walk", "eat"),
    )


def bars(lanes: Lanes) -> set:
    b = lanes.bars
    return {
        (int(lane), int(kind), lanes.rows[r].id, int(s), int(e))
        for lane, kind, r, s, e, _ in zip(*b.columns, strict=True)
    }


def test_every_thing_said_is_a_bar_in_the_lane_of_its_action(lanes):
    assert bars(lanes) == {
        (0, LABEL, "a", 0, 50),
        (1, LABEL, "b", 50, 80),
        (0, PREDICTION, "b", 50, 80),
        (1, DENIED, "c", 60, 300),
        (2, CLIP, "c", 60, 300),
        (1, PREDICTION, "d", 400, 500),
        (2, CLIP, "d", 400, 500),
    }


def test_changed_clips_are_laid_out_as_if_all_were_read_again(lanes):
    rows = [*lanes.rows]
    rows[2] = row("c", 10, 20, labels=("walk", "eat"))
    rows[3] = row("d", 400, 450)
    assert bars(lanes.updated([rows[2], rows[3]])) == bars(Lanes.of(rows, lanes.names))


def test_only_what_touches_the_visible_stretch_is_taken_even_where_long_bars_reach_into_it():
    random = np.random.default_rng(0)
    rows = []
    for n, start in enumerate(random.integers(0, 5000, 300).tolist()):
        rows.append(row(str(n), start, start + int(random.integers(1, 900)), labels=("walk",)))
    lanes = Lanes.of(rows, ("walk",))
    for begin in range(0, 6000, 370):
        cut = lanes.bars.between(0, LABEL, begin, begin + 100)
        found = {int(r) for r in lanes.bars.row[cut]}
        wanted = {n for n, r in enumerate(rows) if r.end > begin and r.start < begin + 100}
        assert wanted <= found
        assert all(rows[n].start < begin + 100 for n in found)


def test_coverage_is_the_share_of_each_pixel():
    axis = TimeAxis(1000, 10, 0.0, 100.0)
    full = coverage(np.array([0, 25, 95]), np.array([5, 45, 200]), np.array([1.0, 0.5, 1.0]), axis)
    np.testing.assert_allclose(full, [0.5, 0, 0.25, 0.5, 0.25, 0, 0, 0, 0, 0.5])


def test_a_point_means_the_edge_near_it_and_else_the_bar_below_it(lanes):
    axis = TimeAxis(500, 1000, 0.0, 500.0)
    assert hit(lanes, 0, 50, axis) == Hit(0, LABEL, "body")
    assert hit(lanes, 0, 2, axis) == Hit(0, LABEL, "start")
    # Two bars meet at frame 50; each side belongs to its own bar.
    assert hit(lanes, 0, 98, axis) == Hit(0, LABEL, "end")
    assert hit(lanes, 0, 101, axis) == Hit(1, PREDICTION, "start")
    assert hit(lanes, 0, 300, axis) is None


def test_a_thin_bar_is_gripped_only_when_it_is_selected(lanes):
    axis = TimeAxis(5000, 100, 0.0, 5000.0)
    chosen = np.array([False, False, False, True])
    assert hit(lanes, 2, 9, axis).part == "body"
    assert hit(lanes, 2, 7, axis, chosen) == Hit(3, CLIP, "start")


def test_of_two_clips_over_each_other_the_shorter_one_is_meant_unless_the_longer_is_selected():
    lanes = Lanes.of([row("long", 0, 400, labels=("a",)), row("short", 100, 200, labels=("a",))], ("a",))
    axis = TimeAxis(400, 400, 0.0, 400.0)
    assert hit(lanes, 0, 150, axis).row == 1
    assert hit(lanes, 0, 150, axis, np.array([True, False])).row == 0


def test_lanes_scroll_where_they_do_not_fit():
    parts = TimelineLayout(800, 100, 80, 12)
    assert parts.hidden == 12 * parts.lane_height - parts.view > 0
    assert parts.lane(parts.ruler + 1) == 0
    scrolled = TimelineLayout(800, 100, 80, 12, parts.hidden)
    assert scrolled.lane(scrolled.height - scrolled.overview - 1) == 11
    assert scrolled.lane(3) is None
    assert TimelineLayout(800, 200, 80, 3).lane(170) is None


def test_lanes_of_other_rows_are_as_if_all_were_laid_out_again(lanes):
    rows = [row("new", 5, 9, labels=("eat",), subject="Tom"), lanes.rows[0], *lanes.rows[2:]]
    rows[2] = row("c", 70, 310, labels=("walk", "eat"), prediction="walk", confidence=0.2)
    made, fresh = lanes.with_rows(rows)
    assert [each.id for each in fresh] == ["new", "c"]
    assert bars(made) == bars(Lanes.of(rows, lanes.names))
    assert made.index_of == {"new": 0, "a": 1, "c": 2, "d": 3}
    assert made.empty() == set()
    assert lanes.with_rows([])[0].empty() == {("walk", None), ("eat", None)}
    by_subject = Lanes.of(lanes.rows, ["", "walk", "eat"], ["Tom"] * 3)
    again, _ = by_subject.with_rows(rows)
    assert bars(again) == bars(Lanes.of(rows, ["", "walk", "eat"], ["Tom"] * 3))
    assert again.empty() == {("walk", "Tom")}
