"""Frame index: exact, storable, and refused for other files."""

import json

import av
import numpy as np
import pytest

from actiondiff_gui.errors import VideoError
from actiondiff_gui.progress import Progress, run
from actiondiff_gui.project.formats.imports.measure import measure_video
from actiondiff_gui.video import indexing
from actiondiff_gui.video import reader as reader_module
from actiondiff_gui.video.array import LazyVideo
from actiondiff_gui.video.frame_index import FrameIndex
from actiondiff_gui.video.indexing import first_frame_index, index_job, unproven_job
from actiondiff_gui.video.reader import VideoReader, open_video
from tests.video.numbered import number_in, write_numbered


def test_building_the_index_reports_progress_up_to_the_whole_file(long_gop):
    reports: list[Progress] = []
    index = run(index_job(long_gop), reports.append)
    assert index.frame_count == 120
    assert [r.done for r in reports] == sorted(r.done for r in reports)
    assert reports[-1].done == reports[-1].total == long_gop.stat().st_size
    assert "long_gop.mp4" in reports[0].message


def test_a_job_that_is_closed_lets_go_of_the_file(long_gop):
    job = index_job(long_gop)
    next(job)
    job.close()


@pytest.mark.parametrize("method", ["decoded", "packets"])
def test_an_index_survives_being_stored(method, long_gop, long_gop_frames, monkeypatch):
    if method == "packets":
        monkeypatch.setattr(indexing, "DECODED_PIXELS", 0)
    index = run(index_job(long_gop))
    assert index.method == method
    again = FrameIndex.from_bytes(index.to_bytes())
    for name in ("pts", "entries", "entry_frames", "ordinals", "checksums"):
        np.testing.assert_array_equal(getattr(again, name), getattr(index, name))
    assert (again.time_base, again.nominal_fps, again.timed) == (index.time_base, index.nominal_fps, True)
    with VideoReader(long_gop, index=again) as reader:
        np.testing.assert_array_equal(reader.read(77), long_gop_frames[77])
        np.testing.assert_array_equal(reader.timestamps, index.timestamps)


def test_packets_and_decoding_give_the_same_index_of_a_sound_file(make_video, monkeypatch):
    for name, settings in {
        "b_frames.mp4": {"options": {"bf": "3", "g": "12"}},
        "open_gop.mkv": {"options": {"bf": "3", "g": "12", "x264-params": "open-gop=1"}},
        "hidden.webm": {"codec": "libvpx-vp9", "options": {"auto-alt-ref": "1", "lag-in-frames": "16"}},
    }.items():
        path = make_video(name, frames=100, **settings)
        exact = run(index_job(path, thorough=True))
        with monkeypatch.context() as patch:
            patch.setattr(indexing, "DECODED_PIXELS", 0)
            patch.setattr(indexing, "SAMPLED_PACKETS", 20)
            quick = run(index_job(path))
        assert (quick.method, exact.method) == ("packets", "decoded")
        np.testing.assert_array_equal(quick.pts, exact.pts)
        np.testing.assert_array_equal(quick.entries, exact.entries)


def test_frames_read_with_a_packet_index_are_exact(long_gop, long_gop_frames, monkeypatch):
    monkeypatch.setattr(indexing, "DECODED_PIXELS", 0)
    index = run(index_job(long_gop))
    assert index.method == "packets"
    with VideoReader(long_gop, index) as reader:
        for number in [119, 0, 60, 59, 29, 30, 90, 1]:
            np.testing.assert_array_equal(reader.read(number), long_gop_frames[number])


def test_where_packets_and_frames_disagree_the_file_is_decoded(make_video, monkeypatch):
    """VP8 in WebM keeps its hidden frames in packets of their own, which show nothing."""
    monkeypatch.setattr(indexing, "DECODED_PIXELS", 0)
    path = make_video(
        "hidden.webm",
        frames=80,
        codec="libvpx",
        options={"auto-alt-ref": "1", "lag-in-frames": "16", "arnr-maxframes": "5", "b": "100k"},
    )
    index = run(index_job(path))
    exact = run(index_job(path, thorough=True))
    np.testing.assert_array_equal(index.pts, exact.pts)
    assert index.frame_count == 80


def test_a_cut_file_is_never_indexed_from_its_packets(make_video, monkeypatch):
    monkeypatch.setattr(indexing, "DECODED_PIXELS", 0)
    path = make_video("cut.mkv", frames=100, options={"g": "20"})
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    index = run(index_job(path))
    with VideoReader(path, index) as reader:
        assert 0 < reader.frame_count < 100
        assert reader.read(reader.frame_count - 1).shape == (48, 64, 3)


def test_a_file_is_shown_before_its_index_is_proven_and_proven_when_it_matters(
    long_gop, long_gop_frames, monkeypatch
):
    with open_video(long_gop) as reader:
        video = LazyVideo(reader)
        monkeypatch.setattr(
            reader_module, "index_job", lambda *_, **__: pytest.fail("the whole file was looked at")
        )
        assert video.shape[0] == 120
        for number in (0, 119, 60, 31):
            np.testing.assert_array_equal(video[number], long_gop_frames[number])
        monkeypatch.undo()
        assert reader._index.method == "unproven"
        assert reader.index.method == "decoded"
        np.testing.assert_array_equal(reader.timestamps, np.arange(120) / 25)
        np.testing.assert_array_equal(video[7], long_gop_frames[7])


def test_what_is_measured_for_a_project_is_never_unproven(make_video):
    """Its packets promise a frame that the decoder does not give: labels must not be put on it."""
    path = make_video(
        "hidden.webm", frames=40, codec="libvpx", options={"auto-alt-ref": "1", "lag-in-frames": "16"}
    )
    assert run(unproven_job(path)) is None
    assert measure_video(path).frame_count == 40
    assert run(unproven_job(make_video("old.avi", codec="mpeg4"))) is None


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("a.mov", "mpeg2video", {"g": "40"}),
        ("b.mp4", "mpeg4", {"g": "40", "bf": "2"}),
        ("c.mp4", "libx265", {"x265-params": "keyint=40:log-level=none"}),
    ],
)
def test_frames_that_are_all_said_to_be_key_frames_are_not_believed(
    name, codec, options, tmp_path, monkeypatch
):
    """A file without a table of key frames says so: what is decoded from most of them is grey or nothing."""
    path = write_numbered(
        tmp_path / name,
        range(80),
        codec=codec,
        options=options,
        edit=lambda packet: setattr(packet, "is_keyframe", True),
    )
    assert run(unproven_job(path)) is None
    monkeypatch.setattr(indexing, "DECODED_PIXELS", 0)
    with VideoReader(path, cache_bytes=1) as reader:
        assert reader.index.method == "decoded"
        assert [number_in(reader.read(number)) for number in (70, 33, 79, 0, 41)] == [70, 33, 79, 0, 41]
    every = write_numbered(tmp_path / "every.mov", codec="mpeg2video", options={"g": "1"})
    assert run(unproven_job(every)).frame_count == 60


@pytest.mark.parametrize("name", ["a.mkv", "b.mp4"])
def test_times_of_decoding_are_not_shown_as_times_of_frames(name, tmp_path):
    def rise(packet: av.Packet) -> None:
        packet.pts = packet.dts

    path = write_numbered(tmp_path / name, options={"bf": "3", "g": "30"}, uneven=True, edit=rise)
    assert run(unproven_job(path)) is None
    with VideoReader(path) as reader:
        shown = [number_in(reader.read(number)) for number in range(reader.frame_count)]
    assert shown == sorted(shown)
    # None is reordered here, and the codec could: these times are right.
    plain = write_numbered(tmp_path / f"plain_{name}", codec="mpeg4", options={"g": "30"})
    assert run(unproven_job(plain)).frame_count == 60


def test_a_first_look_knows_the_first_frame_only(make_video):
    path = make_video("plain.avi", codec="mpeg4", frames=20)
    with VideoReader(path) as whole, VideoReader(path, first_frame_index(path)) as look:
        assert look.frame_count == 1
        np.testing.assert_array_equal(look.read(0), whole.read(0))
        with pytest.raises(VideoError, match="no frame 1"):
            look.read(1)
        assert look.adopt(whole.index) is False
        np.testing.assert_array_equal(look.read(13), whole.read(13))


def test_an_index_of_another_file_is_refused(long_gop, make_video):
    other = make_video("other.mp4", frames=9)
    index = run(index_job(other))
    with pytest.raises(VideoError, match=r"does not fit .*long_gop.mp4"):
        VideoReader(long_gop, index)


def test_a_frame_that_a_wrong_index_promises_is_an_error_and_not_another_frame(long_gop):
    index = run(index_job(long_gop))
    wrong = FrameIndex(
        file_size=index.file_size,
        method="packets",
        time_base=index.time_base,
        nominal_fps=25.0,
        pts=np.sort(np.append(index.pts, index.pts[50] + 1)),
        timed=True,
        entries=index.entries,
    )
    with VideoReader(long_gop, wrong) as reader:
        with pytest.raises(VideoError, match=r"Frame 51 of .* cannot be decoded"):
            reader.read(51)
        assert reader.read(52).shape == (48, 64, 3)


def test_wrong_checksums_still_give_the_frame_of_the_straight_decode(long_gop, long_gop_frames):
    index = run(index_job(long_gop))
    wrong = FrameIndex(
        **{**{f: getattr(index, f) for f in index.__dataclass_fields__}, "checksums": index.checksums + 1}
    )
    with VideoReader(long_gop, wrong) as reader:
        for number in (100, 3):
            np.testing.assert_array_equal(reader.read(number), long_gop_frames[number])


def test_damaged_index_bytes_are_refused_and_never_believed(long_gop):
    good = run(index_job(long_gop)).to_bytes()
    head, _, body = good[25:].partition(b"\n")
    header = json.loads(head)
    broken = [b"", b"\x80\x04K\x01.", good[:-5], good[:60], good.replace(b"index 2", b"index 9", 1)]
    for change in (
        {"lengths": {**header["lengths"], "pts": 1 << 60}},
        {"lengths": {**header["lengths"], "pts": -1}},
        {"time_base": [1, 0]},
        {"nominal_fps": 0},
        {"method": "guessed"},
        {"lengths": {}},
        {"warnings": 3},
        {"counted": True},
        {"byte_entries": True},
    ):
        broken.append(good[:25] + json.dumps({**header, **change}).encode() + b"\n" + body)
    for data in broken:
        with pytest.raises(VideoError, match="index is damaged or of another version"):
            FrameIndex.from_bytes(data)


def test_an_index_cannot_be_changed(long_gop):
    index = run(index_job(long_gop))
    with pytest.raises(ValueError, match="read-only"):
        index.pts[0] = 5
