"""Round trip of bouts through other tools' formats, at any frame rate."""

from itertools import pairwise
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actiondiff_gui.outputs import Output
from actiondiff_gui.project.formats.readers.detect import read_foreign
from actiondiff_gui.project.formats.writers.bouts import write_boris
from actiondiff_gui.project.formats.writers.frame_table import one_hot, write_deepethogram, write_frames
from actiondiff_gui.project.formats.writers.frame_times import FrameTimes
from actiondiff_gui.project.formats.writers.named_bout import NamedBout, names_of, told
from actiondiff_gui.project.records import Video

RATES = (
    12.5,
    23.976,
    24000 / 1001,
    25.0,
    29.97,
    30000 / 1001,
    30.0,
    59.94,
    100.0,
    120000 / 1001,
    240.0,
    1000.0,
)
ACTIONS = ("dig", "rear; and sniff", "Ruhe, müde")
QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def video(frames: int, fps: float, name: str = "a.mp4") -> Video:
    return Video("v", Path("/films") / name, "f", frames, fps, 64, 48, "a")


@st.composite
def recordings(draw) -> tuple[Video, list[NamedBout]]:
    """Return a recording with bouts that may touch, and overlap those of other actions and subjects."""
    frames = draw(st.integers(1, 200_000))
    found = []
    for action in ACTIONS:
        for subject in (None, "mouse 2"):
            cuts = sorted(draw(st.sets(st.integers(0, frames), max_size=8)))
            touching = draw(st.booleans())
            pairs = pairwise(cuts) if touching else zip(cuts[::2], cuts[1::2], strict=False)
            found += [NamedBout("v", a, b, action, subject) for a, b in pairs]
    return video(frames, draw(st.sampled_from(RATES))), found


@QUICK
@given(recordings(), st.sampled_from(["a.tsv", "a.csv"]))
def test_boris_events_come_back_at_the_same_frames(tmp_path, recording, name):
    film, bouts = recording
    times = FrameTimes.of_rate(film.fps, film.frame_count)
    path = write_boris(told([film], bouts, times=lambda _: times), Output(tmp_path / name, force=True))
    if not bouts:
        return
    table = read_foreign(path)
    assert not table.problems
    read = sorted(
        (times.edge(s.start), times.edge(s.end), s.behaviour, s.subject or "") for s in table.stretches
    )
    assert read == sorted((b.start, b.end, b.action, b.subject or "") for b in bouts)


@QUICK
@given(recordings())
def test_tables_of_frames_come_back_as_the_same_frames(tmp_path, recording):
    film, bouts = recording
    film = video(min(film.frame_count, 500), film.fps)
    bouts = [b for b in bouts if b.end <= film.frame_count]
    (one,) = told([film], bouts, times=lambda v: FrameTimes.of_rate(v.fps, v.frame_count))
    for path in (
        write_frames(one, ACTIONS, Output(tmp_path / "a.csv", force=True)),
        write_deepethogram(one, ACTIONS, Output(tmp_path / "a_labels.csv", force=True)),
    ):
        table = read_foreign(path)
        assert table.behaviours == ACTIONS
        read = [NamedBout("v", int(s.start), int(s.end), s.behaviour) for s in table.stretches]
        np.testing.assert_array_equal(
            one_hot(read, ACTIONS, film.frame_count), one_hot(bouts, ACTIONS, film.frame_count)
        )


def test_a_frame_table_every_tenth_of_a_second_shows_what_is_on_at_that_moment(tmp_path):
    film = video(100, 24.0)
    (one,) = told([film], [NamedBout("v", 24, 48, "dig")], times=lambda v: FrameTimes.of_rate(24.0, 100))
    lines = write_frames(one, ["dig"], tmp_path / "b.csv", 0.1).read_text().splitlines()
    assert lines[0] == "time,dig"
    assert len(lines) == 1 + 42
    on = [line.split(",")[0] for line in lines[1:] if line.endswith(",1")]
    assert (on[0], on[-1], len(on)) == ("1.000", "1.900", 10)


def test_frames_of_uneven_length_keep_their_places():
    times = FrameTimes.of_file(np.array([0.0, 0.1, 0.5, 0.55]), 10.0)
    assert [times.edge(times.seconds(k)) for k in range(5)] == [0, 1, 2, 3, 4]
    assert [times.edge(s) for s in (0.04, 0.06, 0.29, 0.31, 0.66, 1.6)] == [0, 1, 1, 2, 4, 4]


def test_videos_that_share_a_name_get_different_ones():
    films = [Video(str(n), Path(f"/day{n // 2}/a.mp4"), "f", 1, 1.0, 1, 1, "a") for n in range(4)]
    assert list(names_of(films).values()) == ["day0_a", "day0_a_2", "day1_a", "day1_a_2"]
