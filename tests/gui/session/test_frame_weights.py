import numpy as np
import pytest

from actiondiff_gui.gui.session.frame_weights import FrameWeights
from actiondiff_gui.gui.timeline.state.lane_geometry import TimelineLayout


def weights(frames=(10, 14, 18), values=(0.2, 0.5, 0.3), span=(10, 20)) -> FrameWeights:
    return FrameWeights("v", "c", np.array(frames), np.array(values), span, "attention", "made up")


def test_every_frame_belongs_to_the_nearest_one_that_was_read():
    starts, ends = weights().stretches()
    assert ends[:-1].tolist() == starts[1:].tolist()
    for frame, nearest in ((10, 10), (11, 10), (13, 14), (15, 14), (17, 18), (19, 18)):
        assert weights().at(frame + 0.5)[0] == nearest


def test_no_stretch_leaves_the_clip():
    starts, ends = weights().stretches()
    assert (starts[0], ends[-1]) == (10, 20)
    assert weights().at(9.5) is None
    assert weights().at(20) is None


def test_the_highest_weight_is_told_against_the_mean():
    assert weights().strength().max() == 1
    assert weights().equal == pytest.approx(1 / 3)
    assert weights().words() == "Made up. Most at frame 14: 1.50 times the mean."


def test_one_frame_and_none_have_a_place_too():
    one = weights(frames=(12,), values=(1.0,))
    assert one.at(12.5) == (12, 1.0)
    none = weights(frames=(), values=())
    assert none.at(12) is None
    assert none.words() == "Made up."


def test_the_lane_of_weights_moves_the_lanes_down_and_takes_no_clip():
    without, parts = TimelineLayout(500, 150, 80, 4), TimelineLayout(500, 150, 80, 4, weights=20)
    assert parts.top(0) == without.top(0) + 20
    assert parts.zone(200, parts.ruler + 1) == "weights"
    assert parts.lane(parts.ruler + 1) is None
    assert parts.lane(parts.head + 1) == 0
    assert parts.zone(20, parts.ruler + 1) == "names"
