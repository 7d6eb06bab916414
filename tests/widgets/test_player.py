import numpy as np


def test_a_chosen_clip_is_shown_frame_by_frame(pets, wait, videos):
    from actiondiff_gui.video.reader import VideoReader

    session, player = pets.session, pets.player
    row = session.table.rows[1]
    session.open_clip(row.id)
    wait(lambda: player.layer is not None)
    with VideoReader(videos[1]) as reader:
        for frame in (0, 7, 3):
            session.seek(frame)
            shown = np.asarray(player.layer.data[pets.viewer.dims.current_step[0]])
            np.testing.assert_array_equal(shown, reader.read(frame))


def test_the_slider_moves_the_session_and_the_session_the_slider(pets, wait):
    session = pets.session
    session.open_clip(session.table.rows[0].id)
    wait(lambda: pets.player.layer is not None)
    pets.viewer.dims.set_current_step(0, 5)
    assert session.frame == 5
    session.seek(9)
    assert pets.viewer.dims.current_step[0] == 9


def test_a_looped_clip_stays_within_its_frames(pets, wait):
    from actiondiff_gui.session import editing

    session, player = pets.session, pets.player
    row = session.table.rows[1]
    session.open_clip(row.id)
    editing.set_edges(session, row.id, start=10, end=14)
    session.open_clip(row.id)
    wait(lambda: player.layer is not None)
    seen = set()
    session.frame_changed.connect(seen.add)
    player.speed = 4.0
    player.play()
    wait(lambda: {10, 13} <= seen)
    player.pause()
    assert seen <= {10, 11, 12, 13}


def test_playing_without_a_loop_ends_at_the_last_frame(pets, wait):
    session, player = pets.session, pets.player
    session.open_video(session.table.rows[2].video_id)
    wait(lambda: player.layer is not None)
    player.speed = 8.0
    player.play()
    wait(lambda: not player.playing)
    assert session.frame == 8


def test_a_video_that_is_gone_is_told_and_nothing_else_happens(pets, wait):
    session = pets.session
    row = session.table.rows[0]
    session.videos[row.video_id].path.rename(session.videos[row.video_id].path.with_suffix(".moved"))
    try:
        session.open_clip(row.id)
        wait(lambda: pets.jobs.problems)
        assert session.videos[row.video_id].path.name in pets.jobs.problems[0]
        assert pets.player.layer is None
    finally:
        moved = session.videos[row.video_id].path.with_suffix(".moved")
        moved.rename(session.videos[row.video_id].path)


def test_a_video_opened_at_a_frame_that_the_one_before_lacks_is_shown_there(pets, wait):
    session, player = pets.session, pets.player
    short, long = session.table.rows[2], session.table.rows[1]
    session.open_clip(short.id)
    wait(lambda: player.layer is not None)
    session.open_video(long.video_id, 30)
    wait(lambda: player.layer.data.shape[0] == 40)
    assert (session.frame, pets.viewer.dims.current_step[0]) == (30, 30)
    # The same layer shows one video after the other; a video looked through ahead is there at once.
    layer = player.layer
    first = session.table.rows[0]
    player.prefetch(first.video_id)
    wait(lambda: not pets.jobs.active())
    session.open_clip(first.id)
    assert player.layer is layer
    assert (layer.name, len(layer.data)) == (first.video_name, 23)
    assert list(pets.viewer.layers) == [layer]
