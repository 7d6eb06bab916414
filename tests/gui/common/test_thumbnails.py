import numpy as np

from actiondiff_gui.gui.session import editing
from actiondiff_gui.video.preview import Previews, shrunk
from actiondiff_gui.video.reader import VideoReader


def pixels(image):
    image = image.convertToFormat(image.Format.Format_RGB888)
    raw = image.constBits()
    if hasattr(raw, "setsize"):  # PyQt6 gives a bare address, PySide6 a memoryview
        raw.setsize(image.sizeInBytes())
    lines = np.frombuffer(raw, np.uint8).reshape(image.height(), image.bytesPerLine())
    return lines[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)


def test_a_clip_is_shown_by_its_middle_frame(pets, wait, videos):
    thumbnails, row = pets.thumbnails, pets.session.table.rows[1]
    assert thumbnails.get(row.id) is None
    wait(lambda: thumbnails.get(row.id) is not None)
    with VideoReader(videos[1]) as reader:
        np.testing.assert_array_equal(pixels(thumbnails.get(row.id)), reader.read(19))


def test_all_docks_of_a_viewer_share_the_thumbnails(pets):
    assert pets.thumbnails is pets.thumbnails


def test_a_region_of_interest_is_what_is_shown(pets, wait, videos):
    session, thumbnails = pets.session, pets.thumbnails
    row = session.table.rows[0]
    thumbnails.get(row.id)
    wait(lambda: thumbnails.get(row.id) is not None)
    editing.set_roi(session, [row.id], (10, 4, 20, 30))
    wait(lambda: thumbnails.get(row.id) is not None)
    with VideoReader(videos[0]) as reader:
        np.testing.assert_array_equal(pixels(thumbnails.get(row.id)), reader.read(11)[4:34, 10:30])


def test_moved_edges_bring_another_picture_and_a_label_does_not(pets, wait):
    session, thumbnails = pets.session, pets.thumbnails
    row = session.table.rows[0]
    thumbnails.get(row.id)
    wait(lambda: thumbnails.get(row.id) is not None)
    editing.label(session, [row.id], "eat")
    assert thumbnails.get(row.id) is not None
    editing.set_edges(session, row.id, end=5)
    assert thumbnails.get(row.id) is None


def test_a_missing_video_leaves_a_plain_tile_and_no_problem(pets, wait):
    session, thumbnails = pets.session, pets.thumbnails
    row = session.table.rows[2]
    path = session.videos[row.video_id].path
    path.rename(path.with_suffix(".moved"))
    told = []
    thumbnails.ready.connect(told.append)
    try:
        thumbnails.get(row.id)
        wait(lambda: told)
        assert told == [row.id]
        assert thumbnails.get(row.id) is None
        assert not pets.jobs.active()
        assert not pets.jobs.problems
    finally:
        path.with_suffix(".moved").rename(path)


def test_many_requests_are_one_job(pets, wait):
    thumbnails = pets.thumbnails
    for row in pets.session.table.rows * 20:
        thumbnails.get(row.id)
    wait(lambda: pets.jobs.active())
    assert len(pets.jobs.active()) == 1
    wait(lambda: not pets.jobs.active())
    assert all(thumbnails.get(row.id) is not None for row in pets.session.table.rows)


def test_a_preview_of_a_sound_file_is_the_exact_frame(videos):
    with VideoReader(videos[1]) as reader, Previews(videos[1]) as previews:
        for frame in (0, 39, 17, 3):
            np.testing.assert_array_equal(previews.at(frame / 24), reader.read(frame))


def test_a_frame_is_made_small_by_averaging_and_keeps_its_proportions():
    frame = np.zeros((40, 80, 3), np.uint8)
    frame[:, 40:] = 200
    small = shrunk(frame, 20, 20)
    assert small.shape == (10, 20, 3)
    assert (small[:, :10] == 0).all()
    assert (small[:, 10:] == 200).all()
    assert shrunk(frame, 200, 200).shape == frame.shape
    assert (shrunk(frame, 8, 8, (60, 10, 100, 10)) == 200).all()


def test_frames_of_one_pass_are_those_of_single_requests_also_small_and_cropped(videos):
    with VideoReader(videos[1]) as reader, Previews(videos[1]) as previews:
        numbers = (0, 3, 3, 17, 39)
        for number, frame in zip(numbers, previews.small_frames(numbers, 64, 48), strict=True):
            np.testing.assert_array_equal(frame, reader.read(number))
        for box in (None, (10, 4, 40, 30)):
            for number, frame in zip((5, 30), previews.small_frames((5, 30), 16, 12, box), strict=True):
                known = shrunk(reader.read(number), 16, 12, box)
                assert frame.shape == known.shape
                # Scaled before it is cropped, the edges of a pixel lie elsewhere by less than one.
                assert np.abs(frame.astype(int) - known).mean() < (3 if box is None else 30)
