"""Forecasts of the lab: what was measured here counts from the next start of the window on."""

import pytest

from actiondiff_gui.gui.lab.state.paces import keep_pace, pace
from actiondiff_gui.gui.session.preferences import Preferences


def test_a_measured_pace_is_kept_and_later_ones_move_it(tmp_path):
    first = Preferences(tmp_path)
    assert pace(first, "score linear") is None
    keep_pace(first, "score linear", 0.5)
    assert pace(Preferences(tmp_path), "score linear") == 0.5
    keep_pace(first, "score linear", 1.5)
    keep_pace(first, "scoreboard linear", 3.0)
    again = Preferences(tmp_path)
    assert pace(again, "score linear") == 1.0
    assert pace(again, "scoreboard linear") == 3.0


@pytest.mark.parametrize(
    "kept", [{"score": "fast"}, {"score": -1}, {"score": 0}, ["score"], 3, {"score": None}]
)
def test_what_is_no_pace_in_a_preferences_file_counts_as_none(tmp_path, kept):
    preferences = Preferences(tmp_path)
    preferences.set("paces", kept)
    assert pace(preferences, "score") is None
    keep_pace(preferences, "score", 2.0)
    assert pace(preferences, "score") == 2.0
