"""State of the ethogram: rasters of bouts, and invalid stored choices."""

import json

import numpy as np
import pytest

from actiondiff_gui.ethogram.bouts import Recording, Said, bouts_of
from actiondiff_gui.ethogram.source import BOTH, PREDICTIONS, RATER, Source
from actiondiff_gui.gui.ethogram.state.computing import (
    EthogramChoice,
    chosen_videos,
    fitting,
    read_ethogram_job,
)
from actiondiff_gui.gui.ethogram.state.raster import FAINTEST, LIGHTER, Raster, picture, rgb
from actiondiff_gui.gui.timeline.state.time_axis import TimeAxis
from actiondiff_gui.progress import run

ACTIONS = ("dig", "rear")
COLOURS = rgb(["#ff0000", "#0000ff"])
RECORDINGS = (
    Recording("a", "a.mp4", 100, 10.0),
    Recording("b", "b.mp4", 400, 20.0),
    Recording("c", "c.mp4", 10, 1.0),
)


def raster(*rows, video=None) -> Raster:
    """Rows of recording, start, end, action and whether it was predicted."""
    said = [Said(r, None, s, e, a, 1, p, None, f"{n}", "x") for n, (r, s, e, a, p) in enumerate(rows)]
    return Raster.of(bouts_of(said, RECORDINGS, ACTIONS), video)


def test_rows_are_recordings_with_bouts_the_longest_first_or_actions_of_one():
    rows = ((0, 0, 10, "dig", False), (1, 40, 80, "rear", False), (1, 100, 120, "dig", False))
    every = raster(*rows)
    assert every.names == ("b.mp4", "a.mp4")
    assert every.start.tolist() == [2000.0, 5000.0, 0.0]
    assert every.axis(400).count == 20_000
    one = raster(*rows, video="b")
    assert one.names == ACTIONS
    assert one.row.tolist() == [0, 1]
    assert len(raster(*rows, video="nobody")) == 0


def test_a_point_of_the_raster_is_a_bout_and_a_frame():
    every = raster((1, 40, 80, "rear", False), (1, 50, 60, "dig", False))
    assert every.bout[0] == every.under(0, 2100.0)
    # Of two the shorter is meant.
    assert every.under(0, 2600.0) == every.bout[1]
    assert every.under(0, 4000.0) is None
    assert every.under(0, 4040.0, 50.0) == every.bout[0]
    assert every.under(7, 0.0) is None
    assert [every.frame(0, ms) for ms in (0, 49.9, 50.0, 19_999, 99_999)] == [0, 0, 1, 399, 399]


@pytest.mark.parametrize("seed", range(3))
def test_pixels_are_the_share_of_their_time(seed):
    rng = np.random.default_rng(seed)
    rows = [
        (int(r), int(s), int(s) + int(n), ACTIONS[a], False)
        for r, s, n, a in zip(
            rng.integers(0, 2, 12),
            rng.integers(0, 90, 12),
            rng.integers(1, 10, 12),
            rng.integers(0, 2, 12),
            strict=True,
        )
    ]
    every = raster(*rows)
    axis = TimeAxis(20_000, 50, 1000.0, 6000.0)
    found = picture(every, 0, len(every), axis, COLOURS)
    for row in range(len(every)):
        # A tenth of a millisecond is exact enough: edges lie on whole ones.
        shown = np.zeros((2, 50_000))
        for bout in np.flatnonzero(every.row == row):
            low, high = (np.clip((at[bout] - 1000) * 10, 0, 50_000) for at in (every.start, every.end))
            shown[every.action[bout], round(low) : round(high)] = 1
        full = shown.reshape(2, 50, 1000).mean(axis=2)
        total = full.sum(axis=0)
        alpha = np.where(total > 1e-6, FAINTEST + (1 - FAINTEST) * np.minimum(total, 1), 0)
        mean = np.einsum("kw,kc->wc", full, COLOURS) / np.maximum(total, 1e-9)[:, None]
        np.testing.assert_allclose(found[row, :, 3], 255 * alpha, atol=1.01)
        np.testing.assert_allclose(found[row, :, 2], mean[:, 0] * alpha, atol=1.01)
        np.testing.assert_allclose(found[row, :, 0], mean[:, 2] * alpha, atol=1.01)


def test_predictions_are_lighter_and_lie_below_labels():
    every = raster((0, 0, 100, "rear", True), (0, 50, 100, "dig", False))
    (row,) = picture(every, 0, 1, TimeAxis.whole(10_000, 10), COLOURS)
    assert row[0].tolist() == [round(255 * LIGHTER), 0, 0, round(255 * LIGHTER)]
    assert row[9].tolist() == [0, 0, 255, 255]


def test_a_choice_is_kept_as_plain_values_and_nonsense_becomes_the_usual_one():
    choice = EthogramChoice(
        source=Source(BOTH, "m"),
        videos="open",
        counted="labelled",
        by="facet:species",
        with_own=True,
        overlap=0.3,
    )
    assert EthogramChoice.from_json(json.loads(json.dumps(choice.to_json()))) == choice
    good = choice.to_json()
    earlier = {name: value for name, value in good.items() if name != "every"}
    assert EthogramChoice.from_json(earlier) == choice
    for nonsense in (
        None,
        7,
        {},
        {**good, "videos": "none"},
        {**good, "overlap": 0},
        {**good, "overlap": "much"},
        {**good, "source": {"kind": "hearsay", "name": ""}},
        {**good, "by": 3},
    ):
        assert EthogramChoice.from_json(nonsense) == EthogramChoice()


def test_a_source_that_is_gone_gives_way_to_one_that_is_there():
    assert fitting(Source(PREDICTIONS, "old"), [("new", 3)], []) == Source(PREDICTIONS, "new")
    assert fitting(Source(BOTH, "old"), [], []) == Source()
    assert fitting(Source(RATER, "Ada"), [], [("Bo", 1)]) == Source()


def test_the_videos_are_all_those_of_the_selection_or_the_open_one(session):
    rows = session.table.rows
    session.select([rows[0].id, rows[2].id])
    session.open_video(rows[1].video_id, keep_selection=True)
    assert chosen_videos(session, "all") is None
    assert chosen_videos(session, "selected") == [rows[0].video_id, rows[2].video_id]
    assert chosen_videos(session, "open") == [rows[1].video_id]
    seen = run(read_ethogram_job(session.project, EthogramChoice(), [rows[0].video_id]))
    assert (len(seen.ethogram.bouts), seen.raters, seen.models) == (1, [("Ada", 1)], [])
    assert not len(run(read_ethogram_job(session.project, EthogramChoice(), [])).ethogram.bouts)
