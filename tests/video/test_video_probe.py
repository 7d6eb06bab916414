"""Facts about a file before it is read, and refusal of invalid files."""

import subprocess
import sys
from dataclasses import FrozenInstanceError

import av
import numpy as np
import pytest

from actiondiff_gui.errors import VideoError
from actiondiff_gui.video.array import LazyVideo
from actiondiff_gui.video.fingerprint import WHOLE_FILE_BYTES, fingerprint
from actiondiff_gui.video.probing import probe
from actiondiff_gui.video.reader import VideoReader


def test_a_probe_tells_what_the_header_says(long_gop):
    info = probe(str(long_gop))
    assert info.path == long_gop
    assert (info.width, info.height, info.rotation) == (64, 48, 0)
    assert (info.codec, info.pix_fmt) == ("h264", "yuv420p")
    assert info.fps == pytest.approx(25)
    assert info.frame_count_estimate == 120
    assert info.duration_s == pytest.approx(4.8, abs=0.1)
    with pytest.raises(FrozenInstanceError):
        info.width = 3


def test_a_probe_of_a_file_without_duration_says_so(make_video):
    info = probe(make_video("elementary.h264", frames=5))
    assert info.duration_s is None or info.duration_s > 0
    assert info.codec == "h264"


def test_a_probe_reads_a_small_part_of_a_long_file(make_video):
    path = make_video("large.mkv", frames=200, size=(320, 240), codec="ffv1", pix_fmt="bgra")
    script = (
        "import sys; from actiondiff_gui.video.probing import probe; probe(sys.argv[1]); "
        "print(next(l for l in open('/proc/self/io') if l.startswith('rchar')).split()[1])"
    )
    if not sys.platform.startswith("linux"):
        pytest.skip("counts bytes read with Linux's /proc")

    def bytes_read(file):
        return int(
            subprocess.run([sys.executable, "-c", script, file], capture_output=True, check=True).stdout
        )

    small = make_video("small.mkv", frames=1, size=(320, 240), codec="ffv1", pix_fmt="bgra")
    assert path.stat().st_size > 6_000_000
    assert bytes_read(path) - bytes_read(small) < path.stat().st_size / 2


def _audio(path):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("missing.mp4", None, "cannot be read .*no such file"),
        ("empty.mp4", b"", "is empty"),
        ("text.mp4", b"these are not pictures\n" * 50, "cannot be opened as a video"),
        ("art.txt", b"hello world\r\n" * 500, "cannot be opened as a video"),
        ("list.m3u8", b"#EXTM3U\n#EXTINF:5,\nother.mp4\n#EXT-X-ENDLIST\n", "cannot be opened as a video"),
        ("list.mp4", b"ffconcat version 1.0\nfile other.mp4\n", "cannot be opened as a video"),
        ("noise.avi", bytes(range(256)) * 40, "cannot be opened as a video"),
    ],
)
def test_what_is_no_video_is_refused_in_words(name, content, sentence, tmp_path):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    for refuse in (probe, VideoReader):
        with pytest.raises(VideoError, match=sentence) as refusal:
            refuse(path)
        assert name in str(refusal.value)


def test_sound_alone_and_folders_are_refused_in_words(tmp_path):
    _audio(tmp_path / "sound.wav")
    with pytest.raises(VideoError, match=r"sound.wav holds only audio, no video"):
        probe(tmp_path / "sound.wav")
    with pytest.raises(VideoError, match="is a folder"):
        probe(tmp_path)


def test_importing_the_package_does_not_load_the_decoder():
    script = "import sys, actiondiff_gui, actiondiff_gui.video; print('av' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"


def test_the_room_gives_its_names_when_they_are_asked_for():
    from actiondiff_gui import video

    assert video.VideoReader is VideoReader
    with pytest.raises(AttributeError, match="no attribute"):
        _ = video.nothing


def test_a_fingerprint_of_a_short_file_is_its_sha256(tmp_path):
    path = tmp_path / "short.bin"
    path.write_bytes(b"abc")
    assert fingerprint(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_fingerprint_of_a_long_file_sees_its_ends_its_middle_and_its_size(tmp_path):
    path = tmp_path / "long.bin"
    content = bytearray(WHOLE_FILE_BYTES * 2 + 12345)
    path.write_bytes(content)
    seen = {fingerprint(path)}
    for place in (0, len(content) - 1, len(content) // 15 * 7 + 1000):
        content[place] = 1
        path.write_bytes(content)
        seen.add(fingerprint(path))
    path.write_bytes(content + b"\0")
    seen.add(fingerprint(path))
    assert len(seen) == 5
    assert fingerprint(path) == fingerprint(str(path))


def test_a_fingerprint_of_a_missing_file_is_an_error_in_words(tmp_path):
    with pytest.raises(VideoError, match=r"gone.mp4 cannot be read"):
        fingerprint(tmp_path / "gone.mp4")


def test_a_lazy_video_slices_like_the_array_of_all_frames(long_gop, long_gop_frames):
    whole = np.stack(long_gop_frames)
    with VideoReader(long_gop) as reader:
        video = LazyVideo(reader)
        assert (video.shape, video.ndim, video.size, video.dtype) == (whole.shape, 4, whole.size, np.uint8)
        assert len(video) == 120
        for key in (
            5,
            -1,
            np.int64(7),
            slice(3, 30, 9),
            slice(None, 100, -1),
            (4, slice(None), slice(None)),
            (4, slice(10, 20), slice(None, None, 2)),
            (4, slice(None), slice(None), 1),
            (slice(0, 3), ..., 0),
            (..., 2),
            [3, 1, -2],
            (np.array([8, 2]), slice(5)),
            np.arange(120) == 17,
        ):
            np.testing.assert_array_equal(video[key], whole[key], err_msg=str(key))


def test_a_lazy_video_decodes_only_the_frame_that_is_shown(long_gop, monkeypatch):
    with VideoReader(long_gop) as reader:
        video = LazyVideo(reader)
        asked = []
        view = reader.view
        monkeypatch.setattr(reader, "view", lambda i: asked.append(i) or view(i))
        assert video[(42, slice(None), slice(None))].shape == (48, 64, 3)
        assert asked == [42]
        for wrong in (120, -121, (0, 0, 0, 0, 0), (..., ...)):
            with pytest.raises(IndexError):
                video[wrong]
