from threading import Event

import av
import numpy as np

from actiondiff_gui.progress import Progress, run
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project
from actiondiff_gui.video.reader import VideoReader


def test_a_chosen_clip_is_shown_frame_by_frame(pets, wait, videos):
    session, player = pets.session, pets.player
    row = session.table.rows[1]
    session.open_clip(row.id)
    wait(lambda: not player.why_no_picture())
    with VideoReader(videos[1]) as reader:
        for frame in (0, 7, 3):
            session.seek(frame)
            shown = np.asarray(player.layer.data[pets.viewer.dims.current_step[0]])
            np.testing.assert_array_equal(shown, reader.read(frame))


def test_the_slider_moves_the_session_and_the_session_the_slider(pets, wait):
    session = pets.session
    session.open_clip(session.table.rows[0].id)
    wait(lambda: not pets.player.why_no_picture())
    pets.viewer.dims.set_current_step(0, 5)
    assert session.frame == 5
    session.seek(9)
    assert pets.viewer.dims.current_step[0] == 9


def test_a_looped_clip_stays_within_its_frames(pets, wait):
    from actiondiff_gui.gui.session import editing

    session, player = pets.session, pets.player
    row = session.table.rows[1]
    session.open_clip(row.id)
    editing.set_edges(session, row.id, start=10, end=14)
    session.open_clip(row.id)
    wait(lambda: not player.why_no_picture())
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
    wait(lambda: not player.why_no_picture())
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
    wait(lambda: not player.why_no_picture())
    session.open_video(long.video_id, 30)
    wait(lambda: player.layer.data.shape[0] == 40)
    assert (session.frame, pets.viewer.dims.current_step[0]) == (30, 30)
    assert player.layer.visible
    # The same layer shows one video after the other; a video looked through ahead is there at once.
    layer = player.layer
    first = session.table.rows[0]
    player.prefetch(first.video_id)
    wait(lambda: not pets.jobs.active())
    session.open_clip(first.id)
    assert player.layer is layer
    assert (layer.name, len(layer.data)) == (first.video_name, 23)
    assert list(pets.viewer.layers) == [layer]


def _held_index(monkeypatch) -> Event:
    """Let the job that proves an index wait until the event is set."""
    from actiondiff_gui.gui.player import player

    free, prove = Event(), player.index_job

    def held(*args, **options):
        while not free.wait(0.01):
            yield Progress(0, 0)
        return (yield from prove(*args, **options))

    monkeypatch.setattr(player, "index_job", held)
    return free


def test_a_video_is_shown_and_moved_in_before_its_index_is_proven(pets, wait, monkeypatch):
    free = _held_index(monkeypatch)
    session, player = pets.session, pets.player
    row = session.table.rows[1]
    session.open_clip(row.id)
    wait(lambda: not player.why_no_picture())
    reader = player._reader
    for frame in (0, 31, 7):
        session.seek(frame)
        assert pets.viewer.dims.current_step[0] == frame
        with VideoReader(session.videos[row.video_id].path) as whole:
            np.testing.assert_array_equal(np.asarray(player.layer.data[frame]), whole.read(frame))
    assert reader._index.method == "unproven"
    # Read by that index a picture may be wrong: where the file had to be decoded, it is read anew, also on screen.
    reader._cache[7] = np.zeros_like(reader._cache[7])
    player.layer.refresh()
    assert not player.layer._slice.image.view.any()
    free.set()
    wait(lambda: not pets.jobs.active())
    assert player._reader is reader
    assert reader._index.method == "decoded"
    np.testing.assert_array_equal(player.layer._slice.image.view, reader.read(7))
    assert row.video_id in player._indexes


def test_of_a_video_that_has_to_be_read_through_the_first_frame_is_shown_at_once(
    host, wait, tmp_path, monkeypatch
):
    path = tmp_path / "old.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(30):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 8 * number, np.uint8))
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with Project.create(tmp_path / "old.actiondiff") as project:
        run(import_videos(project, [path]))
    free = _held_index(monkeypatch)
    host.session.open_project(tmp_path / "old.actiondiff")
    player = host.player
    host.session.open_clip(host.session.table.rows[0].id)
    wait(lambda: player.layer is not None)
    with VideoReader(path) as whole:
        np.testing.assert_array_equal(np.asarray(player.layer.data[0]), whole.read(0))
        assert len(player.layer.data) == 1
        assert not player._is_shown()
        free.set()
        wait(player._is_shown)
        assert len(player.layer.data) == 30
        host.session.seek(20)
        np.testing.assert_array_equal(np.asarray(player.layer.data[20]), whole.read(20))
