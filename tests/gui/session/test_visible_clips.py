"""Only visible clips are selected: those a table lists, or those on screen where they were selected."""

import numpy as np
import pytest

from actiondiff_gui.gui.session import editing
from actiondiff_gui.gui.session.clip_list import ClipList


def ids(session):
    return [row.id for row in session.table]


def list_only(session, *places, by="table"):
    session.list_clips(by, ClipList(session.table, np.array(places, np.int64)))


def test_without_a_table_every_clip_counts_as_seen(session):
    assert session.select(ids(session)) == 0
    assert len(session.selection) == 3


def test_what_the_table_no_longer_lists_leaves_the_selection(session):
    first, second, third = ids(session)
    session.select([third, first])
    list_only(session, 1, 2)
    assert session.selection == (third,)
    assert session.select([first, second]) == 1
    assert session.selection == (second,)
    list_only(session, 0, by="a second table")
    assert session.select([first, second]) == 0
    session.list_clips("table", None)
    assert session.selection == (first,)


def test_clips_on_screen_where_they_were_chosen_stay_as_long_as_they_are(session):
    first, second, third = ids(session)
    on_map = {first, second}
    list_only(session, 2)
    assert session.select([first, second, third], seen=on_map.__contains__) == 0
    on_map.discard(first)
    session.look_again()
    assert session.selection == (second, third)


def test_the_open_clip_is_seen_in_the_player_until_another_one_is_open(session):
    first, second, _ = ids(session)
    list_only(session, 1)
    session.open_clip(first)
    assert session.selection == (first,)
    session.open_clip(second)
    assert session.selection == (second,)
    session.open_clip(first)
    session.open_video(session.table.rows[2].video_id)
    assert session.selection == ()


def test_a_bout_that_was_just_made_is_seen_on_the_timeline_of_its_video(session):
    _first, second, third = session.table.rows
    list_only(session, 2)
    session.open_video(second.video_id)
    bout = editing.add_bout(session, "eat", 3, 9)
    assert session.selection == (bout,)
    list_only(session, 3)
    assert session.selection == (bout,)
    session.open_video(third.video_id)
    assert session.selection == ()


@pytest.mark.parametrize(
    ("at", "by", "around", "expected"),
    [
        (None, 1, False, [4, 1, 3]),
        (None, -1, False, [3, 1, 4]),
        (1, 1, False, [3]),
        (1, 1, True, [3, 4]),
        (1, -1, True, [4, 3]),
        (3, 1, False, []),
    ],
)
def test_a_list_is_walked_in_its_order(session, at, by, around, expected):
    project, video = session.project, session.table.rows[0].video_id
    project.add_clips(video, [(n, n + 2, None, None, None) for n in (3, 6)])
    session.reread()
    listed = ClipList(session.table, np.array([4, 1, 3]))
    clip = None if at is None else session.table.rows[at].id
    assert [session.table.place(row.id) for row in listed.walk(clip, by, around)] == expected


def test_clips_of_other_videos_leave_the_selection_when_a_recording_is_opened(pets):
    session = pets.session
    first, second = session.table.rows[:2]
    assert first.video_id != second.video_id
    session.select([first.id, second.id])
    session.open_video(second.video_id)
    assert session.selection == (second.id,)
    # A digit now marks a bout in the recording and labels no clip elsewhere.
    session.select([first.id])
    session.open_video(second.video_id)
    assert session.selection == ()
