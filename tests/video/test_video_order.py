"""Frame i is the i-th displayed picture, in every container and with any timestamps.

Every picture carries its number, so a straight decode, its order and its times are no part of what is expected.
"""

import random
import sys
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.measure import VIDEO_SUFFIXES
from actiondiff_gui.video.frame_index import FrameIndex
from actiondiff_gui.video.indexing import index_job
from actiondiff_gui.video.preview import Previews
from actiondiff_gui.video.reader import VideoReader
from actiondiff_gui.video.scanning import _UNKNOWN, _Scan
from tests.video.made_videos import SHARED_VIDEOS
from tests.video.numbered import SIZE, number_in, picture, write_numbered

H264 = {"options": {"bf": "2", "g": "15", "x264-params": "scenecut=0"}}
MPEG4 = {"codec": "mpeg4", "options": {"g": "15"}}
MPEG2 = {"codec": "mpeg2video", "options": {"g": "15", "bf": "2"}}
CONTAINERS = {
    ".264": {**H264, "muxer": "h264"},
    ".265": {"codec": "libx265", "muxer": "hevc"},
    ".3g2": MPEG4,
    ".3gp": MPEG4,
    ".asf": {"codec": "wmv2", "options": {"g": "15"}},
    ".avi": MPEG4,
    ".divx": {**MPEG4, "muxer": "avi"},
    ".dv": {"codec": "dvvideo", "size": (720, 576), "muxer": "dv"},
    ".f4v": {**H264, "muxer": "f4v"},
    ".flv": H264,
    ".gif": {"codec": "gif", "pix_fmt": "rgb8"},
    ".h264": {**H264, "muxer": "h264"},
    ".h265": {"codec": "libx265", "muxer": "hevc"},
    ".hevc": {"codec": "libx265", "muxer": "hevc"},
    ".ivf": {"codec": "libvpx", "options": {"g": "15"}},
    ".m1v": {"codec": "mpeg1video", "options": {"g": "15", "bf": "2"}},
    ".m2t": {**H264, "muxer": "mpegts"},
    ".m2ts": H264,
    ".m2v": MPEG2,
    ".m4v": H264,
    ".mjpeg": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
    ".mjpg": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
    ".mkv": H264,
    ".mod": {**MPEG2, "muxer": "vob"},
    ".mov": H264,
    ".mp4": H264,
    ".mpe": {**MPEG2, "muxer": "mpeg"},
    ".mpeg": MPEG2,
    ".mpg": MPEG2,
    ".mts": {**H264, "muxer": "mpegts"},
    ".mxf": MPEG2,
    ".nut": H264,
    ".ogm": {"codec": "libvpx", "muxer": "ogg"},
    ".ogv": {"codec": "libvpx", "muxer": "ogg"},
    ".rm": {"codec": "rv20"},
    ".rmvb": {"codec": "rv20", "muxer": "rm"},
    ".tod": {**MPEG2, "muxer": "mpegts"},
    ".ts": H264,
    ".vob": MPEG2,
    ".webm": {"codec": "libvpx-vp9", "options": {"g": "15", "deadline": "realtime"}},
    ".wmv": {"codec": "wmv2", "muxer": "asf", "options": {"g": "15"}},
    ".y4m": {"codec": "wrapped_avframe", "muxer": "yuv4mpegpipe"},
}


def seen(reader: VideoReader, order: list[int]) -> list[int]:
    return [number_in(reader.read(number)) for number in order]


def check(path: Path, expected: list[int]) -> FrameIndex:
    """Order, random access from one reader and from fresh ones, and thumbnails."""
    count = len(expected)
    order = list(range(count))
    with VideoReader(path, cache_bytes=1) as reader:
        assert seen(reader, order) == expected
        random.Random(5).shuffle(order)
        assert seen(reader, order) == [expected[at] for at in order]
        index, fps, times = reader.index, reader.fps, reader.timestamps
    for number in (count - 1, count // 2, 1):
        with VideoReader(path, FrameIndex.from_bytes(index.to_bytes())) as fresh:
            assert seen(fresh, [number]) == [expected[number]]
    with Previews(path, count, fps) as previews:
        assert [number_in(previews.frame(at)) for at in range(count)] == expected
    assert len(times) == count
    assert (np.diff(times) > 0).all()
    return index


def test_every_ending_that_is_listed_is_tried():
    assert set(CONTAINERS) == VIDEO_SUFFIXES


@pytest.mark.parametrize("suffix", CONTAINERS)
def test_frames_of_every_container_come_in_order(suffix, tmp_path):
    settings = CONTAINERS[suffix]
    if settings.get("codec", "libx264") not in av.codecs_available:
        pytest.skip(f"this PyAV cannot write {settings['codec']}")
    path = write_numbered(tmp_path / f"video{suffix}", **settings)
    index = check(path, list(range(60)))
    # Milliseconds, or the hundredths of GIF, are the clocks of some containers.
    np.testing.assert_allclose(index.timestamps, np.arange(60) / 25, atol=0.0101)


@pytest.mark.parametrize("name", ["b_frames.avi", "b_frames.asf"])
def test_containers_that_know_decoding_times_only_are_believed_in_their_order(name, tmp_path):
    path = write_numbered(tmp_path / name, range(90), options={"bf": "3", "g": "30"}, uneven=True)
    index = check(path, list(range(90)))
    np.testing.assert_allclose(index.timestamps, np.arange(90) / 25, atol=0.0011)
    assert index.counted
    assert len(index.entries) >= 3
    (warning,) = index.warnings
    assert name in warning
    assert "not in the order of its frames" in warning


def test_two_streams_joined_end_to_end_are_one_film(tmp_path):
    first = write_numbered(tmp_path / "a.ts", range(50), **H264)
    second = write_numbered(tmp_path / "b.ts", range(50, 120), **H264)
    joined = tmp_path / "joined.ts"
    joined.write_bytes(first.read_bytes() + second.read_bytes())
    index = check(joined, list(range(120)))
    assert index.fps == pytest.approx(25)
    np.testing.assert_allclose(index.timestamps, np.arange(120) / 25)
    assert any("first at frame 50, 1 place)" in warning for warning in index.warnings)


def test_far_frames_of_a_counted_file_are_reached_through_key_frames(tmp_path, monkeypatch):
    for name in ("b_frames.avi", "bare.h264"):
        path = write_numbered(tmp_path / name, range(120), options={"bf": "2", "g": "15"}, uneven=True)
        with VideoReader(path) as reader:
            assert reader.index.counted
            passed = []
            identify = reader._source._identify
            monkeypatch.setattr(
                reader._source, "_identify", lambda f, i=identify, p=passed: p.append(0) or i(f)
            )
            assert seen(reader, [97]) == [97]
            assert len(passed) <= 20


def _not_coded(increment: int) -> bytes:
    """Return an MPEG-4 picture that says only that nothing changed (ISO/IEC 14496-2, vop_coded 0)."""
    bits = f"010{1}{increment % 25:05b}100111"
    return b"\0\0\1\xb6" + int(bits.ljust(16, "1"), 2).to_bytes(2, "big")


def test_packed_b_frames_come_in_order(tmp_path):
    """DivX puts a B-frame into the packet of the P-frame before it, and an empty picture into the next packet."""
    plain = write_numbered(
        tmp_path / "plain.avi", codec="mpeg4", options={"bf": "1", "g": "20", "b_strategy": "0"}
    )
    packed = tmp_path / "packed.avi"
    with av.open(str(plain)) as source, av.open(str(packed), "w") as container:
        stream = container.add_stream_from_template(source.streams.video[0])
        coded = [bytes(packet) for packet in source.demux(video=0) if packet.size]
        kinds = [data[data.find(b"\0\0\1\xb6") + 4] >> 6 for data in coded]
        written, at = [], 0
        while at < len(coded):
            if at + 1 < len(coded) and kinds[at + 1] == 2:
                written += [coded[at] + coded[at + 1], _not_coded(at)]
                at += 2
            else:
                written.append(coded[at])
                at += 1
        written[0] = written[0].replace(b"\0\0\1\xb6", b"\0\0\1\xb2DivX503b1393p\0\0\1\xb6", 1)
        for number, data in enumerate(written):
            packet = av.Packet(data)
            packet.stream, packet.pts, packet.dts = stream, number, number
            packet.time_base = stream.time_base
            packet.is_keyframe = number == 0 or kinds[number] == 0
            container.mux(packet)
    assert 2 in kinds
    with VideoReader(packed) as reader:
        numbers = seen(reader, list(range(reader.frame_count)))
        order = random.Random(3).sample(range(reader.frame_count), 20)
        assert seen(reader, order) == [numbers[at] for at in order]
    assert numbers == sorted(numbers)
    assert len(set(numbers)) >= 58


def test_a_bare_stream_has_the_rate_that_it_states(tmp_path):
    with VideoReader(write_numbered(tmp_path / "fast.h264", rate=50)) as reader:
        assert reader.fps == pytest.approx(50)
        assert reader.warnings == ()
    with VideoReader(
        write_numbered(tmp_path / "bare.mjpeg", codec="mjpeg", pix_fmt="yuvj420p", rate=50)
    ) as reader:
        assert reader.warnings == (
            f"{tmp_path / 'bare.mjpeg'} states no frame rate; 25 per second is taken.",
        )


def test_the_default_stream_is_shown_and_not_a_still_before_it(tmp_path):
    for name, default in (("flagged.mkv", True), ("both.mkv", False)):
        path = tmp_path / name
        _still_first(path, default)
        with VideoReader(path) as reader:
            assert seen(reader, list(range(30))) == list(range(30))
            assert reader.frame_count == 30


def _still_first(path: Path, default: bool) -> None:
    with av.open(str(path), "w") as container:
        streams = [container.add_stream(codec, rate=25) for codec in ("mjpeg", "libx264")]
        for stream, pix_fmt in zip(streams, ("yuvj420p", "yuv420p"), strict=True):
            stream.width, stream.height, stream.pix_fmt = 320, 240, pix_fmt
            if default:
                stream.disposition = av.stream.Disposition.default if stream is streams[1] else 0
        packets = []
        for stream, numbers in zip(streams, ([255], range(30)), strict=True):
            for at, number in enumerate([*numbers, None]):
                frame = None
                if number is not None:
                    frame = av.VideoFrame.from_ndarray(picture(number)).reformat(format=stream.pix_fmt)
                    frame.pts = at
                packets += stream.encode(frame)
        for packet in packets:
            container.mux(packet)


def test_frames_that_were_right_keep_their_numbers_and_times(tmp_path):
    """An index of a sound file is the one of all versions before: times ascending, as the container has them."""
    for name, settings in (("a.mp4", H264), ("b.mkv", H264), ("c.avi", MPEG4), ("d.ts", H264)):
        path = write_numbered(tmp_path / name, **settings)
        with av.open(str(path)) as container:
            times = sorted(packet.pts for packet in container.demux(video=0) if packet.size)
        index = run(index_job(path))
        assert index.timed
        assert not index.counted
        assert index.ordinals is None
        assert index.pts.tolist() == times


CASES = SHARED_VIDEOS.parent / "cases" / "video"


@pytest.mark.skipif(not CASES.is_dir(), reason="the folder shared/cases does not lie beside the repo")
@pytest.mark.parametrize(
    ("name", "numbers", "said"),
    [
        ("avchd.MTS", range(120), ()),
        ("h264_bframes.avi", range(120), ("not in the order",)),
        ("joined_by_cat.ts", range(120), ("incomplete", "not in the order")),
        ("packets_lost.ts", [*range(45), 44, 44, 44, -1, *range(60, 120)], ("incomplete", "missing")),
        ("raspberry.h264", range(120), ()),
        ("still_first_video_second.mkv", range(120), ()),
    ],
)
def test_the_cases_beside_the_repo(name, numbers, said, monkeypatch):
    monkeypatch.syspath_prepend(str(CASES))
    monkeypatch.delitem(sys.modules, "barcode", raising=False)
    read: Callable = __import__("barcode").read
    with VideoReader(CASES / name) as reader:
        count, fps = reader.frame_count, reader.fps
        assert [read(reader.read(at)) for at in range(count)] == list(numbers)
        order = random.Random(1).sample(range(count), 30)
        assert [read(reader.read(at)) for at in order] == [list(numbers)[at] for at in order]
        assert len(reader.warnings) == len(said)
        for sentence, words in zip(reader.warnings, said, strict=True):
            assert words in sentence
    with Previews(CASES / name, count, fps) as previews:
        shown = [read(previews.frame(at)) for at in (0, 30, count // 2, count - 1)]
    assert shown == [list(numbers)[at] for at in (0, 30, count // 2, count - 1)]


def test_the_length_of_a_joined_program_stream_is_not_called_cut_off(tmp_path):
    one = write_numbered(
        tmp_path / "one.mpg", range(40), codec="mpeg2video", options={"bf": "2", "g": "12", "b": "4M"}
    )
    two = tmp_path / "two.mpg"
    two.write_bytes(2 * one.read_bytes())
    with VideoReader(two) as reader:
        assert seen(reader, list(range(reader.frame_count))) == [*range(40), *range(40)]
        assert "cut off" not in " ".join(reader.warnings)


@pytest.mark.parametrize("without", [False, True])
def test_a_packet_without_a_time_among_many_that_have_one_is_no_cause_for_a_warning(without):
    """Where a packet of an MPEG program stream has none, FFmpeg gives its frame no time, or that of an earlier one."""
    seen = _Scan(Path("a.mpg"), 1, "mpeg", (1, 90000), 25.0, True, None)
    seen.dts.extend(range(0, 3600 * 100, 3600))
    seen.pts.extend(seen.dts)
    seen.pts[45] = _UNKNOWN if without else seen.pts[43]
    times, timed, counted, said = seen._times()
    assert (list(times), timed, counted, said) == (list(seen.dts), True, True, [])
    seen.pts[10:30] = seen.pts[9:29]
    assert len(seen._times()[3]) == 1


@pytest.mark.parametrize("name", ["a.mpg", "b.mxf"])
def test_previews_where_few_frames_have_a_time_or_only_that_of_decoding(name, tmp_path):
    path = write_numbered(tmp_path / name, range(90), options={"bf": "3", "g": "30"}, uneven=True)
    check(path, list(range(90)))
    wanted = [3, 11, 43, 58, 78]
    with Previews(path, 90, 25.0) as previews:
        assert [number_in(small) for small in previews.small_frames(wanted, *SIZE)] == wanted


@pytest.mark.parametrize("name", ["a.mp4", "b.mkv"])
@pytest.mark.parametrize("uneven", ["a gap", "three speeds"])
def test_previews_of_unevenly_timed_frames_are_of_their_frames(name, uneven, tmp_path):
    steps = np.repeat([1, 1, 1], 30) if uneven == "a gap" else np.repeat([1, 3, 1], 30)
    steps[40] += 25 * (uneven == "a gap")
    times = (np.cumsum(steps) - 1).tolist()
    path = write_numbered(tmp_path / name, range(90), times=times, options={"g": "15"})
    with VideoReader(path) as reader:
        count, fps = reader.frame_count, reader.fps
    assert count == 90
    for order in (range(90), [60, 20, 33], [88, 1]):
        with Previews(path, count, fps) as previews:
            assert [number_in(previews.frame(number)) for number in order] == list(order)
    wanted = [31, 37, 45, 58, 80]
    with Previews(path, count, fps) as previews:
        assert [number_in(small) for small in previews.small_frames(wanted, *SIZE)] == wanted


@pytest.mark.parametrize("suffix", [".flv", ".ts", ".mpg", ".ogv", ".nut", ".asf"])
def test_previews_of_a_file_that_lacks_a_few_frames_are_of_their_frames(suffix, tmp_path):
    """So few that its rate is the stated one to less than a hundredth."""
    times = [number + 2 * (number >= 30) for number in range(250)]
    path = write_numbered(tmp_path / f"a{suffix}", range(250), times=times, **CONTAINERS[suffix])
    with VideoReader(path) as reader:
        count, fps = reader.frame_count, reader.fps
    assert fps == pytest.approx(25 * 249 / 251, rel=1e-3)
    wanted = [3, 28, 29, 30, 31, 32, 33, 120, 248]
    with Previews(path, count, fps) as previews:
        assert [number_in(previews.frame(number)) for number in wanted] == wanted
        assert [number_in(small) for small in previews.small_frames(wanted, *SIZE)] == wanted


@pytest.mark.parametrize("name", ["a.mp4", "b.mkv"])
def test_previews_of_a_thousand_frames_per_second_are_of_their_frames(name, tmp_path):
    path = write_numbered(tmp_path / name, range(40), codec="mpeg4", rate=1000)
    with Previews(path, 40, 1000.0) as previews:
        assert [number_in(previews.frame(number)) for number in range(40)] == list(range(40))


def test_previews_of_a_program_stream_with_several_frames_to_a_packet_are_of_their_frames(tmp_path):
    """Of frames so small most have no time of their own, and behind a seek those between are guessed wrongly."""
    options = {"g": "12", "bf": "2", "flags": "+qscale", "global_quality": "3000"}
    path = write_numbered(tmp_path / "a.mpg", range(250), codec="mpeg2video", size=(96, 64), options=options)
    with Previews(path, 250, 25.0) as previews:
        assert [number_in(previews.frame(number)) for number in range(250)] == list(range(250))
        assert not previews._exact
