"""The reader returns exactly the requested frame."""

import random
from fractions import Fraction

import av
import numpy as np
import pytest

from actiondiff_gui.errors import VideoError
from actiondiff_gui.video.reader import VideoReader, open_video

KINDS = {
    "h264_b_frames.mp4": {"options": {"bf": "3", "g": "12"}},
    "h264_open_gop.mkv": {"options": {"bf": "3", "g": "8", "x264-params": "open-gop=1:scenecut=0"}},
    "h264_intra_refresh.mp4": {"options": {"g": "10", "x264-params": "intra-refresh=1"}},
    "h264_10_bit.mp4": {"pix_fmt": "yuv420p10le"},
    "h264_odd_size.mp4": {"size": (51, 37), "pix_fmt": "yuv444p"},
    "h264_grayscale.mp4": {"pix_fmt": "gray"},
    "h264.ts": {"options": {"bf": "2", "g": "10"}},
    "h264.flv": {"options": {"bf": "2", "g": "10"}},
    "h264_fragments.mp4": {
        "container_options": {"movflags": "frag_keyframe+empty_moov"},
        "options": {"g": "7"},
    },
    "mpeg4.avi": {"codec": "mpeg4", "options": {"g": "9"}},
    "mpeg4_b_frames.mp4": {"codec": "mpeg4", "options": {"g": "9", "bf": "2"}},
    "mpeg2_open_gop.mpg": {"codec": "mpeg2video", "options": {"g": "9", "bf": "2"}},
    "mjpeg.mkv": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
    "vp8_hidden_frames.webm": {"codec": "libvpx", "options": {"auto-alt-ref": "1", "lag-in-frames": "16"}},
    "vp9_hidden_frames.webm": {
        "codec": "libvpx-vp9",
        "options": {"auto-alt-ref": "1", "lag-in-frames": "16"},
    },
    "ffv1_12_bit.mkv": {"codec": "ffv1", "pix_fmt": "gbrp12le"},
    "ffv1_alpha.mkv": {"codec": "ffv1", "pix_fmt": "bgra"},
    "qtrle_packed.mov": {"codec": "qtrle", "pix_fmt": "rgb24"},
    "raw.avi": {"codec": "rawvideo", "pix_fmt": "yuv420p"},
    "one_pixel.mkv": {"codec": "ffv1", "pix_fmt": "bgra", "size": (1, 1)},
    "animation.gif": {"codec": "gif", "pix_fmt": "rgb8"},
    "animation.apng": {"codec": "apng", "pix_fmt": "rgba"},
    "elementary.h264": {"options": {"bf": "2", "g": "10"}},
}


@pytest.mark.parametrize("name", KINDS)
def test_any_order_gives_the_frames_of_a_straight_decode(name, make_video, straight):
    settings = KINDS[name]
    if settings.get("codec", "libx264") not in av.codecs_available:
        pytest.skip(f"this PyAV cannot write {settings['codec']}")
    path = make_video(name, **settings)
    expected, _ = straight(path)
    with VideoReader(path) as reader:
        assert reader.frame_count == len(expected) == 40
        assert reader.warnings == ()
        order = list(range(40))
        random.Random(7).shuffle(order)
        for number in [*order, *range(39, -1, -1), *range(0, 40, 3)]:
            np.testing.assert_array_equal(reader.read(number), expected[number], err_msg=f"frame {number}")


def test_frames_far_apart_are_reached_through_key_frames_exactly(long_gop, long_gop_frames):
    with VideoReader(long_gop, cache_bytes=1) as reader:
        assert len(reader.index.entries) == 4
        for number in [119, 0, 60, 59, 61, 90, 89, 31, 29, 30, 118, 1]:
            np.testing.assert_array_equal(reader.read(number), long_gop_frames[number])


def test_reading_far_into_a_file_does_not_decode_what_lies_before(long_gop, monkeypatch):
    with VideoReader(long_gop) as reader:
        assert reader.frame_count == 120
        decoded = []
        identify = reader._source._identify
        monkeypatch.setattr(reader._source, "_identify", lambda f: decoded.append(f.pts) or identify(f))
        reader.read(95)
        assert len(decoded) <= 10
        reader.read(97)
        assert len(decoded) <= 12


def test_frames_that_no_other_frame_needs_are_passed_over_on_the_way(make_video, straight, monkeypatch):
    options = {"bf": "3", "g": "50", "x264-params": "scenecut=0:b-adapt=0:b-pyramid=none"}
    path = make_video("b_frames.mp4", frames=100, options=options)
    expected, _ = straight(path)
    with VideoReader(path) as reader:
        assert reader.frame_count == 100
        decoded = []
        identify = reader._source._identify
        monkeypatch.setattr(reader._source, "_identify", lambda f: decoded.append(f.pts) or identify(f))
        for number in (95, 53, 97, 60, 99, 61):
            decoded.clear()
            reader._cache.clear()
            np.testing.assert_array_equal(reader.read(number), expected[number])
            assert len(decoded) <= 25


def test_going_back_frame_by_frame_decodes_a_group_of_pictures_once(long_gop, long_gop_frames, monkeypatch):
    with VideoReader(long_gop) as reader:
        assert reader.frame_count == 120
        decoded = []
        identify = reader._source._identify
        monkeypatch.setattr(reader._source, "_identify", lambda f: decoded.append(f.pts) or identify(f))
        for number in range(119, 89, -1):
            np.testing.assert_array_equal(reader.read(number), long_gop_frames[number])
        assert len(decoded) <= 65


def test_read_many_keeps_the_asked_order_and_repeats(long_gop, long_gop_frames):
    asked = [70, 3, 3, 119, 0, 70, 45]
    with open_video(long_gop) as reader:
        frames = reader.read_many(asked)
        nothing = reader.read_many([])
    assert frames.dtype == np.uint8
    np.testing.assert_array_equal(frames, np.stack([long_gop_frames[i] for i in asked]))
    assert nothing.shape == (0, 48, 64, 3)


def test_a_frame_that_is_given_out_can_be_changed_without_changing_the_next_reading(long_gop):
    with VideoReader(long_gop) as reader:
        first = reader.read(5)
        before = first.copy()
        first[:] = 0
        np.testing.assert_array_equal(reader.read(5), before)


def test_the_cache_stays_within_its_bytes(long_gop):
    frame_bytes = 64 * 48 * 3
    with VideoReader(long_gop, cache_bytes=5 * frame_bytes) as reader:
        for number in [*range(100), *range(99, 0, -1)]:
            reader.read(number)
        assert sum(frame.nbytes for frame in reader._cache.values()) <= 5 * frame_bytes


def test_a_step_back_keeps_the_frames_before_it_and_a_jump_far_back_does_not(long_gop):
    with VideoReader(long_gop) as reader:
        reader.read(95)
        reader.read(20)
        assert set(reader._cache) == {95, 20}
        reader.read(19)
        assert {19, 18, 5} <= set(reader._cache)


def test_times_of_a_variable_frame_rate_are_the_ones_that_were_written(make_video, straight):
    milliseconds = [0, 40, 45, 200, 1000, 1001, 1500, 4000, 4040, 9000]
    path = make_video("variable.mkv", frames=10, times=milliseconds, time_base=Fraction(1, 1000))
    expected, _ = straight(path)
    with VideoReader(path) as reader:
        np.testing.assert_allclose(reader.timestamps, np.array(milliseconds) / 1000, atol=1e-9)
        assert reader.timestamps.dtype == np.float64
        assert reader.fps == pytest.approx(9 / 9.0)
        for number in (9, 4, 5, 0):
            np.testing.assert_array_equal(reader.read(number), expected[number])


def test_times_start_at_zero_where_the_file_starts_late_or_before_zero(make_video):
    late = make_video("late.mkv", frames=8, times=range(100, 108))
    before = make_video("before.nut", frames=8, codec="ffv1", times=range(-3, 5))
    for path in (late, before):
        with VideoReader(path) as reader:
            assert reader.frame_count == 8
            np.testing.assert_allclose(reader.timestamps, np.arange(8) / 25, atol=1e-3)


def test_constant_frame_rate_is_reported(long_gop):
    with VideoReader(long_gop) as reader:
        assert reader.fps == pytest.approx(25)
        np.testing.assert_allclose(reader.timestamps, np.arange(120) / 25)


def test_frames_without_times_are_spaced_by_the_nominal_rate(make_video):
    with VideoReader(make_video("elementary.h264", frames=12)) as reader:
        assert reader.frame_count == 12
        assert (np.diff(reader.timestamps) > 0).all()


def test_a_frame_that_is_not_there_is_refused_by_number(long_gop):
    with VideoReader(long_gop) as reader:
        for number in (120, -1, 10**9):
            with pytest.raises(VideoError, match=rf"long_gop.mp4 has no frame {number}.* 0 to 119"):
                reader.read(number)
        with pytest.raises(VideoError, match="no frame 500"):
            reader.read_many([3, 500])
        assert reader.read(np.int64(3)).shape == (48, 64, 3)


def test_a_closed_reader_says_that_it_is_closed(long_gop):
    reader = VideoReader(long_gop)
    assert reader.frame_count == 120
    index = reader.index
    reader.close()
    reader.close()
    with pytest.raises(VideoError, match="was closed"):
        reader.read(0)
    with pytest.raises(VideoError, match="was closed"):
        reader.adopt(index)


def test_opening_decodes_one_frame_and_builds_no_index(long_gop):
    with VideoReader(long_gop) as reader:
        assert (reader.width, reader.height) == (64, 48)
        assert reader._index is None


def test_a_size_that_changes_is_scaled_to_the_first(tmp_path, straight):
    path = tmp_path / "resized.ivf"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libvpx", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        packets = []
        for part, size in enumerate([(64, 48), (32, 24)]):
            encoder = av.CodecContext.create("libvpx", "w")
            encoder.width, encoder.height = size
            encoder.pix_fmt, encoder.time_base, encoder.framerate = "yuv420p", Fraction(1, 25), Fraction(25)
            for number in range(6):
                frame = av.VideoFrame.from_ndarray(np.full((*size[::-1], 3), 40 * number, np.uint8))
                frame.pts, frame.time_base = part * 6 + number, Fraction(1, 25)
                packets += encoder.encode(frame)
            packets += encoder.encode()
        for packet in packets:
            packet.stream = stream
            container.mux(packet)
    expected, _ = straight(path)
    with VideoReader(path) as reader:
        assert reader.frame_count == 12
        for number in (11, 2, 7, 0):
            assert reader.read(number).shape == (48, 64, 3)
            np.testing.assert_array_equal(reader.read(number), expected[number])


def test_palette_pictures_are_read_exactly(tmp_path):
    path = tmp_path / "palette.mov"
    colours = np.random.default_rng(0).integers(0, 256, (256, 4), np.uint8)
    colours[:, 0] = 255
    pictures = [np.random.default_rng(n).integers(0, 256, (24, 34), np.uint8) for n in range(6)]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("png", rate=25)
        stream.width, stream.height, stream.pix_fmt = 34, 24, "pal8"
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray((picture, colours), format="pal8")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with VideoReader(path) as reader:
        assert reader.info.pix_fmt == "pal8"
        for number in (5, 0, 3):
            np.testing.assert_array_equal(reader.read(number), colours[pictures[number]][..., 1:])


def test_names_that_mean_something_to_the_library_are_only_names(make_video, tmp_path):
    for name in ("a:b.mp4", "100%.mp4", "n%03d.mp4", "ünï cödé 動画.mp4", "-x.mp4", "?#&.mp4"):
        with VideoReader(make_video(name, frames=2)) as reader:
            assert reader.frame_count == 2


def test_two_readers_of_one_file_do_not_disturb_each_other(long_gop, long_gop_frames):
    with VideoReader(long_gop) as one, VideoReader(long_gop) as other:
        for number in (5, 80, 6):
            np.testing.assert_array_equal(one.read(number), long_gop_frames[number])
            np.testing.assert_array_equal(other.read(119 - number), long_gop_frames[119 - number])
